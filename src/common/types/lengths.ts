import { BYTEA, TEXT, type SqlType } from './sql-type.ts';
import { fitBytes, fitChar, fitVarchar } from './text-length.ts';
import type { Value } from './value.ts';

/** Lengths of texts and bytes, also inside of arrays, maps and rows. */

/** The type with room for any text and any bytes; the same object where it has that already. */
export function withoutLengths(type: SqlType): SqlType {
  if (!hasLengths(type)) return type;
  switch (type.kind) {
    case 'varchar':
    case 'char':
      return TEXT;
    case 'bytea':
      return BYTEA;
    case 'array':
      return { ...type, element: withoutLengths(type.element) };
    case 'map':
      return { ...type, key: withoutLengths(type.key), value: withoutLengths(type.value) };
    case 'row':
      return { ...type, fields: type.fields.map((f) => ({ ...f, type: withoutLengths(f.type) })) };
    default:
      return type;
  }
}

/** Whether a value can be too long for the type. */
export function hasLengths(type: SqlType): boolean {
  switch (type.kind) {
    case 'varchar':
    case 'bytea':
      return type.length !== undefined;
    case 'char':
      return true;
    case 'array':
      return hasLengths(type.element);
    case 'map':
      return hasLengths(type.key) || hasLengths(type.value);
    case 'row':
      return type.fields.some((f) => hasLengths(f.type));
    default:
      return false;
  }
}

/** The value as a column of the type stores it: filled up. Errors: string_data_right_truncation where something would be lost. */
export function storedWithin(value: Value, type: SqlType): Value {
  if (value === null || !hasLengths(type)) return value;
  switch (type.kind) {
    case 'varchar':
      return fitVarchar(value as string, type.length ?? Number.MAX_SAFE_INTEGER, true);
    case 'char':
      return fitChar(value as string, type.length ?? 1, true);
    case 'bytea':
      return fitBytes(value as Uint8Array, type.length, type.fixed === true, true);
    case 'array':
      return (value as Value[]).map((v) => storedWithin(v, type.element));
    case 'map':
      return (value as [Value, Value][]).map(([k, v]): [Value, Value] => [storedWithin(k, type.key), storedWithin(v, type.value)]);
    case 'row':
      return (value as Value[]).map((v, i) => storedWithin(v, type.fields[i]?.type ?? TEXT));
    default:
      return value;
  }
}
