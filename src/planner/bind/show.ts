import { SqlError, notSupported } from '../../common/errors.ts';
import { typeName } from '../../common/types/sql-type.ts';
import { createStatement } from '../../catalog/print-ddl.ts';
import type { RelationObject } from '../../catalog/objects.ts';
import type { DescribeStatement, ShowStatement } from '../../parser/ast-statements.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundQuery, BoundShowSetting } from '../statement.ts';
import type { QueryEnv } from './env.ts';
import { readsOf } from './reads.ts';
import { relationPlan, storedQuery, systemPlan } from './tables.ts';

/** SHOW and DESCRIBE, as queries of system relations. */

const IN_SCHEMA = `database = current_database() AND schema = coalesce($schema, current_schema())`;
const QUERIES: Readonly<Record<string, string>> = {
  'CURRENT CATALOG': 'SELECT current_database() AS "current catalog name"',
  'CURRENT DATABASE': 'SELECT current_schema() AS "current database name"',
  CATALOGS: 'SELECT datname AS "catalog name" FROM pg_catalog.pg_database',
  DATABASES: 'SELECT datname AS "database name" FROM pg_catalog.pg_database',
  SCHEMAS: 'SELECT nspname AS "schema name" FROM pg_catalog.pg_namespace',
  TABLES: `SELECT name AS "table name" FROM millrace_catalog.relations WHERE ${IN_SCHEMA}`,
  OBJECTS: `SELECT name, kind FROM millrace_catalog.relations WHERE ${IN_SCHEMA}`,
  VIEWS: `SELECT name AS "view name" FROM millrace_catalog.relations WHERE kind = 'view' AND ${IN_SCHEMA}`,
  'MATERIALIZED VIEWS': `SELECT name AS "materialized view name" FROM millrace_catalog.relations WHERE kind = 'materialized view' AND ${IN_SCHEMA}`,
  SOURCES: `SELECT name AS "source name", connector FROM millrace_catalog.relations WHERE kind = 'table' AND connector IS NOT NULL AND ${IN_SCHEMA}`,
  SINKS: `SELECT name AS "sink name" FROM millrace_catalog.relations WHERE kind = 'sink' AND ${IN_SCHEMA}`,
  SECRETS: `SELECT name AS "secret name" FROM millrace_catalog.secrets WHERE database = current_database()`,
  CONNECTIONS: `SELECT name AS "connection name" FROM millrace_catalog.connections WHERE database = current_database()`,
  FUNCTIONS: 'SELECT DISTINCT proname AS "function name" FROM pg_catalog.pg_proc',
  JOBS: 'SELECT id AS "job id", name AS "job name", state AS "status", created_at AS "start time" FROM millrace_catalog.jobs',
  QUERIES: 'SELECT id AS "job id", name AS "job name", state AS "status", created_at AS "start time" FROM millrace_catalog.jobs',
  CHECKPOINTS: 'SELECT * FROM millrace_catalog.checkpoints',
  PROCESSLIST: 'SELECT pid AS "id", usename AS "user", datname AS "database", state, query FROM pg_catalog.pg_stat_activity',
  INDEXES: 'SELECT indexname AS "index name", tablename AS "table name" FROM pg_catalog.pg_indexes',
};
const SAME: Readonly<Record<string, string>> = { 'MATERIALIZED TABLES': 'MATERIALIZED VIEWS' };
/** Flink has them; here nothing ever is one. */
const EMPTY: Readonly<Record<string, string>> = {
  MODULES: 'module name', PROCEDURES: 'procedure name', MODELS: 'model name', SUBSCRIPTIONS: 'subscription name', JARS: 'jars', 'INTERNAL TABLES': 'table name', CURSORS: 'cursor name',
};

export function bindShow(env: QueryEnv, s: ShowStatement): BoundQuery | BoundShowSetting {
  if (s.what === 'SETTING') return { kind: 'showSetting', name: s.setting };
  if (s.what === 'ALL') return { kind: 'showSetting', name: null };
  if (s.what === 'COLUMNS') return describeName(env, named(s), s);
  if (s.what.startsWith('CREATE ')) return showCreate(env, named(s), s.what);
  const none = EMPTY[s.what];
  const sql = QUERIES[SAME[s.what] ?? s.what] ?? (none === undefined ? undefined : `SELECT CAST(NULL AS TEXT) AS "${none}" WHERE FALSE`);
  if (sql === undefined) throw notSupported(`SHOW ${s.what}`, s.span, 'See the relations of the schema millrace_catalog.');
  const schema = s.name === null ? 'CAST(NULL AS TEXT)' : text(s.name.parts.at(-1)?.name ?? '');
  return queryOf(env, filtered(sql.replace('$schema', schema), s));
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** LIKE on the first column, and the rows in order of it. */
function filtered(sql: string, s: ShowStatement): string {
  const first = /AS "([^"]+)"/.exec(sql)?.[1] ?? (sql.includes('SELECT name') ? 'name' : undefined);
  if (first === undefined) return sql;
  const like = s.like === null ? '' : ` WHERE q."${first}" ${s.like.negated ? 'NOT ' : ''}${s.like.caseInsensitive ? 'ILIKE' : 'LIKE'} ${text(s.like.pattern)}`;
  return `SELECT * FROM (${sql}) AS q${like} ORDER BY 1`;
}

function queryOf(env: QueryEnv, sql: string): BoundQuery {
  const plan = storedQuery(env, sql, env.cx.scope.searchPath, 'SHOW');
  return { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) };
}

function constants(env: QueryEnv, columns: readonly string[], rows: readonly (readonly (string | null)[])[]): BoundQuery {
  const plan: LogicalPlan = {
    kind: 'values',
    rows: rows.map((row) => row.map((value) => ({ kind: 'literal', value, type: { kind: 'varchar' } }))),
    schema: columns.map((name) => ({ name, type: { kind: 'varchar' }, nullable: true })),
  };
  return { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) };
}

function named(s: ShowStatement): ObjectName {
  if (s.name === null) throw new SqlError('syntax_error', `SHOW ${s.what} needs a name`, { span: s.span });
  return s.name;
}

function showCreate(env: QueryEnv, name: ObjectName, what: string): BoundQuery {
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  if (found.kind === 'system') throw new SqlError('wrong_object_type', `"${found.relation.name}" is a system catalog`, { span: name.span });
  const { object } = found;
  const wanted: Readonly<Record<string, RelationObject['kind']>> = {
    'CREATE TABLE': 'table', 'CREATE SOURCE': 'table', 'CREATE VIEW': 'view', 'CREATE MATERIALIZED VIEW': 'materializedView', 'CREATE MATERIALIZED TABLE': 'materializedView', 'CREATE SINK': 'sink',
  };
  if (wanted[what] === undefined) throw notSupported(`SHOW ${what}`, name.span, 'SHOW CREATE TABLE, VIEW and MATERIALIZED VIEW are there.');
  if (wanted[what] !== object.kind) throw new SqlError('wrong_object_type', `"${object.name}" is not a ${what.replace('CREATE ', '').toLowerCase()}`, { span: name.span });
  const options = object.kind === 'table' || object.kind === 'materializedView' ? env.cx.connectors.maskedOptions(object.options) : {};
  return constants(env, [what.toLowerCase()], [[createStatement(object, options)]]);
}

export function bindDescribe(env: QueryEnv, s: DescribeStatement): BoundQuery {
  return describeName(env, s.name, null);
}

/** Flink's columns: name, type, null, key, extras, watermark. */
function describeName(env: QueryEnv, name: ObjectName, show: ShowStatement | null): BoundQuery {
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  const columns = ['name', 'type', 'null', 'key', 'extras', 'watermark'];
  const like = show?.like ?? null;
  const pattern = like === null ? null : new RegExp(`^${like.pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*').replaceAll('_', '.')}$`, like.caseInsensitive ? 'is' : 's');
  const kept = (rows: (string | null)[][]): (string | null)[][] => rows.filter(([n]) => pattern === null || pattern.test(n ?? '') !== (like?.negated ?? false));
  if (found.kind === 'object' && found.object.kind === 'table') {
    const table = found.object;
    const key = table.primaryKey?.columns.map((i) => table.columns[i]?.name).join(', ');
    const rows = table.columns.map((c, i) => [
      c.name, typeName(c.type), c.nullable ? 'TRUE' : 'FALSE', table.primaryKey?.columns.includes(i) === true ? `PRI(${key ?? ''})` : null,
      c.kind === 'computed' ? `AS ${c.sql}` : c.kind === 'metadata' ? `METADATA${c.key === c.name ? '' : ` FROM '${c.key}'`}${c.virtual ? ' VIRTUAL' : ''}` : null,
      table.watermark?.column === i ? table.watermark.sql : null,
    ]);
    return constants(env, columns, kept(rows));
  }
  const plan = found.kind === 'system' ? systemPlan(env, found.relation, name.span) : relationPlan(env, found.object, {}, name.span);
  return constants(env, columns, kept(plan.schema.map((f) => [f.name, typeName(f.type), f.nullable ? 'TRUE' : 'FALSE', null, null, null])));
}
