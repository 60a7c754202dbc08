import { InternalError, SqlError, unreachable } from '../common/errors.ts';
import type { Value } from '../common/types/value.ts';
import { castFunction } from '../functions/casts.ts';

import { evaluate, typeOf } from '../planner/interpret.ts';
import { builtins } from '../functions/registry.ts';
import type { BoundExecute, BoundPrepare, BoundStatement } from '../planner/statement.ts';
import { alter } from './alter.ts';
import { alterJob } from './alter-job.ts';
import type { StatementResult } from './api.ts';
import { planStatement } from './compiled-plans.ts';
import { copy } from './copy.ts';
import { declareCursor } from './cursor.ts';
import { comment, create, drop, rename } from './ddl.ts';
import { deleteRows, insertRows, truncate, updateRows } from './dml.ts';
import { analyzeJob } from './analyze.ts';
import { explain } from './explain.ts';
import { explainOptions } from './explain-options.ts';
import { explainEmpty } from './explain-empty.ts';
import { startInsert } from './insert-job.ts';
import { isCurrent, namedStatement, prepareAst, SETTING_COLUMNS, type Prepared } from './prepared.ts';
import { openQuery, runQuery } from './query.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';
import { sessionCommand } from './session-commands.ts';
import { showPartitions } from './show-partitions.ts';
import { beginSet, collect, insertAll, storesOnly } from './statement-sets.ts';
import { openSubscription } from './subscription-cursor.ts';
import { SETTING_BY_NAME } from './settings-table.ts';
import { commitWrites } from './writes.ts';

/** Runs a bound statement. */
export async function execute(outer: Run, prepared: Prepared): Promise<StatementResult> {
  const { session } = outer;
  const run = prepared.text === outer.text ? outer : { ...outer, text: prepared.text };
  const collected = session.statementSet === null ? undefined : collect(run, session.statementSet, prepared, execute);
  if (collected !== undefined) return await collected;
  const current = isCurrent(session, prepared) ? prepared : prepareAst(session, prepared.ast, prepared.text, prepared.declared);
  return needsDdl(current.bound) ? await underDdl(run, current) : await dispatch(run, current.bound);
}

function needsDdl(s: BoundStatement): boolean {
  switch (s.kind) {
    case 'create':
    case 'drop':
    case 'rename':
    case 'alter':
    case 'alterJob':
    case 'comment':
    case 'createSink':
      return true;
    case 'statementSet':
      return !storesOnly(s);
    case 'insert':
      return s.mode === 'job';
    case 'session':
      return s.statement.kind === 'plan';
    default:
      return false;
  }
}

/** DDL is bound again under the mutex when the catalog has moved on; what the same message wrote is made durable first. */
async function underDdl(run: Run, prepared: Prepared): Promise<StatementResult> {
  const { core, session } = run;
  if (session.transaction?.implicit === true) await commitWrites(session);
  const release = await core.ddl.acquire(run.signal);
  let later: Promise<StatementResult>;
  try {
    const { bound, ast } = isCurrent(session, prepared) ? prepared : prepareAst(session, prepared.ast, prepared.text, prepared.declared);
    if (bound.kind === 'session' && bound.statement.kind === 'plan') later = (await planStatement(run, bound.statement)).result;
    else if (bound.kind === 'statementSet' || bound.kind === 'createSink' || (bound.kind === 'insert' && bound.mode === 'job')) {
      later = (await startInsert(run, bound, ast)).result;
    } else later = Promise.resolve(await dispatch(run, bound));
  } finally {
    release();
  }
  return await later;
}

async function dispatch(run: Run, s: BoundStatement): Promise<StatementResult> {
  const { session } = run;
  switch (s.kind) {
    case 'query':
    case 'subscribe':
      return await runQuery(run, s);
    case 'create':
      return await create(run, s);
    case 'nothing':
      for (const n of s.notices) session.notice('NOTICE', n);
      return { kind: 'command', tag: s.tag };
    case 'drop':
      return await drop(run, s);
    case 'rename':
      return await rename(run, s);
    case 'alter':
      return await alter(run, s);
    case 'alterJob':
      return await alterJob(run, s);
    case 'comment':
      return await comment(run, s);
    case 'insert':
      return await insertRows(run, s);
    case 'update':
      return await updateRows(run, s);
    case 'delete':
      return await deleteRows(run, s);
    case 'truncate':
      return await truncate(run, s);
    case 'explain':
      return await explain(run, s);
    case 'explainJob':
      return s.options.some((o) => o.name === 'EMPTY') ? await explainEmpty(run, s) : await analyzeJob(run, s, explainOptions(s.options));
    case 'copy':
      return await copy(run, s);
    case 'declareCursor':
      return await declareCursor(run, s, (inner) => openQuery(inner, s.source));
    case 'subscriptionCursor':
      return await declareCursor(run, { ...s, hold: true, scroll: null, binary: false }, (inner) => openSubscription(inner, s));
    case 'prepare':
      return prepareNamed(run, s);
    case 'execute':
      return await executeNamed(run, s);
    case 'showSetting':
      return showSetting(run, s.name);
    case 'showPartitions':
      return await showPartitions(run, s);
    case 'session':
      if (s.statement.kind === 'beginSet') return beginSet(run);
      return await sessionCommand(run, s.statement);
    case 'statementSet':
      return await insertAll(run, s);
    case 'createSink':
      throw new InternalError('a sink outside of the DDL mutex');
    default:
      return unreachable(s);
  }
}

function showSetting(run: Run, name: string | null): StatementResult {
  const { settings } = run.session;
  if (name === null) {
    return { kind: 'rows', schema: SETTING_COLUMNS, rows: rowsOf(SETTING_COLUMNS, Array.from(settings.list(), (i) => [i.name, i.value, i.doc])), live: false, tag: () => 'SHOW' };
  }
  const value = settings.shown(name);
  const schema = [{ name: SETTING_BY_NAME.get(name.toLowerCase())?.name ?? name, type: { kind: 'varchar' }, nullable: false }] as const;
  return { kind: 'rows', schema, rows: rowsOf(schema, [[value]]), live: false, tag: () => 'SHOW' };
}

function prepareNamed(run: Run, s: BoundPrepare): StatementResult {
  const { session, text } = run;
  if (session.prepared.has(s.name)) throw new SqlError('duplicate_prepared_statement', `prepared statement "${s.name}" already exists`);
  session.prepared.set(s.name, prepareAst(session, s.statement, text, s.types));
  return { kind: 'command', tag: 'PREPARE' };
}

async function executeNamed(run: Run, s: BoundExecute): Promise<StatementResult> {
  const found = namedStatement(run.session, s.name);
  if (found.types.length !== s.args.length) {
    throw new SqlError('syntax_error', `wrong number of parameters for prepared statement "${s.name}"`, { detail: `Expected ${found.types.length} parameters but got ${s.args.length}.` });
  }
  const cx = { functions: builtins, eval: run.eval, params: run.params };
  const params = s.args.map((arg, i): Value => {
    const value = evaluate(arg, [], cx);
    const to = found.types[i];
    return value === null || to === undefined ? null : castFunction(typeOf(arg), to)(value, run.eval);
  });
  return await execute({ ...run, params, text: found.text }, found);
}
