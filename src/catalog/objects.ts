import type { Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Options } from '../connectors/api.ts';
import type { Volatility } from '../functions/define.ts';

/**
 * What the catalog holds, as readonly plain values that survive JSON. Expressions and queries are kept as SQL text, which is
 * bound again at each use; the schemas beside them were settled when the object was made.
 */

interface ObjectBase {
  readonly id: ObjectId;
  readonly name: string;
  readonly comment: string | null;
  readonly owner: string;
  /** Objects this one is made of; they can't be dropped before it. */
  readonly dependsOn: readonly ObjectId[];
}

interface InSchema extends ObjectBase {
  readonly database: string;
  readonly schema: string;
  /** The session that owns a temporary object, or null. Temporary objects are not persisted. */
  readonly session: number | null;
  /** Made by the transaction block that `session` is in: nobody else sees it before the COMMIT. Never persisted. */
  readonly uncommitted?: true;
}

/** What Flink calls a catalog. */
export interface DatabaseObject extends ObjectBase {
  readonly kind: 'database';
  /** Of CREATE CATALOG (with `type`) and CREATE DATABASE. */
  readonly options?: Options;
}

export interface SchemaObject extends ObjectBase {
  readonly kind: 'schema';
  readonly database: string;
  readonly options?: Options;
}

/** Made by CREATE CATALOG: CREATE DATABASE in it makes a schema. */
export const isCatalog = (database: DatabaseObject | undefined): boolean => database?.options?.['type'] !== undefined;

/** The schema that is current after USE of the database. */
export const defaultSchemaOf = (database: DatabaseObject): string => database.options?.['default-database'] ?? 'public';

export type TableColumn =
  | {
      /** A column of the payload, or of the stored row. */
      readonly kind: 'physical';
      readonly name: string;
      readonly type: SqlType;
      readonly nullable: boolean;
      /** SQL of the default. */
      readonly default: string | null;
      readonly comment: string | null;
    }
  | {
      readonly kind: 'computed';
      readonly name: string;
      readonly type: SqlType;
      readonly nullable: boolean;
      /** SQL of the expression. */
      readonly sql: string;
      readonly comment: string | null;
    }
  | {
      readonly kind: 'metadata';
      readonly name: string;
      readonly type: SqlType;
      readonly nullable: boolean;
      readonly key: string;
      /** Read only: no part of what an INSERT writes. */
      readonly virtual: boolean;
      readonly comment: string | null;
    };

export interface PrimaryKey {
  readonly name: string;
  /** Positions in `columns`. */
  readonly columns: readonly number[];
  readonly enforced: boolean;
}

/** UNIQUE: rows with a NULL in it are not compared, unless NULLs are not distinct. */
export interface UniqueKey extends PrimaryKey {
  readonly nullsNotDistinct: boolean;
}

export interface Watermark {
  /** Position in `columns`. */
  readonly column: number;
  readonly sql: string;
}

/** A stored table (`connector` null) or a pointer to an outside system. */
export interface TableObject extends InSchema {
  readonly kind: 'table';
  readonly columns: readonly TableColumn[];
  readonly primaryKey: PrimaryKey | null;
  /** UNIQUE constraints. */
  readonly uniques?: readonly UniqueKey[];
  readonly watermark: Watermark | null;
  readonly connector: string | null;
  /** WITH options as given; empty for a stored table. Options that name a secret hold `secret:<name>`. */
  readonly options: Options;
  readonly partitionedBy: readonly string[];
  readonly appendOnly: boolean;
  /**
   * Of a stored table that has got more columns under its jobs: what rows from before hold in its last so many stored columns, each a
   * batch of one row in base64. What is kept on disk may have fewer columns.
   */
  readonly added?: readonly string[];
  /** Where the names in stored SQL are looked up. */
  readonly searchPath: readonly string[];
}

export interface ViewObject extends InSchema {
  readonly kind: 'view';
  /** SQL of the query. */
  readonly sql: string;
  readonly columns: Schema;
  readonly searchPath: readonly string[];
}

/** A query whose result a job keeps up to date. */
export interface MaterializedViewObject extends InSchema {
  readonly kind: 'materializedView';
  readonly sql: string;
  readonly columns: Schema;
  /** Columns that identify a row, or null for a multiset; settled by the optimizer. */
  readonly key: readonly number[] | null;
  /** CREATE SUBSCRIPTION: what is kept are the changes of `sql`'s rows, for so long; `columns` have three before the query's. */
  readonly subscription?: { readonly retentionMs: number };
  readonly options: Options;
  readonly searchPath: readonly string[];
}

/** A running INSERT or statement set, or CREATE SINK: a job with the SQL it runs. */
export interface SinkObject extends InSchema {
  readonly kind: 'sink';
  readonly sql: string;
  readonly options: Options;
  readonly searchPath: readonly string[];
}

/** The value is kept elsewhere, encrypted or not, never here. */
export interface SecretObject extends InSchema {
  readonly kind: 'secret';
}

/** A named set of options, e.g. a broker's address. */
export interface ConnectionObject extends InSchema {
  readonly kind: 'connection';
  readonly options: Options;
}

/** A user's function. In SQL: callers have its body in the place of the call. In JavaScript: it runs in a sandbox. */
export interface FunctionObject extends InSchema {
  readonly kind: 'function';
  readonly language: 'sql' | 'javascript' | 'typescript';
  readonly form: 'scalar' | 'table' | 'aggregate';
  readonly params: readonly { readonly name: string | null; readonly type: SqlType }[];
  /** Of a table function, the type of a row. */
  readonly returns: SqlType;
  /** The columns of a table function; null for others. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[] | null;
  /** The body. SQL: an expression over the parameters, by name or as $1, $2…, or a table function's query. */
  readonly sql: string;
  /** What runs in the sandbox: the body without TypeScript's types. Null for SQL. */
  readonly source: string | null;
  readonly volatility: Volatility;
  /** Limits of one evaluation; zero for SQL. */
  readonly memoryBytes: number;
  readonly steps: number;
  /** NULL where an argument is. */
  readonly strict: boolean;
  readonly searchPath: readonly string[];
}

/** Finds the rows of a table or materialized view (the one it depends on) by some of its columns. */
export interface IndexObject extends InSchema {
  readonly kind: 'index';
  readonly columns: readonly string[];
  readonly include: readonly string[];
}

export type RelationObject = TableObject | ViewObject | MaterializedViewObject | SinkObject;
export type SchemaMember = RelationObject | IndexObject | SecretObject | ConnectionObject | FunctionObject;
export type CatalogObject = DatabaseObject | SchemaObject | SchemaMember;
export type ObjectKind = CatalogObject['kind'];

/** What users call them. */
export const KIND_NAMES: Readonly<Record<ObjectKind, string>> = {
  database: 'database',
  schema: 'schema',
  table: 'table',
  view: 'view',
  materializedView: 'materialized view',
  sink: 'sink',
  secret: 'secret',
  connection: 'connection',
  function: 'function',
  index: 'index',
};

/** Belongs to a session for good. */
export const isTemporary = (object: SchemaMember): boolean => object.session !== null && object.uncommitted !== true;

/** What users call the object. */
export const kindName = (object: CatalogObject): string => (isSubscription(object) ? 'subscription' : KIND_NAMES[object.kind]);

export const isSubscription = (object: CatalogObject): boolean => object.kind === 'materializedView' && object.subscription !== undefined;

export const isMember = (object: CatalogObject): object is SchemaMember => object.kind !== 'database' && object.kind !== 'schema';

export const isRelation = (object: CatalogObject): object is RelationObject =>
  object.kind === 'table' || object.kind === 'view' || object.kind === 'materializedView' || object.kind === 'sink';

/** What a reader of the relation sees; a sink shows nothing. */
export function relationSchema(object: RelationObject): Schema {
  return object.kind === 'sink' ? [] : object.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
}
