import type { Span } from '../common/span.ts';
import type { Expr, Hint, Identifier, ObjectName, Query, SelectItem, TableAlias, TableRef, TypeName, WithClause } from './ast.ts';

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

/** `'key' = 'value'` of WITH, SET and the like. Keys written as names (`snapshot = false`) are kept as written. */
export interface OptionItem {
  readonly key: string;
  /** Text of a literal; a bare name or boolean as written; null where there is no value (`WITH (progress)`). */
  readonly value: string | null;
  /** The value is `SECRET name`. */
  readonly secret: boolean;
  readonly span: Span;
  readonly valueSpan: Span;
}

/** A running query used as a statement: SELECT, VALUES, TABLE, WITH. */
export interface QueryStatement {
  readonly kind: 'queryStatement';
  readonly query: Query;
  readonly span: Span;
}

// ------------------------------------------------------------------------------------------------------------------ DDL

/** `CREATE [OR REPLACE] [TEMPORARY [SYSTEM]] ... [IF NOT EXISTS]` */
export interface CreateFlags {
  readonly temporary: boolean;
  /** `TEMPORARY SYSTEM` */
  readonly system: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
}

export interface CreateTableStatement extends CreateFlags {
  readonly kind: 'createTable';
  /** `CREATE TABLE` or RisingWave's `CREATE SOURCE`. `replace table` without CREATE is `orReplace` with `mustExist`. */
  readonly objectType: 'table' | 'source';
  readonly mustExist: boolean;
  readonly name: ObjectName;
  readonly columns: readonly ColumnDef[];
  /** `CREATE TABLE t (a, b) AS SELECT`: names only, in this order. */
  readonly columnNames: readonly Identifier[];
  readonly constraints: readonly TableConstraint[];
  readonly watermark: WatermarkDef | null;
  readonly comment: string | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly OptionItem[];
  /** `FORMAT f ENCODE e (options)` */
  readonly format: { readonly format: string; readonly encode: string; readonly options: readonly OptionItem[] } | null;
  readonly like: LikeClause | null;
  readonly appendOnly: boolean;
  readonly onConflict: 'nothing' | 'overwrite' | 'update if not null' | null;
  readonly as: Query | null;
  readonly span: Span;
}

export type ColumnDef =
  | {
      readonly kind: 'physical';
      readonly name: Identifier;
      readonly type: TypeName;
      readonly constraints: readonly ColumnConstraint[];
      readonly default: Expr | null;
      readonly collation: ObjectName | null;
      readonly comment: string | null;
      readonly span: Span;
    }
  | {
      readonly kind: 'computed';
      readonly name: Identifier;
      /** `c INT AS expr` or `c INT GENERATED ALWAYS AS (expr) STORED`; null when derived. */
      readonly type: TypeName | null;
      readonly expr: Expr;
      readonly stored: boolean;
      readonly comment: string | null;
      readonly span: Span;
    }
  | {
      readonly kind: 'metadata';
      readonly name: Identifier;
      readonly type: TypeName;
      /** `METADATA FROM 'key'`; null: the column's name. */
      readonly key: string | null;
      readonly virtual: boolean;
      /** `NOT NULL` on the column. */
      readonly notNull: boolean;
      readonly comment: string | null;
      readonly span: Span;
    };

export type ColumnConstraint =
  | { readonly kind: 'notNull' | 'null'; readonly span: Span }
  /** `enforced` is null when not said. */
  | { readonly kind: 'primaryKey' | 'unique'; readonly name: Identifier | null; readonly enforced: boolean | null; readonly span: Span }
  | { readonly kind: 'check'; readonly name: Identifier | null; readonly expr: Expr; readonly span: Span }
  | { readonly kind: 'references'; readonly name: Identifier | null; readonly table: ObjectName; readonly columns: readonly Identifier[]; readonly span: Span };

export type TableConstraint =
  | {
      readonly kind: 'primaryKey' | 'unique';
      readonly name: Identifier | null;
      readonly columns: readonly Identifier[];
      readonly enforced: boolean | null;
      readonly span: Span;
    }
  | { readonly kind: 'check'; readonly name: Identifier | null; readonly expr: Expr; readonly span: Span }
  | {
      readonly kind: 'foreignKey';
      readonly name: Identifier | null;
      readonly columns: readonly Identifier[];
      readonly table: ObjectName;
      readonly references: readonly Identifier[];
      readonly enforced: boolean | null;
      readonly span: Span;
    };

/** `WATERMARK FOR column AS expr`; `column` is a path for nested fields. */
export interface WatermarkDef {
  readonly column: readonly Identifier[];
  readonly expr: Expr;
  readonly span: Span;
}

/** `DISTRIBUTED BY HASH (c) INTO n BUCKETS`, `DISTRIBUTED INTO n BUCKETS`. */
export interface Distribution {
  readonly method: 'hash' | 'range' | null;
  readonly columns: readonly Identifier[];
  readonly buckets: number | null;
  readonly span: Span;
}

export type LikePart = 'all' | 'constraints' | 'distribution' | 'generated' | 'metadata' | 'options' | 'partitions' | 'watermarks' | 'comments' | 'defaults' | 'indexes' | 'identity' | 'storage';

export interface LikeClause {
  readonly source: ObjectName;
  readonly options: readonly { readonly action: 'including' | 'excluding' | 'overwriting'; readonly part: LikePart }[];
  readonly span: Span;
}

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

export interface CreateFunctionStatement extends CreateFlags {
  readonly kind: 'createFunction';
  readonly aggregate: boolean;
  readonly name: ObjectName;
  /** Null: no parameter list (`CREATE FUNCTION f AS 'class'`). */
  readonly params: readonly { readonly name: Identifier | null; readonly type: TypeName; readonly default: Expr | null }[] | null;
  readonly returns: TypeName | null;
  /** `RETURNS SETOF t` */
  readonly setOf: boolean;
  /** `RETURNS TABLE (a int)` */
  readonly returnsTable: readonly { readonly name: Identifier; readonly type: TypeName }[] | null;
  /** Lower case; null when not given. */
  readonly language: string | null;
  /** `AS 'text'` or `AS $$ .. $$`, or `RETURN expr` as text. */
  readonly body: string | null;
  readonly bodySpan: Span | null;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | null;
  readonly nullInput: 'strict' | 'called' | null;
  /** `USING JAR 'path'`, `USING LINK 'url'`. */
  readonly resources: readonly { readonly type: string; readonly path: string }[];
  readonly options: readonly OptionItem[];
  readonly span: Span;
}

/** CREATE DATABASE, SCHEMA. */
export interface CreateNamespaceStatement extends CreateFlags {
  readonly kind: 'createNamespace';
  readonly objectType: 'database' | 'schema';
  readonly name: ObjectName;
  readonly comment: string | null;
  readonly options: readonly OptionItem[];
  readonly span: Span;
}

/** CREATE CATALOG, CONNECTION, SECRET, MODEL: a name and options. */
export interface CreateOptionsObjectStatement extends CreateFlags {
  readonly kind: 'createObject';
  readonly objectType: 'catalog' | 'connection' | 'secret';
  readonly name: ObjectName;
  readonly comment: string | null;
  readonly options: readonly OptionItem[];
  /** `CREATE CONNECTION c TO KAFKA (BROKER 'a')`: the system in lower case; keys of options are then words in upper case. */
  readonly target: string | null;
  /** `CREATE SECRET s AS 'value'` */
  readonly value: Expr | null;
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

export type ObjectType =
  | 'table'
  | 'source'
  | 'view'
  | 'materialized view'
  | 'index'
  | 'sink'
  | 'subscription'
  | 'function'
  | 'aggregate'
  | 'database'
  | 'schema'
  | 'catalog'
  | 'connection'
  | 'secret'
  | 'model'
  | 'sequence'
  | 'type'
  | 'role'
  | 'column'
  | 'constraint'
  | 'procedure'
  | 'job';

export interface DropStatement {
  readonly kind: 'drop';
  readonly objectType: ObjectType;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly names: readonly ObjectName[];
  /** `DROP FUNCTION f(int)`: types of the first name's parameters. */
  readonly argTypes: readonly TypeName[] | null;
  readonly behavior: 'cascade' | 'restrict' | null;
  readonly span: Span;
}

export interface AlterStatement {
  readonly kind: 'alter';
  readonly objectType: ObjectType;
  readonly ifExists: boolean;
  readonly name: ObjectName;
  readonly actions: readonly AlterAction[];
  readonly span: Span;
}

export type ColumnPosition = { readonly kind: 'first' } | { readonly kind: 'after'; readonly column: Identifier };

export type AlterAction =
  | { readonly kind: 'rename'; readonly to: ObjectName; readonly span: Span }
  | { readonly kind: 'renameColumn'; readonly from: Identifier; readonly to: Identifier; readonly span: Span }
  | { readonly kind: 'addColumn'; readonly column: ColumnDef; readonly position: ColumnPosition | null; readonly ifNotExists: boolean; readonly span: Span }
  | { readonly kind: 'modifyColumn'; readonly column: ColumnDef; readonly position: ColumnPosition | null; readonly span: Span }
  | { readonly kind: 'dropColumns'; readonly columns: readonly Identifier[]; readonly ifExists: boolean; readonly behavior: 'cascade' | 'restrict' | null; readonly span: Span }
  | { readonly kind: 'alterColumnType'; readonly column: Identifier; readonly type: TypeName; readonly using: Expr | null; readonly span: Span }
  | { readonly kind: 'setDefault'; readonly column: Identifier; readonly expr: Expr; readonly span: Span }
  | { readonly kind: 'dropDefault' | 'setNotNull' | 'dropNotNull'; readonly column: Identifier; readonly span: Span }
  | { readonly kind: 'addConstraint'; readonly constraint: TableConstraint; readonly modify: boolean; readonly span: Span }
  | { readonly kind: 'dropConstraint'; readonly name: Identifier | null; readonly ifExists: boolean; readonly span: Span }
  | { readonly kind: 'setWatermark'; readonly watermark: WatermarkDef; readonly modify: boolean; readonly span: Span }
  | { readonly kind: 'dropWatermark' | 'dropDistribution' | 'refreshSchema' | 'suspend' | 'resume'; readonly span: Span }
  | { readonly kind: 'setDistribution'; readonly distribution: Distribution; readonly modify: boolean; readonly span: Span }
  | { readonly kind: 'setOptions'; readonly options: readonly OptionItem[]; readonly span: Span }
  | { readonly kind: 'resetOptions'; readonly keys: readonly string[]; readonly span: Span }
  /** `SET PARALLELISM = 4`, `SET SCHEMA s`: one setting by name. */
  | { readonly kind: 'setProperty'; readonly property: string; readonly value: string; readonly span: Span }
  | { readonly kind: 'ownerTo'; readonly owner: Identifier; readonly span: Span }
  | { readonly kind: 'setComment'; readonly comment: string; readonly span: Span }
  | { readonly kind: 'swapWith'; readonly other: ObjectName; readonly span: Span }
  | { readonly kind: 'asQuery'; readonly query: Query; readonly span: Span };

// ------------------------------------------------------------------------------------------------------------------ DML

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

// ------------------------------------------------------------------------------------------------------- jobs and plans

/** `EXECUTE STATEMENT SET BEGIN ..; END` (execute) or `BEGIN STATEMENT SET; ..; END;` */
export interface StatementSetStatement {
  readonly kind: 'statementSet';
  readonly execute: boolean;
  readonly statements: readonly InsertStatement[];
  readonly span: Span;
}

/** `COMPILE PLAN 'f' [IF NOT EXISTS] FOR ..`, `EXECUTE PLAN 'f'`, `COMPILE AND EXECUTE PLAN 'f' FOR ..`. */
export interface PlanStatement {
  readonly kind: 'plan';
  readonly action: 'compile' | 'execute' | 'compileAndExecute';
  readonly path: string;
  readonly ifNotExists: boolean;
  readonly statement: InsertStatement | StatementSetStatement | null;
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

/** CANCEL JOBS, STOP JOB, KILL, PAUSE JOB, RESUME JOB. */
export interface JobStatement {
  readonly kind: 'job';
  readonly action: 'stop' | 'cancel' | 'kill' | 'pause' | 'resume';
  readonly jobs: readonly string[];
  readonly withSavepoint: boolean;
  readonly withDrain: boolean;
  readonly span: Span;
}

/** FLUSH; `WAIT`, `WAIT MATERIALIZED VIEW name`. */
export interface FlushStatement {
  readonly kind: 'flush' | 'wait';
  readonly name: ObjectName | null;
  readonly span: Span;
}

// ----------------------------------------------------------------------------------------------------- SHOW, SET, session

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

export interface PrepareStatement {
  readonly kind: 'prepare';
  readonly name: Identifier;
  readonly types: readonly TypeName[];
  readonly statement: Statement;
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

/** `BEGIN STATEMENT SET` by itself: the INSERTs that follow are its, up to END. */
export interface BeginSetStatement {
  readonly kind: 'beginSet';
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

export interface CommentStatement {
  readonly kind: 'comment';
  readonly objectType: ObjectType;
  readonly name: ObjectName;
  /** Null: `IS NULL`, which removes it. */
  readonly text: string | null;
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

/** ADD JAR, REMOVE JAR, LOAD MODULE, UNLOAD MODULE: parsed so that the refusal can be clear. */
export interface ModuleStatement {
  readonly kind: 'module';
  readonly action: 'addJar' | 'removeJar' | 'load' | 'unload';
  readonly name: string;
  readonly options: readonly OptionItem[];
  readonly span: Span;
}

/** GRANT and REVOKE; `privileges` and `roles` as written, upper case for keywords. */
export interface PrivilegeStatement {
  readonly kind: 'privilege';
  readonly action: 'grant' | 'revoke';
  /** Empty: ALL. */
  readonly privileges: readonly string[];
  readonly objectType: ObjectType | 'role' | 'all tables in schema';
  readonly names: readonly ObjectName[];
  readonly roles: readonly Identifier[];
  readonly withGrantOption: boolean;
  readonly span: Span;
}

