import type { AggregateCall } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import type { Columns } from './columns.ts';

/** The call with its arguments, filter and order as columns of `columns`. */
export function placeCall(call: AggregateCall, columns: Columns): PhysicalAggregateCall {
  return {
    name: call.name,
    overload: call.overload,
    args: call.args.map((a) => columns.add(a)),
    argTypes: call.args.map(typeOf),
    distinct: call.distinct,
    filter: call.filter === null ? null : columns.add(call.filter),
    orderBy: columns.order(call.orderBy),
    type: call.type,
  };
}
