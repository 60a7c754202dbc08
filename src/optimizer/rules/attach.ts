import { shiftColumns, TRUE } from '../../planner/columns.ts';
import { column, type Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { JoinType, LogicalPlan } from '../../planner/logical.ts';
import { mapOuter, mapOuterInPlan } from '../../planner/walk.ts';
import { isAtMostOneRow, isUniqueBy } from '../analysis/keys.ts';
import { caseOf, columnOf, identityOf, isNull, join, literal, project } from '../build.ts';
import { innerOuter, type Pulled } from './pull-correlation.ts';

/** A plan under construction that grows to the right as subqueries are joined to it. */
export interface Growing {
  plan: LogicalPlan;
}

/** What is left of enclosing scopes is one scope nearer once the plan is an input beside the row it was correlated to. */
export const lifted = (plan: LogicalPlan): LogicalPlan => mapOuterInPlan(plan, 1, (ref) => ({ ...ref, depth: ref.depth - 1 }));

/** An expression over the inner row and the outer one, as one over outer ++ inner. */
export function placed(e: Expr, width: number): Expr {
  return mapOuter(shiftColumns(e, width), 1, (ref) => (ref.depth === 1 ? column(ref.index, ref.type, ref.nullable) : { ...ref, depth: ref.depth - 1 }));
}

export function joinTo(at: Growing, type: JoinType, right: LogicalPlan, conditions: readonly Expr[]): void {
  const width = at.plan.schema.length;
  at.plan = join(type, at.plan, lifted(right), conditions.map((e) => placed(e, width)));
}

/** Appends the right plan's columns and a mark that is NULL where nothing matched. */
export function joinMarked(at: Growing, right: LogicalPlan, conditions: readonly Expr[]): { readonly first: number; readonly mark: Expr } {
  const marked = project(right, [...identityOf(right), TRUE], [...right.schema.map((f) => f.name), 'matched']);
  const first = at.plan.schema.length;
  joinTo(at, 'left', marked, conditions);
  return { first, mark: columnOf(at.plan, first + right.schema.length) };
}

/** At most one row of the pulled plan meets each outer row. */
export function meetsOneRow(p: Pulled): boolean {
  if (p.onEmpty !== null || isAtMostOneRow(p.plan)) return true;
  const columns = p.conditions.flatMap((c) => {
    const key = innerOuter(c)?.[0];
    return key?.kind === 'column' ? [key.index] : [];
  });
  return isUniqueBy(p.plan, columns);
}

/** The single value of a pulled plan for each row of `at`; NULL (or the aggregate's value of nothing) where there is none. */
export function joinScalar(at: Growing, p: Pulled, output: Expr, onEmpty: Expr | null): Expr {
  const { first, mark } = joinMarked(at, p.plan, p.conditions);
  const value = placed(output, first);
  const other = onEmpty === null ? null : placed(onEmpty, first);
  const isNullLiteral = other === null || (other.kind === 'literal' && other.value === null);
  if (output.kind === 'column' && isNullLiteral) return { ...columnOf(at.plan, first + output.index) };
  return caseOf([{ when: isNull(mark, true), then: value }], other ?? literal(null, typeOf(output)), typeOf(output));
}

