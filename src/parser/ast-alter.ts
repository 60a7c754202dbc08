import type { Span } from '../common/span.ts';
import type { Expr, Identifier, ObjectName, TypeName } from './ast.ts';
import type { ObjectType, OptionItem } from './ast-objects.ts';
import type { Query } from './ast-queries.ts';
import type { ColumnDef, Distribution, TableConstraint, WatermarkDef } from './ast-tables.ts';

/** ALTER, of any object. */

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
