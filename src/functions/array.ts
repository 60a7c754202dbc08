import { SqlError } from '../common/errors.ts';
import { INT, TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import { native, scalar, typeOfArgument } from './build.ts';
import type { EvalContext, FunctionDef } from './define.ts';
import { elementType, onArray, same, sameArray } from './elements.ts';
import { mapOverload } from './maps.ts';
import { textContext } from './session-text.ts';

/** Arrays: making them, their elements and dimensions. */

const arrayOfFirst = ([a]: readonly SqlType[]): SqlType => arrayOf(a ?? TEXT);

function depth(list: readonly Value[], dimension: number): readonly Value[] | undefined {
  let level: readonly Value[] | undefined = list;
  for (let i = 1; i < dimension; i++) {
    const first: Value | undefined = level[0];
    if (!Array.isArray(first)) return undefined;
    level = first as Value[];
  }
  return dimension >= 1 && level.length > 0 ? level : undefined;
}

function joined(list: readonly Value[], element: SqlType, delimiter: string, nullText: string | null, cx: EvalContext): string {
  const parts: string[] = [];
  const add = (v: Value, type: SqlType): void => {
    if (v === null) {
      if (nullText !== null) parts.push(nullText);
    } else if (type.kind === 'array') for (const x of v as Value[]) add(x, type.element);
    else parts.push(textOut(v, type, textContext(cx)));
  };
  for (const v of list) add(v, element);
  return parts.join(delimiter);
}

export function splitText(text: string | null, delimiter: string | null, nullText: string | null): (string | null)[] | null {
  if (text === null) return null;
  if (text === '') return [];
  const parts = delimiter === null ? Array.from(text) : delimiter === '' ? [text] : text.split(delimiter);
  return parts.map((p) => (p === nullText ? null : p));
}

export const arrayFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: '||',
    operator: true,
    overloads: [
      { args: ['anyarray', 'anyarray'], returns: sameArray, volatility: 'immutable', nulls: 'custom', eval: ([a = null, b = null]) => (a === null ? b : b === null ? a : [...(a as Value[]), ...(b as Value[])]) },
      { args: ['anyarray', 'anyelement'], returns: sameArray, volatility: 'immutable', nulls: 'custom', eval: ([a = null, b = null]) => [...((a as Value[] | null) ?? []), b] },
      { args: ['anyelement', 'anyarray'], returns: typeOfArgument(1), volatility: 'immutable', nulls: 'custom', eval: ([a = null, b = null]) => [a, ...((b as Value[] | null) ?? [])] },
    ],
    doc: 'Joins arrays, or an array and an element.',
    examples: [['array[1,2] || array[3]', '{1,2,3}'], ['array[1,2] || 3', '{1,2,3}']],
  },
  scalar(
    'array_length',
    [onArray(['int'], INT, (list, _t, [n = null]) => depth(list, n as number)?.length ?? null)],
    'Elements along a dimension; NULL for an empty array.',
    [['array_length(array[1,2,3], 1)', '3']],
  ),
  scalar('array_upper', [onArray(['int'], INT, (list, _t, [n = null]) => depth(list, n as number)?.length ?? null)], 'The last subscript along a dimension.', [['array_upper(array[1,8,3], 1)', '3']]),
  scalar('array_lower', [onArray(['int'], INT, (list, _t, [n = null]) => (depth(list, n as number) === undefined ? null : 1))], 'The first subscript along a dimension: 1.', [['array_lower(array[1], 1)', '1']]),
  scalar('array_dims', [onArray([], TEXT, dimensionText)], 'The bounds of each dimension as text; NULL for an empty array.', [['array_dims(array[array[1,2,3], array[4,5,6]])', '[1:2][1:3]']]),
  scalar('array_ndims', [onArray([], INT, (list) => (list.length === 0 ? null : dimensions(list)))], 'How many dimensions.', [['array_ndims(array[1])', '1']]),
  scalar(
    'cardinality',
    [onArray([], INT, (list) => countElements(list)), mapOverload(INT, (m) => m.length)],
    'How many elements an array, or entries a map, has.',
    [['cardinality(array[1,2])', '2']],
  ),
  scalar(
    'element_at',
    [
      onArray(['int'], elementType, (list, _t, [n = null]) => list[(n as number) - 1] ?? null),
      {
        args: ['map', 'any'],
        returns: ([m]) => (m?.kind === 'map' ? m.value : TEXT),
        volatility: 'immutable',
        nulls: 'strict',
        eval: ([m, key = null], _cx, [type]) => (m as [Value, Value][]).find(([k]) => same(k, key, type?.kind === 'map' ? type.key : TEXT))?.[1] ?? null,
      },
    ],
    '`a[i]`, `m[k]`: the element at a subscript from 1, or under a key; NULL when there is none.',
    [['element_at(array[4,5,6], 2)', '5']],
    ['subscript'],
  ),
  scalar(
    'array_slice',
    [
      onArray(['int', 'int'], sameArray, (list, _t, [from = null, to = null]) => slice(list, from as number, to as number)),
      onArray(['int'], sameArray, (list, _t, [from = null]) => slice(list, from as number, list.length)),
    ],
    'The elements between two positions from 1, for which 0 stands too; negative ones count from the end.',
    [['array_slice(array[1,2,3,4], 2, 3)', '{2,3}'], ['array_slice(array[1,2,3,4], -2)', '{3,4}']],
  ),
  scalar(
    'subscript_slice',
    [
      onArray(['int', 'int'], sameArray, (list, _t, [from = null, to = null]) => between(list, from as number, to as number)),
      onArray(['int'], sameArray, (list, _t, [from = null]) => between(list, from as number, list.length)),
    ],
    '`a[from:to]`: the elements whose subscripts lie between two numbers.',
    [['subscript_slice(array[1,2,3,4], 2, 3)', '{2,3}'], ['subscript_slice(array[1,2,3,4], -1, 2)', '{1,2}']],
  ),
  scalar(
    'element',
    [
      onArray([], elementType, (list) => {
        if (list.length > 1) throw new SqlError('cardinality_violation', 'array has more than one element');
        return list[0] ?? null;
      }),
    ],
    'The only element; NULL for an empty array.',
    [['element(array[7])', '7']],
  ),
  scalar('array_append', [onArray(['anyelement'], sameArray, (list, _t, [v = null]) => [...list, v], 'custom')], 'With an element at the end.', [['array_append(array[1], 2)', '{1,2}']]),
  scalar(
    'array_prepend',
    [
      { args: ['anyelement', 'anyarray'], returns: typeOfArgument(1), volatility: 'immutable', nulls: 'custom', eval: ([v = null, list = null]) => [v, ...((list as Value[] | null) ?? [])] },
      onArray(['anyelement'], sameArray, (list, _t, [v = null]) => [v, ...list], 'custom'),
    ],
    'With an element at the start; the array may come first (Flink) or last (PostgreSQL).',
    [['array_prepend(1, array[2])', '{1,2}']],
  ),
  scalar(
    'array_cat',
    [{ args: ['anyarray', 'anyarray'], returns: sameArray, volatility: 'immutable', nulls: 'custom', eval: ([a = null, b = null]) => (a === null ? b : b === null ? a : [...(a as Value[]), ...(b as Value[])]) }],
    'Two arrays in one.',
    [['array_cat(array[1], array[2])', '{1,2}']],
  ),
  scalar(
    'array_concat',
    [{ args: ['anyarray'], variadic: 'anyarray', returns: sameArray, volatility: 'immutable', nulls: 'strict', eval: (lists) => (lists as Value[][]).flat() }],
    'All arrays in one; NULL when one of them is (Flink).',
    [['array_concat(array[1], array[2,3], array[4])', '{1,2,3,4}']],
  ),
  scalar(
    'array_to_string',
    [
      onArray(['varchar'], TEXT, (list, type, [d = null], cx) => joined(list, type, d as string, null, cx)),
      onArray(['varchar', 'varchar'], TEXT, (list, type, [d = null, n = null], cx) => (d === null ? null : joined(list, type, d as string, n as string | null, cx)), 'custom'),
    ],
    'The elements joined; NULLs are left out or shown as a text.',
    [[`array_to_string(array[1,2,null,3], ',')`, '1,2,3'], [`array_to_string(array[1,null], ',', '*')`, '1,*']],
  ),
  scalar(
    'array_join',
    [
      onArray(['varchar'], TEXT, (list, type, [d = null], cx) => joined(list, type, d as string, null, cx)),
      onArray(['varchar', 'varchar'], TEXT, (list, type, [d = null, n = null], cx) => joined(list, type, d as string, n as string, cx)),
    ],
    'The elements joined; NULLs are left out or shown as a text. NULL when an argument is (Flink).',
    [[`array_join(array['a',null], ',', '*')`, 'a,*']],
  ),
  scalar('array_reverse', [onArray([], sameArray, (list) => [...list].reverse())], 'In reverse order.', [['array_reverse(array[1,2,3])', '{3,2,1}']]),
  scalar('trim_array', [onArray(['int'], sameArray, (list, _t, [n = null]) => trimArray(list, n as number))], 'Without the last n elements.', [['trim_array(array[1,2,3], 1)', '{1,2}']]),
  scalar(
    'array_fill',
    [{ args: ['anyelement', { array: 'int' }], returns: arrayOfFirst, volatility: 'immutable', nulls: 'custom', eval: ([v = null, dims = null]) => (dims === null ? null : filled(v, dims as (number | null)[])) }],
    'An array of the given sizes filled with a value.',
    [['array_fill(7, array[3])', '{7,7,7}']],
  ),
  scalar(
    'string_to_array',
    [
      { args: ['varchar', 'varchar'], returns: arrayOf(TEXT), volatility: 'immutable', nulls: 'custom', eval: ([s = null, d = null]) => splitText(s as string | null, d as string | null, null) },
      { args: ['varchar', 'varchar', 'varchar'], returns: arrayOf(TEXT), volatility: 'immutable', nulls: 'custom', eval: ([s = null, d = null, n = null]) => splitText(s as string | null, d as string | null, n as string | null) },
    ],
    'A text cut at each delimiter (at each character when that is NULL).',
    [[`string_to_array('a,b', ',')`, '{a,b}']],
  ),
  scalar(
    'split',
    [native(['varchar', 'varchar'], arrayOf(TEXT), (s, d) => splitText(s, d === '' ? null : d, null))],
    'A text cut at each delimiter, at each character when that is empty (Flink).',
    [[`split('a,b', ',')`, '{a,b}'], [`split('ab', '')`, '{a,b}'], [`split('ab', null)`, null]],
  ),
];

function dimensionText(list: readonly Value[]): string | null {
  if (list.length === 0) return null;
  let text = '';
  for (let level: Value | undefined = list as Value[]; Array.isArray(level); level = level[0] as Value | undefined) text += `[1:${level.length}]`;
  return text;
}

function dimensions(list: readonly Value[]): number {
  const [first] = list;
  return Array.isArray(first) ? 1 + dimensions(first as Value[]) : 1;
}

function countElements(list: readonly Value[]): number {
  return list.reduce((n: number, v) => n + (Array.isArray(v) ? countElements(v as Value[]) : 1), 0);
}

function slice(list: readonly Value[], from: number, to: number): Value[] {
  const start = from < 0 ? Math.max(1, list.length + from + 1) : Math.max(1, from);
  const end = to < 0 ? list.length + to + 1 : Math.max(1, to);
  return list.slice(start - 1, Math.max(start - 1, end));
}

function between(list: readonly Value[], from: number, to: number): Value[] {
  const start = Math.max(1, from) - 1;
  return list.slice(start, Math.max(start, to));
}

function trimArray(list: readonly Value[], n: number): Value[] {
  if (n < 0 || n > list.length) throw new SqlError('array_subscript_error', `number of elements to trim must be between 0 and ${list.length}`);
  return list.slice(0, list.length - n);
}

const FILL_MAX = 10_000_000;

function filled(value: Value, sizes: readonly (number | null)[]): Value[] {
  if (sizes.includes(null)) throw new SqlError('null_value_not_allowed', 'dimension values cannot be null');
  return filledBy(value, sizes.map(Number));
}

function filledBy(value: Value, sizes: readonly number[]): Value[] {
  const [size = 0, ...rest] = sizes;
  if (sizes.reduce((a, b) => a * b, 1) > FILL_MAX) throw new SqlError('program_limit_exceeded', `array size exceeds the maximum allowed (${FILL_MAX})`);
  return Array.from({ length: size }, () => (rest.length === 0 ? value : filledBy(value, rest)));
}
