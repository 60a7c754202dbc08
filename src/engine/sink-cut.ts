import { notSupported } from '../common/errors.ts';
import type { PhysicalPlan, PhysicalSource } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';

/** Where a sink can take over from another, and where it can begin without writing what is there. */

/** What they have sent by an epoch's end depends on the rows so far alone, not on time. */
const TIMELESS: ReadonlySet<PhysicalPlan['kind']> = new Set(['tableScan', 'values', 'calc', 'exchange', 'shared', 'unionAll', 'groupAggregate', 'hashJoin', 'topN', 'nearestJoin', 'tableFunction', 'normalize', 'enforce', 'sink']);

/** They keep nothing but their place in the input. */
const STATELESS: ReadonlySet<PhysicalPlan['kind']> = new Set(['source', 'values', 'calc', 'exchange', 'shared', 'unionAll', 'tableFunction', 'enforce', 'sink']);

function* nodes(p: PhysicalPlan): Iterable<PhysicalPlan> {
  yield p;
  for (const input of inputsOf(p)) yield* nodes(input);
}
export const sourcesOf = (plans: readonly PhysicalPlan[]): PhysicalSource[] => [...new Set(plans.flatMap((p) => [...nodes(p)]))].filter((n) => n.kind === 'source');

/** Errors: feature_not_supported where rows that are there now would come out later, when their time has come. */
export function requireSkippable(plan: PhysicalPlan): void {
  for (const node of nodes(plan)) {
    const timed = !TIMELESS.has(node.kind) || (node.kind === 'hashJoin' && node.windowKeys.length > 0) || (node.kind === 'groupAggregate' && node.closes != null) || (node.kind === 'topN' && node.closes !== null);
    if (timed) throw notSupported('a sink that begins after the rows that are there, over results of time', undefined, `${describeNode(node)} may still send what comes of them: keep the query as a materialized view, and write that out.`);
  }
}

/**
 * The new job's sources, each with that of the old one from whose place it goes on: by the table they read, under the same options.
 * Errors: feature_not_supported where that is not exact.
 */
export function takenOver(oldPlans: readonly PhysicalPlan[], newPlans: readonly PhysicalPlan[]): Map<string, string> {
  const from = sourcesOf(oldPlans);
  const places = new Map<string, string>();
  const sources = sourcesOf(newPlans);
  if (sources.length === 0) return places;
  const advice = 'DROP SINK ends the old one, and CREATE SINK starts one from the beginning; or keep the query as a materialized view, and write that out.';
  for (const plan of newPlans) {
    for (const node of nodes(plan)) {
      if (STATELESS.has(node.kind)) continue;
      throw notSupported(node.kind === 'tableScan' ? 'replacing a sink that reads connectors and stored relations' : 'replacing a sink whose query keeps state over a connector', undefined, `${describeNode(node)} would have to begin with what has been read already. ${advice}`);
    }
  }
  for (const source of sources) {
    const { tableId, table, spec } = source;
    const [old, second] = from.filter((o) => o.tableId === tableId && o.table === table && sameOptions(o.spec.options, spec.options));
    if (old === undefined) throw notSupported(`replacing a sink by one that reads other sources, "${table}"`, undefined, advice);
    if (second !== undefined || sources.filter((s) => s.tableId === tableId).length > 1) throw notSupported(`replacing a sink that reads "${table}" several times`, undefined, advice);
    places.set(source.props.stateId, old.props.stateId);
  }
  return places;
}

const sameOptions = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([k, v]) => b[k] === v);
