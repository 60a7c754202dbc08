import { SqlError } from '../../common/errors.ts';
import { fromHex, hex } from '../../common/types/bytes-text.ts';
import { jsonFromText, jsonToCompactText } from '../../common/types/json.ts';
import { fitBytes, fitChar, fitVarchar } from '../../common/types/text-length.ts';
import { textIn, textOut } from '../../common/types/text-codec.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import type { Json, Value } from '../../common/types/value.ts';
import { roundMicros } from '../../common/types/datetime-text.ts';
import { leafShape, type LeafType } from './shape.ts';

/** Values on their way in and out of the sandbox: JSON in the forms that `shape.ts` lists. */

export type Wire = null | boolean | number | string | readonly Wire[];

export function toWire(type: SqlType, value: Value): Wire {
  if (value === null) return null;
  switch (type.kind) {
    case 'array':
      return (value as Value[]).map((v) => toWire(type.element, v));
    case 'map':
      return (value as [Value, Value][]).map(([k, v]) => [toWire(type.key, k), toWire(type.value, v)]);
    case 'row':
      return type.fields.map((f, i) => toWire(f.type, (value as Value[])[i] ?? null));
    default:
      return leafToWire(type, value);
  }
}

function leafToWire(type: LeafType, value: Value): Wire {
  switch (leafShape(type)) {
    case 'o':
    case 'n':
    case 's':
      return value as Wire;
    case 'f':
      return Number.isFinite(value) ? (value as number) : String(value);
    case 'i':
    case 't':
      return String(value);
    case 'b':
      return hex(value as Uint8Array);
    case 'j':
      return type.kind === 'json' ? (value as string) : jsonToCompactText((value as Json).json);
    case 'd':
    case 'D':
    case 'v':
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
    case 'array':
      return items(type, wire).map((w) => fromWire(type.element, w));
    case 'map':
      return items(type, wire).map((pair): [Value, Value] => {
        const [k, v] = items(type, pair);
        return [fromWire(type.key, k ?? null), fromWire(type.value, v ?? null)];
      });
    case 'row':
      return type.fields.map((f, i) => fromWire(f.type, items(type, wire)[i] ?? null));
    case 'real':
      return Math.fround(Number(wire));
    case 'timestamp':
    case 'timestamptz': {
      const given = text(type, wire);
      return given.startsWith('=') ? textIn(given.slice(1), type, INPUT) : checkedTime(roundMicros(BigInt(given), type.precision));
    }
    case 'varchar':
      return fitVarchar(text(type, wire), type.length, true);
    case 'char':
      return fitChar(text(type, wire), type.length, true);
    case 'bytea':
      return fitBytes(fromHex(text(type, wire)), type.length, type.fixed === true, true);
    case 'jsonb':
      return { json: jsonFromText(text(type, wire)) };
    default:
      return leafFromWire(type, wire);
  }
}

/** Types whose form says all. */
function leafFromWire(type: LeafType, wire: Wire): Value {
  switch (leafShape(type)) {
    case 'o':
      if (typeof wire !== 'boolean') throw malformed(type);
      return wire;
    case 'n':
      return checkedInt(type, wire);
    case 'f':
      return Number(wire);
    case 'i':
      return BigInt(text(type, wire));
    case 's':
    case 'j':
      return text(type, wire);
    default:
      return textIn(text(type, wire), type, INPUT);
  }
}

function checkedTime(micros: bigint): bigint {
  if (BigInt.asIntN(64, micros) !== micros) throw new SqlError('datetime_field_overflow', 'timestamp out of range');
  return micros;
}
