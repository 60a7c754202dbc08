import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalEnforce } from '../../planner/physical.ts';
import { gather, IntList } from '../columns.ts';
import type { OperatorContext } from '../operator.ts';
import { BaseOperator } from './base.ts';

/**
 * Rows without a NULL where the sink takes none; others are reported, or left out silently.
 *
 * Input and output: any changelog. What takes a refused row back is left out too; of an update with one refused half the other
 * stands alone. In an upsert changelog a refused row deletes its key, so that no older row stays under it.
 * State: none.
 */
export class EnforceOperator extends BaseOperator {
  readonly #node: PhysicalEnforce;
  constructor(node: PhysicalEnforce, context: OperatorContext) {
    super(context);
    this.#node = node;
  }

  override onBatch(_port: number, batch: Batch): void {
    const { notNull } = this.#node;
    if (!notNull.some((c) => batch.columns[c]?.nulls !== null)) {
      this.emit(batch);
      return;
    }
    const bad = new Uint8Array(batch.rowCount);
    let some = false;
    for (const c of notNull) {
      const { nulls } = batch.columns[c] as Column;
      if (nulls === null) continue;
      for (let i = 0; i < batch.rowCount; i++) {
        if (nulls[i] !== 1) continue;
        bad[i] = 1;
        some = true;
      }
    }
    if (!some) this.emit(batch);
    else this.emit(this.#node.props.changelog === 'upsert' ? this.#upserts(batch, bad) : this.#changes(batch, bad));
  }

  #changes(batch: Batch, bad: Uint8Array): Batch {
    const kept = new IntList(batch.rowCount);
    const ops: number[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      const op = batch.ops?.[i] ?? INSERT;
      if (bad[i] === 1) {
        if (op === INSERT || op === UPDATE_AFTER) this.#refuse(batch, i);
        continue;
      }
      kept.push(i);
      // The halves of an update are neighbours.
      if (op === UPDATE_BEFORE && bad[i + 1] === 1) ops.push(DELETE);
      else if (op === UPDATE_AFTER && i > 0 && batch.ops?.[i - 1] === UPDATE_BEFORE && bad[i - 1] === 1) ops.push(INSERT);
      else ops.push(op);
    }
    return { rowCount: kept.length, ops: batch.ops === null ? null : Uint8Array.from(ops), columns: batch.columns.map((c) => gather(c, kept.array, kept.length)) };
  }

  #upserts(batch: Batch, bad: Uint8Array): Batch {
    const key = this.#node.props.streamKey ?? [];
    const kept = new IntList(batch.rowCount);
    const ops: number[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      const op = batch.ops?.[i] ?? INSERT;
      const refused = bad[i] === 1 && op !== DELETE;
      if (refused) this.#refuse(batch, i);
      // A row that has no key was never there.
      if (bad[i] === 1 && key.some((k) => batch.columns[k]?.nulls?.[i] === 1)) continue;
      kept.push(i);
      ops.push(refused ? DELETE : op);
    }
    return { rowCount: kept.length, ops: Uint8Array.from(ops), columns: batch.columns.map((c) => gather(c, kept.array, kept.length)) };
  }

  #refuse(batch: Batch, i: number): void {
    const { notNull, onNull, table, props, kind, input } = this.#node;
    if (onNull === 'drop') return;
    const at = notNull.find((c) => batch.columns[c]?.nulls?.[i] === 1) ?? 0;
    const error = new SqlError('not_null_violation', `null value in column "${props.schema[at]?.name ?? ''}" of sink "${table}" violates not-null constraint`);
    const row: Row = input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i));
    this.context.rowError({ operator: `${kind} ${props.stateId}`, error, row });
  }
}
