import { castCase, type Case } from './postgres-case.ts';
import { DOUBLES, INTEGERS, INTERVALS, NUMERICS, TIMESTAMPS } from './postgres-values.ts';

/** Casts of one type to another. */

export const CAST_CASES: readonly Case[] = [
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
