import { SqlError } from '../common/errors.ts';
import { DATE_MAX, DATE_MIN, MICROS_PER_DAY, MICROS_PER_SECOND, daysFromCivil, daysInMonth, floorDiv, isFiniteDate, isFiniteTimestamp } from '../common/types/calendar.ts';
import { age, checkTimestamp, justifyDays, justifyHours, justifyInterval, makeInterval, outOfRange } from '../common/types/interval.ts';
import { BOOLEAN, DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ } from '../common/types/sql-type.ts';
import { fromLocal, toLocal } from '../common/types/time-zone.ts';
import type { Interval } from '../common/types/value.ts';
import { contextual, native, scalar } from './build.ts';
import type { EvalContext, FunctionDef } from './define.ts';

/** Making dates, times and intervals of their parts, and working on intervals. */

const local = (cx: EvalContext, micros: bigint): bigint => (isFiniteTimestamp(micros) ? toLocal(micros, cx.timeZone) : micros);
const wallNow = (cx: EvalContext): bigint => toLocal(cx.nowMicros, cx.timeZone);

function makeDate(year: number, month: number, day: number): number {
  const y = year < 0 ? year + 1 : year;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(y, month)) {
    throw new SqlError('datetime_field_overflow', `date field value out of range: ${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
  }
  const days = daysFromCivil(y, month, day);
  if (days < DATE_MIN || days > DATE_MAX) throw new SqlError('datetime_field_overflow', 'date out of range');
  return days;
}

function makeTime(hour: number, minute: number, second: number): bigint {
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(second >= 0 && second <= 60)) {
    throw new SqlError('datetime_field_overflow', `time field value out of range: ${hour}:${String(minute).padStart(2, '0')}:${second}`);
  }
  return BigInt(hour * 3600 + minute * 60) * MICROS_PER_SECOND + BigInt(Math.round(second * 1e6));
}

const makeTimestamp = (y: number, mo: number, d: number, h: number, mi: number, s: number): bigint =>
  checkTimestamp(BigInt(makeDate(y, mo, d)) * MICROS_PER_DAY + makeTime(h, mi, s));

function intervalParts(args: readonly number[], seconds: number): Interval {
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0] = args;
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 9e12) throw outOfRange();
  return makeInterval(years * 12 + months, weeks * 7 + days, BigInt(hours * 3600 + minutes * 60) * MICROS_PER_SECOND + BigInt(Math.round(seconds * 1e6)));
}

function dateBin(stride: Interval, t: bigint, origin: bigint): bigint {
  if (stride.months !== 0) throw new SqlError('feature_not_supported', 'timestamps cannot be binned into intervals containing months or years');
  const size = BigInt(stride.days) * MICROS_PER_DAY + stride.micros;
  if (size <= 0n) throw new SqlError('datetime_field_overflow', 'stride must be greater than zero');
  return isFiniteTimestamp(t) ? origin + floorDiv(t - origin, size) * size : t;
}

function overlaps(a: bigint, b: bigint, c: bigint, d: bigint): boolean {
  const [s1, e1] = a <= b ? [a, b] : [b, a];
  const [s2, e2] = c <= d ? [c, d] : [d, c];
  if (s1 === s2) return true;
  return s1 < s2 ? s2 < e1 : s1 < e2;
}

export const timeValueFunctions: readonly FunctionDef[] = [
  scalar(
    'date_bin',
    [native(['interval', 'timestamp', 'timestamp'], TIMESTAMP, dateBin, { monotonicIn: 2 }), native(['interval', 'timestamptz', 'timestamptz'], TIMESTAMPTZ, dateBin, { monotonicIn: 2 })],
    'The start of the stride, counted from an origin, that holds a time.',
    [[`date_bin('15 minutes', timestamp '2024-02-11 15:44:17', timestamp '2001-01-01 00:00:00')`, '2024-02-11 15:30:00']],
  ),
  scalar(
    'age',
    [
      native(['timestamp', 'timestamp'], INTERVAL, age),
      contextual(['timestamptz', 'timestamptz'], INTERVAL, (cx, a, b) => age(local(cx, a), local(cx, b))),
      contextual(['timestamp'], INTERVAL, (cx, b) => age(floorDiv(wallNow(cx), MICROS_PER_DAY) * MICROS_PER_DAY, b)),
      contextual(['timestamptz'], INTERVAL, (cx, b) => age(floorDiv(wallNow(cx), MICROS_PER_DAY) * MICROS_PER_DAY, local(cx, b))),
    ],
    'The time between two times in years, months and days; from today when one is given.',
    [[`age(timestamp '2001-04-10 00:00:00', timestamp '1957-06-13 00:00:00')`, '43 years 9 mons 27 days']],
  ),
  scalar('make_date', [native(['int', 'int', 'int'], DATE, makeDate)], 'A date from year, month and day.', [['make_date(2013, 7, 15)', '2013-07-15']]),
  scalar('make_time', [native(['int', 'int', 'double'], TIME, makeTime)], 'A time from hour, minute and second.', [['make_time(8, 15, 23.5)', '08:15:23.5']]),
  scalar('make_timestamp', [native(['int', 'int', 'int', 'int', 'int', 'double'], TIMESTAMP, makeTimestamp)], 'A timestamp from its fields.', [['make_timestamp(2013, 7, 15, 8, 15, 23.5)', '2013-07-15 08:15:23.5']]),
  scalar(
    'make_timestamptz',
    [
      contextual(['int', 'int', 'int', 'int', 'int', 'double'], TIMESTAMPTZ, (cx, y, mo, d, h, mi, s) => fromLocal(makeTimestamp(y, mo, d, h, mi, s), cx.timeZone)),
      native(['int', 'int', 'int', 'int', 'int', 'double', 'varchar'], TIMESTAMPTZ, (y, mo, d, h, mi, s, zone) => fromLocal(makeTimestamp(y, mo, d, h, mi, s), zone)),
    ],
    'A timestamptz from its fields in the session’s or a given zone.',
    [[`make_timestamptz(2013, 7, 15, 8, 15, 23.5, 'UTC')`, '2013-07-15 08:15:23.5+00']],
  ),
  scalar(
    'make_interval',
    [
      native([], INTERVAL, () => intervalParts([], 0)),
      native(['int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int', 'int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int', 'int', 'int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int', 'int', 'int', 'int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int', 'int', 'int', 'int', 'int'], INTERVAL, (...n) => intervalParts(n, 0)),
      native(['int', 'int', 'int', 'int', 'int', 'int', 'double'], INTERVAL, (y, mo, w, d, h, mi, s) => intervalParts([y, mo, w, d, h, mi], s)),
    ],
    'An interval from years, months, weeks, days, hours, minutes and seconds.',
    [['make_interval(0, 0, 0, 10)', '10 days']],
  ),
  scalar('justify_hours', [native(['interval'], INTERVAL, justifyHours)], '24 hours become a day.', [[`justify_hours(interval '27 hours')`, '1 day 03:00:00']]),
  scalar('justify_days', [native(['interval'], INTERVAL, justifyDays)], '30 days become a month.', [[`justify_days(interval '35 days')`, '1 mon 5 days']]),
  scalar('justify_interval', [native(['interval'], INTERVAL, justifyInterval)], 'Both, with signs made alike.', [[`justify_interval(interval '1 mon -1 hour')`, '29 days 23:00:00']]),
  scalar(
    'isfinite',
    [
      native(['date'], BOOLEAN, isFiniteDate),
      native(['timestamp'], BOOLEAN, isFiniteTimestamp),
      native(['timestamptz'], BOOLEAN, isFiniteTimestamp),
      native(['interval'], BOOLEAN, () => true),
    ],
    'Whether it is neither infinity.',
    [[`isfinite(date 'infinity')`, 'f']],
  ),
  scalar(
    'overlaps',
    [native(['timestamp', 'timestamp', 'timestamp', 'timestamp'], BOOLEAN, overlaps), native(['timestamptz', 'timestamptz', 'timestamptz', 'timestamptz'], BOOLEAN, overlaps), native(['time', 'time', 'time', 'time'], BOOLEAN, overlaps)],
    '`(a, b) OVERLAPS (c, d)`: half-open spans share a time.',
    [[`overlaps(timestamp '2024-01-01', timestamp '2024-02-01', timestamp '2024-01-15', timestamp '2024-03-01')`, 't']],
  ),
];
