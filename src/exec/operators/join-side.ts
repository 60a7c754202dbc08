import type { Column } from '../../common/batch/column.ts';
import { BIGINT, DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { JoinKeys } from './join-keys.ts';

export interface JoinSideOptions {
  readonly id: string;
  readonly side: number;
  readonly types: readonly SqlType[];
  readonly keyColumns: readonly number[];
  readonly keys: JoinKeys;
  /** Rows only come: each has a place of its own, and nothing looks a whole row up. */
  readonly appendOnly: boolean;
  /** Keeps a BIGINT with each row: when it was last written. */
  readonly timed?: boolean;
  /** Columns that identify a row, or null. */
  readonly streamKey: readonly number[] | null;
}

/**
 * One side's rows, chained by join key. Where rows may be taken back each is there once, with its multiplicity. The rows
 * are durable; the chains are made again after a restore.
 */
export class JoinSide {
  readonly rows: KeyedStore | RowStore;
  readonly #options: JoinSideOptions;
  readonly #width: number;
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Slot of the row's key plus one; 0 when it is not in a chain. */
  #keyOf = new Int32Array(0);
  readonly #maybeEmpty = new IntList();
  #loaded = false;

  constructor(options: JoinSideOptions) {
    const { id, types, streamKey } = options;
    this.#options = options;
    this.#width = types.length;
    // Behind the row: how often it is there, and how many rows of the other side match it.
    const all = [...types, DOUBLE, DOUBLE, ...(options.timed === true ? [BIGINT] : [])];
    // Few rows share a stream key, those of one epoch's update: hashing the others' columns would only cost.
    const hashed = streamKey === null || streamKey.length === 0 ? {} : { hashed: streamKey };
    this.rows = options.appendOnly ? new RowStore(id, all) : new KeyedStore({ id, types: all, keyCount: types.length, equality: 'exact', ...hashed });
  }

  get counts(): Float64Array {
    return (this.rows.columns[this.#width] as StateColumn).f64;
  }
  get matches(): Float64Array {
    return (this.rows.columns[this.#width + 1] as StateColumn).f64;
  }
  get next(): Int32Array {
    return this.#next;
  }
  /** The row columns. */
  columns(): readonly StateColumn[] {
    return this.rows.columns.slice(0, this.#width);
  }

  /** Slots of the rows, adding the new ones (count 0) to the chains of their keys. */
  upsert(columns: readonly Column[], keys: Int32Array, n: number, groups: Int32Array): Int32Array {
    let slots: Int32Array;
    if (this.rows instanceof RowStore) slots = this.rows.append(columns, n, groups);
    else {
      slots = new Int32Array(n);
      this.rows.upsert(columns, this.rows.hashesOf(columns, n), n, slots, groups);
    }
    this.#link(keys, n, slots);
    return slots;
  }

  #link(keys: Int32Array, n: number, slots: Int32Array): void {
    this.#grow();
    const heads = this.#options.keys.heads(this.#options.side);
    const keyOf = this.#keyOf;
    const next = this.#next;
    const previous = this.#previous;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      if (keyOf[slot] !== 0) continue;
      const key = keys[i] as number;
      const head = heads[key] as number;
      keyOf[slot] = key + 1;
      previous[slot] = 0;
      next[slot] = head;
      if (head !== 0) previous[head - 1] = slot + 1;
      heads[key] = slot + 1;
    }
  }

  #grow(): void {
    const need = this.rows.high;
    if (need <= this.#next.length) return;
    const grow = (a: Int32Array): Int32Array<ArrayBuffer> => {
      const b = new Int32Array(Math.ceil(need * 1.6) + 64);
      b.set(a);
      return b;
    };
    this.#next = grow(this.#next);
    this.#previous = grow(this.#previous);
    this.#keyOf = grow(this.#keyOf);
  }

  /** For each arriving row of the other side, the rows of its key (-1: none): pairs of (arriving row, slot). */
  candidates(keys: Int32Array, n: number, left: IntList, right: IntList): void {
    const heads = this.#options.keys.heads(this.#options.side);
    const next = this.#next;
    for (let i = 0; i < n; i++) {
      const key = keys[i] as number;
      if (key < 0) continue;
      for (let at = heads[key] as number; at !== 0; at = next[at - 1] as number) {
        left.push(i);
        right.push(at - 1);
      }
    }
  }

  /** The row's count has become 0: it goes at the barrier, unless it comes back. */
  mayBeEmpty(slot: number): void {
    this.#maybeEmpty.push(slot);
  }

  /** @param removed is told of the slots that become free. */
  flush(removed: (slot: number) => void): void {
    const { counts } = this;
    for (let i = 0; i < this.#maybeEmpty.length; i++) {
      const slot = this.#maybeEmpty.array[i] as number;
      if (!this.rows.isLive(slot) || counts[slot] !== 0) continue;
      this.remove(slot);
      removed(slot);
    }
    this.#maybeEmpty.clear();
    this.rows.compact();
  }

  remove(slot: number): void {
    const key = (this.#keyOf[slot] as number) - 1;
    const next = this.#next[slot] as number;
    const previous = this.#previous[slot] as number;
    if (next !== 0) this.#previous[next - 1] = previous;
    if (previous !== 0) this.#next[previous - 1] = next;
    else {
      this.#options.keys.heads(this.#options.side)[key] = next;
      if (next === 0) this.#options.keys.release(key);
    }
    this.#keyOf[slot] = 0;
    this.rows.remove(slot);
  }

  /** After a restore: chains the rows again. @returns the slots with their columns, null when there was nothing to do. */
  ensureLoaded(): { readonly slots: Int32Array; readonly columns: readonly Column[] } | null {
    if (this.#loaded) return null;
    this.#loaded = true;
    if (this.rows.entryCount === 0) return null;
    const slots = Int32Array.from(this.rows.slots());
    const columns = this.columns().map((c) => c.gather(slots, slots.length));
    const keyColumns = this.#options.keyColumns.map((k) => columns[k] as Column);
    const types = this.#options.keyColumns.map((k) => this.#options.types[k] as SqlType);
    this.#link(this.#options.keys.upsert(keyColumns, hashColumns(keyColumns, types, slots.length), slots.length), slots.length, slots);
    return { slots, columns };
  }
}
