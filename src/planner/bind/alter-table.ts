import { SqlError, notSupported } from '../../common/errors.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import type { PrimaryKey, TableColumn, TableObject, UniqueKey, Watermark } from '../../catalog/objects.ts';
import type { ConnectorDescriptor, Options } from '../../connectors/api.ts';
import type { Identifier } from '../../parser/ast.ts';
import type { AlterAction, AlterStatement, ColumnPosition } from '../../parser/ast-alter.ts';
import { column, type Expr } from '../expr.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundAlter } from '../statement.ts';
import { coerce } from './coerce.ts';
import { definitionOf, givenOptions, sourceText } from './definition.ts';
import { defaultOf, tableColumn } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { readsOf } from './reads.ts';
import { columnKeys, columnUniques, uniqueOf, computedColumn, declared, primaryKeyOf, tableKey, watermarkOf, type KeyDeclaration } from './table-columns.ts';
import { relationPlan, schemaScope, storedExpr, tableOptions } from './tables.ts';
import { requireTime } from './window-spec.ts';
import { bindType } from './types.ts';
import { isVolatile } from '../volatility.ts';

/** A column under change, with where its rows come from. */
interface Draft {
  readonly column: TableColumn;
  /** Position in the table as it is, or null for a new column. */
  readonly from: number | null;
}

/** The table with keys and watermark by name, so that positions may move. */
interface State {
  readonly name: string;
  readonly connector: ConnectorDescriptor | null;
  drafts: readonly Draft[];
  key: { readonly name: string; readonly columns: readonly string[] } | null;
  uniques: readonly { readonly key: UniqueKey; readonly columns: readonly string[] }[];
  watermark: { readonly column: string; readonly sql: string } | null;
  options: Options;
  dependsOn: readonly TableObject['dependsOn'][number][];
}

/**
 * ALTER TABLE's changes, one after the other, and then the whole checked. For a connector's table that is a matter of the
 * catalog alone; a stored table whose rows look different is written anew.
 */
export function alteredTable(env: QueryEnv, table: TableObject, s: AlterStatement, tag: string): BoundAlter {
  const names = table.columns.map((c) => c.name);
  const connector = table.connector === null ? null : tableOptions(env, table, {}).connector;
  const state: State = {
    name: table.name, connector,
    drafts: table.columns.map((c, from) => ({ column: c, from })),
    key: table.primaryKey === null ? null : { name: table.primaryKey.name, columns: table.primaryKey.columns.map((i) => names[i] ?? '') },
    uniques: (table.uniques ?? []).map((key) => ({ key, columns: key.columns.map((i) => names[i] ?? '') })),
    watermark: table.watermark === null ? null : { column: names[table.watermark.column] ?? '', sql: table.watermark.sql },
    options: table.options, dependsOn: table.dependsOn,
  };
  for (const action of s.actions) apply(env, table, state, action);
  const object = settled(env, table, state, s);
  const rewrite = table.connector === null ? rewriteOf(env, table, object, state) : null;
  const grown = rewrite === null ? null : grownBy(env, table, object, state);
  return { kind: 'alter', tag, object, rewrite, ...(grown === null ? {} : { grown }), rows: rewrite !== null ? 'other' : shape(object) === shape(table) ? 'same' : jobsGoOn(table, object) ? 'kept' : 'other', notices: [] };
}

/** What whoever reads or writes the table depends on: not its defaults and comments. */
const shape = (t: TableObject): string =>
  JSON.stringify([t.columns.map((c) => ({ ...c, comment: null, ...(c.kind === 'physical' ? { default: null } : {}) })), t.primaryKey?.columns ?? null, t.watermark, t.options]);

/**
 * A job on a connector's table has sources and sinks of its own; of a stored table it sees the rows, which have to be what they were:
 * a column that takes NULLs from now on would be a surprise to it.
 */
function jobsGoOn(before: TableObject, after: TableObject): boolean {
  const physical = (t: TableObject): string => JSON.stringify(t.columns.flatMap((c) => (c.kind === 'physical' ? [[c.type, c.nullable]] : [])));
  return before.connector !== null || physical(before) === physical(after);
}

const asTable = (table: TableObject, state: State): TableObject => ({ ...table, columns: state.drafts.map((d) => d.column) });

function apply(env: QueryEnv, table: TableObject, state: State, action: AlterAction): void {
  const at = (id: Identifier): number => tableColumn(asTable(table, state), id);
  const change = (id: Identifier, to: (c: TableColumn) => TableColumn): void => {
    const i = at(id);
    state.drafts = state.drafts.map((d, k) => (k === i ? { ...d, column: to(d.column) } : d));
  };
  switch (action.kind) {
    case 'addColumn':
      return addColumn(env, table, state, action);
    case 'modifyColumn':
      return modifyColumn(env, table, state, action);
    case 'dropColumns':
      for (const id of action.columns) {
        if (action.ifExists && !state.drafts.some((d) => d.column.name === id.name)) continue;
        dropColumn(state, at(id), id);
      }
      return;
    case 'renameColumn':
      return renameColumn(state, at(action.from), action.to);
    case 'alterColumnType':
      if (action.using !== null) throw notSupported('USING', action.using.span, 'Add a column, UPDATE it, and drop the old one.');
      return change(action.column, (c) => ofType(c, bindType(action.type), action.type.span));
    case 'setDefault': {
      const i = at(action.column);
      const c = state.drafts[i]?.column;
      if (state.connector !== null) throw notSupported('DEFAULT in a connector table', action.span, 'Use a computed column or COALESCE.');
      if (c?.kind !== 'physical') throw new SqlError('invalid_table_definition', `column "${action.column.name}" cannot have a default`, { span: action.span });
      definitionOf(env, action.expr, schemaScope('', []), 'DEFAULT', c.type, c.name);
      return change(action.column, () => ({ ...c, default: sourceText(env, action.expr.span) }));
    }
    case 'dropDefault':
      return change(action.column, (c) => (c.kind === 'physical' ? { ...c, default: null } : c));
    case 'setNotNull':
    case 'dropNotNull':
      if (action.kind === 'dropNotNull' && state.key?.columns.includes(state.drafts[at(action.column)]?.column.name ?? '') === true) {
        throw new SqlError('invalid_table_definition', `column "${action.column.name}" is in a primary key`, { span: action.span });
      }
      return change(action.column, (c) => ({ ...c, nullable: action.kind === 'dropNotNull' }));
    case 'addConstraint':
      return addConstraint(state, tableKey(action.constraint), action.modify, action.span);
    case 'dropConstraint':
      return dropKey(state, action);
    case 'setWatermark': {
      if ((state.watermark !== null) !== action.modify) {
        throw new SqlError('invalid_table_definition', action.modify ? `table "${table.name}" has no watermark` : `table "${table.name}" has a watermark already`, { span: action.span, hint: action.modify ? 'Write ADD WATERMARK.' : 'Write MODIFY WATERMARK.' });
      }
      const mark = watermarkOf(env, action.watermark, table.name, state.drafts.map((d) => d.column));
      state.watermark = { column: state.drafts[mark.column]?.column.name ?? '', sql: mark.sql };
      return;
    }
    case 'dropWatermark':
      if (state.watermark === null) throw new SqlError('invalid_table_definition', `table "${table.name}" has no watermark`, { span: action.span });
      state.watermark = null;
      return;
    case 'setOptions':
      return setOptions(env, state, action);
    case 'resetOptions':
      return resetOptions(state, action);
    case 'ownerTo':
      return;
    case 'setDistribution':
    case 'dropDistribution':
      throw notSupported('DISTRIBUTION', action.span, 'Leave the clause out; rows are spread by key.');
    default:
      throw notSupported('ALTER TABLE with this action', action.span, 'Columns, PRIMARY KEY, WATERMARK, options and the name can be changed.');
  }
}

function placed(state: State, draft: Draft, position: ColumnPosition | null, find: (id: Identifier) => number): void {
  const at = position === null ? state.drafts.length : position.kind === 'first' ? 0 : find(position.column) + 1;
  state.drafts = state.drafts.toSpliced(at, 0, draft);
}

function addColumn(env: QueryEnv, table: TableObject, state: State, action: Extract<AlterAction, { kind: 'addColumn' }>): void {
  const name = action.column.name.name;
  if (state.drafts.some((d) => d.column.name === name)) {
    if (action.ifNotExists) return;
    throw new SqlError('duplicate_column', `column "${name}" of relation "${table.name}" already exists`, { span: action.column.name.span });
  }
  const made = columnOf(env, state, action.column);
  placed(state, { column: made, from: null }, action.position, (id) => tableColumn(asTable(table, state), id));
  for (const k of columnKeys(action.column)) setKey(state, k, false, k.span);
  for (const k of columnUniques(action.column)) addUnique(state, k);
}

function columnOf(env: QueryEnv, state: State, def: Extract<AlterAction, { kind: 'addColumn' }>['column']): TableColumn {
  if (def.kind === 'computed') {
    const visible = state.drafts.map((d) => d.column).filter((c) => c.kind !== 'computed' && c.name !== def.name.name);
    return computedColumn(env, def, schemaScope(state.name, visible));
  }
  const made = declared(env, def, state.connector);
  if (made.kind === 'metadata' && state.connector === null) throw new SqlError('invalid_table_definition', `stored table cannot have metadata column "${made.name}"`, { span: def.span });
  return made;
}

function modifyColumn(env: QueryEnv, table: TableObject, state: State, action: Extract<AlterAction, { kind: 'modifyColumn' }>): void {
  const at = tableColumn(asTable(table, state), action.column.name);
  const before = state.drafts[at];
  if (before === undefined) return;
  const made = columnOf(env, state, action.column);
  const inKey = state.key?.columns.includes(before.column.name) === true;
  const draft: Draft = { column: { ...made, name: before.column.name, nullable: made.nullable && !inKey, comment: made.comment ?? before.column.comment }, from: before.from };
  if (action.position === null) state.drafts = state.drafts.with(at, draft);
  else {
    state.drafts = state.drafts.toSpliced(at, 1);
    placed(state, draft, action.position, (id) => tableColumn(asTable(table, state), id));
  }
  for (const k of columnKeys(action.column)) setKey(state, k, false, k.span);
  for (const k of columnUniques(action.column)) addUnique(state, k);
}

function ofType(c: TableColumn, type: SqlType, span: AlterAction['span']): TableColumn {
  if (c.kind === 'computed') throw new SqlError('invalid_table_definition', `column "${c.name}" is computed: its type follows from its expression`, { span });
  return { ...c, type };
}

function dropColumn(state: State, at: number, id: Identifier): void {
  const name = state.drafts[at]?.column.name ?? '';
  if (state.key?.columns.includes(name) === true) throw new SqlError('dependent_objects_still_exist', `cannot drop column "${name}" because the primary key needs it`, { span: id.span, hint: 'DROP PRIMARY KEY first.' });
  if (state.watermark?.column === name) throw new SqlError('dependent_objects_still_exist', `cannot drop column "${name}" because the watermark is on it`, { span: id.span, hint: 'DROP WATERMARK first.' });
  state.drafts = state.drafts.toSpliced(at, 1);
  // As in PostgreSQL, they go with any of their columns.
  state.uniques = state.uniques.filter((u) => !u.columns.includes(name));
}

function renameColumn(state: State, at: number, to: Identifier): void {
  const name = state.drafts[at]?.column.name ?? '';
  if (state.drafts.some((d, i) => i !== at && d.column.name === to.name)) throw new SqlError('duplicate_column', `column "${to.name}" of relation "${state.name}" already exists`, { span: to.span });
  const swap = (n: string): string => (n === name ? to.name : n);
  // The payload's field of a metadata column is not its name.
  state.drafts = state.drafts.map((d, i) => (i === at ? { ...d, column: { ...d.column, name: to.name } } : d));
  if (state.key !== null) state.key = { ...state.key, columns: state.key.columns.map(swap) };
  state.uniques = state.uniques.map((u) => ({ ...u, columns: u.columns.map(swap) }));
  if (state.watermark !== null) state.watermark = { ...state.watermark, column: swap(state.watermark.column) };
}

function setKey(state: State, k: KeyDeclaration, modify: boolean, span: AlterAction['span']): void {
  if ((state.key !== null) !== modify) {
    throw new SqlError('invalid_table_definition', modify ? `table "${state.name}" has no primary key` : `multiple primary keys for table "${state.name}" are not allowed`, { span, hint: modify ? undefined : 'Write MODIFY PRIMARY KEY to change it.' });
  }
  const made = primaryKeyOf(k, state.name, state.drafts.map((d) => d.column), state.connector);
  state.key = { name: made.name, columns: made.columns.map((i) => state.drafts[i]?.column.name ?? '') };
  state.drafts = state.drafts.map((d, i) => (made.columns.includes(i) ? { ...d, column: { ...d.column, nullable: false } } : d));
}

function addConstraint(state: State, k: ReturnType<typeof tableKey>, modify: boolean, span: AlterAction['span']): void {
  if (k.kind === 'primaryKey') return setKey(state, k, modify, span);
  if (modify) throw notSupported('MODIFY UNIQUE', span, 'DROP CONSTRAINT, then ADD UNIQUE.');
  addUnique(state, k);
}

function addUnique(state: State, k: KeyDeclaration): void {
  const columns = state.drafts.map((d) => d.column);
  const key = uniqueOf(k, state.name, columns, state.connector, [...(state.key === null ? [] : [state.key.name]), ...state.uniques.map((u) => u.key.name)]);
  state.uniques = [...state.uniques, { key, columns: key.columns.map((i) => columns[i]?.name ?? '') }];
}

function dropKey(state: State, action: Extract<AlterAction, { kind: 'dropConstraint' }>): void {
  const named = action.name?.name ?? null;
  if (named !== null && state.uniques.some((u) => u.key.name === named)) {
    state.uniques = state.uniques.filter((u) => u.key.name !== named);
    return;
  }
  if (state.key === null || (named !== null && named !== state.key.name)) {
    if (action.ifExists) return;
    throw new SqlError('undefined_object', named === null ? `table "${state.name}" has no primary key` : `constraint "${named}" of relation "${state.name}" does not exist`, { span: action.span });
  }
  state.key = null;
}

function setOptions(env: QueryEnv, state: State, action: Extract<AlterAction, { kind: 'setOptions' }>): void {
  if (action.options.length === 0) return;
  if (state.connector === null) throw new SqlError('invalid_parameter_value', `stored table "${state.name}" has no options`, { span: action.span });
  // The last of several wins.
  const last = action.options.filter((o, i) => action.options.findLastIndex((p) => p.key === o.key) === i);
  const connector = last.find((o) => o.key === 'connector' && o.value !== state.options['connector']);
  if (connector !== undefined) throw new SqlError('invalid_parameter_value', 'option "connector" cannot be changed', { span: connector.span, hint: 'DROP the table and create it anew.' });
  const { options, secrets } = givenOptions(env, last);
  state.options = { ...state.options, ...options };
  state.dependsOn = [...new Set([...state.dependsOn, ...secrets])];
}

function resetOptions(state: State, action: Extract<AlterAction, { kind: 'resetOptions' }>): void {
  if (action.keys.length === 0) throw new SqlError('syntax_error', 'RESET needs the name of an option', { span: action.span });
  if (action.keys.includes('connector')) throw new SqlError('invalid_parameter_value', 'option "connector" cannot be reset', { span: action.span });
  state.options = Object.fromEntries(Object.entries(state.options).filter(([k]) => !action.keys.includes(k)));
}

/** An index goes by names, which have to stay. */
function checkIndexes(env: QueryEnv, table: TableObject, columns: readonly TableColumn[], s: AlterStatement): void {
  for (const index of env.cx.catalog.indexesOf(table.id)) {
    const lost = [...index.columns, ...index.include].find((n) => !columns.some((c) => c.name === n && c.kind === 'physical'));
    if (lost === undefined) continue;
    throw new SqlError('dependent_objects_still_exist', `cannot alter table "${table.name}" because index "${index.name}" depends on column "${lost}"`, { span: s.span, hint: 'DROP INDEX first.' });
  }
}

/** The table as it will be. Errors: whatever in it depends on what is no longer there. */
function settled(env: QueryEnv, table: TableObject, state: State, s: AlterStatement): TableObject {
  const columns = state.drafts.map((d) => d.column);
  if (columns.length === 0 && state.connector !== null) throw new SqlError('invalid_table_definition', 'a table needs at least one column', { span: s.span });
  checkIndexes(env, table, columns, s);
  const position = (name: string): number => columns.findIndex((c) => c.name === name);
  const primaryKey: PrimaryKey | null = state.key === null ? null : { name: state.key.name, columns: state.key.columns.map(position), enforced: state.connector === null };
  const watermark: Watermark | null = state.watermark === null ? null : { column: position(state.watermark.column), sql: state.watermark.sql };
  const { uniques: _, ...rest } = table;
  const uniques = state.uniques.map((u): UniqueKey => ({ ...u.key, columns: u.columns.map(position) }));
  const object: TableObject = { ...rest, columns, primaryKey, ...(uniques.length === 0 ? {} : { uniques }), watermark, options: state.options, dependsOn: state.dependsOn };
  const scope = schemaScope(table.name, columns.filter((c) => c.kind !== 'computed'));
  for (const c of columns) if (c.kind === 'computed') dependent(s, `computed column "${c.name}"`, () => storedExpr(env, c.sql, scope, object, c.type));
  if (watermark !== null) {
    const type = columns[watermark.column]?.type ?? { kind: 'unknown' };
    requireTime(type, 'the watermark column', s.span);
    dependent(s, 'the watermark', () => storedExpr(env, watermark.sql, schemaScope(table.name, columns), object, type));
  }
  for (const name of table.partitionedBy) if (position(name) < 0) dependent(s, `partition column "${name}"`, () => missingColumn(name));
  if (state.connector !== null) {
    const { connector, options } = tableOptions(env, object, {});
    connector.validate?.(options, columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable })), connector.source === undefined ? 'sink' : 'source');
  }
  return object;
}

function missingColumn(name: string): never {
  throw new SqlError('undefined_column', `column "${name}" does not exist`);
}

function dependent(s: AlterStatement, what: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SqlError('dependent_objects_still_exist', `cannot alter table "${s.name.parts.at(-1)?.name ?? ''}" because ${what} depends on what is changed`, { span: s.span, detail: `${error.message}.` });
  }
}

/** The stored rows in their new form, or null where they stay as they are. */
function rewriteOf(env: QueryEnv, table: TableObject, object: TableObject, state: State): BoundAlter['rewrite'] {
  const kept = state.drafts.filter((d) => d.column.kind === 'physical');
  const old = table.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
  const unchanged = kept.length === old.length && kept.every((d, i) => d.from === old[i] && typeEquals(d.column.type, table.columns[d.from]?.type ?? d.column.type) && (d.column.nullable || table.columns[d.from]?.nullable === false));
  if (unchanged && sameLayout(table, object)) return null;
  const input = relationPlan(env, table, {}, { start: 0, end: 0 });
  const exprs = kept.map((d): Expr => {
    const f = input.schema[d.from ?? -1];
    if (d.from === null || f === undefined) return defaultOf(env, object, d.column);
    return coerce(env, column(d.from, f.type, f.nullable), d.column.type, 'assignment', undefined, d.column.name);
  });
  const plan: LogicalPlan = { kind: 'project', input, exprs, schema: kept.map((d) => ({ name: d.column.name, type: d.column.type, nullable: true })) };
  return { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) };
}

/** Keys are where they were; so is the watermark of a table that is only added to, which is its job's. */
function sameLayout(before: TableObject, after: TableObject): boolean {
  const keys = (t: TableObject): unknown => t.primaryKey?.columns.map((k) => t.columns.slice(0, k).filter((c) => c.kind === 'physical').length) ?? null;
  const mark = (t: TableObject): unknown => (!t.appendOnly || t.watermark === null ? null : [t.watermark.sql, t.columns[t.watermark.column]?.name, t.columns.filter((c) => c.kind === 'computed')]);
  return JSON.stringify([keys(before), mark(before)]) === JSON.stringify([keys(after), mark(after)]);
}

/** Where columns have come after those that are kept, and nothing else makes the rows differ: their defaults, one value for all earlier rows. */
function grownBy(env: QueryEnv, table: TableObject, object: TableObject, state: State): readonly Expr[] | null {
  const kept = state.drafts.filter((d) => d.column.kind === 'physical');
  const old = table.columns.flatMap((c, from) => (c.kind === 'physical' ? [{ column: c, from }] : []));
  const same = old.every(({ column: c, from }, i) => {
    const d = kept[i];
    return d !== undefined && d.from === from && typeEquals(d.column.type, c.type) && d.column.nullable === c.nullable;
  });
  const fresh = kept.slice(old.length);
  if (!same || fresh.length === 0 || fresh.some((d) => d.from !== null) || !sameLayout(table, object)) return null;
  const defaults = fresh.map((d) => coerce(env, defaultOf(env, object, d.column), d.column.type, 'assignment', undefined, d.column.name));
  // New rows would have to be compared with each other.
  if ((object.uniques ?? []).some((u) => u.columns.some((i) => fresh.some((d) => d.column === object.columns[i])))) return null;
  return defaults.some((e) => isVolatile(e, env.cx.functions)) ? null : defaults;
}
