import { SqlError } from '../common/errors.ts';
import { DATE_MAX, DATE_MIN, MICROS_PER_DAY, floorMod, isFiniteDate } from '../common/types/calendar.ts';
import {
  dateToTimestamp,
  intervalAdd,
  intervalDivide,
  intervalMultiply,
  intervalNegate,
  timestampAdd,
  timestampDifference,
  timestampSubtract,
  timestamptzAdd,
} from '../common/types/interval.ts';
import { DATE, INT, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ } from '../common/types/sql-type.ts';
import type { Interval } from '../common/types/value.ts';
import { contextual, native } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';

/** `+ - * /` on dates, times and intervals. */

function checkDate(days: number): number {
  if (days < DATE_MIN || days > DATE_MAX) throw new SqlError('datetime_field_overflow', 'date out of range');
  return days;
}
const addDays = (days: number, n: number): number => (isFiniteDate(days) ? checkDate(days + n) : days);

function dateDifference(a: number, b: number): number {
  if (!isFiniteDate(a) || !isFiniteDate(b)) throw new SqlError('datetime_field_overflow', 'cannot subtract infinite dates');
  return a - b;
}

const addSpan = (micros: bigint, span: Interval): bigint => timestampAdd(micros, span);
const subSpan = (micros: bigint, span: Interval): bigint => timestampSubtract(micros, span);
const addTime = (micros: bigint, span: Interval): bigint => floorMod(micros + span.micros, MICROS_PER_DAY);
const timeSpan = (micros: bigint): Interval => ({ months: 0, days: 0, micros });

const plus: readonly ScalarOverload[] = [
  native(['date', 'int'], DATE, addDays),
  native(['int', 'date'], DATE, (n, d) => addDays(d, n)),
  native(['date', 'interval'], TIMESTAMP, (d, i) => addSpan(dateToTimestamp(d), i)),
  native(['interval', 'date'], TIMESTAMP, (i, d) => addSpan(dateToTimestamp(d), i)),
  native(['date', 'time'], TIMESTAMP, (d, t) => addSpan(dateToTimestamp(d), timeSpan(t))),
  native(['time', 'date'], TIMESTAMP, (t, d) => addSpan(dateToTimestamp(d), timeSpan(t))),
  native(['timestamp', 'interval'], TIMESTAMP, addSpan, { monotonicIn: 1 }),
  native(['interval', 'timestamp'], TIMESTAMP, (i, t) => addSpan(t, i), { monotonicIn: 2 }),
  contextual(['timestamptz', 'interval'], TIMESTAMPTZ, (cx, t, i) => timestamptzAdd(t, i, cx.timeZone), { monotonicIn: 1 }),
  contextual(['interval', 'timestamptz'], TIMESTAMPTZ, (cx, i, t) => timestamptzAdd(t, i, cx.timeZone), { monotonicIn: 2 }),
  native(['time', 'interval'], TIME, addTime),
  native(['interval', 'time'], TIME, (i, t) => addTime(t, i)),
  native(['interval', 'interval'], INTERVAL, intervalAdd),
  native(['interval'], INTERVAL, (i) => i),
];

const minus: readonly ScalarOverload[] = [
  native(['date', 'int'], DATE, (d, n) => addDays(d, -n)),
  native(['date', 'date'], INT, dateDifference),
  native(['date', 'interval'], TIMESTAMP, (d, i) => subSpan(dateToTimestamp(d), i)),
  native(['timestamp', 'timestamp'], INTERVAL, timestampDifference),
  native(['timestamptz', 'timestamptz'], INTERVAL, timestampDifference),
  native(['timestamp', 'interval'], TIMESTAMP, subSpan, { monotonicIn: 1 }),
  contextual(['timestamptz', 'interval'], TIMESTAMPTZ, (cx, t, i) => timestamptzAdd(t, intervalNegate(i), cx.timeZone), { monotonicIn: 1 }),
  native(['time', 'time'], INTERVAL, (a, b) => timeSpan(a - b)),
  native(['time', 'interval'], TIME, (t, i) => addTime(t, intervalNegate(i))),
  native(['interval', 'interval'], INTERVAL, (a, b) => intervalAdd(a, intervalNegate(b))),
  native(['interval'], INTERVAL, intervalNegate),
];

const operator = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: FunctionDef['examples']): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads,
  doc,
  examples,
});

export const timeOperators: readonly FunctionDef[] = [
  operator('+', plus, 'A date plus days is a date; a time or date plus an interval moves it.', [
    [`date '2024-01-31' + 1`, '2024-02-01'],
    [`timestamp '2024-01-31 10:00:00' + interval '1 month'`, '2024-02-29 10:00:00'],
    [`interval '1 day' + interval '2 hours'`, '1 day 02:00:00'],
  ]),
  operator('-', minus, 'The difference of two dates is in days, of two timestamps an interval of days and time.', [
    [`date '2024-03-01' - date '2024-02-01'`, '29'],
    [`timestamp '2024-01-03 12:00:00' - timestamp '2024-01-01 00:00:00'`, '2 days 12:00:00'],
    [`timestamp '2024-01-01 00:00:10' - interval '4 seconds'`, '2024-01-01 00:00:06'],
  ]),
  operator(
    '*',
    [native(['interval', 'double'], INTERVAL, intervalMultiply), native(['double', 'interval'], INTERVAL, (n, i) => intervalMultiply(i, n))],
    'An interval times a number.',
    [[`interval '1 hour' * 3.5`, '03:30:00']],
  ),
  operator('/', [native(['interval', 'double'], INTERVAL, intervalDivide)], 'An interval divided by a number.', [[`interval '1 hour' / 1.5`, '00:40:00']]),
];
