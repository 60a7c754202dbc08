import { deserialize, serialize } from 'node:v8';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { SqlError, unreachable } from '../../common/errors.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';

/** Columns as bytes, for checkpoints: little endian, every length checked when read. */

export function corrupted(what: string): SqlError {
  return new SqlError('data_corrupted', `state block is damaged: ${what}`);
}

/** A writer lets go of a larger buffer when a block is finished. */
const KEPT_BYTES_MAX = 16 << 20;

export class ByteWriter {
  #data: Uint8Array = new Uint8Array(1024);
  #view: DataView = new DataView(this.#data.buffer);
  #length = 0;

  #reserve(n: number): number {
    const at = this.#length;
    if (at + n > this.#data.length) {
      const grown = new Uint8Array(Math.max(at + n, this.#data.length * 2));
      grown.set(this.#data.subarray(0, at));
      this.#data = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = at + n;
    return at;
  }
  u8(value: number): void {
    const at = this.#reserve(1);
    this.#data[at] = value;
  }
  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }
  i64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value, true);
  }
  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#data.set(value, at);
  }
  /** Room for `n` bytes: where they go, for the caller to fill. */
  room(n: number): { readonly data: Uint8Array; readonly at: number } {
    const at = this.#reserve(n);
    return { data: this.#data, at };
  }
  /** A buffer of exactly the bytes written; the writer starts over. */
  finish(): Uint8Array {
    const out = this.#data.slice(0, this.#length);
    this.#length = 0;
    if (this.#data.length > KEPT_BYTES_MAX) {
      this.#data = new Uint8Array(1024);
      this.#view = new DataView(this.#data.buffer);
    }
    return out;
  }
}

export class ByteReader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.length);
  }
  #take(n: number): number {
    const at = this.#at;
    if (n < 0 || at + n > this.#data.length) throw corrupted('it ends early');
    this.#at = at + n;
    return at;
  }
  u8(): number {
    return this.#data[this.#take(1)] as number;
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }
  /** A copy, aligned for any typed array. */
  bytes(n: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(n);
    const copy = new Uint8Array(n);
    copy.set(this.#data.subarray(at, at + n));
    return copy;
  }
  end(): void {
    if (this.#at !== this.#data.length) throw corrupted('bytes are left over');
  }
}

const raw = (a: ArrayBufferView, bytes: number): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, bytes);

/** Writes rows `[0, n)` of a column. */
export function writeColumn(out: ByteWriter, column: Column, n: number): void {
  out.u8(column.nulls === null ? 0 : 1);
  if (column.nulls !== null) out.bytes(column.nulls.subarray(0, n));
  switch (column.physical) {
    case 'bool':
      out.bytes(column.values.subarray(0, n));
      return;
    case 'i32':
      out.bytes(raw(column.values, n * 4));
      return;
    case 'i64':
    case 'f64':
      out.bytes(raw(column.values, n * 8));
      return;
    case 'bytes': {
      out.bytes(raw(column.lengths, n * 4));
      let total = 0;
      for (let i = 0; i < n; i++) total += column.lengths[i] as number;
      out.u32(total);
      const room = out.room(total);
      const packed = room.data;
      let pos = room.at;
      for (let i = 0; i < n; i++) {
        const from = column.offsets[i] as number;
        const length = column.lengths[i] as number;
        if (length < 32) for (let k = 0; k < length; k++) packed[pos + k] = column.data[from + k] as number;
        else packed.set(column.data.subarray(from, from + length), pos);
        pos += length;
      }
      return;
    }
    case 'boxed': {
      const bytes = serialize(column.values.slice(0, n));
      out.u32(bytes.length);
      out.bytes(bytes);
      return;
    }
    default:
      unreachable(column);
  }
}

export function readColumn(input: ByteReader, type: SqlType, n: number): Column {
  const nulls = input.u8() === 1 ? input.bytes(n) : null;
  const physical = physicalOf(type);
  switch (physical) {
    case 'bool':
      return { physical, values: input.bytes(n), nulls };
    case 'i32':
      return { physical, values: new Int32Array(input.bytes(n * 4).buffer), nulls };
    case 'i64':
      return i64Column(new BigInt64Array(input.bytes(n * 8).buffer), nulls);
    case 'f64':
      return { physical, values: new Float64Array(input.bytes(n * 8).buffer), nulls };
    case 'bytes': {
      const lengths = new Int32Array(input.bytes(n * 4).buffer);
      const data = input.bytes(input.u32());
      const offsets = new Int32Array(n);
      let pos = 0;
      for (let i = 0; i < n; i++) {
        offsets[i] = pos;
        const length = lengths[i] as number;
        if (length < 0) throw corrupted('a length is negative');
        pos += length;
      }
      if (pos !== data.length) throw corrupted('lengths and bytes disagree');
      return { physical, data, offsets, lengths, nulls };
    }
    case 'boxed': {
      const values: unknown = deserialize(input.bytes(input.u32()));
      if (!Array.isArray(values) || values.length !== n) throw corrupted('a boxed column has another length');
      return { physical, values: values as Value[], nulls };
    }
    default:
      return unreachable(physical);
  }
}
