import { InternalError, SqlError, notSupported } from '../common/errors.ts';
import { defaultSchemaOf } from '../catalog/objects.ts';
import { sameName } from '../catalog/names.ts';
import type { Statement } from '../parser/ast-statements.ts';
import { abortable } from './abort.ts';
import type { StatementResult } from './api.ts';
import { setModes, transactionStatement } from './blocks.ts';
import { waitForFilling } from './background.ts';
import { dropIds } from './drop-objects.ts';
import { closeCursors, fetchCursor } from './cursor.ts';
import { namedStatement, SETTING_COLUMNS } from './prepared.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';
import { jobStatement } from './job-statements.ts';


const done = (tag: string): StatementResult => ({ kind: 'command', tag });

/** Statements that need no plan: settings, blocks, cursors, prepared statements. */
export async function sessionCommand(run: Run, s: Statement): Promise<StatementResult> {
  const { session, core } = run;
  switch (s.kind) {
    case 'set':
      return set(run, s);
    case 'setTransaction':
      if (s.session) {
        for (const m of s.modes) {
          if (m.kind === 'isolation' && m.level !== null) session.settings.set('default_transaction_isolation', [m.level], false);
          else if (m.kind === 'readOnly' || m.kind === 'readWrite') session.settings.set('default_transaction_read_only', [m.kind === 'readOnly' ? 'on' : 'off'], false);
        }
      } else if (session.transaction === null || session.transaction.implicit) session.notice('WARNING', 'SET TRANSACTION can only be used in transaction blocks', { sqlstate: '25P01' });
      else setModes(session, s.modes);
      return done('SET');
    case 'reset':
      if (s.name === null) session.settings.resetAll();
      else session.settings.reset(s.name, s.span);
      return done('RESET');
    case 'use':
      return use(run, s);
    case 'transaction':
      return await transactionStatement(run, s);
    case 'deallocate':
      if (s.name === null) session.prepared.clear();
      else {
        namedStatement(session, s.name.name);
        session.prepared.delete(s.name.name);
      }
      return done(s.name === null ? 'DEALLOCATE ALL' : 'DEALLOCATE');
    case 'fetch':
      return await fetchCursor(run, s);
    case 'closeCursor': {
      const { name } = s;
      if (name !== null && !session.cursors.has(name.name)) throw new SqlError('invalid_cursor_name', `cursor "${name.name}" does not exist`);
      const wanted = name === null ? undefined : session.cursors.get(name.name);
      await closeCursors(session.cursors, (c) => wanted === undefined || c === wanted);
      return done(name === null ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR');
    }
    case 'discard':
      return await discard(run, s);
    case 'flush':
    case 'wait':
      if (s.kind === 'wait') await waitForFilling(run, s.name?.parts.at(-1)?.name ?? null);
      await abortable(core.runtime.flush(), run.signal);
      return done(s.kind === 'flush' ? 'FLUSH' : 'WAIT');
    case 'maintenance':
      if (s.action === 'checkpoint') await abortable(core.runtime.checkpoint(), run.signal);
      return done(s.action.toUpperCase());
    case 'job': {
      if (session.transaction?.implicit === false) throw notSupported('stopping a job in a transaction block', s.span, 'Do it outside of BEGIN and COMMIT.');
      const release = await core.ddl.acquire(run.signal);
      try {
        return await jobStatement(run, s);
      } finally {
        release();
      }
    }
    case 'lock':
      if (session.transaction === null || session.transaction.implicit) throw new SqlError('no_active_sql_transaction', 'LOCK TABLE can only be used in transaction blocks');
      throw notSupported('LOCK TABLE', s.span, 'Whoever writes a table holds it to the end of the transaction.');
    case 'listen':
    case 'notify':
      throw notSupported(s.kind.toUpperCase(), s.span, 'Use SUBSCRIBE to be told of changes.');
    case 'unlisten':
      return done('UNLISTEN');
    default:
      throw new InternalError(`not a command: ${s.kind}`);
  }
}

function set(run: Run, s: Extract<Statement, { kind: 'set' }>): StatementResult {
  const { session } = run;
  if (s.name === null) return { kind: 'rows', schema: SETTING_COLUMNS, rows: rowsOf(SETTING_COLUMNS, Array.from(session.settings.list(), (i) => [i.name, i.value, i.doc])), live: false, tag: () => 'SET' };
  const local = s.scope === 'local';
  if (local && session.transaction === null) {
    session.notice('WARNING', 'SET LOCAL can only be used in transaction blocks', { sqlstate: '25P01' });
    return done('SET');
  }
  if (s.isDefault) session.settings.reset(s.name, s.nameSpan);
  else session.settings.set(s.name, s.values, local, s.nameSpan);
  return done('SET');
}

/** Flink's USE CATALOG is PostgreSQL's database, its USE of a database a schema, or a database of that name. */
function use(run: Run, s: Extract<Statement, { kind: 'use' }>): StatementResult {
  const { session } = run;
  const [name] = s.names;
  const id = name?.parts.at(-1);
  if (s.what === 'modules' || name === undefined || id === undefined) throw notSupported('USE MODULES', s.span, 'There is one set of functions.');
  const { catalog } = session;
  const to = (database: string, schema: string): void => {
    session.database = database;
    session.settings.set('search_path', [schema === 'public' ? 'public' : `"${schema.replaceAll('"', '""')}", public`], false);
  };
  if (s.what === 'catalog') {
    const found = catalog.database(id);
    to(found.name, defaultSchemaOf(found));
    return done('USE CATALOG');
  }
  const [outer] = name.parts;
  const database = name.parts.length > 1 && outer !== undefined ? catalog.database(outer).name : session.database;
  const schema = catalog.findSchema(database, id);
  if (schema !== undefined) to(database, schema.name);
  else {
    const other = name.parts.length > 1 ? undefined : [...catalog.databases()].find((d) => sameName(id, d.name));
    if (other === undefined) throw new SqlError('invalid_schema_name', `schema "${id.name}" does not exist`, { span: id.span });
    to(other.name, defaultSchemaOf(other));
  }
  return done('USE');
}

async function discard(run: Run, s: Extract<Statement, { kind: 'discard' }>): Promise<StatementResult> {
  const { session, core } = run;
  if (s.what === 'all' && session.transaction?.implicit === false) throw new SqlError('active_sql_transaction', 'DISCARD ALL cannot run inside a transaction block', { span: s.span });
  if (s.what === 'all') {
    await closeCursors(session.cursors);
    session.prepared.clear();
    session.settings.resetAll();
  }
  if (s.what === 'all' || s.what === 'temp') {
    const own = [...core.catalog.snapshot().objects.values()].filter((o) => 'session' in o && o.session === session.id).map((o) => o.id);
    if (own.length > 0) await dropIds(core, own);
  }
  return done(`DISCARD ${s.what.toUpperCase()}`);
}
