import { SqlError } from '../common/errors.ts';
import { typeEquals } from '../common/types/sql-type.ts';
import type { ObjectId } from '../common/ids.ts';
import { described } from '../catalog/catalog.ts';
import type { CatalogObject, ViewObject } from '../catalog/objects.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { systemRelations } from '../catalog/system/registry.ts';
import { builtins } from '../functions/registry.ts';
import { parseStatement } from '../parser/parser.ts';
import { Params } from '../planner/bind/context.ts';
import { bindStatement } from '../planner/bind/statement.ts';
import type { Core } from './core.ts';
import { connectors } from './planning.ts';
import type { Run } from './run.ts';

/** What stands on an object, when that is to change. */

/** Everything that is made of the object, at however many removes. */
export function allDependants(snapshot: CatalogSnapshot, id: ObjectId): CatalogObject[] {
  const out = new Map<ObjectId, CatalogObject>();
  const walk = (at: ObjectId): void => {
    for (const d of snapshot.dependants(at)) {
      if (out.has(d.id)) continue;
      out.set(d.id, d);
      walk(d.id);
    }
  };
  walk(id);
  return [...out.values()];
}

/** The jobs among them that have not ended. */
export const runningJobs = (core: Core, id: ObjectId): CatalogObject[] =>
  allDependants(core.catalog.snapshot(), id).filter((o) => (o.kind === 'materializedView' || o.kind === 'sink') && (core.jobs.entries.get(o.id)?.ended ?? null) === null);

/**
 * A running job keeps the definitions it was started with, and would come back from a restart with others, without its state.
 * @param verb e.g. `alter table "t"`. Errors: dependent_objects_still_exist, naming the jobs.
 */
export function refuseRunningJobs(core: Core, id: ObjectId, verb: string, hint: string): void {
  const jobs = runningJobs(core, id);
  if (jobs.length === 0) return;
  throw new SqlError('dependent_objects_still_exist', `cannot ${verb} because running jobs depend on it`, { detail: jobs.map((o) => `${described(o)} depends on it.`).join('\n'), hint });
}

/** Binds the views that stand on an object anew: they have to give the columns they gave. Errors: dependent_objects_still_exist. */
export function checkViews(run: Run, id: ObjectId, verb: string): void {
  const snapshot = run.session.catalog;
  for (const view of allDependants(snapshot, id)) {
    if (view.kind !== 'view') continue;
    const why = brokenBy(run, snapshot, view);
    if (why === undefined) continue;
    throw new SqlError('dependent_objects_still_exist', `cannot ${verb} because other objects depend on it`, { detail: `${described(view)} would no longer work: ${why}.`, hint: 'Drop the view first, and create it anew afterwards.' });
  }
}

function brokenBy(run: Run, snapshot: CatalogSnapshot, view: ViewObject): string | undefined {
  try {
    const bound = bindStatement(parseStatement(view.sql), {
      catalog: snapshot, system: systemRelations, functions: builtins, connectors, eval: run.eval, text: view.sql, params: new Params(),
      scope: { database: view.database, searchPath: view.searchPath, session: view.session ?? 0 }, idleTimeoutMs: null, user: view.owner,
    });
    const schema = bound.kind === 'query' ? bound.plan.schema : [];
    if (schema.length !== view.columns.length) return `its query gives ${schema.length} columns in place of ${view.columns.length}`;
    const other = view.columns.find((c, i) => !typeEquals(c.type, schema[i]?.type ?? { kind: 'unknown' }));
    return other === undefined ? undefined : `its column "${other.name}" would be of another type`;
  } catch (error) {
    if (error instanceof SqlError) return error.message;
    throw error;
  }
}
