import { InternalError, notSupported } from '../common/errors.ts';
import type { TableObject } from '../catalog/objects.ts';
import { parseStatement } from '../parser/parser.ts';
import type { BoundCreate, BoundInsert } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { insertRows } from './dml.ts';
import { dropIds } from './drop-objects.ts';
import { requireEnding, startInsert } from './insert-job.ts';
import { prepareAst } from './prepared.ts';
import type { Run } from './run.ts';

/** CREATE TABLE AS: a stored table's first rows, or for a connector the job that writes them. */
export async function fillTable(run: Run, table: TableObject, bound: BoundCreate): Promise<StatementResult> {
  const { source } = bound;
  if (source === null || bound.withNoData) return { kind: 'command', tag: bound.tag };
  const columns = table.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
  const base = { kind: 'insert', target: table, plan: source.plan, columns, overwrite: false, conflict: null, returning: null, emit: source.emit, reads: source.reads } as const;
  try {
    if (table.connector !== null) return await startWriting(run, table, bound.insertSql ?? '');
    requireEnding(source.reads, table.name);
    const insert: BoundInsert = { ...base, mode: 'dml', options: {} };
    const result = await insertRows(run, insert);
    return result.kind === 'command' ? { kind: 'command', tag: result.tag.replace('INSERT 0', 'SELECT') } : result;
  } catch (error) {
    await dropIds(run.core, [table.id]);
    throw error;
  }
}

/** The table is in the catalog by now, so that the INSERT is bound as if the user had written it. */
async function startWriting(run: Run, table: TableObject, sql: string): Promise<StatementResult> {
  if (table.session !== null) throw notSupported('CREATE TEMPORARY TABLE AS with a connector', undefined, 'Create the table, then INSERT INTO it.');
  const ast = parseStatement(sql);
  const { bound } = prepareAst(run.session, ast, sql, []);
  if (bound.kind !== 'insert') throw new InternalError('CREATE TABLE AS made no insert');
  const { result } = await startInsert({ ...run, text: sql }, bound, ast);
  const done = await result;
  return done.kind === 'command' ? { kind: 'command', tag: done.tag.replace(/^INSERT 0 0$/, 'CREATE TABLE').replace('INSERT 0', 'SELECT') } : done;
}
