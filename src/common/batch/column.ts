import type { Value } from '../types/value.ts';

/**
 * The columns of a batch. All are read-only once the batch has been emitted; arrays may be longer than the batch (they
 * are pooled): only `[0, rowCount)` is meaningful. `nulls[i] === 1` marks a NULL; `nulls` is null when there is none, and
 * the value under a NULL is unspecified.
 */
export type Column = BoolColumn | I32Column | I64Column | F64Column | BytesColumn | BoxedColumn;

export interface BoolColumn {
  readonly physical: 'bool';
  readonly values: Uint8Array;
  readonly nulls: Uint8Array | null;
}
export interface I32Column {
  readonly physical: 'i32';
  readonly values: Int32Array;
  readonly nulls: Uint8Array | null;
}
/** `words` aliases `values` on the same buffer: word 2i is the low half, 2i+1 the high half (little endian). */
export interface I64Column {
  readonly physical: 'i64';
  readonly values: BigInt64Array;
  readonly words: Int32Array;
  readonly nulls: Uint8Array | null;
}
export interface F64Column {
  readonly physical: 'f64';
  readonly values: Float64Array;
  readonly nulls: Uint8Array | null;
}
/**
 * References into one shared, immutable buffer. The buffer may be larger than what is referenced (a fetch response, a
 * file chunk, a state arena) and rows may share bytes; whoever keeps a value beyond the batch copies its bytes.
 */
export interface BytesColumn {
  readonly physical: 'bytes';
  readonly data: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly nulls: Uint8Array | null;
}
/** The fallback: one JS value a row, see `Value`. */
export interface BoxedColumn {
  readonly physical: 'boxed';
  readonly values: Value[];
  readonly nulls: Uint8Array | null;
}

export function i64Column(values: BigInt64Array, nulls: Uint8Array | null): I64Column {
  return { physical: 'i64', values, words: new Int32Array(values.buffer, values.byteOffset, values.length * 2), nulls };
}
