import type { AggregateCall, Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import type { Columns } from './columns.ts';

/** What an aggregate with a FILTER computes for a row: nothing of it may fail for a row that the filter leaves out. */
export function guarded(e: Expr, filter: Expr | null): Expr {
  return filter === null || e.kind === 'column' || e.kind === 'literal' ? e : { kind: 'case', branches: [{ when: filter, then: e }], otherwise: null, type: typeOf(e) };
}

/** The call with its arguments, filter and order as columns of `columns`. */
export function placeCall(call: AggregateCall, columns: Columns): PhysicalAggregateCall {
  return {
    name: call.name,
    overload: call.overload,
    args: call.args.map((a) => columns.add(guarded(a, call.filter))),
    argTypes: call.args.map(typeOf),
    distinct: call.distinct,
    filter: call.filter === null ? null : columns.add(call.filter),
    orderBy: columns.order(call.orderBy.map((k) => ({ ...k, expr: guarded(k.expr, call.filter) }))),
    type: call.type,
  };
}
