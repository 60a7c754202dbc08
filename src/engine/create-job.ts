import { SqlError } from '../common/errors.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import { abortable } from './abort.ts';
import { fillInBackground } from './background.ts';
import { persist } from './core.ts';
import { checkErrorTargets } from './error-target.ts';
import { planJob, type JobObject, type PlannedJob } from './job-specs.ts';
import type { JobMeta } from './persist.ts';
import type { Run } from './run.ts';

/**
 * A new object with its job. The order makes a crash at any point leave either nothing or the whole: the definition is
 * written first, and a restart makes the job from it. Others see the object when its job runs. The caller holds the DDL mutex.
 * @param background returns before the job runs; the object is there at once.
 * Errors: those of planning and of the job's start, which leave nothing behind.
 */
export async function createWithJob(run: Run, object: JobObject, meta: JobMeta, background = false): Promise<PlannedJob> {
  const { core, session, signal } = run;
  const planned = inStatement(run.text, object.kind === 'table' ? '' : object.sql, () => planJob(core, object, meta));
  checkErrorTargets(core, planned.spec.plans);
  const [root] = planned.spec.plans;
  const settled: JobObject = object.kind === 'materializedView' && root?.kind === 'materialize' ? { ...object, key: root.keys } : object;
  const temporary = settled.session !== null;
  const nextId = settled.id + 1;
  // A temporary one leaves its number alone behind: after a crash its state must not be taken for another's.
  await persist(core, temporary ? { changes: [] } : { changes: [{ op: 'put', object: settled }], metas: [meta] }, nextId);
  core.jobs.add(settled, meta, planned);
  if (background) {
    core.catalog.load([{ op: 'put', object: settled }], nextId);
    fillInBackground(core, session, settled, core.runtime.createJob(planned.spec));
    told(session, planned);
    return planned;
  }
  try {
    const made = core.runtime.createJob(planned.spec);
    try {
      await abortable(made, signal);
    } catch (error) {
      await made.catch(() => undefined);
      throw error;
    }
  } catch (error) {
    core.jobs.remove(settled.id);
    await core.runtime.dropJobs([planned.spec.id]).catch(() => undefined);
    if (!temporary) await persist(core, { changes: [{ op: 'delete', id: settled.id }] }, nextId);
    throw error;
  }
  core.catalog.load([{ op: 'put', object: settled }], nextId);
  told(session, planned);
  return planned;
}

function told(session: Run['session'], planned: PlannedJob): void {
  for (const n of planned.notices) session.notice('NOTICE', n);
  for (const w of planned.warnings) session.notice('WARNING', w);
}

/**
 * An object's definition is planned from its own text: an error's place in it is put where the statement has the same words, or left
 * out where that is not to be told.
 */
function inStatement<T>(text: string, definition: string, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof SqlError) || error.span === undefined) throw error;
    const { condition, message, detail, hint, span } = error;
    const words = definition.slice(span.start, span.end);
    const whole = text.indexOf(definition);
    const start = whole >= 0 ? whole + span.start : text.indexOf(words) === text.lastIndexOf(words) ? text.indexOf(words) : -1;
    throw new SqlError(condition, message, { detail, hint, cause: error, ...(start < 0 || words === '' ? {} : { span: { start, end: start + words.length } }) });
  }
}

/** What a job started now keeps of its session. */
export function newMeta(run: Run, id: ObjectId): JobMeta {
  const { core, session } = run;
  const policy = session.settings.text('millrace.on-error');
  return {
    id, timeZone: session.settings.text('TimeZone'), errorPolicy: policy === 'fail' || policy === 'ignore' ? policy : 'log', seed: core.rng.uint32(), createdAt: core.clock.nowMicros(), finished: false, paused: false, tables: [],
  };
}

export const nextObjectId = (run: Run): ObjectId => objectId(run.core.catalog.snapshot().nextId);

