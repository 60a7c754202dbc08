import type { CatalogObject } from '../catalog/objects.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Run } from './run.ts';

/**
 * DDL of a transaction block: what it changes, drops or makes is seen by its own session alone until the COMMIT (`publish.ts`). New
 * relations and their jobs are there already, under their session; all else is kept beside the catalog.
 */

export const inBlock = (run: Run): boolean => run.session.transaction?.implicit === false;

/** Changes objects for this session's block; null drops one. A rollback takes it back. Errors: duplicate_table and the like. */
export function stage(run: Run, changes: readonly (readonly [id: ObjectId, after: CatalogObject | null])[]): void {
  const { core, session } = run;
  const before = core.catalog.staged(session.id);
  core.catalog.stage(session.id, changes);
  session.transaction?.undo.push(() => {
    core.catalog.restage(session.id, before);
    return Promise.resolve();
  });
}
