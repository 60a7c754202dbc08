import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../../scripts/postgres.ts';
import { SqlError } from '../common/errors.ts';
import { binaryIn, binaryOut } from '../common/types/binary-codec.ts';
import { compareValues } from '../common/types/compare.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { castFunction } from './casts.ts';
import { call, testContext, textOf, typed } from './testing.ts';
import { canCast } from './types.ts';

/** PostgreSQL 15 as the judge of text forms, binary forms, arithmetic, casts, functions and order. */

type Arg = readonly [text: string | null, type: string];
interface Case {
  readonly sql: string;
  readonly ours: () => string | null;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const sqlOf = ([text, type]: Arg): string => (text === null ? `null::${type}` : `${quote(text)}::${type}`);

/** One call in both systems; operators are written infix. */
function callCase(name: string, ...args: Arg[]): Case {
  const operator = !/^[a-z_]/.test(name);
  const [a, b] = args.map(sqlOf);
  const expr = operator ? (b === undefined ? `${name} ${a}` : `${a} ${name} ${b}`) : `${name}(${args.map(sqlOf).join(', ')})`;
  return { sql: `(${expr})`, ours: () => textOf(call(name, args.map(([text, type]) => typed(text, type)))) };
}

/** The cast to text that shows PostgreSQL's answer takes the blanks off char(n). */
const textCase = (text: string, type: string): Case => ({
  sql: `${quote(text)}::${type}`,
  ours: () => (type.startsWith('char') ? textOf(typed(text, type))?.trimEnd() : textOf(typed(text, type))) ?? null,
});

function castCase(text: string, from: string, to: string): Case {
  return {
    sql: `${quote(text)}::${from}::${to}`,
    ours: () => {
      const value = typed(text, from);
      const type = typeFromText(to);
      if (!canCast(value.type, type, 'explicit')) throw new SqlError('cannot_coerce', `cannot cast type ${from} to ${to}`);
      return value.value === null ? null : textOf({ value: castFunction(value.type, type)(value.value, testContext), type });
    },
  };
}

const INTEGERS = ['0', '1', '-1', '7', '-13', '100', '32767', '-32768', '2147483647', '-2147483648', '9223372036854775807', '-9223372036854775808'];
const NUMERICS = ['0', '0.00', '1', '-1', '1.5', '-2.5', '0.001', '123456789.123456789', '99999999999999999999', '0.0000000000000001', '1e-20', '1e20', '7.77', '3', '12345.678', 'NaN', 'Infinity', '-Infinity'];
const DOUBLES = ['0', '-0', '1', '-1.5', '0.1', '1e15', '1e-5', '123456789012345', '1234567890123456', '1e300', '1e-300', '5e-324', '1.7976931348623157e308', 'NaN', 'Infinity', '-Infinity', '100000', '0.0001', '2.5', '3.5'];
const TIMESTAMPS = [
  '2024-02-29 12:34:56.789', '1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', '2000-01-01', '0001-01-01 00:00:00', '0044-03-15 10:00:00 BC', '294245-10-31 23:59:59.999999',
  'infinity', '-infinity', '2023-12-31 23:59:59.9999995', '1999-01-04 00:00:00', '2021-01-03 08:00:00', '4713-11-24 00:00:00 BC',
];
const INTERVALS = [
  '1 year 2 mons 3 days 04:05:06.789', '-1 day', '1 mon -1 day +02:03:04', '00:00:00', '-00:00:01.5', 'P1Y2M3DT4H5M6.5S', '1-2', '3 4:05:06', '1.5 months', '2 weeks', '1.5 days', '@ 1 hour ago',
  '-1 year -2 mons +3 days -04:05:06', '0.3 years', '100:00:00', '1 century 2 decades', '1.25 hours', '500 ms', '-1.5 years 3 days',
];
const JSON_TEXTS = ['{"b": 1, "a": [1, 2.50, true, null]}', '[]', '{}', '"x\\u00e9\\n"', '1e2', '1.10', 'null', '{"aa":1,"b":2,"b":3,"":0}', '[{"x":[[]]}]', '{"a":', '[1,]', '01', 'tru', '"\\ud83d\\ude00"', '{"10":1,"9":2}'];

const textCases: Case[] = [
  ...[...INTEGERS, ' 42 ', '+5', '1.5', 'abc', '', '99999999999999999999'].flatMap((t) => ['int2', 'int4', 'int8'].map((type) => textCase(t, type))),
  ...[...NUMERICS, '1_0', ' .5 ', '5.', '.', '1e', '-.5e3', '1e-3', 'inf', '0e10', '1.500e1', '1E+2'].map((t) => textCase(t, 'numeric')),
  ...['1234.567', '99999.995', '-0.004', '123456', '99999.994', 'NaN'].filter((t) => t !== 'NaN').map((t) => textCase(t, 'numeric(7,2)')),
  ...[...DOUBLES, '1e400', '1e-400', 'abc', '1e', ' 1.50 ', '9007199254740993', '123456.789e3'].flatMap((t) => [textCase(t, 'float8')]),
  ...['0', '-0', '1', '0.1', '1e6', '123456', '1234567', '999999', '1e-5', '0.0001', '3.4028235e38', '1e-45', '16777216', '1e39', 'NaN', '0.3', '33554432.5', '1.17549435e-38'].map((t) => textCase(t, 'float4')),
  ...['t', 'true', 'YES', 'of', 'on', 'o', '0', '1', '2', 'fal', '', ' n '].map((t) => textCase(t, 'bool')),
  ...[...TIMESTAMPS, '2024-13-01', '2024-02-30', 'garbage', '2024-01-01 25:00:00', '20240102', '2024-01-02T03:04:05Z', 'Jan 8, 1999', '8 January 1999 04:05 PM', '1/8/1999', '2024-01-02 24:00:00', '2024-01-02 03:04:05+05:30', 'epoch', '2024-01-02 03:04:60', 'Mon Jan 08 1999', '1999-Jan-08', '99999999-01-01', '2024-01-02 3:4'].flatMap((t) => [textCase(t, 'timestamp'), textCase(t, 'timestamptz'), textCase(t, 'date')]),
  ...['2024-01-02 03:04:05.6789', '2024-01-02 03:04:05.4995'].flatMap((t) => [textCase(t, 'timestamp(3)'), textCase(t, 'timestamptz(0)')]),
  ...['2024-07-01 12:00:00 America/New_York', '2024-01-01 12:00:00-08', '2024-01-01 12:00:00 EST', '1900-01-01 00:00:00+00', '2024-01-01 00:00:00+14'].map((t) => textCase(t, 'timestamptz')),
  ...['04:05:06.789', '04:05', '24:00:00', '23:59:60', '040506', '4:5:6 PM', '12:00 AM', '25:00', 'x', '00:00:00.0000005'].map((t) => textCase(t, 'time')),
  ...[...INTERVALS, 'x', '1 foo', '', '1 day 1', '5', '1:2'].map((t) => textCase(t, 'interval')),
  ...['\\x', '\\xDEADbeef', '\\x1', '\\xzz', 'abc', 'a\\\\b', '\\001x', '\\x 12 34'].map((t) => textCase(t, 'bytea')),
  ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', 'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11', 'xyz'].map((t) => textCase(t, 'uuid')),
  ...JSON_TEXTS.flatMap((t) => [textCase(t, 'jsonb'), textCase(t, 'json')]),
  ...['{}', '{1,2,NULL}', '{{1,2},{3,4}}', '{1,', '{a}', ' { 1 , 2 } ', '[0:1]={7,8}'].filter((t) => !t.startsWith('[')).map((t) => textCase(t, 'int[]')),
  ...['{a,"b c","NULL",NULL,"q\\"x","",\\,}', '{"a\\\\b"}', '{{a},{b}}', '{a b, c }', 'x'].map((t) => textCase(t, 'text[]')),
  ...['{"2024-01-01 00:00:00",infinity}'].map((t) => textCase(t, 'timestamp[]')),
  ...['hello', 'hé', 'x'].flatMap((t) => [textCase(t, 'varchar(3)'), textCase(t, 'char(3)')]),
];

const pairs = (list: readonly string[], type: string, names: readonly string[]): Case[] => names.flatMap((name) => list.flatMap((a) => list.map((b) => callCase(name, [a, type], [b, type]))));

const fits = (bits: number) => (t: string): boolean => BigInt.asIntN(bits, BigInt(t)) === BigInt(t);
const COMPARE = ['=', '<>', '<', '<=', '>', '>='];
const ARITHMETIC = ['+', '-', '*', '/', '%'];

const operatorCases: Case[] = [
  ...pairs(INTEGERS.filter(fits(16)), 'int2', ARITHMETIC),
  ...pairs(INTEGERS.filter(fits(32)), 'int4', ARITHMETIC),
  ...pairs(INTEGERS, 'int8', ARITHMETIC),
  ...pairs(NUMERICS, 'numeric', [...ARITHMETIC, '<', '=']),
  ...pairs(DOUBLES, 'float8', ['+', '-', '*', '/', '<', '=']),
  ...pairs(['0', '1.5', '-1', '3.4e38', '1e-40', 'NaN', 'Infinity'], 'float4', ['+', '-', '*', '/', '<', '=']),
  ...pairs(['', 'a', 'B', 'aa', 'é', '😀', '\uffee', 'a '], 'text', [...COMPARE, '||']),
  ...pairs(JSON_TEXTS.slice(0, 9), 'jsonb', ['<', '=', '@>']),
  ...pairs(['{}', '{1}', '{1,2}', '{NULL}', '{1,NULL}'], 'int[]', ['<', '=', '||', '@>', '&&']),
  ...pairs(INTERVALS, 'interval', ['<', '+', '-']),
  ...TIMESTAMPS.flatMap((t) => INTERVALS.slice(0, 8).flatMap((i) => ['+', '-'].flatMap((op) => [callCase(op, [t, 'timestamp'], [i, 'interval']), callCase(op, [t, 'timestamptz'], [i, 'interval'])]))),
  ...pairs(TIMESTAMPS, 'timestamp', ['<']),
  // PostgreSQL 15 wraps around on differences of over 292277 years and takes infinities for numbers in age().
  ...pairs(TIMESTAMPS.filter((t) => !t.includes('infinity') && !t.startsWith('294245')), 'timestamp', ['-', 'age']),
  ...pairs(['2024-02-29', '1999-12-31', 'infinity'], 'date', ['-', '<', '=']),
  ...INTERVALS.flatMap((i) => ['0.5', '3', '-1.1', '0.333333333'].flatMap((n) => [callCase('*', [i, 'interval'], [n, 'float8']), callCase('/', [i, 'interval'], [n, 'float8'])])),
  callCase('+', ['1', 'int4'], ['2', 'int8']),
  callCase('+', ['1', 'float4'], ['2.5', 'numeric']),
  callCase('=', ['a  ', 'char(3)'], ['a', 'char(5)']),
  callCase('+', ['2024-01-31', 'date'], ['1', 'int4']),
  callCase('+', ['2024-01-31', 'date'], ['10:00', 'time']),
];

const FIELDS = ['millennium', 'century', 'decade', 'year', 'isoyear', 'quarter', 'month', 'week', 'day', 'dow', 'isodow', 'doy', 'hour', 'minute', 'second', 'milliseconds', 'microseconds', 'epoch', 'julian'];
const unary = (names: readonly string[], list: readonly string[], type: string): Case[] => names.flatMap((n) => list.map((t) => callCase(n, [t, type])));
const PATTERNS = ['%', '_', 'a%', '%b', '%b%', 'a_c', '%a%c%', 'abc', '', 'a\\%', '%\\', '_%_', '😀%', '__'];
const SUBJECTS = ['a', 'abc', 'ab', 'aXc', 'a%', 'xxaxxcxx', '😀b', 'ABC'];
const REGEXES = ['a', '^a', 'c$', 'a.c', '[a-c]+', '(a|b)c', '[[:alpha:]]', '\\d+', 'a{2,}', '^$', '\\mab', 'x*', '[^a]', '(?i)ABC', 'a|', '['];

const functionCases: Case[] = [
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

const castCases: Case[] = [
  ...INTEGERS.flatMap((t) => ['int2', 'int4', 'numeric', 'float8', 'float4', 'text', 'numeric(5,2)'].map((to) => castCase(t, 'int8', to))),
  ...NUMERICS.flatMap((t) => ['int2', 'int4', 'int8', 'float8', 'float4', 'text'].map((to) => castCase(t, 'numeric', to))),
  ...NUMERICS.filter((t) => !/n/i.test(t)).map((t) => castCase(t, 'numeric', 'numeric(10,3)')),
  ...DOUBLES.flatMap((t) => ['int2', 'int4', 'int8', 'numeric', 'float4', 'text'].map((to) => castCase(t, 'float8', to))),
  ...TIMESTAMPS.flatMap((t) => ['date', 'time', 'timestamptz', 'text', 'timestamp(0)'].map((to) => castCase(t, 'timestamp', to))),
  ...TIMESTAMPS.flatMap((t) => ['date', 'time', 'timestamp'].map((to) => castCase(t, 'timestamptz', to))),
  ...INTERVALS.map((t) => castCase(t, 'interval', 'time')),
  ...['true', 'false'].flatMap((t) => ['int4', 'text', 'varchar(2)'].map((to) => castCase(t, 'bool', to))),
  ...['1', '1.7', 'true', '"x"', 'null', '[]'].flatMap((t) => ['int4', 'numeric', 'float8', 'bool', 'text'].map((to) => castCase(t, 'jsonb', to))),
  ...['{1,2}', '{}', '{NULL,300}'].flatMap((t) => ['text[]', 'int8[]', 'numeric[]', 'text'].map((to) => castCase(t, 'int[]', to))),
  castCase('ab ', 'char(5)', 'text'),
  castCase('5', 'int4', 'date'),
  castCase('2024-01-01', 'date', 'int4'),
];

/** Codes that both give for one error, where PostgreSQL's depends on internals we do not share. */
const SAME_CODE: Readonly<Record<string, string>> = { '22007': '22008', '22P02': '22P02' };

const PATH_DOCUMENTS = ['{"a": [1, 2.5, "x", null, true, [7, 8]], "b": {"c": 3, "d": "hello"}, "e": -4}', '[{"k": 1}, {"k": "two"}, {"j": []}, 5]', '"text"', '[[1, 2], [3, [4]]]', '{"a": {"a": {"a": 1}}, "s": "1.5"}'];
const PATHS = [
  '$', '$.a', '$.*', '$.a[*]', '$.a[0]', '$.a[last]', '$.a[last - 1]', '$.a[1 to 3]', '$.a[0, 2 to last]', '$[*].k', '$.**', '$.**{2}', '$.**{1 to 2}.c', '$.**{last}', '$.a[*] ? (@ > 1)', '$.a[*] ? (@ >= 2.5 || @ == "x")',
  '$.a[*] ? (@ == null)', '$.a[*] ? (@ != null)', '$.b ? (@.c == 3 && @.d starts with "he")', '$.b.d ? (@ like_regex "^H" flag "i")', '$.b.d ? (@ like_regex "^H")', '$.a[*] ? (!(@ > 1))', '$[*] ? (exists(@.k))',
  '$[*] ? ((@.k > 0) is unknown)', '$.a.size()', '$.a[*].type()', '$.e.abs()', '$.a[1].floor()', '$.a[1].ceiling()', '$.s.double()', '$.a[2].double()', '-$.e', '+$.e', '$.e + 1', '1 - $.e * 2', '$.b.c / 2', '$.b.c % 2', '$.b.c / 0',
  '$.a[*] + 1', '$.b.c > 1', '$.a[*] > 7', '$.a[*] == "x"', 'strict $.a', 'strict $.nope', 'lax $.nope', 'strict $[*].k', 'strict $.a[9]', '$.a[9]', '$.a[-1]', 'strict $.a[*] ? (@ > 1)', 'strict $.a.size()', 'strict $.e.size()',
  '$.a ? (@ == 2.5)', '$.*.c', '$[*] ? (@.k == "two").k', '$ ? (@.b.c == 3).e', '"lit"', '$.a[*] ? (@ < true)', '$.b ? (@ == @)', '$.a[*] ? (@.type() == "number")', '$.a[$.b.c]', '$.a[$.b]', 'exists($.a)', '$.a[*] ? (@ > 1 && @ < 3)',
  '$.', '$.a[', '$ ? (1)', '$.a ? ()', '@', '$.a[1 to 0]', '$."a"[0]', '$.a[*] ? (1 == 1)', 'last', '$.foo()', '$.b.keyvalue().key', '$ ? (@.a[*] > 2)', '$.a[*] ? (@ == 1 || @ == true)', '$.b.d ? (@ starts with "x")', '(($.e))', '$.a[*].k', '$.e == -4', '!($.e == 1)',
];
/** Errors by their class: data exceptions and syntax have finer codes there. */
const pathCases: Case[] = PATH_DOCUMENTS.flatMap((document) =>
  PATHS.filter((path) => !path.includes('keyvalue')).map((path): Case => ({
    sql: `(jsonb_path_query_array(${quote(document)}::jsonb, ${quote(path)}::jsonpath))`,
    ours: () => textOf(call('jsonb_path_query_array', [typed(document, 'jsonb'), typed(path, 'text')])),
  })),
);

const missing = postgresMissing();
const suite = describe.skipIf(missing !== undefined);

suite(missing === undefined ? 'compared with PostgreSQL 15' : `compared with PostgreSQL 15 (skipped: ${missing})`, () => {
  let server: Postgres;
  let client: pg.Client;

  beforeAll(async () => {
    server = await startPostgres();
    client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
    await client.connect();
    await client.query(`
      create function judge(expression text) returns text language plpgsql as $$
      declare result text;
      begin
        execute 'select (' || expression || ')::text' into result;
        return result;
      exception when others then
        return '!' || sqlstate || ' ' || sqlerrm;
      end $$`);
  }, 60_000);

  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  /** Their answer to each expression; an error is `!SQLSTATE message`. */
  async function judge(expressions: readonly string[]): Promise<(string | null)[]> {
    const result = await client.query<{ r: string | null }>('select judge(e) as r from unnest($1::text[]) with ordinality as t(e, n) order by n', [expressions]);
    return result.rows.map((row) => row.r);
  }

  function answer(ours: () => string | null): string | null {
    try {
      return ours();
    } catch (error) {
      if (error instanceof SqlError) return `!${error.sqlstate} ${error.message}`;
      throw error;
    }
  }

  /** booleans print as t and f in our text form, as true and false through a cast to text. */
  const plain = (text: string | null): string | null => (text === 't' ? 'true' : text === 'f' ? 'false' : text);

  function agree(a: string | null, b: string | null): boolean {
    if (a === b || plain(a) === plain(b)) return true;
    if (a?.startsWith('!') === true && b?.startsWith('!') === true) return a.slice(1, 6) === b.slice(1, 6) || (a.startsWith('!22000') && b.startsWith('!22')) || SAME_CODE[a.slice(1, 6)] === b.slice(1, 6);
    return false;
  }

  async function compare(cases: readonly Case[]): Promise<void> {
    const theirs = await judge(cases.map((c) => c.sql));
    const differing: string[] = [];
    for (const [i, c] of cases.entries()) {
      const ours = answer(c.ours);
      const their = theirs[i] ?? null;
      if (!agree(ours, their)) differing.push(`${c.sql}\n  ours   ${ours}\n  theirs ${their}`);
    }
    if (differing.length > 0) throw new Error(`${differing.length} of ${cases.length} differ:\n${differing.slice(0, 200).join('\n')}`);
  }

  it('text forms', async () => compare(textCases), 30_000);
  it('operators', async () => compare(operatorCases), 30_000);
  it('functions', async () => compare(functionCases), 30_000);
  it('casts', async () => compare(castCases), 30_000);
  it('JSON paths', async () => compare(pathCases), 30_000);

  it('binary forms', async () => {
    const values: Arg[] = [
      ...INTEGERS.map((t): Arg => [t, 'int8']),
      ...NUMERICS.map((t): Arg => [t, 'numeric']),
      ...TIMESTAMPS.flatMap((t): Arg[] => [[t, 'timestamp'], [t, 'timestamptz']]),
      ...INTERVALS.map((t): Arg => [t, 'interval']),
      ...['2024-02-29', 'infinity', '0044-03-15 BC'].map((t): Arg => [t, 'date']),
      ['{{1,2},{3,NULL}}', 'int[]'], ['{}', 'text[]'], ['{a,NULL,"b c"}', 'text[]'], ['{"a": 1}', 'jsonb'], ['04:05:06.7', 'time'], ['1.5', 'float4'], ['\\xdead', 'bytea'],
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'uuid'], ['t', 'bool'], ['é', 'text'], ['{0.10,NaN}', 'numeric[]'],
    ];
    const send: Readonly<Record<string, string>> = {
      int8: 'int8send', numeric: 'numeric_send', timestamp: 'timestamp_send', timestamptz: 'timestamptz_send', interval: 'interval_send', date: 'date_send', 'int[]': 'array_send', 'text[]': 'array_send',
      'numeric[]': 'array_send', jsonb: 'jsonb_send', time: 'time_send', float4: 'float4send', bytea: 'byteasend', uuid: 'uuid_send', bool: 'boolsend', text: 'textsend',
    };
    const theirs = await judge(values.map((v) => `${send[v[1]]}(${sqlOf(v)})`));
    for (const [i, [text, typeText]] of values.entries()) {
      const { value, type } = typed(text, typeText);
      const bytes = binaryOut(value, type);
      expect(`${typeText} ${text} \\x${Buffer.from(bytes).toString('hex')}`).toBe(`${typeText} ${text} ${theirs[i]}`);
      expect(compareValues(binaryIn(bytes, type), value, type)).toBe(0);
    }
  });

  it('generated values', async () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 12 })).map(([n, scale]) => {
      const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0');
      return `${n < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(digits.length - scale)}` : ''}`;
    });
    const double = fc.double({ noDefaultInfinity: true, noNaN: true }).map(String);
    const single = fc.float({ noDefaultInfinity: true, noNaN: true }).map(String);
    const instant = fc.bigInt({ min: -(2n ** 57n), max: 2n ** 57n }).map((n) => textOf({ value: n, type: { kind: 'timestamp', precision: 6 } }) ?? '');
    const span = fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -500, max: 500 }), fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })).map(([months, days, micros]) => textOf({ value: { months, days, micros }, type: { kind: 'interval' } }) ?? '');
    const sample = <T>(arbitrary: fc.Arbitrary<T>, n: number): T[] => fc.sample(arbitrary, { numRuns: n, seed: 20240229 });
    await compare([
      ...sample(fc.tuple(decimal, decimal), 150).flatMap(([a, b]) => ['+', '-', '*', '/', '%', '<'].map((op) => callCase(op, [a, 'numeric'], [b, 'numeric']))),
      ...sample(decimal, 60).flatMap((a) => [callCase('sqrt', [a, 'numeric']), callCase('ln', [a, 'numeric']), castCase(a, 'numeric', 'float8'), castCase(a, 'numeric', 'int8')]),
      ...sample(double, 150).flatMap((a) => [textCase(a, 'float8'), castCase(a, 'float8', 'numeric'), castCase(a, 'float8', 'int4'), castCase(a, 'float8', 'float4')]),
      ...sample(single, 150).map((a) => textCase(a, 'float4')),
      ...sample(fc.tuple(instant, span), 120).flatMap(([t, i]) => [callCase('+', [t, 'timestamp'], [i, 'interval']), callCase('date_trunc', ['week', 'text'], [t, 'timestamp']), textCase(t, 'timestamptz')]),
      ...sample(fc.tuple(instant, instant), 60).flatMap(([a, b]) => [callCase('age', [a, 'timestamp'], [b, 'timestamp']), callCase('-', [a, 'timestamp'], [b, 'timestamp'])]),
      ...sample(fc.tuple(span, double), 60).map(([i, n]) => callCase('*', [i, 'interval'], [String(Number(n) % 1000), 'float8'])),
    ]);
  }, 30_000);
});
