import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { lambdaFunctions } from '../functions/lambda.ts';
import { printExpr } from '../parser/print.ts';
import { parseExpression } from '../parser/parser.ts';
import { TestDatabase } from './testing.ts';

const database = new TestDatabase(`
  CREATE TABLE t (id INT PRIMARY KEY, a BIGINT[], m MAP<STRING, INT>, n DECIMAL(10, 2), s STRING);
  INSERT INTO t VALUES (1, ARRAY[1, 2, 3], MAP['a', 1, 'b', 2], 1.5, 'q'), (2, NULL, NULL, NULL, NULL), (3, ARRAY[NULL, 5], MAP['c', 7], 2, 'z');
`);
const one = (sql: string): string | undefined => database.run(`SELECT ${sql}`)[0];
const rows = (sql: string): string[] => database.run(`SELECT ${sql} FROM t ORDER BY id`);

function failure(sql: string): string {
  const text = `SELECT ${sql} FROM t`;
  try {
    database.run(text);
  } catch (error) {
    if (error instanceof SqlError) return `${error.message} @ ${text.slice(error.span?.start, error.span?.end)}`;
    throw error;
  }
  throw new Error(`accepted: ${sql}`);
}

describe('the examples of functions with lambdas', () => {
  it.each(lambdaFunctions.flatMap((f) => f.examples))('%s', (sql, expected) => {
    expect(one(sql)).toBe(expected ?? '');
  });
});

describe('lambdas', () => {
  it('see the columns of the query, and hide them behind their parameters', () => {
    expect(rows('array_transform(a, x -> s || x || t.id)')).toEqual(['{q11,q21,q31}', '', '{NULL,z53}']);
    expect(rows('array_transform(a, id -> id + 1)')).toEqual(['{2,3,4}', '', '{NULL,6}']);
  });

  it('nest, each with all the parameters around it', () => {
    expect(rows('array_transform(a, x -> array_transform(a, y -> x * y + id))')).toEqual(['{{2,3,4},{3,5,7},{4,7,10}}', '', '{{NULL,NULL},{NULL,28}}']);
  });

  it('stand in subqueries, and read from outside of them', () => {
    expect(rows('(SELECT array_transform(t.a, x -> x + u.id * 10) FROM t AS u WHERE u.id = 3)')).toEqual(['{31,32,33}', '', '{NULL,35}']);
    expect(database.run('SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t AS u WHERE any_match(t.a, x -> x = u.id)) ORDER BY id')).toEqual(['1']);
  });

  it('carry a value of a type that holds all there is', () => {
    expect(one(`array_reduce(ARRAY[2147483647, 2147483647]::bigint[], 0, (s, x) -> s + x)`)).toBe('4294967294');
    expect(one(`array_reduce(ARRAY[1.25, 2.5], 0, (s, x) -> s + x * 1.5)`)).toBe('5.625');
    expect(one(`pg_typeof(array_reduce(ARRAY[1, 2]::smallint[], 0, (s, x) -> x))`)).toBe('integer');
    expect(failure(`array_reduce(a, DATE '2024-01-01', (s, x) -> x)`)).toMatch(/^array_reduce begins with type date and its lambda gives type bigint/);
  });

  it('leave NULL arrays and maps NULL', () => {
    expect(one(`array_transform(NULL::int[], x -> 1), array_reduce(NULL::int[], 0, (s, x) -> 1)`)).toBe('|');
    expect(one(`array_reduce(ARRAY[1], NULL::int, (s, x) -> s + x), array_reduce(ARRAY[]::int[], 5, (s, x) -> s + x)`)).toBe('|5');
  });

  it('compute all arguments, and bodies only for elements', () => {
    expect(failure('array_reduce(NULL::int[], 1 / 0, (s, x) -> s)')).toMatch(/^division by zero/);
    expect(one('array_transform(ARRAY[]::int[], x -> x / 0)')).toBe('{}');
  });

  it('are what is JSON elsewhere', () => {
    expect(one(`'{"a": 1}'::jsonb -> 'a', array_transform(ARRAY['{"a": 1}'::jsonb], j -> j -> 'a')`)).toBe('1|{1}');
    expect(one(`array_reduce(ARRAY[1], 0, (s, x) => s + x), make_interval(days => 1)`)).toBe('1|1 day');
  });

  it('work over rows, and over maps in their order', () => {
    expect(one(`array_transform(ARRAY[ROW(1, 'x'), ROW(2, 'y')], r -> r.f2)`)).toBe('{x,y}');
    expect(rows(`transform(m, (k, v) -> k || id, (k, v) -> v * n)`)).toEqual(['{a1=1.50, b1=3.00}', '', '{c3=14.00}']);
    expect(one(`transform(MAP['a', 1, 'b', 2], (k, v) -> 'k', (k, v) -> v)`)).toBe('{k=2}');
    expect(failure(`transform(m, (k, v) -> NULL::text, (k, v) -> v)`)).toMatch(/^map keys must not be null/);
  });

  it('take parameters of statements', () => {
    expect(database.plan('SELECT array_transform(a, x -> x + 1) FROM t').schema.map((f) => f.type)).toEqual([{ kind: 'array', element: { kind: 'bigint' } }]);
  });

  it.each([
    ['array_transform(a, x -> sum(x))', 'aggregate functions are not allowed in a lambda @ sum(x)'],
    ['array_transform(a, x -> (SELECT 1))', 'a subquery in a lambda is not supported yet @ (SELECT 1)'],
    ['array_transform(a, (x, y) -> 1)', 'the lambda of array_transform takes 1 parameter, not 2 @ (x, y) -> 1'],
    ['array_transform(a, 1)', 'array_transform needs a lambda here @ 1'],
    ['array_transform(1, x -> 1)', 'array_transform needs an array or a map, not type integer @ 1'],
    ['array_filter(a, x -> x)', 'argument of ARRAY_FILTER must be type boolean, not type bigint @ x -> x'],
    ['transform(m, (k, v) -> 1)', 'transform does not take these arguments @ transform(m, (k, v) -> 1)'],
    ['transform(m, (k, k) -> 1, (k, v) -> 1)', 'parameter name "k" used more than once @ k'],
    ['array_transform(a, x -> y)', 'column "y" does not exist @ y'],
    ['abs(x -> 1)', 'column "x" does not exist @ x'],
  ])('%s: an error', (sql, message) => {
    expect(failure(sql).slice(0, message.length)).toBe(message);
  });

  it.each([
    ['TRANSFORM(a, x => x + 1)', 'TRANSFORM(a, x -> x + 1)'],
    ['array_transform(a, |x| x + 1)', 'array_transform(a, x -> x + 1)'],
    ['reduce(a, j -> 1, |s, x| s + x)', 'reduce(a, j -> 1, (s, x) -> s + x)'],
    ['array_filter(a, (x) -> x > 1 AND x < 3)', 'array_filter(a, x -> x > 1 AND x < 3)'],
  ])('%s is printed as one', (sql, text) => {
    expect(printExpr(parseExpression(sql))).toBe(text);
  });
});
