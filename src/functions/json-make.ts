import { SqlError } from '../common/errors.ts';
import { jsonToText, quoteJson } from '../common/types/json.ts';
import { TEXT, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { JsonNode, Value } from '../common/types/value.ts';
import type { EvalContext, FunctionDef } from './define.ts';
import { textContext } from './session-text.ts';
import { toJson } from './to-json.ts';

/** Objects and arrays from arguments of any type. */

export const nodes = (values: readonly Value[], cx: EvalContext, types: readonly SqlType[]): JsonNode[] =>
  values.map((v, i) => toJson(v, types[i] ?? TEXT, textContext(cx)));

const NOT_KEYS: ReadonlySet<string> = new Set(['array', 'row', 'map', 'multiset', 'json', 'jsonb']);

export function pairs(values: readonly Value[], cx: EvalContext, types: readonly SqlType[]): [string, JsonNode][] {
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
export const spacedObject = (entries: readonly (readonly [string, JsonNode])[]): string => `{${entries.map(([k, v]) => `${quoteJson(k)} : ${jsonToText(v)}`).join(', ')}}`;

/** An entry over arguments of any types and number. */
export const build = (name: string, returns: SqlType, fn: (values: readonly Value[], cx: EvalContext, types: readonly SqlType[]) => Value, doc: string, examples: FunctionDef['examples']): FunctionDef => ({ kind: 'scalar', name, overloads: [{ args: [], variadic: 'any', returns, volatility: 'stable', nulls: 'custom', eval: fn }], doc, examples });

export function textPairs(list: readonly Value[]): [string, JsonNode][] {
  if (list.length % 2 !== 0) throw new SqlError('array_subscript_error', 'array must have even number of elements');
  const out: [string, JsonNode][] = [];
  for (let i = 0; i < list.length; i += 2) {
    const key = list[i] ?? null;
    if (key === null) throw new SqlError('null_value_not_allowed', 'null value not allowed for object key');
    out.push([key as string, list[i + 1] as string | null]);
  }
  return out;
}

/** Errors: array_subscript_error when the two differ in length, null_value_not_allowed for a key. */
export function zipped(keys: readonly Value[], values: readonly Value[]): [string, JsonNode][] {
  if (keys.length !== values.length) throw new SqlError('array_subscript_error', 'mismatched array dimensions');
  return textPairs(keys.flatMap((k, i) => [k, values[i] ?? null]));
}
