import { callCase, pairs, type Case } from './postgres-case.ts';
import { DOUBLES, INTEGERS, INTERVALS, JSON_TEXTS, NUMERICS, TIMESTAMPS } from './postgres-values.ts';

/** Operators on pairs of values. */

const fits = (bits: number) => (t: string): boolean => BigInt.asIntN(bits, BigInt(t)) === BigInt(t);
const COMPARE = ['=', '<>', '<', '<=', '>', '>='];
const ARITHMETIC = ['+', '-', '*', '/', '%'];

export const OPERATOR_CASES: readonly Case[] = [
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
