import { notSupported, SqlError } from '../common/errors.ts';
import { described } from '../catalog/catalog.ts';
import type { TableObject } from '../catalog/objects.ts';
import type { ObjectId } from '../common/ids.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { Core } from './core.ts';
import type { JobObject } from './job-specs.ts';

/** Which stored relations a job reads and writes. */
export interface Flow {
  readonly reads: ReadonlySet<ObjectId>;
  /** Its own relation, and the stored tables it writes. */
  readonly writes: ReadonlySet<ObjectId>;
}

export function flowOf(plans: readonly PhysicalPlan[]): Flow {
  const reads = new Set<ObjectId>();
  const writes = new Set<ObjectId>();
  const visit = (p: PhysicalPlan): void => {
    if (p.kind === 'tableScan') reads.add(p.relation);
    if (p.kind === 'materialize') writes.add(p.relation);
    if (p.kind === 'sink' && p.spec.stored !== undefined) writes.add(p.spec.stored);
    for (const input of inputsOf(p)) visit(input);
  };
  plans.forEach(visit);
  return { reads, writes };
}

/**
 * A job that reads what it writes, through whatever jobs lie between, would feed itself for ever.
 * Errors: feature_not_supported, naming the jobs on the way.
 */
export function requireNoCycle(core: Core, id: ObjectId, name: string, plans: readonly PhysicalPlan[]): void {
  const own = flowOf(plans);
  const seen = new Set<ObjectId>();
  const walk = (relation: ObjectId, way: readonly string[]): void => {
    if (own.writes.has(relation)) {
      const table = core.catalog.snapshot().object(relation)?.name ?? name;
      throw notSupported(`a job that reads "${table}" and writes it`, undefined, way.length === 0 ? 'Write into another table.' : `It is read through ${way.map((n) => `"${n}"`).join(', ')}. Write into another table.`);
    }
    if (seen.has(relation)) return;
    seen.add(relation);
    for (const { object, ended } of core.jobs.entries.values()) {
      const flow = core.jobs.flow(object.id);
      if (object.id === id || ended !== null || flow?.writes.has(relation) !== true) continue;
      for (const read of flow.reads) walk(read, [object.name, ...way]);
    }
  };
  for (const read of own.reads) walk(read, []);
}

/** The running jobs that write a stored table. */
export const writersOf = (core: Core, table: TableObject): readonly JobObject[] =>
  [...core.jobs.entries.values()].flatMap(({ object, ended }) => (object.kind === 'sink' && ended === null && core.jobs.flow(object.id)?.writes.has(table.id) === true ? [object] : []));

/** What jobs write is not compared with what is there. Errors: dependent_objects_still_exist. */
export function refuseWriters(core: Core, table: TableObject, verb: string): void {
  const writers = writersOf(core, table);
  if (writers.length === 0) return;
  throw new SqlError('dependent_objects_still_exist', `cannot ${verb} because running jobs write it`, { detail: writers.map((w) => `${described(w)} writes it.`).join('\n'), hint: 'Drop them first.' });
}
