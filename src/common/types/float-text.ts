import { SqlError } from '../errors.ts';

/** Text of floats as PostgreSQL prints them with extra_float_digits = 1: the shortest digits that read back the same. */

/** @param single true for real (float32). */
export function floatToText(value: number, single = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const limit = single ? 6 : 15;
  const shortest = single ? shortestSingle(value) : shortestDouble(value);
  const e = shortest.indexOf('e');
  const exponent = Number(shortest.slice(e + 1));
  if (exponent < -4 || exponent >= limit) {
    const n = Math.abs(exponent);
    return `${shortest.slice(0, e)}e${exponent < 0 ? '-' : '+'}${n < 10 ? '0' : ''}${n}`;
  }
  const negative = value < 0;
  const digits = shortest.slice(negative ? 1 : 0, e).replace('.', '');
  const sign = negative ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** JavaScript's shortest digits, but for those that lie exactly between two doubles: PostgreSQL's algorithm shuns them. */
function shortestDouble(value: number): string {
  let text = value.toExponential();
  for (let digits = text.replace(/e.*$/, '').replace(/[-.]/g, '').length; digits < 17 && isHalfway(text, value, 53); digits++) {
    text = value.toExponential(digits);
  }
  return text;
}

/** Whether the decimal is half-way between `value` and its neighbour, which takes a value of over `bits` bits. */
function isHalfway(text: string, value: number, bits: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude < 2 ** bits) return false;
  const [mantissa = '0', exponent = '0'] = text.replace('-', '').split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const zeros = Number(exponent) - fraction.length;
  if (zeros < 0) return false;
  const decimal = BigInt(whole + fraction) * 10n ** BigInt(zeros);
  const exact = BigInt(magnitude);
  const ulp = 2n ** BigInt(exact.toString(2).length - bits);
  const distance = decimal > exact ? decimal - exact : exact - decimal;
  return distance * 2n === ulp;
}

function shortestSingle(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value && !isHalfway(text, value, 24)) return digits === 0 ? text : text.replace(/\.?0+e/, 'e');
  }
  return value.toExponential(8);
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Errors: invalid_text_representation, numeric_value_out_of_range. */
export function floatFromText(text: string, single = false): number {
  const trimmed = text.trim();
  const type = single ? 'real' : 'double precision';
  if (!FLOAT.test(trimmed)) {
    const match = /^([+-]?)(nan|inf|infinity)$/i.exec(trimmed);
    if (match === null) throw new SqlError('invalid_text_representation', `invalid input syntax for type ${type}: "${text}"`);
    if (match[2]?.toLowerCase() === 'nan') return NaN;
    return match[1] === '-' ? -Infinity : Infinity;
  }
  const value = single ? Math.fround(Number(trimmed)) : Number(trimmed);
  const lost = value === 0 && /[1-9]/.test(trimmed.replace(/[eE].*$/, ''));
  if (!Number.isFinite(value) || lost) throw new SqlError('numeric_value_out_of_range', `"${trimmed}" is out of range for type ${type}`);
  return value;
}
