import { SqlError, notSupported } from '../../common/errors.ts';
import { createStatement } from '../../catalog/print-ddl.ts';
import { isSubscription, type CatalogObject, type ObjectKind } from '../../catalog/objects.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { ObjectType } from '../../parser/ast-objects.ts';
import { parseStatement } from '../../parser/parser.ts';
import type { BoundQuery } from '../statement.ts';
import { shownSql } from '../shown-sql.ts';
import { constants } from './constants.ts';
import type { QueryEnv } from './env.ts';
import { findObject, missing } from './objects.ts';

const WANTED: Readonly<Record<string, { readonly type: ObjectType; readonly kind: ObjectKind }>> = {
  'CREATE TABLE': { type: 'table', kind: 'table' }, 'CREATE SOURCE': { type: 'table', kind: 'table' }, 'CREATE VIEW': { type: 'view', kind: 'view' },
  'CREATE MATERIALIZED VIEW': { type: 'materialized view', kind: 'materializedView' }, 'CREATE MATERIALIZED TABLE': { type: 'materialized view', kind: 'materializedView' },
  'CREATE SINK': { type: 'sink', kind: 'sink' }, 'CREATE CATALOG': { type: 'catalog', kind: 'database' }, 'CREATE DATABASE': { type: 'database', kind: 'database' },
  'CREATE SUBSCRIPTION': { type: 'subscription', kind: 'materializedView' }, 'CREATE CONNECTION': { type: 'connection', kind: 'connection' }, 'CREATE FUNCTION': { type: 'function', kind: 'function' },
};

/** SHOW CREATE: the statement that would make the object anew; what is secret in it is masked. Errors: wrong_object_type. */
export function showCreate(env: QueryEnv, name: ObjectName, what: string): BoundQuery {
  const wanted = WANTED[what];
  if (wanted === undefined) throw notSupported(`SHOW ${what}`, name.span, `SHOW ${Object.keys(WANTED).join(', ')} are there.`);
  if (wanted.kind === 'function') {
    const all = env.cx.catalog.findFunctions(name, env.cx.scope);
    if (all.length === 0) throw missing(env, wanted.type, name);
    return constants(env, [what.toLowerCase()], all.map((f) => [createStatement(f, {})]));
  }
  const object = relationOr(env, wanted.type, wanted.kind, name);
  if (object.kind === 'sink') return constants(env, [what.toLowerCase()], [[shownSql(object.sql, parseStatement(object.sql), (o) => env.cx.connectors.maskedOptions(o))]]);
  const options = 'options' in object ? env.cx.connectors.maskedOptions(object.options ?? {}) : {};
  return constants(env, [what.toLowerCase()], [[createStatement(object, options)]]);
}

function relationOr(env: QueryEnv, type: ObjectType, kind: ObjectKind, name: ObjectName): CatalogObject {
  if (kind === 'database' || kind === 'connection') {
    const found = findObject(env, type, name);
    if (found === undefined) throw missing(env, type, name);
    return found;
  }
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  if (found.kind === 'system') throw new SqlError('wrong_object_type', `"${found.relation.name}" is a system catalog`, { span: name.span });
  if (found.object.kind !== kind || isSubscription(found.object) !== (type === 'subscription')) throw new SqlError('wrong_object_type', `"${found.object.name}" is not a ${type}`, { span: name.span });
  return found.object;
}
