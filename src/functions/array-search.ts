import { compareValues } from '../common/types/compare.ts';
import { BOOLEAN, INT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { scalar } from './build.ts';
import type { FunctionDef } from './define.ts';
import { elementOf, onArray, same, sameArray, type ArrayEval } from './elements.ts';

/** Arrays as sets, and finding elements. */

function distinct(list: readonly Value[], type: SqlType): Value[] {
  const out: Value[] = [];
  for (const v of list) if (!out.some((o) => same(o, v, type))) out.push(v);
  return out;
}

const includes = (list: readonly Value[], v: Value, type: SqlType): boolean => list.some((x) => same(x, v, type));

const position: ArrayEval = (list, type, [v = null]) => {
  const at = list.findIndex((x) => same(x, v, type));
  return at < 0 ? null : at + 1;
};

/** `@>` on arrays: every element of the right is in the left; NULL is in nothing. */
const containsAll = (a: readonly Value[], b: readonly Value[], type: SqlType): boolean => b.every((v) => v !== null && a.some((x) => x !== null && compareValues(x, v, type) === 0));

const pairOperator = (name: string, fn: (a: Value[], b: Value[], type: SqlType) => boolean, doc: string, example: readonly [string, string]): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads: [
    {
      args: ['anyarray', 'anyarray'],
      returns: BOOLEAN,
      volatility: 'immutable',
      nulls: 'strict',
      eval: ([a, b], _cx, types) => fn(a as Value[], b as Value[], elementOf(types[0])),
    },
  ],
  doc,
  examples: [example],
});

export const arraySearchFunctions: readonly FunctionDef[] = [
  pairOperator('@>', containsAll, 'Whether the left array has every element of the right.', ['array[1,2,3] @> array[3,1]', 't']),
  pairOperator('<@', (a, b, type) => containsAll(b, a, type), 'Whether every element of the left array is in the right.', ['array[2] <@ array[1,2]', 't']),
  pairOperator('&&', (a, b, type) => b.some((v) => containsAll(a, [v], type)), 'Whether the arrays share an element.', ['array[1,2] && array[2,3]', 't']),
  scalar('array_contains', [onArray(['anyelement'], BOOLEAN, (list, type, [v = null]) => includes(list, v, type), 'custom')], 'Whether an element is there.', [['array_contains(array[1,2], 2)', 't']]),
  scalar('array_distinct', [onArray([], sameArray, distinct)], 'Each element once, in order of first appearance.', [['array_distinct(array[1,2,1])', '{1,2}']]),
  scalar('array_except', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct(a.filter((v) => !includes((b as Value[] | null) ?? [], v, type)), type))], 'Elements of the first that are not in the second, once each.', [['array_except(array[1,2,3], array[2])', '{1,3}']]),
  scalar('array_intersect', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct(a.filter((v) => includes((b as Value[] | null) ?? [], v, type)), type))], 'Elements in both, once each.', [['array_intersect(array[1,2], array[2,3])', '{2}']]),
  scalar('array_union', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct([...a, ...((b as Value[] | null) ?? [])], type))], 'Elements of either, once each.', [['array_union(array[1,2], array[2,3])', '{1,2,3}']]),
  scalar('array_position', [onArray(['anyelement'], INT, position, 'custom')], 'The subscript of the first equal element (NULL when there is none: PostgreSQL’s rule).', [[`array_position(array['a','b'], 'b')`, '2']]),
  scalar('array_positions', [onArray(['anyelement'], arrayOf(INT), (list, type, [v = null]) => list.flatMap((x, i) => (same(x, v, type) ? [i + 1] : [])), 'custom')], 'The subscripts of all equal elements.', [['array_positions(array[1,2,1], 1)', '{1,3}']]),
  scalar('array_remove', [onArray(['anyelement'], sameArray, (list, type, [v = null]) => list.filter((x) => !same(x, v, type)), 'custom')], 'Without the equal elements.', [['array_remove(array[1,2,1], 1)', '{2}']]),
  scalar('array_replace', [onArray(['anyelement', 'anyelement'], sameArray, (list, type, [from = null, to = null]) => list.map((x) => (same(x, from, type) ? to : x)), 'custom')], 'With equal elements replaced.', [['array_replace(array[1,2], 2, 5)', '{1,5}']]),
];
