import { SqlError } from '../errors.ts';

/** Text of floats as PostgreSQL prints them with extra_float_digits = 1: the shortest digits that read back the same. */

/** @param single true for real (float32). */
export function floatToText(value: number, single = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const limit = single ? 6 : 15;
  const shortest = single ? shortestSingle(value) : value.toExponential();
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

function shortestSingle(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return digits === 0 ? text : text.replace(/\.?0+e/, 'e');
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
