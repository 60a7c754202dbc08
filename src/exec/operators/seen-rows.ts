import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { BOOLEAN, DOUBLE, INT, type SqlType } from '../../common/types/sql-type.ts';
import { InternalError } from '../../common/errors.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/**
 * Left rows with what each was joined with when it came, so that the same can be taken back. A left row that came twice may
 * have met different partners: each coming is a number of its own, and the last is taken back first.
 */
export class SeenRows {
  /** Left ++ right, whether there was a partner, the coming's number. */
  readonly rows: RowStore;
  readonly #leftTypes: readonly SqlType[];
  readonly #width: number;
  /** Left row → its newest entry plus one. Derived. */
  readonly #heads: KeyedStore;
  #next = new Int32Array(0);
  #comings = 0;

  constructor(id: string, left: readonly SqlType[], right: readonly SqlType[]) {
    this.#leftTypes = left;
    this.#width = left.length + right.length;
    this.rows = new RowStore(id, [...left, ...right, BOOLEAN, DOUBLE]);
    this.#heads = new KeyedStore({ id: `${id}.heads`, types: [...left, INT], keyCount: left.length, equality: 'exact' });
  }

  load(): void {
    if (this.rows.entryCount === 0) return;
    const { f64 } = this.rows.columns[this.#width + 1] as StateColumn;
    const slots = Int32Array.from(this.rows.slots()).sort((a, b) => (f64[a] as number) - (f64[b] as number));
    for (const slot of slots) this.#comings = Math.max(this.#comings, f64[slot] as number);
    this.#link(slots, this.rows.columns.slice(0, this.#leftTypes.length).map((c) => c.gather(slots, slots.length)), slots.length);
  }

  /**
   * @param columns left ++ right, a row a pair. `left`: which coming each pair belongs to, ascending; `right` is -1 for those
   * without a partner.
   */
  add(columns: readonly Column[], left: Int32Array, right: Int32Array, n: number, groups: Int32Array): void {
    const matched = new Uint8Array(n);
    const comings = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      matched[i] = right[i] === -1 ? 0 : 1;
      comings[i] = this.#comings + (left[i] as number) + 1;
    }
    this.#link(this.rows.append([...columns, { physical: 'bool', values: matched, nulls: null }, { physical: 'f64', values: comings, nulls: null }], n, groups), columns.slice(0, this.#leftTypes.length), n);
  }
  /** The comings of a batch are all noted. @param count of its left rows. */
  came(count: number): void {
    this.#comings += count;
  }

  #link(slots: Int32Array, leftColumns: readonly Column[], n: number): void {
    if (this.rows.high > this.#next.length) {
      const grown = new Int32Array(Math.ceil(this.rows.high * 1.6) + 64);
      grown.set(this.#next);
      this.#next = grown;
    }
    const places = new Int32Array(n);
    this.#heads.upsert(leftColumns, hashColumns(leftColumns, this.#leftTypes, n), n, places, null);
    const heads = (this.#heads.columns[this.#leftTypes.length] as StateColumn).i32;
    for (let i = 0; i < n; i++) {
      const place = places[i] as number;
      this.#next[slots[i] as number] = heads[place] as number;
      heads[place] = (slots[i] as number) + 1;
    }
  }

  /** Takes back the newest coming of each of the rows. @param padded those without a partner were sent too. @returns the entries, to be removed, and those that were sent. */
  take(batch: Batch, padded: boolean): { readonly slots: IntList; readonly shown: IntList } {
    const n = batch.rowCount;
    const places = new Int32Array(n);
    this.#heads.find(batch.columns, hashColumns(batch.columns, this.#leftTypes, n), n, places);
    const slots = new IntList(n);
    const shown = new IntList(n);
    const heads = (this.#heads.columns[this.#leftTypes.length] as StateColumn).i32;
    const matched = (this.rows.columns[this.#width] as StateColumn).bool;
    const comings = (this.rows.columns[this.#width + 1] as StateColumn).f64;
    for (let i = 0; i < n; i++) {
      const place = places[i] as number;
      let at = place < 0 ? 0 : (heads[place] as number);
      if (at === 0) throw new InternalError('a row was to be taken back that has not been seen');
      const coming = comings[at - 1];
      for (; at !== 0 && comings[at - 1] === coming; at = this.#next[at - 1] as number) {
        slots.push(at - 1);
        if (padded || matched[at - 1] === 1) shown.push(at - 1);
      }
      heads[place] = at;
    }
    for (const place of new Set(places)) if (heads[place] === 0) this.#heads.remove(place);
    return { slots, shown };
  }
  outputColumns(slots: Int32Array, n: number): Column[] {
    return this.rows.columns.slice(0, this.#width).map((c) => c.gather(slots, n));
  }
  remove(slots: IntList): void {
    for (let i = 0; i < slots.length; i++) this.rows.remove(slots.array[i] as number);
    this.rows.compact();
    this.#heads.compact();
  }
}
