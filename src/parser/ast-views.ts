import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName } from './ast.ts';
import type { CreateFlags, OptionItem } from './ast-objects.ts';
import type { Query } from './ast-queries.ts';
import type { Distribution, TableConstraint } from './ast-tables.ts';

/** Objects that are made from a query or a relation: views, sinks, subscriptions, indexes. */

/** View and materialized view. `CREATE MATERIALIZED TABLE` is a materialized view with freshness and mode in `options`. */
export interface CreateViewStatement extends CreateFlags {
  readonly kind: 'createView';
  readonly materialized: boolean;
  /** `CREATE OR ALTER` */
  readonly orAlter: boolean;
  readonly name: ObjectName;
  readonly columns: readonly { readonly name: Identifier; readonly comment: string | null }[];
  readonly constraints: readonly TableConstraint[];
  readonly comment: string | null;
  readonly partitionedBy: readonly Identifier[];
  readonly distribution: Distribution | null;
  readonly options: readonly OptionItem[];
  /** `FRESHNESS = INTERVAL ..` */
  readonly freshness: Expr | null;
  readonly refreshMode: 'continuous' | 'full' | null;
  /** The query's own EMIT clause is in `query.emit`. */
  readonly query: Query;
  readonly withNoData: boolean;
  readonly span: Span;
}

export interface CreateIndexStatement extends CreateFlags {
  readonly kind: 'createIndex';
  readonly unique: boolean;
  /** Null: the name is derived. */
  readonly name: Identifier | null;
  readonly table: ObjectName;
  /** `USING method` */
  readonly method: string | null;
  readonly keys: readonly { readonly expr: Expr; readonly direction: 'asc' | 'desc' | null; readonly nulls: 'first' | 'last' | null }[];
  readonly include: readonly Identifier[];
  readonly distributedBy: readonly Expr[];
  readonly options: readonly OptionItem[];
  readonly where: Expr | null;
  readonly span: Span;
}

/** `CREATE SINK s [INTO t] FROM mv | AS query WITH (..)` */
export interface CreateSinkStatement extends CreateFlags {
  readonly kind: 'createSink';
  /** `REPLACE SINK` without CREATE: `orReplace`, of one that is there. */
  readonly mustExist: boolean;
  readonly name: ObjectName;
  readonly into: ObjectName | null;
  readonly from: ObjectName | Query;
  readonly options: readonly OptionItem[];
  readonly format: { readonly format: string; readonly encode: string; readonly options: readonly OptionItem[] } | null;
  readonly span: Span;
}

export interface CreateSubscriptionStatement extends CreateFlags {
  readonly kind: 'createSubscription';
  readonly name: ObjectName;
  readonly from: ObjectName;
  readonly options: readonly OptionItem[];
  readonly span: Span;
}
