import { SqlError } from '../common/errors.ts';
import { compareValues } from '../common/types/compare.ts';
import { numericAdd } from '../common/types/numeric-math.ts';
import { ZERO } from '../common/types/numeric-text.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, NUMERIC, TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { native, scalar, typeOfArgument } from './build.ts';
import type { EvalContext, FunctionDef, ScalarOverload } from './define.ts';
import { addBig } from './integer.ts';
import { textContext } from './session-text.ts';

/** Arrays and maps. Subscripts start at 1; NULL elements equal one another here, as in IS NOT DISTINCT FROM. */

const elementOf = (type: SqlType | undefined): SqlType => (type?.kind === 'array' ? type.element : TEXT);

function same(a: Value, b: Value, type: SqlType): boolean {
  return a === null || b === null ? a === b : compareValues(a, b, type) === 0;
}

type ArrayEval = (list: Value[], element: SqlType, rest: readonly Value[], cx: EvalContext) => Value;

/** An overload whose first argument is the array. */
function onArray(rest: readonly ScalarOverload['args'][number][], returns: ScalarOverload['returns'], fn: ArrayEval, nulls: 'strict' | 'custom' = 'strict'): ScalarOverload {
  return {
    args: ['anyarray', ...rest],
    returns,
    volatility: 'immutable',
    nulls,
    eval: ([list = null, ...others], cx, types) => (list === null ? null : fn(list as Value[], elementOf(types[0]), others, cx)),
  };
}

const sameArray = typeOfArgument(0);
const elementType = ([a]: readonly SqlType[]): SqlType => elementOf(a);
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

function distinct(list: readonly Value[], type: SqlType): Value[] {
  const out: Value[] = [];
  for (const v of list) if (!out.some((o) => same(o, v, type))) out.push(v);
  return out;
}

const includes = (list: readonly Value[], v: Value, type: SqlType): boolean => list.some((x) => same(x, v, type));

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

function sorted(list: readonly Value[], type: SqlType, descending: boolean, nullsFirst = !descending): Value[] {
  return [...list].sort((a, b) => {
    if (a === null || b === null) return a === b ? 0 : (a === null) === nullsFirst ? -1 : 1;
    const c = compareValues(a, b, type);
    return descending ? -c : c;
  });
}

function extreme(sign: 1 | -1): ArrayEval {
  return (list, type) => {
    let best: Value = null;
    for (const v of list) if (v !== null && (best === null || Math.sign(compareValues(v, best, type)) === sign)) best = v;
    return best;
  };
}

function splitText(text: string | null, delimiter: string | null, nullText: string | null): Value {
  if (text === null) return null;
  if (text === '') return [];
  const parts = delimiter === null ? Array.from(text) : delimiter === '' ? [text] : text.split(delimiter);
  return parts.map((p) => (p === nullText ? null : p));
}

const position: ArrayEval = (list, type, [v = null]) => {
  const at = list.findIndex((x) => same(x, v, type));
  return at < 0 ? null : at + 1;
};

const mapOverload = (returns: ScalarOverload['returns'], fn: (entries: [Value, Value][]) => Value): ScalarOverload => ({
  args: ['map'],
  returns,
  volatility: 'immutable',
  nulls: 'strict',
  eval: ([m]) => fn(m as [Value, Value][]),
});

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
  pairOperator('@>', containsAll, 'Whether the left array has every element of the right.', ['array[1,2,3] @> array[3,1]', 't']),
  pairOperator('<@', (a, b, type) => containsAll(b, a, type), 'Whether every element of the left array is in the right.', ['array[2] <@ array[1,2]', 't']),
  pairOperator('&&', (a, b, type) => b.some((v) => containsAll(a, [v], type)), 'Whether the arrays share an element.', ['array[1,2] && array[2,3]', 't']),
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
    'The elements between two positions; negative ones count from the end.',
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
    ['array_concat'],
  ),
  scalar('array_contains', [onArray(['anyelement'], BOOLEAN, (list, type, [v = null]) => includes(list, v, type), 'custom')], 'Whether an element is there.', [['array_contains(array[1,2], 2)', 't']]),
  scalar('array_distinct', [onArray([], sameArray, distinct)], 'Each element once, in order of first appearance.', [['array_distinct(array[1,2,1])', '{1,2}']]),
  scalar('array_except', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct(a.filter((v) => !includes((b as Value[] | null) ?? [], v, type)), type))], 'Elements of the first that are not in the second, once each.', [['array_except(array[1,2,3], array[2])', '{1,3}']]),
  scalar('array_intersect', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct(a.filter((v) => includes((b as Value[] | null) ?? [], v, type)), type))], 'Elements in both, once each.', [['array_intersect(array[1,2], array[2,3])', '{2}']]),
  scalar('array_union', [onArray(['anyarray'], sameArray, (a, type, [b = null]) => distinct([...a, ...((b as Value[] | null) ?? [])], type))], 'Elements of either, once each.', [['array_union(array[1,2], array[2,3])', '{1,2,3}']]),
  scalar(
    'array_to_string',
    [
      onArray(['varchar'], TEXT, (list, type, [d = null], cx) => joined(list, type, d as string, null, cx)),
      onArray(['varchar', 'varchar'], TEXT, (list, type, [d = null, n = null], cx) => (d === null ? null : joined(list, type, d as string, n as string | null, cx)), 'custom'),
    ],
    'The elements joined; NULLs are left out or shown as a text.',
    [[`array_to_string(array[1,2,null,3], ',')`, '1,2,3'], [`array_to_string(array[1,null], ',', '*')`, '1,*']],
    ['array_join'],
  ),
  scalar('array_position', [onArray(['anyelement'], INT, position, 'custom')], 'The subscript of the first equal element (NULL when there is none: PostgreSQL’s rule).', [[`array_position(array['a','b'], 'b')`, '2']]),
  scalar('array_positions', [onArray(['anyelement'], arrayOf(INT), (list, type, [v = null]) => list.flatMap((x, i) => (same(x, v, type) ? [i + 1] : [])), 'custom')], 'The subscripts of all equal elements.', [['array_positions(array[1,2,1], 1)', '{1,3}']]),
  scalar('array_remove', [onArray(['anyelement'], sameArray, (list, type, [v = null]) => list.filter((x) => !same(x, v, type)), 'custom')], 'Without the equal elements.', [['array_remove(array[1,2,1], 1)', '{2}']]),
  scalar('array_replace', [onArray(['anyelement', 'anyelement'], sameArray, (list, type, [from = null, to = null]) => list.map((x) => (same(x, from, type) ? to : x)), 'custom')], 'With equal elements replaced.', [['array_replace(array[1,2], 2, 5)', '{1,5}']]),
  scalar('array_reverse', [onArray([], sameArray, (list) => [...list].reverse())], 'In reverse order.', [['array_reverse(array[1,2,3])', '{3,2,1}']]),
  scalar('array_sort', [onArray([], sameArray, (list, type) => sorted(list, type, false)), onArray(['boolean'], sameArray, (list, type, [ascending = null]) => sorted(list, type, ascending === false)), onArray(['boolean', 'boolean'], sameArray, (list, type, [ascending = null, nullsFirst = null]) => sorted(list, type, ascending === false, nullsFirst === true))], 'In order, NULLs first; `false` for descending, NULLs last; a third argument says whether NULLs come first.', [['array_sort(array[3,1,2])', '{1,2,3}'], ['array_sort(array[3,null,1], true, false)', '{1,3,NULL}']]),
  scalar('array_max', [onArray([], elementType, extreme(1))], 'The largest element.', [['array_max(array[1,3,2])', '3']]),
  scalar('array_min', [onArray([], elementType, extreme(-1))], 'The smallest element.', [['array_min(array[3,1,2])', '1']]),
  scalar(
    'array_sum',
    [onArray([], (types) => sumType(elementOf(types[0])), sumOf)],
    'The sum of the elements that are not NULL; NULL when there are none.',
    [['array_sum(array[1, 2, null])', '3'], ['array_sum(array[1.5, 2])', '3.5']],
  ),
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
    ['split'],
  ),
  scalar(
    'str_to_map',
    [
      native(['varchar'], { kind: 'map', key: TEXT, value: TEXT }, (s) => toMap(s, ',', '=')),
      native(['varchar', 'varchar', 'varchar'], { kind: 'map', key: TEXT, value: TEXT }, toMap),
    ],
    'A map of a text such as `k1=v1,k2=v2`.',
    [[`str_to_map('a=1,b=2')`, '{a=1, b=2}']],
  ),
  scalar('map_keys', [mapOverload(([m]) => arrayOf(m?.kind === 'map' ? m.key : TEXT), (m) => m.map(([k]) => k))], 'The keys of a map.', [[`map_keys(str_to_map('a=1'))`, '{a}']]),
  scalar('map_values', [mapOverload(([m]) => arrayOf(m?.kind === 'map' ? m.value : TEXT), (m) => m.map(([, v]) => v))], 'The values of a map.', [[`map_values(str_to_map('a=1'))`, '{1}']]),
  scalar(
    'map_entries',
    [mapOverload(([m]) => arrayOf({ kind: 'row', fields: [{ name: 'key', type: m?.kind === 'map' ? m.key : TEXT }, { name: 'value', type: m?.kind === 'map' ? m.value : TEXT }] }), (m) => m.map(([k, v]): Value => [k, v] as Value[]))],
    'The entries of a map as rows.',
    [[`map_entries(str_to_map('a=1'))`, '{"(a,1)"}']],
  ),
  scalar(
    'map_union',
    [
      {
        args: ['map', 'map'],
        returns: ([m]) => m ?? { kind: 'map', key: TEXT, value: TEXT },
        volatility: 'immutable',
        nulls: 'strict',
        eval: ([a, b], _cx, [type]) => buildMap([...(a as [Value, Value][]), ...(b as [Value, Value][])], type?.kind === 'map' ? type.key : TEXT),
      },
    ],
    'The entries of both maps; the second’s stand where keys are equal.',
    [[`map_union(str_to_map('a=1,b=2'), str_to_map('b=3'))`, '{a=1, b=3}']],
  ),
  scalar(
    'map_from_arrays',
    [
      {
        args: ['array', 'array'],
        returns: ([k, v]) => ({ kind: 'map', key: elementOf(k), value: elementOf(v) }),
        volatility: 'immutable',
        nulls: 'strict',
        eval: ([keys, values], _cx, [type]) => {
          const [k, v] = [keys as Value[], values as Value[]];
          if (k.length !== v.length) throw new SqlError('invalid_parameter_value', 'keys and values must have the same number of elements');
          return buildMap(k.map((key, i) => [key, v[i] ?? null]), elementOf(type));
        },
      },
    ],
    'A map of an array of keys and one of values.',
    [[`map_from_arrays(array['a'], array[1])`, '{a=1}']],
  ),
  scalar(
    'map',
    [
      {
        args: [],
        variadic: 'any',
        returns: (types) => ({ kind: 'map', key: types[0] ?? TEXT, value: types[1] ?? TEXT }),
        volatility: 'immutable',
        nulls: 'custom',
        eval: (values, _cx, types) => {
          const entries: [Value, Value][] = [];
          for (let i = 0; i + 1 < values.length; i += 2) entries.push([values[i] ?? null, values[i + 1] ?? null]);
          return buildMap(entries, types[0] ?? TEXT);
        },
      },
    ],
    '`MAP[k, v, …]`: a map of alternating keys and values; a later entry replaces an equal key.',
    [[`map('a', 1)`, '{a=1}']],
  ),
];

function buildMap(entries: readonly (readonly [Value, Value])[], key: SqlType): [Value, Value][] {
  const out: [Value, Value][] = [];
  for (const [k, v] of entries) {
    if (k === null) throw new SqlError('null_value_not_allowed', 'map keys must not be null');
    const found = out.find(([other]) => same(other, k, key));
    if (found === undefined) out.push([k, v]);
    else found[1] = v;
  }
  return out;
}

/** The type of a sum of elements. Errors: undefined_function for elements that are no numbers. */
function sumType(element: SqlType): SqlType {
  switch (element.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return BIGINT;
    case 'real':
    case 'double':
      return DOUBLE;
    case 'decimal':
    case 'numeric':
      return NUMERIC;
    default:
      throw new SqlError('undefined_function', 'array_sum needs an array of numbers');
  }
}

function sumOf(list: readonly Value[], element: SqlType): Value {
  const values = list.filter((v) => v !== null);
  if (values.length === 0) return null;
  const { kind } = sumType(element);
  if (kind === 'bigint') return values.reduce<bigint>((sum, v) => addBig(sum, BigInt(v as number | bigint)), 0n);
  if (kind === 'double') return values.reduce<number>((sum, v) => sum + (v as number), 0);
  return values.reduce<Numeric>((sum, v) => numericAdd(sum, v as Numeric), ZERO);
}

function toMap(text: string, entryDelimiter: string, keyDelimiter: string): [Value, Value][] {
  if (text === '') return [];
  const entries = text.split(entryDelimiter).map((part): [Value, Value] => {
    const at = part.indexOf(keyDelimiter);
    return at < 0 ? [part, null] : [part.slice(0, at), part.slice(at + keyDelimiter.length)];
  });
  return buildMap(entries, TEXT);
}

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
  const end = to < 0 ? list.length + to + 1 : to;
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
