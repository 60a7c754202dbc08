import { SqlError } from '../errors.ts';
import { pow10, rescale } from './numeric.ts';
import { clampScale, leadingDigit, numericCompare, numericDivide, numericMultiply, numericRound } from './numeric-math.ts';
import { INFINITY, NAN, ZERO, numericToDouble } from './numeric-text.ts';
import type { Numeric } from './value.ts';

/**
 * sqrt, exp, ln, log and power of numeric, computed in fixed point with guard digits and rounded to the scale that
 * PostgreSQL 15's numeric.c chooses.
 */

const MIN_SIG_DIGITS = 16;
const ONE: Numeric = { unscaled: 1n, scale: 0 };
const LN10 = Math.LN10;
/** exp() of more is refused, as in numeric.c (NUMERIC_MAX_RESULT_SCALE * 3). */
const EXP_LIMIT = 6000;

/** The largest integer whose square is at most `n`. */
function isqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

export function numericSqrt(a: Numeric): Numeric {
  if (a.special === 'NaN' || a.special === 'Infinity') return a;
  if (a.special !== undefined || a.unscaled < 0n) {
    throw new SqlError('invalid_argument_for_power_function', 'cannot take square root of a negative number');
  }
  const { weight } = leadingDigit(a);
  const sweight = Math.trunc(((weight + 1) * 4) / 2) - 1;
  const scale = clampScale(MIN_SIG_DIGITS - sweight, a.scale);
  // One more digit, then half-up: the exact root is never a tie.
  const digits = Math.max(scale + 1, Math.ceil(a.scale / 2));
  const root = isqrt(rescale(a, 2 * digits).unscaled);
  return rescale({ unscaled: root, scale: digits }, scale);
}

/** e^x for x scaled by 10^digits, in the same scale. */
function expFixed(x: bigint, digits: number): bigint {
  const one = pow10(digits);
  if (x < 0n) return (one * one) / expFixed(-x, digits);
  let halvings = 0;
  let r = x;
  while (r > one / 16n) {
    r >>= 1n;
    halvings++;
  }
  let sum = one;
  let term = one;
  for (let i = 1n; term !== 0n; i++) {
    term = (term * r) / (one * i);
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) / one;
  return sum;
}

/** ln x for x > 0 scaled by 10^digits, in the same scale. */
function lnFixed(x: bigint, digits: number): bigint {
  const one = pow10(digits);
  let roots = 0n;
  let r = x;
  while (r > one + one / 8n || r < one - one / 8n) {
    r = isqrt(r * one);
    roots++;
  }
  const t = ((r - one) * one) / (r + one);
  const square = (t * t) / one;
  let sum = 0n;
  let term = t;
  for (let i = 1n; term !== 0n; i += 2n) {
    sum += term / i;
    term = (term * square) / one;
  }
  return (2n * sum) << roots;
}

/** `estimate_ln_dweight`: decimal weight of ln(a)'s first digit. */
function lnWeight(a: Numeric): number {
  const nearOne = numericCompare(a, { unscaled: 9n, scale: 1 }) >= 0 && numericCompare(a, { unscaled: 11n, scale: 1 }) <= 0;
  if (nearOne) {
    const diff = { unscaled: a.unscaled - pow10(a.scale), scale: a.scale };
    if (diff.unscaled === 0n) return 0;
    const { weight, digit } = leadingDigit(diff);
    return weight * 4 + Math.trunc(Math.log10(digit));
  }
  const text = (a.unscaled < 0n ? -a.unscaled : a.unscaled).toString();
  const lnValue = Math.log(Number(`0.${text.slice(0, 17)}`)) + (text.length - a.scale) * LN10;
  return Math.trunc(Math.log10(Math.abs(lnValue)));
}

function checkLogArgument(a: Numeric): void {
  if (a.special === 'NaN') return;
  if (a.special === '-Infinity' || (a.special === undefined && a.unscaled < 0n)) {
    throw new SqlError('invalid_argument_for_logarithm', 'cannot take logarithm of a negative number');
  }
  if (a.special === undefined && a.unscaled === 0n) {
    throw new SqlError('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  }
}

/** ln(a) rounded to `scale` digits; a > 0. */
function lnToScale(a: Numeric, scale: number): Numeric {
  const digits = Math.max(scale, 0) + Math.max(a.scale, 0) + 12 + Math.max(0, leadingDigit(a).weight * 4);
  return numericRound({ unscaled: lnFixed(rescale(a, digits).unscaled, digits), scale: digits }, scale);
}

export function numericLn(a: Numeric): Numeric {
  checkLogArgument(a);
  if (a.special !== undefined) return a;
  return lnToScale(a, clampScale(MIN_SIG_DIGITS - lnWeight(a), a.scale));
}

/** log_base(a). */
export function numericLog(base: Numeric, a: Numeric): Numeric {
  if (base.special === 'NaN' || a.special === 'NaN') return NAN;
  checkLogArgument(base);
  checkLogArgument(a);
  if (base.special !== undefined) return a.special !== undefined ? NAN : ZERO;
  if (a.special !== undefined) return INFINITY;
  const baseWeight = lnWeight(base);
  const weight = lnWeight(a);
  const scale = clampScale(MIN_SIG_DIGITS - (weight - baseWeight), base.scale, a.scale);
  const guard = scale + 20 + Math.abs(baseWeight) + Math.abs(weight);
  return numericDivide(lnToScale(a, guard), lnToScale(base, guard), scale);
}

/** e^a. Errors: numeric_value_out_of_range. */
export function numericExp(a: Numeric): Numeric {
  if (a.special !== undefined) return a.special === '-Infinity' ? ZERO : a;
  const decimalWeight = numericToDouble(a) * 0.434294481903252;
  const scale = clampScale(MIN_SIG_DIGITS - Math.trunc(Math.max(-1000, Math.min(1000, decimalWeight))), a.scale);
  return expToScale(a, scale);
}

function expToScale(a: Numeric, scale: number): Numeric {
  const x = numericToDouble(a);
  if (x >= EXP_LIMIT) throw new SqlError('numeric_value_out_of_range', 'value overflows numeric format');
  if (x <= -EXP_LIMIT) return { unscaled: 0n, scale };
  const digits = Math.max(scale, a.scale) + Math.ceil(Math.abs(x) * 0.4343) * 2 + 16;
  return numericRound({ unscaled: expFixed(rescale(a, digits).unscaled, digits), scale: digits }, scale);
}

/** base ^ exponent. Errors: invalid_argument_for_power_function, numeric_value_out_of_range. */
export function numericPower(base: Numeric, exponent: Numeric): Numeric {
  if (base.special !== undefined || exponent.special !== undefined) return powerSpecial(base, exponent);
  const whole = exponent.unscaled % pow10(exponent.scale) === 0n;
  if (base.unscaled === 0n && exponent.unscaled < 0n) {
    throw new SqlError('invalid_argument_for_power_function', 'zero raised to a negative power is undefined');
  }
  if (base.unscaled < 0n && !whole) {
    throw new SqlError(
      'invalid_argument_for_power_function',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (whole) {
    const n = exponent.unscaled / pow10(exponent.scale);
    if (n >= -2147483648n && n <= 2147483647n) return powerInteger(base, Number(n));
  }
  if (base.unscaled === 0n) return { unscaled: 0n, scale: MIN_SIG_DIGITS };
  const lnBase = Math.log(Math.abs(numericToDouble(base)));
  const decimalWeight = numericToDouble(exponent) * lnBase * 0.434294481903252;
  if (decimalWeight > 131072 || Number.isNaN(decimalWeight)) {
    throw new SqlError('numeric_value_out_of_range', 'value overflows numeric format');
  }
  const clamped = Math.max(-2000, Math.min(2000, decimalWeight));
  const scale = clampScale(MIN_SIG_DIGITS - Math.trunc(clamped), base.scale, exponent.scale);
  const guard = scale + Math.ceil(Math.abs(decimalWeight)) + 20;
  const lnValue = lnToScale(base.unscaled < 0n ? { ...base, unscaled: -base.unscaled } : base, guard);
  const made = expToScale(numericRound(numericMultiply(lnValue, exponent), guard), scale);
  const odd = base.unscaled < 0n && (exponent.unscaled / pow10(exponent.scale)) % 2n !== 0n;
  return odd ? { ...made, unscaled: -made.unscaled } : made;
}

/** `power_var_int`: a whole exponent gives 16 digits after the point, or the base's own if more. */
function powerInteger(base: Numeric, n: number): Numeric {
  const scale = clampScale(MIN_SIG_DIGITS, base.scale);
  if (n === 0) return rescale(ONE, scale);
  if (base.unscaled === 0n) return { unscaled: 0n, scale };
  // Leading digits as a double times ten to a power, as numeric.c estimates the result's weight.
  const digits = (base.unscaled < 0n ? -base.unscaled : base.unscaled).toString();
  const f = Number(digits.slice(0, 16));
  const p = digits.length - Math.min(16, digits.length) - base.scale;
  const weight = n * (Math.log10(f) + p);
  if (weight > 131072) throw new SqlError('numeric_value_out_of_range', 'value overflows numeric format');
  if (weight + 1 < -SCALE_LIMIT) return { unscaled: 0n, scale };
  if (n < 0) return numericDivide(ONE, exactOrRounded(base, -n, scale + 16 + Math.ceil(Math.abs(weight)) * 2, weight), scale);
  return rescale(exactOrRounded(base, n, scale + 16, weight), scale);
}

const SCALE_LIMIT = 1000;

/**
 * base^n by squaring. Factors are cut to the digits that count in the result: those before its point, `scale` behind it, ten
 * for an error that grows n-fold, and some more. A result of fewer digits is exact.
 * @param weight how many digits the result has before its point, about; negative where it begins behind it.
 */
function exactOrRounded(base: Numeric, n: number, scale: number, weight: number): Numeric {
  const digits = Math.ceil(Math.abs(weight)) + scale + 20;
  let result = ONE;
  let factor = base;
  for (let e = n; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = cut(numericMultiply(result, factor), digits);
    if (e > 1) factor = cut(numericMultiply(factor, factor), digits);
  }
  return result;
}

/** Rounded behind the point, to about so many digits in all. */
function cut(a: Numeric, digits: number): Numeric {
  const drop = Math.floor(a.unscaled.toString(16).length * 1.2) - digits;
  return drop > 0 && a.scale > 0 ? rescale(a, Math.max(0, a.scale - drop)) : a;
}

function powerSpecial(base: Numeric, exponent: Numeric): Numeric {
  const isOne = (n: Numeric): boolean => n.special === undefined && numericCompare(n, ONE) === 0;
  const isZero = (n: Numeric): boolean => n.special === undefined && n.unscaled === 0n;
  if (isOne(base) || isZero(exponent)) return ONE;
  if (base.special === 'NaN' || exponent.special === 'NaN') return NAN;
  const magnitude = numericCompare(base.special === undefined && base.unscaled < 0n ? { ...base, unscaled: -base.unscaled } : base, ONE);
  if (exponent.special !== undefined) {
    if (base.special === undefined && base.unscaled === -pow10(base.scale)) return ONE;
    const grows = exponent.special === 'Infinity';
    if (isZero(base) && !grows) throw new SqlError('invalid_argument_for_power_function', 'zero raised to a negative power is undefined');
    return (magnitude > 0 || base.special === '-Infinity') === grows ? INFINITY : ZERO;
  }
  if (exponent.unscaled < 0n) return ZERO;
  const whole = exponent.unscaled % pow10(exponent.scale) === 0n;
  if (base.special === 'Infinity') return INFINITY;
  if (!whole) {
    throw new SqlError(
      'invalid_argument_for_power_function',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  return (exponent.unscaled / pow10(exponent.scale)) % 2n === 0n ? INFINITY : { unscaled: 0n, scale: 0, special: '-Infinity' };
}
