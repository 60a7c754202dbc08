import type { Span } from '../common/span.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import type { LambdaForm } from '../functions/lambda.ts';
import type { LogicalPlan } from './logical.ts';

/**
 * A bound scalar expression: every name, overload and cast is resolved. Plain data: it can be cloned to a worker.
 * `overload` indexes the overloads of the function of that name in the registry. `type` is the result's type.
 * The binder makes all implicit casts explicit, so argument types always fit the overload.
 */
export type Expr =
  | ColumnExpr
  | { readonly kind: 'outer'; readonly depth: number; readonly index: number; readonly type: SqlType; readonly nullable: boolean }
  | { readonly kind: 'literal'; readonly value: Value; readonly type: SqlType }
  /** `$1` is index 0. */
  | { readonly kind: 'param'; readonly index: number; readonly type: SqlType }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly overload: number;
      readonly args: readonly Expr[];
      readonly type: SqlType;
      readonly nullable: boolean;
      /** Tells calls apart that are written alike and give other values each time: only copies of one call may run as one. */
      readonly draw?: number | undefined;
      readonly span?: Span | undefined;
    }
  /** `try`: TRY_CAST, NULL on failure. */
  | { readonly kind: 'cast'; readonly arg: Expr; readonly type: SqlType; readonly try: boolean; readonly span?: Span | undefined }
  /** Searched CASE; a simple CASE is bound to `=` comparisons. `otherwise` null gives NULL. */
  | { readonly kind: 'case'; readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]; readonly otherwise: Expr | null; readonly type: SqlType }
  /** Three-valued. */
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expr[] }
  | { readonly kind: 'not'; readonly arg: Expr }
  | { readonly kind: 'isNull'; readonly arg: Expr; readonly negated: boolean }
  | { readonly kind: 'coalesce'; readonly args: readonly Expr[]; readonly type: SqlType }
  /** `arg [NOT] IN (list)`, three-valued; arguments share one type. */
  | { readonly kind: 'in'; readonly arg: Expr; readonly list: readonly Expr[]; readonly negated: boolean }
  | { readonly kind: 'array' | 'row'; readonly items: readonly Expr[]; readonly type: SqlType }
  /** Field of a row value, by position. */
  | { readonly kind: 'field'; readonly arg: Expr; readonly index: number; readonly type: SqlType }
  | LambdaCall
  /**
   * A subquery. `scalar`: at most one row and one column. `in`/`any`/`all` compare `arg` by `operator`.
   * `array`: ARRAY(SELECT …). Correlated columns appear inside as `outer`. Decorrelated by rules, or interpreted.
   */
  | {
      readonly kind: 'subquery';
      readonly form: 'scalar' | 'exists' | 'any' | 'all' | 'array';
      readonly plan: LogicalPlan;
      readonly arg: Expr | null;
      /** Comparison of `arg` (outer side) with the subquery's column: a call with args [arg, column 0]. */
      readonly compare: Expr | null;
      readonly type: SqlType;
      readonly span?: Span | undefined;
    };

/**
 * A function over the elements of an array or the entries of a map: `args` are these, and what `reduce` begins with. A body is over
 * a row of its own, `params` and then `captured`, which alone are over the row of the call: nothing else in a body leaves it.
 * Transforming a map takes two bodies, of its keys and of its values.
 */
export interface LambdaCall {
  readonly kind: 'lambda';
  /** As written, for messages and EXPLAIN. */
  readonly name: string;
  readonly form: LambdaForm;
  readonly args: readonly Expr[];
  readonly captured: readonly Expr[];
  readonly bodies: readonly { readonly params: readonly string[]; readonly expr: Expr }[];
  readonly type: SqlType;
  readonly span?: Span | undefined;
}

export interface ColumnExpr {
  readonly kind: 'column';
  /** Position in the input's output columns (left ++ right for joins). */
  readonly index: number;
  readonly type: SqlType;
  readonly nullable: boolean;
}

/** One aggregate call of an Aggregate node; `args`, `filter`, `orderBy` are over the node's input. */
export interface AggregateCall {
  readonly name: string;
  readonly overload: number;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | null;
  readonly orderBy: readonly SortKey[];
  readonly type: SqlType;
  readonly nullable: boolean;
}

export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export const column = (index: number, type: SqlType, nullable: boolean): ColumnExpr => ({ kind: 'column', index, type, nullable });
