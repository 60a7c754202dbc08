import { SqlError, notSupported } from '../common/errors.ts';
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  dayOfWeek,
  dayOfYear,
  daysFromCivil,
  fieldsOf,
  floorDiv,
  floorMod,
  isFiniteTimestamp,
  isoWeek,
  isoYearStart,
} from '../common/types/calendar.ts';
import { addMonths, checkTimestamp } from '../common/types/interval.ts';
import { numericAdd, numericDivide } from '../common/types/numeric-math.ts';
import { INFINITY, NEG_INFINITY, numericFromBigint, numericFromInt } from '../common/types/numeric-text.ts';
import type { Interval, Numeric } from '../common/types/value.ts';

/** Fields of dates and times (EXTRACT) and cutting them to a unit (date_trunc, FLOOR … TO, CEIL … TO). */

const UNITS: Readonly<Record<string, string>> = (() => {
  const table: Record<string, string> = {};
  const add = (unit: string, names: string): void => {
    for (const name of [unit, ...names.split(' ')]) table[name] = unit;
  };
  add('microsecond', 'microseconds us usec usecs microsecon');
  add('millisecond', 'milliseconds ms msec msecs');
  add('second', 'seconds sec secs s sql_tsi_second');
  add('minute', 'minutes min mins m sql_tsi_minute');
  add('hour', 'hours hr hrs h sql_tsi_hour');
  add('day', 'days d sql_tsi_day');
  add('week', 'weeks w sql_tsi_week');
  add('month', 'months mon mons sql_tsi_month');
  add('quarter', 'quarters qtr sql_tsi_quarter');
  add('year', 'years y yr yrs sql_tsi_year');
  add('decade', 'decades dec');
  add('century', 'centuries c cent');
  add('millennium', 'millennia mil mils');
  for (const name of ['epoch', 'dow', 'isodow', 'doy', 'isoyear', 'julian', 'timezone', 'timezone_hour', 'timezone_minute', 'nanosecond']) table[name] = name;
  table['nanoseconds'] = 'nanosecond';
  return table;
})();

/** The canonical name of a unit in any spelling, or undefined. */
export const unitOf = (name: string): string | undefined => UNITS[name.trim().toLowerCase()];

function unknownUnit(name: string, type: string): SqlError {
  return new SqlError('invalid_parameter_value', `unit "${name}" not recognized for type ${type}`);
}

const scaled = (unscaled: bigint, scale: number): Numeric => ({ unscaled, scale });

/** EXTRACT from a wall-clock time; `offset` is the zone's, in seconds. Null for a field of an infinite time without one. */
export function extractTimestamp(field: string, micros: bigint, offset: number | undefined): Numeric | null {
  const type = offset === undefined ? 'timestamp without time zone' : 'timestamp with time zone';
  const unit = unitOf(field);
  if (unit === undefined) throw unknownUnit(field, type);
  if (!isFiniteTimestamp(micros)) {
    const grows = ['epoch', 'year', 'decade', 'century', 'millennium', 'isoyear', 'julian'].includes(unit);
    return grows ? (micros > 0n ? INFINITY : NEG_INFINITY) : null;
  }
  const f = fieldsOf(micros);
  const year = f.year > 0 ? f.year : f.year - 1;
  switch (unit) {
    case 'nanosecond':
      return numericFromInt(f.micro * 1000);
    case 'microsecond':
      return numericFromInt(f.second * 1_000_000 + f.micro);
    case 'millisecond':
      return scaled(BigInt(f.second * 1_000_000 + f.micro), 3);
    case 'second':
      return scaled(BigInt(f.second * 1_000_000 + f.micro), 6);
    case 'minute':
      return numericFromInt(f.minute);
    case 'hour':
      return numericFromInt(f.hour);
    case 'day':
      return numericFromInt(f.day);
    case 'month':
      return numericFromInt(f.month);
    case 'quarter':
      return numericFromInt(Math.floor((f.month - 1) / 3) + 1);
    case 'week':
      return numericFromInt(isoWeek(f.days).week);
    case 'year':
      return numericFromInt(year);
    case 'decade':
      return numericFromInt(Math.floor(f.year / 10));
    case 'century':
      return numericFromInt(f.year > 0 ? Math.floor((f.year + 99) / 100) : -Math.floor((99 - (f.year - 1)) / 100));
    case 'millennium':
      return numericFromInt(f.year > 0 ? Math.floor((f.year + 999) / 1000) : -Math.floor((999 - (f.year - 1)) / 1000));
    case 'isoyear': {
      const iso = isoWeek(f.days).year;
      return numericFromInt(iso > 0 ? iso : iso - 1);
    }
    case 'dow':
      return numericFromInt(dayOfWeek(f.days));
    case 'isodow':
      return numericFromInt(dayOfWeek(f.days) || 7);
    case 'doy':
      return numericFromInt(dayOfYear(f.days, f.year));
    case 'epoch':
      return scaled(micros - BigInt(offset ?? 0) * MICROS_PER_SECOND, 6);
    case 'julian': {
      const whole = BigInt(f.days + 2440588);
      const rest = micros - BigInt(f.days) * MICROS_PER_DAY;
      return numericAdd(numericFromBigint(whole), numericDivide(numericFromBigint(rest), numericFromBigint(MICROS_PER_DAY)));
    }
    case 'timezone':
      if (offset !== undefined) return numericFromInt(offset);
      break;
    case 'timezone_hour':
      if (offset !== undefined) return numericFromInt(Math.trunc(offset / 3600));
      break;
    case 'timezone_minute':
      if (offset !== undefined) return numericFromInt(Math.trunc(offset / 60) % 60);
      break;
    default:
      break;
  }
  throw notSupported(`unit "${field}" for type ${type}`);
}

/** EXTRACT from a time of day. */
export function extractTime(field: string, micros: bigint): Numeric {
  const unit = unitOf(field);
  if (unit === undefined || !['microsecond', 'millisecond', 'second', 'minute', 'hour', 'epoch', 'nanosecond'].includes(unit)) {
    throw unknownUnit(field, 'time without time zone');
  }
  if (unit === 'epoch') return scaled(micros, 6);
  return extractTimestamp(field, micros, undefined) ?? numericFromInt(0);
}

/** EXTRACT from a date; fields of the time of day are refused, as in PostgreSQL. */
export function extractDate(field: string, days: number): Numeric | null {
  const unit = unitOf(field);
  if (unit === undefined) throw unknownUnit(field, 'date');
  if (['microsecond', 'millisecond', 'second', 'minute', 'hour', 'nanosecond', 'timezone', 'timezone_hour', 'timezone_minute'].includes(unit)) {
    throw notSupported(`unit "${field}" for type date`);
  }
  if (unit === 'epoch') return numericFromInt(days * 86400);
  if (unit === 'julian') return numericFromInt(days + 2440588);
  return extractTimestamp(field, BigInt(days) * MICROS_PER_DAY, undefined);
}

export function extractInterval(field: string, span: Interval): Numeric {
  const unit = unitOf(field);
  const years = Math.trunc(span.months / 12);
  const rest = span.micros % MICROS_PER_MINUTE;
  switch (unit) {
    case 'microsecond':
      return numericFromBigint(rest);
    case 'millisecond':
      return scaled(rest, 3);
    case 'second':
      return scaled(rest, 6);
    case 'minute':
      return numericFromBigint((span.micros / MICROS_PER_MINUTE) % 60n);
    case 'hour':
      return numericFromBigint(span.micros / MICROS_PER_HOUR);
    case 'day':
      return numericFromInt(span.days);
    case 'month':
      return numericFromInt(span.months % 12 || 0);
    case 'quarter':
      return numericFromInt(Math.trunc((span.months % 12) / 3) + 1);
    case 'year':
      return numericFromInt(years || 0);
    case 'decade':
      return numericFromInt(Math.trunc(years / 10) || 0);
    case 'century':
      return numericFromInt(Math.trunc(years / 100) || 0);
    case 'millennium':
      return numericFromInt(Math.trunc(years / 1000) || 0);
    case 'epoch': {
      // A year counts as 365.25 days, a month as 30.
      const seconds = BigInt(years) * 31557600n + BigInt((span.months % 12) * 30 + span.days) * 86400n;
      return scaled(seconds * MICROS_PER_SECOND + span.micros, 6);
    }
    default:
      throw unknownUnit(field, 'interval');
  }
}

/** Microseconds of units that have one length. */
const FIXED: Readonly<Record<string, bigint>> = {
  microsecond: 1n,
  millisecond: 1000n,
  second: MICROS_PER_SECOND,
  minute: MICROS_PER_MINUTE,
  hour: MICROS_PER_HOUR,
  day: MICROS_PER_DAY,
};

/** Whether a unit is an hour or a part of one. */
export function isWithinHour(field: string): boolean {
  const fixed = FIXED[unitOf(field) ?? ''];
  return fixed !== undefined && fixed <= MICROS_PER_HOUR;
}

/** Cuts a wall-clock time down to a unit. */
export function truncateTimestamp(field: string, micros: bigint): bigint {
  return truncator(field)(micros);
}

/** The function that cuts to a unit; the spelling is checked once. */
export function truncator(field: string): (micros: bigint) => bigint {
  const unit = unitOf(field) ?? '';
  const fixed = FIXED[unit];
  if (fixed !== undefined) return (micros) => (isFiniteTimestamp(micros) ? micros - floorMod(micros, fixed) : micros);
  const start = startOfUnit(unit);
  if (start === undefined) throw unknownUnit(field, 'timestamp without time zone');
  return (micros) => (isFiniteTimestamp(micros) ? checkTimestamp(BigInt(start(micros)) * MICROS_PER_DAY) : micros);
}

/** First day of the unit that holds a time. */
function startOfUnit(unit: string): ((micros: bigint) => number) | undefined {
  const byYear =
    (first: (year: number) => number) =>
    (micros: bigint): number =>
      daysFromCivil(first(fieldsOf(micros).year), 1, 1);
  switch (unit) {
    case 'week':
      return (micros) => {
        const days = Number(floorDiv(micros, MICROS_PER_DAY));
        return days - ((dayOfWeek(days) + 6) % 7);
      };
    case 'month':
      return (micros) => {
        const f = fieldsOf(micros);
        return f.days - f.day + 1;
      };
    case 'quarter':
      return (micros) => {
        const f = fieldsOf(micros);
        return daysFromCivil(f.year, Math.floor((f.month - 1) / 3) * 3 + 1, 1);
      };
    case 'year':
      return byYear((y) => y);
    case 'isoyear':
      return (micros) => isoYearStart(isoWeek(fieldsOf(micros).days).year);
    case 'decade':
      return byYear((y) => Math.floor(y / 10) * 10);
    case 'century':
      return byYear((y) => Math.floor((y - 1) / 100) * 100 + 1);
    case 'millennium':
      return byYear((y) => Math.floor((y - 1) / 1000) * 1000 + 1);
    default:
      return undefined;
  }
}

/** Cuts up to the next start of a unit, unless already at one. */
export function ceiling(field: string): (micros: bigint) => bigint {
  const cut = truncator(field);
  const unit = unitOf(field) ?? '';
  const fixed = FIXED[unit];
  return (micros) => {
    const floor = cut(micros);
    if (floor === micros) return micros;
    if (fixed !== undefined) return checkTimestamp(floor + fixed);
    if (unit === 'week') return checkTimestamp(floor + 7n * MICROS_PER_DAY);
    if (unit === 'isoyear') return cut(floor + 373n * MICROS_PER_DAY);
    return checkTimestamp(addMonths(floor, MONTHS[unit] ?? 1));
  };
}

export const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12, decade: 120, century: 1200, millennium: 12000 };

export function truncateInterval(field: string, span: Interval): Interval {
  const unit = unitOf(field) ?? '';
  const fixed = FIXED[unit];
  if (unit !== 'day' && fixed !== undefined) return { ...span, micros: span.micros - (span.micros % fixed) };
  if (unit === 'day') return { ...span, micros: 0n };
  const months = MONTHS[unit];
  if (months === undefined) {
    throw new SqlError('feature_not_supported', `unit "${field}" not supported for type interval`, {
      detail: unit === 'week' ? 'Months usually have fractional weeks.' : undefined,
    });
  }
  return { months: span.months - (span.months % months) || 0, days: 0, micros: 0n };
}

/** `n` units as an interval. Errors: invalid_parameter_value. */
export function unitsInterval(field: string, n: number): Interval {
  const unit = unitOf(field) ?? '';
  const months = MONTHS[unit];
  if (months !== undefined) return { months: months * n, days: 0, micros: 0n };
  if (unit === 'day' || unit === 'week') return { months: 0, days: unit === 'week' ? 7 * n : n, micros: 0n };
  const fixed = FIXED[unit];
  if (fixed === undefined) throw unknownUnit(field, 'interval');
  return { months: 0, days: 0, micros: fixed * BigInt(n) };
}

/** Whole units from `a` to `b`, cut toward zero (TIMESTAMPDIFF). */
export function unitsBetween(field: string, a: bigint, b: bigint): bigint {
  const unit = unitOf(field) ?? '';
  const fixed = unit === 'week' ? 7n * MICROS_PER_DAY : FIXED[unit];
  if (fixed !== undefined) return (b - a) / fixed;
  const size = MONTHS[unit];
  if (size === undefined) throw unknownUnit(field, 'timestamp without time zone');
  const x = fieldsOf(a);
  const y = fieldsOf(b);
  let months = (y.year - x.year) * 12 + y.month - x.month;
  const whole = addMonths(a, months);
  if (months > 0 && whole > b) months--;
  else if (months < 0 && whole < b) months++;
  return BigInt(Math.trunc(months / size));
}
