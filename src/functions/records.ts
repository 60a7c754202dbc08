import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonFromText, jsonToText } from '../common/types/json.ts';
import { TEXT, type SqlType } from '../common/types/sql-type.ts';
import { textIn, type TextInput } from '../common/types/text-codec.ts';
import type { Json, JsonNode, Value } from '../common/types/value.ts';
import { typeOfArgument } from './build.ts';
import type { FunctionDef, TableFunction } from './define.ts';
import { textContext } from './session-text.ts';

/**
 * Typed values from JSON: members become fields by name, arrays and objects arrays, rows and maps, everything else is read from
 * its text. Errors: those of reading a text; invalid_parameter_value where JSON has another shape than the type.
 */
export function fromJson(node: JsonNode, type: SqlType, cx: TextInput): Value {
  if (type.kind === 'jsonb') return { json: node };
  if (type.kind === 'json') return jsonToText(node);
  if (node === null) return null;
  if (type.kind === 'array' && isJsonArray(node)) return node.map((item) => fromJson(item, type.element, cx));
  if (type.kind === 'row' && isJsonObject(node)) return record(null, node, type, cx);
  if (type.kind === 'map' && isJsonObject(node)) return Object.entries(node).map(([k, v]): [Value, Value] => [fromJson(k, type.key, cx), fromJson(v, type.value, cx)]);
  if ((type.kind === 'array' || type.kind === 'row' || type.kind === 'map') && typeof node !== 'string') {
    throw new SqlError('invalid_text_representation', `expected JSON ${type.kind === 'array' ? 'array' : 'object'}`);
  }
  return textIn(typeof node === 'string' ? node : jsonToText(node), type, cx);
}

type RowType = SqlType & { readonly kind: 'row' };

/** Fields that the object lacks keep the base's values. */
function record(base: readonly Value[] | null, object: { readonly [key: string]: JsonNode }, type: RowType, cx: TextInput): Value[] {
  return type.fields.map((f, i) => {
    const node = object[f.name];
    return node === undefined ? (base?.[i] ?? null) : fromJson(node, f.type, cx);
  });
}

function rowType(type: SqlType | undefined): RowType {
  if (type?.kind === 'row' && type.fields.length > 0) return type;
  throw new SqlError('datatype_mismatch', 'first argument must be a row type', { hint: 'Write NULL::ROW<a INT, b TEXT>, or a column definition list: jsonb_to_record(j) AS t(a int, b text).' });
}

function objectOf(node: JsonNode, what: string): { readonly [key: string]: JsonNode } {
  if (isJsonObject(node)) return node;
  throw new SqlError('invalid_parameter_value', `cannot call ${what} on ${isJsonArray(node) ? 'an array' : 'a scalar'}`);
}

function populate(name: string, from: 'json' | 'jsonb', many: boolean): TableFunction {
  const nodeOf = (v: Value): JsonNode => (from === 'json' ? jsonFromText(v as string) : (v as Json).json);
  return {
    kind: 'table', name,
    overloads: [{
      args: ['anyelement', from], returns: ([type]) => rowType(type).fields, volatility: 'stable',
      eval: ([base = null, v = null], cx, [type]) => {
        const row = rowType(type);
        if (v === null) return many || base === null ? [] : [base as Value[]];
        const node = nodeOf(v);
        if (many && !isJsonArray(node)) throw new SqlError('invalid_parameter_value', `cannot call ${name} on ${isJsonObject(node) ? 'an object' : 'a scalar'}`);
        const text = textContext(cx);
        return (many && isJsonArray(node) ? node : [node]).map((item) => record(base as Value[] | null, objectOf(item, name), row, text));
      },
    }],
    doc: `${many ? 'A row for each object of an array' : 'An object as a row'} of the first argument’s type; what the object lacks is taken from the first argument. Of ${from}.`,
    examples: [],
  };
}

/** Functions whose columns a column definition list gives, and the one that takes a row type in its place. */
export const RECORD_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['jsonb_to_record', 'jsonb_populate_record'], ['jsonb_to_recordset', 'jsonb_populate_recordset'], ['json_to_record', 'json_populate_record'], ['json_to_recordset', 'json_populate_recordset'],
]);

export const recordFunctions: readonly FunctionDef[] = [
  populate('jsonb_populate_record', 'jsonb', false),
  populate('jsonb_populate_recordset', 'jsonb', true),
  populate('json_populate_record', 'json', false),
  populate('json_populate_recordset', 'json', true),
  {
    kind: 'scalar', name: 'json_as',
    overloads: [{
      args: ['anyelement', 'jsonb'], returns: typeOfArgument(0), volatility: 'stable', nulls: 'custom',
      eval: ([, v = null], cx, [type = TEXT]) => (v === null ? null : fromJson((v as Json).json, type, textContext(cx))),
    }],
    doc: 'JSON as a value of the first argument’s type: JSON_QUERY(… RETURNING ARRAY<…>).', examples: [],
  },
];
