import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { CopyStatement, InsertStatement, SubscribeStatement } from '../../parser/ast-dml.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { ExplainStatement, Statement } from '../../parser/ast-statements.ts';
import type { BoundCopy, BoundExplain, BoundExplainJob, BoundQuery, BoundStatement, BoundSubscribe } from '../statement.ts';
import { TIMESTAMPTZ } from '../../common/types/sql-type.ts';
import { coerce, toBoolean } from './coerce.ts';
import { Notes, type BindContext } from './context.ts';
import { bindCreateFunction } from './create-function.ts';
import { bindCreateIndex } from './create-index.ts';
import { bindCreateSink } from './create-sink.ts';
import { bindCreateTable } from './create-table.ts';
import { bindCreateView } from './create-view.ts';
import { bindInsert, tableColumn, targetTable, writeColumns } from './dml.ts';
import { bindDelete, bindTruncate, bindUpdate } from './update.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { bindAlter } from './alter.ts';
import { bindCreateSubscription, bindSubscriptionCursor } from './subscriptions.ts';
import { bindCreateNamespace } from './namespaces.ts';
import { bindComment, bindCreateOptionsObject, bindDrop } from './objects.ts';
import { bindWholeQuery, topEnv } from './query.ts';
import { readsOf } from './reads.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { bindDescribe } from './describe.ts';
import { bindShow } from './show.ts';
import { schemaScope, storedQuery } from './tables.ts';
import { bindType } from './types.ts';
import { bindTableName, exprEnv } from './sources.ts';

/**
 * A parsed statement, bound. `cx.text` is the whole text the statement was parsed from. Types of parameters end up in
 * `cx.params`.
 */
export function bindStatement(statement: Statement, cx: BindContext): BoundStatement {
  return bindIn(topEnv(cx, new Notes()), statement);
}

function bindIn(env: QueryEnv, s: Statement): BoundStatement {
  switch (s.kind) {
    case 'queryStatement':
      return bindTopQuery(env, s.query);
    case 'createTable':
      return bindCreateTable(env, s);
    case 'createView':
      return bindCreateView(env, s);
    case 'createNamespace':
      return bindCreateNamespace(env, s);
    case 'createObject':
      return bindCreateOptionsObject(env, s);
    case 'drop':
      return bindDrop(env, s);
    case 'alter':
      return bindAlter(env, s);
    case 'comment':
      return bindComment(env, s);
    case 'insert':
      return bindInsert(env, s);
    case 'update':
      return bindUpdate(env, s);
    case 'delete':
      return bindDelete(env, s);
    case 'truncate':
      return bindTruncate(env, s);
    case 'statementSet':
      // Each insert has notes of its own: what it reads is its own affair.
      return { kind: 'statementSet', inserts: s.statements.map((i: InsertStatement) => bindInsert(topEnv(env.cx, new Notes(env.notes)), i)) };
    case 'explain':
      return bindExplain(env, s);
    case 'show':
      return bindShow(env, s);
    case 'describe':
      return bindDescribe(env, s);
    case 'subscribe':
      return bindSubscribe(env, s);
    case 'copy':
      return bindCopy(env, s);
    case 'declareCursor': {
      if (s.source.kind === 'subscription') return bindSubscriptionCursor(env, s);
      const source = s.source.kind === 'query' ? bindTopQuery(env, s.source) : bindSubscribe(env, s.source);
      return { kind: 'declareCursor', name: s.name.name, binary: s.binary, scroll: s.scroll, hold: s.hold, source };
    }
    case 'prepare':
      return { kind: 'prepare', name: s.name.name, types: s.types.map(bindType), statement: s.statement };
    case 'execute':
      return { kind: 'execute', name: s.name.name, args: s.args.map((a) => bindExpr(exprEnv(env, EMPTY_SCOPE, 'EXECUTE'), a)) };
    case 'createFunction':
      return bindCreateFunction(env, s);
    case 'createIndex':
      return bindCreateIndex(env, s);
    case 'createSink':
      return bindCreateSink(env, s);
    case 'createSubscription':
      return bindCreateSubscription(env, s);
    case 'module':
      throw notSupported(s.action === 'addJar' || s.action === 'removeJar' ? 'JAR files' : 'modules', s.span, 'Java code is not run here.');
    case 'privilege':
      throw notSupported(s.action === 'grant' ? 'GRANT' : 'REVOKE', s.span, 'Whoever may connect may do everything.');
    case 'callStatement':
      throw notSupported('CALL', s.span, 'There are no procedures.');
    case 'executeImmediate':
    case 'beginSet':
    case 'set':
    case 'setTransaction':
    case 'reset':
    case 'use':
    case 'deallocate':
    case 'transaction':
    case 'fetch':
    case 'closeCursor':
    case 'discard':
    case 'listen':
    case 'unlisten':
    case 'notify':
    case 'job':
    case 'plan':
    case 'flush':
    case 'wait':
    case 'maintenance':
    case 'lock':
      return { kind: 'session', statement: s };
    default:
      return unreachable(s);
  }
}

function bindTopQuery(env: QueryEnv, query: Query): BoundQuery {
  const plan = bindWholeQuery(query, env, true);
  return { kind: 'query', plan, emit: query.emit?.mode ?? null, reads: readsOf(plan, env.notes) };
}

const WORDS: Readonly<Record<string, boolean>> = { true: true, on: true, '1': true, yes: true, false: false, off: false, '0': false, no: false };

function bindSubscribe(env: QueryEnv, s: SubscribeStatement): BoundSubscribe {
  const plan = 'parts' in s.source ? bindTableName(env, s.source, [], null).plan : bindWholeQuery(s.source, env, true);
  const flags: Record<string, boolean> = { snapshot: true, progress: false };
  for (const o of s.options) {
    const key = o.key.toLowerCase();
    const value = WORDS[(o.value ?? 'true').toLowerCase()];
    if (!(key in flags)) throw new SqlError('invalid_parameter_value', `unknown option "${o.key}" for SUBSCRIBE`, { span: o.span, hint: 'The options are snapshot and progress.' });
    if (value === undefined) throw new SqlError('invalid_parameter_value', `invalid value for option "${o.key}": "${o.value ?? ''}"`, { span: o.valueSpan, hint: 'The option takes true or false.' });
    flags[key] = value;
  }
  const time = (e: SubscribeStatement['asOf']): BoundSubscribe['asOf'] => (e === null ? null : coerce(env, bindExpr(exprEnv(env, EMPTY_SCOPE, 'AS OF'), e), TIMESTAMPTZ, 'explicit', e.span));
  const reads = readsOf(plan, env.notes);
  if (reads.system) throw notSupported('SUBSCRIBE to catalog relations', s.span, 'Select from them again.');
  return { kind: 'subscribe', plan, reads, snapshot: flags['snapshot'] ?? true, progress: flags['progress'] ?? false, asOf: time(s.asOf), upTo: time(s.upTo) };
}

function bindCopy(env: QueryEnv, s: CopyStatement): BoundCopy {
  const options = Object.fromEntries(s.options.map((o) => [o.key.toLowerCase(), o.value ?? 'true']));
  if (s.direction === 'from') {
    if (!('parts' in s.source)) throw new SqlError('syntax_error', 'COPY FROM needs a table', { span: s.span });
    const table = targetTable(env, s.source, 'copy to');
    const columns = s.columns.length === 0 ? writeColumns(table) : s.columns.map((id) => tableColumn(table, id));
    const scope = schemaScope(table.name, columns.map((i) => ({ name: table.columns[i]?.name ?? '', type: table.columns[i]?.type ?? { kind: 'varchar' }, nullable: true })));
    const where = s.where === null ? null : toBoolean(env, bindExpr(exprEnv(env, scope, 'COPY FROM WHERE'), s.where), 'WHERE', s.where.span);
    return { kind: 'copy', endpoint: s.endpoint, to: null, from: { table, columns }, where, options };
  }
  const base = { kind: 'copy', endpoint: s.endpoint, from: null, where: null, options } as const;
  if (!('parts' in s.source)) return { ...base, to: s.source.kind === 'subscribe' ? bindSubscribe(env, s.source) : bindTopQuery(env, s.source) };
  const { plan, scope } = bindTableName(env, s.source, [], null);
  const wanted = s.columns.length === 0 ? scope.columns : s.columns.map((id) => {
    const found = scope.columns.find((c) => c.name === id.name) ?? scope.columns.find((c) => !id.quoted && c.name.toLowerCase() === id.name.toLowerCase());
    if (found === undefined) throw new SqlError('undefined_column', `column "${id.name}" of relation "${s.source && 'parts' in s.source ? (s.source.parts.at(-1)?.name ?? '') : ''}" does not exist`, { span: id.span });
    return found;
  });
  const exprs = wanted.map((c) => ({ kind: 'column', index: c.index, type: c.type, nullable: c.nullable }) as const);
  const chosen = s.columns.length === 0 ? plan : ({ kind: 'project', input: plan, exprs, schema: wanted.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable })) } as const);
  return { ...base, to: { kind: 'query', plan: chosen, emit: null, reads: readsOf(chosen, env.notes) } };
}

/** The job of an object, or one without: an INSERT. Null where nothing runs for the name. */
function explainedJob(env: QueryEnv, target: ObjectName, options: BoundExplain['options']): BoundExplainJob | null {
  const name = target.parts.at(-1)?.name ?? '';
  const { span } = target;
  let found;
  try {
    found = env.cx.catalog.resolveRelation(target, env.cx.scope, env.cx.system);
  } catch (error) {
    // It may be the name of a job, which is no relation.
    if (error instanceof SqlError && error.condition === 'undefined_table' && target.parts.length === 1) return { kind: 'explainJob', options, object: null, name, span };
    throw error;
  }
  if (found.kind === 'object' && (found.object.kind === 'materializedView' || found.object.kind === 'sink' || (found.object.kind === 'table' && found.object.connector === null))) return { kind: 'explainJob', options, object: found.object.id, name, span };
  return null;
}

function bindExplain(env: QueryEnv, s: ExplainStatement): BoundExplain | BoundExplainJob {
  const options = s.options.map((o) => ({ name: o.name, value: o.value }));
  const empty = options.some((o) => o.name === 'EMPTY');
  if (!('parts' in s.target)) {
    if (empty) throw notSupported('EXPLAIN EMPTY of a statement', s.target.span, 'Name a materialized view or a running job: EXPLAIN EMPTY my_view.');
    return { kind: 'explain', options, statement: bindIn(env, s.target), ast: s.target };
  }
  if (empty || options.some((o) => o.name === 'ANALYZE' && (o.value === null || /^(true|on|1)$/i.test(o.value)))) {
    const job = explainedJob(env, s.target, options);
    if (job !== null) return job;
    if (empty) throw new SqlError('wrong_object_type', `nothing runs for "${s.target.parts.at(-1)?.name ?? ''}"`, { span: s.target.span, hint: 'EXPLAIN EMPTY is for materialized views, stored tables and running jobs.' });
  }
  const found = env.cx.catalog.resolveRelation(s.target, env.cx.scope, env.cx.system);
  // An object is explained by its own query.
  const source = found.kind === 'object' && found.object.kind === 'materializedView' ? found.object : null;
  if (source !== null) {
    const plan = storedQuery(env, source.sql, source.searchPath, source.name, source.database);
    return { kind: 'explain', options, statement: { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) }, ast: null };
  }
  const { plan } = bindTableName(env, s.target, [], null);
  return { kind: 'explain', options, statement: { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) }, ast: null };
}
