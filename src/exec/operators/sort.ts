import { TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalSort } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { hashColumns } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, typesOf } from './base.ts';
import { slotOrder } from './slot-order.ts';

/**
 * ORDER BY of a bounded input: the rows left at its end, in order, at the first barrier after it.
 * Kept in memory and never in a checkpoint: a one-shot query starts again.
 */
export class SortOperator extends BaseOperator {
  readonly #node: PhysicalSort;
  readonly #types: readonly SqlType[];
  readonly #rows: KeyedStore;
  #ended = false;
  #sent = false;

  constructor(node: PhysicalSort, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    this.#rows = new KeyedStore({ id: `${node.props.stateId}.rows`, types: [...this.#types, DOUBLE], keyCount: this.#types.length, equality: 'exact' });
  }

  override onBatch(_port: number, batch: Batch): void {
    const n = batch.rowCount;
    const slots = new Int32Array(n);
    this.#rows.upsert(batch.columns, hashColumns(batch.columns, this.#rows.keyTypes, n), n, slots, null);
    const counts = (this.#rows.columns.at(-1) as StateColumn).f64;
    const weights = signs(batch);
    for (let i = 0; i < n; i++) counts[slots[i] as number] = (counts[slots[i] as number] as number) + (weights === null ? 1 : (weights[i] as number));
  }

  override onEnd(_port: number): void {
    this.#ended = true;
  }

  override onBarrier(_barrier: Barrier): void {
    if (!this.#ended || this.#sent) return;
    this.#sent = true;
    const { offset, limit, order } = this.#node;
    const columns = this.#rows.columns.slice(0, this.#types.length);
    const counts = (this.#rows.columns.at(-1) as StateColumn).f64;
    const slots: number[] = [];
    for (const slot of this.#rows.slots()) for (let c = counts[slot] as number; c > 0; c--) slots.push(slot);
    slots.sort(slotOrder(columns, order, this.#node.input.props.streamKey ?? []));
    const end = Math.min(slots.length, offset + limit);
    for (let from = offset; from < end; from += TARGET_BATCH_ROWS) {
      const part = Int32Array.from(slots.slice(from, Math.min(end, from + TARGET_BATCH_ROWS)));
      this.emit({ rowCount: part.length, ops: null, columns: columns.map((c) => c.gather(part, part.length)) });
    }
  }
}
