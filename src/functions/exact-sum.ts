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

/** A finite double as a multiple of 2^-1074. */
function toFixed(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return value < 0 ? -magnitude : magnitude;
}

/** The nearest double, ties to even. */
function fromFixed(value: bigint): number {
  if (value === 0n) return 0;
  const magnitude = value < 0n ? -value : value;
  const length = magnitude.toString(2).length;
  let result: number;
  if (length <= 53) result = Number(magnitude) * Number.MIN_VALUE;
  else {
    const shift = BigInt(length - 53);
    let mantissa = magnitude >> shift;
    const rest = magnitude & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    const exponent = Number(shift) - 1074;
    // Two steps, so that neither factor leaves the range of doubles.
    result = Number(mantissa) * 2 ** Math.floor(exponent / 2) * 2 ** Math.ceil(exponent / 2);
  }
  return value < 0n ? -result : result;
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

/** The exact sum's quotient by a count, rounded from 64 bits below the point of the fixed form. */
export function meanValue(sum: ExactSum, count: bigint): number {
  const special = sumValue({ ...sum, exact: 0n });
  if (special !== 0) return special;
  const total = fromFixed(sum.exact);
  // An overflowing total may still have a finite mean.
  return Number.isFinite(total) ? total / Number(count) : fromFixed(sum.exact / count);
}
