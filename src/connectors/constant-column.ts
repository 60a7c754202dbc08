import type { Column } from '../common/batch/column.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { ColumnWriter } from './formats/column-writer.ts';

const encoder = new TextEncoder();

/** A column with the same value in every row; text is stored once. */
export function constantColumn(type: SqlType, value: Value, rows: number): Column {
  if (typeof value === 'string') {
    const data = encoder.encode(value);
    return { physical: 'bytes', data, offsets: new Int32Array(rows), lengths: new Int32Array(rows).fill(data.length), nulls: null };
  }
  const w = new ColumnWriter(type, rows, new Uint8Array(0));
  for (let i = 0; i < rows; i++) w.set(i, value);
  return w.finish(rows);
}
