import { described } from '../catalog/catalog.ts';
import { isMember, type MaterializedViewObject, type SinkObject, type TableObject } from '../catalog/objects.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Core } from './core.ts';
import type { JobMeta } from './persist.ts';
import type { SessionState } from './session-state.ts';

/**
 * A table that is altered under its jobs: each job goes on with the definition that it was started with, also after a restart,
 * when it is planned again. The definition is kept with the job (`JobMeta.tables`), written in one step with the table's new one.
 */

/** The jobs that read or write a table themselves, perhaps through views. What reads a materialized view is no business of the table's. */
function jobsOn(snapshot: CatalogSnapshot, id: ObjectId): (MaterializedViewObject | SinkObject)[] {
  const jobs = new Map<ObjectId, MaterializedViewObject | SinkObject>();
  const seen = new Set<ObjectId>();
  const walk = (at: ObjectId): void => {
    for (const d of snapshot.dependants(at)) {
      if (seen.has(d.id)) continue;
      seen.add(d.id);
      if (d.kind === 'materializedView' || d.kind === 'sink') jobs.set(d.id, d);
      else walk(d.id);
    }
  };
  walk(id);
  return [...jobs.values()];
}

/** What is to be kept of jobs when these tables are altered; nothing of jobs that have finished, or keep an older definition. */
export function keeping(core: Core, snapshot: CatalogSnapshot, tables: readonly TableObject[], of: (job: MaterializedViewObject | SinkObject) => boolean = () => true): JobMeta[] {
  const metas = new Map<ObjectId, JobMeta>();
  for (const before of tables) {
    for (const job of jobsOn(snapshot, before.id).filter(of)) {
      const meta = metas.get(job.id) ?? core.jobs.entries.get(job.id)?.meta;
      if (meta === undefined || meta.finished || meta.tables.some((t) => t.id === before.id)) continue;
      metas.set(job.id, { ...meta, tables: [...meta.tables, before] });
    }
  }
  return [...metas.values()];
}

/** Of jobs that the store knows. */
export const durable = (snapshot: CatalogSnapshot, metas: readonly JobMeta[]): JobMeta[] =>
  metas.filter((m) => {
    const job = snapshot.object(m.id);
    return job !== undefined && isMember(job) && job.session === null;
  });

export function tellKept(session: SessionState, before: TableObject): void {
  const { core } = session;
  const jobs = jobsOn(session.catalog, before.id).filter((j) => core.jobs.entries.get(j.id)?.meta.finished === false);
  if (jobs.length === 0) return;
  session.notice('NOTICE', `running jobs keep the definition of ${described(before)} that they were started with`, {
    detail: jobs.map((j) => `${described(j)} depends on it.`).join('\n'), hint: 'What is created from now on has the new one. ALTER MATERIALIZED VIEW … AS fills a view anew.',
  });
}
