import { SqlError } from '../errors.ts';
import {
  DATE_INFINITY,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  TIMESTAMP_MAX,
  TIMESTAMP_MIN,
  daysFromCivil,
  daysInMonth,
  fieldsOf,
  floorDiv,
  isFiniteTimestamp,
} from './calendar.ts';
import { fractionText, two } from './datetime-text.ts';
import { fromLocal, toLocal } from './time-zone.ts';
import type { Interval } from './value.ts';

/** Interval arithmetic and text, PostgreSQL's: months, days and microseconds are kept apart. */

const I32_MAX = 2147483647;
const I64_MAX = (1n << 63n) - 1n;

export function outOfRange(): SqlError {
  return new SqlError('datetime_field_overflow', 'interval out of range');
}

export function makeInterval(months: number, days: number, micros: bigint): Interval {
  if (Math.abs(months) > I32_MAX || Math.abs(days) > I32_MAX || micros > I64_MAX || micros < -I64_MAX - 1n) throw outOfRange();
  return { months, days, micros };
}

export const intervalAdd = (a: Interval, b: Interval): Interval =>
  makeInterval(a.months + b.months, a.days + b.days, a.micros + b.micros);

export const intervalNegate = (a: Interval): Interval => makeInterval(-a.months || 0, -a.days || 0, -a.micros);

/** The span used for comparing: a month counts as 30 days, a day as 24 hours. */
export const intervalSpan = (a: Interval): bigint => BigInt(a.months * 30 + a.days) * MICROS_PER_DAY + a.micros;

/** Times a double; fractions of months spill into days, of days into time. */
export function intervalMultiply(a: Interval, factor: number): Interval {
  if (Number.isNaN(factor) || !Number.isFinite(factor)) throw outOfRange();
  const monthsExact = a.months * factor;
  const months = Math.trunc(monthsExact);
  const daysExact = a.days * factor;
  let days = Math.trunc(daysExact);
  const monthDays = roundToMicro((monthsExact - months) * 30);
  const secondsExact = (daysExact - days + monthDays - Math.trunc(monthDays)) * 86400;
  let seconds = roundToMicro(secondsExact);
  if (Math.abs(seconds) >= 86400) {
    days += Math.trunc(seconds / 86400);
    seconds -= Math.trunc(seconds / 86400) * 86400;
  }
  days += Math.trunc(monthDays);
  const micros = roundHalfEven(Number(a.micros) * factor + seconds * 1e6);
  if (!Number.isFinite(micros) || Math.abs(micros) > 9.2e18) throw outOfRange();
  return makeInterval(months || 0, days || 0, BigInt(micros));
}

export function intervalDivide(a: Interval, divisor: number): Interval {
  if (divisor === 0) throw new SqlError('division_by_zero', 'division by zero');
  if (Number.isNaN(divisor)) throw outOfRange();
  const months = Math.trunc(a.months / divisor);
  let days = Math.trunc(a.days / divisor);
  const monthDays = roundToMicro((a.months / divisor - months) * 30);
  let seconds = roundToMicro((a.days / divisor - days + monthDays - Math.trunc(monthDays)) * 86400);
  if (Math.abs(seconds) >= 86400) {
    days += Math.trunc(seconds / 86400);
    seconds -= Math.trunc(seconds / 86400) * 86400;
  }
  days += Math.trunc(monthDays);
  const micros = roundHalfEven(Number(a.micros) / divisor + seconds * 1e6);
  if (!Number.isFinite(micros) || Math.abs(micros) > 9.2e18) throw outOfRange();
  return makeInterval(months || 0, days || 0, BigInt(micros));
}

const roundToMicro = (n: number): number => roundHalfEven(n * 1e6) / 1e6;

/** C's rint. */
export function roundHalfEven(n: number): number {
  const floor = Math.floor(n);
  const diff = n - floor;
  if (diff < 0.5) return floor;
  if (diff > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Adds months to a wall-clock time; the day is cut to the month's length. */
export function addMonths(local: bigint, months: number): bigint {
  if (months === 0) return local;
  const f = fieldsOf(local);
  const total = f.year * 12 + f.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  const day = Math.min(f.day, daysInMonth(year, month));
  return BigInt(daysFromCivil(year, month, day)) * MICROS_PER_DAY + (local - BigInt(f.days) * MICROS_PER_DAY);
}

export function checkTimestamp(micros: bigint): bigint {
  if (micros < TIMESTAMP_MIN || micros > TIMESTAMP_MAX) throw new SqlError('datetime_field_overflow', 'timestamp out of range');
  return micros;
}

export function timestampAdd(micros: bigint, span: Interval): bigint {
  if (!isFiniteTimestamp(micros)) return micros;
  if (span.months === 0 && span.days === 0) return checkTimestamp(micros + span.micros);
  return checkTimestamp(addMonths(micros, span.months) + BigInt(span.days) * MICROS_PER_DAY + span.micros);
}

export function timestampSubtract(micros: bigint, span: Interval): bigint {
  if (span.months === 0 && span.days === 0 && isFiniteTimestamp(micros)) return checkTimestamp(micros - span.micros);
  return timestampAdd(micros, intervalNegate(span));
}

/** Months and days move on the wall clock of `zone`, the rest on the time line. */
export function timestamptzAdd(micros: bigint, span: Interval, zone: string): bigint {
  if (!isFiniteTimestamp(micros)) return micros;
  let at = micros;
  if (span.months !== 0 || span.days !== 0) {
    at = fromLocal(addMonths(toLocal(at, zone), span.months) + BigInt(span.days) * MICROS_PER_DAY, zone);
  }
  return checkTimestamp(at + span.micros);
}

/** Difference as days and time, never months. */
export function timestampDifference(a: bigint, b: bigint): Interval {
  if (!isFiniteTimestamp(a) || !isFiniteTimestamp(b)) {
    throw new SqlError('datetime_field_overflow', 'cannot subtract infinite timestamps');
  }
  const diff = a - b;
  const days = diff / MICROS_PER_DAY;
  return { months: 0, days: Number(days), micros: diff - days * MICROS_PER_DAY };
}

export function justifyHours(a: Interval): Interval {
  let days = Number(a.micros / MICROS_PER_DAY);
  let micros = a.micros % MICROS_PER_DAY;
  days += a.days;
  if (days > 0 && micros < 0n) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  return makeInterval(a.months, days, micros);
}

export function justifyDays(a: Interval): Interval {
  let months = a.months + Math.trunc(a.days / 30);
  let days = a.days % 30;
  if (months > 0 && days < 0) {
    days += 30;
    months--;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months++;
  }
  return makeInterval(months, days || 0, a.micros);
}

export function justifyInterval(a: Interval): Interval {
  const hours = justifyHours(a);
  let { months, days, micros } = justifyDays(hours);
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += 30;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= 30;
    months++;
  }
  if (days > 0 && micros < 0n) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0n) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  return makeInterval(months, days, micros);
}

/** `age(a, b)`: years, months, days and time between two wall-clock times. */
export function age(a: bigint, b: bigint): Interval {
  if (!isFiniteTimestamp(a) || !isFiniteTimestamp(b)) throw new SqlError('datetime_field_overflow', 'cannot subtract infinite timestamps');
  if (a < b) return intervalNegate(age(b, a));
  const x = fieldsOf(a);
  const y = fieldsOf(b);
  let micros = a - BigInt(x.days) * MICROS_PER_DAY - (b - BigInt(y.days) * MICROS_PER_DAY);
  let days = x.day - y.day;
  let months = (x.year - y.year) * 12 + x.month - y.month;
  if (micros < 0n) {
    micros += MICROS_PER_DAY;
    days--;
  }
  if (days < 0) {
    days += daysInMonth(y.year, y.month);
    months--;
  }
  return { months, days, micros };
}

/** IntervalStyle `postgres`: `1 year 2 mons -3 days +04:05:06.7`. */
export function intervalToText(a: Interval): string {
  const parts: string[] = [];
  const years = Math.trunc(a.months / 12);
  const months = a.months % 12;
  let sawNegative = false;
  const add = (n: number, unit: string): void => {
    if (n === 0) return;
    parts.push(`${sawNegative && n > 0 ? '+' : ''}${n} ${unit}${n === 1 ? '' : 's'}`);
    sawNegative = n < 0;
  };
  add(years, 'year');
  add(months, 'mon');
  add(a.days, 'day');
  if (a.micros !== 0n || parts.length === 0) {
    const n = a.micros < 0n ? -a.micros : a.micros;
    const hours = n / MICROS_PER_HOUR;
    const rest = Number(n % MICROS_PER_HOUR);
    const seconds = Math.floor(rest / 1_000_000);
    const sign = a.micros < 0n ? '-' : sawNegative ? '+' : '';
    const clock = `${hours.toString().padStart(2, '0')}:${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    parts.push(`${sign}${clock}${fractionText(rest % 1_000_000)}`);
  }
  return parts.join(' ');
}

/** Microseconds of an interval without months, for fixed durations such as window sizes. */
export function fixedMicros(a: Interval): bigint | undefined {
  return a.months === 0 ? BigInt(a.days) * MICROS_PER_DAY + a.micros : undefined;
}

/** date ± interval gives a timestamp; infinite dates stay infinite. */
export function dateToTimestamp(days: number): bigint {
  if (days === DATE_INFINITY) return I64_MAX;
  if (days === -DATE_INFINITY - 1) return -I64_MAX - 1n;
  const micros = BigInt(days) * MICROS_PER_DAY;
  if (micros > TIMESTAMP_MAX) throw new SqlError('datetime_field_overflow', 'date out of range for timestamp');
  return micros;
}

export function timestampToDate(micros: bigint): number {
  if (micros === I64_MAX) return DATE_INFINITY;
  if (micros === -I64_MAX - 1n) return -DATE_INFINITY - 1;
  return Number(floorDiv(micros, MICROS_PER_DAY));
}

