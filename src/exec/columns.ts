import { TARGET_BATCH_ROWS, type Batch } from '../common/batch/batch.ts';
import { unreachable } from '../common/errors.ts';
import { ScaledDecimals } from '../common/batch/scaled-decimals.ts';
import { i64Column, type Column } from '../common/batch/column.ts';
import { physicalOf, type Physical, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';

/**
 * Whole-column operations. Each layout has a loop of its own: a loop that saw several kinds of typed array would be
 * slow for all of them.
 */

/** Rows `indices[0..n)` of a column. Bytes are passed on by reference. A negative index gives NULL. */
export function gather(column: Column, indices: Int32Array, n: number): Column {
  const nulls = gatherNulls(column.nulls, indices, n);
  switch (column.physical) {
    case 'bool':
      return { physical: 'bool', values: gatherU8(column.values, indices, n), nulls };
    case 'i32':
      return { physical: 'i32', values: gatherI32(column.values, indices, n), nulls };
    case 'i64':
      return i64Column(gatherI64(column.words, indices, n), nulls);
    case 'f64':
      return { physical: 'f64', values: gatherF64(column.values, indices, n), nulls };
    case 'bytes':
      return {
        physical: 'bytes',
        data: column.data,
        offsets: gatherI32(column.offsets, indices, n),
        lengths: gatherI32(column.lengths, indices, n),
        nulls,
      };
    case 'boxed':
      if (column instanceof ScaledDecimals) return new ScaledDecimals(gatherI64(new Int32Array(column.scaled.buffer), indices, n), column.scale, nulls);
      return { physical: 'boxed', values: gatherBoxed(column.values, indices, n), nulls };
    default:
      return unreachable(column);
  }
}

function gatherNulls(nulls: Uint8Array | null, indices: Int32Array, n: number): Uint8Array | null {
  let out: Uint8Array | null = null;
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    if (k < 0 || (nulls !== null && nulls[k] === 1)) (out ??= new Uint8Array(n))[i] = 1;
  }
  return out;
}
function gatherU8(values: Uint8Array, indices: Int32Array, n: number): Uint8Array {
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    if (k >= 0) out[i] = values[k] as number;
  }
  return out;
}
function gatherI32(values: Int32Array, indices: Int32Array, n: number): Int32Array {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    if (k >= 0) out[i] = values[k] as number;
  }
  return out;
}
function gatherI64(words: Int32Array, indices: Int32Array, n: number): BigInt64Array {
  const values = new BigInt64Array(n);
  const out = new Int32Array(values.buffer);
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    if (k >= 0) {
      out[2 * i] = words[2 * k] as number;
      out[2 * i + 1] = words[2 * k + 1] as number;
    }
  }
  return values;
}
function gatherF64(values: Float64Array, indices: Int32Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    if (k >= 0) out[i] = values[k] as number;
  }
  return out;
}
function gatherBoxed(values: readonly Value[], indices: Int32Array, n: number): Value[] {
  const out: Value[] = [];
  for (let i = 0; i < n; i++) {
    const k = indices[i] as number;
    out.push(k < 0 ? null : (values[k] ?? null));
  }
  return out;
}

/** `a` followed by `b`, of one layout: rows `[0, aCount)` then `[aCount, aCount + bCount)`. */
export function concat(a: Column, aCount: number, b: Column, bCount: number): Column {
  const n = aCount + bCount;
  let nulls: Uint8Array | null = null;
  if (a.nulls !== null || b.nulls !== null) {
    nulls = new Uint8Array(n);
    if (a.nulls !== null) nulls.set(a.nulls.subarray(0, aCount));
    if (b.nulls !== null) nulls.set(b.nulls.subarray(0, bCount), aCount);
  }
  if (a.physical === 'bool' && b.physical === 'bool') {
    const values = new Uint8Array(n);
    values.set(a.values.subarray(0, aCount));
    values.set(b.values.subarray(0, bCount), aCount);
    return { physical: 'bool', values, nulls };
  }
  if (a.physical === 'i32' && b.physical === 'i32') return { physical: 'i32', values: concatI32(a.values, aCount, b.values, bCount), nulls };
  if (a.physical === 'i64' && b.physical === 'i64') {
    const values = new BigInt64Array(n);
    values.set(a.values.subarray(0, aCount));
    values.set(b.values.subarray(0, bCount), aCount);
    return i64Column(values, nulls);
  }
  if (a.physical === 'f64' && b.physical === 'f64') {
    const values = new Float64Array(n);
    values.set(a.values.subarray(0, aCount));
    values.set(b.values.subarray(0, bCount), aCount);
    return { physical: 'f64', values, nulls };
  }
  if (a.physical === 'bytes' && b.physical === 'bytes') {
    const lengths = concatI32(a.lengths, aCount, b.lengths, bCount);
    const offsets = concatI32(a.offsets, aCount, b.offsets, bCount);
    if (a.data === b.data) return { physical: 'bytes', data: a.data, offsets, lengths, nulls };
    let total = 0;
    for (let i = 0; i < n; i++) total += lengths[i] as number;
    const data = new Uint8Array(total);
    let pos = 0;
    for (let i = 0; i < n; i++) {
      const source = i < aCount ? a.data : b.data;
      const from = offsets[i] as number;
      const length = lengths[i] as number;
      offsets[i] = pos;
      for (let k = 0; k < length; k++) data[pos + k] = source[from + k] as number;
      pos += length;
    }
    return { physical: 'bytes', data, offsets, lengths, nulls };
  }
  if (a.physical === 'boxed' && b.physical === 'boxed') {
    return { physical: 'boxed', values: [...a.values.slice(0, aCount), ...b.values.slice(0, bCount)], nulls };
  }
  throw new TypeError(`columns of ${a.physical} and ${b.physical} cannot be joined`);
}

function concatI32(a: Int32Array, aCount: number, b: Int32Array, bCount: number): Int32Array {
  const out = new Int32Array(aCount + bCount);
  out.set(a.subarray(0, aCount));
  out.set(b.subarray(0, bCount), aCount);
  return out;
}

/** All parts one after the other; `like` gives the layout when there is none. */
export function concatMany(parts: readonly { readonly column: Column; readonly n: number }[], like: Column): Column {
  const [first] = parts;
  if (first === undefined) return concat(like, 0, like, 0);
  if (parts.length === 1) return first.column;
  const { physical } = first.column;
  if (physical === 'bytes' || physical === 'boxed') return joinHalves(parts, 0, parts.length).column;
  let total = 0;
  for (const { n } of parts) total += n;
  let nulls: Uint8Array | null = null;
  const values = physical === 'bool' ? new Uint8Array(total) : physical === 'i32' ? new Int32Array(total) : physical === 'i64' ? new BigInt64Array(total) : new Float64Array(total);
  let at = 0;
  for (const { column, n } of parts) {
    if (column.physical === 'boxed' || column.physical === 'bytes' || column.physical !== physical) throw new TypeError(`columns of ${physical} and ${column.physical} cannot be joined`);
    if (column.nulls !== null) (nulls ??= new Uint8Array(total)).set(column.nulls.subarray(0, n), at);
    (values as { set(from: unknown, at: number): void }).set(column.values.subarray(0, n), at);
    at += n;
  }
  if (values instanceof BigInt64Array) return i64Column(values, nulls);
  if (values instanceof Uint8Array) return { physical: 'bool', values, nulls };
  if (values instanceof Int32Array) return { physical: 'i32', values, nulls };
  return { physical: 'f64', values, nulls };
}

/** By halves, so that the bytes of a long list are copied a logarithmic number of times. */
function joinHalves(parts: readonly { readonly column: Column; readonly n: number }[], from: number, to: number): { readonly column: Column; readonly n: number } {
  if (to - from === 1) return parts[from] as { column: Column; n: number };
  const middle = (from + to) >> 1;
  const a = joinHalves(parts, from, middle);
  const b = joinHalves(parts, middle, to);
  return { column: concat(a.column, a.n, b.column, b.n), n: a.n + b.n };
}

/** Rows drawn from two columns of one layout: row k of `b` is `split + k`. */
export function pick(a: Column, b: Column, split: number, rows: Int32Array, n: number): Column {
  if (split === 0) return gather(b, rows, n);
  let nulls: Uint8Array | null = null;
  if (a.nulls !== null || b.nulls !== null) {
    nulls = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      const k = rows[i] as number;
      nulls[i] = (k < split ? a.nulls?.[k] : b.nulls?.[k - split]) ?? 0;
    }
  }
  if (a.physical === 'i64' && b.physical === 'i64') return i64Column(pickI64(a.words, b.words, split, rows, n), nulls);
  if (a.physical === 'f64' && b.physical === 'f64') return { physical: 'f64', values: pickF64(a.values, b.values, split, rows, n), nulls };
  if (a.physical === 'i32' && b.physical === 'i32') return { physical: 'i32', values: pickI32(a.values, b.values, split, rows, n), nulls };
  if (a.physical === 'boxed' && b.physical === 'boxed') {
    const x = a.values;
    const y = b.values;
    const values: Value[] = [];
    for (let i = 0; i < n; i++) {
      const k = rows[i] as number;
      values.push((k < split ? x[k] : y[k - split]) ?? null);
    }
    return { physical: 'boxed', values, nulls };
  }
  return gather(concat(a, split, b, lengthOf(b)), rows, n);
}

function lengthOf(column: Column): number {
  return column.physical === 'bytes' ? column.offsets.length : column.values.length;
}
function pickI64(a: Int32Array, b: Int32Array, split: number, rows: Int32Array, n: number): BigInt64Array {
  const values = new BigInt64Array(n);
  const out = new Int32Array(values.buffer);
  for (let i = 0; i < n; i++) {
    const k = rows[i] as number;
    if (k < split) {
      out[2 * i] = a[2 * k] as number;
      out[2 * i + 1] = a[2 * k + 1] as number;
    } else {
      out[2 * i] = b[2 * (k - split)] as number;
      out[2 * i + 1] = b[2 * (k - split) + 1] as number;
    }
  }
  return values;
}
function pickF64(a: Float64Array, b: Float64Array, split: number, rows: Int32Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const k = rows[i] as number;
    out[i] = (k < split ? a[k] : b[k - split]) as number;
  }
  return out;
}
function pickI32(a: Int32Array, b: Int32Array, split: number, rows: Int32Array, n: number): Int32Array {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const k = rows[i] as number;
    out[i] = (k < split ? a[k] : b[k - split]) as number;
  }
  return out;
}

/** Rows `[from, to)` without copying. */
export function slice(column: Column, from: number, to: number): Column {
  const nulls = column.nulls === null ? null : column.nulls.subarray(from, to);
  switch (column.physical) {
    case 'bool':
      return { physical: 'bool', values: column.values.subarray(from, to), nulls };
    case 'i32':
      return { physical: 'i32', values: column.values.subarray(from, to), nulls };
    case 'i64':
      return { physical: 'i64', values: column.values.subarray(from, to), words: column.words.subarray(2 * from, 2 * to), nulls };
    case 'f64':
      return { physical: 'f64', values: column.values.subarray(from, to), nulls };
    case 'bytes':
      return { physical: 'bytes', data: column.data, offsets: column.offsets.subarray(from, to), lengths: column.lengths.subarray(from, to), nulls };
    case 'boxed':
      if (column instanceof ScaledDecimals) return new ScaledDecimals(column.scaled.slice(from, to), column.scale, nulls);
      return { physical: 'boxed', values: column.values.slice(from, to), nulls };
    default:
      return unreachable(column);
  }
}

/** `n` rows that are all inserts, as batches of the target size. */
export function* insertBatches(columns: readonly Column[], n: number): Iterable<Batch> {
  if (n <= TARGET_BATCH_ROWS) {
    if (n > 0) yield { rowCount: n, ops: null, columns };
    return;
  }
  for (let from = 0; from < n; from += TARGET_BATCH_ROWS) {
    const to = Math.min(n, from + TARGET_BATCH_ROWS);
    yield { rowCount: to - from, ops: null, columns: columns.map((c) => slice(c, from, to)) };
  }
}

/** An empty (n = 0) or all-NULL column. */
export function nullColumn(type: SqlType | Physical, n: number): Column {
  const physical = typeof type === 'string' ? type : physicalOf(type);
  const nulls = n === 0 ? null : new Uint8Array(n).fill(1);
  switch (physical) {
    case 'bool':
      return { physical, values: new Uint8Array(n), nulls };
    case 'i32':
      return { physical, values: new Int32Array(n), nulls };
    case 'i64':
      return i64Column(new BigInt64Array(n), nulls);
    case 'f64':
      return { physical, values: new Float64Array(n), nulls };
    case 'bytes':
      return { physical, data: new Uint8Array(0), offsets: new Int32Array(n), lengths: new Int32Array(n), nulls };
    case 'boxed':
      return { physical, values: new Array<Value>(n).fill(null), nulls };
    default:
      return unreachable(physical);
  }
}

/** Growable list of int32, for row numbers and slots. */
export class IntList {
  array: Int32Array;
  length = 0;
  constructor(capacity = 64) {
    this.array = new Int32Array(capacity);
  }
  push(value: number): void {
    if (this.length === this.array.length) {
      const grown = new Int32Array(Math.max(16, this.length * 2));
      grown.set(this.array);
      this.array = grown;
    }
    this.array[this.length++] = value;
  }
  pop(): number {
    return this.array[--this.length] as number;
  }
  clear(): void {
    this.length = 0;
    if (this.array.length > 1 << 20) this.array = new Int32Array(64);
  }
}
