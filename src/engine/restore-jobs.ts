import { SqlError } from '../common/errors.ts';
import type { JobSpec } from '../runtime/api.ts';
import type { Core } from './core.ts';
import { watchEnd } from './insert-job.ts';
import { planJob, type JobObject } from './job-specs.ts';
import type { JobMeta, Persisted } from './persist.ts';

/**
 * Starts the runtime with the jobs of the catalog's objects, planned again from their definitions: their states' names derive
 * from the plans, so each finds its own. One that can't be planned any more is listed as failed, with what stands on it.
 */
export async function restoreJobs(core: Core, persisted: Persisted): Promise<void> {
  const specs: JobSpec[] = [];
  const inserts: JobObject[] = [];
  const objects = [...core.catalog.snapshot().objects.values()].sort((a, b) => a.id - b.id);
  for (const object of objects) {
    if (object.kind !== 'materializedView' && object.kind !== 'sink' && (object.kind !== 'table' || object.connector !== null)) continue;
    const meta: JobMeta = persisted.metas.get(object.id) ?? { id: object.id, timeZone: 'UTC', errorPolicy: 'log', seed: object.id, createdAt: 0n, finished: false, paused: false, tables: [] };
    if (meta.finished) {
      core.jobs.add(object, meta, null);
      continue;
    }
    try {
      const planned = planJob(core, object, meta);
      core.jobs.add(object, meta, planned);
      specs.push(planned.spec);
      if (object.kind === 'sink') inserts.push(object);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      core.log('error', `job ${object.id} "${object.name}" cannot be started: ${error.message}`);
      core.jobs.add(object, meta, null, error.message);
    }
  }
  await core.runtime.start(specs);
  for (const object of inserts) void watchEnd(core, object.id);
}
