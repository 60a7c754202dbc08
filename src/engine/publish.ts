import { isMember } from '../catalog/objects.ts';
import { keeping } from './kept-definitions.ts';
import { noteChanged } from './job-table.ts';
import { persist } from './core.ts';
import { endJobs } from './drop-objects.ts';
import type { SessionState } from './session-state.ts';

/**
 * COMMIT: the objects that the block has made, changed and dropped become so for everybody, in one durable step.
 * Errors: duplicate_table where somebody else has taken a name meanwhile, serialization_failure where somebody has changed the same object,
 * dependent_objects_still_exist; nothing has changed then.
 */
export async function publish(session: SessionState): Promise<void> {
  const { core } = session;
  if (core.catalog.staged(session.id).size === 0 && !hasUncommitted(session)) return;
  const release = await core.ddl.acquire(new AbortController().signal);
  try {
    const before = core.catalog.snapshot();
    const staged = core.catalog.staged(session.id);
    const { changes, dropped } = core.catalog.ready(session.id);
    core.catalog.restage(session.id, new Map());
    core.catalog.load(changes, 0);
    const puts = changes.flatMap((c) => (c.op === 'put' ? [c.object] : []));
    // Jobs that others have started meanwhile are among them; those of the block itself know what it has changed.
    const altered = puts.flatMap((o) => {
      const was = before.object(o.id);
      return was?.kind === 'table' && was.session === null && was !== o ? [was] : [];
    });
    const keptBy = keeping(core, before, altered, (job) => job.session === null);
    try {
      const metas = [...keptBy, ...puts.flatMap((o) => core.jobs.entries.get(o.id)?.meta ?? [])];
      const secrets = puts.flatMap((o) => (o.kind === 'secret' ? [{ id: o.id, value: core.secrets.get(o.id) ?? '' }] : []));
      // What stays with its session is in no store.
      const kept = changes.filter((c) => c.op === 'delete' || !isMember(c.object) || c.object.session === null);
      await persist(core, { changes: kept, metas, secrets });
    } catch (error) {
      core.catalog.restore(before);
      core.catalog.restage(session.id, staged);
      throw error;
    }
    for (const m of keptBy) core.jobs.metaChanged(m);
    for (const o of puts) noteChanged(core, o);
    for (const o of dropped) session.transaction?.writes.delete(o.id);
    await endJobs(core, dropped);
  } finally {
    release();
  }
}

function hasUncommitted(session: SessionState): boolean {
  if (session.transaction === null || session.transaction.undo.length === 0) return false;
  for (const o of session.core.catalog.snapshot().objects.values()) if (isMember(o) && o.session === session.id && o.uncommitted === true) return true;
  return false;
}
