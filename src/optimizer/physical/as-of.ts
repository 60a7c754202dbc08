import { InternalError, notSupported } from '../../common/errors.ts';
import { columnsOf, conjunction, isTrue, remapColumns, shiftColumns } from '../../planner/columns.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalAsOfJoin } from '../../planner/logical.ts';
import type { PhysicalNearestJoin, PhysicalPlan } from '../../planner/physical.ts';
import { lookupJoin, nearestJoin } from '../../planner/physical/as-of-joins.ts';
import { pick, withColumns } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { inputsOf, SINGLE } from '../../planner/physical/props.ts';
import type { Lowering } from './context.ts';
import { equiKeys, sameLayout, together, withKeys } from './join.ts';

/** Joins that look up each left row's partner: the nearest in time, the version in force, or what is there now. */
export function lowerAsOfJoin(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  switch (plan.form) {
    case 'nearest':
      return lowerNearest(plan, cx);
    case 'current':
      return lowerLookup(plan, cx);
    case 'version':
      throw notSupported('an event-time temporal join', plan.span);
  }
}

/** The join's own columns, without those added for keys. @param grown the left side's width with them. */
function ownColumns(plan: LogicalAsOfJoin, made: PhysicalPlan, grown: number): PhysicalPlan {
  const out = pick(made, [...plan.left.schema.map((_, i) => i), ...plan.right.schema.map((_, i) => grown + i)]);
  return { ...out, props: { ...out.props, schema: plan.schema } };
}

const FLIPPED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
const isComparison = (name: string): name is PhysicalNearestJoin['operator'] => name in FLIPPED;

interface Inequality {
  readonly operator: PhysicalNearestJoin['operator'];
  /** Over the left input. */
  readonly left: Expr;
  /** Over the right input. */
  readonly right: Expr;
}

function inequality(plan: LogicalAsOfJoin): Inequality {
  const { time } = plan;
  const width = plan.left.schema.length;
  const [a, b] = time?.kind === 'call' ? time.args : [];
  if (time?.kind !== 'call' || !isComparison(time.name) || a === undefined || b === undefined) throw new InternalError('an as-of join without a comparison');
  const leftFirst = columnsOf(a).every((c) => c < width);
  const pair = sameLayout(leftFirst ? a : b, leftFirst ? b : a);
  if (pair === undefined) throw notSupported('this comparison in an ASOF join', time.span, 'Cast both sides to one type.');
  return { operator: leftFirst ? time.name : FLIPPED[time.name], left: pair[0], right: shiftColumns(pair[1], -width) };
}

const plus = (input: PhysicalPlan, expr: Expr, name: string): { readonly plan: PhysicalPlan; readonly at: readonly number[] } =>
  withColumns(input, [{ expr, field: { name, type: typeOf(expr), nullable: isNullable(expr) } }]);

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

function lowerLookup(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  const width = plan.left.schema.length;
  const keys = equiKeys(plan.condition, width);
  if (keys.left.length === 0) throw notSupported('a lookup join without an equality between the two sides', plan.span, 'Add a condition such as a.key = dim.key.');
  const left = withKeys(cx.lower(plan.left), keys.left);
  const right = withKeys(cx.lower(plan.right), keys.right);
  requireKept(right.plan, plan);
  const grown = left.plan.props.schema.length;
  const rest = keys.rest.filter((e) => !isTrue(e));
  const residual = conjunction(rest.map((e) => remapColumns(e, (i) => (i < width ? i : i - width + grown))));
  const [l, r] = together(left.plan, left.at, right.plan, right.at);
  return ownColumns(plan, lookupJoin({ left: l, right: r, type: plan.type, leftKeys: left.at, rightKeys: right.at, residual }), grown);
}
