import type { Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Span } from '../common/span.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { NewObject } from '../catalog/catalog.ts';
import type { CatalogObject, MaterializedViewObject, TableObject, UniqueKey } from '../catalog/objects.ts';
import type { Options } from '../connectors/api.ts';
import type { ShowStatement } from '../parser/ast-session.ts';
import type { Statement as Ast } from '../parser/ast-statements.ts';
import type { Expr } from './expr.ts';
import type { LogicalPlan } from './logical.ts';

/** A statement with every name, type and cast settled: what the engine and the server act upon. */
export type BoundStatement =
  | BoundQuery
  | BoundCreate
  | BoundNothing
  | BoundDrop
  | BoundRename
  | BoundAlter
  | BoundAlterJob
  | BoundComment
  | BoundInsert
  | BoundUpdate
  | BoundDelete
  | BoundTruncate
  | BoundStatementSet
  | BoundCreateSink
  | BoundExplain
  | BoundExplainJob
  | BoundSubscribe
  | BoundCopy
  | BoundDeclareCursor
  | BoundSubscriptionCursor
  | BoundPrepare
  | BoundExecute
  | BoundShowSetting
  | BoundShowPartitions
  | BoundSession;

/** What a plan reads. */
export interface Reads {
  /** Tables and materialized views that are scanned, through views too. */
  readonly objects: readonly ObjectId[];
  /** Reads catalog relations, which only the snapshot evaluator can. */
  readonly system: boolean;
  /** No relation at all: constants. */
  readonly constant: boolean;
  /** Every connector in it comes to an end. */
  readonly bounded: boolean;
  /** Volatile functions it calls: in a job their results can't be repeated. */
  readonly volatile: readonly string[];
}

export type EmitMode = 'changes' | 'on window close' | 'final';

export interface BoundQuery {
  readonly kind: 'query';
  readonly plan: LogicalPlan;
  /** Null: a snapshot. */
  readonly emit: EmitMode | null;
  readonly reads: Reads;
}

export interface BoundCreate {
  readonly kind: 'create';
  /** CommandComplete's tag, e.g. `CREATE TABLE`. */
  readonly tag: string;
  readonly object: NewObject;
  /** CREATE OR REPLACE: the object whose place it takes, or null. */
  readonly replaces: ObjectId | null;
  /** What comes with it: a database's first schemas. */
  readonly also?: readonly NewObject[];
  /** A materialized view's query; CREATE TABLE AS: rows to put in, in the order of the table's write columns. */
  readonly source: BoundQuery | null;
  /** CREATE TABLE AS with a connector: the INSERT that is to run as a job. */
  readonly insertSql?: string;
  /** CREATE SECRET: the value, which is no part of the catalog. */
  readonly secret: string | null;
  readonly withNoData: boolean;
  readonly notices: readonly string[];
}

/** IF [NOT] EXISTS found that nothing is to be done; statements that are accepted and do nothing. */
export interface BoundNothing {
  readonly kind: 'nothing';
  readonly tag: string;
  readonly notices: readonly string[];
}

export interface BoundDrop {
  readonly kind: 'drop';
  readonly tag: string;
  readonly ids: readonly ObjectId[];
  readonly behavior: 'restrict' | 'cascade';
  readonly notices: readonly string[];
}

export interface BoundRename {
  readonly kind: 'rename';
  readonly tag: string;
  readonly id: ObjectId;
  readonly name: string;
}

/** An object in a new form, in the place of the one with its id. */
export interface BoundAlter {
  readonly kind: 'alter';
  readonly tag: string;
  readonly object: CatalogObject;
  /** A stored table whose rows look different now: these, made of the old ones. */
  readonly rewrite: BoundQuery | null;
  /** A rewrite that only adds columns after the others: what earlier rows have in them. */
  readonly grown?: readonly Expr[];
  /**
   * What running jobs that read or write the object have to do with it. `same`: nothing. `kept`: they go on with the definition that
   * they were started with. `other`: they could not.
   */
  readonly rows: 'same' | 'kept' | 'other';
  readonly notices: readonly string[];
}

/** What is to happen to the job of a materialized view or sink; SWAP WITH of any two relations. */
export interface BoundAlterJob {
  readonly kind: 'alterJob';
  readonly tag: string;
  readonly id: ObjectId;
  readonly span: Span;
  readonly change:
    | { readonly kind: 'pause' | 'resume' }
    | { readonly kind: 'query'; readonly object: Omit<MaterializedViewObject, 'id'> }
    | { readonly kind: 'options'; readonly set: Readonly<Record<string, string>>; readonly reset: readonly string[] }
    | { readonly kind: 'parallelism'; readonly value: string }
    | { readonly kind: 'swap'; readonly with: ObjectId };
}

export interface BoundComment {
  readonly kind: 'comment';
  readonly id: ObjectId;
  /** Position of a column, or null for the object itself. */
  readonly column: number | null;
  readonly text: string | null;
}

/** Rows to be returned: expressions over the target's columns. */
export interface Returning {
  readonly exprs: readonly Expr[];
  readonly schema: Schema;
}

export interface ConflictAction {
  /** `deduplicate`: of connector tables alone. */
  readonly action: 'nothing' | 'error' | 'update' | 'deduplicate';
  /** For `update`: the new row, one expression per column, over the old row ++ the proposed one. */
  readonly row: readonly Expr[] | null;
  readonly where: Expr | null;
  /** The constraint that rows are to conflict with; `any`: all there are. By default the primary key. */
  readonly by?: UniqueKey | 'any';
}

export interface BoundInsert {
  readonly kind: 'insert';
  readonly target: TableObject;
  /** `dml`: runs now and ends; `job`: runs until its inputs end. */
  readonly mode: 'dml' | 'job';
  /** Output: the target's write columns in order (physical, then metadata that is not virtual), of exactly their types. */
  readonly plan: LogicalPlan;
  /** For each output column its position in the target's columns. */
  readonly columns: readonly number[];
  readonly overwrite: boolean;
  /** Options of the target with those of an OPTIONS hint; empty for stored tables. */
  readonly options: Options;
  readonly conflict: ConflictAction | null;
  readonly returning: Returning | null;
  readonly emit: EmitMode | null;
  readonly reads: Reads;
}

export interface BoundUpdate {
  readonly kind: 'update';
  readonly target: TableObject;
  /** Output: the row as it is ++ the row as it will be (stored columns). A row that several matches update appears once for each. */
  readonly plan: LogicalPlan;
  readonly returning: Returning | null;
  readonly reads: Reads;
}

export interface BoundDelete {
  readonly kind: 'delete';
  readonly target: TableObject;
  /** Output: the rows to delete (stored columns). */
  readonly plan: LogicalPlan;
  readonly returning: Returning | null;
  readonly reads: Reads;
}

export interface BoundTruncate {
  readonly kind: 'truncate';
  readonly targets: readonly TableObject[];
}

export interface BoundStatementSet {
  readonly kind: 'statementSet';
  readonly inserts: readonly BoundInsert[];
}

/** A job that writes a query out, under a name. */
export interface BoundCreateSink {
  readonly kind: 'createSink';
  readonly tag: string;
  readonly name: string;
  readonly database: string;
  readonly schema: string;
  readonly insert: BoundInsert;
  /** Secrets among its options. */
  readonly dependsOn: readonly ObjectId[];
  /** OR REPLACE: the sink whose place it takes, or null. */
  readonly replaces: ObjectId | null;
  /** `snapshot = 'false'`: what comes of the rows that are there is not written. */
  readonly skipsBeginning: boolean;
}

export interface BoundExplain {
  readonly kind: 'explain';
  readonly options: readonly { readonly name: string; readonly value: string | null }[];
  readonly statement: BoundStatement;
  readonly ast: Ast | null;
}

/** EXPLAIN EMPTY: why a job has sent nothing, or nothing new; EXPLAIN ANALYZE: what its operators do. */
export interface BoundExplainJob {
  readonly kind: 'explainJob';
  readonly options: BoundExplain['options'];
  /** A materialized view or stored table; null where the name is that of a job. */
  readonly object: ObjectId | null;
  readonly name: string;
  readonly span: Span;
}

export interface BoundSubscribe {
  readonly kind: 'subscribe';
  readonly plan: LogicalPlan;
  readonly reads: Reads;
  /** First the rows that are there (default), or only what comes. */
  readonly snapshot: boolean;
  /** Also rows that say how far time has come. */
  readonly progress: boolean;
  readonly asOf: Expr | null;
  readonly upTo: Expr | null;
}

export interface CopyTarget {
  readonly table: TableObject;
  /** Positions of the columns in the data, in order. */
  readonly columns: readonly number[];
}

export interface BoundCopy {
  readonly kind: 'copy';
  readonly endpoint: 'stdin' | 'stdout' | { readonly path: string };
  readonly to: BoundQuery | BoundSubscribe | null;
  readonly from: CopyTarget | null;
  readonly where: Expr | null;
  readonly options: Readonly<Record<string, string>>;
}

export interface BoundDeclareCursor {
  readonly kind: 'declareCursor';
  readonly name: string;
  readonly binary: boolean;
  readonly scroll: boolean | null;
  readonly hold: boolean;
  readonly source: BoundQuery | BoundSubscribe;
}

/** A cursor over the changes that a subscription has kept. */
export interface BoundSubscriptionCursor {
  readonly kind: 'subscriptionCursor';
  readonly name: string;
  readonly subscription: MaterializedViewObject;
  readonly schema: Schema;
  /** `full`: first the rows that are there; `token`: what came after the change of that number; `time`: what came at that time or later. */
  readonly from: 'now' | 'full' | 'begin' | 'token' | 'time';
  readonly since: Expr | null;
}

export interface BoundPrepare {
  readonly kind: 'prepare';
  readonly name: string;
  readonly types: readonly SqlType[];
  readonly statement: Ast;
}

export interface BoundExecute {
  readonly kind: 'execute';
  readonly name: string;
  /** Without columns. Their types still have to be cast to the parameters'. */
  readonly args: readonly Expr[];
}

export interface BoundShowSetting {
  readonly kind: 'showSetting';
  /** Null: all. */
  readonly name: string | null;
}

/** The partitions of a connector table, which the connector lists. */
export interface BoundShowPartitions {
  readonly kind: 'showPartitions';
  readonly table: TableObject;
  readonly options: Options;
  /** Values that partitions are to have; each of its column's type. */
  readonly wanted: readonly { readonly column: string; readonly type: SqlType; readonly value: Expr }[];
  readonly like: ShowStatement['like'];
}

/** What SHOW PARTITIONS returns, in Flink's words. */
export const PARTITIONS_SCHEMA: Schema = [{ name: 'partition name', type: { kind: 'varchar' }, nullable: false }];

/** Statements with nothing to bind: settings, transactions, cursors, jobs. The server acts on the tree. */
export interface BoundSession {
  readonly kind: 'session';
  readonly statement: Ast;
}

/** One row a line, or one JSON document. */
export const explainSchema = (json: boolean): Schema => [{ name: 'QUERY PLAN', type: { kind: json ? 'json' : 'varchar' }, nullable: false }];

/** The result columns of a statement, or null when it returns no rows. */
export function resultSchema(s: BoundStatement): Schema | null {
  switch (s.kind) {
    case 'query':
    case 'subscribe':
      return s.plan.schema;
    case 'insert':
    case 'update':
    case 'delete':
      return s.returning?.schema ?? null;
    case 'explain':
    case 'explainJob':
      return explainSchema(s.options.some((o) => o.name === 'FORMAT' && o.value === 'JSON'));
    case 'showPartitions':
      return PARTITIONS_SCHEMA;
    default:
      return null;
  }
}

