import { dateToText, timestampToText, timestamptzToText } from '../common/types/datetime-text.ts';
import { jsonFromText, jsonObject } from '../common/types/json.ts';
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

/** JSON dates carry minutes in their offset: `+00:00`. */
const isoOffset = (text: string): string => text.replace(/([+-]\d{2})$/, '$1:00');
