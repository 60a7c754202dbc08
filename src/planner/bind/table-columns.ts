import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import { matchName } from '../../catalog/names.ts';
import type { PrimaryKey, TableColumn, UniqueKey, Watermark } from '../../catalog/objects.ts';
import type { ConnectorDescriptor } from '../../connectors/api.ts';
import { canCast } from '../../functions/types.ts';
import type { Identifier } from '../../parser/ast.ts';
import type { ColumnDef, TableConstraint, WatermarkDef } from '../../parser/ast-tables.ts';
import { isNullable } from './coerce.ts';
import { definitionOf, sourceText } from './definition.ts';
import type { QueryEnv } from './env.ts';
import type { Scope } from './scope.ts';
import { schemaScope } from './tables.ts';
import { requireTime } from './window-spec.ts';
import { bindType } from './types.ts';

/** Columns, keys and watermarks of a table's definition, as CREATE and ALTER declare them. */

/** A computed column over the other columns. */
export function computedColumn(env: QueryEnv, c: Extract<ColumnDef, { kind: 'computed' }>, scope: Scope): TableColumn {
  const { expr, type } = definitionOf(env, c.expr, scope, 'a computed column', c.type === null ? null : bindType(c.type), c.name.name);
  return { kind: 'computed', name: c.name.name, type, nullable: isNullable(expr), sql: sourceText(env, c.expr.span), comment: c.comment };
}

/** A physical or metadata column as declared. */
export function declared(env: QueryEnv, c: Exclude<ColumnDef, { kind: 'computed' }>, connector: ConnectorDescriptor | null): TableColumn {
  const type = bindType(c.type);
  const name = c.name.name;
  if (c.kind === 'metadata') {
    const key = c.key ?? name;
    const field = connector?.metadata.find((m) => m.key === key);
    if (connector !== null && field === undefined) {
      throw new SqlError('invalid_table_definition', `connector "${connector.name}" has no metadata "${key}"`, {
        span: c.span, hint: connector.metadata.length === 0 ? 'It has none.' : `It has ${connector.metadata.map((m) => `"${m.key}"`).join(', ')}.`,
      });
    }
    if (field !== undefined && !canCast(field.type, type, 'explicit')) {
      throw new SqlError('datatype_mismatch', `metadata "${key}" is of type ${typeName(field.type)}, which cannot be cast to ${typeName(type)}`, { span: c.type.span });
    }
    if (field !== undefined && !c.virtual && !field.writable && connector?.sink !== undefined && connector.source === undefined) {
      throw new SqlError('invalid_table_definition', `metadata "${key}" cannot be written`, { span: c.span, hint: 'Declare the column VIRTUAL.' });
    }
    return { kind: 'metadata', name, type, nullable: !c.notNull, key, virtual: c.virtual || field?.writable === false, comment: c.comment };
  }
  for (const k of c.constraints) {
    if (k.kind === 'check') throw notSupported('CHECK', k.span, 'Check the rows in the query that inserts them.');
    if (k.kind === 'references') throw notSupported('a foreign key', k.span, 'Leave it out.');
  }
  if (c.collation !== null && !['c', 'default', 'posix'].includes(c.collation.parts.at(-1)?.name.toLowerCase() ?? '')) throw notSupported('a collation', c.collation.span, 'Text is compared by code points.');
  if (c.collation !== null && type.kind !== 'varchar' && type.kind !== 'char') throw new SqlError('datatype_mismatch', `collations are not supported by type ${typeName(type)}`, { span: c.span });
  let fallback: string | null = null;
  if (c.default !== null) {
    if (connector !== null) throw notSupported('DEFAULT in a connector table', c.default.span, 'Use a computed column or COALESCE.');
    definitionOf(env, c.default, schemaScope('', []), 'DEFAULT', type, name);
    fallback = sourceText(env, c.default.span);
  }
  const notNull = c.constraints.some((k) => k.kind === 'notNull' || k.kind === 'primaryKey') || c.type.nullable === false;
  return { kind: 'physical', name, type, nullable: !notNull, default: fallback, comment: c.comment };
}

/** Position of a column. Errors: undefined_column. */
export function columnNamed(columns: readonly TableColumn[], id: Identifier): number {
  const names = columns.map((c) => c.name);
  const match = matchName(id, names);
  if (match.kind !== 'one') throw new SqlError('undefined_column', `column "${id.name}" named in key does not exist`, { span: id.span });
  return names.indexOf(match.name);
}

export interface KeyDeclaration {
  readonly columns: readonly Identifier[];
  readonly enforced: boolean | null;
  readonly name: string | null;
  readonly nullsNotDistinct: boolean;
  readonly span: Span;
}

/** The primary keys that a column's own constraints declare. */
export const columnKeys = (c: ColumnDef): KeyDeclaration[] => keysOf(c, 'primaryKey');

export const columnUniques = (c: ColumnDef): KeyDeclaration[] => keysOf(c, 'unique');

const keysOf = (c: ColumnDef, kind: 'primaryKey' | 'unique'): KeyDeclaration[] =>
  c.kind !== 'physical' ? [] : c.constraints.flatMap((k) => (k.kind === kind && 'enforced' in k ? [declaration(k, [c.name])] : []));

const declaration = (k: { readonly name: Identifier | null; readonly enforced: boolean | null; readonly nullsNotDistinct?: true; readonly span: Span }, columns: readonly Identifier[]): KeyDeclaration =>
  ({ columns, enforced: k.enforced, name: k.name?.name ?? null, nullsNotDistinct: k.nullsNotDistinct === true, span: k.span });

/** A table constraint: a primary key, or that columns are unique. */
export function tableKey(k: TableConstraint): KeyDeclaration & { readonly kind: 'primaryKey' | 'unique' } {
  if (k.kind === 'check') throw notSupported('CHECK', k.span, 'Check the rows in the query that inserts them.');
  if (k.kind === 'foreignKey') throw notSupported('a foreign key', k.span, 'Leave it out.');
  return { kind: k.kind, ...declaration(k, k.columns) };
}

export function primaryKeyOf(key: KeyDeclaration, table: string, columns: readonly TableColumn[], connector: ConnectorDescriptor | null): PrimaryKey {
  if (key.nullsNotDistinct) throw new SqlError('syntax_error', 'a primary key holds no NULLs', { span: key.span, hint: 'Leave NULLS NOT DISTINCT out.' });
  const at = positionsOf(key, columns, 'primary key');
  if (connector !== null && key.enforced === true) {
    throw new SqlError('invalid_table_definition', 'the primary key of a connector table cannot be enforced', { span: key.span, hint: 'Write PRIMARY KEY (…) NOT ENFORCED: the outside system owns the data.' });
  }
  if (connector === null && key.enforced === false) throw notSupported('NOT ENFORCED on a stored table', key.span, 'Leave NOT ENFORCED out: stored tables keep their keys.');
  return { name: key.name ?? `${table}_pkey`, columns: at, enforced: connector === null };
}

function positionsOf(key: KeyDeclaration, columns: readonly TableColumn[], what: string): number[] {
  const at = key.columns.map((id) => columnNamed(columns, id));
  for (const [i, k] of at.entries()) {
    const c = columns[k];
    if (at.indexOf(k) !== i) throw new SqlError('duplicate_column', `column "${c?.name ?? ''}" appears twice in ${what} constraint`, { span: key.span });
    if (c?.kind === 'computed') throw new SqlError('invalid_table_definition', `computed column "${c.name}" cannot be part of ${what === 'unique' ? 'a unique constraint' : `the ${what}`}`, { span: key.span });
  }
  return at;
}

/** @param taken names of the table's other constraints. Errors: duplicate_object. */
export function uniqueOf(key: KeyDeclaration, table: string, columns: readonly TableColumn[], connector: ConnectorDescriptor | null, taken: readonly string[]): UniqueKey {
  const at = positionsOf(key, columns, 'unique');
  if (connector !== null && key.enforced !== false) {
    throw new SqlError('invalid_table_definition', 'a unique constraint of a connector table cannot be enforced', { span: key.span, hint: 'Write UNIQUE (…) NOT ENFORCED: the outside system owns the data.' });
  }
  if (connector === null && key.enforced === false) throw notSupported('NOT ENFORCED on a stored table', key.span, 'Leave NOT ENFORCED out: stored tables keep their keys.');
  if (key.name !== null && taken.includes(key.name)) throw new SqlError('duplicate_object', `constraint "${key.name}" for relation "${table}" already exists`, { span: key.span });
  const base = `${table}_${at.map((i) => columns[i]?.name ?? '').join('_')}_key`;
  let name = key.name ?? base;
  for (let n = 1; taken.includes(name); n++) name = `${base}${n}`;
  return { name, columns: at, enforced: connector === null, nullsNotDistinct: key.nullsNotDistinct };
}

/** All that are declared, one after the other. */
export function uniquesOf(keys: readonly KeyDeclaration[], table: string, columns: readonly TableColumn[], connector: ConnectorDescriptor | null, primaryKey: PrimaryKey | null, before: readonly UniqueKey[] = []): readonly UniqueKey[] {
  const all = [...before];
  for (const key of keys) all.push(uniqueOf(key, table, columns, connector, [...(primaryKey === null ? [] : [primaryKey.name]), ...all.map((u) => u.name)]));
  return all;
}

export function watermarkOf(env: QueryEnv, w: WatermarkDef, table: string, columns: readonly TableColumn[]): Watermark {
  const [id] = w.column;
  if (id === undefined || w.column.length > 1) throw notSupported('a watermark on a nested field', w.span, 'Declare a computed column for the field: ts AS rec.ts.');
  const names = columns.map((c) => c.name);
  const match = matchName(id, names);
  if (match.kind !== 'one') throw new SqlError('undefined_column', `column "${id.name}" does not exist`, { span: id.span });
  const at = names.indexOf(match.name);
  const type = columns[at]?.type ?? ({ kind: 'varchar' } satisfies SqlType);
  requireTime(type, 'the watermark column', id.span);
  if (w.expr.kind === 'call' && w.expr.name.parts.at(-1)?.name.toLowerCase() === 'source_watermark') {
    throw notSupported('SOURCE_WATERMARK()', w.expr.span, 'Give the watermark as an expression: WATERMARK FOR ts AS ts - INTERVAL \'5\' SECOND.');
  }
  const scope: Scope = schemaScope(table, columns);
  definitionOf(env, w.expr, scope, 'WATERMARK', type, match.name);
  return { column: at, sql: sourceText(env, w.expr.span) };
}
