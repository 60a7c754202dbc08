import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName, TypeName } from './ast.ts';
import type { CreateFlags, OptionItem } from './ast-objects.ts';
import type { Query } from './ast-queries.ts';

/** CREATE TABLE and CREATE SOURCE, with columns and constraints. */

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
  | { readonly kind: 'primaryKey' | 'unique'; readonly name: Identifier | null; readonly enforced: boolean | null; readonly nullsNotDistinct?: true; readonly span: Span }
  | { readonly kind: 'check'; readonly name: Identifier | null; readonly expr: Expr; readonly span: Span }
  | { readonly kind: 'references'; readonly name: Identifier | null; readonly table: ObjectName; readonly columns: readonly Identifier[]; readonly span: Span };

export type TableConstraint =
  | {
      readonly kind: 'primaryKey' | 'unique';
      readonly name: Identifier | null;
      readonly columns: readonly Identifier[];
      readonly enforced: boolean | null;
      readonly nullsNotDistinct?: true;
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
