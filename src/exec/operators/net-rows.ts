import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/** What a changelog comes to, row by row: how often each was put in more than taken out. */
export class NetRows {
  readonly rows: KeyedStore;
  readonly #width: number;

  constructor(id: string, types: readonly SqlType[]) {
    this.#width = types.length;
    this.rows = new KeyedStore({ id, types: [...types, DOUBLE], keyCount: types.length, equality: 'exact' });
  }

  add(batch: Batch, groups: Int32Array): void {
    const n = batch.rowCount;
    const slots = new Int32Array(n);
    this.rows.upsert(batch.columns, hashColumns(batch.columns, this.rows.keyTypes, n), n, slots, groups);
    const weights = signs(batch);
    const net = (this.rows.columns[this.#width] as StateColumn).f64;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      net[slot] = (net[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.rows.touch(slot);
    }
  }

  /** The rows put in and those taken out, each as often as it was, as batches of inserts; forgets them. */
  take(): { readonly inserted: Batch; readonly deleted: Batch } {
    const net = (this.rows.columns[this.#width] as StateColumn).f64;
    const inserted = new IntList();
    const deleted = new IntList();
    const all = Int32Array.from(this.rows.slots());
    for (const slot of all) {
      const times = net[slot] as number;
      const list = times > 0 ? inserted : deleted;
      for (let k = Math.abs(times); k > 0; k--) list.push(slot);
    }
    const batchOf = (list: IntList): Batch => ({ rowCount: list.length, ops: null, columns: this.rows.columns.slice(0, this.#width).map((c): Column => c.gather(list.array, list.length)) });
    const out = { inserted: batchOf(inserted), deleted: batchOf(deleted) };
    for (const slot of all) this.rows.remove(slot);
    this.rows.compact();
    return out;
  }
}
