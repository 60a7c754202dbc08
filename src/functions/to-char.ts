import { SqlError, notSupported } from '../common/errors.ts';
import { numericRound } from '../common/types/numeric-math.ts';
import { numericToText } from '../common/types/numeric-text.ts';
import type { Numeric } from '../common/types/value.ts';

/** to_char of numbers: `9 0 . , FM S MI PR $` and the locale-free forms `D G L`. */

/** Errors: feature_not_supported for V, EEEE, RN and TH. */
export function numberToChar(value: Numeric, template: string): string {
  const upper = template.toUpperCase();
  const unsupported = /EEEE|RN|TH|V|PL|SG|C/.exec(upper.replace(/"[^"]*"/g, ''));
  if (unsupported !== null) throw notSupported(`number template "${unsupported[0]}"`);
  const fill = upper.includes('FM');
  const body = upper.replace('FM', '');
  const core = body.replace(/MI|PR|S/g, '');
  const point = core.search(/[.D]/);
  const whole = point < 0 ? core : core.slice(0, point);
  const fraction = point < 0 ? '' : core.slice(point + 1);
  const wholePlaces = whole.replace(/[^90]/g, '').length;
  const decimals = fraction.replace(/[^90]/g, '').length;
  if (value.special !== undefined) throw new SqlError('invalid_parameter_value', `to_char of ${value.special} needs a template with EEEE`);
  const rounded = numericRound(value, decimals);
  const negative = rounded.unscaled < 0n;
  const [digits = '0', decimalDigits = ''] = numericToText({ unscaled: negative ? -rounded.unscaled : rounded.unscaled, scale: decimals }).split('.');
  const significant = digits === '0' ? '' : digits;
  const overflow = significant.length > wholePlaces;
  const number = overflow ? '#'.repeat(wholePlaces) : significant.padStart(wholePlaces, ' ');
  let out = '';
  let at = 0;
  let started = false;
  const zeroFrom = whole.replace(/[^90]/g, '').indexOf('0');
  for (const c of whole) {
    if (c === '9' || c === '0') {
      const d = number[at] ?? ' ';
      const zero = zeroFrom >= 0 && at >= zeroFrom;
      if (d !== ' ') started = true;
      const isLast = at === wholePlaces - 1;
      out += d !== ' ' ? d : zero ? '0' : isLast && decimals === 0 ? '0' : ' ';
      if (zero) started = true;
      at++;
    } else if (c === ',' || c === 'G') out += started ? ',' : ' ';
    else if (c === 'L' || c === '$') out += '$';
    else if (c !== '"') out += c;
  }
  if (point >= 0) {
    let tail = overflow ? '#'.repeat(decimals) : decimalDigits;
    if (fill) {
      const keep = fraction.replace(/[^90]/g, '').lastIndexOf('0') + 1;
      while (tail.length > keep && tail.endsWith('0')) tail = tail.slice(0, -1);
    }
    out += `.${tail}`;
  }
  return sign(out, negative, body, fill);
}

function sign(text: string, negative: boolean, template: string, fill: boolean): string {
  let out = text;
  const trimmed = out.trimStart();
  const lead = ' '.repeat(out.length - trimmed.length);
  if (template.includes('PR')) out = negative ? `${lead}<${trimmed}>` : `${lead} ${trimmed} `;
  else if (template.includes('MI')) {
    const mark = negative ? '-' : fill ? '' : ' ';
    out = template.startsWith('MI') ? mark + out : out + mark;
  } else if (template.includes('S')) {
    const mark = negative ? '-' : '+';
    out = template.endsWith('S') ? out + mark : `${lead}${mark}${trimmed}`;
  } else out = `${lead}${negative ? '-' : fill ? '' : ' '}${trimmed}`;
  return fill ? out.trim() : out;
}
