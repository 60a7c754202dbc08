/**
 * The SQL types, as values. Two types are the same when `typeEquals` says so; the name a user sees comes from `typeName`.
 *
 * `physicalOf` gives the column layout. Reasons for the layouts: docs/design/0001-columns-and-batches.md.
 * Timestamps count microseconds (range as PostgreSQL's), so TIMESTAMP(7..9) is refused rather than cut.
 */
export type SqlType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'tinyint' }
  | { readonly kind: 'smallint' }
  | { readonly kind: 'int' }
  | { readonly kind: 'bigint' }
  | { readonly kind: 'real' }
  | { readonly kind: 'double' }
  /** Fixed scale: DECIMAL(p, s), 1 <= p <= 38, 0 <= s <= p. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** PostgreSQL's bare `numeric`: each value has its own scale. */
  | { readonly kind: 'numeric' }
  /** `length` counts code points; values are padded with blanks. */
  | { readonly kind: 'char'; readonly length: number }
  /** `length` counts code points; undefined is unlimited (TEXT, STRING). */
  | { readonly kind: 'varchar'; readonly length?: number }
  /** `length` counts bytes: BINARY(n) when `fixed` (values are filled up with zero bytes), else VARBINARY(n); undefined is unlimited (BYTES, BYTEA). */
  | { readonly kind: 'bytea'; readonly length?: number; readonly fixed?: boolean }
  /** Days since 1970-01-01. */
  | { readonly kind: 'date' }
  /** Microseconds since midnight. */
  | { readonly kind: 'time'; readonly precision: number }
  /** Microseconds since 1970-01-01 00:00 without zone; precision 0..6 digits. */
  | { readonly kind: 'timestamp'; readonly precision: number }
  /** TIMESTAMP_LTZ / TIMESTAMPTZ: microseconds since 1970-01-01 00:00 UTC. */
  | { readonly kind: 'timestamptz'; readonly precision: number }
  | { readonly kind: 'interval' }
  | { readonly kind: 'array'; readonly element: SqlType }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'row'; readonly fields: readonly RowField[] }
  | { readonly kind: 'jsonb' }
  | { readonly kind: 'json' }
  | { readonly kind: 'uuid' }
  /** Catalog types: an unsigned number, and names resolved through the catalog. */
  | { readonly kind: 'oid' }
  | { readonly kind: 'regclass' }
  | { readonly kind: 'regtype' }
  | { readonly kind: 'regproc' }
  | { readonly kind: 'regnamespace' }
  /** PostgreSQL's `name` and `"char"`, for its catalogs. */
  | { readonly kind: 'name' }
  | { readonly kind: 'internalchar' }
  /** The type of an untyped literal or NULL until context decides. */
  | { readonly kind: 'unknown' };

export interface RowField {
  readonly name: string;
  readonly type: SqlType;
}

export type TypeKind = SqlType['kind'];

/**
 * The layout of a column.
 * - `bool`  Uint8Array of 0 and 1
 * - `i32`   Int32Array: tinyint, smallint, int, date, oid family (oid as its unsigned bits)
 * - `i64`   BigInt64Array with an Int32Array alias: bigint, time, timestamps, decimal with precision <= 18 (scaled)
 * - `f64`   Float64Array: real (rounded to float32), double
 * - `bytes` UTF-8 or raw bytes by (offset, length): char, varchar, name, bytea, uuid (16 raw bytes)
 * - `boxed` one JS value a row: numeric and decimal over 18 digits (`Numeric`), interval (`Interval`), jsonb (JSON
 *   value), array (`Value[]`), row (`Value[]`), map (`[key, value][]`)
 */
export type Physical = 'bool' | 'i32' | 'i64' | 'f64' | 'bytes' | 'boxed';

export function physicalOf(type: SqlType): Physical {
  switch (type.kind) {
    case 'boolean':
      return 'bool';
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return 'i32';
    case 'bigint':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'i64';
    case 'decimal':
      return type.precision <= 18 ? 'i64' : 'boxed';
    case 'real':
    case 'double':
      return 'f64';
    case 'char':
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'bytea':
    case 'uuid':
    case 'json':
    case 'unknown':
      return 'bytes';
    case 'numeric':
    case 'interval':
    case 'array':
    case 'map':
    case 'row':
    case 'jsonb':
      return 'boxed';
  }
}

export const BOOLEAN: SqlType = { kind: 'boolean' };
export const TINYINT: SqlType = { kind: 'tinyint' };
export const SMALLINT: SqlType = { kind: 'smallint' };
export const INT: SqlType = { kind: 'int' };
export const BIGINT: SqlType = { kind: 'bigint' };
export const REAL: SqlType = { kind: 'real' };
export const DOUBLE: SqlType = { kind: 'double' };
export const NUMERIC: SqlType = { kind: 'numeric' };
export const TEXT: SqlType = { kind: 'varchar' };
export const BYTEA: SqlType = { kind: 'bytea' };
export const DATE: SqlType = { kind: 'date' };
export const TIME: SqlType = { kind: 'time', precision: 6 };
export const TIMESTAMP: SqlType = { kind: 'timestamp', precision: 6 };
export const TIMESTAMPTZ: SqlType = { kind: 'timestamptz', precision: 6 };
export const INTERVAL: SqlType = { kind: 'interval' };
export const JSONB: SqlType = { kind: 'jsonb' };
export const UUID: SqlType = { kind: 'uuid' };
export const OID: SqlType = { kind: 'oid' };
export const NAME: SqlType = { kind: 'name' };
export const UNKNOWN: SqlType = { kind: 'unknown' };
export const arrayOf = (element: SqlType): SqlType => ({ kind: 'array', element });
export const decimalOf = (precision: number, scale: number): SqlType => ({ kind: 'decimal', precision, scale });

/** Same type, modifiers (length, precision, scale) included. */
export function typeEquals(a: SqlType, b: SqlType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'decimal': {
      const o = b as typeof a;
      return a.precision === o.precision && a.scale === o.scale;
    }
    case 'char':
    case 'varchar':
      return a.length === (b as typeof a).length;
    case 'bytea': {
      const o = b as typeof a;
      return a.length === o.length && (a.fixed === true) === (o.fixed === true);
    }
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return a.precision === (b as typeof a).precision;
    case 'array':
      return typeEquals(a.element, (b as typeof a).element);
    case 'map': {
      const o = b as typeof a;
      return typeEquals(a.key, o.key) && typeEquals(a.value, o.value);
    }
    case 'row': {
      const o = b as typeof a;
      return (
        a.fields.length === o.fields.length &&
        a.fields.every((f, i) => {
          const g = o.fields[i];
          return g !== undefined && f.name === g.name && typeEquals(f.type, g.type);
        })
      );
    }
    default:
      return true;
  }
}

/** The name as PostgreSQL's `format_type` prints it (Flink-only types keep Flink's spelling). */
export function typeName(type: SqlType): string {
  switch (type.kind) {
    case 'int':
      return 'integer';
    case 'double':
      return 'double precision';
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`;
    case 'char':
      return `character(${type.length})`;
    case 'varchar':
      return type.length === undefined ? 'text' : `character varying(${type.length})`;
    case 'bytea':
      return type.length === undefined ? 'bytea' : `${type.fixed === true ? 'binary' : 'varbinary'}(${type.length})`;
    case 'time':
      return type.precision === 6 ? 'time without time zone' : `time(${type.precision}) without time zone`;
    case 'timestamp':
      return type.precision === 6 ? 'timestamp without time zone' : `timestamp(${type.precision}) without time zone`;
    case 'timestamptz':
      return type.precision === 6 ? 'timestamp with time zone' : `timestamp(${type.precision}) with time zone`;
    case 'array':
      return `${typeName(type.element)}[]`;
    case 'map':
      return `map<${typeName(type.key)},${typeName(type.value)}>`;
    case 'row':
      return `row<${type.fields.map((f) => `${f.name} ${typeName(f.type)}`).join(', ')}>`;
    case 'internalchar':
      return '"char"';
    default:
      return type.kind;
  }
}
