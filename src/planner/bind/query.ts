import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { Span } from '../../common/span.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { commonTypeOf } from '../../functions/common-type.ts';
import type { CastContext } from '../../functions/types.ts';
import { typeName } from '../../common/types/sql-type.ts';
import type { CommonTable, OrderItem, Query, QueryBody, SetOperation, Values, WithClause } from '../../parser/ast-queries.ts';
import type { Identifier } from '../../parser/ast.ts';
import { matchName } from '../../catalog/names.ts';
import { column, type Expr, type SortKey } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import { isVarying } from '../volatility.ts';
import { planInputs } from '../walk.ts';
import { coerce, isNullable, settle, unify } from './coerce.ts';
import { Notes, type BindContext } from './context.ts';
import type { CommonTables, QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { sortKey } from './aggregate-calls.ts';
import { bindSelect, dropHidden, limitValue, ordinal } from './select.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { schemaScope } from './tables.ts';
import { bindTableName, depthOf, exprEnv } from './sources.ts';

/** An environment for a statement of its own. */
export function topEnv(cx: BindContext, notes: Notes = new Notes()): QueryEnv {
  return { cx, notes, parent: null, tables: null, bindQuery };
}

/** The plan of a query inside another statement or query. Errors: feature_not_supported for an EMIT clause there. */
export function bindQuery(query: Query, env: QueryEnv): LogicalPlan {
  if (query.emit !== null) throw notSupported('EMIT in a subquery', query.emit.span, 'EMIT belongs at the end of the whole query.');
  return bindWholeQuery(query, env, true);
}

/** As `bindQuery`, the EMIT clause being the caller's. `typed` as in `bindSelect`. */
export function bindWholeQuery(query: Query, env: QueryEnv, typed: boolean): LogicalPlan {
  const inner = query.with === null ? env : withTables(env, query.with);
  const { body } = query;
  const sorted = body.kind === 'select' ? bindSelect(inner, body, query.orderBy, typed) : withOrder(inner, bindBody(body, inner, typed), body, query.orderBy);
  let { plan } = sorted;
  if (sorted.order.length > 0) plan = { kind: 'sort', input: plan, keys: sorted.order, schema: plan.schema };
  const limit = limitValue(inner, query.limit, 'LIMIT', EMPTY_SCOPE);
  const offset = limitValue(inner, query.offset, 'OFFSET', EMPTY_SCOPE);
  if (query.withTies && sorted.order.length === 0) throw new SqlError('syntax_error', 'WITH TIES cannot be specified without ORDER BY clause', { span: query.span });
  if (limit !== null || offset !== null) plan = { kind: 'limit', input: plan, limit, offset, withTies: query.withTies, schema: plan.schema };
  return dropHidden(plan, sorted.visible);
}

export function withTables(env: QueryEnv, clause: WithClause): QueryEnv {
  const seen = new Set<string>();
  let at = env;
  for (const table of clause.tables) {
    if (seen.has(table.name.name)) throw new SqlError('duplicate_alias', `WITH query name "${table.name.name}" specified more than once`, { span: table.name.span });
    seen.add(table.name.name);
    const plan = clause.recursive && mentions(table.query, table.name.name) ? bindRecursive(at, table) : named(bindQuery(table.query, at), table);
    const tables: CommonTables = { name: table.name.name, plan: drawnOnce(plan, table, env), reads: { count: 0 }, depth: depthOf(env.parent), next: at.tables };
    at = { ...at, tables };
  }
  return at;
}

/** Random numbers of a WITH query are the same wherever it is read. */
function drawnOnce(plan: LogicalPlan, table: CommonTable, env: QueryEnv): LogicalPlan {
  if (!isVarying(plan, env.cx.functions)) return plan;
  const { schema } = plan;
  return { kind: 'project', input: plan, exprs: schema.map((f, i) => column(i, f.type, f.nullable)), schema, once: { name: table.name.name, span: table.name.span } };
}

/**
 * `base UNION [ALL] step`, where only the step reads the table itself.
 * Errors: invalid_recursion, datatype_mismatch, feature_not_supported.
 */
function bindRecursive(env: QueryEnv, table: CommonTable): LogicalPlan {
  const { query, span } = table;
  const { name } = table.name;
  const inner = query.with === null ? env : withTables(env, query.with);
  const { body } = query;
  if (body.kind !== 'setOperation' || body.operator !== 'union') {
    throw new SqlError('invalid_recursion', `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`, { span });
  }
  if (query.orderBy.length > 0 || query.limit !== null || query.offset !== null) throw notSupported('ORDER BY, LIMIT or OFFSET in a recursive query', span, 'Put it into the query that reads the recursive one.');
  if (body.corresponding !== undefined) throw notSupported('CORRESPONDING in a recursive query', body.span, 'List the columns in both queries.');
  if (mentions(body.left, name)) throw new SqlError('invalid_recursion', `recursive reference to query "${name}" must not appear within its non-recursive term`, { span });
  const first = bindAny(inner, body.left);
  const types = first.schema.map((f): SqlType => (f.type.kind === 'unknown' ? { kind: 'varchar' } : f.type));
  const base = named(castColumns(env, first, types, 'implicit'), table);
  // What the step gives may be NULL where the base never is.
  const schema = base.schema.map((f) => ({ ...f, nullable: true }));
  const id = `${name}@${table.name.span.start}`;
  const working: LogicalPlan = { kind: 'workingTable', name, id, schema };
  const found = bindAny({ ...inner, tables: { name, plan: working, reads: { count: 0 }, depth: depthOf(env.parent), next: inner.tables } }, body.right);
  checkRecursiveUse(found, id, name, span);
  if (found.schema.length !== schema.length) throw new SqlError('syntax_error', 'each UNION query must have the same number of columns', { span: body.right.span });
  found.schema.forEach((f, i) => {
    const own = schema[i]?.type ?? f.type;
    const common = commonTypeOf(own, f.type);
    if (common !== undefined && typeEquals(common, own)) return;
    throw new SqlError('datatype_mismatch', `recursive query "${name}" column ${i + 1} has type ${typeName(own)} in non-recursive term but type ${typeName(common ?? f.type)} overall`, {
      span: itemSpan(body.left, i), hint: 'Cast the output of the non-recursive term to the correct type.',
    });
  });
  return { kind: 'recursive', name, id, base, step: castColumns(env, found, types, 'implicit'), all: body.all, schema, span };
}

/** What a step that sees only the rows found last can't be asked. */
function checkRecursiveUse(step: LogicalPlan, id: string, name: string, span: Span): void {
  const reads = (p: LogicalPlan): number => (p.kind === 'workingTable' && p.id === id ? 1 : planInputs(p).reduce((n, input) => n + reads(input), 0));
  const within = (what: string): SqlError => new SqlError('invalid_recursion', `recursive reference to query "${name}" must not appear within ${what}`, { span });
  const visit = (p: LogicalPlan): void => {
    if (reads(p) === 0) return;
    if (p.kind === 'aggregate') throw new SqlError('invalid_recursion', "aggregate functions are not allowed in a recursive query's recursive term", { span });
    if (p.kind === 'join' && ((p.type !== 'inner' && p.type !== 'left' && reads(p.left) > 0) || (p.type !== 'inner' && p.type !== 'right' && reads(p.right) > 0))) throw within('an outer join');
    if (p.kind === 'setOp' && p.op !== 'union' && p.inputs.slice(1).some((input) => reads(input) > 0)) throw within(p.op.toUpperCase());
    planInputs(p).forEach(visit);
  };
  if (reads(step) > 1) throw new SqlError('invalid_recursion', `recursive reference to query "${name}" must not appear more than once`, { span });
  if (reads(step) === 0) throw within('a subquery');
  visit(step);
}

function named(plan: LogicalPlan, table: CommonTable): LogicalPlan {
  const names = table.columns.map((c) => c.name);
  if (names.length === 0) return plan;
  if (names.length > plan.schema.length) {
    throw new SqlError('invalid_column_reference', `WITH query "${table.name.name}" has ${plan.schema.length} columns available but ${names.length} columns specified`, { span: table.span });
  }
  return withNames(plan, plan.schema.map((f, i) => names[i] ?? f.name));
}

/** The plan under other column names. */
export function withNames(plan: LogicalPlan, names: readonly string[]): LogicalPlan {
  const schema = plan.schema.map((f, i) => ({ ...f, name: names[i] ?? f.name }));
  if (plan.kind === 'project' && plan.once === undefined) return { ...plan, schema };
  return { kind: 'project', input: plan, exprs: plan.schema.map((f, i) => column(i, f.type, f.nullable)), schema };
}

/** Whether a table of this name is read anywhere inside. */
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((n) => mentions(n, name));
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && (node.kind === 'table' || node.kind === 'tableQuery') && 'name' in node && isNamed(node.name, name)) return true;
  return Object.values(node).some((n) => mentions(n, name));
}

function isNamed(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null || !('parts' in value) || !Array.isArray(value.parts)) return false;
  const parts: readonly unknown[] = value.parts;
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' && only !== null && 'name' in only && typeof only.name === 'string' && only.name.toLowerCase() === name.toLowerCase();
}

function bindBody(body: Exclude<QueryBody, { kind: 'select' }>, env: QueryEnv, typed: boolean): LogicalPlan {
  switch (body.kind) {
    case 'query':
      if (body.emit !== null) return bindQuery(body, env);
      return bindWholeQuery(body, env, typed);
    case 'values':
      return bindValues(env, body);
    case 'tableQuery':
      return bindTableName(env, body.name, [], null).plan;
    case 'setOperation':
      return bindSetOperation(env, body);
    default:
      return unreachable(body);
  }
}

function bindAny(env: QueryEnv, body: QueryBody): LogicalPlan {
  if (body.kind !== 'select') return bindBody(body, env, false);
  const { plan, visible } = bindSelect(env, body, [], false);
  return dropHidden(plan, visible);
}

function bindSetOperation(env: QueryEnv, op: SetOperation): LogicalPlan {
  const what = op.operator.toUpperCase();
  const bound = [op.left, op.right].map((side) => bindAny(env, side));
  const sides = op.corresponding === undefined ? bound : byName(bound, op.corresponding, what, op.span);
  const [left, right] = sides;
  if (left === undefined || right === undefined) throw new SqlError('syntax_error', `${what} needs two queries`, { span: op.span });
  if (left.schema.length !== right.schema.length) {
    throw new SqlError('syntax_error', `each ${what} query must have the same number of columns`, { span: op.right.span });
  }
  const types = left.schema.map((f, i): SqlType => {
    const g = right.schema[i] ?? f;
    const common = commonTypeOf(f.type, g.type);
    if (common === undefined) {
      throw new SqlError('datatype_mismatch', `${what} types ${typeName(f.type)} and ${typeName(g.type)} cannot be matched`, { span: itemSpan(op.right, i) });
    }
    return common.kind === 'unknown' ? { kind: 'varchar' } : common;
  });
  const inputs = [castColumns(env, left, types, 'implicit'), castColumns(env, right, types, 'implicit')];
  const schema: Schema = left.schema.map((f, i) => ({
    name: f.name,
    type: types[i] ?? f.type,
    nullable: op.operator === 'union' ? f.nullable || (right.schema[i]?.nullable ?? true) : f.nullable,
  }));
  const flat = op.operator === 'union' && op.all ? inputs.flatMap((p) => (p.kind === 'setOp' && p.op === 'union' && p.all ? p.inputs : [p])) : inputs;
  return { kind: 'setOp', op: op.operator, all: op.all, inputs: flat, schema };
}

/** CORRESPONDING: the columns of these names, or of those that both sides have in the left one's order. Errors: undefined_column, ambiguous_column, syntax_error. */
function byName(sides: readonly LogicalPlan[], by: readonly Identifier[], what: string, span: Span): LogicalPlan[] {
  const [left, right] = sides.map((p) => p.schema.map((f) => f.name));
  const wanted = by.length > 0 ? by : (left ?? []).filter((name) => right?.includes(name) ?? false).map((name): Identifier => ({ name, quoted: true, span }));
  if (wanted.length === 0) throw new SqlError('syntax_error', `${what} CORRESPONDING needs a column that both queries have`, { span });
  const twice = wanted.find((id, i) => wanted.some((other, j) => j < i && other.name === id.name));
  if (twice !== undefined) throw new SqlError('duplicate_column', `column "${twice.name}" specified more than once`, { span: twice.span });
  return sides.map((side) => {
    const at = wanted.map((id) => {
      const names = side.schema.map((f) => f.name);
      const match = matchName(id, names);
      if (match.kind === 'none') throw new SqlError('undefined_column', `column "${id.name}" of ${what} CORRESPONDING does not exist in both queries`, { span: id.span });
      if (match.kind === 'several' || names.filter((n) => n === match.name).length > 1) throw new SqlError('ambiguous_column', `column reference "${id.name}" is ambiguous`, { span: id.span });
      return names.indexOf(match.name);
    });
    const schema = at.flatMap((i) => side.schema.slice(i, i + 1));
    return { kind: 'project', input: side, exprs: schema.map((f, n) => ({ kind: 'column', index: at[n] ?? 0, type: f.type, nullable: f.nullable })), schema };
  });
}

function itemSpan(body: QueryBody, i: number): Span {
  return body.kind === 'select' ? (body.items[i]?.expr.span ?? body.span) : body.span;
}

/** The plan with its columns cast. Literals are read as the target says. `columns` names them, for messages. */
export function castColumns(env: QueryEnv, plan: LogicalPlan, types: readonly SqlType[], context: CastContext, columns?: readonly string[]): LogicalPlan {
  const changes = plan.schema.some((f, i) => !typeEquals(f.type, types[i] ?? f.type));
  if (!changes && plan.schema.length <= types.length) return plan;
  const inPlace = plan.kind === 'project' && plan.once === undefined;
  const exprs = types.map((type, i): Expr => {
    const f = plan.schema[i];
    const own = inPlace ? plan.exprs[i] : undefined;
    const from = own ?? column(i, f?.type ?? type, f?.nullable ?? true);
    return coerce(env, from, type, context, undefined, columns?.[i]);
  });
  const schema = exprs.map((e, i) => ({ name: plan.schema[i]?.name ?? `column${i + 1}`, type: typeOf(e), nullable: isNullable(e) }));
  return { kind: 'project', input: inPlace ? plan.input : plan, exprs, schema };
}

function bindValues(env: QueryEnv, values: Values): LogicalPlan {
  const inner = exprEnv(env, EMPTY_SCOPE, 'VALUES');
  const width = values.rows[0]?.length ?? 0;
  const rows = values.rows.map((row) => {
    if (row.length !== width) throw new SqlError('syntax_error', 'VALUES lists must all be the same length', { span: row[0]?.span ?? values.span });
    return row.map((e) => bindExpr(inner, e));
  });
  const columns = Array.from({ length: width }, (_, c) => unify(inner, rows.map((r) => r[c] as Expr), 'VALUES', values.span));
  const made = rows.map((_, r) => columns.map((c) => c.items[r] as Expr));
  const schema = columns.map((c, i) => ({ name: `column${i + 1}`, type: c.type, nullable: c.items.some(isNullable) }));
  return { kind: 'values', rows: made, schema };
}

interface Ordered {
  readonly plan: LogicalPlan;
  readonly visible: number;
  readonly order: readonly SortKey[];
}

/** ORDER BY over a body that is no SELECT: its output columns are all there is to name. */
function withOrder(env: QueryEnv, plan: LogicalPlan, body: QueryBody, orderBy: readonly OrderItem[]): Ordered {
  const visible = plan.schema.length;
  if (orderBy.length === 0) return { plan, visible, order: [] };
  const scope = schemaScope('', plan.schema);
  const inner = exprEnv(env, scope, 'ORDER BY');
  const items = plan.schema.map((f, i) => ({ name: f.name, expr: column(i, f.type, f.nullable), ast: null }));
  const order = orderBy.map((o) => {
    const at = ordinal(items, o.expr, 'ORDER BY');
    if (at !== undefined) return sortKey(at.expr, o);
    if (body.kind === 'setOperation' && (o.expr.kind !== 'name' || o.expr.parts.length !== 1)) {
      throw new SqlError('feature_not_supported', 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause', {
        span: o.expr.span,
        detail: 'Only result column names can be used, not expressions or functions.',
        hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
      });
    }
    return sortKey(settle(inner, bindExpr(inner, o.expr)), o);
  });
  return { plan, visible, order };
}
