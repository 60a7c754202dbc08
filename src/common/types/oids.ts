import type { SqlType, TypeKind } from './sql-type.ts';
import { arrayOf } from './sql-type.ts';

/** PostgreSQL's numbers for our types: what RowDescription, binary arrays, pg_type and pg_attribute show. */

export interface PgType {
  readonly kind: TypeKind;
  readonly oid: number;
  readonly arrayOid: number;
  readonly typname: string;
  /** Bytes of a binary value, -1 when it varies. */
  readonly typlen: number;
  readonly category: string;
  readonly preferred: boolean;
  /** pg_type.typalign and typstorage. */
  readonly align: 'c' | 's' | 'i' | 'd';
  readonly byValue: boolean;
}

const row = (
  kind: TypeKind,
  oid: number,
  arrayOid: number,
  typname: string,
  typlen: number,
  category: string,
  align: PgType['align'],
  byValue: boolean,
  preferred = false,
): PgType => ({ kind, oid, arrayOid, typname, typlen, category, preferred, align, byValue });

/** One row per kind that has a PostgreSQL type; tinyint travels as int2, map as text. */
export const PG_TYPES: readonly PgType[] = [
  row('boolean', 16, 1000, 'bool', 1, 'B', 'c', true, true),
  row('bytea', 17, 1001, 'bytea', -1, 'U', 'i', false),
  row('internalchar', 18, 1002, 'char', 1, 'Z', 'c', true),
  row('name', 19, 1003, 'name', 64, 'S', 'c', false),
  row('bigint', 20, 1016, 'int8', 8, 'N', 'd', true),
  row('smallint', 21, 1005, 'int2', 2, 'N', 's', true),
  row('int', 23, 1007, 'int4', 4, 'N', 'i', true),
  row('regproc', 24, 1008, 'regproc', 4, 'N', 'i', true),
  row('varchar', 25, 1009, 'text', -1, 'S', 'i', false, true),
  row('oid', 26, 1028, 'oid', 4, 'N', 'i', true, true),
  row('json', 114, 199, 'json', -1, 'U', 'i', false),
  row('real', 700, 1021, 'float4', 4, 'N', 'i', true),
  row('double', 701, 1022, 'float8', 8, 'N', 'd', true, true),
  row('unknown', 705, 0, 'unknown', -2, 'X', 'c', false),
  row('char', 1042, 1014, 'bpchar', -1, 'S', 'i', false),
  row('date', 1082, 1182, 'date', 4, 'D', 'i', true),
  row('time', 1083, 1183, 'time', 8, 'D', 'd', true),
  row('timestamp', 1114, 1115, 'timestamp', 8, 'D', 'd', true),
  row('timestamptz', 1184, 1185, 'timestamptz', 8, 'D', 'd', true, true),
  row('interval', 1186, 1187, 'interval', 16, 'T', 'd', false, true),
  row('numeric', 1700, 1231, 'numeric', -1, 'N', 'i', false),
  row('regclass', 2205, 2210, 'regclass', 4, 'N', 'i', true),
  row('regtype', 2206, 2211, 'regtype', 4, 'N', 'i', true),
  row('row', 2249, 2287, 'record', -1, 'P', 'd', false),
  row('uuid', 2950, 2951, 'uuid', 16, 'U', 'c', false),
  row('jsonb', 3802, 3807, 'jsonb', -1, 'U', 'i', false),
  row('regnamespace', 4089, 4090, 'regnamespace', 4, 'N', 'i', true),
];

export const VARCHAR_OID = 1043;
export const VARCHAR_ARRAY_OID = 1015;
const INT2VECTOR_OID = 22;
const OIDVECTOR_OID = 30;

const byKind = new Map(PG_TYPES.map((t) => [t.kind, t]));
const byOid = new Map(PG_TYPES.map((t) => [t.oid, t]));
const byArrayOid = new Map(PG_TYPES.filter((t) => t.arrayOid !== 0).map((t) => [t.arrayOid, t]));

/** The row of a type that is not an array. */
export function pgTypeOf(type: SqlType): PgType {
  const kind: TypeKind = type.kind === 'decimal' ? 'numeric' : type.kind === 'tinyint' ? 'smallint' : type.kind === 'map' ? 'varchar' : type.kind;
  const found = byKind.get(kind === 'array' ? 'varchar' : kind);
  if (found === undefined) throw new Error(`no PostgreSQL type for ${type.kind}`);
  return found;
}

/** pg_type.oid. Arrays of arrays have their innermost element's array type. */
export function typeOid(type: SqlType): number {
  if (type.kind === 'array') {
    let element = type.element;
    while (element.kind === 'array') element = element.element;
    if (element.kind === 'varchar' && element.length !== undefined) return VARCHAR_ARRAY_OID;
    return pgTypeOf(element).arrayOid;
  }
  if (type.kind === 'varchar' && type.length !== undefined) return VARCHAR_OID;
  return pgTypeOf(type).oid;
}

export function typeLength(type: SqlType): number {
  return type.kind === 'array' ? -1 : pgTypeOf(type).typlen;
}

/** atttypmod: -1 without modifiers. */
export function typeModifier(type: SqlType): number {
  switch (type.kind) {
    case 'decimal':
      return ((type.precision << 16) | type.scale) + 4;
    case 'varchar':
      return type.length === undefined ? -1 : type.length + 4;
    case 'char':
      return type.length + 4;
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return type.precision === 6 ? -1 : type.precision;
    case 'array':
      return typeModifier(type.element);
    default:
      return -1;
  }
}

/** The type of an OID and modifier, as clients send them; undefined when we have no such type. 0 is `unknown`. */
export function typeOfOid(oid: number, modifier = -1): SqlType | undefined {
  if (oid === 0) return { kind: 'unknown' };
  if (oid === VARCHAR_OID) return modifier >= 4 ? { kind: 'varchar', length: modifier - 4 } : { kind: 'varchar' };
  if (oid === VARCHAR_ARRAY_OID) return arrayOf({ kind: 'varchar' });
  if (oid === INT2VECTOR_OID) return arrayOf({ kind: 'smallint' });
  if (oid === OIDVECTOR_OID) return arrayOf({ kind: 'oid' });
  const found = byOid.get(oid);
  if (found !== undefined) return withModifier(found.kind, modifier);
  const element = byArrayOid.get(oid);
  return element === undefined ? undefined : arrayOf(withModifier(element.kind, modifier));
}

function withModifier(kind: TypeKind, modifier: number): SqlType {
  switch (kind) {
    case 'numeric':
      return modifier >= 4 ? { kind: 'decimal', precision: (modifier - 4) >> 16, scale: (modifier - 4) & 0x7ff } : { kind };
    case 'char':
      return modifier >= 4 ? { kind, length: modifier - 4 } : { kind: 'varchar' };
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return { kind, precision: modifier >= 0 && modifier <= 6 ? modifier : 6 };
    case 'row':
      return { kind, fields: [] };
    case 'varchar':
    case 'array':
    case 'map':
    case 'decimal':
      return { kind: 'varchar' };
    default:
      return { kind };
  }
}
