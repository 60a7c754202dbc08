import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonFromText, jsonObject, jsonToCompactText, jsonToText, jsonTypeof, quoteJson } from '../common/types/json.ts';
import { BOOLEAN, INT, JSONB, TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Json, JsonNode, Value } from '../common/types/value.ts';
import { native, operator, scalar } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { isScalarNode, nodeText } from './json-element.ts';
import { build, nodes, pairs, spacedObject } from './json-make.ts';
import { arrayLength } from './jsonb.ts';
import { follow, stripNulls } from './jsonb-edit.ts';
import { textContext, type SessionText } from './session-text.ts';
import { jsonItems, toJson, toJsonString } from './to-json.ts';

/** JSON as text: PostgreSQL's json functions, Flink's JSON functions without clauses. */

const JSON_TYPE: SqlType = { kind: 'json' };
const json = (node: JsonNode): Json => ({ json: node });
const optional = (node: JsonNode | undefined): Json | null => (node === undefined ? null : json(node));


/** Reads JSON text leniently: undefined when it is none. */
function parseOrUndefined(text: string): JsonNode | undefined {
  try {
    return jsonFromText(text);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

const fromJsonText = (text: string): Json => json(jsonFromText(text));

const TEXTS = { array: 'varchar' } as const;
const shown = (node: JsonNode | undefined): string | null => (node === undefined ? null : jsonToText(node));

/** Whether an object in a JSON text has a key twice. */
function repeatsKey(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    const [token, colon] = m;
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const key = token.slice(0, token.lastIndexOf('"') + 1);
      const keys = open.at(-1);
      if (keys?.has(key) === true) return true;
      keys?.add(key);
    }
  }
  return false;
}

function checkKeys(text: string, allowed: boolean): void {
  if (!allowed && repeatsKey(text)) throw new SqlError('duplicate_json_object_key_value', 'the JSON object has a key twice');
}

const pathOverload = (returns: SqlType, result: (node: JsonNode | undefined) => Value): ScalarOverload => ({
  args: ['json'], variadic: 'varchar', returns, volatility: 'immutable', nulls: 'strict', eval: ([j, ...path]) => result(follow(fromJsonText(j as string), path)),
});

function toJsonText(name: string, arg: 'anyelement' | 'anyarray', doc: string, example: readonly [string, string | null]): FunctionDef {
  // The items of the outermost array or row on lines of their own.
  const onLines = (v: Value, type: SqlType, cx: SessionText): string => (type.kind === 'array' ? `[${jsonItems(v, type, cx).join(',\n ')}]` : `{${jsonItems(v, type, cx).join(',\n ')}}`);
  const make = (more: readonly 'boolean'[]): ScalarOverload => ({
    args: [arg, ...more], returns: JSON_TYPE, volatility: 'stable', nulls: 'strict',
    eval: ([v = null, pretty = null], cx, [type = TEXT]) => (pretty === true && (type.kind === 'array' || type.kind === 'row') ? onLines : toJsonString)(v, type, textContext(cx)),
  });
  return scalar(name, [make([]), make(['boolean'])], doc, [example]);
}

export const jsonFunctions: readonly FunctionDef[] = [
  scalar('json_typeof', [native(['json'], TEXT, (j) => jsonTypeof(jsonFromText(j)))], 'As jsonb_typeof.', [[`json_typeof('1')`, 'number']]),
  scalar('json_array_length', [native(['json'], INT, (j) => arrayLength(fromJsonText(j)))], 'As jsonb_array_length.', [[`json_array_length('[1,2]')`, '2']]),
  build('json_build_object', JSON_TYPE, (v, cx, types) => spacedObject(pairs(v, cx, types)), 'As jsonb_build_object, as json.', [[`json_build_object('a', 1)`, '{"a" : 1}']]),
  build('json_build_array', JSON_TYPE, (v, cx, types) => jsonToText(nodes(v, cx, types)), 'As jsonb_build_array, as json.', [[`json_build_array(1, 'a')`, '[1, "a"]']]),
  scalar(
    'to_json',
    [{ args: ['anyelement'], returns: JSON_TYPE, volatility: 'stable', nulls: 'strict', eval: ([v = null], cx, [type = TEXT]) => toJsonString(v, type, textContext(cx)) }],
    'Any value as json.',
    [['to_json(array[1,2])', '[1,2]']],
  ),
  toJsonText('row_to_json', 'anyelement', 'A row as a JSON object; with `true`, a line for each field.', [`row_to_json(null)`, null]),
  toJsonText('array_to_json', 'anyarray', 'An array as JSON; with `true`, a line for each element.', ['array_to_json(array[1,2])', '[1,2]']),
  scalar('json_extract_path', [pathOverload(JSON_TYPE, (node) => (node === undefined ? null : jsonToText(node)))], 'The part at a path of keys.', [[`json_extract_path('{"a":{"b":1}}', 'a', 'b')`, '1']]),
  scalar('json_extract_path_text', [pathOverload(TEXT, nodeText)], 'The part at a path of keys, as text.', [[`json_extract_path_text('{"a":"x"}', 'a')`, 'x']]),
  operator('#>', [native(['json', TEXTS], JSON_TYPE, (j, path) => shown(follow(fromJsonText(j), path)))], 'The same of json.', []),
  operator('#>>', [native(['json', TEXTS], TEXT, (j, path) => nodeText(follow(fromJsonText(j), path)))], 'The same of json.', []),
  scalar('json_strip_nulls', [native(['json'], JSON_TYPE, (j) => jsonToCompactText(stripNulls(jsonFromText(j))))], 'Without members that are null.', [[`json_strip_nulls('{"a":null,"b":1}')`, '{"b":1}']]),
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
  scalar('parse_json', [native(['varchar'], JSONB, (s) => fromJsonText(s)), native(['varchar', 'boolean'], JSONB, (s, allow) => (checkKeys(s, allow), fromJsonText(s)))], 'JSON text as jsonb (Flink’s VARIANT). Of equal keys the last one stands; with a second argument of false they are an error.', [[`parse_json('[1]')`, '[1]']]),
  scalar('try_parse_json', [native(['varchar'], JSONB, (s) => optional(parseOrUndefined(s))), native(['varchar', 'boolean'], JSONB, (s, allow) => (allow || !repeatsKey(s) ? optional(parseOrUndefined(s)) : null))], 'As parse_json; NULL when the text is no JSON.', [[`try_parse_json('{')`, null]]),
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
