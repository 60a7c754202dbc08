import type { Batch } from '../common/batch/batch.ts';
import type { Column } from '../common/batch/column.ts';

/** About how many bytes a batch holds, for limits; what rows share is not counted twice. */
export function batchBytes(batch: Batch): number {
  let total = batch.ops === null ? 0 : batch.rowCount;
  for (const column of batch.columns) total += columnBytes(column, batch.rowCount);
  return total + 64;
}
function columnBytes(column: Column, n: number): number {
  switch (column.physical) {
    case 'bool':
      return n;
    case 'i32':
      return 4 * n;
    case 'i64':
    case 'f64':
      return 8 * n;
    case 'boxed':
      return 48 * n;
    case 'bytes': {
      let total = 8 * n;
      for (let i = 0; i < n; i++) total += column.lengths[i] as number;
      return total;
    }
  }
}
