import { InternalError, notSupported } from '../../common/errors.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { columnsOf, shiftColumns } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalAsOfJoin } from '../../planner/logical.ts';
import type { PhysicalNearestJoin, PhysicalPlan } from '../../planner/physical.ts';
import { pick, withColumns } from '../../planner/physical/calc.ts';
import { sameLayout } from './join.ts';

/** What the ways of lowering an as-of join share. */

/** The join's own columns, without those added for keys. @param grown the left side's width with them. */
export function ownColumns(plan: LogicalAsOfJoin, made: PhysicalPlan, grown: number): PhysicalPlan {
  const out = pick(made, [...plan.left.schema.map((_, i) => i), ...plan.right.schema.map((_, i) => grown + i)]);
  return { ...out, props: { ...out.props, schema: plan.schema } };
}

const FLIPPED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
const isComparison = (name: string): name is PhysicalNearestJoin['operator'] => name in FLIPPED;

export interface Inequality {
  readonly operator: PhysicalNearestJoin['operator'];
  /** Over the left input. */
  readonly left: Expr;
  /** Over the right input. */
  readonly right: Expr;
}

export function inequality(plan: LogicalAsOfJoin): Inequality {
  const { time } = plan;
  const width = plan.left.schema.length;
  const [a, b] = time?.kind === 'call' ? time.args : [];
  if (time?.kind !== 'call' || !isComparison(time.name) || a === undefined || b === undefined) throw new InternalError('an as-of join without a comparison');
  const leftFirst = columnsOf(a).every((c) => c < width);
  const pair = sameLayout(leftFirst ? a : b, leftFirst ? b : a);
  if (pair === undefined) throw notSupported('this comparison in an ASOF join', time.span, 'Cast both sides to one type.');
  return { operator: leftFirst ? time.name : FLIPPED[time.name], left: pair[0], right: shiftColumns(pair[1], -width) };
}

export const plus = (input: PhysicalPlan, expr: Expr, name: string): { readonly plan: PhysicalPlan; readonly at: readonly number[] } =>
  withColumns(input, [{ expr, field: { name, type: typeOf(expr), nullable: isNullable(expr) } }]);
