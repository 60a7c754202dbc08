import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { assert } from '../../common/errors.ts';
import { IntList } from '../columns.ts';
import { hashColumns, hashKey, keyGroup } from '../hash.ts';
import { KEY_GROUPS, type CheckpointedState, type StateBlock } from '../state-api.ts';
import { batchFromRows, columnFromList } from '../../common/batch/builder.ts';
import { byGroup, encodeBlocks } from './blocks.ts';
import { ByteReader, corrupted, readColumn } from './codec.ts';
import { TOUCHED, probesFor, type Equality, type Probes } from './probe.ts';
import { StateColumn } from './state-column.ts';

const LIVE = 1;
const DIRTY = 2;
/** A checkpoint has it. */
const SAVED = 4;
/** Removed since that checkpoint: kept until the next delta names its key. */
const TOMBSTONE = 8;

const VERSION = 1;
const EMPTY_INDEX = new Int32Array(2);

export interface KeyedStoreOptions {
  readonly id: string;
  /** The key's columns, then the value's. */
  readonly types: readonly SqlType[];
  /** How many of the columns are the key. 0: at most one entry. */
  readonly keyCount: number;
  readonly equality: Equality;
  /** Key columns that tell nearly all keys apart: only these are hashed. By default all; not for `track`. */
  readonly hashed?: readonly number[];
  /** New entries of `track` lie in the key group of the hash of so many leading key columns; by default all. */
  readonly groupPrefix?: number;
  /** True when entries lie in the key group of their own key's hash, which makes a group's content quick to find. */
  readonly groupByKey?: boolean;
  /** Value columns (by position) that are NULL in a new entry; the others are zero. */
  readonly nullAtFirst?: readonly number[];
  /** Columns from `at` on that blocks of a checkpoint may lack, the last of them first, and what their entries have in them. */
  readonly added?: { readonly at: number; readonly values: readonly Value[] };
}

/**
 * A hash table from key to a dense slot, with the entry's values in columns indexed by slot. Keys are unique.
 *
 * The index is cut into 128 small open-addressing tables by the hash's low bits, so that none is ever rehashed for long;
 * it holds (slot + 1, hash) pairs. Freed slots are reused. Every change must be announced by `touch` (new and removed
 * entries are by themselves); a delta carries the touched entries whole, by key group.
 */
export class KeyedStore implements CheckpointedState {
  readonly id: string;
  readonly types: readonly SqlType[];
  readonly keyTypes: readonly SqlType[];
  readonly keyCount: number;
  readonly columns: readonly StateColumn[];
  /** Those that keep memory for a slot. */
  readonly #holding: readonly StateColumn[];
  /** For generated probes: (slot + 1, hash) pairs, one table per low bits of the hash. */
  readonly subs: Int32Array[] = new Array<Int32Array>(KEY_GROUPS).fill(EMPTY_INDEX);
  /** For generated probes. */
  flags: Uint8Array = new Uint8Array(0);
  /** Slots that `track` has met since `clearTouched`, in order. */
  readonly touched: IntList = new IntList();
  readonly #counts = new Int32Array(KEY_GROUPS);
  readonly #groupByKey: boolean;
  readonly #hashed: readonly number[] | null;
  readonly #groupPrefix: number;
  readonly #nullAtFirst: readonly boolean[];
  readonly #added: { readonly at: number; readonly values: readonly Value[] };
  readonly #probes: Probes;
  #hashes = new Int32Array(0);
  #groups = new Uint8Array(0);
  #capacity = 0;
  #high = 0;
  #live = 0;
  readonly #free = new IntList();
  readonly #dirty = new IntList();

  constructor(options: KeyedStoreOptions) {
    this.id = options.id;
    this.types = options.types;
    this.keyCount = options.keyCount;
    this.keyTypes = options.types.slice(0, options.keyCount);
    this.columns = options.types.map((t) => new StateColumn(t));
    this.#holding = this.columns.filter((c) => c.holdsMemory);
    this.#groupByKey = options.groupByKey ?? false;
    this.#hashed = options.hashed ?? null;
    this.#groupPrefix = options.groupPrefix ?? options.keyCount;
    this.#nullAtFirst = options.types.map((_, i) => options.nullAtFirst?.includes(i) ?? false);
    this.#added = options.added ?? { at: options.types.length, values: [] };
    this.#probes = probesFor(this.keyTypes, options.equality, options.groupPrefix);
  }

  get entryCount(): number {
    return this.#live;
  }
  get byteCount(): number {
    let bytes = this.#capacity * 6;
    for (const c of this.columns) bytes += c.byteCount;
    for (const s of this.subs) bytes += s.byteLength;
    return bytes;
  }
  /** Slots are below this. */
  get high(): number {
    return this.#high;
  }
  isLive(slot: number): boolean {
    return ((this.flags[slot] as number) & LIVE) !== 0;
  }

  /** What `find` and `upsert` take as the hashes of keys. */
  hashesOf(keys: readonly Column[], n: number): Int32Array {
    if (this.#hashed === null) return hashColumns(keys, this.keyTypes, n);
    return hashColumns(this.#hashed.map((c) => keys[c] as Column), this.#hashed.map((c) => this.keyTypes[c] as SqlType), n);
  }

  /** The slots of the keys in `columns` (key columns only), -1 where absent. */
  find(columns: readonly Column[], hashes: Int32Array, n: number, out: Int32Array): void {
    this.#probes.find(this, columns, hashes, n, out, null);
  }

  /**
   * The same, adding absent keys with zero, non-NULL values. `groups` are the key groups of new entries (null: of the hash).
   * Column arrays may be replaced: read them afterwards.
   */
  upsert(columns: readonly Column[], hashes: Int32Array, n: number, out: Int32Array, groups: Int32Array | null): void {
    this.#probes.upsert(this, columns, hashes, n, out, groups);
  }

  /**
   * `upsert` that announces every entry as changed and lists those it meets for the first time since `clearTouched`.
   * @param hashes null: computed here.
   */
  track(columns: readonly Column[], hashes: Int32Array | null, n: number, out: Int32Array, groups: Int32Array | null): void {
    const { track, hashesInline } = this.#probes;
    const given = hashesInline ? null : (hashes ?? hashColumns(columns, this.keyTypes, n));
    let of = groups;
    if (given !== null && of === null && this.#groupPrefix !== this.keyCount) {
      of = hashColumns(columns.slice(0, this.#groupPrefix), this.keyTypes, n).map(keyGroup);
    }
    track(this, columns, given, n, out, of);
  }
  /** Called by generated probes only. */
  firstTouch(slot: number): void {
    this.touch(slot);
    this.flags[slot] = (this.flags[slot] as number) | TOUCHED;
    this.touched.push(slot);
  }
  clearTouched(): void {
    const { touched, flags } = this;
    for (let i = 0; i < touched.length; i++) flags[touched.array[i] as number] = (flags[touched.array[i] as number] as number) & ~TOUCHED;
    touched.clear();
  }

  /** Slot of one key given as values, or -1. */
  lookup(key: Row): number {
    const { columns } = batchFromRows(this.keyTypes, [key]);
    const out = new Int32Array(1);
    this.find(columns, this.#hashed === null ? Int32Array.of(hashKey(key, this.keyTypes)) : this.hashesOf(columns, 1), 1, out);
    return out[0] as number;
  }

  /** Room for `n` more slots, so that columns keep their arrays meanwhile. */
  reserve(n: number): void {
    const need = this.#high + n;
    if (need <= this.#capacity) return;
    const capacity = Math.max(256, need, Math.ceil(this.#capacity * 1.6));
    this.#capacity = capacity;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const groups = new Uint8Array(capacity);
    groups.set(this.#groups);
    this.#groups = groups;
    const flags = new Uint8Array(capacity);
    flags.set(this.flags);
    this.flags = flags;
    for (const c of this.columns) c.grow(capacity);
  }

  /** Called by generated probes only: a new entry whose index position is `at`. */
  add(columns: readonly Column[], row: number, hash: number, group: number, at: number): number {
    const slot = this.#free.length > 0 ? this.#free.pop() : this.#high++;
    this.#hashes[slot] = hash;
    this.#groups[slot] = group;
    this.flags[slot] = LIVE | DIRTY;
    this.#markDirty(slot);
    this.#live++;
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c] as StateColumn;
      if (c < this.keyCount) column.write(slot, columns[c] as Column, row);
      else column.clear(slot, this.#nullAtFirst[c] as boolean);
    }
    const sub = hash & (KEY_GROUPS - 1);
    const index = this.subs[sub] as Int32Array;
    const count = (this.#counts[sub] = (this.#counts[sub] as number) + 1);
    // Pairs: at most three quarters full.
    if (count * 8 > index.length * 3) {
      this.#rehash(sub);
      this.#place(this.subs[sub] as Int32Array, hash, slot);
    } else {
      index[at] = slot + 1;
      index[at + 1] = hash;
    }
    return slot;
  }

  #place(index: Int32Array, hash: number, slot: number): void {
    const mask = index.length - 1;
    let p = ((hash >>> 7) << 1) & mask;
    while (index[p] !== 0) p = (p + 2) & mask;
    index[p] = slot + 1;
    index[p + 1] = hash;
  }

  #rehash(sub: number): void {
    const old = this.subs[sub] as Int32Array;
    const grown = new Int32Array(Math.max(16, old.length * 2));
    for (let p = 0; p < old.length; p += 2) {
      const e = old[p] as number;
      if (e !== 0) this.#place(grown, old[p + 1] as number, e - 1);
    }
    this.subs[sub] = grown;
  }

  /** Marks the entry for the next delta. */
  touch(slot: number): void {
    const flags = this.flags[slot] as number;
    if ((flags & DIRTY) === 0) {
      this.flags[slot] = flags | DIRTY;
      this.#markDirty(slot);
    }
  }

  /** A slot that is freed and used again is listed twice: without checkpoints the list is made anew now and then. */
  #markDirty(slot: number): void {
    if (this.#dirty.length > 2 * this.#high + 1024) {
      this.#dirty.clear();
      for (let s = 0; s < this.#high; s++) if (((this.flags[s] as number) & DIRTY) !== 0) this.#dirty.push(s);
      return;
    }
    this.#dirty.push(slot);
  }

  /** Takes all entries out, of a table that no checkpoint holds. */
  reset(): void {
    for (const index of this.subs) index.fill(0);
    this.#counts.fill(0);
    this.flags.fill(0, 0, this.#high);
    for (const c of this.columns) c.reset();
    this.touched.clear();
    this.#dirty.clear();
    this.#free.clear();
    this.#high = 0;
    this.#live = 0;
  }

  /** Takes the entry out. Its slot may be reused at once. */
  remove(slot: number): void {
    const flags = this.flags[slot] as number;
    assert((flags & LIVE) !== 0, 'a removed state entry must be live');
    this.#unlink(slot);
    this.#live--;
    if ((flags & SAVED) !== 0) {
      this.flags[slot] = TOMBSTONE | DIRTY;
      if ((flags & DIRTY) === 0) this.#markDirty(slot);
      return;
    }
    // Still in the dirty list; the reset flag tells takeDelta to skip it.
    this.flags[slot] = 0;
    this.#release(slot);
  }

  /** What is left in the other columns is overwritten when the slot is used again. */
  #release(slot: number): void {
    for (let c = 0; c < this.#holding.length; c++) (this.#holding[c] as StateColumn).clear(slot, false);
    this.#free.push(slot);
  }

  #unlink(slot: number): void {
    const hash = this.#hashes[slot] as number;
    const sub = hash & (KEY_GROUPS - 1);
    const index = this.subs[sub] as Int32Array;
    const mask = index.length - 1;
    let p = ((hash >>> 7) << 1) & mask;
    while (index[p] !== slot + 1) {
      assert(index[p] !== 0, 'a state entry is missing from its index');
      p = (p + 2) & mask;
    }
    this.#counts[sub] = (this.#counts[sub] as number) - 1;
    // Backward shift: entries that probed past the hole move into it.
    let hole = p;
    let q = p;
    for (;;) {
      q = (q + 2) & mask;
      const e = index[q] as number;
      if (e === 0) break;
      const home = (((index[q + 1] as number) >>> 7) << 1) & mask;
      if (((q - home) & mask) >= ((q - hole) & mask)) {
        index[hole] = e;
        index[hole + 1] = index[q + 1] as number;
        hole = q;
      }
    }
    index[hole] = 0;
    index[hole + 1] = 0;
  }

  /** All live slots. */
  *slots(): Iterable<number> {
    for (let s = 0; s < this.#high; s++) if (((this.flags[s] as number) & LIVE) !== 0) yield s;
  }

  /** Live slots from `from` on, at most `out.length`; returns their number. `cursor[0]` moves on. */
  scan(cursor: { at: number }, out: Int32Array): number {
    let n = 0;
    while (cursor.at < this.#high && n < out.length) {
      const s = cursor.at++;
      if (((this.flags[s] as number) & LIVE) !== 0) out[n++] = s;
    }
    return n;
  }

  readRow(slot: number, from = 0, to: number = this.columns.length): Row {
    return this.columns.slice(from, to).map((c) => c.value(slot));
  }

  /** Drops dead bytes. Call between batches. */
  compact(): void {
    for (const c of this.columns) c.compact(this.#high);
  }

  takeDelta(): StateBlock[] {
    const upserts = new IntList(this.#dirty.length);
    const deletes = new IntList();
    for (let i = 0; i < this.#dirty.length; i++) {
      const slot = this.#dirty.array[i] as number;
      const flags = this.flags[slot] as number;
      if ((flags & DIRTY) === 0) continue;
      const gone = (flags & TOMBSTONE) !== 0;
      (gone ? deletes : upserts).push(slot);
      this.flags[slot] = gone ? 0 : LIVE | SAVED | (flags & TOUCHED);
    }
    this.#dirty.clear();
    const blocks = this.#encode(deletes, upserts);
    for (let i = 0; i < deletes.length; i++) this.#release(deletes.array[i] as number);
    this.compact();
    return blocks;
  }

  takeBase(keyGroup: number): Uint8Array | null {
    const list = new IntList();
    if (this.#groupByKey) {
      const index = this.subs[keyGroup] as Int32Array;
      for (let p = 0; p < index.length; p += 2) if (index[p] !== 0) list.push((index[p] as number) - 1);
    } else {
      for (let s = 0; s < this.#high; s++) if (this.#groups[s] === keyGroup && ((this.flags[s] as number) & LIVE) !== 0) list.push(s);
    }
    return this.#encode(new IntList(), list)[0]?.bytes ?? null;
  }

  #encode(deletes: IntList, upserts: IntList): StateBlock[] {
    const gone = byGroup(deletes.array, deletes.length, this.#groups);
    const kept = byGroup(upserts.array, upserts.length, this.#groups);
    return encodeBlocks(
      this.columns.length,
      gone, deletes.length === 0 ? [] : this.columns.slice(0, this.keyCount).map((c) => c.gather(gone.slots, deletes.length)),
      kept, upserts.length === 0 ? [] : this.columns.map((c) => c.gather(kept.slots, upserts.length)),
    );
  }

  load(keyGroup: number, block: Uint8Array): void {
    const input = new ByteReader(block);
    const version = input.u8();
    if (version !== VERSION) throw corrupted(`version ${version} is not known`);
    const missing = this.columns.length - input.u8();
    const { at, values } = this.#added;
    if (missing < 0 || missing > values.length) throw corrupted('it has another number of columns');
    const read = (t: SqlType, c: number, n: number): Column => {
      const lacks = c < at + values.length && c >= at + values.length - missing;
      return lacks ? columnFromList(t, new Array<Value>(n).fill(values[c - at] ?? null), 0, n) : readColumn(input, t, n);
    };
    const d = input.u32();
    const u = input.u32();
    if (d > 0 || this.keyCount === 0) {
      const keys = d === 0 ? [] : this.keyTypes.map((t, c) => read(t, c, d));
      const slots = new Int32Array(d);
      this.find(keys, this.hashesOf(keys, d), d, slots);
      for (const slot of slots) if (slot >= 0) this.remove(slot);
    }
    if (u > 0) {
      const columns = this.types.map((t, c) => read(t, c, u));
      const keys = columns.slice(0, this.keyCount);
      const slots = new Int32Array(u);
      this.upsert(keys, this.hashesOf(keys, u), u, slots, new Int32Array(u).fill(keyGroup));
      for (let c = this.keyCount; c < columns.length; c++) {
        const target = this.columns[c] as StateColumn;
        for (let i = 0; i < u; i++) target.write(slots[i] as number, columns[c] as Column, i);
      }
    }
    input.end();
    // What was loaded is what the checkpoint holds.
    for (let i = 0; i < this.#dirty.length; i++) {
      const slot = this.#dirty.array[i] as number;
      const flags = this.flags[slot] as number;
      if ((flags & LIVE) !== 0) this.flags[slot] = LIVE | SAVED;
      else if ((flags & TOMBSTONE) !== 0) {
        this.flags[slot] = 0;
        this.#release(slot);
      }
    }
    this.#dirty.clear();
  }
}
