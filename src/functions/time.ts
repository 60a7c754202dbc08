import { SqlError } from '../common/errors.ts';
import {
  MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY,
  civilFromDays, dayOfWeek, dayOfYear, floorDiv, floorMod, isFiniteDate, isFiniteTimestamp, isoWeek,
} from '../common/types/calendar.ts';
import { timestampFromText, timestamptzFromText } from '../common/types/datetime-parse.ts';
import {
  checkTimestamp, dateToTimestamp, roundHalfEven, timestampAdd, timestampToDate, timestamptzAdd,
} from '../common/types/interval.ts';
import { numericToDouble } from '../common/types/numeric-text.ts';
import { BIGINT, DATE, DOUBLE, INT, INTERVAL, NUMERIC, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, type SqlType } from '../common/types/sql-type.ts';
import { fromLocal, toLocal, zoneOffset } from '../common/types/time-zone.ts';
import type { Interval, Numeric, Value } from '../common/types/value.ts';
import { contextual, literalText, native } from './build.ts';
import type { Emit, EvalContext, FunctionDef, ScalarOverload } from './define.ts';
import {
  ceiling, extractDate, extractInterval, extractTime, extractTimestamp, isWithinHour, truncateInterval, truncateTimestamp, truncator, unitOf, unitsBetween, unitsInterval,
} from './time-fields.ts';
import { numericTruncate } from '../common/types/numeric-math.ts';
import { numericFromText } from '../common/types/numeric-text.ts';
import { isJavaPattern, javaFormatter, javaParse, postgresFormatter, postgresParse } from './time-format.ts';
import { doubleToChar } from './to-char-double.ts';
import { intervalToChar } from './to-char-interval.ts';
import { numberToChar } from './to-char.ts';

/** Date and time functions of PostgreSQL and Flink. Zone-dependent ones use the session's or the job's zone. */

const local = (cx: EvalContext, micros: bigint): bigint => (isFiniteTimestamp(micros) ? toLocal(micros, cx.timeZone) : micros);
const toDouble = (n: Numeric | null): number | null => (n === null ? null : numericToDouble(n));
const utc = { timeZone: 'UTC' };
const timestampLtz: SqlType = { kind: 'timestamptz', precision: 3 };

const scalar = (
  name: string,
  overloads: readonly ScalarOverload[],
  doc: string,
  examples: FunctionDef['examples'] = [],
  aliases: readonly string[] = [],
): FunctionDef => ({ kind: 'scalar', name, aliases, overloads, doc, examples });

function extractOverloads(returns: SqlType, result: (n: Numeric | null) => Value, interval?: (field: string, span: Interval) => Value): ScalarOverload[] {
  const offset = (cx: EvalContext, t: bigint): number => (isFiniteTimestamp(t) ? zoneOffset(cx.timeZone, t) : 0);
  return [
    native(['varchar', 'timestamp'], returns, (f, t) => result(extractTimestamp(f, t, undefined))),
    contextual(['varchar', 'timestamptz'], returns, (cx, f, t) => result(extractTimestamp(f, local(cx, t), offset(cx, t)))),
    native(['varchar', 'date'], returns, (f, d) => result(isFiniteDate(d) ? extractDate(f, d) : extractTimestamp(f, dateToTimestamp(d), undefined))),
    native(['varchar', 'time'], returns, (f, t) => result(extractTime(f, t))),
    native(['varchar', 'interval'], returns, interval ?? ((f, i) => result(extractInterval(f, i)))),
  ];
}

/** PostgreSQL adds up date_part('epoch', interval) in doubles: the last digits are part of its answer. */
function partOfInterval(field: string, span: Interval): Value {
  if (unitOf(field) !== 'epoch') return toDouble(extractInterval(field, span));
  const months = span.months % 12;
  return Number(span.micros) / 1e6 + 31_557_600 * Math.trunc(span.months / 12) + 2_592_000 * months + 86_400 * span.days;
}

/** A unit known when the code is generated is looked up once. */
const unitEmit =
  (make: (unit: string) => (micros: bigint) => bigint, unitFirst: boolean): Emit =>
  (args, cx) => {
    const unit = unitFirst ? args[0] : args[1];
    const time = unitFirst ? args[1] : args[0];
    const constant = unit === undefined ? undefined : literalText(unit);
    if (constant === undefined || unitOf(constant) === undefined) {
      return `${cx.constant((u: string, t: bigint) => make(u)(t))}(${unit?.code}, ${time?.code})`;
    }
    return `${cx.constant(make(constant))}(${time?.code})`;
  };


function floorOverloads(make: (unit: string) => (micros: bigint) => bigint): ScalarOverload[] {
  return [
    native(['timestamp', 'varchar'], TIMESTAMP, (t, unit) => make(unit)(t), { monotonicIn: 1, emit: unitEmit(make, false) }),
    contextual(['timestamptz', 'varchar'], TIMESTAMPTZ, (cx, t, unit) => onClock(make(unit), unit, t, cx.timeZone), { monotonicIn: 1 }),
    native(['date', 'varchar'], DATE, (d, unit) => timestampToDate(make(unit)(dateToTimestamp(d))), { monotonicIn: 1 }),
    native(['time', 'varchar'], TIME, (t, unit) => floorMod(make(unit)(t), MICROS_PER_DAY)),
  ];
}

/** One field as BIGINT (Flink's YEAR, HOUR…). */
function fieldFunction(name: string, fromDays: ((days: number) => number) | undefined, fromMicros: (micros: bigint) => number, example: readonly [string, string]): FunctionDef {
  const big = (n: number): bigint => BigInt(n);
  const finite = (t: bigint): bigint | null => (isFiniteTimestamp(t) ? big(fromMicros(t)) : null);
  const overloads: ScalarOverload[] = [
    native(['timestamp'], BIGINT, finite),
    contextual(['timestamptz'], BIGINT, (cx, t) => finite(local(cx, t))),
  ];
  if (fromDays === undefined) overloads.push(native(['time'], BIGINT, (t) => big(fromMicros(t))));
  else overloads.push(native(['date'], BIGINT, (d) => (isFiniteDate(d) ? big(fromDays(d)) : null)));
  return scalar(name, overloads, `The ${name} of a date or time, as an integer.`, [example]);
}

const byDay = (name: string, fn: (days: number) => number, example: readonly [string, string]): FunctionDef =>
  fieldFunction(name, fn, (micros) => fn(Number(floorDiv(micros, MICROS_PER_DAY))), example);
const byTime = (name: string, unit: bigint, modulus: bigint, example: readonly [string, string]): FunctionDef =>
  fieldFunction(name, undefined, (micros) => Number(floorMod(floorDiv(micros, unit), modulus)), example);

const SECONDS_TO_2000 = 946_684_800;

function secondsToTimestamp(seconds: number): bigint {
  if (Number.isNaN(seconds)) throw new SqlError('datetime_field_overflow', 'timestamp cannot be NaN');
  if (seconds === Infinity) return TIMESTAMP_INFINITY;
  if (seconds === -Infinity) return TIMESTAMP_NEG_INFINITY;
  if (Math.abs(seconds) > 1e13) throw new SqlError('datetime_field_overflow', `timestamp out of range: "${seconds}"`);
  // In doubles from 2000 on, as PostgreSQL has it: the last digit depends on it.
  return checkTimestamp(BigInt(roundHalfEven((seconds - SECONDS_TO_2000) * 1e6)) + BigInt(SECONDS_TO_2000) * MICROS_PER_SECOND);
}

/**
 * Cut down or up to a unit on the zone's clock. Hours and less are cut at the time's own distance from UTC: where clocks go back, an
 * hour comes twice.
 */
function onClock(cut: (micros: bigint) => bigint, unit: string, t: bigint, zone: string): bigint {
  if (!isFiniteTimestamp(t)) return cut(t);
  const wall = toLocal(t, zone);
  const there = cut(wall);
  return isWithinHour(unit) ? t + (there - wall) : fromLocal(there, zone);
}

/** A number of seconds (precision 0), milli- (3), micro- (6) or nanoseconds (9) since 1970. */
function ltzFromNumber(n: bigint, precision: number): bigint {
  if (![0, 3, 6, 9].includes(precision)) {
    throw new SqlError('invalid_parameter_value', `TO_TIMESTAMP_LTZ precision must be 0, 3, 6 or 9, not ${precision}`);
  }
  return checkTimestamp(precision === 9 ? floorDiv(n, 1000n) : n * 10n ** BigInt(6 - precision));
}

/** The same of a fraction, cut to the millisecond towards zero. */
function ltzFromDouble(n: number, precision: number): bigint {
  if (!Number.isFinite(n)) throw new SqlError('datetime_field_overflow', `timestamp out of range: "${n}"`);
  if (precision !== 0) return ltzFromNumber(BigInt(Math.trunc(n)), precision);
  return checkTimestamp(numericTruncate(numericFromText(String(n)), 3).unscaled * 1000n);
}

const JAVA_DEFAULT = 'yyyy-MM-dd HH:mm:ss';

function parseJava(text: string, pattern: string, zone: string): bigint | null {
  const found = javaParse(text, pattern);
  if (found === undefined) return null;
  return found.offset === undefined ? fromLocal(found.local, zone) : found.local - BigInt(found.offset) * MICROS_PER_SECOND;
}

/** NULL when the text is no time, as Flink's lenient functions have it. */
function lenient<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}

function parseTemplate(text: string, template: string, zone: string): bigint {
  if (isJavaPattern(template)) {
    const found = parseJava(text, template, zone);
    if (found === null) throw new SqlError('invalid_datetime_format', `text "${text}" does not fit the pattern "${template}"`);
    return found;
  }
  const found = postgresParse(text, template);
  return checkTimestamp(found.offset === undefined ? fromLocal(found.local, zone) : found.local - BigInt(found.offset) * MICROS_PER_SECOND);
}

const zonedFormat = (cx: EvalContext, t: bigint, pattern: string): string => javaFormatter(pattern)(local(cx, t), zoneOffset(cx.timeZone, t));

const dateFormatEmit: Emit = ([time, pattern], cx) => {
  const constant = pattern === undefined ? undefined : literalText(pattern);
  if (constant !== undefined) {
    try {
      return `${cx.constant(javaFormatter(constant))}(${time?.code})`;
    } catch {
      // A bad pattern is reported per row, as the interpreter does.
    }
  }
  return `${cx.constant((t: bigint, p: string) => javaFormatter(p)(t))}(${time?.code}, ${pattern?.code})`;
};

const wallNow = (cx: EvalContext): bigint => toLocal(cx.nowMicros, cx.timeZone);

const clock = (name: string, returns: SqlType, fn: (cx: EvalContext) => Value, doc: string, aliases: readonly string[] = [], volatility: 'stable' | 'volatile' = 'stable'): FunctionDef =>
  scalar(name, [contextual([], returns, fn, { volatility })], doc, [], aliases);

const intervalText = (zone: Interval): never => {
  throw new SqlError('invalid_parameter_value', `interval time zone must not include months or days (${zone.months} months)`);
};
function intervalOffset(zone: Interval): bigint {
  return zone.months !== 0 || zone.days !== 0 ? intervalText(zone) : (zone.micros / MICROS_PER_SECOND) * MICROS_PER_SECOND;
}

export const timeFunctions: readonly FunctionDef[] = [
  clock('now', TIMESTAMPTZ, (cx) => cx.nowMicros, 'The statement’s start, or the time of a continuous query’s epoch.', ['current_timestamp', 'transaction_timestamp', 'statement_timestamp', 'current_row_timestamp']),
  clock('clock_timestamp', TIMESTAMPTZ, (cx) => cx.procMicros, 'The time of the batch.', [], 'volatile'),
  clock('proctime', timestampLtz, (cx) => (cx.procMicros / 1000n) * 1000n, 'Processing time: that of the batch, to the millisecond.', [], 'volatile'),
  clock('localtimestamp', TIMESTAMP, wallNow, 'now() on the wall clock of the session’s zone.'),
  clock('current_date', DATE, (cx) => Number(floorDiv(wallNow(cx), MICROS_PER_DAY)), 'Today in the session’s zone.'),
  clock('localtime', TIME, (cx) => floorMod(wallNow(cx), MICROS_PER_DAY), 'The time of day in the session’s zone.', ['current_time']),
  scalar(
    'current_watermark',
    [
      contextual(['timestamp'], TIMESTAMP, (cx) => cx.watermark, { volatility: 'volatile' }),
      contextual(['timestamptz'], TIMESTAMPTZ, (cx) => cx.watermark, { volatility: 'volatile' }),
    ].map((o) => ({ ...o, nulls: 'custom' as const })),
    'The watermark of the given rowtime column; NULL before the first.',
  ),
  scalar('extract', extractOverloads(NUMERIC, (n) => n), '`EXTRACT(field FROM source)`, as numeric (PostgreSQL).', [
    [`extract('year', timestamp '2024-05-06 07:08:09.5')`, '2024'],
    [`extract('second', timestamp '2024-05-06 07:08:09.5')`, '9.500000'],
    [`extract('epoch', interval '1 day 1 second')`, '86401.000000'],
  ]),
  scalar('date_part', extractOverloads(DOUBLE, toDouble, partOfInterval), 'As extract, in double precision.', [[`date_part('hour', timestamp '2024-05-06 07:08:09')`, '7']]),
  scalar(
    'date_trunc',
    [
      native(['varchar', 'timestamp'], TIMESTAMP, truncateTimestamp, { oid: 2020, monotonicIn: 2, emit: unitEmit(truncator, true) }),
      contextual(['varchar', 'timestamptz'], TIMESTAMPTZ, (cx, unit, t) => onClock(truncator(unit), unit, t, cx.timeZone), { oid: 1217, monotonicIn: 2 }),
      native(['varchar', 'timestamptz', 'varchar'], TIMESTAMPTZ, (unit, t, zone) => onClock(truncator(unit), unit, t, zone), { oid: 1284 }),
      native(['varchar', 'interval'], INTERVAL, truncateInterval, { oid: 1218 }),
    ],
    'Cuts down to a unit.',
    [[`date_trunc('hour', timestamp '2024-05-06 07:08:09')`, '2024-05-06 07:00:00'], [`date_trunc('week', timestamp '2024-05-08 07:08:09')`, '2024-05-06 00:00:00']],
  ),
  scalar('floor', floorOverloads(truncator), '`FLOOR(time TO unit)`: as date_trunc.', [[`floor(timestamp '2024-05-06 07:08:09', 'minute')`, '2024-05-06 07:08:00']]),
  scalar('ceil', floorOverloads(ceiling), '`CEIL(time TO unit)`: the next start of a unit.', [[`ceil(timestamp '2024-05-06 07:08:09', 'month')`, '2024-06-01 00:00:00']]),
  byDay('year', (d) => civilFromDays(d).year, [`year(date '2024-05-06')`, '2024']),
  byDay('quarter', (d) => Math.floor((civilFromDays(d).month - 1) / 3) + 1, [`quarter(date '2024-05-06')`, '2']),
  byDay('month', (d) => civilFromDays(d).month, [`month(date '2024-05-06')`, '5']),
  byDay('week', (d) => isoWeek(d).week, [`week(date '2024-05-06')`, '19']),
  byDay('dayofyear', (d) => dayOfYear(d, civilFromDays(d).year), [`dayofyear(date '2024-05-06')`, '127']),
  byDay('dayofmonth', (d) => civilFromDays(d).day, [`dayofmonth(date '2024-05-06')`, '6']),
  byDay('dayofweek', (d) => dayOfWeek(d) + 1, [`dayofweek(date '2024-05-06')`, '2']),
  byTime('hour', MICROS_PER_HOUR, 24n, [`hour(timestamp '2024-05-06 07:08:09')`, '7']),
  byTime('minute', MICROS_PER_MINUTE, 60n, [`minute(timestamp '2024-05-06 07:08:09')`, '8']),
  byTime('second', MICROS_PER_SECOND, 60n, [`second(timestamp '2024-05-06 07:08:09')`, '9']),
  scalar(
    'date_format',
    [
      native(['timestamp', 'varchar'], TEXT, (t, pattern) => javaFormatter(pattern)(t), { emit: dateFormatEmit }),
      contextual(['timestamptz', 'varchar'], TEXT, zonedFormat),
      contextual(['varchar', 'varchar'], TEXT, (cx, text, pattern) => javaFormatter(pattern)(timestampFromText(text, 6, cx))),
    ],
    'A time by a Java date pattern.',
    [[`date_format(timestamp '2024-05-06 07:08:09.123', 'yyyy-MM-dd HH:mm:ss.SSS')`, '2024-05-06 07:08:09.123'], [`date_format(timestamp '2024-05-06 07:08:09', 'EEE d MMM yy')`, 'Mon 6 May 24']],
  ),
  scalar(
    'to_char',
    [
      native(['timestamp', 'varchar'], TEXT, (t, template) => postgresFormatter(template)(t)),
      contextual(['timestamptz', 'varchar'], TEXT, (cx, t, template) => postgresFormatter(template)(local(cx, t), zoneOffset(cx.timeZone, t))),
      native(['int', 'varchar'], TEXT, (n, template) => numberToChar({ unscaled: BigInt(n), scale: 0 }, template)),
      native(['bigint', 'varchar'], TEXT, (n, template) => numberToChar({ unscaled: n, scale: 0 }, template)),
      native(['numeric', 'varchar'], TEXT, (n, template) => numberToChar(n, template)),
      native(['real', 'varchar'], TEXT, (x, template) => doubleToChar(x, template, 6), { oid: 1775 }),
      native(['double', 'varchar'], TEXT, (x, template) => doubleToChar(x, template, 15), { oid: 1776 }),
      native(['interval', 'varchar'], TEXT, intervalToChar, { oid: 1768 }),
      native(['time', 'varchar'], TEXT, (t, template) => intervalToChar({ months: 0, days: 0, micros: t }, template)),
    ],
    'A time, an interval or a number by a PostgreSQL template.',
    [[`to_char(timestamp '2024-05-06 17:08:09', 'YYYY-MM-DD HH12:MI:SS AM')`, '2024-05-06 05:08:09 PM'], [`to_char(1234.5, 'FM9,999.00')`, '1,234.50'], [`to_char(interval '26 hours 5 minutes', 'HH24:MI')`, '26:05']],
  ),
  scalar(
    'to_date',
    [
      contextual(['varchar'], DATE, (cx, text) => timestampToDate(timestampFromText(text, 6, cx))),
      contextual(['varchar', 'varchar'], DATE, (_cx, text, template) => timestampToDate(parseTemplate(text, template, 'UTC'))),
    ],
    'A date from text, by a PostgreSQL template or a Java pattern.',
    [[`to_date('06 May 2024', 'DD Mon YYYY')`, '2024-05-06'], [`to_date('2024-05-06')`, '2024-05-06']],
  ),
  scalar(
    'to_timestamp',
    [
      native(['double'], TIMESTAMPTZ, secondsToTimestamp, { oid: 1158 }),
      contextual(['varchar'], TIMESTAMP, (cx, text) => lenient(() => timestampFromText(text, 6, cx))),
      contextual(['varchar', 'varchar'], TIMESTAMPTZ, (cx, text, template) => parseTemplate(text, template, cx.timeZone), { oid: 1778 }),
    ],
    'From seconds since 1970 or with a template: a timestamptz (PostgreSQL). From text alone, or with a literal Java pattern: a timestamp, NULL when it is none (Flink).',
    [[`to_timestamp('2024-05-06 07:08:09')`, '2024-05-06 07:08:09'], ['to_timestamp(0)', '1970-01-01 00:00:00+00'], [`to_timestamp('06/05/2024', 'DD/MM/YYYY')`, '2024-05-06 00:00:00+00']],
  ),
  scalar(
    'to_timestamp_java',
    [native(['varchar', 'varchar'], TIMESTAMP, (text, pattern) => javaParse(text, pattern)?.local ?? null)],
    'TO_TIMESTAMP with a literal Java pattern (Flink): a timestamp, NULL for a text that does not fit.',
    [[`to_timestamp_java('06.05.2024 07:08', 'dd.MM.yyyy HH:mm')`, '2024-05-06 07:08:00'], [`to_timestamp_java('2024', 'yyyy-MM-dd')`, null]],
  ),
  scalar(
    'to_timestamp_ltz',
    [
      native(['bigint', 'int'], timestampLtz, ltzFromNumber, { monotonicIn: 1 }),
      native(['bigint'], timestampLtz, (n) => ltzFromNumber(n, 3), { monotonicIn: 1 }),
      native(['double', 'int'], timestampLtz, ltzFromDouble),
      native(['varchar'], timestampLtz, (text) => lenient(() => timestamptzFromText(text, 3, utc))),
      native(['varchar', 'varchar'], timestampLtz, (text, pattern) => parseJava(text, pattern, 'UTC')),
      native(['varchar', 'varchar', 'varchar'], timestampLtz, parseJava),
    ],
    'From a number since 1970 and its precision (0 seconds, 3 milliseconds, 6, 9), or from text, a Java pattern and a zone (UTC by default).',
    [['to_timestamp_ltz(1000, 3)', '1970-01-01 00:00:01+00'], [`to_timestamp_ltz('2024-05-06 07:08:09')`, '2024-05-06 07:08:09+00']],
  ),
  scalar(
    'from_unixtime',
    [
      contextual(['bigint'], TEXT, (cx, n) => javaFormatter(JAVA_DEFAULT)(local(cx, n * MICROS_PER_SECOND))),
      contextual(['bigint', 'varchar'], TEXT, (cx, n, pattern) => zonedFormat(cx, n * MICROS_PER_SECOND, pattern)),
    ],
    'Seconds since 1970 as text in the session’s zone, by a Java pattern (`yyyy-MM-dd HH:mm:ss` by default).',
    [['from_unixtime(44)', '1970-01-01 00:00:44']],
  ),
  scalar(
    'unix_timestamp',
    [
      contextual([], BIGINT, (cx) => floorDiv(cx.nowMicros, MICROS_PER_SECOND)),
      contextual(['varchar'], BIGINT, (cx, text) => unixTime(text, JAVA_DEFAULT, cx)),
      contextual(['varchar', 'varchar'], BIGINT, (cx, text, pattern) => unixTime(text, pattern, cx)),
    ],
    'Seconds since 1970 of now or of a text by a Java pattern; the smallest BIGINT for a text that does not fit.',
    [[`unix_timestamp('1970-01-01 00:00:44')`, '44']],
  ),
  scalar(
    'timestampadd',
    [
      native(['varchar', 'int', 'timestamp'], TIMESTAMP, (unit, n, t) => timestampAdd(t, unitsInterval(unit, n))),
      contextual(['varchar', 'int', 'timestamptz'], TIMESTAMPTZ, (cx, unit, n, t) => timestamptzAdd(t, unitsInterval(unit, n), cx.timeZone)),
      native(['varchar', 'int', 'date'], TIMESTAMP, (unit, n, d) => timestampAdd(dateToTimestamp(d), unitsInterval(unit, n))),
      native(['varchar', 'int', 'time'], TIME, (unit, n, t) => floorMod(t + unitsInterval(unit, n).micros, MICROS_PER_DAY)),
    ],
    'Moves a time by n units. A time of day goes on past midnight, and whole days leave it where it is.',
    [[`timestampadd('week', 1, timestamp '2003-01-02 00:00:00')`, '2003-01-09 00:00:00'], [`timestampadd('hour', 1, time '23:59:59')`, '00:59:59']],
  ),
  scalar(
    'timestampdiff',
    [
      native(['varchar', 'timestamp', 'timestamp'], INT, (unit, a, b) => toInt(unitsBetween(unit, a, b))),
      contextual(['varchar', 'timestamptz', 'timestamptz'], INT, (cx, unit, a, b) => toInt(unitsBetween(unit, local(cx, a), local(cx, b)))),
      native(['varchar', 'time', 'time'], INT, (unit, a, b) => toInt(unitsBetween(unit, a, b))),
    ],
    'Whole units from the first time to the second. A time of day counts as one of 1970-01-01.',
    [[`timestampdiff('day', timestamp '2003-01-02 10:00:00', timestamp '2003-01-03 10:00:00')`, '1'], [`timestampdiff('month', timestamp '2024-01-31 00:00:00', timestamp '2024-02-29 00:00:00')`, '1']],
  ),
  scalar(
    'convert_tz',
    [native(['varchar', 'varchar', 'varchar'], TEXT, (text, from, to) => javaFormatter(JAVA_DEFAULT)(toLocal(fromLocal(timestampFromText(text, 6, utc), from), to)))],
    'A wall-clock time moved from one zone to another, as text.',
    [[`convert_tz('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')`, '1969-12-31 16:00:00']],
  ),
  scalar(
    'timezone',
    [
      native(['varchar', 'timestamp'], TIMESTAMPTZ, (zone, t) => (isFiniteTimestamp(t) ? fromLocal(t, zone) : t), { oid: 2069 }),
      native(['varchar', 'timestamptz'], TIMESTAMP, (zone, t) => (isFiniteTimestamp(t) ? toLocal(t, zone) : t), { oid: 1159 }),
      native(['interval', 'timestamp'], TIMESTAMPTZ, (zone, t) => (isFiniteTimestamp(t) ? t - intervalOffset(zone) : t)),
      native(['interval', 'timestamptz'], TIMESTAMP, (zone, t) => (isFiniteTimestamp(t) ? t + intervalOffset(zone) : t)),
    ],
    '`time AT TIME ZONE zone`: a wall-clock time becomes an instant and the other way round.',
    [[`timezone('America/New_York', timestamp '2024-07-01 12:00:00')`, '2024-07-01 16:00:00+00']],
  ),
];

function toInt(n: bigint): number {
  if (n > 2147483647n || n < -2147483648n) throw new SqlError('numeric_value_out_of_range', 'integer out of range', { hint: 'Ask for a larger unit.' });
  return Number(n);
}

function unixTime(text: string, pattern: string, cx: EvalContext): bigint {
  const micros = parseJava(text, pattern, cx.timeZone);
  return micros === null ? -(1n << 63n) : floorDiv(micros, MICROS_PER_SECOND);
}

