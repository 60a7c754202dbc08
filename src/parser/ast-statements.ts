import type { Span } from '../common/span.ts';
import type { Identifier, ObjectName, TypeName } from './ast.ts';
import type { AlterStatement } from './ast-alter.ts';
import type { CopyStatement, DeleteStatement, InsertStatement, SubscribeStatement, TruncateStatement, UpdateStatement } from './ast-dml.ts';
import type { BeginSetStatement, FlushStatement, JobStatement, PlanStatement, StatementSetStatement } from './ast-jobs.ts';
import type { CommentStatement, CreateFunctionStatement, CreateNamespaceStatement, CreateOptionsObjectStatement, DropStatement, ModuleStatement, PrivilegeStatement } from './ast-objects.ts';
import type { Query } from './ast-queries.ts';
import type { AnalyzeStatement, CallStatement, CloseCursorStatement, DeallocateStatement, DeclareCursorStatement, DescribeStatement, DiscardStatement, ExecuteImmediateStatement, ExecuteStatement, FetchStatement, ListenStatement, LockStatement, ResetStatement, SetStatement, SetTransactionStatement, ShowStatement, TransactionStatement, UseStatement } from './ast-session.ts';
import type { CreateTableStatement } from './ast-tables.ts';
import type { CreateIndexStatement, CreateSinkStatement, CreateSubscriptionStatement, CreateViewStatement } from './ast-views.ts';

/** The syntax tree of statements. `span` is the statement's range in the whole text, without the `;`. */
export type Statement =
  | QueryStatement
  | CreateTableStatement
  | CreateViewStatement
  | CreateFunctionStatement
  | CreateNamespaceStatement
  | CreateOptionsObjectStatement
  | CreateIndexStatement
  | CreateSinkStatement
  | CreateSubscriptionStatement
  | DropStatement
  | AlterStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | TruncateStatement
  | CopyStatement
  | SubscribeStatement
  | StatementSetStatement
  | PlanStatement
  | ExplainStatement
  | ShowStatement
  | DescribeStatement
  | SetStatement
  | SetTransactionStatement
  | ResetStatement
  | UseStatement
  | PrepareStatement
  | ExecuteStatement
  | DeallocateStatement
  | TransactionStatement
  | DeclareCursorStatement
  | FetchStatement
  | CloseCursorStatement
  | DiscardStatement
  | ListenStatement
  | JobStatement
  | FlushStatement
  | CommentStatement
  | AnalyzeStatement
  | CallStatement
  | LockStatement
  | ModuleStatement
  | PrivilegeStatement
  | ExecuteImmediateStatement
  | BeginSetStatement;

/** A running query used as a statement: SELECT, VALUES, TABLE, WITH. */
export interface QueryStatement {
  readonly kind: 'queryStatement';
  readonly query: Query;
  readonly span: Span;
}

/**
 * Any EXPLAIN. `options` in upper case: `EXPLAIN (PHYSICAL)` gives `[{ name: 'PHYSICAL', value: null }]`, `EXPLAIN PLAN FOR`
 * gives none, `EXPLAIN CHANGELOG_MODE, ESTIMATED_COST` gives two, `EXPLAIN (FORMAT JSON)` gives `FORMAT` with value `JSON`,
 * `EXPLAIN ANALYZE` gives `ANALYZE`, `EXPLAIN EMPTY v` gives `EMPTY`.
 */
export interface ExplainStatement {
  readonly kind: 'explain';
  readonly options: readonly { readonly name: string; readonly value: string | null; readonly span: Span }[];
  /** A statement, or the name of an existing view, table or job. */
  readonly target: Statement | ObjectName;
  readonly span: Span;
}

export interface PrepareStatement {
  readonly kind: 'prepare';
  readonly name: Identifier;
  readonly types: readonly TypeName[];
  readonly statement: Statement;
  readonly span: Span;
}
