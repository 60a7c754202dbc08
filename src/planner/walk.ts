import { unreachable } from '../common/errors.ts';
import type { AggregateCall, Expr, SortKey } from './expr.ts';
import type { FrameBound, LogicalPlan, OverCall } from './logical.ts';

/** Walking expressions and plans. Nothing is mutated; parts that don't change are shared. */

/** The expression with `f` applied to its direct children; `plan` to a subquery's plan. */
export function mapExprChildren(e: Expr, f: (child: Expr) => Expr, plan: (p: LogicalPlan) => LogicalPlan = (p) => p): Expr {
  switch (e.kind) {
    case 'column':
    case 'outer':
    case 'literal':
    case 'param':
      return e;
    case 'call':
      return { ...e, args: e.args.map(f) };
    case 'cast':
      return { ...e, arg: f(e.arg) };
    case 'case':
      return { ...e, branches: e.branches.map((b) => ({ when: f(b.when), then: f(b.then) })), otherwise: e.otherwise === null ? null : f(e.otherwise) };
    case 'and':
    case 'or':
    case 'coalesce':
      return { ...e, args: e.args.map(f) };
    case 'not':
    case 'isNull':
    case 'field':
      return { ...e, arg: f(e.arg) };
    case 'in':
      return { ...e, arg: f(e.arg), list: e.list.map(f) };
    case 'array':
    case 'row':
      return { ...e, items: e.items.map(f) };
    case 'lambda':
      return { ...e, args: e.args.map(f), captured: e.captured.map(f) };
    case 'subquery': {
      // The comparison's second argument is over the subquery's row: it is not a child of this row.
      const compare = e.compare?.kind === 'call' ? { ...e.compare, args: e.compare.args.map((a, i) => (i === 0 ? f(a) : a)) } : e.compare;
      return { ...e, arg: e.arg === null ? null : f(e.arg), compare, plan: plan(e.plan) };
    }
    default:
      return unreachable(e);
  }
}

/** The direct children over the same row: lambdas' bodies, over rows of their own, are none. */
export function exprChildren(e: Expr): readonly Expr[] {
  const out: Expr[] = [];
  mapExprChildren(e, (child) => {
    out.push(child);
    return child;
  });
  return out;
}

/** True when `test` holds for the expression or any part of it, subqueries' plans left out. */
export function someExpr(e: Expr, test: (e: Expr) => boolean): boolean {
  return test(e) || exprChildren(e).some((child) => someExpr(child, test));
}

const mapKeys = (keys: readonly SortKey[], f: (e: Expr) => Expr): SortKey[] => keys.map((k) => ({ ...k, expr: f(k.expr) }));

function mapBound(bound: FrameBound, f: (e: Expr) => Expr): FrameBound {
  return 'offset' in bound ? { ...bound, offset: f(bound.offset) } : bound;
}

export function mapAggregateCall(call: AggregateCall, f: (e: Expr) => Expr): AggregateCall {
  return { ...call, args: call.args.map(f), filter: call.filter === null ? null : f(call.filter), orderBy: mapKeys(call.orderBy, f) };
}

export function mapOverCall(call: OverCall, f: (e: Expr) => Expr): OverCall {
  const frame = call.frame === null ? null : { ...call.frame, start: mapBound(call.frame.start, f), end: mapBound(call.frame.end, f) };
  return { ...call, args: call.args.map(f), partition: call.partition.map(f), order: mapKeys(call.order, f), frame, filter: call.filter === null ? null : f(call.filter) };
}

/** The node with `f` applied to the expressions it holds itself. */
export function mapPlanExprs(p: LogicalPlan, f: (e: Expr) => Expr): LogicalPlan {
  switch (p.kind) {
    case 'scan':
    case 'setOp':
    case 'window':
    case 'recursive':
    case 'workingTable':
      return p;
    case 'values':
      return { ...p, rows: p.rows.map((r) => r.map(f)) };
    case 'filter':
      return { ...p, condition: f(p.condition) };
    case 'project':
      return { ...p, exprs: p.exprs.map(f) };
    case 'aggregate':
      return { ...p, keys: p.keys.map(f), calls: p.calls.map((c) => mapAggregateCall(c, f)) };
    case 'join':
      return { ...p, condition: p.condition === null ? null : f(p.condition) };
    case 'asOfJoin':
      return { ...p, condition: p.condition === null ? null : f(p.condition), time: p.time === null ? null : f(p.time) };
    case 'distinct':
      return { ...p, on: p.on?.map(f) ?? null, order: mapKeys(p.order, f) };
    case 'sort':
      return { ...p, keys: mapKeys(p.keys, f) };
    case 'limit':
      return { ...p, limit: p.limit === null ? null : f(p.limit), offset: p.offset === null ? null : f(p.offset) };
    case 'topN':
      return { ...p, partition: p.partition.map(f), order: mapKeys(p.order, f) };
    case 'over':
      return { ...p, calls: p.calls.map((c) => mapOverCall(c, f)) };
    case 'watermark':
      return { ...p, expr: f(p.expr) };
    case 'tableFunction':
      return { ...p, args: p.args.map(f) };
    default:
      return unreachable(p);
  }
}

/** The node over inputs mapped by `f`; `index` is the input's position. */
export function mapInputs(p: LogicalPlan, f: (input: LogicalPlan, index: number) => LogicalPlan): LogicalPlan {
  switch (p.kind) {
    case 'scan':
    case 'values':
    case 'tableFunction':
    case 'workingTable':
      return p;
    case 'recursive':
      return { ...p, base: f(p.base, 0), step: f(p.step, 1) };
    case 'join':
    case 'asOfJoin':
      return { ...p, left: f(p.left, 0), right: f(p.right, 1) };
    case 'setOp':
      return { ...p, inputs: p.inputs.map(f) };
    default:
      return { ...p, input: f(p.input, 0) };
  }
}

export function planInputs(p: LogicalPlan): readonly LogicalPlan[] {
  switch (p.kind) {
    case 'scan':
    case 'values':
    case 'tableFunction':
    case 'workingTable':
      return [];
    case 'recursive':
      return [p.base, p.step];
    case 'join':
    case 'asOfJoin':
      return [p.left, p.right];
    case 'setOp':
      return p.inputs;
    default:
      return [p.input];
  }
}

export function planExprs(p: LogicalPlan): readonly Expr[] {
  const out: Expr[] = [];
  mapPlanExprs(p, (e) => {
    out.push(e);
    return e;
  });
  return out;
}

type OuterExpr = Expr & { kind: 'outer' };

/**
 * Replaces the references that leave a plan or expression.
 * @param level how many scopes lie between here and the row in question: 0 inside an expression over that row, 1 in a
 * subquery of it or on the right of a lateral join.
 * @param replace is given each `outer` that reads a row at or beyond that one, and the level where it stands.
 */
export function mapOuter(e: Expr, level: number, replace: (ref: OuterExpr, level: number) => Expr): Expr {
  if (e.kind === 'outer') return e.depth >= level ? replace(e, level) : e;
  return mapExprChildren(e, (child) => mapOuter(child, level, replace), (p) => mapOuterInPlan(p, level + 1, replace));
}

export function mapOuterInPlan(p: LogicalPlan, level: number, replace: (ref: OuterExpr, level: number) => Expr): LogicalPlan {
  const own = mapPlanExprs(p, (e) => mapOuter(e, level, replace));
  return mapInputs(own, (input, i) => mapOuterInPlan(input, p.kind === 'join' && p.lateral && i === 1 ? level + 1 : level, replace));
}

/** Whether anything in the plan refers to a row outside it. */
export function isCorrelated(p: LogicalPlan): boolean {
  let found = false;
  mapOuterInPlan(p, 1, (ref) => {
    found = true;
    return ref;
  });
  return found;
}
