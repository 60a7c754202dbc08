import type { Column } from '../../common/batch/column.ts';
import { DOUBLE, INT, type SqlType } from '../../common/types/sql-type.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/**
 * One side's rows, each once with its multiplicity, and chained by join key. The rows are durable; the chains are made
 * again after a restore.
 */
export class JoinSide {
  readonly rows: KeyedStore;
  readonly #keys: KeyedStore;
  readonly #keyColumns: readonly number[];
  readonly #width: number;
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Slot of the row's key plus one; 0 when it is not in a chain. */
  #keyOf = new Int32Array(0);
  readonly #maybeEmpty = new IntList();
  #loaded = false;

  constructor(id: string, types: readonly SqlType[], keyColumns: readonly number[]) {
    this.#keyColumns = keyColumns;
    this.#width = types.length;
    // Behind the row: how often it is there, and how many rows of the other side match it.
    this.rows = new KeyedStore({ id, types: [...types, DOUBLE, DOUBLE], keyCount: types.length, equality: 'exact' });
    this.#keys = new KeyedStore({ id: `${id}.keys`, types: [...keyColumns.map((k) => types[k] as SqlType), INT], keyCount: keyColumns.length, equality: 'sql' });
  }

  get counts(): Float64Array {
    return (this.rows.columns[this.#width] as StateColumn).f64;
  }
  get matches(): Float64Array {
    return (this.rows.columns[this.#width + 1] as StateColumn).f64;
  }
  get #heads(): Int32Array {
    return (this.#keys.columns.at(-1) as StateColumn).i32;
  }
  /** The row columns. */
  columns(): readonly StateColumn[] {
    return this.rows.columns.slice(0, this.#width);
  }
  get keyEntryCount(): number {
    return this.#keys.entryCount;
  }

  /** Slots of the rows, adding the new ones (count 0) to their chains. */
  upsert(columns: readonly Column[], keyHashes: Int32Array, n: number, groups: Int32Array): Int32Array {
    const slots = new Int32Array(n);
    this.rows.upsert(columns, hashColumns(columns, this.rows.keyTypes, n), n, slots, groups);
    this.#link(columns, keyHashes, n, slots);
    return slots;
  }

  #link(columns: readonly Column[], keyHashes: Int32Array, n: number, slots: Int32Array): void {
    this.#grow();
    const keySlots = new Int32Array(n);
    const keyColumns = this.#keyColumns.map((k) => columns[k] as Column);
    this.#keys.upsert(keyColumns, keyHashes, n, keySlots, null);
    const heads = this.#heads;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      if (this.#keyOf[slot] !== 0) continue;
      const key = keySlots[i] as number;
      const head = heads[key] as number;
      this.#keyOf[slot] = key + 1;
      this.#previous[slot] = 0;
      this.#next[slot] = head;
      if (head !== 0) this.#previous[head - 1] = slot + 1;
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

  /** For each probing row, the rows of its key: pairs of (probing row, slot). Rows with `skip[i] === 1` match nothing. */
  candidates(keyColumns: readonly Column[], keyHashes: Int32Array, n: number, skip: Uint8Array | null, left: IntList, right: IntList): void {
    this.ensureLoaded();
    const keySlots = new Int32Array(n);
    this.#keys.find(keyColumns, keyHashes, n, keySlots);
    const heads = this.#heads;
    for (let i = 0; i < n; i++) {
      const key = keySlots[i] as number;
      if (key < 0 || (skip !== null && skip[i] === 1)) continue;
      for (let at = heads[key] as number; at !== 0; at = this.#next[at - 1] as number) {
        left.push(i);
        right.push(at - 1);
      }
    }
  }

  /** The row's count has become 0: it goes at the barrier, unless it comes back. */
  mayBeEmpty(slot: number): void {
    this.#maybeEmpty.push(slot);
  }

  flush(): void {
    const { counts } = this;
    for (let i = 0; i < this.#maybeEmpty.length; i++) {
      const slot = this.#maybeEmpty.array[i] as number;
      if (this.rows.isLive(slot) && counts[slot] === 0) this.remove(slot);
    }
    this.#maybeEmpty.clear();
    this.rows.compact();
    this.#keys.compact();
  }

  remove(slot: number): void {
    const key = (this.#keyOf[slot] as number) - 1;
    const next = this.#next[slot] as number;
    const previous = this.#previous[slot] as number;
    if (next !== 0) this.#previous[next - 1] = previous;
    if (previous !== 0) this.#next[previous - 1] = next;
    else this.#heads[key] = next;
    this.#keyOf[slot] = 0;
    if (this.#heads[key] === 0) this.#keys.remove(key);
    this.rows.remove(slot);
  }

  /** After a restore: chains the rows again. */
  ensureLoaded(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    if (this.rows.entryCount === 0) return;
    const slots = Int32Array.from(this.rows.slots());
    const columns = this.columns().map((c) => c.gather(slots, slots.length));
    const keyColumns = this.#keyColumns.map((k) => columns[k] as Column);
    this.#link(columns, hashColumns(keyColumns, this.#keys.keyTypes, slots.length), slots.length, slots);
  }
}
