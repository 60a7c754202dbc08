import { SqlError } from '../common/errors.ts';
import { parseStatement } from '../parser/parser.ts';
import type { BoundStatementSet } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { commit, rollback } from './blocks.ts';
import { insertRows } from './dml.ts';
import { prepareAst, type Prepared } from './prepared.ts';
import type { Run } from './run.ts';
import { Transaction } from './transaction.ts';

/**
 * A statement set that comes in pieces, as Flink's client and psql send it: BEGIN STATEMENT SET, INSERTs, END. The INSERTs are checked
 * as they come, and start together as one job at END.
 */

/** Whether a set writes stored tables alone, from what ends: then it is no job. */
export const storesOnly = (set: BoundStatementSet): boolean => set.inserts.every((i) => i.mode === 'dml');

/** A set that writes stored tables: its INSERTs one after another, all of them or none. */
export async function insertAll(run: Run, set: BoundStatementSet): Promise<StatementResult> {
  const { session } = run;
  const alone = session.transaction === null;
  if (alone) {
    session.settings.begin();
    session.transaction = new Transaction(true, run.core.clock.nowMicros());
  }
  try {
    for (const insert of set.inserts) await insertRows(run, insert);
    if (alone) await commit(session);
  } catch (error) {
    if (alone) await rollback(session);
    throw error;
  }
  return { kind: 'command', tag: 'EXECUTE STATEMENT SET' };
}

/** Errors: syntax_error in a transaction block, whose END would be meant. */
export function beginSet(run: Run): StatementResult {
  const { session } = run;
  if (session.transaction?.implicit === false) throw new SqlError('active_sql_transaction', 'BEGIN STATEMENT SET cannot run inside a transaction block');
  session.statementSet = [];
  return { kind: 'command', tag: 'BEGIN STATEMENT SET' };
}

/** What comes while a set is open; undefined where it is for others: settings and what only looks. */
export function collect(run: Run, inserts: string[], prepared: Prepared, execute: (run: Run, prepared: Prepared) => Promise<StatementResult>): Promise<StatementResult> | undefined {
  const { ast, bound, text } = prepared;
  const { session } = run;
  if (bound.kind === 'insert') {
    inserts.push(text.slice(ast.span.start, ast.span.end));
    return Promise.resolve({ kind: 'command', tag: 'INSERT 0 0' });
  }
  if (ast.kind === 'transaction' && (ast.action === 'commit' || ast.action === 'rollback')) {
    session.statementSet = null;
    if (ast.action === 'rollback' || inserts.length === 0) return Promise.resolve({ kind: 'command', tag: ast.action === 'rollback' ? 'ROLLBACK' : 'EXECUTE STATEMENT SET' });
    const sql = `EXECUTE STATEMENT SET BEGIN\n${inserts.map((i) => `${i};\n`).join('')}END`;
    return execute({ ...run, text: sql }, prepareAst(session, parseStatement(sql), sql, []));
  }
  if (bound.kind === 'query' || bound.kind === 'explain' || bound.kind === 'showSetting' || bound.kind === 'showPartitions') return undefined;
  if (bound.kind === 'session' && (bound.statement.kind === 'set' || bound.statement.kind === 'reset')) return undefined;
  throw new SqlError('syntax_error', 'only INSERT is allowed in a statement set', { span: ast.span, hint: 'END starts the set as a job, ROLLBACK forgets it.' });
}
