import { notSupported } from '../../common/errors.ts';
import { conjunction, isTrue, remapColumns } from '../../planner/columns.ts';
import type { LogicalAsOfJoin, LogicalPlan, Relation } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { lookupJoin, nearestJoin } from '../../planner/physical/as-of-joins.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { inputsOf, SINGLE } from '../../planner/physical/props.ts';
import { inequality, ownColumns, plus } from './as-of-parts.ts';
import { lookedUp, lowerConnectorLookup } from './connector-lookup.ts';
import type { Lowering } from './context.ts';
import { equiKeys, together, withKeys } from './join.ts';
import { lowerVersions } from './versions.ts';

/** Joins that look up each left row's partner: the nearest in time, the version in force, or what is there now. */
export function lowerAsOfJoin(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  switch (plan.form) {
    case 'nearest':
      return lowerNearest(plan, cx);
    case 'current':
      return lowerLookup(plan, cx);
    case 'version':
      return lowerVersions(plan, cx);
  }
}

function lowerNearest(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  const { left: leftKeys, right: rightKeys, rest } = equiKeys(plan.condition, plan.left.schema.length);
  const time = inequality(plan);
  const refused = rest.find((e) => !isTrue(e));
  if (refused !== undefined) throw notSupported('this condition of an ASOF join', refused.kind === 'call' ? refused.span : plan.span, 'Cast both sides of an equality to one type; other conditions go into WHERE.');
  const left = withKeys(cx.lower(plan.left), leftKeys);
  const right = withKeys(cx.lower(plan.right), rightKeys);
  const l = plus(left.plan, time.left, 'time');
  const r = plus(right.plan, time.right, 'time');
  const [a, b] = leftKeys.length === 0 ? [placed(l.plan, SINGLE), placed(r.plan, SINGLE)] : together(l.plan, left.at, r.plan, right.at);
  const made = nearestJoin({ left: a, right: b, type: plan.type, leftKeys: left.at, rightKeys: right.at, leftTime: l.at[0] as number, rightTime: r.at[0] as number, operator: time.operator });
  return ownColumns(plan, made, a.props.schema.length);
}

/** What the present rows of the right side are has to be known: stored rows, or a source that ends. */
function requireKept(p: PhysicalPlan, plan: LogicalAsOfJoin): void {
  if (p.kind === 'source' && !p.props.bounded) {
    throw notSupported(`looking up rows of "${p.table}" at processing time`, plan.span, `It has no end, so that it is never known to be complete: keep it by CREATE MATERIALIZED VIEW … AS SELECT * FROM ${p.table}, and join with the view.`);
  }
  for (const input of inputsOf(p)) requireKept(input, plan);
}

/** The connector's table whose rows these are, filtered and projected. */
function scanned(plan: LogicalPlan): Extract<Relation, { kind: 'connector' }> | undefined {
  switch (plan.kind) {
    case 'scan':
      return plan.relation.kind === 'connector' ? plan.relation : undefined;
    case 'project':
    case 'filter':
    case 'watermark':
      return scanned(plan.input);
    default:
      return undefined;
  }
}

function lowerLookup(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  const width = plan.left.schema.length;
  const right0 = cx.lower(plan.right);
  const asked = scanned(plan.right)?.lookup === true ? lookedUp(right0) : undefined;
  if (asked !== undefined) return lowerConnectorLookup(plan, asked, right0.props.schema, cx);
  if (plan.lookup !== undefined) cx.notice("hint LOOKUP has no effect on a table whose rows are kept here or are read whole");
  const keys = equiKeys(plan.condition, width);
  if (keys.nullSafe.length > 0) throw notSupported('IS NOT DISTINCT FROM in the condition of a lookup join', plan.span, 'Use =, under which NULL matches nothing.');
  if (keys.left.length === 0) throw notSupported('a lookup join without an equality between the two sides', plan.span, 'Add a condition such as a.key = dim.key.');
  const left = withKeys(cx.lower(plan.left), keys.left);
  const right = withKeys(right0, keys.right);
  requireKept(right.plan, plan);
  const grown = left.plan.props.schema.length;
  const rest = keys.rest.filter((e) => !isTrue(e));
  const residual = conjunction(rest.map((e) => remapColumns(e, (i) => (i < width ? i : i - width + grown))));
  const [l, r] = together(left.plan, left.at, right.plan, right.at);
  return ownColumns(plan, lookupJoin({ left: l, right: r, type: plan.type, leftKeys: left.at, rightKeys: right.at, residual }), grown);
}
