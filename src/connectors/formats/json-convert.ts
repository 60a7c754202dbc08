import type { SqlType } from '../../common/types/sql-type.ts';
import type { JsonNode, Numeric, Value } from '../../common/types/value.ts';
import { parseDate, parseNumeric, parseScalar, parseTime, parseTimestamp, ValueError, type TimestampStandard } from '../parse-value.ts';
import { JsonNumber, jsonTreeText, type JsonTree } from './json-tree.ts';

export interface JsonReadOptions {
  readonly standard: TimestampStandard;
  readonly failOnMissing: boolean;
  readonly ignoreErrors: boolean;
}

const kindOf = (t: JsonTree): string =>
  t === null ? 'null' : t instanceof JsonNumber ? 'a number' : typeof t === 'object' ? (t instanceof Map ? 'an object' : 'an array') : typeof t === 'string' ? 'a string' : 'a boolean';

function toJsonb(t: JsonTree): JsonNode {
  if (t instanceof JsonNumber) return parseNumeric(t.text) as Numeric;
  if (t === null || typeof t !== 'object') return t;
  if (t instanceof Map) return Object.fromEntries([...t].map(([k, v]) => [k, toJsonb(v)]));
  return (t as readonly JsonTree[]).map(toJsonb);
}

/** A JSON value as a value of `type`: numbers and booleans also from text, text from anything, as Flink reads them. Throws ValueError. */
export function convertJson(type: SqlType, t: JsonTree, o: JsonReadOptions): Value {
  if (type.kind === 'jsonb') return { json: toJsonb(t) };
  if (t === null) return null;
  switch (type.kind) {
    case 'varchar':
    case 'name':
    case 'unknown':
      return typeof t === 'string' ? t : jsonTreeText(t);
    case 'char':
      return parseScalar(type, typeof t === 'string' ? t : jsonTreeText(t));
    case 'json':
      return jsonTreeText(t);
    case 'boolean':
      if (typeof t === 'boolean') return t;
      break;
    case 'bytea':
      if (typeof t === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(t)) return new Uint8Array(Buffer.from(t, 'base64'));
      throw new ValueError('expected a base64 string');
    case 'date':
      if (typeof t === 'string') return parseDate(t);
      break;
    case 'time':
      if (typeof t === 'string') return parseTime(t, type.precision);
      break;
    case 'timestamp':
    case 'timestamptz':
      if (typeof t === 'string') return parseTimestamp(t, type.precision, type.kind === 'timestamptz', o.standard);
      throw new ValueError(`expected a timestamp string, found ${kindOf(t)}`);
    case 'array':
      if (Array.isArray(t)) return (t as readonly JsonTree[]).map((x) => attempt(type.element, x, o));
      throw new ValueError(`expected an array, found ${kindOf(t)}`);
    case 'map':
      if (t instanceof Map) return [...(t as ReadonlyMap<string, JsonTree>)].map(([k, v]): [Value, Value] => [parseScalar(type.key, k), attempt(type.value, v, o)]);
      throw new ValueError(`expected an object, found ${kindOf(t)}`);
    case 'row':
      if (t instanceof Map) {
        const members = t as ReadonlyMap<string, JsonTree>;
        return type.fields.map((f) => {
          const v = members.get(f.name);
          if (v === undefined && o.failOnMissing) throw new ValueError(`field "${f.name}" is missing`);
          return v === undefined ? null : attempt(f.type, v, o);
        });
      }
      throw new ValueError(`expected an object, found ${kindOf(t)}`);
    default:
      break;
  }
  if (t instanceof JsonNumber) return parseScalar(type, t.text);
  if (typeof t === 'string') return parseScalar(type, t);
  throw new ValueError(`expected ${type.kind}, found ${kindOf(t)}`);
}

function attempt(type: SqlType, t: JsonTree, o: JsonReadOptions): Value {
  if (!o.ignoreErrors) return convertJson(type, t, o);
  try {
    return convertJson(type, t, o);
  } catch (e) {
    if (e instanceof ValueError) return null;
    throw e;
  }
}
