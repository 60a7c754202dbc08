import type { Column } from '../../common/batch/column.ts';
import { BIGINT, INT } from '../../common/types/sql-type.ts';
import { hashColumns } from '../hash.ts';
import { keyGroupsOf } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/** The watermark up to which windows have been sent, kept in every key group of this worker: late is late after a restart too. */
export class SavedWatermark {
  readonly store: KeyedStore;

  constructor(id: string) {
    this.store = new KeyedStore({ id, types: [INT, BIGINT], keyCount: 1, equality: 'sql' });
  }

  /** The furthest that was saved; null when nothing was. */
  load(): bigint | null {
    const done = (this.store.columns[1] as StateColumn).i64;
    let watermark: bigint | null = null;
    for (const slot of this.store.slots()) {
      const w = done[slot] as bigint;
      if (watermark === null || w > watermark) watermark = w;
    }
    return watermark;
  }

  save(watermark: bigint, worker: number, parallelism: number): void {
    const { from, to } = keyGroupsOf(worker, parallelism);
    const groups = Int32Array.from({ length: to - from }, (_, i) => from + i);
    const columns: Column[] = [{ physical: 'i32', values: groups, nulls: null }];
    const slots = new Int32Array(groups.length);
    this.store.upsert(columns, hashColumns(columns, [INT], groups.length), groups.length, slots, groups);
    const done = (this.store.columns[1] as StateColumn).i64;
    for (const slot of slots) {
      if (done[slot] === watermark) continue;
      done[slot] = watermark;
      this.store.touch(slot);
    }
  }
}
