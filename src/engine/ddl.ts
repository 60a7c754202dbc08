import { SqlError, notSupported } from '../common/errors.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import { described, dropOrder, type NewObject } from '../catalog/catalog.ts';
import type { CatalogObject, MaterializedViewObject, TableObject } from '../catalog/objects.ts';
import type { BoundComment, BoundCreate, BoundDrop, BoundRename } from '../planner/statement.ts';
import { noteChanged } from './job-table.ts';
import type { StatementResult } from './api.ts';
import { persist } from './core.ts';
import { dropIds } from './drop-objects.ts';
import { createWithJob, newMeta, nextObjectId } from './create-job.ts';
import { fillTable } from './create-table-as.ts';
import { replaceInPlace, replaceWithJob } from './alter.ts';
import { CAPTURED, capturedOptions } from './captured.ts';
import { checkedSetting } from './settings.ts';
import { refuseRunningJobs } from './dependants.ts';
import type { Run } from './run.ts';
import { inBlock, stage } from './staging.ts';
import { requireWritable } from './writes.ts';

/** CREATE, DROP, ALTER … RENAME and COMMENT. The caller holds the DDL mutex, and the statement is bound under it. */

export async function create(run: Run, bound: BoundCreate): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  for (const n of bound.notices) run.session.notice('NOTICE', n);
  const { object } = bound;
  if (bound.replaces !== null && (object.kind === 'table' || object.kind === 'materializedView')) {
    return await replaceWithJob(run, jobObject(run, bound, object), bound.replaces, (made) =>
      made.kind === 'table' ? fillTable(run, made, bound) : Promise.resolve({ kind: 'command', tag: bound.tag }));
  }
  if (inBlock(run) && (object.kind === 'database' || object.kind === 'schema')) {
    const first = nextObjectId(run);
    stage(run, [object, ...(bound.also ?? [])].map((o, i) => [objectId(first + i), { ...o, id: objectId(first + i) } as CatalogObject]));
    return { kind: 'command', tag: bound.tag };
  }
  const made = bound.replaces === null ? await createNew(run, bound, uncommitted(run, object)) : await replaceView(run, object, bound.replaces);
  run.session.transaction?.undo.push(async () => {
    if (run.core.catalog.snapshot().object(made.id) !== undefined) await dropIds(run.core, [made.id]);
  });
  if (made.kind === 'table' && bound.source !== null) return await fillTable(run, made, bound);
  return { kind: 'command', tag: bound.tag };
}

/** In a transaction block what is made is its session's alone until the COMMIT. */
function uncommitted(run: Run, object: NewObject): NewObject {
  if (!inBlock(run) || !('session' in object) || object.session !== null) return object;
  return { ...object, session: run.session.id, uncommitted: true };
}

async function createNew(run: Run, bound: BoundCreate, object: NewObject): Promise<CatalogObject> {
  const { core } = run;
  const id = nextObjectId(run);
  if ((object.kind === 'table' && object.connector === null) || object.kind === 'materializedView') {
    const made = jobObject(run, bound, object);
    const background = made.kind === 'materializedView' && made.session === null && run.session.settings.text('background_ddl') === 'on';
    await createWithJob(run, made, newMeta(run, id), background);
    return made;
  }
  const before = core.catalog.snapshot();
  const update = core.catalog.create(object);
  try {
    const also = (bound.also ?? []).flatMap((o) => core.catalog.create(o).changes);
    const durable = bound.secret !== null && 'session' in object && object.session === null;
    await persist(core, { changes: [...update.changes, ...also], ...(durable ? { secrets: [{ id, value: bound.secret }] } : {}) });
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
  return { ...object, id, options: { ...capturedOptions(run.session), ...settled(object.options) } };
}

/** Settings given with the object, in the form in which jobs keep them. */
function settled(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, CAPTURED.some(([name]) => name === key) ? checkedSetting(key, [value]) : value]));
}

async function replaceView(run: Run, object: NewObject, id: ObjectId): Promise<CatalogObject> {
  const { core } = run;
  const before = run.session.catalog.object(id);
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
  const dropped = inBlock(run) ? dropOrder(session.catalog, bound.ids, bound.behavior) : await dropIds(core, bound.ids, bound.behavior);
  // A block's drops are carried out by its COMMIT: until then others go on with what is dropped.
  if (inBlock(run)) stage(run, dropped.map((o) => [o.id, null]));
  const others = dropped.filter((o) => !bound.ids.includes(o.id));
  const [only] = others;
  if (only !== undefined && others.length === 1) session.notice('NOTICE', `drop cascades to ${described(only)}`);
  else if (others.length > 1) session.notice('NOTICE', `drop cascades to ${others.length} other objects`, { detail: others.map((o) => `drop cascades to ${described(o)}`).join('\n') });
  return { kind: 'command', tag: bound.tag };
}

export async function rename(run: Run, bound: BoundRename): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  const { core, session } = run;
  const before = session.catalog.object(bound.id);
  if (before === undefined) throw new SqlError('undefined_object', 'the object does not exist any more');
  if (inBlock(run)) {
    stage(run, [[bound.id, { ...before, name: bound.name }]]);
    return { kind: 'command', tag: bound.tag };
  }
  const update = core.catalog.rename(bound.id, bound.name);
  await persist(core, { changes: update.changes });
  const renamed = core.catalog.snapshot().object(bound.id);
  if (renamed !== undefined) noteChanged(core, renamed);
  run.session.transaction?.undo.push(async () => {
    await persist(core, { changes: core.catalog.replace(before).changes });
    noteChanged(core, before);
  });
  return { kind: 'command', tag: bound.tag };
}

export async function comment(run: Run, bound: BoundComment): Promise<StatementResult> {
  requireWritable(run, 'COMMENT');
  const { core } = run;
  const before = run.session.catalog.object(bound.id);
  if (before === undefined) throw new SqlError('undefined_object', 'the object does not exist any more');
  const after: CatalogObject =
    bound.column === null ? { ...before, comment: bound.text } : before.kind === 'table' ? { ...before, columns: before.columns.map((c, i) => (i === bound.column ? { ...c, comment: bound.text } : c)) } : before;
  if (inBlock(run)) {
    stage(run, [[bound.id, after]]);
    return { kind: 'command', tag: 'COMMENT' };
  }
  await persist(core, { changes: core.catalog.replace(after).changes });
  noteChanged(core, after);
  run.session.transaction?.undo.push(async () => {
    await persist(core, { changes: core.catalog.replace(before).changes });
    noteChanged(core, before);
  });
  return { kind: 'command', tag: 'COMMENT' };
}
