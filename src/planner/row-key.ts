import { intervalSpan } from '../common/types/interval.ts';
import { jsonToText } from '../common/types/json.ts';
import { trimBlanks } from '../common/types/text-length.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Interval, Json, Numeric, Value } from '../common/types/value.ts';

/** Texts that are equal exactly when the values are (`compareValues` gives 0): for hash joins, groups and sets. */

type KeyOf = (value: Value) => string;

/** A value's key by its type; NULL has the key `~`, which no other value has. */
export function keyOf(type: SqlType): KeyOf {
  const inner = plainKeyOf(type);
  return (value) => (value === null ? '~' : inner(value));
}

/** The key of several values together. */
export function rowKeyOf(types: readonly SqlType[]): (values: readonly Value[]) => string {
  const keys = types.map(keyOf);
  return (values) => {
    let out = '';
    for (let i = 0; i < keys.length; i++) {
      const part = keys[i]?.(values[i] ?? null) ?? '~';
      out += `${part.length}:${part}`;
    }
    return out;
  };
}

function numericKey(n: Numeric): string {
  if (n.special !== undefined) return n.special;
  let { unscaled, scale } = n;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return scale === 0 ? String(unscaled) : `${unscaled}e${scale}`;
}

function plainKeyOf(type: SqlType): KeyOf {
  switch (type.kind) {
    case 'real':
    case 'double':
      return (v) => (v === 0 ? '0' : String(v));
    case 'decimal':
    case 'numeric':
      return (v) => numericKey(v as Numeric);
    case 'char':
      return (v) => `'${trimBlanks(v as string)}`;
    case 'varchar':
    case 'name':
    case 'json':
    case 'internalchar':
    case 'unknown':
      return (v) => `'${v as string}`;
    case 'bytea':
    case 'uuid':
      return (v) => Buffer.from(v as Uint8Array).toString('hex');
    case 'interval':
      return (v) => String(intervalSpan(v as Interval));
    case 'jsonb':
      return (v) => jsonToText((v as Json).json);
    case 'array': {
      const item = keyOf(type.element);
      return (v) => list((v as Value[]).map(item));
    }
    case 'row': {
      const fields = type.fields.map((f) => keyOf(f.type));
      return (v) => list((v as Value[]).map((x, i) => fields[i]?.(x) ?? '~'));
    }
    case 'map': {
      const key = keyOf(type.key);
      const value = keyOf(type.value);
      return (v) => list((v as [Value, Value][]).map(([k, x]) => list([key(k), value(x)])).sort());
    }
    default:
      return String;
  }
}

const list = (parts: readonly string[]): string => `[${parts.map((p) => `${p.length}:${p}`).join('')}]`;
