import { BIGINT } from '../../common/types/sql-type.ts';
import type { FunctionLookup } from '../../functions/resolve.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import type { LogicalPlan, OverCall } from '../../planner/logical.ts';
import { bigint, call, columnOf, filter, firstColumns } from '../build.ts';

/** FETCH FIRST n ROWS WITH TIES per partition, by the rows' ranks: those of the last row's rank are in too. */
export function withTies(functions: FunctionLookup, input: LogicalPlan, partition: readonly Expr[], order: readonly SortKey[], offset: number, limit: number): LogicalPlan {
  if (limit === 0) return { kind: 'values', rows: [], schema: input.schema };
  const numbered = (name: string): OverCall => ({ name, overload: -1, args: [], partition, order, frame: null, filter: null, ignoreNulls: false, type: BIGINT });
  const calls = ['rank', ...(offset > 0 ? ['row_number'] : [])].map(numbered);
  const over: LogicalPlan = { kind: 'over', input, calls, schema: [...input.schema, ...calls.map((c) => ({ name: c.name, type: BIGINT, nullable: false }))] };
  const at = input.schema.length;
  const conditions = [
    ...(Number.isFinite(limit) ? [call(functions, '<=', [columnOf(over, at), bigint(offset + limit)])] : []),
    ...(offset > 0 ? [call(functions, '>', [columnOf(over, at + 1), bigint(offset)])] : []),
  ];
  return firstColumns(filter(over, conditions), input.schema);
}
