import { SqlError, notSupported } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import { described, type NewObject } from '../catalog/catalog.ts';
import type { CatalogObject, MaterializedViewObject, TableObject } from '../catalog/objects.ts';
import type { BoundComment, BoundCreate, BoundDrop, BoundRename } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { persist, type Core } from './core.ts';
import { dropIds } from './drop-objects.ts';
import { createWithJob, newMeta, nextObjectId } from './create-job.ts';
import { fillTable } from './create-table-as.ts';
import { noteChanged, replaceInPlace, replaceWithJob } from './alter.ts';
import { capturedOptions } from './captured.ts';
import { refuseRunningJobs } from './dependants.ts';
import type { Run } from './run.ts';
import { requireWritable } from './writes.ts';

/** CREATE, DROP, ALTER … RENAME and COMMENT. The caller holds the DDL mutex, and the statement is bound under it. */

export async function create(run: Run, bound: BoundCreate): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  for (const n of bound.notices) run.session.notice('NOTICE', n);
  const { object } = bound;
  if (bound.replaces !== null && (object.kind === 'table' || object.kind === 'materializedView')) {
    return await replaceWithJob(run, bound, jobObject(run, bound, object), bound.replaces, (made) =>
      made.kind === 'table' ? fillTable(run, made, bound) : Promise.resolve({ kind: 'command', tag: bound.tag }));
  }
  const made = bound.replaces === null ? await createNew(run, bound, inBlock(run, object)) : await replaceView(run, object, bound.replaces);
  run.session.transaction?.undo.push(async () => {
    if (run.core.catalog.snapshot().object(made.id) !== undefined) await dropIds(run.core, [made.id]);
  });
  if (made.kind === 'table' && bound.source !== null) return await fillTable(run, made, bound);
  return { kind: 'command', tag: bound.tag };
}

/** In a transaction block what is made is its session's alone until the COMMIT. */
function inBlock(run: Run, object: NewObject): NewObject {
  const { transaction, id } = run.session;
  if (transaction === null || transaction.implicit || !('session' in object) || object.session !== null || object.kind === 'secret') return object;
  return { ...object, session: id, uncommitted: true };
}

async function createNew(run: Run, bound: BoundCreate, object: NewObject): Promise<CatalogObject> {
  const { core } = run;
  const id = nextObjectId(run);
  if ((object.kind === 'table' && object.connector === null) || object.kind === 'materializedView') {
    const made = jobObject(run, bound, object);
    await createWithJob(run, made, newMeta(run, id));
    return made;
  }
  const before = core.catalog.snapshot();
  const update = core.catalog.create(object);
  try {
    const secret = bound.secret === null ? {} : { secret: { id, value: bound.secret } };
    await persist(core, { changes: update.changes, ...secret });
  } catch (error) {
    core.catalog.restore(before);
    throw error;
  }
  if (bound.secret !== null) core.secrets.set(id, bound.secret);
  return update.object;
}

/** The object with what its job keeps of the session's settings. */
function jobObject(run: Run, bound: BoundCreate, object: Omit<TableObject, 'id'> | Omit<MaterializedViewObject, 'id'>): TableObject | MaterializedViewObject {
  const id = nextObjectId(run);
  if (object.kind === 'table') return { ...object, id };
  if (bound.withNoData) throw notSupported('WITH NO DATA', undefined, 'A materialized view is filled as soon as it is there.');
  return { ...object, id, options: { ...object.options, ...capturedOptions(run.session) } };
}

async function replaceView(run: Run, object: NewObject, id: ObjectId): Promise<CatalogObject> {
  const { core } = run;
  const before = core.catalog.snapshot().object(id);
  if ((object.kind !== 'view' && object.kind !== 'function') || before === undefined) throw notSupported('OR REPLACE here', undefined, 'DROP it and create it anew.');
  const verb = `replace ${described(before)}`;
  refuseRunningJobs(core, id, verb, `Drop it first, or create a ${object.kind} of another name.`);
  const made: CatalogObject = { ...object, id };
  await replaceInPlace(run, before, made, verb);
  return made;
}

export async function drop(run: Run, bound: BoundDrop): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  const { core, session } = run;
  for (const n of bound.notices) session.notice('NOTICE', n);
  if (session.transaction?.implicit === false) refuseInBlock(core, bound.ids);
  const before = core.catalog.snapshot();
  const dropped = await dropIds(core, bound.ids, bound.behavior);
  const others = dropped.filter((o) => !bound.ids.includes(o.id));
  const [only] = others;
  if (only !== undefined && others.length === 1) session.notice('NOTICE', `drop cascades to ${described(only)}`);
  else if (others.length > 1) session.notice('NOTICE', `drop cascades to ${others.length} other objects`, { detail: others.map((o) => `drop cascades to ${described(o)}`).join('\n') });
  // What is dropped in a block has no job, and comes back whole.
  if (session.transaction?.implicit === false) session.transaction.undo.push(async () => {
    const changes = dropped.flatMap((o) => before.object(o.id) ?? []).map((object) => ({ op: 'put' as const, object })).toReversed();
    core.catalog.load(changes, 0);
    await persist(core, { changes });
  });
  return { kind: 'command', tag: bound.tag };
}

/** What a ROLLBACK could not bring back. */
function refuseInBlock(core: Core, ids: readonly ObjectId[]): void {
  for (const id of ids) {
    const object = core.catalog.snapshot().object(id);
    if (object === undefined || ('uncommitted' in object && object.uncommitted) || object.kind === 'view' || object.kind === 'connection' || object.kind === 'function' || (object.kind === 'table' && object.connector !== null)) continue;
    throw notSupported(`dropping ${described(object)} in a transaction block`, undefined, 'ROLLBACK could not bring its rows back: drop it outside of BEGIN and COMMIT.');
  }
}

export async function rename(run: Run, bound: BoundRename): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  const { core } = run;
  const before = core.catalog.snapshot().object(bound.id);
  const update = core.catalog.rename(bound.id, bound.name);
  await persist(core, { changes: update.changes });
  const renamed = core.catalog.snapshot().object(bound.id);
  if (renamed !== undefined) noteChanged(core, renamed);
  if (before !== undefined) {
    run.session.transaction?.undo.push(async () => {
      await persist(core, { changes: core.catalog.replace(before).changes });
      noteChanged(core, before);
    });
  }
  return { kind: 'command', tag: bound.tag };
}

export async function comment(run: Run, bound: BoundComment): Promise<StatementResult> {
  requireWritable(run, 'COMMENT');
  const { core } = run;
  const before = core.catalog.snapshot().object(bound.id);
  if (before === undefined) throw new SqlError('undefined_object', 'the object does not exist any more');
  const after: CatalogObject =
    bound.column === null ? { ...before, comment: bound.text } : before.kind === 'table' ? { ...before, columns: before.columns.map((c, i) => (i === bound.column ? { ...c, comment: bound.text } : c)) } : before;
  await persist(core, { changes: core.catalog.replace(after).changes });
  noteChanged(core, after);
  run.session.transaction?.undo.push(async () => {
    await persist(core, { changes: core.catalog.replace(before).changes });
    noteChanged(core, before);
  });
  return { kind: 'command', tag: 'COMMENT' };
}
