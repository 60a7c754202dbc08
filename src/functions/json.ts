import { SqlError } from '../common/errors.ts';
import {
  isJsonArray, isJsonObject, jsonCompare, jsonFromText, jsonKeys, jsonObject, jsonPretty, jsonToCompactText, jsonToText, jsonTypeof, quoteJson,
} from '../common/types/json.ts';
import { BOOLEAN, INT, JSONB, TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Json, JsonNode, Value } from '../common/types/value.ts';
import { native } from './build.ts';
import type { EvalContext, FunctionDef, ScalarOverload } from './define.ts';
import { getElement, isScalarNode, nodeText } from './json-element.ts';
import { evaluatePath, PathError, pathTruth } from './jsonpath/evaluate.ts';
import { parsePath } from './jsonpath/parse.ts';
import { textContext } from './session-text.ts';
import { toJson } from './to-json.ts';

/** jsonb operators and functions (PostgreSQL), SQL/JSON functions (Flink). JSON text is accepted where jsonb is. */

const JSON_TYPE: SqlType = { kind: 'json' };
const json = (node: JsonNode): Json => ({ json: node });
const optional = (node: JsonNode | undefined): Json | null => (node === undefined ? null : json(node));

const scalar = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: FunctionDef['examples'] = [], aliases: readonly string[] = []): FunctionDef => ({
  kind: 'scalar',
  name,
  aliases,
  overloads,
  doc,
  examples,
});
const operator = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: FunctionDef['examples']): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads,
  doc,
  examples,
});

const member = (j: Json, key: string): JsonNode | undefined => (isJsonObject(j.json) ? j.json[key] : undefined);
/** A bare scalar counts as an array of one, as in PostgreSQL. */
function item(j: Json, i: number): JsonNode | undefined {
  if (isJsonObject(j.json)) return undefined;
  const items = isJsonArray(j.json) ? j.json : [j.json];
  return items[i < 0 ? items.length + i : i];
}

function follow(j: Json, path: readonly Value[]): JsonNode | undefined {
  let node: JsonNode | undefined = j.json;
  for (const key of path) {
    if (node === undefined || key === null) return undefined;
    node = getElement(node, key as string);
  }
  return node;
}

/** `@>`: objects by key, arrays by some equal element, scalars by value; a top array contains a bare scalar. */
function contains(a: JsonNode, b: JsonNode, top = true): boolean {
  if (isJsonObject(a) && isJsonObject(b)) {
    return Object.keys(b).every((k) => {
      const mine = a[k];
      return mine !== undefined && contains(mine, b[k] ?? null, false);
    });
  }
  if (isJsonArray(a) && isJsonArray(b)) return b.every((x) => a.some((y) => contains(y, x, false)));
  if (top && isJsonArray(a) && isScalarNode(b)) return a.some((y) => jsonCompare(y, b, false) === 0);
  return isScalarNode(a) && isScalarNode(b) && jsonCompare(a, b, false) === 0;
}

const hasKey = (j: Json, key: string): boolean =>
  isJsonObject(j.json) ? j.json[key] !== undefined : isJsonArray(j.json) ? j.json.includes(key) : j.json === key;

function concat(a: JsonNode, b: JsonNode): JsonNode {
  if (isJsonObject(a) && isJsonObject(b)) return jsonObject([...Object.entries(a), ...Object.entries(b)]);
  return [...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])];
}

function deleteKey(node: JsonNode, key: string): JsonNode {
  if (isJsonObject(node)) return jsonObject(Object.entries(node).filter(([k]) => k !== key));
  if (isJsonArray(node)) return node.filter((x) => x !== key);
  throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
}

function deleteKeys(node: JsonNode, keys: readonly string[]): JsonNode {
  if (isScalarNode(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
  return keys.reduce(deleteKey, node);
}

function deleteIndex(node: JsonNode, index: number): JsonNode {
  if (isJsonObject(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from object using integer index');
  if (!isJsonArray(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
  const at = index < 0 ? node.length + index : index;
  return node.filter((_x, i) => i !== at);
}

function deletePath(node: JsonNode, path: readonly string[]): JsonNode {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  const child = getElement(node, key);
  if (child === undefined) return node;
  if (isJsonObject(node)) {
    if (rest.length === 0) return deleteKey(node, key);
    return jsonObject(Object.entries(node).map(([k, v]) => [k, k === key ? deletePath(v, rest) : v]));
  }
  if (!isJsonArray(node)) return node;
  const at = Number(key) < 0 ? node.length + Number(key) : Number(key);
  return rest.length === 0 ? node.filter((_v, i) => i !== at) : node.map((v, i) => (i === at ? deletePath(v, rest) : v));
}

/** Errors: invalid_parameter_value for a scalar, which has no paths. */
function container(node: JsonNode, what: 'set' | 'delete'): JsonNode {
  if (isScalarNode(node)) throw new SqlError('invalid_parameter_value', `cannot ${what} path in scalar`);
  return node;
}

function setPath(node: JsonNode, path: readonly string[], value: JsonNode, create: boolean, insert: boolean, after: boolean): JsonNode {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  if (isJsonObject(node)) {
    const old = node[key];
    if (rest.length > 0) return old === undefined ? node : jsonObject(Object.entries(node).map(([k, v]) => [k, k === key ? setPath(v, rest, value, create, insert, after) : v]));
    if (old !== undefined && insert) throw new SqlError('invalid_parameter_value', 'cannot replace existing key', { hint: 'Try using the function jsonb_set to replace key value.' });
    if (old === undefined && !create) return node;
    return jsonObject([...Object.entries(node), [key, value]]);
  }
  if (!isJsonArray(node)) throw new SqlError('invalid_parameter_value', 'cannot set path in scalar');
  if (!/^-?\d+$/.test(key)) throw new SqlError('invalid_text_representation', `path element at position 1 is not an integer: "${key}"`);
  const n = Number(key);
  const at = n < 0 ? node.length + n : n;
  if (rest.length > 0) return node.map((v, i) => (i === at ? setPath(v, rest, value, create, insert, after) : v));
  if (insert) {
    const where = Math.max(0, Math.min(node.length, at + (after ? 1 : 0)));
    return [...node.slice(0, where), value, ...node.slice(where)];
  }
  if (at >= 0 && at < node.length) return node.map((v, i) => (i === at ? value : v));
  if (!create) return node;
  return at < 0 ? [value, ...node] : [...node, value];
}

function stripNulls(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(stripNulls);
  if (isJsonObject(node)) return jsonObject(Object.entries(node).filter(([, v]) => v !== null).map(([k, v]) => [k, stripNulls(v)]));
  return node;
}

const nodes = (values: readonly Value[], cx: EvalContext, types: readonly SqlType[]): JsonNode[] =>
  values.map((v, i) => toJson(v, types[i] ?? TEXT, textContext(cx)));

const NOT_KEYS: ReadonlySet<string> = new Set(['array', 'row', 'map', 'multiset', 'json', 'jsonb']);

function pairs(values: readonly Value[], cx: EvalContext, types: readonly SqlType[]): [string, JsonNode][] {
  if (values.length % 2 !== 0) {
    throw new SqlError('invalid_parameter_value', 'argument list must have even number of elements', {
      hint: 'The arguments of jsonb_build_object() must consist of alternating keys and values.',
    });
  }
  const out: [string, JsonNode][] = [];
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i] ?? null;
    if (key === null) throw new SqlError('invalid_parameter_value', `argument ${i + 1}: key must not be null`);
    if (NOT_KEYS.has(types[i]?.kind ?? 'varchar')) throw new SqlError('invalid_parameter_value', 'key value must be scalar, not array, composite, or json');
    out.push([textOut(key, types[i] ?? TEXT, textContext(cx)), toJson(values[i + 1] ?? null, types[i + 1] ?? TEXT, textContext(cx))]);
  }
  return out;
}

/** json_build_object keeps order and spaces of its own: `{"a" : 1, "b" : 2}`. */
const spacedObject = (entries: readonly (readonly [string, JsonNode])[]): string => `{${entries.map(([k, v]) => `${quoteJson(k)} : ${jsonToText(v)}`).join(', ')}}`;

const build = (name: string, returns: SqlType, fn: (values: readonly Value[], cx: EvalContext, types: readonly SqlType[]) => Value, doc: string, examples: FunctionDef['examples']): FunctionDef =>
  scalar(name, [{ args: [], variadic: 'any', returns, volatility: 'stable', nulls: 'custom', eval: fn }], doc, examples);

/** Reads JSON text leniently: undefined when it is none. */
function parseOrUndefined(text: string): JsonNode | undefined {
  try {
    return jsonFromText(text);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** jsonb and a path, then variables, then whether errors give NULL. */
function pathOverloads(returns: SqlType, result: (found: readonly JsonNode[]) => Value): ScalarOverload[] {
  const run = (j: Json, path: string, variables: Json | null, silent: boolean): Value => {
    try {
      return result(evaluatePath(j.json, parsePath(path), variables?.json ?? null));
    } catch (error) {
      if (silent && error instanceof PathError) return null;
      throw error;
    }
  };
  return [
    native(['jsonb', 'varchar'], returns, (j, path) => run(j, path, null, false)),
    native(['jsonb', 'varchar', 'jsonb'], returns, (j, path, variables) => run(j, path, variables, false)),
    native(['jsonb', 'varchar', 'jsonb', 'boolean'], returns, run),
  ];
}

function predicateOf(found: readonly JsonNode[]): boolean | null {
  const truth = pathTruth(found);
  if (truth === undefined) throw new PathError('data_exception', 'single boolean result is expected');
  return truth;
}

const fromJsonText = (text: string): Json => json(jsonFromText(text));

/** `->` and `->>` for json text and jsonb, by key and by index. */
function accessors(returns: 'node' | 'text'): ScalarOverload[] {
  const wrap = (node: JsonNode | undefined, type: 'jsonb' | 'json'): Value => {
    if (returns === 'text') return nodeText(node);
    if (node === undefined) return null;
    return type === 'jsonb' ? json(node) : jsonToText(node);
  };
  const result = (type: 'jsonb' | 'json'): SqlType => (returns === 'text' ? TEXT : { kind: type });
  return [
    native(['jsonb', 'varchar'], result('jsonb'), (j, key) => wrap(member(j, key), 'jsonb')),
    native(['jsonb', 'int'], result('jsonb'), (j, i) => wrap(item(j, i), 'jsonb')),
    native(['json', 'varchar'], result('json'), (j, key) => wrap(member(fromJsonText(j), key), 'json')),
    native(['json', 'int'], result('json'), (j, i) => wrap(item(fromJsonText(j), i), 'json')),
  ];
}

const TEXTS = { array: 'varchar' } as const;
const asKeys = (path: readonly Value[]): string[] => path.map((k) => (k === null ? '' : (k as string)));

function pathOf(path: readonly Value[]): string[] {
  const at = path.indexOf(null);
  if (at >= 0) throw new SqlError('null_value_not_allowed', `path element at position ${at + 1} is null`);
  return asKeys(path);
}

function arrayLength(j: Json): number {
  if (isJsonArray(j.json)) return j.json.length;
  throw new SqlError('invalid_parameter_value', `cannot get array length of ${isJsonObject(j.json) ? 'a non-array' : 'a scalar'}`);
}

const toJsonb: ScalarOverload['eval'] = ([v = null], cx, [type = TEXT]) => json(toJson(v, type, textContext(cx)));

export const jsonFunctions: readonly FunctionDef[] = [
  operator('->', accessors('node'), 'The member of an object, or the item of an array (from 0, negative from the end).', [[`'{"a": {"b": 1}}'::jsonb -> 'a'`, '{"b": 1}']]),
  operator('->>', accessors('text'), 'As ->, as text; JSON null gives NULL.', [[`'{"a": "x"}'::jsonb ->> 'a'`, 'x']]),
  operator('#>', [native(['jsonb', TEXTS], JSONB, (j, path) => optional(follow(j, path)))], 'The part at a path of keys.', [[`'{"a": {"b": [1, 2]}}'::jsonb #> '{a,b,1}'`, '2']]),
  operator('#>>', [native(['jsonb', TEXTS], TEXT, (j, path) => nodeText(follow(j, path)))], 'As #>, as text.', [[`'{"a": {"b": "x"}}'::jsonb #>> '{a,b}'`, 'x']]),
  operator('@>', [native(['jsonb', 'jsonb'], BOOLEAN, (a, b) => contains(a.json, b.json))], 'Whether the left JSON contains the right.', [[`'{"a":1, "b":2}'::jsonb @> '{"b":2}'::jsonb`, 't']]),
  operator('<@', [native(['jsonb', 'jsonb'], BOOLEAN, (a, b) => contains(b.json, a.json))], 'Whether the left JSON is contained in the right.', [[`'{"b":2}'::jsonb <@ '{"a":1, "b":2}'::jsonb`, 't']]),
  operator('?', [native(['jsonb', 'varchar'], BOOLEAN, hasKey)], 'Whether a key, or a text in an array, exists.', [[`'{"a":1}'::jsonb ? 'a'`, 't']]),
  operator('?|', [native(['jsonb', TEXTS], BOOLEAN, (j, keys) => asKeys(keys).some((k) => hasKey(j, k)))], 'Whether any of the keys exists.', [[`'{"a":1}'::jsonb ?| array['b','a']`, 't']]),
  operator('?&', [native(['jsonb', TEXTS], BOOLEAN, (j, keys) => asKeys(keys).every((k) => hasKey(j, k)))], 'Whether all of the keys exist.', [[`'{"a":1}'::jsonb ?& array['b','a']`, 'f']]),
  operator('||', [native(['jsonb', 'jsonb'], JSONB, (a, b) => json(concat(a.json, b.json)))], 'Joins two JSON values.', [[`'{"a":1}'::jsonb || '{"b":2}'::jsonb`, '{"a": 1, "b": 2}']]),
  operator(
    '-',
    [
      native(['jsonb', 'varchar'], JSONB, (j, key) => json(deleteKey(j.json, key))),
      native(['jsonb', 'int'], JSONB, (j, i) => json(deleteIndex(j.json, i))),
      native(['jsonb', TEXTS], JSONB, (j, keys) => json(deleteKeys(j.json, asKeys(keys)))),
    ],
    'Without a key or an item.',
    [[`'{"a":1, "b":2}'::jsonb - 'a'`, '{"b": 2}']],
  ),
  operator('#-', [native(['jsonb', TEXTS], JSONB, (j, path) => json(deletePath(container(j.json, 'delete'), pathOf(path))))], 'Without the part at a path.', [[`'{"a":{"b":1}}'::jsonb #- '{a,b}'`, '{"a": {}}']]),
  scalar('jsonb_typeof', [native(['jsonb'], TEXT, (j) => jsonTypeof(j.json))], 'object, array, string, number, boolean or null.', [[`jsonb_typeof('[1]')`, 'array']]),
  scalar('json_typeof', [native(['json'], TEXT, (j) => jsonTypeof(jsonFromText(j)))], 'As jsonb_typeof.', [[`json_typeof('1')`, 'number']]),
  scalar('jsonb_array_length', [native(['jsonb'], INT, arrayLength)], 'How many items an array has.', [[`jsonb_array_length('[1,2]')`, '2']]),
  scalar('json_array_length', [native(['json'], INT, (j) => arrayLength(fromJsonText(j)))], 'As jsonb_array_length.', [[`json_array_length('[1,2]')`, '2']]),
  scalar('jsonb_pretty', [native(['jsonb'], TEXT, (j) => jsonPretty(j.json))], 'Indented text.', [[`jsonb_pretty('[]')`, '[\n]']]),
  scalar('jsonb_strip_nulls', [native(['jsonb'], JSONB, (j) => json(stripNulls(j.json)))], 'Without members that are null.', [[`jsonb_strip_nulls('{"a":null,"b":1}')`, '{"b": 1}']]),
  scalar(
    'jsonb_set',
    [
      native(['jsonb', TEXTS, 'jsonb'], JSONB, (j, path, v) => json(setPath(container(j.json, 'set'), pathOf(path), v.json, true, false, false))),
      native(['jsonb', TEXTS, 'jsonb', 'boolean'], JSONB, (j, path, v, create) => json(setPath(container(j.json, 'set'), pathOf(path), v.json, create, false, false))),
    ],
    'With the part at a path replaced, or added.',
    [[`jsonb_set('{"a":1}', '{b}', '2')`, '{"a": 1, "b": 2}']],
  ),
  scalar(
    'jsonb_insert',
    [
      native(['jsonb', TEXTS, 'jsonb'], JSONB, (j, path, v) => json(setPath(container(j.json, 'set'), pathOf(path), v.json, true, true, false))),
      native(['jsonb', TEXTS, 'jsonb', 'boolean'], JSONB, (j, path, v, after) => json(setPath(container(j.json, 'set'), pathOf(path), v.json, true, true, after))),
    ],
    'With a value inserted at a path.',
    [[`jsonb_insert('[1,3]', '{1}', '2')`, '[1, 2, 3]']],
  ),
  scalar(
    'jsonb_extract_path',
    [{ args: ['jsonb'], variadic: 'varchar', returns: JSONB, volatility: 'immutable', nulls: 'strict', eval: ([j, ...path]) => optional(follow(j as Json, path)) }],
    'The part at a path of keys.',
    [[`jsonb_extract_path('{"a":{"b":1}}', 'a', 'b')`, '1']],
  ),
  scalar(
    'jsonb_extract_path_text',
    [{ args: ['jsonb'], variadic: 'varchar', returns: TEXT, volatility: 'immutable', nulls: 'strict', eval: ([j, ...path]) => nodeText(follow(j as Json, path)) }],
    'The part at a path of keys, as text.',
    [[`jsonb_extract_path_text('{"a":"x"}', 'a')`, 'x']],
  ),
  scalar('jsonb_path_exists', pathOverloads(BOOLEAN, (found) => found.length > 0), 'Whether a JSON path leads anywhere. Further arguments: variables, and whether errors give NULL.', [[`jsonb_path_exists('{"a":[1,5]}', '$.a[*] ? (@ > 4)')`, 't']]),
  scalar('jsonb_path_match', pathOverloads(BOOLEAN, predicateOf), 'What a JSON path’s predicate says.', [[`jsonb_path_match('{"a":[1,5]}', 'exists($.a[*] ? (@ > 5))')`, 'f']]),
  scalar('jsonb_path_query_first', pathOverloads(JSONB, ([first]) => optional(first)), 'The first part a JSON path leads to.', [[`jsonb_path_query_first('{"a":[1,2]}', '$.a[*]')`, '1'], [`jsonb_path_query_first('{"a":[1,2]}', '$.a[last] + $x', '{"x": 10}')`, '12']]),
  scalar('jsonb_path_query_array', pathOverloads(JSONB, (found) => json(found)), 'All parts a JSON path leads to.', [[`jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] ? (@ >= 2)')`, '[2, 3]']]),
  build('jsonb_build_object', JSONB, (v, cx, types) => json(jsonObject(pairs(v, cx, types))), 'An object of alternating keys and values.', [[`jsonb_build_object('a', 1, 'b', null)`, '{"a": 1, "b": null}']]),
  build('json_build_object', JSON_TYPE, (v, cx, types) => spacedObject(pairs(v, cx, types)), 'As jsonb_build_object, as json.', [[`json_build_object('a', 1)`, '{"a" : 1}']]),
  build('jsonb_build_array', JSONB, (v, cx, types) => json(nodes(v, cx, types)), 'An array of the arguments.', [[`jsonb_build_array(1, 'a', null)`, '[1, "a", null]']]),
  build('json_build_array', JSON_TYPE, (v, cx, types) => jsonToText(nodes(v, cx, types)), 'As jsonb_build_array, as json.', [[`json_build_array(1, 'a')`, '[1, "a"]']]),
  scalar('to_jsonb', [{ args: ['anyelement'], returns: JSONB, volatility: 'stable', nulls: 'strict', eval: toJsonb }], 'Any value as jsonb.', [[`to_jsonb('a'::text)`, '"a"']]),
  scalar(
    'to_json',
    [{ args: ['anyelement'], returns: JSON_TYPE, volatility: 'stable', nulls: 'strict', eval: ([v = null], cx, [type = TEXT]) => jsonToCompactText(toJson(v, type, textContext(cx))) }],
    'Any value as json.',
    [['to_json(array[1,2])', '[1,2]']],
    ['row_to_json', 'array_to_json'],
  ),
  build('json_object', TEXT, (v, cx, types) => jsonToCompactText(jsonObject(pairs(v, cx, types))), 'The text of an object of alternating keys and values; NULLs are kept (Flink).', [[`json_object('a', 1)`, '{"a":1}']]),
  build('json_object_without_nulls', TEXT, (v, cx, types) => jsonToCompactText(jsonObject(pairs(v, cx, types).filter(([, node]) => node !== null))), 'JSON_OBJECT(… ABSENT ON NULL).', [[`json_object_without_nulls('a', 1, 'b', null)`, '{"a":1}']]),
  build('json_array', TEXT, (v, cx, types) => jsonToCompactText(nodes(v.filter((x) => x !== null), cx, types.filter((_t, i) => v[i] !== null))), 'The text of an array; NULLs are dropped (Flink).', [[`json_array(1, null, 'a')`, '[1,"a"]']]),
  scalar(
    'json_string',
    [{ args: ['anyelement'], returns: TEXT, volatility: 'stable', nulls: 'strict', eval: ([v = null], cx, [type = TEXT]) => jsonToCompactText(toJson(v, type, textContext(cx))) }],
    'A value’s JSON text (Flink).',
    [[`json_string('a')`, '"a"']],
  ),
  scalar('json_quote', [native(['varchar'], TEXT, quoteJson)], 'The text as a JSON string (Flink).', [[`json_quote('a"b')`, '"a\\"b"']]),
  scalar(
    'json_unquote',
    [
      native(['varchar'], TEXT, (s) => {
        const node = parseOrUndefined(s);
        return typeof node === 'string' ? node : s;
      }),
    ],
    'A JSON string’s text; anything else as it is (Flink).',
    [[`json_unquote('"a"')`, 'a']],
  ),
  scalar('is_json', [native(['varchar'], BOOLEAN, (s) => parseOrUndefined(s) !== undefined), native(['varchar', 'varchar'], BOOLEAN, isJsonOf)], '`x IS JSON`: whether the text is JSON.', [[`is_json('{"a":1}')`, 't'], [`is_json('{')`, 'f']]),
  scalar('parse_json', [native(['varchar'], JSONB, (s) => fromJsonText(s))], 'JSON text as jsonb (Flink’s VARIANT).', [[`parse_json('[1]')`, '[1]']]),
  scalar('try_parse_json', [native(['varchar'], JSONB, (s) => optional(parseOrUndefined(s)))], 'As parse_json; NULL when the text is no JSON.', [[`try_parse_json('{')`, null]]),
  scalar('jsonb_object', [native([TEXTS], JSONB, (list) => json(jsonObject(textPairs(list))))], 'An object of alternating texts.', [[`jsonb_object('{a,1,b,2}')`, '{"a": "1", "b": "2"}']]),
  scalar('jsonb_object_keys_array', [native(['jsonb'], arrayOf(TEXT), (j) => (isJsonObject(j.json) ? jsonKeys(j.json) : null))], 'The keys of an object as an array.', [[`jsonb_object_keys_array('{"b":1,"a":2}')`, '{a,b}']]),
];

/** IS JSON VALUE, SCALAR, ARRAY, OBJECT. */
function isJsonOf(text: string, what: string): boolean {
  const node = parseOrUndefined(text);
  if (node === undefined) return false;
  switch (what.toLowerCase()) {
    case 'array':
      return isJsonArray(node);
    case 'object':
      return isJsonObject(node);
    case 'scalar':
      return isScalarNode(node);
    default:
      return true;
  }
}

function textPairs(list: readonly Value[]): [string, JsonNode][] {
  if (list.length % 2 !== 0) throw new SqlError('array_subscript_error', 'array must have even number of elements');
  const out: [string, JsonNode][] = [];
  for (let i = 0; i < list.length; i += 2) {
    const key = list[i] ?? null;
    if (key === null) throw new SqlError('null_value_not_allowed', 'null value not allowed for object key');
    out.push([key as string, list[i + 1] as string | null]);
  }
  return out;
}
