import { notSupported } from '../common/errors.ts';
import type { TableObject } from '../catalog/objects.ts';
import type { BoundCreate, BoundInsert } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { insertRows } from './dml.ts';
import { dropIds } from './drop-objects.ts';
import { requireEnding } from './insert-job.ts';
import type { Run } from './run.ts';

/** CREATE TABLE AS: the table's first rows, or for a connector the job that writes them. */
export async function fillTable(run: Run, table: TableObject, bound: BoundCreate): Promise<StatementResult> {
  const { source } = bound;
  if (source === null || bound.withNoData) return { kind: 'command', tag: bound.tag };
  const columns = table.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
  const base = { kind: 'insert', target: table, plan: source.plan, columns, overwrite: false, conflict: null, returning: null, emit: source.emit, reads: source.reads } as const;
  try {
    if (table.connector !== null) {
      throw notSupported('CREATE TABLE AS with a connector', undefined, 'Create the table, then INSERT INTO it.');
    }
    requireEnding(source.reads, table.name);
    const insert: BoundInsert = { ...base, mode: 'dml', options: {} };
    const result = await insertRows(run, insert);
    return result.kind === 'command' ? { kind: 'command', tag: result.tag.replace('INSERT 0', 'SELECT') } : result;
  } catch (error) {
    await dropIds(run.core, [table.id]);
    throw error;
  }
}
