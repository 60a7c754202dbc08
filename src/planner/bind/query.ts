import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { Span } from '../../common/span.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { commonTypeOf } from '../../functions/common-type.ts';
import type { CastContext } from '../../functions/types.ts';
import { typeName } from '../../common/types/sql-type.ts';
import type { CommonTable, OrderItem, Query, QueryBody, SetOperation, Values, WithClause } from '../../parser/ast.ts';
import { column, type Expr, type SortKey } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
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
    if (clause.recursive && mentions(table, table.name.name)) {
      throw notSupported('WITH RECURSIVE', table.span, 'Unroll the recursion to a fixed depth with joins.');
    }
    const plan = bindQuery(table.query, at);
    const tables: CommonTables = { name: table.name.name, plan: named(plan, table), depth: depthOf(env.parent), next: at.tables };
    at = { ...at, tables };
  }
  return at;
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
  if (plan.kind === 'project') return { ...plan, schema };
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
  const sides = [op.left, op.right].map((side) => bindAny(env, side));
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

function itemSpan(body: QueryBody, i: number): Span {
  return body.kind === 'select' ? (body.items[i]?.expr.span ?? body.span) : body.span;
}

/** The plan with its columns cast. Literals are read as the target says. `columns` names them, for messages. */
export function castColumns(env: QueryEnv, plan: LogicalPlan, types: readonly SqlType[], context: CastContext, columns?: readonly string[]): LogicalPlan {
  const changes = plan.schema.some((f, i) => !typeEquals(f.type, types[i] ?? f.type));
  if (!changes && plan.schema.length <= types.length) return plan;
  const inPlace = plan.kind === 'project';
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
