import { SqlError, notSupported } from '../../common/errors.ts';
import { didYouMean } from '../../common/did-you-mean.ts';
import { withoutLengths } from '../../common/types/lengths.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { matchName } from '../../catalog/names.ts';
import { KIND_NAMES, type TableColumn, type TableObject } from '../../catalog/objects.ts';
import type { Expr as Ast, Identifier, ObjectName } from '../../parser/ast.ts';
import type { Assignment, InsertStatement, OnConflict } from '../../parser/ast-dml.ts';
import type { Hint, SelectItem, TableAlias } from '../../parser/ast-queries.ts';
import type { Options } from '../../connectors/api.ts';
import { resolveScalar } from '../../functions/resolve.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundInsert, ConflictAction, Returning } from '../statement.ts';
import { coerce, isNullable, toBoolean } from './coerce.ts';
import { nothing } from './collect.ts';
import type { LengthRule } from './context.ts';
import type { ExprEnv, QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { castColumns, bindWholeQuery, withTables } from './query.ts';
import { eachNode, isEndless, readsOf } from './reads.ts';
import { EMPTY_SCOPE, type Scope } from './scope.ts';
import { bindRowQuery } from './row-query.ts';
import { expandItems } from './select-items.ts';
import { storedExpr, tableOptions } from './tables.ts';
import { exprEnv } from './sources.ts';

/** INSERT, and what all statements share that write a table. */

/** The table a statement writes. Errors: undefined_table, wrong_object_type. */
export function targetTable(env: QueryEnv, name: ObjectName, verb: string): TableObject {
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  if (found.kind === 'system') throw new SqlError('insufficient_privilege', `permission denied: "${found.relation.name}" is a system catalog`, { span: name.span });
  const { object } = found;
  if (object.kind !== 'table') {
    throw new SqlError('wrong_object_type', `cannot ${verb} ${KIND_NAMES[object.kind]} "${object.name}"`, { span: name.span });
  }
  return object;
}

/** Positions of the columns an INSERT may write. */
export function writeColumns(table: TableObject): number[] {
  const physical = table.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
  const metadata = table.columns.flatMap((c, i) => (c.kind === 'metadata' && !c.virtual ? [i] : []));
  return [...physical, ...metadata];
}

/** Errors: undefined_column, with the nearest name. */
export function tableColumn(table: TableObject, id: Identifier): number {
  const names = table.columns.map((c) => c.name);
  const match = matchName(id, names);
  if (match.kind === 'one') return names.indexOf(match.name);
  if (match.kind === 'several') throw new SqlError('ambiguous_column', `column reference "${id.name}" is ambiguous`, { span: id.span });
  const near = didYouMean(id.name, names);
  throw new SqlError('undefined_column', `column "${id.name}" of relation "${table.name}" does not exist`, { span: id.span, hint: near === undefined ? undefined : `Perhaps you meant "${near}".` });
}

export function requireWritable(table: TableObject, at: number, id: Identifier): void {
  const c = table.columns[at];
  if (c?.kind === 'computed') {
    throw new SqlError('invalid_column_reference', `cannot insert into column "${c.name}"`, { span: id.span, detail: `Column "${c.name}" is a computed column.` });
  }
  if (c?.kind === 'metadata' && c.virtual) {
    throw new SqlError('invalid_column_reference', `cannot insert into column "${c.name}"`, { span: id.span, detail: `Column "${c.name}" is a virtual metadata column.` });
  }
}

export function defaultOf(env: QueryEnv, table: TableObject, c: TableColumn): Expr {
  if (c.kind === 'physical' && c.default !== null) return storedExpr(env, c.default, EMPTY_SCOPE, table, c.type);
  return { kind: 'literal', value: null, type: c.type };
}

export function bindInsert(outer: QueryEnv, s: InsertStatement): BoundInsert {
  const env = s.with === null ? outer : withTables(outer, s.with);
  const target = targetTable(env, s.target, 'insert into');
  const all = writeColumns(target);
  const options = targetOptions(env, target, s.hints);
  if (s.overwrite && s.onConflict !== null) throw new SqlError('syntax_error', 'ON CONFLICT has no meaning with INSERT OVERWRITE', { span: s.span });
  const fixed = new Map<number, Expr>();
  for (const p of s.partition) {
    const at = tableColumn(target, p.column);
    if (p.value === null) continue;
    const c = target.columns[at];
    fixed.set(at, coerce(env, bindExpr(exprEnv(env, EMPTY_SCOPE, 'PARTITION'), p.value), c?.type ?? { kind: 'varchar' }, 'assignment', p.value.span, c?.name));
  }
  const open = all.filter((i) => !fixed.has(i));
  const wanted = s.columns.length === 0 ? open : s.columns.map((id) => {
    const at = tableColumn(target, id);
    requireWritable(target, at, id);
    return at;
  });
  const repeated = wanted.findIndex((at, i) => wanted.indexOf(at) !== i);
  if (repeated >= 0) throw new SqlError('duplicate_column', `column "${s.columns[repeated]?.name ?? ''}" specified more than once`, { span: s.columns[repeated]?.span });
  const given = bindSource(env, s, target, wanted);
  const plan = completed(env, target, given, all, wanted.slice(0, given.schema.length), fixed);
  const endless = isEndless(plan);
  if (s.overwrite && (target.connector !== null || endless)) requireOverwritable(target, plan, endless, s);
  const returning = bindReturning(env, target, s.returning);
  if (returning !== null && target.connector !== null) throw notSupported('RETURNING from a connector table', s.returning[0]?.span, 'Only stored tables return rows.');
  if (returning !== null && endless) throw notSupported('RETURNING of an endless query', s.returning[0]?.span, 'Read the table, or add LIMIT.');
  return {
    kind: 'insert', target, mode: target.connector !== null || endless ? 'job' : 'dml', plan, columns: all, overwrite: s.overwrite, options,
    conflict: s.onConflict === null ? null : bindConflict(env, target, s.onConflict), returning, emit: s.source?.emit?.mode ?? null, reads: readsOf(plan, env.notes),
  };
}

/** What was there goes when all that is new is there: the query has to end. */
function requireOverwritable(target: TableObject, plan: LogicalPlan, endless: boolean, s: InsertStatement): void {
  if (endless) throw notSupported('INSERT OVERWRITE of an endless query', s.span, 'Add LIMIT or an end to its sources, or append with INSERT INTO.');
  eachNode(plan, (p) => {
    if (p.kind !== 'scan' || p.relation.kind === 'connector') return;
    throw notSupported(`INSERT OVERWRITE of connector table "${target.name}" from stored tables and views`, s.span, 'A job that reads them does not end: write them out with COPY (SELECT …) TO STDOUT, or keep a sink on them.');
  });
}

function targetOptions(env: QueryEnv, target: TableObject, hints: readonly Hint[]): Options {
  if (target.connector === null) return {};
  const hinted = Object.fromEntries(hints.filter((h) => h.name === 'OPTIONS').flatMap((h) => h.options.map((o) => [o.key, o.value])));
  const { connector, options } = tableOptions(env, target, hinted);
  if (connector.sink === undefined) throw new SqlError('wrong_object_type', `cannot insert into table "${target.name}": connector "${connector.name}" only reads`);
  connector.validate?.(options, target.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable })), 'sink');
  return options;
}

/** The rows given, as a plan over the wanted columns' types (fewer columns than wanted leave the rest to defaults). */
function bindSource(env: QueryEnv, s: InsertStatement, target: TableObject, wanted: readonly number[]): LogicalPlan {
  const { source } = s;
  if (source === null) return { kind: 'values', rows: [[]], schema: [] };
  const types = wanted.map((i) => target.columns[i]?.type ?? ({ kind: 'varchar' } satisfies SqlType));
  const names = wanted.map((i) => target.columns[i]?.name ?? '');
  const plain = source.body.kind === 'values' && source.with === null && source.orderBy.length === 0 && source.limit === null && source.offset === null;
  if (plain && source.body.kind === 'values') return bindValueRows(env, source.body.rows, target, wanted, s);
  const plan = bindWholeQuery(source, env, false);
  checkCount(plan.schema.length, wanted.length, s, source.span, source.body.kind === 'select' ? source.body.items[wanted.length]?.span : undefined);
  const wantedTypes = types.slice(0, plan.schema.length);
  const rule = lengthRule(env, target);
  if (rule === 'error') return castColumns(env, plan, wantedTypes, 'assignment', names);
  const whole = castColumns(env, plan, wantedTypes.map(withoutLengths), 'assignment', names);
  // A written cast cuts and fills where an assignment fails.
  if (rule === 'trim_pad') return castColumns(env, whole, wantedTypes, 'explicit', names);
  const exprs = whole.schema.map((f, i) => unchecked(env, column(i, f.type, f.nullable), wantedTypes[i] ?? f.type));
  return { kind: 'project', input: whole, exprs, schema: whole.schema.map((f, i) => ({ ...f, type: wantedTypes[i] ?? f.type })) };
}

const lengthRule = (env: QueryEnv, target: TableObject): LengthRule => (target.connector === null ? 'error' : (env.cx.lengths ?? 'error'));

/** A value of any length as the column's, whatever that says. */
function unchecked(env: QueryEnv, e: Expr, type: SqlType): Expr {
  if (typeEquals(typeOf(e), type)) return e;
  const { def, overload } = resolveScalar(env.cx.functions, 'assign_unchecked', [typeOf(e)]);
  return { kind: 'call', name: def.name, overload, args: [e], type, nullable: isNullable(e) };
}

/** A value of VALUES as the column's. */
function valueFor(env: QueryEnv, inner: ExprEnv, e: Ast, c: TableObject['columns'][number], target: TableObject): Expr {
  const bound = bindExpr(inner, e);
  const rule = lengthRule(env, target);
  if (rule === 'error') return coerce(inner, bound, c.type, 'assignment', e.span, c.name);
  const whole = coerce(inner, bound, withoutLengths(c.type), 'assignment', e.span, c.name);
  return rule === 'trim_pad' ? coerce(inner, whole, c.type, 'explicit', e.span, c.name) : unchecked(env, whole, c.type);
}

function checkCount(given: number, wanted: number, s: InsertStatement, span: Ast['span'], extra: Ast['span'] | undefined): void {
  if (given > wanted) throw new SqlError('syntax_error', 'INSERT has more expressions than target columns', { span: extra ?? span });
  if (given < wanted && s.columns.length > 0) throw new SqlError('syntax_error', 'INSERT has more target columns than expressions', { span: s.columns[given]?.span ?? span });
}

function bindValueRows(env: QueryEnv, rows: readonly (readonly Ast[])[], target: TableObject, wanted: readonly number[], s: InsertStatement): LogicalPlan {
  const inner = exprEnv(env, EMPTY_SCOPE, 'VALUES');
  const width = rows[0]?.length ?? 0;
  const made = rows.map((row) => {
    if (row.length !== width) throw new SqlError('syntax_error', 'VALUES lists must all be the same length', { span: row[0]?.span ?? s.span });
    checkCount(row.length, wanted.length, s, row[0]?.span ?? s.span, row[wanted.length]?.span);
    return row.map((e, i) => {
      const c = target.columns[wanted[i] ?? -1];
      if (c === undefined) throw new SqlError('syntax_error', 'INSERT has more expressions than target columns', { span: e.span });
      if (e.kind === 'default') return defaultOf(env, target, c);
      return valueFor(env, inner, e, c, target);
    });
  });
  const schema = Array.from({ length: width }, (_, i) => {
    const c = target.columns[wanted[i] ?? -1];
    return { name: c?.name ?? '', type: c?.type ?? ({ kind: 'varchar' } satisfies SqlType), nullable: made.some((r) => r[i] === undefined || isNullable(r[i])) };
  });
  return { kind: 'values', rows: made, schema };
}

/** Puts the given columns where the table has them, with defaults for the others. */
function completed(env: QueryEnv, target: TableObject, given: LogicalPlan, all: readonly number[], wanted: readonly number[], fixed: ReadonlyMap<number, Expr>): LogicalPlan {
  if (fixed.size === 0 && wanted.length === all.length && wanted.every((at, i) => at === all[i])) return { ...given, schema: given.schema.map((f, i) => ({ ...f, name: target.columns[all[i] ?? -1]?.name ?? f.name })) };
  const exprs = all.map((at): Expr => {
    const i = wanted.indexOf(at);
    const f = given.schema[i];
    const c = target.columns[at];
    if (f !== undefined) return column(i, f.type, f.nullable);
    const constant = fixed.get(at);
    if (constant !== undefined) return constant;
    if (c === undefined) throw new SqlError('undefined_column', `column ${at + 1} does not exist`);
    return defaultOf(env, target, c);
  });
  const schema = exprs.map((e, i) => ({ name: target.columns[all[i] ?? -1]?.name ?? '', type: typeOf(e), nullable: isNullable(e) }));
  return { kind: 'project', input: given, exprs, schema };
}

function rowScope(target: TableObject, name: string, from: number): Scope {
  const columns = target.columns.filter((c) => c.kind === 'physical').map((c, i) => ({ name: c.name, index: from + i, type: c.type, nullable: c.nullable }));
  return { columns, relations: [{ name, schema: target.schema, columns, oid: target.id }], width: from + columns.length, parent: null };
}

/** null: nothing can be in conflict. */
function bindConflict(env: QueryEnv, target: TableObject, c: OnConflict): ConflictAction | null {
  if (target.connector !== null) return sinkConflict(target, c);
  const named = c.columns.map((id) => tableColumn(target, id));
  const uniques = target.uniques ?? [];
  const fits = (key: readonly number[]): boolean => named.length === key.length && named.every((i) => key.includes(i));
  const onKey = target.primaryKey !== null && (named.length === 0 ? c.action !== 'nothing' || uniques.length === 0 : fits(target.primaryKey.columns));
  const unique = onKey ? undefined : uniques.find((u) => fits(u.columns));
  const any = named.length === 0 && c.action === 'nothing' && uniques.length > 0;
  if (!onKey && unique === undefined && !any) {
    if (named.length === 0 && c.action === 'nothing') return null;
    throw new SqlError('invalid_column_reference', 'there is no unique or exclusion constraint matching the ON CONFLICT specification', { span: c.span });
  }
  const by = any ? { by: 'any' as const } : unique === undefined ? {} : { by: unique };
  if (c.action === 'nothing') return { action: 'nothing', row: null, where: null, ...by };
  if (c.action === 'error') return { action: 'error', row: null, where: null };
  if (c.action === 'deduplicate') throw notSupported('ON CONFLICT DO DEDUPLICATE', c.span, 'Use DO NOTHING or DO UPDATE.');
  const own = rowScope(target, target.name, 0);
  const proposed = rowScope(target, 'excluded', own.width);
  const scope: Scope = { columns: own.columns, relations: [...own.relations, ...proposed.relations], width: own.width + proposed.columns.length, parent: null };
  const inner: ExprEnv = { ...exprEnv(env, scope, 'ON CONFLICT DO UPDATE') };
  const where = c.where === null ? null : toBoolean(inner, bindExpr(inner, c.where), 'WHERE', c.where.span);
  return { action: 'update', row: assigned(env, inner, target, c.set), where, ...by };
}

/**
 * What becomes of rows that meet in a sink's key. All are kept and one is shown, the newest (DEDUPLICATE) or the oldest
 * (NOTHING); the next when it is taken back. ERROR fails the job.
 */
function sinkConflict(target: TableObject, c: OnConflict): ConflictAction {
  if (target.primaryKey === null) throw new SqlError('invalid_column_reference', `ON CONFLICT needs a primary key of "${target.name}"`, { span: c.span, hint: 'Declare PRIMARY KEY (…) NOT ENFORCED.' });
  if (c.columns.length > 0) throw notSupported('columns in ON CONFLICT of a connector table', c.columns[0]?.span, 'It is always the primary key: write ON CONFLICT DO ….');
  if (c.action === 'deduplicate') return { action: 'deduplicate', row: null, where: null };
  if (c.action === 'error') return { action: 'error', row: null, where: null };
  if (c.action === 'nothing') return { action: 'nothing', row: null, where: null };
  throw notSupported(`ON CONFLICT DO ${c.action.toUpperCase()} on a connector table`, c.span, 'DO DEDUPLICATE shows the newest of the rows, DO NOTHING the oldest, DO ERROR fails the job.');
}

const wrongCount = (span: Ast['span']): SqlError => new SqlError('syntax_error', 'number of columns does not match number of values', { span });

/** The new row: assigned values, and the old ones where nothing is assigned. */
export function assigned(env: QueryEnv, inner: ExprEnv, target: TableObject, set: readonly Assignment[]): Expr[] {
  const values = new Map<number, Expr>();
  const put = (id: Identifier, value: Expr | 'default', span: Ast['span']): void => {
    const at = tableColumn(target, id);
    requireWritable(target, at, id);
    const c = target.columns[at];
    if (c === undefined) return;
    if (values.has(at)) throw new SqlError('syntax_error', `multiple assignments to same column "${c.name}"`, { span: id.span });
    values.set(at, value === 'default' ? defaultOf(env, target, c) : coerce(inner, value, c.type, 'assignment', span, c.name));
  };
  for (const a of set) {
    const [only] = a.columns;
    if (only !== undefined && a.columns.length === 1) {
      put(only, a.value.kind === 'default' ? 'default' : bindExpr(inner, a.value), a.value.span);
      continue;
    }
    if (a.value.kind === 'subquery') {
      const { span } = a.value;
      const values = bindRowQuery(inner, a.value.query);
      if (values.length !== a.columns.length) throw wrongCount(a.span);
      a.columns.forEach((id, i) => {
        const value = values[i];
        if (value !== undefined) put(id, value, span);
      });
      continue;
    }
    if (a.value.kind !== 'row') throw new SqlError('feature_not_supported', 'source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression', { span: a.span });
    const { items } = a.value;
    if (items.length !== a.columns.length) throw wrongCount(a.span);
    a.columns.forEach((id, i) => {
      const item = items[i];
      if (item !== undefined) put(id, item.kind === 'default' ? 'default' : bindExpr(inner, item), item.span);
    });
  }
  let n = 0;
  return target.columns.flatMap((c, at): Expr[] => {
    if (c.kind !== 'physical') return [];
    const old = column(n++, c.type, c.nullable);
    return [values.get(at) ?? old];
  });
}

export function bindReturning(env: QueryEnv, target: TableObject, items: readonly SelectItem[], alias: TableAlias | Identifier | null = null): Returning | null {
  if (items.length === 0) return null;
  const name = alias === null ? target.name : typeof alias.name === 'string' ? alias.name : alias.name.name;
  const scope = rowScope(target, name, 0);
  const inner: ExprEnv = { ...exprEnv(env, scope, 'RETURNING'), allowed: nothing('RETURNING') };
  const bound = expandItems(inner, items, true);
  return { exprs: bound.map((i) => i.expr), schema: bound.map((i) => ({ name: i.name, type: typeOf(i.expr), nullable: isNullable(i.expr) })) };
}
