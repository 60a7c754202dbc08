import { type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column } from '../../common/batch/column.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { UPDATE_AFTER, UPDATE_BEFORE, DELETE, INSERT } from '../../common/batch/batch.ts';
import type { PhysicalWindowAssign } from '../../planner/physical.ts';
import { gather } from '../columns.ts';
import type { OperatorContext } from '../operator.ts';
import { BaseOperator } from './base.ts';
import { endInstant, localTime, startInstant, windowEnds, windowMath, type WindowMath } from './windows.ts';

/**
 * A windowing table function: each row with window_start, window_end and window_time, in a HOP or CUMULATE once per window.
 *
 * Input and output: any changelog; update pairs fall apart into -D and +I, as both halves may be in other windows.
 * Errors: a row without a time is in no window; a job reports it.
 */
export class WindowAssignOperator extends BaseOperator {
  readonly #node: PhysicalWindowAssign;
  readonly #window: WindowMath;

  constructor(node: PhysicalWindowAssign, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#window = windowMath(node.window);
  }

  override onBatch(_port: number, batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    const rows: number[] = [];
    const starts: bigint[] = [];
    const ends: bigint[] = [];
    for (let i = 0; i < batch.rowCount; i++) {
      if (time.nulls !== null && time.nulls[i] === 1) {
        reportNullTime(this.context, this.#node.props.stateId, this.#node.input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i)));
        continue;
      }
      const w = this.#window;
      for (const end of windowEnds(localTime(time.values[i] as bigint, w), w)) {
        rows.push(i);
        starts.push(startInstant(w.startOf(end), w));
        ends.push(endInstant(end, w));
      }
    }
    const n = rows.length;
    if (n === 0) return;
    const indices = Int32Array.from(rows);
    const { ops } = batch;
    this.emit({
      rowCount: n,
      ops: ops === null ? null : Uint8Array.from(rows, (i) => single(ops[i] as number)),
      columns: [
        ...batch.columns.map((c) => gather(c, indices, n)),
        i64Column(BigInt64Array.from(starts), null),
        i64Column(BigInt64Array.from(ends), null),
        i64Column(BigInt64Array.from(ends, (e) => e - 1000n), null),
      ],
    });
  }
}

const single = (op: number): number => (op === UPDATE_BEFORE ? DELETE : op === UPDATE_AFTER ? INSERT : op);

export function reportNullTime(context: OperatorContext, operator: string, row: readonly ReturnType<typeof readValue>[]): void {
  context.rowError({ operator, row, placeless: true, error: new SqlError('null_value_not_allowed', 'the time attribute of a window must not be null') });
}
