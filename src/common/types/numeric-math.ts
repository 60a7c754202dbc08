import { SqlError } from '../errors.ts';
import { pow10, rescale } from './numeric.ts';
import { INFINITY, NAN, NEG_INFINITY } from './numeric-text.ts';
import type { Numeric } from './value.ts';

/**
 * PostgreSQL's numeric arithmetic, digit for digit: the scale of each result is part of the answer.
 * Source of the scale rules: PostgreSQL 15, src/backend/utils/adt/numeric.c.
 */

const MIN_SIG_DIGITS = 16;
const SCALE_MAX = 1000;
/** Digits either side of the point that round and trunc may be asked for (NUMERIC_MAX_RESULT_SCALE). */
const ROUND_MAX = 2000;

const absolute = (n: bigint): bigint => (n < 0n ? -n : n);
const finite = (a: Numeric, b: Numeric): boolean => a.special === undefined && b.special === undefined;

/** -1, 0 or 1 of a finite number or an infinity. */
function signOf(a: Numeric): number {
  if (a.special !== undefined) return a.special === 'Infinity' ? 1 : -1;
  return a.unscaled > 0n ? 1 : a.unscaled < 0n ? -1 : 0;
}

const infinityOf = (sign: number): Numeric => (sign > 0 ? INFINITY : NEG_INFINITY);

/** Order by value; NaN equals NaN and is greater than everything. */
export function numericCompare(a: Numeric, b: Numeric): number {
  if (!finite(a, b)) {
    const rank = (n: Numeric): number => (n.special === 'NaN' ? 2 : n.special === 'Infinity' ? 1 : n.special === '-Infinity' ? -1 : 0);
    return Math.sign(rank(a) - rank(b));
  }
  let x = a.unscaled;
  let y = b.unscaled;
  if (a.scale < b.scale) x *= pow10(b.scale - a.scale);
  else if (b.scale < a.scale) y *= pow10(a.scale - b.scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function numericAdd(a: Numeric, b: Numeric): Numeric {
  if (!finite(a, b)) {
    if (a.special === 'NaN' || b.special === 'NaN') return NAN;
    if (a.special !== undefined && b.special !== undefined) return a.special === b.special ? a : NAN;
    return a.special === undefined ? b : a;
  }
  if (a.scale === b.scale) return { unscaled: a.unscaled + b.unscaled, scale: a.scale };
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: rescale(a, scale).unscaled + rescale(b, scale).unscaled, scale };
}

export function numericNegate(a: Numeric): Numeric {
  if (a.special === 'NaN') return a;
  if (a.special !== undefined) return infinityOf(-signOf(a));
  return { unscaled: -a.unscaled, scale: a.scale };
}

export const numericSubtract = (a: Numeric, b: Numeric): Numeric => numericAdd(a, numericNegate(b));

export function numericMultiply(a: Numeric, b: Numeric): Numeric {
  if (!finite(a, b)) {
    if (a.special === 'NaN' || b.special === 'NaN') return NAN;
    const sign = signOf(a) * signOf(b);
    return sign === 0 ? NAN : infinityOf(sign);
  }
  return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
}

/** Power of ten of the leading digit; 0 for zero. */
function leadingExponent(a: Numeric): number {
  return a.unscaled === 0n ? 0 : absolute(a.unscaled).toString().length - 1 - a.scale;
}

/** Weight and value of the leading base-10000 digit, as numeric.c stores it. */
export function leadingDigit(a: Numeric): { weight: number; digit: number } {
  if (a.unscaled === 0n) return { weight: 0, digit: 0 };
  const weight = Math.floor(leadingExponent(a) / 4);
  const shift = 4 * weight + a.scale;
  const n = absolute(a.unscaled);
  return { weight, digit: Number(shift >= 0 ? n / pow10(shift) : n * pow10(-shift)) };
}

/** Scale of a quotient: `select_div_scale`. */
export function divisionScale(a: Numeric, b: Numeric): number {
  const x = leadingDigit(a);
  const y = leadingDigit(b);
  let weight = x.weight - y.weight;
  if (x.digit <= y.digit) weight--;
  return clampScale(MIN_SIG_DIGITS - weight * 4, a.scale, b.scale);
}

export function clampScale(scale: number, ...atLeast: readonly number[]): number {
  return Math.min(Math.max(scale, 0, ...atLeast), SCALE_MAX);
}

export function divisionByZero(): SqlError {
  return new SqlError('division_by_zero', 'division by zero');
}

/** Quotient rounded half away from zero to `scale` digits. Errors: division_by_zero. */
export function numericDivide(a: Numeric, b: Numeric, scale?: number): Numeric {
  if (!finite(a, b)) return divideSpecial(a, b);
  if (b.unscaled === 0n) throw divisionByZero();
  const digits = scale ?? divisionScale(a, b);
  const shift = digits + b.scale - a.scale;
  let numerator = absolute(a.unscaled);
  let denominator = absolute(b.unscaled);
  if (shift >= 0) numerator *= pow10(shift);
  else denominator *= pow10(-shift);
  const quotient = (2n * numerator + denominator) / (2n * denominator);
  return { unscaled: a.unscaled < 0n !== b.unscaled < 0n ? -quotient : quotient, scale: digits };
}

function divideSpecial(a: Numeric, b: Numeric): Numeric {
  if (a.special === 'NaN' || b.special === 'NaN') return NAN;
  if (a.special !== undefined) {
    if (b.special !== undefined) return NAN;
    if (b.unscaled === 0n) throw divisionByZero();
    return infinityOf(signOf(a) * signOf(b));
  }
  return { unscaled: 0n, scale: 0 };
}

/** Remainder of the truncated quotient; the sign is the dividend's. Errors: division_by_zero. */
export function numericModulo(a: Numeric, b: Numeric): Numeric {
  if (!finite(a, b)) {
    if (a.special === 'NaN' || b.special === 'NaN') return NAN;
    if (a.special !== undefined) {
      if (b.special === undefined && b.unscaled === 0n) throw divisionByZero();
      return NAN;
    }
    return a;
  }
  if (b.unscaled === 0n) throw divisionByZero();
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: rescale(a, scale).unscaled % rescale(b, scale).unscaled, scale };
}

/** `div(a, b)`: the truncated quotient. */
export function numericQuotient(a: Numeric, b: Numeric): Numeric {
  if (!finite(a, b)) return divideSpecial(a, b);
  if (b.unscaled === 0n) throw divisionByZero();
  const scale = Math.max(a.scale, b.scale);
  return { unscaled: rescale(a, scale).unscaled / rescale(b, scale).unscaled, scale: 0 };
}

/** Rounds half away from zero; negative `scale` rounds left of the point. */
export function numericRound(a: Numeric, scale: number): Numeric {
  if (a.special !== undefined) return a;
  if (scale >= 0) return rescale(a, Math.min(scale, ROUND_MAX));
  const left = Math.min(-scale, ROUND_MAX);
  return { unscaled: rescale({ unscaled: a.unscaled, scale: a.scale + left }, 0).unscaled * pow10(left), scale: 0 };
}

export function numericTruncate(a: Numeric, digits: number): Numeric {
  if (a.special !== undefined) return a;
  const scale = Math.max(-ROUND_MAX, Math.min(ROUND_MAX, digits));
  if (scale >= a.scale) return rescale(a, scale);
  const cut = pow10(a.scale - scale);
  const kept = a.unscaled / cut;
  return scale >= 0 ? { unscaled: kept, scale } : { unscaled: kept * pow10(-scale), scale: 0 };
}

export function numericFloor(a: Numeric): Numeric {
  if (a.special !== undefined || a.scale === 0) return a;
  const cut = numericTruncate(a, 0).unscaled;
  return { unscaled: a.unscaled < 0n && cut * pow10(a.scale) !== a.unscaled ? cut - 1n : cut, scale: 0 };
}

export const numericCeil = (a: Numeric): Numeric => numericNegate(numericFloor(numericNegate(a)));

export function numericAbs(a: Numeric): Numeric {
  return signOf(a) < 0 && a.special !== 'NaN' ? numericNegate(a) : a;
}

export function numericSign(a: Numeric): Numeric {
  return a.special === 'NaN' ? a : { unscaled: BigInt(signOf(a)), scale: 0 };
}

/** Drops trailing zeros after the point. */
export function numericTrim(a: Numeric): Numeric {
  if (a.special !== undefined) return a;
  let { unscaled, scale } = a;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return { unscaled, scale };
}

/** The whole number nearest to `a`, half away from zero, for casts to integers. NaN and infinities are refused. */
export function numericToBigint(a: Numeric, typeName: string): bigint {
  if (a.special !== undefined) {
    const what = a.special === 'NaN' ? 'NaN' : 'infinity';
    throw new SqlError('feature_not_supported', `cannot convert ${what} to ${typeName}`);
  }
  return rescale(a, 0).unscaled;
}
