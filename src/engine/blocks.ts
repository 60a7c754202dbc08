import { SqlError } from '../common/errors.ts';
import type { TransactionMode, TransactionStatement } from '../parser/ast-session.ts';
import type { StatementResult } from './api.ts';
import { closeCursors } from './cursor.ts';
import { publish } from './publish.ts';
import type { Run } from './run.ts';
import type { SessionState } from './session-state.ts';
import { Transaction } from './transaction.ts';
import { commitWrites } from './writes.ts';

/** BEGIN, COMMIT, ROLLBACK, savepoints. */

export async function transactionStatement(run: Run, s: TransactionStatement): Promise<StatementResult> {
  const { session } = run;
  const { transaction } = session;
  const name = s.savepoint?.name ?? '';
  switch (s.action) {
    case 'begin':
      if (transaction !== null && !transaction.implicit) session.notice('WARNING', 'there is already a transaction in progress', { sqlstate: '25001' });
      else begin(session, s.modes);
      return { kind: 'command', tag: 'BEGIN' };
    case 'commit':
    case 'rollback': {
      const tag = await end(session, s.action);
      if (s.chain) begin(session, s.modes);
      return { kind: 'command', tag };
    }
    case 'savepoint':
      requireBlock(transaction, 'SAVEPOINT').savepoint(name, session.settings.save());
      return { kind: 'command', tag: 'SAVEPOINT' };
    case 'release':
      requireBlock(transaction, 'RELEASE SAVEPOINT').release(name);
      return { kind: 'command', tag: 'RELEASE' };
    case 'rollbackTo':
      session.settings.restore(await requireBlock(transaction, 'ROLLBACK TO SAVEPOINT').rollbackTo(name));
      return { kind: 'command', tag: 'ROLLBACK' };
  }
}

function requireBlock(transaction: Transaction | null, what: string): Transaction {
  if (transaction === null || transaction.implicit) throw new SqlError('no_active_sql_transaction', `${what} can only be used in transaction blocks`);
  return transaction;
}

function begin(session: SessionState, modes: readonly TransactionMode[]): void {
  const implicit = session.transaction;
  const made = new Transaction(false, session.core.clock.nowMicros());
  // Statements that came before BEGIN in the same message belong to the block.
  for (const [id, w] of implicit?.writes ?? []) made.writes.set(id, w);
  made.undo.push(...(implicit?.undo ?? []));
  if (implicit === null) session.settings.begin();
  session.transaction = made;
  if (session.settings.text('default_transaction_read_only') === 'on') session.settings.set('transaction_read_only', ['on'], true);
  setModes(session, modes);
}

/** Isolation is accepted at any level: every statement reads one consistent epoch. */
export function setModes(session: SessionState, modes: readonly TransactionMode[]): void {
  for (const m of modes) {
    if (m.kind === 'isolation' && m.level !== null) session.settings.set('transaction_isolation', [m.level], true);
    else if (m.kind === 'readOnly' || m.kind === 'readWrite') session.settings.set('transaction_read_only', [m.kind === 'readOnly' ? 'on' : 'off'], true);
  }
}

async function end(session: SessionState, action: 'commit' | 'rollback'): Promise<string> {
  const { transaction } = session;
  if (transaction === null || transaction.implicit) {
    session.notice('WARNING', 'there is no transaction in progress', { sqlstate: '25P01' });
    if (action === 'commit') await commitWrites(session);
    else transaction?.writes.clear();
    return action === 'commit' ? 'COMMIT' : 'ROLLBACK';
  }
  if (action === 'commit' && !transaction.failed) {
    await commit(session);
    return 'COMMIT';
  }
  await rollback(session);
  return 'ROLLBACK';
}

/** Ends the block. An error leaves nothing of it but what had become durable. */
export async function commit(session: SessionState): Promise<void> {
  try {
    await publish(session);
    await commitWrites(session);
  } catch (error) {
    await rollback(session);
    throw error;
  }
  session.transaction = null;
  session.settings.commit();
  await closeCursors(session.cursors, (c) => !c.hold);
}

export async function rollback(session: SessionState): Promise<void> {
  const { transaction, core } = session;
  session.transaction = null;
  transaction?.writes.clear();
  core.locks.releaseAll(session.id);
  session.settings.rollback();
  await closeCursors(session.cursors, (c) => !c.hold);
  await transaction?.undoTo(0);
  core.catalog.restage(session.id, new Map());
}
