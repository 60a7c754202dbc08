import type { ObjectId } from '../../common/ids.ts';
import type { LogicalPlan } from '../logical.ts';
import type { Expr } from '../expr.ts';
import type { Reads } from '../statement.ts';
import { exprChildren, planExprs, planInputs } from '../walk.ts';
import type { Notes } from './context.ts';

/** Calls `visit` for every node of a plan, those of subqueries included. */
export function eachNode(plan: LogicalPlan, visit: (p: LogicalPlan) => void): void {
  visit(plan);
  const expr = (e: Expr): void => {
    if (e.kind === 'subquery') eachNode(e.plan, visit);
    for (const child of exprChildren(e)) expr(child);
  };
  for (const e of planExprs(plan)) expr(e);
  for (const input of planInputs(plan)) eachNode(input, visit);
}

export function readsOf(plan: LogicalPlan, notes: Notes): Reads {
  let constant = true;
  let bounded = true;
  let system = false;
  const objects = new Set<ObjectId>();
  eachNode(plan, (p) => {
    if (p.kind !== 'scan') return;
    constant = false;
    if (p.relation.kind !== 'system') objects.add(p.relation.id);
    if (p.relation.kind === 'connector' && !p.relation.bounded) bounded = false;
    if (p.relation.kind === 'system') system = true;
  });
  return { objects: [...objects], system, constant, bounded, volatile: [...notes.volatile] };
}

/** True when a view of the plan would go on changing, or would never end: it can't be plain DML. */
export function isEndless(plan: LogicalPlan): boolean {
  let endless = false;
  eachNode(plan, (p) => {
    if (p.kind === 'scan' && p.relation.kind === 'connector' && !p.relation.bounded) endless = true;
  });
  return endless;
}
