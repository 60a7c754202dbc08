/**
 * Proleptic Gregorian calendar on plain numbers. Years are astronomical: year 0 is 1 BC.
 * Days count from 1970-01-01; timestamps are microseconds from there.
 */

export const MICROS_PER_SECOND = 1_000_000n;
export const MICROS_PER_MINUTE = 60_000_000n;
export const MICROS_PER_HOUR = 3_600_000_000n;
export const MICROS_PER_DAY = 86_400_000_000n;

/** Sentinels PostgreSQL's way: `infinity` and `-infinity`. */
export const TIMESTAMP_INFINITY: bigint = (1n << 63n) - 1n;
export const TIMESTAMP_NEG_INFINITY: bigint = -(1n << 63n);
export const DATE_INFINITY = 2147483647;
export const DATE_NEG_INFINITY = -2147483648;

/**
 * From 4713-11-24 BC, as in PostgreSQL, to 294247-01-10: 64 bits from 1970 end thirty years before PostgreSQL's 294276, which
 * counts from 2000.
 */
export const TIMESTAMP_MIN: bigint = BigInt(daysFromCivil(-4713, 11, 24)) * MICROS_PER_DAY;
export const TIMESTAMP_MAX: bigint = TIMESTAMP_INFINITY - 1n;
export const DATE_MIN: number = daysFromCivil(-4713, 11, 24);
export const DATE_MAX: number = daysFromCivil(5874898, 1, 1) - 1;

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function civilFromDays(days: number): Civil {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

export const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month - 1] ?? 31);
}

/** Quotient rounded to negative infinity, and the remainder, 0 or more. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}
export function floorMod(a: bigint, b: bigint): bigint {
  const r = a % b;
  return r < 0n ? r + b : r;
}

/** A timestamp taken apart. */
export interface Fields extends Civil {
  readonly days: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 to 999999. */
  readonly micro: number;
}

export function fieldsOf(micros: bigint): Fields {
  const days = Number(floorDiv(micros, MICROS_PER_DAY));
  const rest = Number(micros - BigInt(days) * MICROS_PER_DAY);
  const { year, month, day } = civilFromDays(days);
  const seconds = Math.floor(rest / 1_000_000);
  return {
    days,
    year,
    month,
    day,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micro: rest - seconds * 1_000_000,
  };
}

export function microsOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, micro = 0): bigint {
  const seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return BigInt(seconds) * MICROS_PER_SECOND + BigInt(micro);
}

/** 0 is Sunday. */
export const dayOfWeek = (days: number): number => (((days + 4) % 7) + 7) % 7;
export const dayOfYear = (days: number, year: number): number => days - daysFromCivil(year, 1, 1) + 1;

/** ISO 8601 week and the year it belongs to. */
export function isoWeek(days: number): { readonly year: number; readonly week: number } {
  const thursday = days - ((dayOfWeek(days) + 6) % 7) + 3;
  const { year } = civilFromDays(thursday);
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

/** Monday of the ISO year's first week. */
export function isoYearStart(year: number): number {
  const fourth = daysFromCivil(year, 1, 4);
  return fourth - ((dayOfWeek(fourth) + 6) % 7);
}

export const isFiniteTimestamp = (micros: bigint): boolean => micros !== TIMESTAMP_INFINITY && micros !== TIMESTAMP_NEG_INFINITY;
export const isFiniteDate = (days: number): boolean => days !== DATE_INFINITY && days !== DATE_NEG_INFINITY;
