/**
 * One SQL value as a JS value: what the interpreter, the naive evaluator, codecs and tests work on. Batches hold columns
 * instead. By type:
 *
 * boolean: boolean; tinyint, smallint, int, date, oid and reg*: number; bigint, time, timestamp, timestamptz: bigint;
 * real, double: number; decimal, numeric: Numeric; char, varchar, name, json, unknown: string; bytea, uuid: Uint8Array;
 * interval: Interval; jsonb: Json; array, row: Value[]; map: [Value, Value][] in insertion order. SQL NULL: null.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Numeric | Interval | Json | Value[] | [Value, Value][];

/** An exact decimal number: `unscaled / 10^scale`. `special` marks PostgreSQL's NaN and infinities. */
export interface Numeric {
  readonly unscaled: bigint;
  /** Digits after the point, 0 or more; kept for display as PostgreSQL keeps it. */
  readonly scale: number;
  readonly special?: 'NaN' | 'Infinity' | '-Infinity';
}

/** PostgreSQL's interval: three parts that do not convert into one another. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** A jsonb value, wrapped so that JSON null and SQL NULL differ. Numbers keep their digits as Numeric. */
export interface Json {
  readonly json: JsonNode;
}
export type JsonNode = null | boolean | string | Numeric | readonly JsonNode[] | { readonly [key: string]: JsonNode };

/** One row of values, by column. */
export type Row = readonly Value[];
