import { InternalError, SqlError, notSupported } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import { described, type CatalogChange } from '../catalog/catalog.ts';
import { isMember, type CatalogObject, type TableObject } from '../catalog/objects.ts';
import type { BoundAlter, BoundInsert } from '../planner/statement.ts';
import { noteChanged } from './job-table.ts';
import type { StatementResult } from './api.ts';
import { persist } from './core.ts';
import { createWithJob, newMeta, nextObjectId } from './create-job.ts';
import { refuseWriters, writersOf } from './cycles.ts';
import { checkViews, refuseRunningJobs, runningJobs } from './dependants.ts';
import { durable, keeping, tellKept } from './kept-definitions.ts';
import { dropIds, endJobs } from './drop-objects.ts';
import { insertRows } from './dml.ts';
import { growTable, withTable } from './grow-table.ts';
import type { JobObject } from './job-specs.ts';
import type { JobMeta } from './persist.ts';
import type { Run } from './run.ts';
import { inBlock, stage } from './staging.ts';
import { checkNewUniques, newUniques } from './uniques.ts';
import { commitWrites, requireWritable } from './writes.ts';

/** Objects in a new form: ALTER, and CREATE OR REPLACE. The caller holds the DDL mutex. */

export const REPLACED_JOB_HINT = 'Drop them first, and create them anew afterwards.';

/** Nobody's session: objects under it are seen by nobody and forgotten by a restart. */
const NOBODY = -1;

export async function alter(run: Run, bound: BoundAlter): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  const { session } = run;
  for (const n of bound.notices) session.notice('NOTICE', n);
  const before = run.session.catalog.object(bound.object.id);
  if (before === undefined) throw new SqlError('undefined_object', 'the object does not exist any more');
  const verb = `alter ${described(before)}`;
  const { object } = bound;
  if (before.kind === 'table' && object.kind === 'table' && newUniques(before, object).length > 0) {
    requireNoBlock(run, bound.tag);
    refuseWriters(run.core, before, `add a UNIQUE constraint to ${described(before)}`);
    return await withTable(run, before, verb, async () => {
      await checkNewUniques(run, before, object);
      return await changed(run, bound, before, verb);
    });
  }
  return await changed(run, bound, before, verb);
}

async function changed(run: Run, bound: BoundAlter, before: CatalogObject, verb: string): Promise<StatementResult> {
  const { core } = run;
  const { object } = bound;
  if (bound.grown !== undefined && before.kind === 'table' && object.kind === 'table' && runningJobs(core, before.id).length > 0) {
    requireNoBlock(run, bound.tag);
    await growTable(run, { before, after: object, defaults: bound.grown, rows: bound.rewrite, verb });
    return { kind: 'command', tag: bound.tag };
  }
  if (bound.rows === 'other') refuseRunningJobs(core, before.id, verb, REPLACED_JOB_HINT);
  if (bound.rewrite !== null && before.kind === 'table' && bound.object.kind === 'table') await rewrite(run, bound, before, bound.object, verb);
  else await replaceInPlace(run, before, bound.object, verb, before.kind === 'table' && (bound.rows === 'kept' || otherDefaults(run, before, bound.object)) ? before : null);
  return { kind: 'command', tag: bound.tag };
}

/** A job that writes the table goes on with the defaults that it was started with. */
const otherDefaults = (run: Run, before: TableObject, after: CatalogObject): boolean =>
  after.kind === 'table' && writersOf(run.core, before).length > 0 && JSON.stringify(defaultsOf(before)) !== JSON.stringify(defaultsOf(after));
const defaultsOf = (t: TableObject): unknown[] => t.columns.map((c) => (c.kind === 'physical' ? c.default : null));

/**
 * A changed definition of an object without a job, or of one whose job needs not know.
 * @param kept what jobs on the object go on with.
 */
export async function replaceInPlace(run: Run, before: CatalogObject, after: CatalogObject, verb: string, kept: TableObject | null = null): Promise<void> {
  const { core, session } = run;
  if (inBlock(run)) {
    // The block's own jobs have seen what it has changed up to now; those of others are looked after by its COMMIT.
    const own = kept === null ? [] : keeping(core, session.catalog, [kept], (job) => job.session === session.id);
    const staged = core.catalog.staged(session.id);
    stage(run, [[after.id, after]]);
    try {
      checkViews(run, after.id, verb);
    } catch (error) {
      core.catalog.restage(session.id, staged);
      throw error;
    }
    for (const m of own) core.jobs.metaChanged(m);
    if (kept !== null) tellKept(session, kept);
    return;
  }
  const snapshot = core.catalog.snapshot();
  const metas = kept === null ? [] : keeping(core, snapshot, [kept]);
  const unkept = metas.flatMap((m) => core.jobs.entries.get(m.id)?.meta ?? []);
  const update = core.catalog.replace(after);
  try {
    checkViews(run, after.id, verb);
    await persist(core, { changes: update.changes, metas: durable(snapshot, metas) });
  } catch (error) {
    core.catalog.restore(snapshot);
    throw error;
  }
  for (const m of metas) core.jobs.metaChanged(m);
  noteChanged(core, after);
  if (kept !== null) tellKept(session, kept);
  session.transaction?.undo.push(async () => {
    await persist(core, { changes: core.catalog.replace(before).changes, metas: durable(core.catalog.snapshot(), unkept) });
    for (const m of unkept) core.jobs.metaChanged(m);
    noteChanged(core, before);
  });
}

async function rewrite(run: Run, bound: BoundAlter, before: TableObject, after: TableObject, verb: string): Promise<void> {
  const { rewrite: source } = bound;
  if (source === null) throw new InternalError('nothing to rewrite');
  requireNoBlock(run, bound.tag);
  // All rows have all columns then.
  const { added: _, ...whole } = after;
  const { made, meta } = await createHidden(run, whole);
  try {
    if (made.kind !== 'table') throw new InternalError('a table was made into something else');
    const columns = made.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
    const insert: BoundInsert = { kind: 'insert', target: made, mode: 'dml', plan: source.plan, columns, overwrite: false, options: {}, conflict: null, returning: null, emit: null, reads: source.reads };
    run.core.altering.add(before.id);
    await run.core.runtime.flush();
    await insertRows(run, insert);
    await commitWrites(run.session);
    await swapIn(run, before, made, meta, verb);
  } catch (error) {
    await dropIds(run.core, [made.id]);
    throw error;
  } finally {
    run.core.altering.delete(before.id);
  }
}

/** CREATE OR REPLACE where the object has a job, or is to get one: the new one is made out of sight, then takes the name. */
export async function createHidden(run: Run, object: JobObject, like?: JobMeta): Promise<{ readonly made: JobObject; readonly meta: JobMeta }> {
  const id = nextObjectId(run);
  const fresh = newMeta(run, id);
  const meta = like === undefined ? fresh : { ...like, id, createdAt: fresh.createdAt, finished: false };
  const hidden: JobObject = { ...object, id, session: NOBODY };
  if (object.kind === 'table' && object.connector !== null) {
    run.core.catalog.load([{ op: 'put', object: hidden }], id + 1);
    return { made: hidden, meta };
  }
  await createWithJob(run, hidden, meta);
  const made = run.core.catalog.snapshot().object(id);
  if (made === undefined || (made.kind !== 'table' && made.kind !== 'materializedView' && made.kind !== 'sink')) throw new InternalError('a hidden object is lost');
  return { made, meta };
}

/** Puts the hidden object in the place of the old one, and drops that. Views follow by name. */
export async function swapIn(run: Run, old: CatalogObject, hidden: JobObject, meta: JobMeta, verb: string): Promise<JobObject> {
  const { core } = run;
  const before = core.catalog.snapshot();
  const shown: JobObject = { ...hidden, session: isMember(old) ? old.session : null };
  const changes: CatalogChange[] = [{ op: 'delete', id: old.id }, { op: 'put', object: shown }];
  for (const d of before.dependants(old.id)) changes.push({ op: 'put', object: { ...d, dependsOn: d.dependsOn.map((id) => (id === old.id ? shown.id : id)) } });
  core.catalog.load(changes, 0);
  try {
    checkViews(run, shown.id, verb);
    const kept = changes.filter((c) => c.op === 'delete' || !isMember(c.object) || c.object.session === null);
    const withJob = shown.kind !== 'table' || shown.connector === null;
    await persist(core, { changes: kept, ...(withJob && shown.session === null ? { metas: [meta] } : {}) });
  } catch (error) {
    core.catalog.restore(before);
    throw error;
  }
  noteChanged(core, shown);
  await endJobs(core, [old]);
  return shown;
}

export function requireNoBlock(run: Run, what: string): void {
  if (run.session.transaction?.implicit === false) throw notSupported(`${what} in a transaction block`, undefined, 'ROLLBACK could not bring the former rows back: do it outside of BEGIN and COMMIT.');
}

/** CREATE OR REPLACE of a table or a materialized view: the new one is filled, then takes the place of the old one. */
export async function replaceWithJob(run: Run, object: JobObject, id: ObjectId, fill: (made: JobObject) => Promise<StatementResult>): Promise<StatementResult> {
  const { core } = run;
  requireNoBlock(run, 'CREATE OR REPLACE');
  const old = core.catalog.snapshot().object(id);
  if (old === undefined) throw new SqlError('undefined_object', 'the object does not exist any more');
  return await replaceFilled(run, old, object, fill);
}

/** @param like what the new job is to have in common with another: zone, policy, whether it is paused. Else those of the session. */
export async function replaceFilled(run: Run, old: CatalogObject, object: JobObject, fill: (made: JobObject) => Promise<StatementResult>, like?: JobMeta): Promise<StatementResult> {
  const { core } = run;
  const verb = `replace ${described(old)}`;
  refuseRunningJobs(core, old.id, verb, REPLACED_JOB_HINT);
  if (object.dependsOn.includes(old.id)) throw new SqlError('invalid_object_definition', `cannot ${verb} because the new one is made of it`);
  const { made, meta } = await createHidden(run, object, like);
  try {
    const result = await fill(made);
    await commitWrites(run.session);
    await swapIn(run, old, made, meta, verb);
    return result;
  } catch (error) {
    if (core.catalog.snapshot().object(made.id) !== undefined) await dropIds(core, [made.id]);
    throw error;
  }
}
