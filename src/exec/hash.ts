import type { Batch } from '../common/batch/batch.ts';
import type { BytesColumn, Column } from '../common/batch/column.ts';
import { unreachable } from '../common/errors.ts';
import { physicalOf, type SqlType } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { canonicalText, stripNumeric } from './canonical.ts';
import { KEY_GROUPS } from './state-api.ts';

/**
 * The one hash of keys: exchanges and state place rows by it, so that both agree for ever. Values that SQL calls equal
 * hash equal whatever their layout: integers by value, decimals by value and not by scale, -0 as 0, CHAR without its
 * padding, NULL as a constant. It is part of the checkpoint format: changing it needs a migration.
 */

/** Shared with generated code. */
export const HASH_SEED: number = 0x9e3779b9 | 0;
export const NULL_HASH: number = 0x5bd1e995 | 0;
export const HASH_HIGH = 0x27d4eb2f;
export const MIX_A = 0x85ebca6b;
export const MIX_B = 0xc2b2ae35;
const TEXT = new TextEncoder();

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const mix = (h: number): number => {
  h = Math.imul(h ^ (h >>> 16), MIX_A);
  h = Math.imul(h ^ (h >>> 13), MIX_B);
  return h ^ (h >>> 16);
};
const combine = (acc: number, h: number): number => mix((Math.imul(acc, 31) + h) | 0);

/** The key group of a hash. */
export const keyGroup = (hash: number): number => hash & (KEY_GROUPS - 1);

const hashI64 = (low: number, high: number): number => mix(low ^ Math.imul(high ^ (low >> 31), HASH_HIGH));

const f64 = new Float64Array(1);
const f64Words = new Int32Array(f64.buffer);
const i64 = new BigInt64Array(1);
const i64Words = new Int32Array(i64.buffer);

function hashF64(v: number): number {
  f64[0] = v === 0 ? 0 : v !== v ? NaN : v;
  return mix((f64Words[0] as number) ^ Math.imul(f64Words[1] as number, HASH_HIGH));
}

/** Four bytes at a time: reads through a view are twice as fast as gathering them from the array. */
function hashBytes(data: DataView, offset: number, length: number): number {
  let h = length | 0;
  let i = offset;
  const end = offset + length;
  for (; i + 4 <= end; i += 4) {
    h = Math.imul(h ^ Math.imul(data.getInt32(i, true), 0xcc9e2d51), 0x1b873593);
    h ^= h >>> 15;
  }
  for (; i < end; i++) h = Math.imul(h ^ data.getUint8(i), 0x01000193);
  return mix(h);
}

function hashText(text: string): number {
  const bytes = TEXT.encode(text);
  return hashBytes(viewOf(bytes), 0, bytes.length);
}

const SAFE = 2n ** 53n;
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Below 2^53 the quotient is the correctly rounded value, so that it doesn't depend on the scale. */
function hashNumeric(value: Numeric): number {
  if (value.special !== undefined) return hashText(value.special);
  let v = value;
  if (v.scale > 22 || v.unscaled >= SAFE || v.unscaled <= -SAFE) v = stripNumeric(v);
  if (v.scale <= 22 && v.unscaled < SAFE && v.unscaled > -SAFE) return hashF64(Number(v.unscaled) / (POWERS[v.scale] as number));
  return hashText(`${v.unscaled}e${v.scale}`);
}

/** Hash of one key value; agrees with `hashColumns`. */
export function hashValue(value: Value, type: SqlType): number {
  if (value === null) return NULL_HASH;
  switch (physicalOf(type)) {
    case 'bool':
      return mix(value === true ? 1 : 0);
    case 'i32':
      return mix(Number(value) | 0);
    case 'i64':
      if (type.kind === 'decimal') return hashNumeric(value as Numeric);
      i64[0] = value as bigint;
      return hashI64(i64Words[0] as number, i64Words[1] as number);
    case 'f64':
      return hashF64(value as number);
    case 'bytes': {
      const bytes = typeof value === 'string' ? TEXT.encode(value) : (value as Uint8Array);
      return hashBytes(viewOf(bytes), 0, type.kind === 'char' ? trimmed(bytes, 0, bytes.length) : bytes.length);
    }
    case 'boxed':
      return type.kind === 'numeric' || type.kind === 'decimal' ? hashNumeric(value as Numeric) : hashText(canonicalText(value, type));
  }
}

/** Hash of a whole key given as values; agrees with `hashColumns`. */
export function hashKey(values: readonly Value[], types: readonly SqlType[]): number {
  if (types.length === 0) return 0;
  let h = HASH_SEED;
  for (let c = 0; c < types.length; c++) h = combine(h, hashValue(values[c] ?? null, types[c] as SqlType));
  return h;
}

function trimmed(data: Uint8Array, offset: number, length: number): number {
  while (length > 0 && data[offset + length - 1] === 0x20) length--;
  return length;
}

/** One hash a row over the columns, which are the key in its order; a key of no columns is 0. */
export function hashColumns(columns: readonly Column[], types: readonly SqlType[], n: number): Int32Array {
  const out = new Int32Array(n);
  if (columns.length === 0) return out;
  out.fill(HASH_SEED);
  for (let c = 0; c < columns.length; c++) addColumn(out, columns[c] as Column, types[c] as SqlType, n);
  return out;
}

/** `hashColumns` over some columns of a batch. `types` are those of `keys`, in the same order. */
export function hashRows(batch: Batch, keys: readonly number[], types: readonly SqlType[]): Int32Array {
  return hashColumns(keys.map((k) => batch.columns[k] as Column), types, batch.rowCount);
}

function addColumn(out: Int32Array, column: Column, type: SqlType, n: number): void {
  switch (column.physical) {
    case 'bool':
      return addBool(out, column.values, column.nulls, n);
    case 'i32':
      return addI32(out, column.values, column.nulls, n);
    case 'i64':
      if (type.kind === 'decimal') return addDecimal(out, column.words, column.values, type.scale, column.nulls, n);
      return addI64(out, column.words, column.nulls, n);
    case 'f64':
      return addF64(out, column.values, column.nulls, n);
    case 'bytes':
      return addBytes(out, column, type.kind === 'char', n);
    case 'boxed':
      for (let i = 0; i < n; i++) {
        const v = column.nulls !== null && column.nulls[i] === 1 ? null : (column.values[i] ?? null);
        out[i] = combine(out[i] as number, hashValue(v, type));
      }
      return;
    default:
      unreachable(column);
  }
}

function addBool(out: Int32Array, values: Uint8Array, nulls: Uint8Array | null, n: number): void {
  for (let i = 0; i < n; i++) out[i] = combine(out[i] as number, nulls !== null && nulls[i] === 1 ? NULL_HASH : mix(values[i] as number));
}
function addI32(out: Int32Array, values: Int32Array, nulls: Uint8Array | null, n: number): void {
  for (let i = 0; i < n; i++) out[i] = combine(out[i] as number, nulls !== null && nulls[i] === 1 ? NULL_HASH : mix(values[i] as number));
}
function addI64(out: Int32Array, words: Int32Array, nulls: Uint8Array | null, n: number): void {
  for (let i = 0; i < n; i++) {
    const h = nulls !== null && nulls[i] === 1 ? NULL_HASH : hashI64(words[2 * i] as number, words[2 * i + 1] as number);
    out[i] = combine(out[i] as number, h);
  }
}
function addF64(out: Int32Array, values: Float64Array, nulls: Uint8Array | null, n: number): void {
  for (let i = 0; i < n; i++) out[i] = combine(out[i] as number, nulls !== null && nulls[i] === 1 ? NULL_HASH : hashF64(values[i] as number));
}
function addDecimal(out: Int32Array, words: Int32Array, values: BigInt64Array, scale: number, nulls: Uint8Array | null, n: number): void {
  const power = POWERS[scale] as number;
  for (let i = 0; i < n; i++) {
    let h = NULL_HASH;
    if (nulls === null || nulls[i] !== 1) {
      const high = words[2 * i + 1] as number;
      // |value| < 2^53 leaves at most 21 significant bits in the high word.
      h =
        high < 0x200000 && high > -0x200000
          ? hashF64((high * 4294967296 + ((words[2 * i] as number) >>> 0)) / power)
          : hashNumeric({ unscaled: values[i] as bigint, scale });
    }
    out[i] = combine(out[i] as number, h);
  }
}
function addBytes(out: Int32Array, column: BytesColumn, trim: boolean, n: number): void {
  const { data, offsets, lengths, nulls } = column;
  const view = viewOf(data);
  // References to the same bytes often follow each other.
  let known = 0;
  let knownAt = -1;
  let knownLength = 0;
  for (let i = 0; i < n; i++) {
    let h = NULL_HASH;
    if (nulls === null || nulls[i] !== 1) {
      const offset = offsets[i] as number;
      const length = lengths[i] as number;
      if (offset !== knownAt || length !== knownLength) {
        known = hashBytes(view, offset, trim ? trimmed(data, offset, length) : length);
        knownAt = offset;
        knownLength = length;
      }
      h = known;
    }
    out[i] = combine(out[i] as number, h);
  }
}
