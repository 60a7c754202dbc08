import { INSERT } from '../common/batch/batch.ts';
import { batchFromRows } from '../common/batch/builder.ts';
import { SqlError } from '../common/errors.ts';
import type { TableObject } from '../catalog/objects.ts';
import { dirtyRelations } from './fetch.ts';
import type { Core } from './core.ts';
import { storedSchema } from './planning.ts';
import type { Reads } from '../planner/statement.ts';
import type { Run } from './run.ts';
import type { SessionState } from './session-state.ts';
import type { RowChange } from './transaction.ts';

/** From changes of rows to a table's log, at once or when the transaction block commits. */

/** Takes the table for the statement, or to the end of the transaction block. Errors: serialization_failure; lock_timeout's query_canceled. */
export async function lockTable(run: Run, table: TableObject): Promise<void> {
  const { core, session, signal } = run;
  const ms = Number(session.settings.text('lock_timeout'));
  if (ms === 0) return await core.locks.acquire(table.id, session.id, signal);
  const late = new AbortController();
  const cancel = core.clock.setTimer(ms, () => late.abort(new SqlError('query_canceled', 'canceling statement due to lock timeout')));
  try {
    await core.locks.acquire(table.id, session.id, AbortSignal.any([signal, late.signal]));
  } finally {
    cancel();
  }
}

/** Autocommit: what the statement held is free for others as soon as its rows are in order. */
export function unlock(run: Run): void {
  if (run.session.transaction === null) run.core.locks.releaseAll(run.session.id);
}

export function requireWritable(run: Run, tag: string): void {
  if (run.session.settings.text('transaction_read_only') !== 'on') return;
  throw new SqlError('read_only_sql_transaction', `cannot execute ${tag} in a read-only transaction`);
}

/** Durable when resolved, unless a transaction block collects it. The table must be locked when the changes rest on what was read. */
export async function write(run: Run, table: TableObject, changes: readonly RowChange[]): Promise<void> {
  if (changes.length === 0) return unlock(run);
  const { transaction } = run.session;
  if (transaction !== null) {
    transaction.writesTo(table).add(changes);
    return;
  }
  const done = append(run.core, table, changes);
  // Later writers look up keys behind this call's rows: nobody has to wait for the disk.
  unlock(run);
  await done;
}

async function append(core: Core, table: TableObject, changes: readonly RowChange[]): Promise<void> {
  await appendAll(core, [{ table, changes }]);
}

/** One step for all tables: nobody sees the rows of one without those of the others. */
async function appendAll(core: Core, writes: readonly { readonly table: TableObject; readonly changes: readonly RowChange[] }[]): Promise<void> {
  for (const { table } of writes) {
    if (core.altering.has(table.id)) throw new SqlError('serialization_failure', `table "${table.name}" is being altered`, { hint: 'Run the statement again.' });
    const now = core.catalog.snapshot().object(table.id);
    if (now?.kind === 'table' && now !== table && (storedSchema(now).length !== storedSchema(table).length || JSON.stringify(now.uniques) !== JSON.stringify(table.uniques))) throw new SqlError('serialization_failure', `table "${table.name}" has been altered meanwhile`, { hint: 'Run the statement again.' });
  }
  const parts = writes.map(({ table, changes }) => {
    const ops = changes.every((c) => c.op === INSERT) ? null : Uint8Array.from(changes, (c) => c.op);
    return { table: table.id, batch: batchFromRows(storedSchema(table), changes.map((c) => c.row), ops) };
  });
  core.freshness.wrote();
  try {
    await core.runtime.appendTables(parts);
  } finally {
    core.freshness.wrote();
  }
}

/** Applies what a transaction block has written. */
export async function commitWrites(session: SessionState): Promise<void> {
  const { core, transaction } = session;
  if (transaction === null) return;
  const pending = [...transaction.writes.values()].filter((w) => w.changes.length > 0);
  transaction.writes.clear();
  try {
    const { objects } = core.catalog.snapshot();
    for (const w of pending) {
      if (!objects.has(w.table.id)) throw new SqlError('undefined_table', `relation "${w.table.name}" does not exist any more`);
    }
    const done = pending.length === 0 ? Promise.resolve() : appendAll(core, pending);
    core.locks.releaseAll(session.id);
    await done;
  } finally {
    core.locks.releaseAll(session.id);
  }
}

/**
 * In an implicit block (statements sent together), a statement that reads what an earlier one wrote makes that durable first:
 * it is then read through every view. An explicit block reads its own rows without committing them.
 */
export async function settleImplicit(run: Run, reads: Reads): Promise<void> {
  if (run.session.transaction?.implicit === true && dirtyRelations(run, reads).size > 0) await commitWrites(run.session);
}

