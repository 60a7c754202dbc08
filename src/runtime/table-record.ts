import type { Batch, Schema } from '../common/batch/batch.ts';
import { columnFromList } from '../common/batch/builder.ts';
import { SqlError } from '../common/errors.ts';
import { physicalOf } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { decodeBatch, encodeBatch } from './exchange/batch-codec.ts';

/** A batch as a record of a stored table's log. */
export function encodeRecord(batch: Batch): Uint8Array {
  return encodeBatch(batch);
}

/**
 * @param added what records from before the last so many columns were there have in them.
 * Errors: data_corrupted when the record's columns are not those of the table.
 */
export function decodeRecord(schema: Schema, record: Uint8Array, added: readonly Value[] = []): Batch {
  const batch = decodeBatch(record);
  const { rowCount } = batch;
  const base = schema.length - added.length;
  const there = batch.columns.length;
  const columns = there < base ? batch.columns : [...batch.columns, ...schema.slice(there).map((f, i) => columnFromList(f.type, new Array<Value>(rowCount).fill(added[there - base + i] ?? null), 0, rowCount))];
  if (columns.length !== schema.length || columns.some((c, i) => c.physical !== physicalOf((schema[i] as Schema[number]).type))) {
    throw new SqlError('data_corrupted', 'a record of a table log has other columns than its table');
  }
  return columns.length === there ? batch : { ...batch, columns };
}
