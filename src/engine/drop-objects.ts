import { jobId, type ObjectId } from '../common/ids.ts';
import type { CatalogUpdate } from '../catalog/catalog.ts';
import type { CatalogObject, IndexObject } from '../catalog/objects.ts';
import { persist, type Core } from './core.ts';
import { statusOf } from './job-table.ts';

/** Drops objects with their jobs. Errors: dependent_objects_still_exist. */
export async function dropIds(core: Core, ids: readonly ObjectId[], behavior: 'restrict' | 'cascade' = 'cascade'): Promise<readonly CatalogObject[]> {
  const update: CatalogUpdate = core.catalog.drop(ids, behavior);
  await persist(core, { changes: update.changes });
  await endJobs(core, update.dropped);
  return update.dropped;
}

/** Frees what reads by the index have made; with the relation gone there is nothing left. */
function forgetIndex(core: Core, index: IndexObject): void {
  const [relation] = index.dependsOn.flatMap((id) => core.catalog.snapshot().object(id) ?? []);
  if (relation?.kind !== 'table' && relation?.kind !== 'materializedView') return;
  const names = relation.columns.filter((c) => !('kind' in c) || c.kind === 'physical').map((c) => c.name);
  core.runtime.forgetIndex(relation.id, index.columns.map((c) => names.indexOf(c)));
}

/** Stops the jobs of dropped objects; INSERT jobs stay listed as stopped. */
export async function endJobs(core: Core, dropped: readonly CatalogObject[]): Promise<void> {
  const running = dropped.filter((o) => {
    const entry = core.jobs.entries.get(o.id);
    return entry !== undefined && entry.ended?.state !== 'finished';
  });
  const last = new Map(running.map((o) => [o.id, statusOf(core.runtime, o.id)]));
  const known = running.filter((o) => last.get(o.id) !== null);
  if (known.length > 0) await core.runtime.dropJobs(known.map((o) => jobId(o.id)));
  for (const o of dropped) {
    if (o.kind === 'index') forgetIndex(core, o);
    core.secrets.delete(o.id);
    if (o.kind === 'sink') core.jobs.end(o.id, 'stopped', last.get(o.id) ?? null);
    else core.jobs.remove(o.id);
  }
}
