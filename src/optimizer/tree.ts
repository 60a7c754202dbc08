import type { Expr } from '../planner/expr.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { mapExprChildren, mapInputs, mapPlanExprs, planInputs } from '../planner/walk.ts';

/** Rewriting that keeps what stays the same: an unchanged tree is the same object, so that a driver sees it. */

export function mapInputsSame(plan: LogicalPlan, f: (input: LogicalPlan, index: number) => LogicalPlan): LogicalPlan {
  const before = planInputs(plan);
  const after = before.map(f);
  return after.every((p, i) => p === before[i]) ? plan : mapInputs(plan, (input, i) => after[i] ?? input);
}

/** The expression rebuilt from the leaves up; `f` gives a replacement for a node whose children are done, or undefined. */
function rewriteExpr(e: Expr, f: (e: Expr) => Expr | undefined): Expr {
  let changed = false;
  const inner = mapExprChildren(e, (child) => {
    const made = rewriteExpr(child, f);
    if (made !== child) changed = true;
    return made;
  });
  const node = changed ? inner : e;
  return f(node) ?? node;
}

/** The node with its own expressions rewritten, or undefined where none changes. */
export function rewriteExprs(plan: LogicalPlan, f: (e: Expr) => Expr | undefined): LogicalPlan | undefined {
  let changed = false;
  const made = mapPlanExprs(plan, (e) => {
    const next = rewriteExpr(e, f);
    if (next !== e) changed = true;
    return next;
  });
  return changed ? made : undefined;
}
