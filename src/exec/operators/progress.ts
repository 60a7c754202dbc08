import type { Column } from '../../common/batch/column.ts';
import { BIGINT, INT } from '../../common/types/sql-type.ts';
import { hashColumns } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/** How far an operator's results have come in event time, kept in every key group of the worker, so that it restores onto any number. */
export class Progress {
  readonly state: KeyedStore;
  readonly #context: OperatorContext;

  constructor(stateId: string, context: OperatorContext) {
    this.#context = context;
    this.state = new KeyedStore({ id: `${stateId}.progress`, types: [INT, BIGINT], keyCount: 1, equality: 'sql' });
  }
  /** The latest of the restored ones, or null. */
  restored(): bigint | null {
    const done = (this.state.columns[1] as StateColumn).i64;
    let latest: bigint | null = null;
    for (const slot of this.state.slots()) {
      const w = done[slot] as bigint;
      if (latest === null || w > latest) latest = w;
    }
    return latest;
  }
  /** Before a checkpoint. */
  save(watermark: bigint): void {
    const { from, to } = keyGroupsOf(this.#context.worker, this.#context.parallelism);
    const groups = Int32Array.from({ length: to - from }, (_, i) => from + i);
    const columns: Column[] = [{ physical: 'i32', values: groups, nulls: null }];
    const slots = new Int32Array(groups.length);
    this.state.upsert(columns, hashColumns(columns, [INT], groups.length), groups.length, slots, groups);
    const done = (this.state.columns[1] as StateColumn).i64;
    for (const slot of slots) {
      if (done[slot] === watermark) continue;
      done[slot] = watermark;
      this.state.touch(slot);
    }
  }
}
