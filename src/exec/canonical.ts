import { unreachable } from '../common/errors.ts';
import { intervalSpan } from '../common/types/interval.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Interval, Json, JsonNode, Numeric, Value } from '../common/types/value.ts';

/** A number without trailing zeros after the point: equal numbers have one form. */
export function stripNumeric(value: Numeric): Numeric {
  if (value.special !== undefined || value.scale <= 0) return value;
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return { unscaled, scale };
}

function numericKey(value: Numeric): string {
  if (value.special !== undefined) return value.special;
  const { unscaled, scale } = stripNumeric(value);
  return scale === 0 ? String(unscaled) : `${unscaled}e${scale}`;
}

function jsonKey(node: JsonNode): string {
  if (node === null || typeof node === 'boolean') return String(node);
  if (typeof node === 'string') return JSON.stringify(node);
  if (Array.isArray(node)) return `[${node.map((n: JsonNode) => jsonKey(n)).join(',')}]`;
  if (isNumeric(node)) return numericKey(node);
  const object = node as { readonly [key: string]: JsonNode };
  return `{${Object.keys(object).sort().map((k) => `${JSON.stringify(k)}:${jsonKey(object[k] ?? null)}`).join(',')}}`;
}
const isNumeric = (node: object): node is Numeric => typeof (node as { unscaled?: unknown }).unscaled === 'bigint';

/**
 * A text that is the same for two non-NULL values exactly when SQL calls them equal (grouping, DISTINCT, `=`): numbers by
 * value, -0 as 0, intervals by their length, json objects whatever the order of keys. Of one type only.
 */
export function canonicalText(value: Value, type: SqlType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'numeric':
    case 'decimal':
      return numericKey(value as Numeric);
    case 'interval':
      return String(intervalSpan(value as Interval));
    case 'jsonb':
      return jsonKey((value as Json).json);
    case 'array':
      return `[${(value as Value[]).map((v) => canonicalText(v, type.element)).join(',')}]`;
    case 'row':
      return `(${(value as Value[]).map((v, i) => canonicalText(v, type.fields[i]?.type ?? { kind: 'unknown' })).join(',')})`;
    case 'map':
      return `{${(value as [Value, Value][]).map(([k, v]) => `${canonicalText(k, type.key)}=${canonicalText(v, type.value)}`).sort().join(',')}}`;
    case 'real':
    case 'double':
      return value === 0 ? '0' : String(value);
    case 'char':
      return JSON.stringify((value as string).replace(/ +$/, ''));
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return JSON.stringify(value);
    case 'bytea':
    case 'uuid':
      return `x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return String(value);
    default:
      return unreachable(type);
  }
}

/** The very same value: numbers with their scale, -0 apart from 0. */
export function identical(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((v, i) => v === b[i]);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => identical(v, b[i]));
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((k) => Object.hasOwn(y, k) && identical(x[k], y[k]));
}
