import { dateToText, timestampToText, timestamptzToText } from '../common/types/datetime-text.ts';
import { jsonFromText, jsonObject, jsonToCompactText, jsonToText, quoteJson } from '../common/types/json.ts';
import { numericFromBigint, numericFromInt, numericFromText } from '../common/types/numeric-text.ts';
import { floatToText } from '../common/types/float-text.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Json, JsonNode, Numeric, Value } from '../common/types/value.ts';
import type { SessionText } from './session-text.ts';

/** to_jsonb: any SQL value as JSON. Times are ISO 8601 texts; NaN and infinities become texts, as in PostgreSQL. */
export function toJson(value: Value, type: SqlType, cx: SessionText): JsonNode {
  if (value === null) return null;
  switch (type.kind) {
    case 'boolean':
      return value as boolean;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'oid':
      return numericFromInt(value as number);
    case 'bigint':
      return numericFromBigint(value as bigint);
    case 'real':
    case 'double': {
      const n = value as number;
      return Number.isFinite(n) ? numericFromText(floatToText(n, type.kind === 'real')) : floatToText(n);
    }
    case 'decimal':
    case 'numeric': {
      const n = value as Numeric;
      return n.special ?? n;
    }
    case 'jsonb':
      return (value as Json).json;
    case 'json':
      return jsonFromText(value as string);
    case 'array':
      return (value as Value[]).map((v) => toJson(v, type.element, cx));
    case 'row':
      return jsonObject(type.fields.map((f, i) => [f.name, toJson((value as Value[])[i] ?? null, f.type, cx)]));
    case 'map':
      return jsonObject((value as [Value, Value][]).map(([k, v]) => [textOut(k, type.key, cx), toJson(v, type.value, cx)]));
    case 'timestamp':
      return timestampToText(value as bigint).replace(' ', 'T');
    case 'timestamptz':
      return isoOffset(timestamptzToText(value as bigint, cx.timeZone).replace(' ', 'T'));
    case 'date':
      return dateToText(value as number);
    default:
      return textOut(value, type, cx);
  }
}

/** The same as json text: compact, but JSON among the value is as it stands, as PostgreSQL leaves it. */
export function toJsonString(value: Value, type: SqlType, cx: SessionText): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'json':
      return value as string;
    case 'jsonb':
      return jsonToText((value as Json).json);
    case 'array':
      return `[${jsonItems(value, type, cx).join(',')}]`;
    case 'row':
    case 'map':
      return `{${jsonItems(value, type, cx).join(',')}}`;
    default:
      return jsonToCompactText(toJson(value, type, cx));
  }
}

/** What stands between the brackets of an array, row or map. */
export function jsonItems(value: Value, type: SqlType, cx: SessionText): string[] {
  if (type.kind === 'array') return (value as Value[]).map((v) => toJsonString(v, type.element, cx));
  if (type.kind === 'row') return type.fields.map((f, i) => `${quoteJson(f.name)}:${toJsonString((value as Value[])[i] ?? null, f.type, cx)}`);
  if (type.kind === 'map') return (value as [Value, Value][]).map(([k, v]) => `${quoteJson(textOut(k, type.key, cx))}:${toJsonString(v, type.value, cx)}`);
  return [];
}

/** JSON dates carry minutes in their offset: `+00:00`. */
const isoOffset = (text: string): string => text.replace(/([+-]\d{2})$/, '$1:00');
