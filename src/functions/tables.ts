import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonFromText, jsonKeys, jsonToText } from '../common/types/json.ts';
import { timestampAdd, timestamptzAdd } from '../common/types/interval.ts';
import { numericAdd, numericCompare } from '../common/types/numeric-math.ts';
import { BIGINT, INT, JSONB, NUMERIC, TEXT, TIMESTAMP, TIMESTAMPTZ, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import type { Interval, Json, JsonNode, Numeric, Value } from '../common/types/value.ts';
import { evaluatePath } from './jsonpath/evaluate.ts';
import { parsePath } from './jsonpath/parse.ts';
import { splitText } from './array.ts';
import { regexpMatches, regexpSplit } from './pattern.ts';
import type { ArgType, FunctionDef, TableFunction } from './define.ts';

/** Set-returning functions. A row is an array of column values. Any NULL argument gives no rows. */

type Overload = TableFunction['overloads'][number];
type Rows = Iterable<readonly Value[]>;

const fixed = (args: readonly ArgType[], columns: readonly (readonly [string, SqlType])[], fn: (...args: Value[]) => Rows, extra: Partial<Overload> = {}): Overload => ({
  args,
  returns: () => columns.map(([name, type]) => ({ name, type })),
  volatility: 'immutable',
  eval: (values) => (values.includes(null) ? [] : fn(...values)),
  ...extra,
});

const table = (name: string, overloads: readonly Overload[], doc: string): FunctionDef => ({ kind: 'table', name, overloads, doc, examples: [] });

function zeroStep(): never {
  throw new SqlError('invalid_parameter_value', 'step size cannot equal zero');
}

function* intSeries(from: number, to: number, step: number): Rows {
  if (step === 0) zeroStep();
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) yield [n];
}

function* bigSeries(from: bigint, to: bigint, step: bigint): Rows {
  if (step === 0n) zeroStep();
  for (let n = from; step > 0n ? n <= to : n >= to; n += step) yield [n];
}

function* numericSeries(from: Numeric, to: Numeric, step: Numeric): Rows {
  if (from.special !== undefined || to.special !== undefined || step.special !== undefined) {
    throw new SqlError('invalid_parameter_value', 'start, stop and step values must be finite');
  }
  if (step.unscaled === 0n) zeroStep();
  for (let n = from; step.unscaled > 0n ? numericCompare(n, to) <= 0 : numericCompare(n, to) >= 0; n = numericAdd(n, step)) yield [n];
}

function sign(step: Interval): number {
  const total = BigInt(step.months) * 30n * 86_400_000_000n + BigInt(step.days) * 86_400_000_000n + step.micros;
  return total > 0n ? 1 : total < 0n ? -1 : 0;
}

function* timeSeries(from: bigint, to: bigint, step: Interval, add: (t: bigint, step: Interval) => bigint): Rows {
  const direction = sign(step);
  if (direction === 0) zeroStep();
  for (let t = from; direction > 0 ? t <= to : t >= to; t = add(t, step)) yield [t];
}

const series = (columns: SqlType, args: readonly ArgType[], fn: (...args: Value[]) => Rows): Overload => fixed(args, [['generate_series', columns]], fn);

const elementOf = (type: SqlType | undefined): SqlType => (type?.kind === 'array' ? type.element : TEXT);

/** Nested arrays are flattened, as PostgreSQL does. */
function* elements(list: readonly Value[], nested: boolean): Rows {
  for (const v of list) {
    if (nested && Array.isArray(v)) yield* elements(v as Value[], nested);
    else yield [v];
  }
}

function leaf(type: SqlType): SqlType {
  return type.kind === 'array' ? leaf(type.element) : type;
}

function objectOf(j: Json): { readonly [key: string]: JsonNode } {
  if (!isJsonObject(j.json)) throw new SqlError('invalid_parameter_value', `cannot deconstruct ${isJsonArray(j.json) ? 'an array' : 'a scalar'} as an object`);
  return j.json;
}

function itemsOf(j: Json): readonly JsonNode[] {
  if (isJsonArray(j.json)) return j.json;
  throw new SqlError('invalid_parameter_value', `cannot extract elements from ${isJsonObject(j.json) ? 'an object' : 'a scalar'}`);
}

const nodeText = (node: JsonNode): string | null => (node === null ? null : typeof node === 'string' ? node : jsonToText(node));

const KEYWORDS: readonly (readonly [string, string])[] = [
  ...['all', 'and', 'any', 'array', 'as', 'asc', 'both', 'case', 'cast', 'check', 'collate', 'column', 'constraint', 'create', 'default', 'desc',
    'distinct', 'do', 'else', 'end', 'except', 'false', 'fetch', 'for', 'foreign', 'from', 'grant', 'group', 'having', 'in', 'intersect', 'into',
    'lateral', 'limit', 'not', 'null', 'offset', 'on', 'only', 'or', 'order', 'primary', 'references', 'returning', 'select', 'some', 'table', 'then',
    'to', 'true', 'union', 'unique', 'user', 'using', 'when', 'where', 'window', 'with'].map((w): [string, string] => [w, 'R']),
  ...['cross', 'full', 'ilike', 'inner', 'is', 'join', 'left', 'like', 'natural', 'outer', 'right', 'similar'].map((w): [string, string] => [w, 'T']),
  ...['watermark', 'emit', 'subscribe', 'materialized', 'view', 'insert', 'update', 'delete', 'values', 'explain'].map((w): [string, string] => [w, 'U']),
];

/** The functions that jsonb and json have both. */
function jsonTables(prefix: 'json' | 'jsonb', read: (v: Value) => Json, type: SqlType, show: (node: JsonNode) => Value): FunctionDef[] {
  const members = (v: Value): [string, JsonNode][] => {
    const object = objectOf(read(v));
    return (prefix === 'jsonb' ? jsonKeys(object) : Object.keys(object)).map((k) => [k, object[k] ?? null]);
  };
  const made = (name: string, columns: readonly (readonly [string, SqlType])[], doc: string, rows: (v: Value) => Value[][]): FunctionDef =>
    table(`${prefix}_${name}`, [fixed([prefix], columns, rows)], prefix === 'jsonb' ? doc : `As jsonb_${name}.`);
  return [
    made('array_elements', [['value', type]], 'The items of an array.', (j) => itemsOf(read(j)).map((v) => [show(v)])),
    made('array_elements_text', [['value', TEXT]], 'The items of an array, as texts.', (j) => itemsOf(read(j)).map((v) => [nodeText(v)])),
    made('each', [['key', TEXT], ['value', type]], 'The members of an object.', (j) => members(j).map(([k, v]) => [k, show(v)])),
    made('each_text', [['key', TEXT], ['value', TEXT]], 'The members of an object, as texts.', (j) => members(j).map(([k, v]) => [k, nodeText(v)])),
    made('object_keys', [[`${prefix}_object_keys`, TEXT]], 'The keys of an object.', (j) => members(j).map(([k]) => [k])),
  ];
}

export const tableFunctions: readonly FunctionDef[] = [
  table(
    'generate_series',
    [
      series(INT, ['int', 'int'], (a, b) => intSeries(a as number, b as number, 1)),
      series(INT, ['int', 'int', 'int'], (a, b, s) => intSeries(a as number, b as number, s as number)),
      series(BIGINT, ['bigint', 'bigint'], (a, b) => bigSeries(a as bigint, b as bigint, 1n)),
      series(BIGINT, ['bigint', 'bigint', 'bigint'], (a, b, s) => bigSeries(a as bigint, b as bigint, s as bigint)),
      series(NUMERIC, ['numeric', 'numeric'], (a, b) => numericSeries(a as Numeric, b as Numeric, { unscaled: 1n, scale: 0 })),
      series(NUMERIC, ['numeric', 'numeric', 'numeric'], (a, b, s) => numericSeries(a as Numeric, b as Numeric, s as Numeric)),
      series(TIMESTAMP, ['timestamp', 'timestamp', 'interval'], (a, b, s) => timeSeries(a as bigint, b as bigint, s as Interval, timestampAdd)),
      {
        args: ['timestamptz', 'timestamptz', 'interval'],
        returns: () => [{ name: 'generate_series', type: TIMESTAMPTZ }],
        volatility: 'stable',
        eval: (values, cx) => {
          const [a = null, b = null, s = null] = values;
          if (a === null || b === null || s === null) return [];
          return timeSeries(a as bigint, b as bigint, s as Interval, (t, step) => timestamptzAdd(t, step, cx.timeZone));
        },
      },
    ],
    'Numbers or times from one bound to another.',
  ),
  table(
    'unnest',
    [
      {
        args: ['anyarray'],
        returns: ([a]) => {
          const element = leaf(elementOf(a));
          return element.kind === 'row' ? element.fields : [{ name: 'unnest', type: element }];
        },
        volatility: 'immutable',
        eval: ([list = null], _cx, [type]) => {
          if (list === null) return [];
          if (leaf(elementOf(type)).kind === 'row') return (list as Value[]).map((r) => (r as Value[] | null) ?? []);
          return elements(list as Value[], elementOf(type).kind === 'array');
        },
      },
      {
        args: ['map'],
        returns: ([m]) => [
          { name: 'key', type: m?.kind === 'map' ? m.key : TEXT },
          { name: 'value', type: m?.kind === 'map' ? m.value : TEXT },
        ],
        volatility: 'immutable',
        eval: ([m = null]) => (m === null ? [] : (m as [Value, Value][])),
      },
    ],
    'The elements of an array, or the entries of a map, as rows.',
  ),
  table(
    '_pg_expandarray',
    [
      {
        args: ['anyarray'],
        returns: ([a]) => [
          { name: 'x', type: elementOf(a) },
          { name: 'n', type: INT },
        ],
        volatility: 'immutable',
        eval: ([list = null]) => (list === null ? [] : (list as Value[]).map((v, i): Value[] => [v, i + 1])),
      },
    ],
    'The elements of an array with their subscripts (information_schema).',
  ),
  table(
    'generate_subscripts',
    [
      fixed(['anyarray', 'int'], [['generate_subscripts', INT]], (list, n) => (n === 1 ? (list as Value[]).map((_v, i): Value[] => [i + 1]) : [])),
      fixed(['anyarray', 'int', 'boolean'], [['generate_subscripts', INT]], (list, n, reverse) => {
        const rows = n === 1 ? (list as Value[]).map((_v, i): Value[] => [i + 1]) : [];
        return reverse === true ? rows.reverse() : rows;
      }),
    ],
    'The subscripts of an array.',
  ),
  table(
    'regexp_split_to_table',
    [
      fixed(['varchar', 'varchar'], [['regexp_split_to_table', TEXT]], (s, p) => regexpSplit(s as string, p as string, '').map((v) => [v])),
      fixed(['varchar', 'varchar', 'varchar'], [['regexp_split_to_table', TEXT]], (s, p, f) => regexpSplit(s as string, p as string, f as string).map((v) => [v])),
    ],
    'The pieces between matches, as rows.',
  ),
  table(
    'regexp_matches',
    [
      fixed(['varchar', 'varchar'], [['regexp_matches', arrayOf(TEXT)]], (s, p) => regexpMatches(s as string, p as string, '').map((v) => [v])),
      fixed(['varchar', 'varchar', 'varchar'], [['regexp_matches', arrayOf(TEXT)]], (s, p, f) => regexpMatches(s as string, p as string, f as string).map((v) => [v])),
    ],
    'The groups of the first match, or of all with the flag g.',
  ),
  table(
    'string_to_table',
    (['', 'null'] as const).map((more) => fixed(['varchar', 'varchar', ...(more === '' ? [] : (['varchar'] as const))], [['string_to_table', TEXT]], () => [], {
      eval: ([s = null, d = null, none = null]) => (splitText(s as string | null, d as string | null, none as string | null) ?? []).map((v) => [v]),
    })),
    'The pieces of a text between delimiters, as rows: its characters where the delimiter is NULL. Pieces equal to a third argument become NULL.',
  ),
  ...jsonTables('jsonb', (v) => v as Json, JSONB, (node) => ({ json: node })),
  ...jsonTables('json', (v) => ({ json: jsonFromText(v as string) }), { kind: 'json' }, jsonToText),
  table(
    'jsonb_path_query',
    [
      fixed(['jsonb', 'varchar'], [['jsonb_path_query', JSONB]], (j, path) => evaluatePath((j as Json).json, parsePath(path as string)).map((v): Value[] => [{ json: v }])),
      fixed(['jsonb', 'varchar', 'jsonb'], [['jsonb_path_query', JSONB]], (j, path, variables) => evaluatePath((j as Json).json, parsePath(path as string), (variables as Json).json).map((v): Value[] => [{ json: v }])),
    ],
    'Every part a JSON path leads to.',
  ),
  table(
    'jsonb_path_query_tz',
    [fixed(['jsonb', 'varchar'], [['jsonb_path_query_tz', JSONB]], (j, path) => evaluatePath((j as Json).json, parsePath(path as string)).map((v): Value[] => [{ json: v }]))],
    'As jsonb_path_query.',
  ),
  table(
    'pg_get_keywords',
    [
      {
        args: [],
        returns: () => [
          { name: 'word', type: TEXT },
          { name: 'catcode', type: { kind: 'internalchar' } },
          { name: 'barelabel', type: { kind: 'boolean' } },
          { name: 'catdesc', type: TEXT },
          { name: 'baredesc', type: TEXT },
        ],
        volatility: 'stable',
        eval: () => KEYWORDS.map(([word, code]): Value[] => [word, code, true, CODES[code] ?? '', 'can be bare label']),
      },
    ],
    'The words of the grammar that clients should quote.',
  ),
  table(
    'pg_options_to_table',
    [
      fixed([{ array: 'varchar' }], [['option_name', TEXT], ['option_value', TEXT]], (list) =>
        (list as Value[]).map((v): Value[] => {
          const text = String(v);
          const at = text.indexOf('=');
          return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
        }),
      ),
    ],
    'Options such as `name=value`, as rows.',
  ),
];

const CODES: Readonly<Record<string, string>> = { R: 'reserved', T: 'reserved (can be function or type name)', U: 'unreserved' };
