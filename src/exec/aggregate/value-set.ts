import type { Column } from '../../common/batch/column.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Weights } from './accumulator.ts';

/**
 * The values of some columns in each group, with how often each occurs: for DISTINCT, for aggregates with ORDER BY, and for
 * min and max of inputs that retract. Durable by group key and values; which values a group has is kept in memory besides
 * (`members`), where the aggregate has to walk them.
 */
export class ValueSet {
  readonly store: KeyedStore;
  readonly #keyCount: number;
  readonly #valueCount: number;
  readonly #members: Map<number, Set<number>> | null;
  readonly #touched = new Set<number>();
  /** The entry of each row of the last update. */
  lastEntries: Int32Array = new Int32Array(0);
  #loaded = false;

  constructor(id: string, keyTypes: readonly SqlType[], valueTypes: readonly SqlType[], walk: boolean, exact: boolean) {
    this.#keyCount = keyTypes.length;
    this.#valueCount = valueTypes.length;
    this.#members = walk ? new Map() : null;
    const types = [...keyTypes, ...valueTypes];
    // Entries lie in the group's key group, which is not that of (group, value).
    this.store = new KeyedStore({ id, types: [...types, DOUBLE], keyCount: types.length, equality: exact ? 'exact' : 'sql' });
  }

  /**
   * Counts the rows in. Returns +1 for each row by which its value came into the group, -1 by which it left, else 0.
   * @param groups key group of each row.
   * @param slots the group's slot of each row.
   */
  update(keys: readonly Column[], values: readonly Column[], n: number, weights: Weights, groups: Int32Array, slots: Int32Array): Int8Array {
    const change = new Int8Array(n);
    const columns = [...keys, ...values];
    const entries = new Int32Array(n);
    this.lastEntries = entries;
    this.store.upsert(columns, hashColumns(columns, this.store.keyTypes, n), n, entries, groups);
    const counts = (this.store.columns.at(-1) as StateColumn).f64;
    for (let i = 0; i < n; i++) {
      const entry = entries[i] as number;
      const before = counts[entry] as number;
      const after = before + (weights === null ? 1 : (weights[i] as number));
      counts[entry] = after;
      this.store.touch(entry);
      if (after === 0) this.#touched.add(entry);
      if (before <= 0 && after > 0) {
        change[i] = 1;
        this.#join(slots[i] as number, entry);
      } else if (before > 0 && after <= 0) {
        change[i] = -1;
        this.#members?.get(slots[i] as number)?.delete(entry);
      }
      if (before === 0 && after === 0) this.#touched.add(entry);
    }
    return change;
  }

  #join(slot: number, entry: number): void {
    if (this.#members === null) return;
    let set = this.#members.get(slot);
    if (set === undefined) this.#members.set(slot, (set = new Set()));
    set.add(entry);
  }

  /** Entries that came to nothing are dropped. At the barrier. */
  flush(): void {
    const counts = (this.store.columns.at(-1) as StateColumn).f64;
    for (const entry of this.#touched) if (this.store.isLive(entry) && counts[entry] === 0) this.store.remove(entry);
    this.#touched.clear();
    this.store.compact();
  }

  /** Forgets a group: its entries too, where they remain. */
  drop(slot: number): void {
    const set = this.#members?.get(slot);
    if (set === undefined) return;
    for (const entry of set) if (this.store.isLive(entry)) this.store.remove(entry);
    this.#members?.delete(slot);
  }

  /** After a restore: which entries belong to which group. */
  ensureLoaded(main: KeyedStore): void {
    if (this.#loaded) return;
    this.#loaded = true;
    if (this.#members === null || this.store.entryCount === 0) return;
    const counts = (this.store.columns.at(-1) as StateColumn).f64;
    const entries = Int32Array.from([...this.store.slots()].filter((s) => (counts[s] as number) > 0));
    const keys = this.store.columns.slice(0, this.#keyCount).map((c) => c.gather(entries, entries.length));
    const slots = new Int32Array(entries.length);
    main.find(keys, hashColumns(keys, main.keyTypes.slice(0, this.#keyCount), entries.length), entries.length, slots);
    for (let i = 0; i < entries.length; i++) if ((slots[i] as number) >= 0) this.#join(slots[i] as number, entries[i] as number);
  }

  entries(slot: number): Iterable<number> {
    return this.#members?.get(slot) ?? [];
  }
  count(entry: number): number {
    return (this.store.columns.at(-1) as StateColumn).f64[entry] as number;
  }
  values(entry: number): Row {
    return this.store.readRow(entry, this.#keyCount, this.#keyCount + this.#valueCount);
  }
  value(entry: number, k: number): Value {
    return (this.store.columns[this.#keyCount + k] as StateColumn).value(entry);
  }
}

/** Rows in an order of columns, NULLs as asked. */
export function rowOrder(keys: readonly { readonly at: number; readonly type: SqlType; readonly descending: boolean; readonly nullsFirst: boolean }[]): (a: Row, b: Row) => number {
  const parts = keys.map((k) => ({ ...k, compare: comparatorOf(k.type) }));
  return (a, b) => {
    for (const { at, descending, nullsFirst, compare } of parts) {
      const x = a[at] ?? null;
      const y = b[at] ?? null;
      let c: number;
      if (x === null || y === null) c = x === y ? 0 : (x === null) === nullsFirst ? -1 : 1;
      else c = descending ? compare(y, x) : compare(x, y);
      if (c !== 0) return c;
    }
    return 0;
  };
}
