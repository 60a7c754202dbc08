/**
 * A sum of doubles that can take values back without drifting: the exact value, as an integer multiple of 2^-1074 kept in a
 * bigint, rounded once when it is read. NaN and infinities are counted apart.
 */
export interface ExactSum {
  exact: bigint;
  nan: number;
  positive: number;
  negative: number;
}

export const emptySum = (): ExactSum => ({ exact: 0n, nan: 0, positive: 0, negative: 0 });

const view = new DataView(new ArrayBuffer(8));

/** Bits below the point of the fixed form. */
export const FIXED_BITS = 1074;

/** A finite double as a multiple of 2^-1074. */
export function toFixed(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return value < 0 ? -magnitude : magnitude;
}

const bitLength = (n: bigint): number => n.toString(2).length;

/** The double nearest to `magnitude * 2^exponent`, ties to even. */
function fromBits(magnitude: bigint, exponent: number): number {
  const length = magnitude === 0n ? 0 : bitLength(magnitude);
  let mantissa = magnitude;
  let power = exponent;
  if (length > 53) {
    const shift = BigInt(length - 53);
    mantissa = magnitude >> shift;
    const rest = magnitude & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    power += length - 53;
  }
  // Steps, so that no factor leaves the range of doubles.
  let result = Number(mantissa);
  for (; power > 1000; power -= 1000) result *= 2 ** 1000;
  for (; power < -1000; power += 1000) result *= 2 ** -1000;
  return result * 2 ** power;
}

function fromFixed(value: bigint): number {
  return value < 0n ? -fromBits(-value, -FIXED_BITS) : fromBits(value, -FIXED_BITS);
}

/** The double nearest to `numerator / denominator * 2^-bits`. */
export function ratio(numerator: bigint, denominator: bigint, bits: number): number {
  if (numerator === 0n) return 0;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const shift = Math.max(0, 70 - (bitLength(n) - bitLength(d)));
  const shifted = n << BigInt(shift);
  const quotient = shifted / d;
  // A remainder counts as one more bit, so that ties are true ties.
  const sticky = quotient * d === shifted ? quotient << 1n : (quotient << 1n) | 1n;
  const magnitude = fromBits(sticky, -bits - shift - 1);
  return numerator < 0n !== denominator < 0n ? -magnitude : magnitude;
}

/** @param sign 1 to add, -1 to take back. */
export function addToSum(sum: ExactSum, value: number, sign: 1 | -1): void {
  if (Number.isNaN(value)) sum.nan += sign;
  else if (value === Infinity) sum.positive += sign;
  else if (value === -Infinity) sum.negative += sign;
  else sum.exact += sign === 1 ? toFixed(value) : -toFixed(value);
}

export function mergeSums(a: ExactSum, b: ExactSum): ExactSum {
  return { exact: a.exact + b.exact, nan: a.nan + b.nan, positive: a.positive + b.positive, negative: a.negative + b.negative };
}

export function sumValue(sum: ExactSum): number {
  if (sum.nan > 0 || (sum.positive > 0 && sum.negative > 0)) return NaN;
  if (sum.positive > 0) return Infinity;
  if (sum.negative > 0) return -Infinity;
  return fromFixed(sum.exact);
}

/** The exact sum's quotient by a count, rounded once. */
export function meanValue(sum: ExactSum, count: bigint): number {
  const special = sumValue({ ...sum, exact: 0n });
  return special !== 0 ? special : ratio(sum.exact, count, FIXED_BITS);
}
