import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonFromText, jsonKeys, jsonObject, jsonPretty, jsonToText, jsonTypeof } from '../common/types/json.ts';
import { BOOLEAN, INT, JSONB, TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import type { Json, JsonNode, Value } from '../common/types/value.ts';
import { native, operator, scalar } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { nodeText } from './json-element.ts';
import { build, nodes, pairs, textPairs, zipped } from './json-make.ts';
import { NULL_KEY, concat, contains, container, deleteIndex, deleteKey, deleteKeys, deletePath, follow, hasKey, item, member, setPath, stripNulls } from './jsonb-edit.ts';
import { evaluatePath, pathExists, PathError, pathTruth } from './jsonpath/evaluate.ts';
import { parsePath } from './jsonpath/parse.ts';
import type { JsonPath } from './jsonpath/path.ts';
import { textContext } from './session-text.ts';
import { toJson } from './to-json.ts';

/** jsonb operators and functions (PostgreSQL). */

const json = (node: JsonNode): Json => ({ json: node });
const optional = (node: JsonNode | undefined): Json | null => (node === undefined ? null : json(node));

/** jsonb and a path, then variables, then whether errors give NULL. */
function pathOverloads(returns: SqlType, result: (root: JsonNode, path: JsonPath, variables: JsonNode) => Value): ScalarOverload[] {
  const run = (j: Json, path: string, variables: Json | null, silent: boolean): Value => {
    try {
      return result(j.json, parsePath(path), variables?.json ?? null);
    } catch (error) {
      if (silent && error instanceof PathError) return null;
      throw error;
    }
  };
  // Not `native`: a boolean may be NULL.
  return [1, 2, 3].map((more) => ({
    args: (['jsonb', 'varchar', 'jsonb', 'boolean'] as const).slice(0, more + 1), returns, volatility: 'immutable', nulls: 'strict',
    eval: ([j, path, variables = null, quiet = false]) => run(j as Json, path as string, variables as Json | null, quiet === true),
  }));
}

/** As the operators have it: an error gives NULL. */
const silent = (result: (root: JsonNode, path: JsonPath) => Value): ScalarOverload[] => [
  {
    args: ['jsonb', 'varchar'], returns: BOOLEAN, volatility: 'immutable', nulls: 'strict',
    eval: ([j, path]) => {
      const compiled = parsePath(path as string);
      try {
        return result((j as Json).json, compiled);
      } catch (error) {
        if (error instanceof PathError) return null;
        throw error;
      }
    },
  },
];

const NULL_TREATMENTS: ReadonlySet<string> = new Set(['raise_exception', 'use_json_null', 'delete_key', 'return_target']);

/** jsonb_set, with a choice of what a NULL does. */
function setLax(j: Json, path: readonly Value[], value: Json | null, create: boolean, treatment: string): Json {
  if (value !== null) return json(setPath(container(j.json, 'set'), pathOf(path), value.json, create, false, false));
  if (!NULL_TREATMENTS.has(treatment)) {
    throw new SqlError('invalid_parameter_value', 'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"');
  }
  switch (treatment) {
    case 'raise_exception':
      throw new SqlError('null_value_not_allowed', 'JSON value must not be null', {
        detail: 'Exception was raised because null_value_treatment is "raise_exception".', hint: 'To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.',
      });
    case 'delete_key':
      return json(deletePath(container(j.json, 'delete'), pathOf(path)));
    case 'return_target':
      return j;
    default:
      return json(setPath(container(j.json, 'set'), pathOf(path), null, create, false, false));
  }
}

/** NULL anywhere but in the new value gives NULL. */
const setLaxOverload = (more: readonly ('boolean' | 'varchar')[]): ScalarOverload => ({
  args: ['jsonb', TEXTS, 'jsonb', ...more], returns: JSONB, volatility: 'immutable', nulls: 'custom',
  eval: ([j = null, path = null, value = null, create = true, treatment = 'use_json_null']) => {
    if (j === null || path === null || create === null) return null;
    if (treatment === null) throw new SqlError('invalid_parameter_value', 'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"');
    return setLax(j as Json, path as Value[], value as Json | null, create as boolean, treatment as string);
  },
});

function predicateOf(root: JsonNode, path: JsonPath, variables: JsonNode = null): boolean | null {
  const truth = pathTruth(evaluatePath(root, path, variables));
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

const pathOf = (path: readonly Value[]): string[] => path.map((k) => (k === null ? NULL_KEY : (k as string)));


const toJsonb: ScalarOverload['eval'] = ([v = null], cx, [type = TEXT]) => json(toJson(v, type, textContext(cx)));

export function arrayLength(j: Json): number {
  if (isJsonArray(j.json)) return j.json.length;
  throw new SqlError('invalid_parameter_value', `cannot get array length of ${isJsonObject(j.json) ? 'a non-array' : 'a scalar'}`);
}

export const jsonbFunctions: readonly FunctionDef[] = [
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
  operator('@?', silent(pathExists), 'Whether a JSON path leads anywhere; NULL when it cannot be followed.', [[`'{"a":[1,5]}'::jsonb @? '$.a[*] ? (@ > 4)'`, 't']]),
  operator('@@', silent(predicateOf), 'What a JSON path’s predicate says; NULL when it is none.', [[`'{"a":[1,5]}'::jsonb @@ '$.a[0] == 1'`, 't']]),
  scalar('jsonb_typeof', [native(['jsonb'], TEXT, (j) => jsonTypeof(j.json))], 'object, array, string, number, boolean or null.', [[`jsonb_typeof('[1]')`, 'array']]),
  scalar('jsonb_array_length', [native(['jsonb'], INT, arrayLength)], 'How many items an array has.', [[`jsonb_array_length('[1,2]')`, '2']]),
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
  scalar('jsonb_set_lax', [setLaxOverload([]), setLaxOverload(['boolean']), setLaxOverload(['boolean', 'varchar'])], 'As jsonb_set; what a NULL does is chosen: use_json_null, delete_key, return_target or raise_exception.', [[`jsonb_set_lax('{"a":1}', '{a}', null)`, '{"a": null}']]),
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
  scalar('jsonb_path_exists', pathOverloads(BOOLEAN, pathExists), 'Whether a JSON path leads anywhere. Further arguments: variables, and whether errors give NULL.', [[`jsonb_path_exists('{"a":[1,5]}', '$.a[*] ? (@ > 4)')`, 't']], ['jsonb_path_exists_tz']),
  scalar('jsonb_path_match', pathOverloads(BOOLEAN, predicateOf), 'What a JSON path’s predicate says.', [[`jsonb_path_match('{"a":[1,5]}', 'exists($.a[*] ? (@ > 5))')`, 'f']], ['jsonb_path_match_tz']),
  scalar('jsonb_path_query_first', pathOverloads(JSONB, (root, path, variables) => optional(evaluatePath(root, path, variables)[0])), 'The first part a JSON path leads to.', [[`jsonb_path_query_first('{"a":[1,2]}', '$.a[*]')`, '1'], [`jsonb_path_query_first('{"a":[1,2]}', '$.a[last] + $x', '{"x": 10}')`, '12']], ['jsonb_path_query_first_tz']),
  scalar('jsonb_path_query_array', pathOverloads(JSONB, (root, path, variables) => json(evaluatePath(root, path, variables))), 'All parts a JSON path leads to.', [[`jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] ? (@ >= 2)')`, '[2, 3]']], ['jsonb_path_query_array_tz']),
  build('jsonb_build_object', JSONB, (v, cx, types) => json(jsonObject(pairs(v, cx, types))), 'An object of alternating keys and values.', [[`jsonb_build_object('a', 1, 'b', null)`, '{"a": 1, "b": null}']]),
  build('jsonb_build_array', JSONB, (v, cx, types) => json(nodes(v, cx, types)), 'An array of the arguments.', [[`jsonb_build_array(1, 'a', null)`, '[1, "a", null]']]),
  scalar('to_jsonb', [{ args: ['anyelement'], returns: JSONB, volatility: 'stable', nulls: 'strict', eval: toJsonb }], 'Any value as jsonb.', [[`to_jsonb('a'::text)`, '"a"']]),
  scalar('jsonb_object', [native([TEXTS], JSONB, (list) => json(jsonObject(textPairs(list)))), native([TEXTS, TEXTS], JSONB, (keys, values) => json(jsonObject(zipped(keys, values))))], 'An object of alternating texts, or of keys and values.', [[`jsonb_object('{a,1,b,2}')`, '{"a": "1", "b": "2"}']]),
  scalar('jsonb_object_keys_array', [native(['jsonb'], arrayOf(TEXT), (j) => (isJsonObject(j.json) ? jsonKeys(j.json) : null))], 'The keys of an object as an array.', [[`jsonb_object_keys_array('{"b":1,"a":2}')`, '{a,b}']]),
];
