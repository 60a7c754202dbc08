import type { Batch } from '../common/batch/batch.ts';
import { columnFromList } from '../common/batch/builder.ts';
import { SqlError } from '../common/errors.ts';
import type { JobId } from '../common/ids.ts';
import type { TableObject } from '../catalog/objects.ts';
import type { TableRows } from '../runtime/api.ts';
import { addedValues } from './added-columns.ts';
import type { Core } from './core.ts';
import { storedSchema } from './planning.ts';

/**
 * Rows of a job into its stored tables, as one change. Nobody writes the tables meanwhile: a statement that looks what is there before
 * it writes comes before the job's rows or after them. Errors: whatever keeps them from being written now; they are handed over again.
 */
export async function writeTableRows(core: Core, job: JobId, parts: readonly TableRows[], append: (parts: readonly TableRows[]) => Promise<void>, signal: AbortSignal): Promise<void> {
  if (core.closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
  // No session's number.
  const owner = -1 - job;
  let done: Promise<void>;
  try {
    for (const { table } of parts.toSorted((a, b) => a.table - b.table)) await core.locks.acquire(table, owner, signal);
    const { objects } = core.catalog.snapshot();
    const now = parts.flatMap(({ table, batch }) => {
      const object = objects.get(table);
      if (core.altering.has(table)) throw new SqlError('serialization_failure', `table "${object?.name ?? ''}" is being altered`);
      return object?.kind === 'table' ? [{ table, batch: widened(object, batch) }] : [];
    });
    core.freshness.wrote();
    done = append(now);
  } finally {
    core.locks.releaseAll(owner);
  }
  try {
    await done;
  } finally {
    core.freshness.wrote();
  }
}

/** A job that was started before ALTER TABLE … ADD COLUMN doesn't know the columns: they get what earlier rows have in them. */
function widened(table: TableObject, batch: Batch): Batch {
  const schema = storedSchema(table);
  const missing = schema.length - batch.columns.length;
  if (missing <= 0) return batch;
  const values = addedValues(table).slice(-missing);
  if (values.length < missing) throw new SqlError('object_not_in_prerequisite_state', `table "${table.name}" has other columns than its writer`);
  const more = schema.slice(-missing).map((f, i) => columnFromList(f.type, new Array(batch.rowCount).fill(values[i] ?? null), 0, batch.rowCount));
  return { ...batch, columns: [...batch.columns, ...more] };
}
