import { SqlError } from '../errors.ts';
import { pow10 } from './numeric.ts';
import type { Numeric } from './value.ts';

export const NAN: Numeric = { unscaled: 0n, scale: 0, special: 'NaN' };
export const INFINITY: Numeric = { unscaled: 0n, scale: 0, special: 'Infinity' };
export const NEG_INFINITY: Numeric = { unscaled: 0n, scale: 0, special: '-Infinity' };
export const ZERO: Numeric = { unscaled: 0n, scale: 0 };

const SCALE_MAX = 16383;
const DIGITS_MAX = 131072;
const PLAIN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The text PostgreSQL's `numeric_out` gives: all digits of the value's own scale. */
export function numericToText(value: Numeric): string {
  if (value.special !== undefined) return value.special;
  if (value.scale === 0) return value.unscaled.toString();
  const negative = value.unscaled < 0n;
  const digits = (negative ? -value.unscaled : value.unscaled).toString().padStart(value.scale + 1, '0');
  const point = digits.length - value.scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Parses as `numeric_in`. Errors: invalid_text_representation, numeric_value_out_of_range. */
export function numericFromText(text: string): Numeric {
  const trimmed = text.trim();
  const match = PLAIN.exec(trimmed);
  if (match === null || ((match[2] ?? '') === '' && (match[3] ?? '') === '')) return specialFromText(trimmed, text);
  const fraction = match[3] ?? '';
  const exponent = match[4] === undefined ? 0 : Number(match[4]);
  const integer = match[2] ?? '';
  if (Math.abs(exponent) > DIGITS_MAX || integer.length + exponent > DIGITS_MAX) throw overflow();
  let unscaled = BigInt(`${integer}${fraction}` || '0');
  if (match[1] === '-') unscaled = -unscaled;
  let scale = fraction.length - exponent;
  if (scale < 0) {
    unscaled *= pow10(-scale);
    scale = 0;
  }
  if (scale > SCALE_MAX) throw overflow();
  return { unscaled, scale };
}

function overflow(): SqlError {
  return new SqlError('numeric_value_out_of_range', 'value overflows numeric format');
}

function specialFromText(trimmed: string, text: string): Numeric {
  switch (trimmed.toLowerCase()) {
    case 'nan':
      return NAN;
    case 'inf':
    case 'infinity':
    case '+inf':
    case '+infinity':
      return INFINITY;
    case '-inf':
    case '-infinity':
      return NEG_INFINITY;
    default:
      throw new SqlError('invalid_text_representation', `invalid input syntax for type numeric: "${text}"`);
  }
}

/** The nearest double. */
export function numericToDouble(value: Numeric): number {
  if (value.special !== undefined) return Number(value.special);
  return Number(numericToText(value));
}

/** The decimal a double stands for to 15 significant digits, as PostgreSQL's `float8_numeric`. */
export function numericFromDouble(value: number, digits = 15): Numeric {
  if (Number.isNaN(value)) return NAN;
  if (value === Infinity) return INFINITY;
  if (value === -Infinity) return NEG_INFINITY;
  return numericFromText(trimPrecision(value, digits));
}

/** C's `%.*g`: significant digits, trailing zeros dropped. */
function trimPrecision(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  const [mantissa = '0', exponent] = text.split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : `${short}e${exponent}`;
}

export const numericFromBigint = (value: bigint): Numeric => ({ unscaled: value, scale: 0 });
export const numericFromInt = (value: number): Numeric => ({ unscaled: BigInt(value), scale: 0 });
