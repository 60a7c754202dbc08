import { SqlError, notSupported } from '../../common/errors.ts';
import { nameText, splitName } from '../../catalog/names.ts';
import { isSubscription, isRelation, KIND_NAMES, type CatalogObject, type ViewObject } from '../../catalog/objects.ts';
import type { AlterAction, AlterStatement } from '../../parser/ast-alter.ts';
import type { BoundAlter, BoundAlterJob, BoundNothing, BoundRename } from '../statement.ts';
import { bindAlterJob, bindSwap } from './alter-job.ts';
import { alteredTable } from './alter-table.ts';
import { replacedView } from './create-view.ts';
import { alteredConnection } from './connections.ts';
import type { QueryEnv } from './env.ts';
import { alteredNamespace } from './namespaces.ts';
import { findObject, missing } from './objects.ts';

/** ALTER: renaming, and new forms of tables and views. What stands on the object is checked where the change is made. */
export function bindAlter(env: QueryEnv, s: AlterStatement): BoundRename | BoundAlter | BoundAlterJob | BoundNothing {
  const tag = `ALTER ${s.objectType.toUpperCase()}`;
  const found = findObject(env, s.objectType, s.name);
  if (found === undefined) {
    if (s.ifExists) return { kind: 'nothing', tag, notices: [`relation "${nameText(s.name)}" does not exist, skipping`] };
    throw missing(env, s.objectType, s.name);
  }
  const [action] = s.actions;
  if (action === undefined || s.actions.every((a) => a.kind === 'ownerTo')) return { kind: 'nothing', tag, notices: [] };
  const rename = s.actions.find((a) => a.kind === 'rename');
  if (rename !== undefined) {
    if (s.actions.length > 1) throw notSupported('RENAME TO beside other changes', rename.span, 'Write an ALTER for each.');
    return renamedObject(env, s, found, rename, tag);
  }
  const comment = s.actions.find((a) => a.kind === 'setComment');
  if (comment !== undefined && s.actions.length === 1) return { kind: 'alter', tag, object: { ...found, comment: comment.comment }, rewrite: null, rows: 'same', notices: [] };
  const swap = s.actions.find((a) => a.kind === 'swapWith');
  if (swap !== undefined && isRelation(found)) return bindSwap(env, s, found, swap, tag);
  const namespace = found.kind === 'database' || found.kind === 'schema' ? alteredNamespace(found, env, s, tag) : undefined;
  if (namespace !== undefined) return namespace;
  const connection = found.kind === 'connection' ? alteredConnection(env, found, s, tag) : undefined;
  if (connection !== undefined) return connection;
  if (found.kind === 'table') return alteredTable(env, found, s, tag);
  if (isSubscription(found)) throw notSupported(`ALTER SUBSCRIPTION with this action`, action.span, 'It can be renamed; what it keeps, and how long, stays as it was made.');
  if (found.kind === 'materializedView' || found.kind === 'sink') return bindAlterJob(env, s, found, tag);
  if (found.kind === 'view' && action.kind === 'asQuery') return { kind: 'alter', tag, object: newQuery(env, s, found, action), rewrite: null, rows: 'other', notices: [] };
  throw notSupported(`ALTER ${s.objectType.toUpperCase()} with this action`, action.span, 'Create the object anew under another name, fill it, then rename.');
}

function newQuery(env: QueryEnv, s: AlterStatement, view: ViewObject, action: Extract<AlterAction, { kind: 'asQuery' }>): ViewObject {
  return { ...view, ...replacedView(env, action.query, s.name.span, view) };
}

function renamedObject(env: QueryEnv, s: AlterStatement, found: CatalogObject, action: Extract<AlterAction, { kind: 'rename' }>, tag: string): BoundRename {
  if (splitName(action.to).schema !== null) throw notSupported('moving to another schema', action.to.span, 'Give the new name without a schema.');
  if (found.kind === 'schema' || found.kind === 'database') refuseFilled(env, s, found);
  for (const other of env.cx.catalog.dependants(found.id)) {
    // It goes by the table's number.
    if (other.kind === 'index') continue;
    throw new SqlError('dependent_objects_still_exist', `cannot rename ${KIND_NAMES[found.kind]} "${found.name}" because other objects depend on it`, {
      span: s.span, detail: `${KIND_NAMES[other.kind]} "${other.name}" names it in its definition.`,
    });
  }
  return { kind: 'rename', tag, id: found.id, name: splitName(action.to).object.name };
}

/** Objects say where they lie by name. */
function refuseFilled(env: QueryEnv, s: AlterStatement, found: Extract<CatalogObject, { kind: 'schema' | 'database' }>): void {
  if (found.kind === 'database' && found.name === env.cx.scope.database) throw new SqlError('object_in_use', 'current database cannot be renamed', { span: s.name.span });
  for (const o of env.cx.catalog.objects.values()) {
    const inside = found.kind === 'schema' ? 'schema' in o && o.database === found.database && o.schema === found.name : 'database' in o && o.database === found.name;
    if (!inside) continue;
    throw new SqlError('dependent_objects_still_exist', `cannot rename ${found.kind} "${found.name}" because it is not empty`, { span: s.span, detail: `${KIND_NAMES[o.kind]} "${o.name}" is in it.` });
  }
}
