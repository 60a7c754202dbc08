import type { BytesColumn, Column } from '../../common/batch/column.ts';
import { readValue } from '../../common/batch/builder.ts';
import { InternalError, SqlError, unreachable } from '../../common/errors.ts';
import { physicalOf, type Physical, type SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { gather } from '../columns.ts';

/**
 * One growable column of a state table, indexed by slot. Arrays are replaced when they grow: re-read the fields after
 * anything that may allocate slots or append bytes. Bytes live in an append-only arena, so that emitted batches may
 * refer to it; compaction makes a new arena and leaves the old one to those batches.
 */
export class StateColumn {
  readonly type: SqlType;
  readonly physical: Physical;
  bool: Uint8Array = EMPTY_U8;
  i32: Int32Array = EMPTY_I32;
  i64: BigInt64Array = EMPTY_I64;
  /** Words of `i64`. */
  words: Int32Array = EMPTY_I32;
  f64: Float64Array = EMPTY_F64;
  boxed: Value[] = [];
  data: Uint8Array = EMPTY_U8;
  /** Of `data`, for reading several bytes at once. */
  dataView: DataView = EMPTY_VIEW;
  offsets: Int32Array = EMPTY_I32;
  lengths: Int32Array = EMPTY_I32;
  /** Allocated with the first NULL. */
  nulls: Uint8Array | null = null;
  #used = 0;
  #live = 0;
  #capacity = 0;

  constructor(type: SqlType) {
    this.type = type;
    this.physical = physicalOf(type);
  }

  /** A slot's value is more than its cell: it should be cleared when the slot is freed. */
  get holdsMemory(): boolean {
    return this.physical === 'bytes' || this.physical === 'boxed';
  }
  get byteCount(): number {
    const width = { bool: 1, i32: 4, i64: 8, f64: 8, bytes: 8, boxed: 64 }[this.physical];
    return this.#capacity * width + this.data.length + (this.nulls?.length ?? 0);
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    if (this.nulls !== null) this.nulls = grownU8(this.nulls, capacity);
    switch (this.physical) {
      case 'bool':
        this.bool = grownU8(this.bool, capacity);
        return;
      case 'i32':
        this.i32 = grownI32(this.i32, capacity);
        return;
      case 'i64': {
        const grown = new BigInt64Array(capacity);
        grown.set(this.i64);
        this.i64 = grown;
        this.words = new Int32Array(grown.buffer);
        return;
      }
      case 'f64': {
        const grown = new Float64Array(capacity);
        grown.set(this.f64);
        this.f64 = grown;
        return;
      }
      case 'bytes':
        this.offsets = grownI32(this.offsets, capacity);
        this.lengths = grownI32(this.lengths, capacity);
        return;
      case 'boxed':
        return;
      default:
        unreachable(this.physical);
    }
  }

  isNull(slot: number): boolean {
    return this.nulls !== null && this.nulls[slot] === 1;
  }
  setNull(slot: number, isNull: boolean): void {
    if (this.nulls === null) {
      if (!isNull) return;
      this.nulls = new Uint8Array(this.#capacity);
    }
    this.nulls[slot] = isNull ? 1 : 0;
  }

  /** Zero, and NULL where `toNull`. Lets go of bytes. */
  clear(slot: number, toNull: boolean): void {
    this.setNull(slot, toNull);
    switch (this.physical) {
      case 'bool':
        this.bool[slot] = 0;
        return;
      case 'i32':
        this.i32[slot] = 0;
        return;
      case 'i64':
        this.words[2 * slot] = 0;
        this.words[2 * slot + 1] = 0;
        return;
      case 'f64':
        this.f64[slot] = 0;
        return;
      case 'bytes':
        this.#live -= this.lengths[slot] as number;
        this.lengths[slot] = 0;
        return;
      case 'boxed':
        while (this.boxed.length <= slot) this.boxed.push(null);
        this.boxed[slot] = null;
        return;
      default:
        unreachable(this.physical);
    }
  }

  /** Forgets everything; emitted batches keep the arena they refer to. */
  reset(): void {
    this.nulls?.fill(0);
    this.lengths.fill(0);
    this.boxed = [];
    if (this.#used > 0) {
      this.data = new Uint8Array(this.data.length);
      this.dataView = new DataView(this.data.buffer);
    }
    this.#used = 0;
    this.#live = 0;
  }

  setBytes(slot: number, source: Uint8Array, from: number, length: number): void {
    const at = this.#used;
    this.#reserve(length);
    const data = this.data;
    if (length < 32) for (let i = 0; i < length; i++) data[at + i] = source[from + i] as number;
    else data.set(source.subarray(from, from + length), at);
    this.#used = at + length;
    this.#live += length - (this.lengths[slot] as number);
    this.offsets[slot] = at;
    this.lengths[slot] = length;
  }

  #reserve(length: number): void {
    const need = this.#used + length;
    if (need <= this.data.length) return;
    if (need > 0x7fff0000) throw new SqlError('program_limit_exceeded', 'text in one state table exceeds 2 GB on one worker');
    const grown = new Uint8Array(Math.min(0x7fff0000, Math.max(need, this.data.length * 2, 1024)));
    grown.set(this.data.subarray(0, this.#used));
    this.data = grown;
    this.dataView = new DataView(grown.buffer);
  }

  /** Drops dead bytes when they are most of the arena; `slots` are `[0, high)`. Call between batches. */
  compact(high: number): void {
    if (this.physical !== 'bytes' || this.#used < 1 << 16 || this.#live * 2 > this.#used) return;
    const data = new Uint8Array(Math.max(1024, this.#live * 2));
    let pos = 0;
    for (let s = 0; s < high; s++) {
      const length = this.lengths[s] as number;
      if (length === 0) continue;
      const from = this.offsets[s] as number;
      data.set(this.data.subarray(from, from + length), pos);
      this.offsets[s] = pos;
      pos += length;
    }
    this.data = data;
    this.dataView = new DataView(data.buffer);
    this.#used = pos;
  }

  /** Writes `column[row]` to the slot. */
  write(slot: number, column: Column, row: number): void {
    const isNull = column.nulls !== null && column.nulls[row] === 1;
    if (isNull) {
      this.clear(slot, true);
      return;
    }
    if (this.nulls !== null) this.nulls[slot] = 0;
    switch (column.physical) {
      case 'bool':
        this.bool[slot] = column.values[row] as number;
        return;
      case 'i32':
        this.i32[slot] = column.values[row] as number;
        return;
      case 'i64':
        this.words[2 * slot] = column.words[2 * row] as number;
        this.words[2 * slot + 1] = column.words[2 * row + 1] as number;
        return;
      case 'f64':
        this.f64[slot] = column.values[row] as number;
        return;
      case 'bytes':
        this.setBytes(slot, column.data, column.offsets[row] as number, column.lengths[row] as number);
        return;
      case 'boxed':
        while (this.boxed.length <= slot) this.boxed.push(null);
        this.boxed[slot] = column.values[row] ?? null;
        return;
      default:
        unreachable(column);
    }
  }

  /** Writes rows `[0, n)` to the slots. */
  writeAll(slots: Int32Array, column: Column, n: number): void {
    if (column.nulls !== null || this.nulls !== null || this.physical === 'boxed' || this.physical === 'bool') {
      for (let i = 0; i < n; i++) this.write(slots[i] as number, column, i);
      return;
    }
    switch (column.physical) {
      case 'i32':
        return scatterI32(this.i32, slots, column.values, n);
      case 'i64':
        return scatterI64(this.words, slots, column.words, n);
      case 'f64':
        return scatterF64(this.f64, slots, column.values, n);
      case 'bytes': {
        let total = 0;
        for (let i = 0; i < n; i++) total += column.lengths[i] as number;
        this.#reserve(total);
        for (let i = 0; i < n; i++) this.setBytes(slots[i] as number, column.data, column.offsets[i] as number, column.lengths[i] as number);
        return;
      }
      case 'bool':
      case 'boxed':
        throw new InternalError('a state column got another layout');
      default:
        unreachable(column);
    }
  }

  /** The live arrays as a column indexed by slot: valid until the next write. */
  view(): Column {
    const nulls = this.nulls;
    switch (this.physical) {
      case 'bool':
        return { physical: 'bool', values: this.bool, nulls };
      case 'i32':
        return { physical: 'i32', values: this.i32, nulls };
      case 'i64':
        return { physical: 'i64', values: this.i64, words: this.words, nulls };
      case 'f64':
        return { physical: 'f64', values: this.f64, nulls };
      case 'bytes':
        return this.bytesView();
      case 'boxed':
        return { physical: 'boxed', values: this.boxed, nulls };
      default:
        return unreachable(this.physical);
    }
  }
  bytesView(): BytesColumn {
    return { physical: 'bytes', data: this.data, offsets: this.offsets, lengths: this.lengths, nulls: this.nulls };
  }

  /** Fresh column of the slots' values; bytes refer to the arena. */
  gather(slots: Int32Array, n: number): Column {
    return gather(this.view(), slots, n);
  }

  value(slot: number): Value {
    // Without a view of the column, for what is read value by value.
    if (this.nulls === null || this.nulls[slot] === 0) {
      if (this.physical === 'i64' && this.type.kind !== 'decimal') return this.i64[slot] as bigint;
      if (this.physical === 'f64') return this.f64[slot] as number;
      if (this.type.kind === 'int') return this.i32[slot] as number;
    }
    return readValue(this.type, this.view(), slot);
  }
}

function scatterI32(into: Int32Array, slots: Int32Array, values: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) into[slots[i] as number] = values[i] as number;
}
function scatterI64(into: Int32Array, slots: Int32Array, words: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const s = slots[i] as number;
    into[2 * s] = words[2 * i] as number;
    into[2 * s + 1] = words[2 * i + 1] as number;
  }
}
function scatterF64(into: Float64Array, slots: Int32Array, values: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) into[slots[i] as number] = values[i] as number;
}

const EMPTY_U8 = new Uint8Array(0);
const EMPTY_VIEW = new DataView(new ArrayBuffer(0));
const EMPTY_I32 = new Int32Array(0);
const EMPTY_I64 = new BigInt64Array(0);
const EMPTY_F64 = new Float64Array(0);

function grownU8(a: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity);
  grown.set(a);
  return grown;
}
function grownI32(a: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity);
  grown.set(a);
  return grown;
}
