import type { Batch } from '../../common/batch/batch.ts';
import { i64Column, type BytesColumn, type Column } from '../../common/batch/column.ts';
import { ScaledDecimals } from '../../common/batch/scaled-decimals.ts';
import { assert, SqlError, unreachable } from '../../common/errors.ts';
import type { Value } from '../../common/types/value.ts';
import { ValueReader, ValueWriter } from './value-codec.ts';

/**
 * Batches as bytes, for rings between threads, transfers by message and the logs of stored tables. Every array begins at
 * a multiple of 8, so a decoded batch is views of the bytes: nothing is parsed but boxed values.
 *
 * Layout, 32-bit little endian words: version, rows, columns, has ops; then two words a column (layout | nulls << 8 |
 * scale << 16, bytes of its variable part), padded to 8. Then the ops, and for each column its nulls and arrays.
 *
 * Text is compacted: where rows share bytes or lie densely (dictionaries, columns that were built for this batch) the
 * span they cover is copied at once, else row by row.
 */
const VERSION = 1;
const BOOL = 0;
const I32 = 1;
const I64 = 2;
const F64 = 3;
const BYTES = 4;
const BOXED = 5;
const SCALED = 6;
const HEADER_BYTES = 16;

const align = (n: number): number => (n + 7) & ~7;

/** How one batch will be laid out: made by `planEncoding`, used once by `encodeInto`. */
export interface Encoding {
  readonly batch: Batch;
  /** Total bytes, a multiple of 8. */
  readonly byteLength: number;
  /** By column: bytes of the variable part. */
  readonly sizes: readonly number[];
  /** By column: begin of the span to copy, or -1 when rows are copied one by one. */
  readonly spans: readonly number[];
  readonly boxed: readonly (Uint8Array | null)[];
}

export function planEncoding(batch: Batch): Encoding {
  const n = batch.rowCount;
  const sizes: number[] = [];
  const spans: number[] = [];
  const boxed: (Uint8Array | null)[] = [];
  let total = HEADER_BYTES + batch.columns.length * 8 + (batch.ops === null ? 0 : align(n));
  for (const column of batch.columns) {
    let size = 0;
    let span = -1;
    let values: Uint8Array | null = null;
    if (column.nulls !== null) total += align(n);
    switch (column.physical) {
      case 'bool':
        total += align(n);
        break;
      case 'i32':
        total += align(4 * n);
        break;
      case 'i64':
      case 'f64':
        total += 8 * n;
        break;
      case 'bytes': {
        const extent = extentOf(column, n);
        size = extent.dense ? extent.to - extent.from : extent.sum;
        span = extent.dense ? extent.from : -1;
        total += align(4 * n) * 2 + align(size);
        break;
      }
      case 'boxed':
        if (column instanceof ScaledDecimals) {
          total += 8 * n;
        } else {
          values = encodeValues(column.values, column.nulls, n);
          size = values.length;
          total += align(size);
        }
        break;
      default:
        unreachable(column);
    }
    sizes.push(size);
    spans.push(span);
    boxed.push(values);
  }
  return { batch, byteLength: total, sizes, spans, boxed };
}

function extentOf(column: BytesColumn, n: number): { readonly sum: number; readonly from: number; readonly to: number; readonly dense: boolean } {
  const { offsets, lengths, nulls } = column;
  let sum = 0;
  let from = 0x7fffffff;
  let to = 0;
  if (nulls === null) {
    for (let i = 0; i < n; i++) {
      const length = lengths[i] as number;
      const offset = offsets[i] as number;
      sum += length;
      from = Math.min(from, length === 0 ? from : offset);
      to = Math.max(to, length === 0 ? to : offset + length);
    }
  } else {
    for (let i = 0; i < n; i++) {
      const length = lengths[i] as number;
      if (nulls[i] === 1 || length === 0) continue;
      const offset = offsets[i] as number;
      sum += length;
      from = Math.min(from, offset);
      to = Math.max(to, offset + length);
    }
  }
  if (sum === 0) return { sum: 0, from: 0, to: 0, dense: true };
  return { sum, from, to, dense: to - from <= sum + (sum >> 1) };
}

function encodeValues(values: readonly Value[], nulls: Uint8Array | null, n: number): Uint8Array {
  const writer = new ValueWriter();
  for (let i = 0; i < n; i++) writer.write(nulls !== null && nulls[i] === 1 ? null : (values[i] ?? null));
  return writer.bytes;
}

/** Writes the batch at `at` (a multiple of 8 from the buffer's begin) of `target`, which may be shared memory. */
export function encodeInto(encoding: Encoding, target: Uint8Array, at: number): void {
  const { batch, sizes, spans, boxed } = encoding;
  const n = batch.rowCount;
  const base = target.byteOffset + at;
  const header = new Int32Array(target.buffer, base, 4 + batch.columns.length * 2);
  header[0] = VERSION;
  header[1] = n;
  header[2] = batch.columns.length;
  header[3] = batch.ops === null ? 0 : 1;
  let pos = at + HEADER_BYTES + batch.columns.length * 8;
  if (batch.ops !== null) {
    copy(target, pos, batch.ops, n);
    pos += align(n);
  }
  for (let c = 0; c < batch.columns.length; c++) {
    const column = batch.columns[c] as Column;
    const size = sizes[c] as number;
    header[4 + 2 * c] = layoutOf(column) | (column.nulls === null ? 0 : 256) | (column instanceof ScaledDecimals ? column.scale << 16 : 0);
    header[5 + 2 * c] = size;
    if (column.nulls !== null) {
      copy(target, pos, column.nulls, n);
      pos += align(n);
    }
    switch (column.physical) {
      case 'bool':
        copy(target, pos, column.values, n);
        pos += align(n);
        break;
      case 'i32':
        copy(target, pos, column.values, 4 * n);
        pos += align(4 * n);
        break;
      case 'i64':
      case 'f64':
        copy(target, pos, column.values, 8 * n);
        pos += 8 * n;
        break;
      case 'bytes':
        encodeBytes(column, n, target, pos, size, spans[c] as number);
        pos += align(4 * n) * 2 + align(size);
        break;
      case 'boxed':
        if (column instanceof ScaledDecimals) {
          copy(target, pos, column.scaled, 8 * n);
          pos += 8 * n;
        } else {
          target.set(boxed[c] as Uint8Array, pos);
          pos += align(size);
        }
        break;
      default:
        unreachable(column);
    }
  }
  assert(pos - at === encoding.byteLength, 'encoded batch has another length than planned');
}

function layoutOf(column: Column): number {
  switch (column.physical) {
    case 'bool':
      return BOOL;
    case 'i32':
      return I32;
    case 'i64':
      return I64;
    case 'f64':
      return F64;
    case 'bytes':
      return BYTES;
    case 'boxed':
      return column instanceof ScaledDecimals ? SCALED : BOXED;
    default:
      return unreachable(column);
  }
}

function copy(target: Uint8Array, pos: number, source: ArrayBufferView, byteLength: number): void {
  target.set(new Uint8Array(source.buffer, source.byteOffset, byteLength), pos);
}

function encodeBytes(column: BytesColumn, n: number, target: Uint8Array, pos: number, size: number, span: number): void {
  const { data, offsets, nulls } = column;
  const outOffsets = new Int32Array(target.buffer, target.byteOffset + pos, n);
  const lengths = new Int32Array(target.buffer, target.byteOffset + pos + align(4 * n), n);
  const start = pos + align(4 * n) * 2;
  if (nulls === null) {
    copy(target, pos + align(4 * n), column.lengths, 4 * n);
  } else {
    for (let i = 0; i < n; i++) lengths[i] = nulls[i] === 1 ? 0 : (column.lengths[i] as number);
  }
  if (span < 0) {
    copyRows(data, offsets, lengths, n, target, start, outOffsets);
    return;
  }
  target.set(data.subarray(span, span + size), start);
  for (let i = 0; i < n; i++) outOffsets[i] = (lengths[i] as number) === 0 ? 0 : (offsets[i] as number) - span;
}

/** Text is mostly short: loops beat a call of `set` up to about 48 bytes. */
function copyRows(data: Uint8Array, offsets: Int32Array, lengths: Int32Array, n: number, target: Uint8Array, start: number, outOffsets: Int32Array): void {
  let to = start;
  for (let i = 0; i < n; i++) {
    const length = lengths[i] as number;
    const from = offsets[i] as number;
    outOffsets[i] = to - start;
    if (length > 48) target.set(data.subarray(from, from + length), to);
    else for (let k = 0; k < length; k++) target[to + k] = data[from + k] as number;
    to += length;
  }
}

/** A batch as bytes of their own: one buffer that can be transferred to another thread. */
export function encodeBatch(batch: Batch): Uint8Array<ArrayBuffer> {
  const encoding = planEncoding(batch);
  const bytes = new Uint8Array(encoding.byteLength);
  encodeInto(encoding, bytes, 0);
  return bytes;
}

/**
 * The batch in `bytes`, whose columns are views of them: the caller gives the bytes away. Bytes that do not begin at a
 * multiple of 8 are copied. Errors: data_corrupted when lengths do not fit.
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const source = (bytes.byteOffset & 7) === 0 ? bytes : bytes.slice();
  try {
    return decode(source);
  } catch (error) {
    if (error instanceof RangeError) throw damaged();
    throw error;
  }
}
const damaged = (): SqlError => new SqlError('data_corrupted', 'encoded batch is damaged');

function decode(bytes: Uint8Array): Batch {
  const { buffer, byteOffset } = bytes;
  if (bytes.length < HEADER_BYTES) throw damaged();
  const head = new Int32Array(buffer, byteOffset, 4);
  if (head[0] !== VERSION) throw new SqlError('data_corrupted', `encoded batch has version ${head[0]}, this server knows version ${VERSION}`);
  const n = head[1] as number;
  const count = head[2] as number;
  if (n < 0 || count < 0) throw damaged();
  const header = new Int32Array(buffer, byteOffset, 4 + count * 2);
  let pos = byteOffset + HEADER_BYTES + count * 8;
  const take = (length: number): number => {
    const at = pos;
    if (length < 0 || at + length > byteOffset + bytes.length) throw damaged();
    pos = at + align(length);
    return at;
  };
  const ops = head[3] === 0 ? null : new Uint8Array(buffer, take(n), n);
  const columns: Column[] = [];
  for (let c = 0; c < count; c++) {
    const kind = header[4 + 2 * c] as number;
    const size = header[5 + 2 * c] as number;
    const nulls = (kind & 256) === 0 ? null : new Uint8Array(buffer, take(n), n);
    switch (kind & 255) {
      case BOOL:
        columns.push({ physical: 'bool', values: new Uint8Array(buffer, take(n), n), nulls });
        break;
      case I32:
        columns.push({ physical: 'i32', values: new Int32Array(buffer, take(4 * n), n), nulls });
        break;
      case I64:
        columns.push(i64Column(new BigInt64Array(buffer, take(8 * n), n), nulls));
        break;
      case F64:
        columns.push({ physical: 'f64', values: new Float64Array(buffer, take(8 * n), n), nulls });
        break;
      case BYTES: {
        const offsets = new Int32Array(buffer, take(4 * n), n);
        const lengths = new Int32Array(buffer, take(4 * n), n);
        columns.push({ physical: 'bytes', data: new Uint8Array(buffer, take(size), size), offsets, lengths, nulls });
        break;
      }
      case BOXED: {
        const at = take(size);
        columns.push({ physical: 'boxed', values: decodeValues(new Uint8Array(buffer, at, size), n), nulls });
        break;
      }
      case SCALED:
        columns.push(new ScaledDecimals(new BigInt64Array(buffer, take(8 * n), n), kind >>> 16, nulls));
        break;
      default:
        throw damaged();
    }
  }
  if (pos !== byteOffset + bytes.length) throw damaged();
  return { rowCount: n, ops, columns };
}

function decodeValues(bytes: Uint8Array, n: number): Value[] {
  const reader = new ValueReader(bytes);
  const values: Value[] = [];
  for (let i = 0; i < n; i++) values.push(reader.read());
  if (!reader.atEnd) throw damaged();
  return values;
}
