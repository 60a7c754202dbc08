import type { Batch } from '../../common/batch/batch.ts';
import { InternalError } from '../../common/errors.ts';
import { gather, IntList } from '../columns.ts';
import type { OperatorContext } from '../operator.ts';

/** The batch without the rows whose time is at or below `bound`, which are reported as late; a row without a time is not late. */
export function withoutLate(batch: Batch, timeColumn: number, bound: bigint | null, operator: string, context: OperatorContext): Batch {
  if (bound === null) return batch;
  const time = batch.columns[timeColumn];
  if (time?.physical !== 'i64') throw new InternalError('a time column has another layout');
  const keep = new IntList(batch.rowCount);
  for (let i = 0; i < batch.rowCount; i++) {
    if ((time.nulls === null || time.nulls[i] !== 1) && (time.values[i] as bigint) <= bound) context.late(operator, batch, i);
    else keep.push(i);
  }
  return keep.length === batch.rowCount ? batch : rowsOf(batch, keep.array, keep.length);
}

/** The first `n` of the named rows. */
export function rowsOf(batch: Batch, rows: Int32Array, n: number): Batch {
  const { ops } = batch;
  return { rowCount: n, ops: ops === null ? null : Uint8Array.from(rows.subarray(0, n), (i) => ops[i] as number), columns: batch.columns.map((c) => gather(c, rows, n)) };
}
