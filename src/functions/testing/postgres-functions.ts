import { call, textOf, typed } from '../testing.ts';
import { callCase, pairs, quote, unary, type Case } from './postgres-case.ts';
import { DOUBLES, INTERVALS, JSON_TEXTS, NUMERICS, TIMESTAMPS } from './postgres-values.ts';

/** Functions of numbers, times, texts, JSON and the catalog. */

const FIELDS = ['millennium', 'century', 'decade', 'year', 'isoyear', 'quarter', 'month', 'week', 'day', 'dow', 'isodow', 'doy', 'hour', 'minute', 'second', 'milliseconds', 'microseconds', 'epoch', 'julian'];
const PATTERNS = ['%', '_', 'a%', '%b', '%b%', 'a_c', '%a%c%', 'abc', '', 'a\\%', '%\\', '_%_', '😀%', '__'];
const SUBJECTS = ['a', 'abc', 'ab', 'aXc', 'a%', 'xxaxxcxx', '😀b', 'ABC'];
const REGEXES = ['a', '^a', 'c$', 'a.c', '[a-c]+', '(a|b)c', '[[:alpha:]]', '\\d+', 'a{2,}', '^$', '\\mab', 'x*', '[^a]', '(?i)ABC', 'a|', '['];

export const FUNCTION_CASES: readonly Case[] = [
  ...FIELDS.flatMap((f) => [
    ...TIMESTAMPS.map((t): Case => ({ sql: `extract(${f} from ${quote(t)}::timestamp)`, ours: () => textOf(call('extract', [typed(f, 'text'), typed(t, 'timestamp')])) })),
    ...TIMESTAMPS.filter((t) => t !== '0001-01-01 00:00:00').map((t): Case => ({ sql: `date_trunc('${f}', ${quote(t)}::timestamp)`, ours: () => textOf(call('date_trunc', [typed(f, 'text'), typed(t, 'timestamp')])) })).filter(() => !['dow', 'isodow', 'doy', 'epoch', 'julian', 'isoyear'].includes(f)),
  ]),
  ...['year', 'month', 'day', 'hour', 'second', 'epoch', 'decade', 'quarter', 'minute', 'milliseconds'].flatMap((f) => INTERVALS.map((i) => callCase('date_part', [f, 'text'], [i, 'interval']))),
  ...unary(['justify_hours', 'justify_days', 'justify_interval', '-'], INTERVALS, 'interval'),
  ...unary(['abs', 'ceil', 'floor', 'round', 'trunc', 'sign', '-', 'sqrt', 'exp', 'ln', 'log'], NUMERICS, 'numeric'),
  ...unary(['abs', 'ceil', 'floor', 'round', 'trunc', 'sign', '-', 'sqrt'], DOUBLES, 'float8'),
  ...['0', '1', '2', '5', '-1', '-3'].flatMap((n) => NUMERICS.flatMap((v) => [callCase('round', [v, 'numeric'], [n, 'int4']), callCase('trunc', [v, 'numeric'], [n, 'int4'])])),
  ...pairs(['0', '1', '2', '-2', '0.5', '1.5', '10', '-3', '7.77', '0.001', '12.25', 'NaN', 'Infinity'], 'numeric', ['power', 'log', 'div', 'mod', 'gcd'].filter((n) => n !== 'gcd')),
  ...PATTERNS.flatMap((p) => SUBJECTS.flatMap((s) => ['~~', '!~~', '~~*'].map((op) => callCase(op, [s, 'text'], [p, 'text'])))),
  ...REGEXES.flatMap((p) => SUBJECTS.flatMap((s) => ['~', '!~', '~*'].map((op) => callCase(op, [s, 'text'], [p, 'text'])))),
  ...REGEXES.filter((p) => p !== '[').flatMap((p) => SUBJECTS.flatMap((s) => [callCase('substring', [s, 'text'], [p, 'text']), callCase('regexp_replace', [s, 'text'], [p, 'text'], ['<\\&>', 'text'], ['g', 'text']), callCase('regexp_match', [s, 'text'], [p, 'text']), callCase('regexp_split_to_array', [s, 'text'], [p, 'text'])])),
  ...SUBJECTS.flatMap((s) => [
    ...['upper', 'lower', 'initcap', 'reverse', 'length', 'octet_length', 'ascii', 'md5', 'quote_ident', 'quote_literal', 'btrim'].map((n) => callCase(n, [s, 'text'])),
    ...['-2', '-1', '0', '1', '2', '5'].flatMap((n) => [
      ...['left', 'right', 'repeat', 'lpad', 'rpad', 'substring'].map((f) => callCase(f, [s, 'text'], [n, 'int4'])),
      ...['0', '2', '-1'].map((m) => callCase('substring', [s, 'text'], [n, 'int4'], [m, 'int4'])),
      callCase('split_part', [s, 'text'], ['x', 'text'], [n, 'int4']),
      callCase('overlay', [s, 'text'], ['QQ', 'text'], [n, 'int4']),
    ]),
    ...SUBJECTS.flatMap((p) => [callCase('strpos', [s, 'text'], [p, 'text']), callCase('replace', [s, 'text'], [p, 'text'], ['-', 'text']), callCase('translate', [s, 'text'], [p, 'text'], ['1', 'text']), callCase('string_to_array', [s, 'text'], [p, 'text']), callCase('starts_with', [s, 'text'], [p, 'text'])]),
  ]),
  ...['hex', 'base64', 'escape'].flatMap((f) => ['\\x', '\\x00ff5c41', '\\xdeadbeef'].map((b) => callCase('encode', [b, 'bytea'], [f, 'text']))),
  ...['YYYY-MM-DD HH24:MI:SS.US', 'Day, DD Mon YY', 'FMMonth FMDDth', 'HH12:MI AM', 'IYYY-IW-ID', 'DDD Q WW W J CC', 'MS SSSS', '"lit" YYYY', 'day MON', 'RM'].flatMap((f) => TIMESTAMPS.filter((t) => !t.includes('infinity') && !t.includes('BC')).map((t) => callCase('to_char', [t, 'timestamp'], [f, 'text']))),
  ...['9999', '0000', '9,999.99', 'FM9990.00', '999.9', '9999MI', 'S9999', '9999PR', 'FM99', '000.00'].flatMap((f) => ['0', '1', '-1', '1234.567', '-0.5', '12', '99999', '0.05'].map((n) => callCase('to_char', [n, 'numeric'], [f, 'text']))),
  ...['->', '->>'].flatMap((op) => JSON_TEXTS.slice(0, 9).flatMap((j) => [callCase(op, [j, 'jsonb'], ['a', 'text']), callCase(op, [j, 'jsonb'], ['0', 'int4']), callCase(op, [j, 'jsonb'], ['-1', 'int4'])])),
  ...unary(['jsonb_typeof', 'jsonb_pretty', 'jsonb_strip_nulls', 'jsonb_array_length'], JSON_TEXTS.slice(0, 9), 'jsonb'),
  callCase('to_date', ['05 Dec 2000', 'text'], ['DD Mon YYYY', 'text']),
  callCase('to_timestamp', ['2024-03-04 05:06:07.891', 'text'], ['YYYY-MM-DD HH24:MI:SS.MS', 'text']),
  callCase('to_timestamp', ['20240304', 'text'], ['YYYYMMDD', 'text']),
  callCase('to_timestamp', ['1284352323.5', 'float8']),
  callCase('date_bin', ['15 minutes', 'interval'], ['2020-02-11 15:44:17', 'timestamp'], ['2001-01-01 00:02:30', 'timestamp']),
  callCase('timezone', ['America/New_York', 'text'], ['2024-03-10 02:30:00', 'timestamp']),
  callCase('timezone', ['America/New_York', 'text'], ['2024-11-03 01:30:00', 'timestamp']),
  callCase('timezone', ['Asia/Kolkata', 'text'], ['2024-11-03 01:30:00+00', 'timestamptz']),
  callCase('width_bucket', ['5.35', 'float8'], ['0.024', 'float8'], ['10.06', 'float8'], ['5', 'int4']),
  callCase('pg_size_pretty', ['12345678', 'int8']),
  callCase('format_type', ['1043', 'oid'], ['14', 'int4']),
  callCase('format_type', ['1009', 'oid'], ['-1', 'int4']),
];
