import { isRawBytes } from '../../common/batch/builder.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { numericToScaled } from '../../common/types/numeric.ts';
import { physicalOf, type Physical, type SqlType } from '../../common/types/sql-type.ts';
import type { Numeric, Value } from '../../common/types/value.ts';

const encoder = new TextEncoder();
const NO_WORDS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);
const NO_BYTES = new Uint8Array(0);

/**
 * One column being written row by row. Decoders' inner loops write the arrays directly; `set` is the general way.
 * Arrays that the column's layout does not use are empty.
 */
export class ColumnWriter {
  readonly type: SqlType;
  readonly physical: Physical;
  /** i32 values, or (low, high) words of i64 values. */
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  readonly bools: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly boxed: Value[];
  nulls: Uint8Array | null = null;
  readonly #rows: number;
  readonly #data: Uint8Array;
  readonly #longs: BigInt64Array | null = null;
  /** Bytes that are not in `data`: row numbers and values. */
  readonly #outside: { readonly row: number; readonly bytes: Uint8Array }[] = [];

  /** @param data the buffer that offsets refer to. */
  constructor(type: SqlType, rows: number, data: Uint8Array) {
    this.type = type;
    this.physical = physicalOf(type);
    this.#rows = rows;
    this.#data = data;
    const p = this.physical;
    this.#longs = p === 'i64' ? new BigInt64Array(rows) : null;
    this.ints = this.#longs !== null ? new Int32Array(this.#longs.buffer) : p === 'i32' ? new Int32Array(rows) : NO_WORDS;
    this.doubles = p === 'f64' ? new Float64Array(rows) : NO_DOUBLES;
    this.bools = p === 'bool' ? new Uint8Array(rows) : NO_BYTES;
    this.offsets = p === 'bytes' ? new Int32Array(rows) : NO_WORDS;
    this.lengths = p === 'bytes' ? new Int32Array(rows) : NO_WORDS;
    this.boxed = p === 'boxed' ? new Array<Value>(rows).fill(null) : [];
  }

  setNull(row: number): void {
    this.nulls ??= new Uint8Array(this.#rows);
    this.nulls[row] = 1;
  }

  clearNull(row: number): void {
    if (this.nulls !== null) this.nulls[row] = 0;
  }

  set(row: number, v: Value): void {
    if (v === null) {
      this.setNull(row);
      return;
    }
    this.clearNull(row);
    switch (this.physical) {
      case 'bool':
        this.bools[row] = v === true ? 1 : 0;
        return;
      case 'i32':
        this.ints[row] = v as number;
        return;
      case 'i64':
        if (this.#longs !== null) this.#longs[row] = this.type.kind === 'decimal' ? numericToScaled(v as Numeric, this.type.scale) : (v as bigint);
        return;
      case 'f64':
        this.doubles[row] = v as number;
        return;
      case 'bytes':
        this.setBytes(row, isRawBytes(this.type) ? (v as Uint8Array) : encoder.encode(v as string));
        return;
      case 'boxed':
        this.boxed[row] = v;
        return;
    }
  }

  /** Bytes from outside of the shared buffer. */
  setBytes(row: number, bytes: Uint8Array): void {
    this.clearNull(row);
    this.offsets[row] = -1;
    this.lengths[row] = bytes.length;
    this.#outside.push({ row, bytes });
  }

  /** The finished column of the first `count` rows. */
  finish(count: number): Column {
    const nulls = this.nulls;
    switch (this.physical) {
      case 'bool':
        return { physical: 'bool', values: this.bools, nulls };
      case 'i32':
        return { physical: 'i32', values: this.ints, nulls };
      case 'i64':
        return i64Column(this.#longs ?? new BigInt64Array(0), nulls);
      case 'f64':
        return { physical: 'f64', values: this.doubles, nulls };
      case 'boxed':
        this.boxed.length = count;
        return { physical: 'boxed', values: this.boxed, nulls };
      case 'bytes':
        return { physical: 'bytes', data: this.#gather(count), offsets: this.offsets, lengths: this.lengths, nulls };
    }
  }

  /** The shared buffer, or, when some values lie outside of it, a new one with just the column's bytes. */
  #gather(count: number): Uint8Array {
    if (this.#outside.length === 0) return this.#data;
    let total = 0;
    for (let i = 0; i < count; i++) {
      if (this.nulls?.[i] === 1) this.lengths[i] = 0;
      total += this.lengths[i] as number;
    }
    const outside = new Map(this.#outside.map((o) => [o.row, o.bytes]));
    const data = new Uint8Array(total);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const length = this.lengths[i] as number;
      const from = this.offsets[i] as number;
      if (length > 0) data.set(from < 0 ? (outside.get(i) as Uint8Array) : this.#data.subarray(from, from + length), at);
      this.offsets[i] = at;
      at += length;
    }
    return data;
  }
}
