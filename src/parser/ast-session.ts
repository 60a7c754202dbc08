import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName } from './ast.ts';
import type { SubscribeStatement } from './ast-dml.ts';
import type { ObjectType, OptionItem } from './ast-objects.ts';
import type { Query } from './ast-queries.ts';

/** SHOW and SET, prepared statements, transactions, cursors: what concerns the session alone. */

/**
 * `SHOW what`. `what` is upper case, one of `SHOW_OBJECTS` in `statements/show-objects.ts` (`TABLES`, `CURRENT CATALOG`,
 * `CREATE TABLE`, ...), `ALL`, or `SETTING`, in which case `setting` has the name (`SHOW timezone`, `SHOW TIME ZONE`).
 */
export interface ShowStatement {
  readonly kind: 'show';
  readonly what: string;
  readonly setting: string | null;
  /** `SHOW USER FUNCTIONS`, `SHOW FULL MODULES`. */
  readonly modifier: 'user' | 'full' | 'extended' | null;
  /** `FROM x` / `IN x`, the name in `SHOW CREATE TABLE x`, `SHOW PARTITIONS x`. */
  readonly name: ObjectName | null;
  readonly like: { readonly pattern: string; readonly caseInsensitive: boolean; readonly negated: boolean } | null;
  readonly partition: readonly { readonly column: Identifier; readonly value: Expr | null }[];
  readonly span: Span;
}

export interface DescribeStatement {
  readonly kind: 'describe';
  readonly objectType: ObjectType | 'fragments';
  readonly extended: boolean;
  readonly name: ObjectName;
  readonly span: Span;
}

/** `SET 'k' = 'v'`, `SET a.b = v`, `SET x TO a, b`, `SET x TO DEFAULT`, `SET TIME ZONE 'x'` (name `timezone`). */
export interface SetStatement {
  readonly kind: 'set';
  readonly scope: 'session' | 'local' | null;
  /** Null: bare `SET`, which lists the settings. As written; a dotted path is joined by dots. */
  readonly name: string | null;
  /** Empty for `DEFAULT`. Text of literals; names as written. */
  readonly values: readonly string[];
  readonly isDefault: boolean;
  readonly nameSpan: Span;
  readonly span: Span;
}

export interface TransactionMode {
  readonly kind: 'isolation' | 'readOnly' | 'readWrite' | 'deferrable' | 'notDeferrable';
  /** `isolation`: `serializable`, `repeatable read`, ... */
  readonly level: string | null;
}

export interface SetTransactionStatement {
  readonly kind: 'setTransaction';
  /** `SET SESSION CHARACTERISTICS AS TRANSACTION` */
  readonly session: boolean;
  readonly modes: readonly TransactionMode[];
  readonly span: Span;
}

/** `RESET ALL`, `RESET x`, bare `RESET`: name null for all. */
export interface ResetStatement {
  readonly kind: 'reset';
  readonly name: string | null;
  readonly span: Span;
}

export interface UseStatement {
  readonly kind: 'use';
  readonly what: 'database' | 'catalog' | 'modules';
  readonly names: readonly ObjectName[];
  readonly span: Span;
}

/** `EXECUTE name (args)` */
export interface ExecuteStatement {
  readonly kind: 'execute';
  readonly name: Identifier;
  readonly args: readonly Expr[];
  readonly span: Span;
}

/** `EXECUTE IMMEDIATE 'sql'` */
export interface ExecuteImmediateStatement {
  readonly kind: 'executeImmediate';
  readonly sql: string;
  readonly sqlSpan: Span;
  readonly span: Span;
}

export interface DeallocateStatement {
  readonly kind: 'deallocate';
  /** Null: ALL. */
  readonly name: Identifier | null;
  readonly span: Span;
}

export interface TransactionStatement {
  readonly kind: 'transaction';
  /** END is a commit. */
  readonly action: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollbackTo';
  readonly savepoint: Identifier | null;
  readonly modes: readonly TransactionMode[];
  /** `AND CHAIN` */
  readonly chain: boolean;
  readonly span: Span;
}

/** `DECLARE c CURSOR FOR query`, `DECLARE c SUBSCRIPTION CURSOR FOR s [SINCE ..] | FULL`, `DECLARE c CURSOR FOR SUBSCRIBE ..`. */
export interface DeclareCursorStatement {
  readonly kind: 'declareCursor';
  readonly name: Identifier;
  readonly binary: boolean;
  readonly scroll: boolean | null;
  readonly hold: boolean;
  readonly source: Query | SubscribeStatement | { readonly kind: 'subscription'; readonly name: ObjectName; readonly since: Expr | null; readonly full: boolean };
  readonly span: Span;
}

export interface FetchStatement {
  readonly kind: 'fetch';
  /** MOVE instead of FETCH. */
  readonly move: boolean;
  readonly cursor: Identifier;
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative' | 'first' | 'last';
  /** Null: ALL. */
  readonly count: number | null;
  /** `WITH (timeout = '1s')` */
  readonly options: readonly OptionItem[];
  readonly span: Span;
}

export interface CloseCursorStatement {
  readonly kind: 'closeCursor';
  /** Null: ALL. */
  readonly name: Identifier | null;
  readonly span: Span;
}

export interface DiscardStatement {
  readonly kind: 'discard';
  readonly what: 'all' | 'plans' | 'sequences' | 'temp';
  readonly span: Span;
}

export interface ListenStatement {
  readonly kind: 'listen' | 'unlisten' | 'notify';
  /** Null: `UNLISTEN *`. */
  readonly channel: Identifier | null;
  readonly payload: string | null;
  readonly span: Span;
}

/** ANALYZE, VACUUM, CHECKPOINT: accepted maintenance of Postgres and Flink. */
export interface AnalyzeStatement {
  readonly kind: 'maintenance';
  readonly action: 'analyze' | 'vacuum' | 'checkpoint';
  readonly names: readonly ObjectName[];
  readonly span: Span;
}

export interface CallStatement {
  readonly kind: 'callStatement';
  readonly call: Expr;
  readonly span: Span;
}

export interface LockStatement {
  readonly kind: 'lock';
  readonly names: readonly ObjectName[];
  readonly span: Span;
}
