import { SqlError, notSupported } from '../../common/errors.ts';
import { nameText, sameName, SYSTEM_SCHEMAS } from '../../catalog/names.ts';
import { defaultSchemaOf, isCatalog, type SchemaMember } from '../../catalog/objects.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { ShowStatement } from '../../parser/ast-session.ts';
import type { BoundQuery, BoundShowPartitions, BoundShowSetting } from '../statement.ts';
import { constants } from './constants.ts';
import { describeName, likeTest } from './describe.ts';
import type { QueryEnv } from './env.ts';
import { readsOf } from './reads.ts';
import { showCreate } from './show-create.ts';
import { showPartitions } from './show-partitions.ts';
import { storedQuery } from './tables.ts';

/** SHOW, as queries of system relations or lists made of the catalog. */

const IN_SCHEMA = 'database = $database AND schema = coalesce($schema, current_schema())';
const QUERIES: Readonly<Record<string, string>> = {
  'CURRENT CATALOG': 'SELECT current_database() AS "current catalog name"',
  'CURRENT DATABASE': 'SELECT current_schema() AS "current database name"',
  CATALOGS: 'SELECT datname AS "catalog name" FROM pg_catalog.pg_database',
  TABLES: `SELECT name AS "table name" FROM millrace_catalog.relations WHERE kind NOT IN ('sink', 'subscription') AND ${IN_SCHEMA}`,
  OBJECTS: `SELECT name, kind FROM millrace_catalog.relations WHERE ${IN_SCHEMA}`,
  VIEWS: `SELECT name AS "view name" FROM millrace_catalog.relations WHERE kind = 'view' AND ${IN_SCHEMA}`,
  'MATERIALIZED VIEWS': `SELECT name AS "materialized view name" FROM millrace_catalog.relations WHERE kind = 'materialized view' AND ${IN_SCHEMA}`,
  SOURCES: `SELECT name AS "source name", connector FROM millrace_catalog.relations WHERE kind = 'table' AND connector IS NOT NULL AND ${IN_SCHEMA}`,
  SINKS: `SELECT name AS "sink name" FROM millrace_catalog.relations WHERE kind = 'sink' AND ${IN_SCHEMA}`,
  SUBSCRIPTIONS: `SELECT name AS "subscription name" FROM millrace_catalog.relations WHERE kind = 'subscription' AND ${IN_SCHEMA}`,
  SECRETS: `SELECT name AS "secret name" FROM millrace_catalog.secrets WHERE ${IN_SCHEMA}`,
  CONNECTIONS: `SELECT name AS "connection name" FROM millrace_catalog.connections WHERE ${IN_SCHEMA}`,
  FUNCTIONS: 'SELECT DISTINCT proname AS "function name" FROM pg_catalog.pg_proc',
  JOBS: 'SELECT id AS "job id", name AS "job name", state AS "status", created_at AS "start time" FROM millrace_catalog.jobs',
  QUERIES: 'SELECT id AS "job id", name AS "job name", state AS "status", created_at AS "start time" FROM millrace_catalog.jobs',
  CHECKPOINTS: 'SELECT * FROM millrace_catalog.checkpoints',
  PROCESSLIST: 'SELECT pid AS "id", usename AS "user", datname AS "database", state, query FROM pg_catalog.pg_stat_activity',
  CURSORS: 'SELECT name AS "cursor name", statement AS "query" FROM pg_catalog.pg_cursors',
  INDEXES: 'SELECT indexname AS "index name", tablename AS "table name", indexdef AS "definition" FROM pg_catalog.pg_indexes WHERE schemaname = coalesce($schema, current_schema())',
  MODULES: `SELECT 'core' AS "module name"`,
};
const SAME: Readonly<Record<string, string>> = { 'MATERIALIZED TABLES': 'MATERIALIZED VIEWS' };
/** Flink has them; here nothing ever is one. */
const EMPTY: Readonly<Record<string, string>> = { PROCEDURES: 'procedure name', MODELS: 'model name', JARS: 'jars' };
/** What takes FROM a database. */
const IN_DATABASE: ReadonlySet<string> = new Set(['TABLES', 'OBJECTS', 'VIEWS', 'MATERIALIZED VIEWS', 'SOURCES', 'SINKS', 'SECRETS', 'CONNECTIONS', 'FUNCTIONS', 'PROCEDURES', 'MODELS', 'SUBSCRIPTIONS']);

const INSTEAD: Readonly<Record<string, string>> = {
  'INTERNAL TABLES': 'The state of a job is no table: millrace_catalog.operators shows what its operators hold.',
  CLUSTER: 'There is one process: millrace_catalog.jobs shows what runs in it.',
};

export function bindShow(env: QueryEnv, s: ShowStatement): BoundQuery | BoundShowPartitions | BoundShowSetting {
  if (s.what === 'SETTING') return { kind: 'showSetting', name: s.setting };
  if (s.what === 'ALL') return { kind: 'showSetting', name: null };
  if (s.what === 'COLUMNS') return describeName(env, named(s), s.like);
  if (s.what === 'PARTITIONS') return showPartitions(env, named(s), s);
  if (s.partition[0] !== undefined) throw new SqlError('syntax_error', `SHOW ${s.what} takes no PARTITION`, { span: s.partition[0].column.span });
  if (s.what.startsWith('CREATE ')) return showCreate(env, named(s), s.what);
  const what = SAME[s.what] ?? s.what;
  if (what === 'DATABASES' || what === 'SCHEMAS') return namespaces(env, s, what);
  const where = IN_DATABASE.has(what) ? place(env, s) : null;
  if (what === 'INDEXES' && s.name !== null) return indexesOf(env, s, s.name);
  if (s.name !== null && where === null) throw new SqlError('syntax_error', `SHOW ${s.what} takes no name`, { span: s.name.span });
  if (what === 'FUNCTIONS' && s.modifier === 'user') return constants(env, ['function name'], listed(userFunctions(env, where), s));
  const none = EMPTY[what];
  const sql = QUERIES[what] ?? (none === undefined ? undefined : `SELECT CAST(NULL AS TEXT) AS "${none}" WHERE FALSE`);
  if (sql === undefined) throw notSupported(`SHOW ${s.what}`, s.span, INSTEAD[s.what] ?? 'See the relations of the schema millrace_catalog.');
  const schema = where === null ? 'CAST(NULL AS TEXT)' : text(where.schema);
  return queryOf(env, filtered(sql.replaceAll('$schema', schema).replaceAll('$database', where === null ? 'current_database()' : text(where.database)), s));
}

interface Place {
  readonly database: string;
  readonly schema: string;
}

/** FROM d or FROM c.d; null for the current one. Errors: invalid_schema_name, invalid_catalog_name. */
function place(env: QueryEnv, s: ShowStatement): Place | null {
  if (s.name === null) return null;
  const { catalog, scope } = env.cx;
  const [first, second] = s.name.parts;
  if (first === undefined || s.name.parts.length > 2) throw new SqlError('syntax_error', `improper database name: ${nameText(s.name)}`, { span: s.name.span });
  const system = second === undefined ? SYSTEM_SCHEMAS.find((n) => sameName(first, n)) : undefined;
  if (system !== undefined) return { database: scope.database, schema: system };
  const database = second === undefined ? scope.database : catalog.database(first).name;
  const schema = catalog.findSchema(database, second ?? first);
  if (schema !== undefined) return { database, schema: schema.name };
  const other = second === undefined ? [...catalog.databases()].find((d) => sameName(first, d.name)) : undefined;
  if (other !== undefined) return { database: other.name, schema: defaultSchemaOf(other) };
  throw new SqlError('invalid_schema_name', `schema "${nameText(s.name)}" does not exist`, { span: s.name.span });
}

/** SHOW DATABASES lists a catalog's, where one is named or current; else PostgreSQL's. SHOW SCHEMAS lists those of a database. */
function namespaces(env: QueryEnv, s: ShowStatement, what: 'DATABASES' | 'SCHEMAS'): BoundQuery {
  const { catalog, scope } = env.cx;
  const [id] = s.name?.parts ?? [];
  const databases = [...catalog.databases()];
  const at = id === undefined ? scope.database : catalog.database(id).name;
  const inside = what === 'SCHEMAS' || id !== undefined || isCatalog(databases.find((d) => d.name === at));
  const names = inside ? Array.from(catalog.schemas(at), (o) => o.name) : databases.map((d) => d.name);
  if (what === 'SCHEMAS') names.push(...SYSTEM_SCHEMAS);
  return constants(env, [what === 'SCHEMAS' ? 'schema name' : 'database name'], listed(names, s));
}

function userFunctions(env: QueryEnv, where: Place | null): string[] {
  const { catalog, scope } = env.cx;
  const seen = (o: SchemaMember): boolean => o.database === (where?.database ?? scope.database) && (where === null || o.schema === where.schema) && (o.session === null || o.session === scope.session);
  return [...new Set([...catalog.objects.values()].flatMap((o) => (o.kind === 'function' && seen(o) ? [o.name] : [])))];
}

function indexesOf(env: QueryEnv, s: ShowStatement, name: ObjectName): BoundQuery {
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  const { schema, name: table } = found.kind === 'object' ? found.object : found.relation;
  return queryOf(env, filtered(`SELECT indexname AS "index name", tablename AS "table name", indexdef AS "definition" FROM pg_catalog.pg_indexes WHERE schemaname = ${text(schema)} AND tablename = ${text(table)}`, s));
}

/** Names that LIKE asks for, in order, as rows. */
const listed = (names: readonly string[], s: ShowStatement): string[][] => names.filter(likeTest(s.like)).toSorted().map((n) => [n]);

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

function named(s: ShowStatement): ObjectName {
  if (s.name === null) throw new SqlError('syntax_error', `SHOW ${s.what} needs a name`, { span: s.span });
  return s.name;
}
