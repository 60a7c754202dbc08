import { textCase, type Case } from './postgres-case.ts';
import { DOUBLES, INTEGERS, INTERVALS, JSON_TEXTS, NUMERICS, TIMESTAMPS } from './postgres-values.ts';

/** What the types read and write as text. */

export const TEXT_CASES: readonly Case[] = [
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
  ...['{}', '{1,2,NULL}', '{1,', '{a}', ' { 1 , 2 } ', '[0:1]={7,8}'].filter((t) => !t.startsWith('[')).map((t) => textCase(t, 'int[]')),
  ...['{a,"b c","NULL",NULL,"q\\"x","",\\,}', '{"a\\\\b"}', '{a b, c }', 'x'].map((t) => textCase(t, 'text[]')),
  textCase('{{1,2},{3,4}}', 'int[][]'),
  textCase('{{a},{b}}', 'text[][]'),
  ...['{"2024-01-01 00:00:00",infinity}'].map((t) => textCase(t, 'timestamp[]')),
  ...['hello', 'hé', 'x'].flatMap((t) => [textCase(t, 'varchar(3)'), textCase(t, 'char(3)')]),
];
