import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonFromText, jsonToCompactText, jsonTypeof } from '../common/types/json.ts';
import { BOOLEAN, INT, TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { JsonNode, Value } from '../common/types/value.ts';
import { native, scalar } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { isScalarNode, nodeText } from './json-element.ts';
import { evaluatePath, PathError } from './jsonpath/evaluate.ts';
import { parsePath } from './jsonpath/parse.ts';
import { oneAtPath } from './plain-path.ts';

/**
 * JSON_VALUE, JSON_QUERY and JSON_EXISTS, over JSON text and jsonb, and what their clauses are made of: whether a path gives a value,
 * nothing or an error, and wrapped results. The binder puts ON EMPTY and ON ERROR around them as a CASE; without them an error gives
 * NULL, or false of JSON_EXISTS. Source: Flink's built-in functions, SQL:2016.
 */

/** A value, nothing, an error. */
type State = 0 | 1 | 2;

/** What was found last: a call with clauses asks first what a path gives, then for it. */
let last: { readonly root: string | JsonNode; readonly isText: boolean; readonly path: string; readonly nodes: JsonNode[] | null } | undefined;

function found(root: string | JsonNode, isText: boolean, path: string): JsonNode[] | null {
  if (last === undefined || last.root !== root || last.path !== path || last.isText !== isText) last = { root, isText, path, nodes: follow(root, isText, path) };
  return last.nodes;
}

function follow(text: string | JsonNode, isText: boolean, path: string): JsonNode[] | null {
  const compiled = parsePath(path);
  let root: JsonNode = text;
  if (isText) {
    try {
      root = jsonFromText(text as string);
    } catch (error) {
      if (error instanceof SqlError) return null;
      throw error;
    }
  }
  try {
    return evaluatePath(root, compiled);
  } catch (error) {
    if (error instanceof PathError) return null;
    throw error;
  }
}

const stateOf = (nodes: JsonNode[] | null, fits: (nodes: readonly JsonNode[]) => boolean): State => (nodes === null ? 2 : nodes.length === 0 ? 1 : fits(nodes) ? 0 : 2);
const isScalar = ([first, second]: readonly JsonNode[]): boolean => first !== undefined && second === undefined && isScalarNode(first);
const isStructure = ([first, second]: readonly JsonNode[]): boolean => first !== undefined && second === undefined && !isScalarNode(first);

/** Alone, a structure needs no array around it where the wrapper is conditional. */
function wrapped(nodes: JsonNode[] | null, conditional: boolean): string | null {
  if (nodes === null || nodes.length === 0) return null;
  const [first] = nodes;
  return jsonToCompactText(conditional && first !== undefined && isStructure(nodes) ? first : nodes);
}

/** The value of a document, or undefined where its text is none. */
function documentOf(text: string): JsonNode | undefined {
  return found(text, true, '$')?.[0];
}

const lengthOf = (node: JsonNode | undefined): Value => (node === undefined ? null : isJsonArray(node) ? node.length : isJsonObject(node) ? Object.keys(node).length : 1);
const typeAt = (node: JsonNode | undefined): Value => (node === undefined ? null : jsonTypeof(node));

/** A function of a whole document, or of the one value at a plain path. */
function ofDocument(name: string, returns: SqlType, f: (node: JsonNode | undefined) => Value): ScalarOverload[] {
  const at = (node: JsonNode | undefined, path: string): Value => f(node === undefined ? undefined : oneAtPath(name, node, path));
  return [
    native(['jsonb'], returns, (j) => f(j.json)),
    native(['varchar'], returns, (text) => f(documentOf(text))),
    native(['json'], returns, (text) => f(documentOf(text))),
    native(['jsonb', 'varchar'], returns, (j, path) => at(j.json, path)),
    native(['varchar', 'varchar'], returns, (text, path) => at(documentOf(text), path)),
    native(['json', 'varchar'], returns, (text, path) => at(documentOf(text), path)),
  ];
}

const either = (returns: SqlType, f: (nodes: JsonNode[] | null) => Value): ScalarOverload[] => [
  native(['jsonb', 'varchar'], returns, (j, path) => f(found(j.json, false, path))),
  native(['varchar', 'varchar'], returns, (text, path) => f(found(text, true, path))),
  native(['json', 'varchar'], returns, (text, path) => f(found(text, true, path))),
];

export const sqlJsonFunctions: readonly FunctionDef[] = [
  scalar('json_value', either(TEXT, (nodes) => (nodes !== null && isScalar(nodes) ? nodeText(nodes[0]) : null)), 'The scalar at a path, as text; NULL when there is none (Flink).', [[`json_value('{"a": {"b": 1.0}}', '$.a.b')`, '1.0']]),
  scalar('json_query', either(TEXT, (nodes) => (nodes !== null && isStructure(nodes) ? jsonToCompactText(nodes[0] ?? null) : null)), 'The object or array at a path, as text; NULL when there is none (Flink).', [[`json_query('{"a": [1, 2]}', '$.a')`, '[1,2]']]),
  scalar('json_exists', either(BOOLEAN, (nodes) => nodes !== null && nodes.length > 0), 'Whether a path leads anywhere (Flink).', [[`json_exists('{"a": 1}', '$.b')`, 'f'], [`json_exists('{"a": 1}', 'strict $.b')`, 'f']]),
  scalar('json_value_state', either(INT, (nodes) => stateOf(nodes, isScalar)), 'What JSON_VALUE finds: 0 a value, 1 nothing, 2 an error.', [[`json_value_state('{"a": [1]}', '$.a')`, '2'], [`json_value_state('{}', '$.a')`, '1']]),
  scalar('json_query_state', either(INT, (nodes) => stateOf(nodes, isStructure)), 'What JSON_QUERY finds: 0 an object or array, 1 nothing, 2 an error.', [[`json_query_state('{"a": [1]}', '$.a')`, '0']]),
  scalar('json_wrapped_state', either(INT, (nodes) => stateOf(nodes, () => true)), 'What JSON_QUERY with a wrapper finds: 0 something, 1 nothing, 2 an error.', [[`json_wrapped_state('{"a": 1}', '$.a')`, '0']]),
  scalar('json_exists_state', either(INT, (nodes) => (nodes === null ? 2 : nodes.length === 0 ? 1 : 0)), 'What JSON_EXISTS finds: 0 something, 1 nothing, 2 an error.', [[`json_exists_state('{}', 'strict $.a')`, '2']]),
  scalar('json_query_wrapped', either(TEXT, (nodes) => wrapped(nodes, false)), 'JSON_QUERY WITH WRAPPER: the results as an array.', [[`json_query_wrapped('{"a": [1]}', '$.a')`, '[[1]]']]),
  scalar('json_query_wrapped_if_needed', either(TEXT, (nodes) => wrapped(nodes, true)), 'JSON_QUERY WITH CONDITIONAL WRAPPER: an array unless there is one object or array.', [[`json_query_wrapped_if_needed('{"a": [1]}', '$.a')`, '[1]']]),
  scalar('json_length', ofDocument('JSON_LENGTH', INT, lengthOf), 'How many members an object or items an array has, of the whole or at a path; 1 of a scalar. NULL for what is no JSON, and where the path leads nowhere or to several values (Flink).', [[`json_length('{"a": [1, 2, 3], "b": 4}')`, '2'], [`json_length('{"a": [1, 2, 3]}', '$.a')`, '3']]),
  scalar('json_type', ofDocument('JSON_TYPE', TEXT, typeAt), 'object, array, string, number, boolean or null, of the whole or at a path; NULL as of json_length (Flink).', [[`json_type('[1]')`, 'array'], [`json_type('[1]', '$[0]')`, 'number']]),
  scalar(
    'json_clause_error',
    [native(['varchar'], TEXT, (what) => {
      throw new SqlError('data_exception', what);
    })],
    'ERROR ON EMPTY and ERROR ON ERROR.',
    [],
  ),
];
