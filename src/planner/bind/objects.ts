import { SqlError, notSupported } from '../../common/errors.ts';
import type { ObjectId } from '../../common/ids.ts';
import { nameText } from '../../catalog/names.ts';
import { isSubscription, KIND_NAMES, kindName, type CatalogObject, type ConnectionObject, type FunctionObject, type ObjectKind, type SecretObject } from '../../catalog/objects.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { CommentStatement, CreateOptionsObjectStatement, DropStatement, ObjectType } from '../../parser/ast-objects.ts';
import { signatureKey, signatureOf } from '../../catalog/signature.ts';
import { evaluate } from '../interpret.ts';
import type { BoundComment, BoundCreate, BoundDrop, BoundNothing } from '../statement.ts';
import { coerce } from './coerce.ts';
import { connectionOptions } from './connections.ts';
import { givenOptions, newName } from './definition.ts';
import { tableColumn } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { bindCreateCatalog, findNamespace } from './namespaces.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { exprEnv } from './sources.ts';
import { bindType } from './types.ts';
import { signature } from './user-functions.ts';

/** CREATE of secrets and connections; DROP and COMMENT of anything. */

export function bindCreateOptionsObject(env: QueryEnv, s: CreateOptionsObjectStatement): BoundCreate | BoundNothing {
  const tag = `CREATE ${s.objectType.toUpperCase()}`;
  if (s.objectType === 'catalog') return bindCreateCatalog(env, s);
  if (s.orReplace) throw notSupported(`CREATE OR REPLACE ${s.objectType.toUpperCase()}`, s.span, 'DROP it and create it anew.');
  const at = newName(env, s.name, s.temporary);
  const existing = s.objectType === 'secret' ? env.cx.catalog.findSecret(s.name, env.cx.scope) : env.cx.catalog.findConnection(s.name, env.cx.scope);
  if (existing !== undefined) {
    if (s.ifNotExists) return { kind: 'nothing', tag, notices: [`${s.objectType} "${at.name}" already exists, skipping`] };
    throw new SqlError('duplicate_object', `${s.objectType} "${at.name}" already exists`, { span: s.name.span });
  }
  const { options, secrets } = s.objectType === 'connection' ? connectionOptions(env, s) : givenOptions(env, s.options);
  const base = { name: at.name, database: at.database, schema: at.schema, session: at.session, comment: s.comment, owner: env.cx.user, dependsOn: secrets };
  if (s.objectType === 'connection') {
    const object: Omit<ConnectionObject, 'id'> = { ...base, kind: 'connection', options };
    return { kind: 'create', tag, object, replaces: null, source: null, secret: null, withNoData: false, notices: [] };
  }
  if (s.value === null) throw new SqlError('syntax_error', 'a secret needs its value', { span: s.span, hint: 'Write CREATE SECRET name AS \'value\'.' });
  const bound = coerce(env, bindExpr(exprEnv(env, EMPTY_SCOPE, 'a secret'), s.value), { kind: 'varchar' }, 'assignment', s.value.span);
  const value = evaluate(bound, [], { functions: env.cx.functions, eval: env.cx.eval, params: [] });
  if (typeof value !== 'string') throw new SqlError('null_value_not_allowed', 'a secret must not be null', { span: s.value.span });
  const object: Omit<SecretObject, 'id'> = { ...base, kind: 'secret' };
  return { kind: 'create', tag, object, replaces: null, source: null, secret: value, withNoData: false, notices: [] };
}

const WANTED: Readonly<Partial<Record<ObjectType, ObjectKind>>> = {
  table: 'table', source: 'table', view: 'view', 'materialized view': 'materializedView', subscription: 'materializedView', sink: 'sink', schema: 'schema', database: 'database', catalog: 'database', secret: 'secret', connection: 'connection', function: 'function', aggregate: 'function', index: 'index',
};

/** The object of a statement that names its kind; undefined when there is none. Errors: wrong_object_type. */
export function findObject(env: QueryEnv, type: ObjectType, name: ObjectName, argTypes: DropStatement['argTypes'] = null): CatalogObject | undefined {
  const wanted = WANTED[type];
  const { catalog, scope, system } = env.cx;
  if (wanted === undefined) throw notSupported(`${type.toUpperCase()}`, name.span, 'There are no such objects yet.');
  if (wanted === 'database' || wanted === 'schema') return findNamespace(env, type, name);
  if (wanted === 'secret') return catalog.findSecret(name, scope);
  if (wanted === 'connection') return catalog.findConnection(name, scope);
  if (wanted === 'index') return catalog.findIndex(name, scope);
  if (wanted === 'function') {
    const found = routineNamed(env, name, argTypes);
    if (found !== undefined && (found.form === 'aggregate') !== (type === 'aggregate')) {
      const other = type === 'aggregate' ? 'function' : 'aggregate';
      throw new SqlError('wrong_object_type', `${found.name} is ${type === 'aggregate' ? 'not an aggregate function' : 'an aggregate function'}`, { span: name.span, hint: `Use DROP ${other.toUpperCase()}.` });
    }
    return found;
  }
  const found = catalog.findRelation(name, scope, system);
  if (found === undefined) return undefined;
  if (found.kind === 'system') throw new SqlError('insufficient_privilege', `permission denied: "${nameText(name)}" is a system catalog`, { span: name.span });
  if (found.object.kind !== wanted || isSubscription(found.object) !== (type === 'subscription')) {
    const kind = kindName(found.object);
    throw new SqlError('wrong_object_type', `"${found.object.name}" is not a ${type === 'subscription' ? type : KIND_NAMES[wanted]}`, { span: name.span, hint: `Use ${`DROP ${kind}`.toUpperCase()} to remove a ${kind}.` });
  }
  return found.object;
}

export function missing(env: QueryEnv, type: ObjectType, name: ObjectName): SqlError {
  const text = nameText(name);
  if (type === 'database' || type === 'catalog') return new SqlError('invalid_catalog_name', `${type} "${text}" does not exist`, { span: name.span });
  if (type === 'schema') return new SqlError('invalid_schema_name', `schema "${text}" does not exist`, { span: name.span });
  if (type === 'function' || type === 'aggregate') return new SqlError('undefined_function', `could not find ${type === 'function' ? 'a function' : 'an aggregate'} named "${text}"`, { span: name.span });
  if (type === 'secret' || type === 'connection') return new SqlError('undefined_object', `${type} "${text}" does not exist`, { span: name.span });
  try {
    env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  } catch (error) {
    if (error instanceof SqlError) {
      return new SqlError('undefined_table', error.message.replace(/^relation/, type === 'source' ? 'table' : type), { span: error.span, hint: error.hint, detail: error.detail });
    }
    throw error;
  }
  return new SqlError('undefined_table', `${type} "${text}" does not exist`, { span: name.span });
}

/** The user's function of a name, and of parameters where they are given. Errors: ambiguous_function where they are not. */
export function routineNamed(env: QueryEnv, name: ObjectName, argTypes: DropStatement['argTypes']): FunctionObject | undefined {
  const all = env.cx.catalog.findFunctions(name, env.cx.scope);
  if (argTypes !== null) {
    const wanted = signatureKey(argTypes.map(bindType));
    return all.find((f) => signatureOf(f) === wanted);
  }
  if (all.length > 1) throw new SqlError('ambiguous_function', `function name "${nameText(name)}" is not unique`, { span: name.span, hint: `Specify the argument list to select the function unambiguously: ${all.map((f) => signature(f.name, f.params)).join(', ')}.` });
  return all[0];
}

export function bindDrop(env: QueryEnv, s: DropStatement): BoundDrop | BoundNothing {
  const tag = `DROP ${s.objectType.toUpperCase()}`;
  const ids: ObjectId[] = [];
  const notices: string[] = [];
  for (const name of s.names) {
    if (WANTED[s.objectType] === undefined && s.ifExists) {
      notices.push(`${s.objectType} "${nameText(name)}" does not exist, skipping`);
      continue;
    }
    const any = findObject(env, s.objectType, name, s.argTypes);
    const found = s.temporary && any !== undefined && 'session' in any && any.session === null ? undefined : any;
    if (found !== undefined) {
      if (found.kind === 'database' && found.name === env.cx.scope.database) throw new SqlError('object_in_use', 'cannot drop the currently open database', { span: name.span });
      ids.push(found.id);
    } else if (s.ifExists) notices.push(`${s.objectType} "${nameText(name)}" does not exist, skipping`);
    else if (s.argTypes === null) throw missing(env, s.objectType, name);
    else throw new SqlError('undefined_function', `${s.objectType} ${signature(nameText(name), s.argTypes.map((t) => ({ type: bindType(t) })))} does not exist`, { span: name.span });
  }
  if (ids.length === 0) return { kind: 'nothing', tag, notices };
  return { kind: 'drop', tag, ids, behavior: s.behavior ?? 'restrict', notices };
}

export function bindComment(env: QueryEnv, s: CommentStatement): BoundComment {
  if (s.objectType === 'column') {
    const id = s.name.parts.at(-1);
    const table: ObjectName = { parts: s.name.parts.slice(0, -1), span: s.name.span };
    if (id === undefined || table.parts.length === 0) throw new SqlError('syntax_error', 'column name must be qualified', { span: s.name.span });
    const found = env.cx.catalog.resolveRelation(table, env.cx.scope, env.cx.system);
    if (found.kind === 'system' || found.object.kind !== 'table') throw notSupported('a comment on a column of a view', s.name.span, 'Comment the view itself.');
    return { kind: 'comment', id: found.object.id, column: tableColumn(found.object, id), text: s.text };
  }
  const found = findObject(env, s.objectType, s.name);
  if (found === undefined) throw missing(env, s.objectType, s.name);
  return { kind: 'comment', id: found.id, column: null, text: s.text };
}
