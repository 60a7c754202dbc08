import { deserialize, serialize } from 'node:v8';
import type { Batch, Schema } from '../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import type { Row } from '../common/types/value.ts';

/** A batch as a record of a stored table's log. */
export function encodeRecord(schema: Schema, batch: Batch): Uint8Array {
  return serialize({ ops: batch.ops === null ? null : batch.ops.slice(0, batch.rowCount), rows: rowsFromBatch(schema, batch) });
}
export function decodeRecord(schema: Schema, record: Uint8Array): Batch {
  const { ops, rows } = deserialize(record) as { readonly ops: Uint8Array | null; readonly rows: readonly Row[] };
  return batchFromRows(schema, rows, ops);
}
