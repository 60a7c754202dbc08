import { SqlError, notSupported } from '../common/errors.ts';
import type { Interval, Row, Value } from '../common/types/value.ts';
import { builtins } from '../functions/registry.ts';
import { withParams } from '../optimizer/params.ts';
import { optimize } from '../optimizer/optimizer.ts';
import { toPhysical } from '../optimizer/physical/to-physical.ts';
import { eachNode } from '../planner/bind/reads.ts';
import { evaluate } from '../planner/interpret.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { evaluateSlices } from '../planner/naive.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { Reads } from '../planner/statement.ts';
import { planExprs, someExpr } from '../planner/walk.ts';
import { sleep } from './abort.ts';
import type { QueryHandle } from '../runtime/api.ts';
import type { RowSource } from './api.ts';
import { dirtyRelations, fetched } from './fetch.ts';
import { refreshOperators } from './explain-empty.ts';
import { keyRead } from './key-read.ts';
import { endingNow, readOptions } from './planning.ts';
import { drain, slicedRows } from './rows.ts';
import type { Run } from './run.ts';
import { naiveHost, snapshotRows } from './snapshot.ts';

/**
 * The rows of a bounded plan as of now. Constants and catalog relations are evaluated here; tables and views run as a
 * snapshot job over one epoch; what no job can run, and what reads the transaction's own uncommitted rows, is evaluated here
 * over rows fetched at one epoch.
 * @param analyzed is given the job's query, when a job runs.
 * Errors: those of planning and of the expressions.
 */
export async function openRows(run: Run, bound: LogicalPlan, reads: Reads, analyzed?: (handle: QueryHandle) => void): Promise<RowSource> {
  const plan = run.params.length === 0 ? bound : withParams(bound, run.params);
  if (reads.volatile.some((name) => SLEEPS.has(name))) await sleeping(run, plan, reads);
  if (reads.system && readsOperators(plan)) await refreshOperators(run);
  if (reads.objects.length === 0) return slicedRows(plan.schema, evaluateSlices(plan, naiveHost(run)), run.signal);
  await run.core.freshness.catchUp(run.signal);
  const ending = endingNow(plan);
  const dirty = dirtyRelations(run, reads);
  if (reads.system || dirty.size > 0) return slicedRows(plan.schema, await fetched(run, ending, dirty), run.signal);
  const options = readOptions(run);
  let physical: PhysicalPlan;
  try {
    const optimized = optimize(ending, options).plan;
    const looked = await keyRead(run, optimized);
    if (looked !== undefined) return slicedRows(plan.schema, looked, run.signal);
    physical = toPhysical(optimized, { kind: 'result', snapshotOnly: true }, options.physical).plan;
  } catch (error) {
    if (!(error instanceof SqlError) || error.condition !== 'feature_not_supported' || !isBounded(ending)) throw error;
    return slicedRows(plan.schema, await fetched(run, ending, dirty), run.signal);
  }
  return snapshotRows(run, physical, plan.schema, analyzed);
}

export async function readRows(run: Run, plan: LogicalPlan, reads: Reads): Promise<Row[]> {
  return await drain(plan.schema, await openRows(run, plan, reads));
}

export function isBounded(plan: LogicalPlan): boolean {
  let bounded = true;
  eachNode(plan, (p) => {
    if (p.kind === 'scan' && p.relation.kind === 'connector' && !p.relation.bounded) bounded = false;
  });
  return bounded;
}

function readsOperators(plan: LogicalPlan): boolean {
  let found = false;
  eachNode(plan, (p) => {
    if (p.kind === 'scan' && p.relation.kind === 'system' && p.relation.name === 'millrace_catalog.operators') found = true;
  });
  return found;
}

/** Seconds of a number, an interval, or until an instant; 0 for NULL. */
function sleepSeconds(name: string, value: Value, nowMicros: bigint): number {
  if (typeof value === 'number') return value;
  if (name === 'pg_sleep_until' && typeof value === 'bigint') return Number(value - nowMicros) / 1e6;
  if (name !== 'pg_sleep_for' || value === null) return 0;
  const { months, days, micros } = value as Interval;
  return (months * 30 + days) * 86_400 + Number(micros) / 1e6;
}

const SLEEPS: ReadonlySet<string> = new Set(['pg_sleep', 'pg_sleep_for', 'pg_sleep_until']);

/** pg_sleep and its like wait before the query, for their constant arguments. */
async function sleeping(run: Run, plan: LogicalPlan, reads: Reads): Promise<void> {
  if (!reads.constant) throw notSupported('pg_sleep() over rows', undefined, 'Call it alone: SELECT pg_sleep(1).');
  let seconds = 0;
  eachNode(plan, (p) => {
    for (const e of planExprs(p)) {
      someExpr(e, (x) => {
        if (x.kind === 'call' && SLEEPS.has(x.name) && x.args[0] !== undefined) {
          const value: Value = evaluate(x.args[0], [], { functions: builtins, eval: run.eval, params: run.params });
          seconds += Math.max(0, sleepSeconds(x.name, value, run.eval.nowMicros));
        }
        return false;
      });
    }
  });
  if (seconds > 0) await sleep(run.core.clock, seconds * 1000, run.signal);
}

