import type { Expr } from '../expr.ts';
import { mapExprChildren, mapOuterInPlan, someExpr } from '../walk.ts';

/** Taking conditions apart. */

export function conjuncts(e: Expr): readonly Expr[] {
  return e.kind === 'and' ? e.args.flatMap(conjuncts) : [e];
}

export function all(args: readonly Expr[]): Expr {
  const [only] = args;
  return only !== undefined && args.length === 1 ? only : { kind: 'and', args };
}

/** Positions of the input's columns that the expression reads, those in subqueries included. */
export function columnsOf(e: Expr): number[] {
  const found = new Set<number>();
  const visit = (x: Expr): Expr => {
    if (x.kind === 'column') found.add(x.index);
    return mapExprChildren(x, visit, (plan) =>
      mapOuterInPlan(plan, 1, (ref, level) => {
        if (ref.depth === level) found.add(ref.index);
        return ref;
      }),
    );
  };
  visit(e);
  return [...found];
}

export const hasSubquery = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'subquery');

/** The expression over a row that begins `by` columns later. */
export function shiftColumns(e: Expr, by: number): Expr {
  if (by === 0) return e;
  if (e.kind === 'column') return { ...e, index: e.index + by };
  return mapExprChildren(
    e,
    (child) => shiftColumns(child, by),
    (plan) => mapOuterInPlan(plan, 1, (ref, level) => (ref.depth === level ? { ...ref, index: ref.index + by } : ref)),
  );
}
