import { SqlError, notSupported } from '../../common/errors.ts';
import { nameText, sameName, splitName, SYSTEM_SCHEMAS, DEFAULT_SCHEMA } from '../../catalog/names.ts';
import { isCatalog, type DatabaseObject, type SchemaObject } from '../../catalog/objects.ts';
import type { Identifier, ObjectName } from '../../parser/ast.ts';
import type { AlterStatement } from '../../parser/ast-alter.ts';
import type { CreateNamespaceStatement, CreateOptionsObjectStatement, ObjectType, OptionItem } from '../../parser/ast-objects.ts';
import type { BoundAlter, BoundCreate, BoundNothing } from '../statement.ts';
import { givenOptions } from './definition.ts';
import type { QueryEnv } from './env.ts';

/**
 * Catalogs, databases and schemas. Flink's catalog.database.table is PostgreSQL's database.schema.table, so a catalog is a database
 * that was made by CREATE CATALOG. What CREATE DATABASE d makes depends on where: in a catalog a database of it, which PostgreSQL
 * calls a schema; elsewhere a database of PostgreSQL's. `CREATE DATABASE c.d` always makes d in c.
 */

type Namespace = DatabaseObject | SchemaObject;

export function bindCreateNamespace(env: QueryEnv, s: CreateNamespaceStatement): BoundCreate | BoundNothing {
  const { catalog, scope } = env.cx;
  const tag = `CREATE ${s.objectType.toUpperCase()}`;
  const { object: id, schema: outer, database: tooMany } = splitName(s.name);
  if (tooMany !== null) throw new SqlError('syntax_error', `improper ${s.objectType} name: ${nameText(s.name)}`, { span: s.name.span });
  const { name } = id;
  const database = outer === null ? scope.database : catalog.database(outer).name;
  const own = s.options.length === 0 ? {} : { options: givenOptions(env, s.options).options };
  const base = { name, comment: s.comment, owner: env.cx.user, dependsOn: [], ...own };
  if (s.objectType === 'database' && outer === null && !inCatalog(env, database)) return newDatabase(env, tag, { ...base, kind: 'database' }, id, s.ifNotExists);
  if (name.startsWith('pg_')) throw new SqlError('reserved_name', `unacceptable schema name "${name}"`, { span: s.name.span, detail: 'The prefix "pg_" is reserved for system schemas.' });
  if (catalog.schemaNamed(database, name) !== undefined || SYSTEM_SCHEMAS.includes(name)) return taken(tag, s.objectType, id, s.ifNotExists);
  return made(tag, { ...base, kind: 'schema', database });
}

const CATALOG_OPTIONS: readonly string[] = ['type', 'default-database', 'property-version'];
const OTHER_CATALOGS: ReadonlySet<string> = new Set(['jdbc', 'hive', 'iceberg', 'paimon', 'hudi', 'delta-catalog', 'aws-glue']);

/** Errors: feature_not_supported for catalogs of other systems; invalid_parameter_value. */
export function bindCreateCatalog(env: QueryEnv, s: CreateOptionsObjectStatement): BoundCreate | BoundNothing {
  const { object: id, schema: outer } = splitName(s.name);
  if (outer !== null) throw new SqlError('syntax_error', `improper catalog name: ${nameText(s.name)}`, { span: s.name.span });
  const { options } = givenOptions(env, s.options);
  const type = options['type'];
  if (type === undefined) throw new SqlError('invalid_parameter_value', 'a catalog needs the option "type"', { span: s.span, hint: "Write CREATE CATALOG c WITH ('type' = 'generic_in_memory')." });
  checkCatalogOptions(s.options);
  const object: Omit<DatabaseObject, 'id'> = { kind: 'database', name: id.name, comment: s.comment, owner: env.cx.user, dependsOn: [], options };
  return newDatabase(env, 'CREATE CATALOG', object, id, s.ifNotExists);
}

function checkCatalogOptions(items: readonly OptionItem[]): void {
  for (const o of items) {
    if (!CATALOG_OPTIONS.includes(o.key)) throw new SqlError('invalid_parameter_value', `unknown option "${o.key}" of a catalog`, { span: o.span, hint: `The options are ${CATALOG_OPTIONS.join(', ')}.` });
    if (o.key === 'default-database' && (o.value ?? '') === '') throw new SqlError('invalid_parameter_value', 'the default database needs a name', { span: o.valueSpan });
    if (o.key !== 'type' || o.value === 'generic_in_memory') continue;
    if (OTHER_CATALOGS.has(o.value ?? '')) throw notSupported(`a catalog of type "${o.value ?? ''}"`, o.valueSpan, 'Declare its tables with CREATE TABLE … WITH (…).');
    throw new SqlError('invalid_parameter_value', `unknown type of catalog "${o.value ?? ''}"`, { span: o.valueSpan, hint: "The type is 'generic_in_memory'." });
  }
}

const inCatalog = (env: QueryEnv, name: string): boolean => isCatalog([...env.cx.catalog.databases()].find((d) => d.name === name));

/** A database comes with the schema that is current in it. */
function newDatabase(env: QueryEnv, tag: string, object: Omit<DatabaseObject, 'id'>, id: Identifier, ifNotExists: boolean): BoundCreate | BoundNothing {
  for (const d of env.cx.catalog.databases()) if (d.name === object.name) return taken(tag, tag === 'CREATE CATALOG' ? 'catalog' : 'database', id, ifNotExists);
  const names = [...new Set([DEFAULT_SCHEMA, object.options?.['default-database'] ?? DEFAULT_SCHEMA])];
  const also = names.map((name): Omit<SchemaObject, 'id'> => ({ kind: 'schema', name, database: object.name, comment: null, owner: object.owner, dependsOn: [] }));
  return { ...made(tag, object), also };
}

const made = (tag: string, object: BoundCreate['object']): BoundCreate => ({ kind: 'create', tag, object, replaces: null, source: null, secret: null, withNoData: false, notices: [] });

function taken(tag: string, what: string, id: Identifier, ifNotExists: boolean): BoundNothing {
  if (ifNotExists) return { kind: 'nothing', tag, notices: [`${what} "${id.name}" already exists, skipping`] };
  throw new SqlError(tag === 'CREATE SCHEMA' ? 'duplicate_schema' : 'duplicate_database', `${what} "${id.name}" already exists`, { span: id.span });
}

/** What `DATABASE d`, `DATABASE c.d`, `SCHEMA d` or `CATALOG c` names: for DATABASE first what lies in the current catalog, where that is one. */
export function findNamespace(env: QueryEnv, type: ObjectType, name: ObjectName): Namespace | undefined {
  const { catalog, scope } = env.cx;
  const { object: id, schema: outer } = splitName(name);
  if (outer !== null) return catalog.findSchema(catalog.database(outer).name, id);
  const database = [...catalog.databases()].find((d) => sameName(id, d.name));
  if (type === 'catalog') return database;
  const schema = catalog.findSchema(scope.database, id);
  if (type === 'schema') return schema;
  return inCatalog(env, scope.database) ? (schema ?? database) : database;
}

/** ALTER CATALOG and ALTER DATABASE: options and comment. Undefined where it is about something else. */
export function alteredNamespace(found: Namespace, env: QueryEnv, s: AlterStatement, tag: string): BoundAlter | undefined {
  let { options = {} } = found;
  for (const action of s.actions) {
    if (action.kind === 'setOptions') {
      if (s.objectType === 'catalog') checkCatalogOptions(action.options);
      const last = action.options.filter((o, i) => action.options.findLastIndex((p) => p.key === o.key) === i);
      for (const o of last) if (o.key === 'type' && o.value !== options['type']) throw new SqlError('invalid_parameter_value', 'option "type" cannot be changed', { span: o.span });
      const given = givenOptions(env, last).options;
      const first = given['default-database'];
      if (first !== undefined && found.kind === 'database' && env.cx.catalog.schemaNamed(found.name, first) === undefined) {
        throw new SqlError('invalid_schema_name', `database "${first}" does not exist in catalog "${found.name}"`, { span: action.span });
      }
      options = { ...options, ...given };
    } else if (action.kind === 'resetOptions') {
      if (action.keys.length === 0) throw new SqlError('syntax_error', 'RESET needs the name of an option', { span: action.span });
      if (action.keys.includes('type')) throw new SqlError('invalid_parameter_value', 'option "type" cannot be reset', { span: action.span });
      const { keys } = action;
      options = Object.fromEntries(Object.entries(options).filter(([k]) => !keys.includes(k)));
    } else return undefined;
  }
  return { kind: 'alter', tag, object: { ...found, options }, rewrite: null, rows: 'same', notices: [] };
}
