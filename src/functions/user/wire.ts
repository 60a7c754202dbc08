import { SqlError } from '../../common/errors.ts';
import { fromHex, hex } from '../../common/types/bytes-text.ts';
import { jsonFromText, jsonToCompactText } from '../../common/types/json.ts';
import { fitBytes, fitChar, fitVarchar } from '../../common/types/text-length.ts';
import { textIn, textOut } from '../../common/types/text-codec.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import type { Json, Value } from '../../common/types/value.ts';
import { roundMicros } from '../../common/types/datetime-text.ts';

/** Values on their way in and out of the sandbox: JSON in the forms that `guest.ts` lists. */

export type Wire = null | boolean | number | string | readonly Wire[];

export function toWire(type: SqlType, value: Value): Wire {
  if (value === null) return null;
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
    case 'char':
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return value as Wire;
    case 'real':
    case 'double':
      return Number.isFinite(value) ? (value as number) : String(value);
    case 'bigint':
    case 'timestamp':
    case 'timestamptz':
      return String(value);
    case 'bytea':
      return hex(value as Uint8Array);
    case 'jsonb':
      return jsonToCompactText((value as Json).json);
    case 'array':
      return (value as Value[]).map((v) => toWire(type.element, v));
    case 'map':
      return (value as [Value, Value][]).map(([k, v]) => [toWire(type.key, k), toWire(type.value, v)]);
    case 'row':
      return type.fields.map((f, i) => toWire(f.type, (value as Value[])[i] ?? null));
    case 'decimal':
    case 'numeric':
    case 'date':
    case 'time':
    case 'interval':
    case 'uuid':
      return textOut(value, type);
  }
}

const INT_RANGES: Readonly<Record<string, readonly [number, number]>> = { tinyint: [-128, 127], smallint: [-32768, 32767], int: [-2147483648, 2147483647], oid: [0, 4294967295] };
/** Without a clock: `now` and `today` are no texts of a time here. */
const INPUT = { timeZone: 'UTC' };

/** A whole number of an integer type. Errors: numeric_value_out_of_range. */
export function checkedInt(type: SqlType, n: unknown): number {
  if (typeof n !== 'number' || !Number.isInteger(n)) throw malformed(type);
  const [min, max] = INT_RANGES[type.kind] ?? [0, 4294967295];
  if (n < min || n > max) throw new SqlError('numeric_value_out_of_range', `${typeName(type)} out of range: ${n}`);
  return n;
}

/** The guest may have tampered with what its own side is made of: nothing is taken on trust. */
const malformed = (type: SqlType): SqlError => new SqlError('external_routine_exception', `a function gave no value of type ${typeName(type)}`);

function text(type: SqlType, wire: Wire): string {
  if (typeof wire !== 'string') throw malformed(type);
  return wire;
}

function items(type: SqlType, wire: Wire | undefined): readonly Wire[] {
  if (!Array.isArray(wire)) throw malformed(type);
  return wire as readonly Wire[];
}

/** Errors: those of reading a text as the type. The guest has checked what kind of value it is. */
export function fromWire(type: SqlType, wire: Wire): Value {
  if (wire === null) return null;
  switch (type.kind) {
    case 'boolean':
      if (typeof wire !== 'boolean') throw malformed(type);
      return wire;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return checkedInt(type, wire);
    case 'real':
      return Math.fround(Number(wire));
    case 'double':
      return Number(wire);
    case 'bigint':
      return BigInt(text(type, wire));
    case 'timestamp':
    case 'timestamptz': {
      const given = text(type, wire);
      return given.startsWith('=') ? textIn(given.slice(1), type, INPUT) : checkedTime(roundMicros(BigInt(given), type.precision));
    }
    case 'varchar':
      return fitVarchar(text(type, wire), type.length, true);
    case 'char':
      return fitChar(text(type, wire), type.length, true);
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return text(type, wire);
    case 'bytea':
      return fitBytes(fromHex(text(type, wire)), type.length, type.fixed === true, true);
    case 'jsonb':
      return { json: jsonFromText(text(type, wire)) };
    case 'array':
      return items(type, wire).map((w) => fromWire(type.element, w));
    case 'map':
      return items(type, wire).map((pair): [Value, Value] => {
        const [k, v] = items(type, pair);
        return [fromWire(type.key, k ?? null), fromWire(type.value, v ?? null)];
      });
    case 'row':
      return type.fields.map((f, i) => fromWire(f.type, items(type, wire)[i] ?? null));
    case 'decimal':
    case 'numeric':
    case 'date':
    case 'time':
    case 'interval':
    case 'uuid':
      return textIn(text(type, wire), type, INPUT);
  }
}

function checkedTime(micros: bigint): bigint {
  if (BigInt.asIntN(64, micros) !== micros) throw new SqlError('datetime_field_overflow', 'timestamp out of range');
  return micros;
}
