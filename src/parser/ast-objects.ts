import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName, TypeName } from './ast.ts';

/** What statements about objects of the catalog have in common, and those about all kinds of objects. */

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

/** `CREATE [OR REPLACE] [TEMPORARY [SYSTEM]] ... [IF NOT EXISTS]` */
export interface CreateFlags {
  readonly temporary: boolean;
  /** `TEMPORARY SYSTEM` */
  readonly system: boolean;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
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

export interface CommentStatement {
  readonly kind: 'comment';
  readonly objectType: ObjectType;
  readonly name: ObjectName;
  /** Null: `IS NULL`, which removes it. */
  readonly text: string | null;
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
