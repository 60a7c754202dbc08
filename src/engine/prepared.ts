import type { Schema } from '../common/batch/batch.ts';
import { SqlError, notSupported } from '../common/errors.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import { TEXT } from '../common/types/sql-type.ts';
import type { ExecuteImmediateStatement } from '../parser/ast-session.ts';
import type { Statement } from '../parser/ast-statements.ts';
import { parseStatement } from '../parser/parser.ts';
import { Params } from '../planner/bind/context.ts';
import { bindStatement } from '../planner/bind/statement.ts';
import { resultSchema, type BoundQuery, type BoundStatement } from '../planner/statement.ts';
import { continuousSchema, leadingOfQuery, leadingOfSubscribe } from './continuous.ts';
import type { SessionState } from './session-state.ts';
import { SETTING_BY_NAME } from './settings-table.ts';

/** A statement that has been bound, and under what: a changed catalog or setting makes it be bound again. */
export interface Prepared {
  readonly ast: Statement;
  readonly text: string;
  readonly declared: readonly (SqlType | undefined)[];
  readonly bound: BoundStatement;
  readonly types: readonly SqlType[];
  readonly columns: Schema | null;
  readonly catalogVersion: number;
  readonly settingsVersion: number;
  readonly database: string;
}

/** PREPARE's statement. */
export type NamedStatement = Prepared;

/** Errors: those of binding. */
export function prepareAst(session: SessionState, ast: Statement, text: string, declared: readonly (SqlType | undefined)[]): Prepared {
  if (ast.kind === 'executeImmediate') return immediate(session, ast);
  const params = new Params(declared.map((t) => t ?? null));
  const cx = session.bindContext(text, params);
  const bound = bindStatement(ast, cx);
  return {
    ast, text, declared, bound, types: params.all(), columns: columnsOf(session, bound), catalogVersion: cx.catalog.version, settingsVersion: session.settings.version, database: session.database,
  };
}

/** The statement in the text, which an error of it is reported at. */
function immediate(session: SessionState, ast: ExecuteImmediateStatement): Prepared {
  try {
    const inner = parseStatement(ast.sql);
    if (inner.kind === 'executeImmediate') throw notSupported('EXECUTE IMMEDIATE in EXECUTE IMMEDIATE', undefined, 'Write the inner statement.');
    return prepareAst(session, inner, ast.sql, []);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SqlError(error.condition, error.message, { detail: error.detail, hint: error.hint, span: ast.sqlSpan, cause: error });
  }
}

export const isCurrent = (session: SessionState, p: Prepared): boolean =>
  p.catalogVersion === session.core.catalog.snapshot().version && p.settingsVersion === session.settings.version && p.database === session.database;

/** A query whose result has no end: asked for by EMIT, or for every query by Flink's runtime mode. */
export function isContinuous(session: SessionState, query: BoundQuery): boolean {
  if (query.emit !== null) return true;
  return session.settings.text('execution.runtime-mode') === 'streaming' && query.reads.objects.length > 0 && !query.reads.system;
}

export const SETTING_COLUMNS: Schema = [
  { name: 'name', type: TEXT, nullable: false },
  { name: 'setting', type: TEXT, nullable: false },
  { name: 'description', type: TEXT, nullable: false },
];

function columnsOf(session: SessionState, bound: BoundStatement): Schema | null {
  switch (bound.kind) {
    case 'query':
      return isContinuous(session, bound) ? continuousSchema(bound.plan.schema, leadingOfQuery(bound)) : bound.plan.schema;
    case 'subscribe':
      return continuousSchema(bound.plan.schema, leadingOfSubscribe(bound));
    case 'showSetting':
      return bound.name === null ? SETTING_COLUMNS : [{ name: SETTING_BY_NAME.get(bound.name.toLowerCase())?.name ?? bound.name, type: TEXT, nullable: false }];
    case 'execute':
      return namedStatement(session, bound.name).columns;
    case 'session': {
      const { statement } = bound;
      if (statement.kind === 'fetch' && !statement.move) return session.cursors.get(statement.cursor.name)?.schema ?? null;
      return statement.kind === 'set' && statement.name === null ? SETTING_COLUMNS : null;
    }
    default:
      return resultSchema(bound);
  }
}

/** Errors: invalid_sql_statement_name. */
export function namedStatement(session: SessionState, name: string): NamedStatement {
  const found = session.prepared.get(name);
  if (found === undefined) throw new SqlError('invalid_sql_statement_name', `prepared statement "${name}" does not exist`);
  return found;
}
