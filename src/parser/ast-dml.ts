import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName } from './ast.ts';
import type { OptionItem } from './ast-objects.ts';
import type { Hint, Query, SelectItem, TableAlias, TableRef, WithClause } from './ast-queries.ts';

/** Statements that change rows, and those that send them. */

export interface InsertStatement {
  readonly kind: 'insert';
  readonly with: WithClause | null;
  readonly overwrite: boolean;
  /** `EXECUTE INSERT ..`: run as a job, as plain INSERT. */
  readonly execute: boolean;
  readonly target: ObjectName;
  readonly alias: Identifier | null;
  readonly hints: readonly Hint[];
  /** `PARTITION (a = 'x', b)`; value null for a dynamic one. */
  readonly partition: readonly { readonly column: Identifier; readonly value: Expr | null }[];
  readonly columns: readonly Identifier[];
  /** Null: `DEFAULT VALUES`. */
  readonly source: Query | null;
  readonly onConflict: OnConflict | null;
  readonly returning: readonly SelectItem[];
  readonly span: Span;
}

export interface OnConflict {
  readonly columns: readonly Identifier[];
  readonly action: 'nothing' | 'error' | 'deduplicate' | 'update';
  readonly set: readonly Assignment[];
  readonly where: Expr | null;
  readonly span: Span;
}

/** `a = 1`, or `(a, b) = (1, 2)` / `(a, b) = (SELECT ..)` with several columns. */
export interface Assignment {
  readonly columns: readonly Identifier[];
  readonly value: Expr;
  readonly span: Span;
}

export interface UpdateStatement {
  readonly kind: 'update';
  readonly with: WithClause | null;
  readonly target: ObjectName;
  readonly alias: TableAlias | null;
  readonly set: readonly Assignment[];
  readonly from: readonly TableRef[];
  readonly where: Expr | null;
  readonly returning: readonly SelectItem[];
  readonly span: Span;
}

export interface DeleteStatement {
  readonly kind: 'delete';
  readonly with: WithClause | null;
  readonly target: ObjectName;
  readonly alias: TableAlias | null;
  readonly using: readonly TableRef[];
  readonly where: Expr | null;
  readonly returning: readonly SelectItem[];
  readonly span: Span;
}

export interface TruncateStatement {
  readonly kind: 'truncate';
  readonly names: readonly ObjectName[];
  readonly behavior: 'cascade' | 'restrict' | null;
  readonly span: Span;
}

export interface CopyStatement {
  readonly kind: 'copy';
  readonly direction: 'from' | 'to';
  /** A table, or (only `TO`) a query or SUBSCRIBE. */
  readonly source: ObjectName | Query | SubscribeStatement;
  readonly columns: readonly Identifier[];
  /** `STDIN`, `STDOUT` or a path. */
  readonly endpoint: 'stdin' | 'stdout' | { readonly path: string };
  readonly options: readonly OptionItem[];
  readonly where: Expr | null;
  readonly span: Span;
}

/** `SUBSCRIBE [TO] name | (query) [WITH (..)] [AS OF e] [UP TO e]` */
export interface SubscribeStatement {
  readonly kind: 'subscribe';
  readonly source: ObjectName | Query;
  readonly options: readonly OptionItem[];
  readonly asOf: Expr | null;
  readonly upTo: Expr | null;
  readonly span: Span;
}
