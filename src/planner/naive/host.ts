import type { Row } from '../../common/types/value.ts';
import type { Evaluator, InterpretContext, OuterRows } from '../interpret.ts';
import type { LogicalPlan, LogicalScan } from '../logical.ts';
import type { Expr } from '../expr.ts';
import type { Slice, Sliced } from './slices.ts';

/** What the naive evaluator is given: where rows come from, and what expressions depend on. */
export interface PlanHost extends Omit<InterpretContext, 'subquery'> {
  /** All rows of a relation now, in the order of its columns; the projection is applied by the evaluator. */
  readonly scan: (scan: LogicalScan) => Iterable<Row>;
}

/** A plan made ready: gives its rows for the enclosing rows it is in. */
export type Rows = (outer: OuterRows | null) => Sliced;

/** What each operator's file needs of the whole. */
export interface Compiler {
  readonly host: PlanHost;
  readonly interpret: InterpretContext;
  readonly slice: Slice;
  /** The rows of a plan; a plan that is the same for every outer row is run once when `reused`. */
  plan(plan: LogicalPlan, reused?: boolean): Rows;
  expr(e: Expr): Evaluator;
}

