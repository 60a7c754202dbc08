import type { Column } from '../../common/batch/column.ts';
import { assert } from '../../common/errors.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import { IntList } from '../columns.ts';
import type { CheckpointedState, StateBlock } from '../state-api.ts';
import { byGroup, encodeBlocks } from './blocks.ts';
import { ByteReader, corrupted, readColumn } from './codec.ts';
import { StateColumn } from './state-column.ts';

const LIVE = 1;
const DIRTY = 2;
const SAVED = 4;
const TOMBSTONE = 8;
const VERSION = 1;

/**
 * Rows in slots without an index: for what is only added to, read through chains of the caller's, and removed by slot.
 *
 * A row has a number that is never used again within its key group, by which deltas name the removed ones: the greatest
 * number rises over all the groups of a worker, also across restores.
 */
export class RowStore implements CheckpointedState {
  readonly id: string;
  readonly columns: readonly StateColumn[];
  /** Those that keep memory for a slot. */
  readonly #holding: readonly StateColumn[];
  #numbers = new Float64Array(0);
  #groups = new Uint8Array(0);
  #flags = new Uint8Array(0);
  #capacity = 0;
  #high = 0;
  #live = 0;
  #next = 1;
  readonly #free = new IntList();
  readonly #dirty = new IntList();
  /** Numbers that loaded deltas remove, by key group; null once loading is over. */
  #removed: Map<number, number[]> | null = new Map();

  constructor(id: string, types: readonly SqlType[]) {
    this.id = id;
    this.columns = types.map((t) => new StateColumn(t));
    this.#holding = this.columns.filter((c) => c.holdsMemory);
  }

  get entryCount(): number {
    this.#settle();
    return this.#live;
  }
  get byteCount(): number {
    let bytes = this.#capacity * 10;
    for (const c of this.columns) bytes += c.byteCount;
    return bytes;
  }
  /** Slots are below this. */
  get high(): number {
    return this.#high;
  }
  isLive(slot: number): boolean {
    return ((this.#flags[slot] as number) & LIVE) !== 0;
  }

  #reserve(n: number): void {
    const need = this.#high + n;
    if (need <= this.#capacity) return;
    const capacity = Math.max(256, need, Math.ceil(this.#capacity * 1.6));
    this.#capacity = capacity;
    const numbers = new Float64Array(capacity);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const groups = new Uint8Array(capacity);
    groups.set(this.#groups);
    this.#groups = groups;
    const flags = new Uint8Array(capacity);
    flags.set(this.#flags);
    this.#flags = flags;
    for (const c of this.columns) c.grow(capacity);
  }

  /** Adds `n` rows; `columns` are the first of the store's, the others become zero. @returns their slots. */
  append(columns: readonly Column[], n: number, groups: Int32Array): Int32Array {
    this.#settle();
    const slots = new Int32Array(n);
    const reused = Math.min(n, this.#free.length);
    for (let i = 0; i < reused; i++) slots[i] = this.#free.pop();
    this.#reserve(n - reused);
    for (let i = reused; i < n; i++) slots[i] = this.#high++;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      this.#numbers[slot] = this.#next++;
      this.#groups[slot] = groups[i] as number;
      this.#flags[slot] = LIVE | DIRTY;
      this.#dirty.push(slot);
    }
    this.#live += n;
    this.columns.forEach((column, c) => {
      const from = columns[c];
      if (from !== undefined) column.writeAll(slots, from, n);
      else for (let i = 0; i < n; i++) column.clear(slots[i] as number, false);
    });
    return slots;
  }

  touch(slot: number): void {
    const flags = this.#flags[slot] as number;
    if ((flags & DIRTY) !== 0) return;
    this.#flags[slot] = flags | DIRTY;
    this.#dirty.push(slot);
  }

  /** Takes the row out. Its slot may be reused at once. */
  remove(slot: number): void {
    const flags = this.#flags[slot] as number;
    assert((flags & LIVE) !== 0, 'a removed row must be live');
    this.#live--;
    if ((flags & SAVED) !== 0) {
      this.#flags[slot] = TOMBSTONE | DIRTY;
      if ((flags & DIRTY) === 0) this.#dirty.push(slot);
      return;
    }
    this.#flags[slot] = 0;
    this.#release(slot);
  }

  /** What is left in the other columns is overwritten when the slot is used again. */
  #release(slot: number): void {
    for (let c = 0; c < this.#holding.length; c++) (this.#holding[c] as StateColumn).clear(slot, false);
    this.#free.push(slot);
  }

  /** All live slots. */
  *slots(): Iterable<number> {
    this.#settle();
    for (let s = 0; s < this.#high; s++) if (this.isLive(s)) yield s;
  }

  /** Live slots from `cursor.at` on, at most `out.length`; returns their number and moves the cursor. */
  scan(cursor: { at: number }, out: Int32Array): number {
    this.#settle();
    let n = 0;
    while (cursor.at < this.#high && n < out.length) {
      const s = cursor.at++;
      if (this.isLive(s)) out[n++] = s;
    }
    return n;
  }

  /** Drops dead bytes. Call between batches. */
  compact(): void {
    for (const c of this.columns) c.compact(this.#high);
    // Without checkpoints the list of changed slots would grow for ever.
    if (this.#dirty.length <= 2 * this.#high + 1024) return;
    this.#dirty.clear();
    for (let s = 0; s < this.#high; s++) if (((this.#flags[s] as number) & DIRTY) !== 0) this.#dirty.push(s);
  }

  takeDelta(): StateBlock[] {
    this.#settle();
    const upserts = new IntList(this.#dirty.length);
    const deletes = new IntList();
    for (let i = 0; i < this.#dirty.length; i++) {
      const slot = this.#dirty.array[i] as number;
      const flags = this.#flags[slot] as number;
      if ((flags & DIRTY) === 0) continue;
      const gone = (flags & TOMBSTONE) !== 0;
      (gone ? deletes : upserts).push(slot);
      this.#flags[slot] = gone ? 0 : LIVE | SAVED;
    }
    this.#dirty.clear();
    const blocks = this.#encode(deletes, upserts);
    for (let i = 0; i < deletes.length; i++) this.#release(deletes.array[i] as number);
    this.compact();
    return blocks;
  }

  takeBase(keyGroup: number): Uint8Array | null {
    this.#settle();
    const list = new IntList();
    for (let s = 0; s < this.#high; s++) if (this.#groups[s] === keyGroup && this.isLive(s)) list.push(s);
    return this.#encode(new IntList(), list)[0]?.bytes ?? null;
  }

  #encode(deletes: IntList, upserts: IntList): StateBlock[] {
    const gone = byGroup(deletes.array, deletes.length, this.#groups);
    const kept = byGroup(upserts.array, upserts.length, this.#groups);
    return encodeBlocks(
      this.columns.length,
      gone, deletes.length === 0 ? [] : [this.#numbersOf(gone.slots)],
      kept, upserts.length === 0 ? [] : [this.#numbersOf(kept.slots), ...this.columns.map((c) => c.gather(kept.slots, upserts.length))],
    );
  }
  #numbersOf(slots: Int32Array): Column {
    const values = new Float64Array(slots.length);
    for (let i = 0; i < slots.length; i++) values[i] = this.#numbers[slots[i] as number] as number;
    return { physical: 'f64', values, nulls: null };
  }

  load(keyGroup: number, block: Uint8Array): void {
    this.#removed ??= new Map();
    const input = new ByteReader(block);
    const version = input.u8();
    if (version !== VERSION) throw corrupted(`version ${version} is not known`);
    if (input.u8() !== this.columns.length) throw corrupted('it has another number of columns');
    const d = input.u32();
    const u = input.u32();
    if (d > 0) {
      const { values } = f64Of(readColumn(input, DOUBLE, d));
      const list = this.#removed.get(keyGroup) ?? [];
      for (let i = 0; i < d; i++) {
        list.push(values[i] as number);
        this.#next = Math.max(this.#next, (values[i] as number) + 1);
      }
      this.#removed.set(keyGroup, list);
    }
    if (u > 0) {
      const { values } = f64Of(readColumn(input, DOUBLE, u));
      const columns = this.columns.map((c) => readColumn(input, c.type, u));
      this.#reserve(u);
      const slots = Int32Array.from({ length: u }, (_, i) => this.#high + i);
      this.#high += u;
      this.#live += u;
      slots.forEach((slot, i) => {
        const number = values[i] as number;
        this.#numbers[slot] = number;
        this.#groups[slot] = keyGroup;
        this.#flags[slot] = LIVE | SAVED;
        if (number >= this.#next) this.#next = number + 1;
      });
      this.columns.forEach((column, c) => column.writeAll(slots, columns[c] as Column, u));
    }
    input.end();
  }

  /** The end of loading: of a row that came several times the last stays, the removed ones go. */
  #settle(): void {
    const removed = this.#removed;
    if (removed === null) return;
    this.#removed = null;
    if (this.#high === 0) return;
    const latest = new Map<number, Map<number, number>>();
    for (let slot = 0; slot < this.#high; slot++) {
      if (!this.isLive(slot)) continue;
      const group = this.#groups[slot] as number;
      let byNumber = latest.get(group);
      if (byNumber === undefined) latest.set(group, (byNumber = new Map()));
      const number = this.#numbers[slot] as number;
      const before = byNumber.get(number);
      if (before !== undefined) this.#drop(before);
      byNumber.set(number, slot);
    }
    for (const [group, numbers] of removed) {
      for (const number of numbers) {
        const slot = latest.get(group)?.get(number);
        if (slot !== undefined && this.isLive(slot)) this.#drop(slot);
      }
    }
  }
  #drop(slot: number): void {
    this.#flags[slot] = 0;
    this.#live--;
    this.#release(slot);
  }
}

function f64Of(column: Column): { readonly values: Float64Array } {
  if (column.physical !== 'f64') throw corrupted('row numbers have another layout');
  return column;
}
