import { SqlError } from '../common/errors.ts';
import type { Value } from '../common/types/value.ts';
import type { Expr } from '../planner/expr.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { mapExprChildren, mapInputs, mapPlanExprs } from '../planner/walk.ts';

/**
 * The plan with the values of `$1`… in place, of the types the binder gave them. Physical plans hold no parameters.
 * Errors: undefined_parameter.
 */
export function withParams(plan: LogicalPlan, values: readonly Value[]): LogicalPlan {
  const expr = (e: Expr): Expr => {
    if (e.kind !== 'param') return mapExprChildren(e, expr, (p) => withParams(p, values));
    const value = values[e.index];
    if (value === undefined) throw new SqlError('undefined_parameter', `there is no parameter $${e.index + 1}`);
    return { kind: 'literal', value, type: e.type };
  };
  return mapInputs(mapPlanExprs(plan, expr), (input) => withParams(input, values));
}
