import type { Batch, Schema } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import { physicalOf } from '../common/types/sql-type.ts';
import { decodeBatch, encodeBatch } from './exchange/batch-codec.ts';

/** A batch as a record of a stored table's log. */
export function encodeRecord(batch: Batch): Uint8Array {
  return encodeBatch(batch);
}

/** Errors: data_corrupted when the record's columns are not those of the table. */
export function decodeRecord(schema: Schema, record: Uint8Array): Batch {
  const batch = decodeBatch(record);
  if (batch.columns.length !== schema.length || batch.columns.some((c, i) => c.physical !== physicalOf((schema[i] as Schema[number]).type))) {
    throw new SqlError('data_corrupted', 'a record of a table log has other columns than its table');
  }
  return batch;
}
