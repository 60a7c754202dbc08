import type { Batch } from '../../common/batch/batch.ts';
import type { Column, I64Column } from '../../common/batch/column.ts';
import { BOOLEAN, DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { TimeHeap } from './time-heap.ts';

/** The versions of keyed rows by time. Of versions at one time the last to come stands. */
export class Versions {
  /** The row, whether it ends the validity of the one before, the order of arrival. */
  readonly rows: RowStore;
  readonly columns: readonly StateColumn[];
  readonly #width: number;
  readonly #keys: readonly number[];
  readonly #time: number;
  readonly #numbers: KeyedStore;
  /** By key number, slots by time. */
  readonly #lists = new Map<number, number[]>();
  /** Number of each slot's key. */
  readonly #keyOf = new Map<number, number>();
  /** Versions that make older ones unneeded once the watermark has passed them. */
  readonly #due = new TimeHeap();
  /** Keys that may have no version any more: let go of between batches. */
  readonly #maybeEmpty = new Set<number>();
  #arrived = 0;

  constructor(id: string, types: readonly SqlType[], keys: readonly number[], time: number) {
    this.#width = types.length;
    this.#keys = keys;
    this.#time = time;
    this.rows = new RowStore(id, [...types, BOOLEAN, DOUBLE]);
    this.columns = this.rows.columns.slice(0, types.length);
    const keyTypes = keys.map((k) => types[k] as SqlType);
    this.#numbers = new KeyedStore({ id: `${id}.keys`, types: keyTypes, keyCount: keys.length, equality: 'sql' });
  }

  get #times(): BigInt64Array {
    return (this.rows.columns[this.#time] as StateColumn).i64;
  }

  load(): void {
    if (this.rows.entryCount === 0) return;
    const order = (this.rows.columns[this.#width + 1] as StateColumn).f64;
    const slots = Int32Array.from(this.rows.slots()).sort((a, b) => (order[a] as number) - (order[b] as number));
    for (const slot of slots) this.#arrived = Math.max(this.#arrived, order[slot] as number);
    const keys = this.#keys.map((k) => (this.columns[k] as StateColumn).gather(slots, slots.length));
    const numbers = this.#number(keys, hashColumns(keys, this.#numbers.keyTypes, slots.length), slots.length);
    slots.forEach((slot, i) => this.#place(slot, numbers[i] as number));
  }

  #number(keys: readonly Column[], hashes: Int32Array, n: number): Int32Array {
    const out = new Int32Array(n);
    this.#numbers.upsert(keys, hashes, n, out, null);
    return out;
  }

  /** @param deleted 1 for rows that end the validity of their key's version; one without a time takes the latest version away. */
  add(batch: Batch, deleted: ArrayLike<number>, hashes: Int32Array, groups: Int32Array): void {
    const n = batch.rowCount;
    const flags = Uint8Array.from({ length: n }, (_, i) => deleted[i] as number);
    const order = Float64Array.from({ length: n }, () => ++this.#arrived);
    const numbers = this.#number(this.#keys.map((k) => batch.columns[k] as Column), hashes, n);
    const slots = this.rows.append([...batch.columns, { physical: 'bool', values: flags, nulls: null }, { physical: 'f64', values: order, nulls: null }], n, groups);
    const { nulls } = batch.columns[this.#time] as Column;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      const number = numbers[i] as number;
      if (nulls?.[i] !== 1) this.#place(slot, number);
      else {
        const latest = this.#lists.get(number)?.at(-1);
        this.rows.remove(slot);
        this.#maybeEmpty.add(number);
        if (latest !== undefined) this.#drop(number, latest);
      }
    }
  }

  #place(slot: number, number: number): void {
    let list = this.#lists.get(number);
    if (list === undefined) this.#lists.set(number, (list = []));
    const times = this.#times;
    const time = times[slot] as bigint;
    const at = this.#upTo(list, time);
    const same = list[at - 1];
    if (same !== undefined && times[same] === time) {
      list[at - 1] = slot;
      this.#keyOf.delete(same);
      this.rows.remove(same);
    } else list.splice(at, 0, slot);
    this.#keyOf.set(slot, number);
    this.#due.push(time, slot);
  }

  /** How many of the versions begin at the time or before. */
  #upTo(list: readonly number[], time: bigint): number {
    const times = this.#times;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[list[middle] as number] as bigint) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(number: number, slot: number): void {
    const list = this.#lists.get(number);
    if (list === undefined) return;
    const at = list.indexOf(slot);
    if (at >= 0) list.splice(at, 1);
    this.#keyOf.delete(slot);
    this.rows.remove(slot);
    if (list.length === 0) this.#maybeEmpty.add(number);
  }

  /** Per row the slot of its key's version in force at its time, -1 for none. */
  at(keys: readonly Column[], hashes: Int32Array, times: I64Column, n: number): Int32Array {
    const out = new Int32Array(n);
    this.#numbers.find(keys, hashes, n, out);
    const ends = (this.rows.columns[this.#width] as StateColumn).bool;
    for (let i = 0; i < n; i++) {
      const list = out[i] === -1 || keys.some((k) => k.nulls?.[i] === 1) ? undefined : this.#lists.get(out[i] as number);
      const slot = list === undefined ? undefined : list[this.#upTo(list, times.values[i] as bigint) - 1];
      out[i] = slot === undefined || ends[slot] === 1 ? -1 : slot;
    }
    return out;
  }

  /** Only what is in force at the time, and later, will be asked for. */
  forget(time: bigint): void {
    const times = this.#times;
    const ends = (this.rows.columns[this.#width] as StateColumn).bool;
    while (this.#due.length > 0 && this.#due.first <= time) {
      const due = this.#due.first;
      const slot = this.#due.pop();
      const number = this.#keyOf.get(slot);
      // The slot may belong to another version by now.
      if (number === undefined || times[slot] !== due) continue;
      const list = this.#lists.get(number) ?? [];
      const at = list.indexOf(slot);
      const older = list.slice(0, at);
      for (const old of older) this.#drop(number, old);
      if (ends[slot] === 1) this.#drop(number, slot);
    }
  }

  compact(): void {
    for (const number of this.#maybeEmpty) {
      if ((this.#lists.get(number)?.length ?? 0) > 0) continue;
      this.#lists.delete(number);
      this.#numbers.remove(number);
    }
    this.#maybeEmpty.clear();
    this.rows.compact();
    this.#numbers.compact();
  }
}
