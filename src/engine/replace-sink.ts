import { SqlError } from '../common/errors.ts';
import { jobId, type ObjectId } from '../common/ids.ts';
import type { SinkObject } from '../catalog/objects.ts';
import { persist } from './core.ts';
import { newMeta } from './create-job.ts';
import { checkErrorTargets } from './error-target.ts';
import { endJobs } from './drop-objects.ts';
import { planJob } from './job-specs.ts';
import type { JobMeta } from './persist.ts';
import type { Run } from './run.ts';
import { requireSkippable, takenOver } from './sink-cut.ts';

/**
 * CREATE OR REPLACE SINK: the new job begins at the checkpoint at which the old one stops. What came before is written by the old
 * one alone, what comes after by the new one, also if the server ends anywhere in between: both stand still until the catalog
 * names the new one.
 *
 * Over stored tables and views the new one begins with their changes from there on; over connectors at the old one's positions.
 * Errors: feature_not_supported where no exact place is to be had; those of planning.
 */
export async function replaceSink(run: Run, object: SinkObject, oldId: ObjectId): Promise<void> {
  const { core, session } = run;
  const old = core.catalog.snapshot().object(oldId);
  const entry = core.jobs.entries.get(oldId);
  if (old?.kind !== 'sink' || entry === undefined) throw new SqlError('undefined_object', 'the sink does not exist any more');
  if (entry.meta.paused) throw new SqlError('object_not_in_prerequisite_state', `sink "${old.name}" is paused`, { hint: `RESUME JOB '${old.name}' first: what it holds is for it to write.` });
  if (entry.ended !== null) throw new SqlError('object_not_in_prerequisite_state', `sink "${old.name}" has ended: ${entry.ended.state}`, { detail: entry.ended.error === null ? undefined : `${entry.ended.error}.`, hint: 'DROP SINK, then CREATE SINK: there is no place to go on from.' });
  const oldPlans = (await core.runtime.inspect(jobId(oldId)))?.plans;
  if (oldPlans === undefined) throw new SqlError('object_not_in_prerequisite_state', `sink "${old.name}" does not run at the moment`, { hint: 'It may be restarting: try again.' });
  // Generators go on with the numbers of the old one.
  const meta: JobMeta = { ...newMeta(run, object.id), seed: entry.meta.seed };
  const planned = planJob(core, object, meta);
  const { plans } = planned.spec;
  checkErrorTargets(core, plans);
  const places = takenOver(oldPlans, plans);
  if (places.size === 0) for (const plan of plans) requireSkippable(plan);
  // After a crash its number is nobody else's.
  await persist(core, { changes: [] }, object.id + 1);
  core.jobs.add(object, meta, planned);
  try {
    await core.runtime.succeedJob(jobId(oldId), planned.spec, places);
  } catch (error) {
    core.jobs.remove(object.id);
    throw error;
  }
  const before = core.catalog.snapshot();
  const changes = [{ op: 'delete', id: oldId }, { op: 'put', object }] as const;
  core.catalog.load(changes, object.id + 1);
  try {
    await persist(core, { changes, metas: [meta] });
  } catch (error) {
    core.catalog.restore(before);
    await core.runtime.dropJobs([planned.spec.id]).catch(() => undefined);
    core.jobs.remove(object.id);
    await core.runtime.resumeJob(jobId(oldId));
    throw error;
  }
  await endJobs(core, [old]);
  await core.runtime.resumeJob(planned.spec.id);
  for (const n of planned.notices) session.notice('NOTICE', n);
  for (const w of planned.warnings) session.notice('WARNING', w);
}
