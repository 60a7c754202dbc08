import { SqlError } from '../common/errors.ts';
import { described, type CatalogChange } from '../catalog/catalog.ts';
import { isMember, isRelation, type SchemaMember } from '../catalog/objects.ts';
import { noteChanged } from './alter.ts';
import { persist } from './core.ts';
import type { SessionState } from './session-state.ts';

/**
 * COMMIT: the objects that the block has made become everybody's, in one durable step.
 * Errors: duplicate_table where somebody else has taken a name meanwhile; nothing has changed then.
 */
export async function publish(session: SessionState): Promise<void> {
  const { core } = session;
  if (!hasUncommitted(session)) return;
  const release = await core.ddl.acquire(new AbortController().signal);
  try {
    const before = core.catalog.snapshot();
    const changes: CatalogChange[] = [];
    for (const object of before.objects.values()) {
      if (!isMember(object) || object.session !== session.id || object.uncommitted !== true) continue;
      if (isRelation(object) && before.relationNamed(object.database, object.schema, object.name, null) !== undefined) {
        throw new SqlError('duplicate_table', `relation "${object.name}" already exists`, { detail: `${described(object)} was made by another session meanwhile.` });
      }
      changes.push({ op: 'put', object: everybodys(object) });
    }
    core.catalog.load(changes, 0);
    try {
      const metas = changes.flatMap((c) => (c.op === 'put' ? (core.jobs.entries.get(c.object.id)?.meta ?? []) : []));
      await persist(core, { changes, metas });
    } catch (error) {
      core.catalog.restore(before);
      throw error;
    }
    for (const c of changes) if (c.op === 'put') noteChanged(core, c.object);
  } finally {
    release();
  }
}

function hasUncommitted(session: SessionState): boolean {
  if (session.transaction === null || session.transaction.undo.length === 0) return false;
  for (const o of session.core.catalog.snapshot().objects.values()) if (isMember(o) && o.session === session.id && o.uncommitted === true) return true;
  return false;
}

function everybodys(object: SchemaMember): SchemaMember {
  const { uncommitted: _, ...rest } = object;
  return { ...rest, session: null };
}
