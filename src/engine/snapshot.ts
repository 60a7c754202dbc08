import type { Schema } from '../common/batch/batch.ts';
import { builtins } from '../functions/registry.ts';
import type { PlanHost } from '../planner/naive.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { QueryHandle } from '../runtime/api.ts';
import type { RowSource } from './api.ts';
import { newQueryId } from './core.ts';
import { withSecrets } from './job-specs.ts';
import { handleRows } from './rows.ts';
import type { Run } from './run.ts';
import { systemRows } from './system-rows.ts';

/** The two ways to rows: a snapshot job, and the evaluator. */

/** Bytes a snapshot holds ready for its reader. */
const SNAPSHOT_BUFFER = 8 << 20;

/** Runs a physical plan as a snapshot. @param analyzed is given the query, whose operators are looked at in the end. */
export function snapshotRows(run: Run, plan: PhysicalPlan, schema: Schema, analyzed?: (handle: QueryHandle) => void): RowSource {
  const { core, session } = run;
  const spec = { id: newQueryId(core), name: 'query', plans: [withSecrets(core, plan)], timeZone: session.settings.text('TimeZone'), errorPolicy: 'fail', seed: core.rng.uint32(), schema } as const;
  const handle = core.runtime.query(spec, { signal: run.signal, mode: 'snapshot', withSnapshot: true, bufferBytesMax: SNAPSHOT_BUFFER, analyzed: analyzed !== undefined });
  analyzed?.(handle);
  return handleRows(handle);
}

/** What the evaluator needs where no user's relation is read. */
export function naiveHost(run: Run, scan: PlanHost['scan'] = systemRows(run.session)): PlanHost {
  return { functions: builtins, eval: run.eval, params: run.params, scan };
}
