import { SqlError } from '../errors.ts';
import { pow10 } from './numeric.ts';
import { INFINITY, NAN, NEG_INFINITY } from './numeric-text.ts';
import type { Numeric } from './value.ts';

/** numeric_send and numeric_recv: base-10000 digits from a weight, a sign word and the display scale. */

const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;
const SIGN_NAN = 0xc000;
const SIGN_INFINITY = 0xd000;
const SIGN_NEG_INFINITY = 0xf000;

function pack(weight: number, sign: number, scale: number, digits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + digits.length * 2);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, digits.length);
  view.setInt16(2, weight);
  view.setUint16(4, sign);
  view.setInt16(6, scale);
  for (const [i, d] of digits.entries()) view.setInt16(8 + 2 * i, d);
  return bytes;
}

export function numericToBinary(value: Numeric): Uint8Array {
  if (value.special === 'NaN') return pack(0, SIGN_NAN, 0, []);
  if (value.special === 'Infinity') return pack(0, SIGN_INFINITY, 32, []);
  if (value.special !== undefined) return pack(0, SIGN_NEG_INFINITY, 32, []);
  if (value.unscaled === 0n) return pack(0, POSITIVE, value.scale, []);
  const negative = value.unscaled < 0n;
  let text = (negative ? -value.unscaled : value.unscaled).toString();
  // Digit groups align with the decimal point.
  text += '0'.repeat((4 - (value.scale % 4)) % 4);
  const fractionGroups = Math.ceil(value.scale / 4);
  text = text.padStart(Math.ceil(text.length / 4) * 4, '0');
  const digits: number[] = [];
  for (let i = 0; i < text.length; i += 4) digits.push(Number(text.slice(i, i + 4)));
  let weight = digits.length - fractionGroups - 1;
  let from = 0;
  let to = digits.length;
  while (from < to && digits[from] === 0) {
    from++;
    weight--;
  }
  while (to > from && digits[to - 1] === 0) to--;
  return pack(weight, negative ? NEGATIVE : POSITIVE, value.scale, digits.slice(from, to));
}

/** Errors: invalid_binary_representation. */
export function numericFromBinary(bytes: Uint8Array): Numeric {
  const bad = (what: string): SqlError => new SqlError('invalid_binary_representation', `invalid ${what} in external "numeric" value`);
  if (bytes.length < 8) throw bad('length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (bytes.length !== 8 + 2 * count) throw bad('length');
  if (sign === SIGN_NAN) return NAN;
  if (sign === SIGN_INFINITY) return INFINITY;
  if (sign === SIGN_NEG_INFINITY) return NEG_INFINITY;
  if (sign !== POSITIVE && sign !== NEGATIVE) throw bad('sign');
  if (scale > 16383) throw bad('scale');
  let digits = '';
  for (let i = 0; i < count; i++) {
    const d = view.getInt16(8 + 2 * i);
    if (d < 0 || d > 9999) throw bad('digit');
    digits += String(d).padStart(4, '0');
  }
  const magnitude = BigInt(digits || '0');
  const exponent = (weight - count + 1) * 4 + scale;
  // Digits past the display scale are cut, as numeric_recv does.
  const unscaled = exponent >= 0 ? magnitude * pow10(exponent) : magnitude / pow10(-exponent);
  return { unscaled: sign === NEGATIVE ? -unscaled : unscaled, scale };
}
