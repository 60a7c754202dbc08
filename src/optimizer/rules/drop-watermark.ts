import { someExpr, planExprs, planInputs } from '../../planner/walk.ts';
import { columnsOf, splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalPlan, OverCall } from '../../planner/logical.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';
import { mapInputsSame } from '../tree.ts';

const isTime = (e: Expr): boolean => typeOf(e).kind === 'timestamp' || typeOf(e).kind === 'timestamptz';

/** Ordered by a time, ascending: if that is an event time, rows are given in its order as the watermark passes them. */
function ordersByTime({ order: [first] }: Pick<OverCall, 'order'>): boolean {
  if (first === undefined || first.descending) return false;
  return isTime(first.expr);
}

/** Tables whose event time some window, window function, join of times, or the watermark's own function, looks at. */
function timed(plan: LogicalPlan, above: boolean, found: Set<number>): void {
  const here = above || plan.kind === 'window' || joinsByTime(plan) || (plan.kind === 'over' && plan.calls.some(ordersByTime)) || keepsFirst(plan) || planExprs(plan).some((e) => someExpr(e, (x) => x.kind === 'call' && x.name === 'current_watermark'));
  if (plan.kind === 'scan' && here && plan.relation.kind === 'connector') found.add(plan.relation.id);
  for (const input of planInputs(plan)) timed(input, here, found);
}

/** Deduplication that keeps the first row of a key: over an event time it is final when the watermark has passed it. */
function keepsFirst(plan: LogicalPlan): boolean {
  if (plan.kind !== 'topN' || plan.limit !== 1 || plan.offset !== 0 || plan.number !== 'rows') return false;
  const keys = new Set(plan.partition.map(canonicalText));
  const first = plan.order.find((k) => !keys.has(canonicalText(k.expr)));
  return keys.size > 0 && first !== undefined && ordersByTime({ order: [first] });
}

/** A join whose sides' times are compared: they may bound what is kept. */
function joinsByTime(plan: LogicalPlan): boolean {
  if (plan.kind === 'asOfJoin') return plan.form === 'version';
  if (plan.kind !== 'join') return false;
  const width = plan.left.schema.length;
  return splitConjunction(plan.condition).some((e) => {
    if (e.kind !== 'call' || e.args.length !== 2 || !e.args.every(isTime)) return false;
    const columns = columnsOf(e);
    return columns.some((c) => c < width) && columns.some((c) => c >= width);
  });
}

function tableOf(plan: LogicalPlan): number | undefined {
  if (plan.kind === 'scan') return plan.relation.kind === 'connector' ? plan.relation.id : undefined;
  const [only] = planInputs(plan);
  return only === undefined || planInputs(plan).length > 1 ? undefined : tableOf(only);
}

function without(plan: LogicalPlan, kept: ReadonlySet<number>): LogicalPlan {
  const below = mapInputsSame(plan, (input) => without(input, kept));
  if (below.kind !== 'watermark') return below;
  const table = tableOf(below);
  return table === undefined || kept.has(table) ? below : below.input;
}

/** All uses of a table in one job keep or lose it together, so that they go on being one source. */
function dropped(roots: readonly LogicalPlan[], cx: RuleContext): readonly LogicalPlan[] {
  if (cx.eventTime === true) return roots;
  const kept = new Set<number>();
  for (const root of roots) timed(root, false, kept);
  return roots.map((root) => without(root, kept));
}

export const dropUnusedWatermark: Rule = {
  name: 'drop-unused-watermark',
  doc: 'A watermark that no window waits for is not computed.',
  apply: (root, cx) => dropped([root], cx)[0],
  applyToSet: dropped,
};
