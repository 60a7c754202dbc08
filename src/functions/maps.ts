import { SqlError } from '../common/errors.ts';
import { TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { native, scalar } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { compileRegex } from './regex.ts';
import { elementOf, same } from './elements.ts';

/** Maps: their entries in order, each key once. */

export const mapOverload = (returns: ScalarOverload['returns'], fn: (entries: [Value, Value][]) => Value): ScalarOverload => ({
  args: ['map'],
  returns,
  volatility: 'immutable',
  nulls: 'strict',
  eval: ([m]) => fn(m as [Value, Value][]),
});

export const mapFunctions: readonly FunctionDef[] = [
  scalar(
    'str_to_map',
    [
      native(['varchar'], { kind: 'map', key: TEXT, value: TEXT }, (s) => toMap(s, ',', '=')),
      native(['varchar', 'varchar', 'varchar'], { kind: 'map', key: TEXT, value: TEXT }, toMap),
    ],
    'A map of a text such as `k1=v1,k2=v2`; other delimiters are Java’s regular expressions.',
    [[`str_to_map('a=1,b=2')`, '{a=1, b=2}'], [`str_to_map('a:1|b:2:3|c', '\\|', ':')`, '{a=1, b=2:3, c=NULL}']],
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

/** The map of entries; a later one replaces an equal key. Errors: null_value_not_allowed. */
export function buildMap(entries: readonly (readonly [Value, Value])[], key: SqlType): [Value, Value][] {
  const out: [Value, Value][] = [];
  for (const [k, v] of entries) {
    if (k === null) throw new SqlError('null_value_not_allowed', 'map keys must not be null');
    const found = out.find(([other]) => same(other, k, key));
    if (found === undefined) out.push([k, v]);
    else found[1] = v;
  }
  return out;
}

/** Both delimiters are Java's regular expressions. Errors: invalid_regular_expression. */
function toMap(text: string, entryDelimiter: string, keyDelimiter: string): [Value, Value][] {
  if (text === '') return [];
  const parts = cut(text, entryDelimiter);
  // As Java splits: nothing at the end counts.
  while (parts.at(-1) === '') parts.pop();
  const entries = parts.map((part): [Value, Value] => {
    const [key = part, value = null] = cut(part, keyDelimiter, 2);
    return [key, value];
  });
  return buildMap(entries, TEXT);
}

const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/** The text between the matches of a pattern, in `limit` parts at most. A match of nothing cuts between characters. */
function cut(text: string, pattern: string, limit = Infinity): string[] {
  if (pattern !== '' && !SPECIAL.test(pattern) && limit === Infinity) return text.split(pattern);
  const regex = compileRegex(pattern, '', 'java');
  const parts: string[] = [];
  let begin = 0;
  for (let from = 0; parts.length < limit - 1 && from <= text.length; ) {
    const found = regex.exec(text, from);
    if (found === null) break;
    from = found.end > found.index ? found.end : found.end + 1;
    if (found.end === 0 || (found.end === found.index && found.index >= text.length)) continue;
    parts.push(text.slice(begin, found.index));
    begin = found.end;
  }
  return [...parts, text.slice(begin)];
}
