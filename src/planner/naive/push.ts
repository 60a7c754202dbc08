import type { Expr } from '../expr.ts';
import type { LogicalPlan } from '../logical.ts';
import { mapInputs } from '../walk.ts';
import { all, columnsOf, conjuncts, shiftColumns } from './conditions.ts';

/**
 * Moves conditions down to where a join can use them, so that `FROM a, b WHERE a.x = b.y` is no product. Nothing else is
 * rewritten: the evaluator is to be simple, but not quadratic where everyone writes joins like that.
 */
export function pushConditions(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === 'filter') return push(plan.input, conjuncts(plan.condition));
  return mapInputs(plan, pushConditions);
}

function above(plan: LogicalPlan, conditions: readonly Expr[]): LogicalPlan {
  const input = pushConditions(plan);
  return conditions.length === 0 ? input : { kind: 'filter', input, condition: all(conditions), schema: plan.schema };
}

function push(plan: LogicalPlan, conditions: readonly Expr[]): LogicalPlan {
  if (plan.kind === 'filter') return push(plan.input, [...conjuncts(plan.condition), ...conditions]);
  if (plan.kind !== 'join' || (plan.type !== 'inner' && plan.type !== 'left')) return above(plan, conditions);
  const width = plan.left.schema.length;
  const left: Expr[] = [];
  const right: Expr[] = [];
  const here: Expr[] = [];
  const stay: Expr[] = [];
  for (const condition of conditions) {
    const columns = columnsOf(condition);
    if (columns.length > 0 && columns.every((i) => i < width)) left.push(condition);
    else if (plan.type !== 'inner' || columns.length === 0) stay.push(condition);
    else if (!plan.lateral && columns.length > 0 && columns.every((i) => i >= width)) right.push(shiftColumns(condition, -width));
    else here.push(condition);
  }
  const own = plan.condition === null ? [] : conjuncts(plan.condition);
  const condition = [...own, ...here];
  const join: LogicalPlan = {
    ...plan,
    left: push(plan.left, left),
    right: right.length === 0 ? pushConditions(plan.right) : push(plan.right, right),
    condition: condition.length === 0 ? null : all(condition),
  };
  return stay.length === 0 ? join : { kind: 'filter', input: join, condition: all(stay), schema: plan.schema };
}
