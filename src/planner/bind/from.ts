import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { BIGINT } from '../../common/types/sql-type.ts';
import type { CallExpr, Identifier } from '../../parser/ast.ts';
import type { FunctionTable, JoinTable, NamedTable, TableAlias, TableRef, UnnestTable } from '../../parser/ast-queries.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { JoinType, LogicalPlan } from '../logical.ts';
import { isCorrelated } from '../walk.ts';
import { all, compare } from './calls.ts';
import { settle, toBoolean } from './coerce.ts';
import type { ExprEnv, QueryEnv } from './env.ts';
import { argumentsInOrder } from './named-arguments.ts';
import { bindExpr } from './expr.ts';
import { bindType } from './types.ts';
import { RECORD_FUNCTIONS } from '../../functions/records.ts';
import { asOfJoin, type AsOfParts } from './as-of.ts';
import { positional } from './positional.ts';
import { functionName, plainOnly, tableCall, userTableCall } from './functions.ts';
import { bindTableBody } from './table-bodies.ts';
import { noteUse, userArguments, userFunctionOf } from './user-functions.ts';
import { isVolatile } from '../volatility.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import { inStep } from './parts.ts';
import { EMPTY_SCOPE, type Scope, type ScopeColumn } from './scope.ts';
import { noticeUnknown } from './hints.ts';
import { aliased, bindTableName, exprEnv, type Source } from './sources.ts';
import { joinUsing } from './using.ts';
import { bindWindowTable } from './window-tables.ts';

/** FROM: the plan of its rows, and what names mean over them. */

const ONE_ROW: LogicalPlan = { kind: 'values', rows: [[]], schema: [] };

/** Comma-separated items are cross joins. */
export function bindFrom(env: QueryEnv, items: readonly TableRef[]): Source {
  const [first, ...rest] = items;
  if (first === undefined) return { plan: ONE_ROW, scope: EMPTY_SCOPE };
  let source = bindItem(env, first, null);
  for (const item of rest) source = item.kind === 'table' && item.asOf !== null ? bindJoinWith(env, source, crossJoin(item)) : bindJoinOf(env, source, item, 'inner', item.span);
  return source;
}

/** @param left what stands to the left in FROM, for LATERAL. */
function bindItem(env: QueryEnv, item: TableRef, left: Source | null): Source {
  switch (item.kind) {
    case 'table':
      return bindNamed(env, item);
    case 'subqueryTable': {
      const plan = env.bindQuery(item.query, innerEnv(env, left, item.lateral));
      return aliased(item.alias === null ? plan : (env.ttl?.applied(plan, item.alias.name.name) ?? plan), item.alias, null, null, null);
    }
    case 'functionTable':
      return bindFunctionTable(env, item, left);
    case 'unnest':
      return bindUnnest(env, item, left);
    case 'windowTable':
      return bindWindowTable(env, item);
    case 'join':
      return bindJoin(innerEnv(env, left, mayBeLateral(item)), item);
    case 'matchRecognize':
      throw notSupported('MATCH_RECOGNIZE', item.span);
    default:
      return unreachable(item);
  }
}

/** Inside a lateral item the left side's columns are the nearest enclosing row; inside others they can't be seen. */
function innerEnv(env: QueryEnv, left: Source | null, lateral: boolean): QueryEnv {
  return left === null || !lateral ? env : { ...env, parent: { ...left.scope, parent: env.parent } };
}

function bindNamed(env: QueryEnv, item: NamedTable): Source {
  if (item.asOf !== null) {
    throw notSupported('FOR SYSTEM_TIME AS OF here', item.asOf.span, 'It may follow the table on the right side of JOIN … ON, and names a time of the left side.');
  }
  if (item.sample !== null) throw notSupported('TABLESAMPLE', item.span, 'Filter with random() < fraction.');
  const source = bindTableName(env, item.name, item.hints, item.alias);
  noticeUnknown(env, item.hints);
  const name = item.alias?.name.name ?? item.name.parts.at(-1)?.name ?? '';
  return env.ttl === undefined ? source : { ...source, plan: env.ttl.applied(source.plan, name) };
}

function bindFunctionTable(env: QueryEnv, item: FunctionTable, left: Source | null): Source {
  const inner = exprEnv(innerEnv(env, left, true), EMPTY_SCOPE, 'functions in FROM');
  const mine = userFunctionOf(inner, item.call, bindExpr);
  if (mine !== undefined) return bindUserTable(env, inner, mine, item);
  const name = functionName(item.call);
  const span = item.call.span;
  const defined = item.alias?.columnDefs ?? [];
  const populate = RECORD_FUNCTIONS.get(name);
  if (defined.length > 0 && populate === undefined) {
    throw new SqlError('syntax_error', 'a column definition list is only allowed for functions returning "record"', { span: item.alias?.span ?? span });
  }
  if (populate !== undefined) return recordTable(env, inner, item, populate);
  if (name === 'snapshot') {
    throw notSupported('SNAPSHOT(…)', span, 'Keep the table as a stored table or a materialized view and join it FOR SYSTEM_TIME AS OF PROCTIME(): it is complete before the first row is looked up.');
  }
  plainOnly(item.call);
  const args = argumentsInOrder(name, item.call.args, span).map((a) => bindExpr(inner, a));
  const def = env.cx.functions.find(name);
  if (def !== undefined && def.kind !== 'table') return scalarTable(env, inner, item, item.call);
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if (!('columns' in found)) throw new SqlError('wrong_object_type', `${name} is not a table function`, { span });
  const call = tableCall(inner, found, args, span, item.withOrdinality);
  const plan: LogicalPlan = { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args, ordinality: call.ordinality, schema: call.schema };
  return singleColumnNamed(aliased(plan, item.alias, item.call.name.parts.at(-1)?.name ?? name, null, null), item.alias, item.withOrdinality);
}

/** `jsonb_to_recordset(j) AS t(a int, b text)`: the function that takes a row type, with the one that the list makes. */
function recordTable(env: QueryEnv, inner: ExprEnv, item: FunctionTable, populate: string): Source {
  const { span } = item.call;
  const fields = (item.alias?.columnDefs ?? []).map((c) => ({ name: c.name.name, type: bindType(c.type) }));
  if (fields.length === 0) throw new SqlError('syntax_error', 'a column definition list is required for functions returning "record"', { span, hint: 'Write … AS t(a int, b text).' });
  plainOnly(item.call);
  const base: Expr = { kind: 'literal', value: null, type: { kind: 'row', fields } };
  const args = [base, ...positional(item.call.args).map((a) => bindExpr(inner, a))];
  const found = resolveFunction(env.cx.functions, populate, args.map((a) => typeOf(a)), span);
  if (!('columns' in found)) throw new SqlError('wrong_object_type', `${populate} is not a table function`, { span });
  const call = tableCall(inner, found, args, span, item.withOrdinality);
  const plan: LogicalPlan = { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args, ordinality: call.ordinality, schema: call.schema };
  return aliased(plan, item.alias, populate, null, null);
}

/** FROM f(…), of the user's. */
function bindUserTable(env: QueryEnv, inner: ExprEnv, f: FunctionObject, item: FunctionTable): Source {
  const { call, alias, withOrdinality } = item;
  if (alias !== null && alias.columnDefs.length > 0) throw notSupported('a column definition list', alias.span, 'Call a function whose columns are known.');
  plainOnly(call);
  if (f.form !== 'table') return scalarTable(env, inner, item, call);
  noteUse(env, f);
  let plan: LogicalPlan;
  if (f.language !== 'sql') {
    const made = userTableCall(inner, f, call, bindExpr, withOrdinality);
    plan = { kind: 'tableFunction', name: made.name, overload: made.overload, args: made.args, ordinality: made.ordinality, schema: made.schema };
  } else {
    if (withOrdinality) throw notSupported('WITH ORDINALITY of a table function in SQL', call.span, 'Number the rows with ROW_NUMBER().');
    plan = inlinedTable(env, inner, f, call);
  }
  return singleColumnNamed(aliased(plan, alias, call.name.parts.at(-1)?.name ?? f.name, null, null), alias, withOrdinality);
}

/** The row of arguments beside the function's query, of which the query's columns remain. */
function inlinedTable(env: QueryEnv, inner: ExprEnv, f: FunctionObject, call: CallExpr): LogicalPlan {
  const args = userArguments(inner, f, call, bindExpr);
  for (const [i, arg] of args.entries()) {
    if (isVolatile(arg, env.cx.functions)) throw notSupported(`a volatile argument of function ${f.name}`, call.args[i]?.value.span, 'Compute the argument in a subquery first.');
  }
  const row = f.params.map((p, i) => ({ name: p.name ?? `$${i + 1}`, type: p.type, nullable: true }));
  const left: LogicalPlan = { kind: 'project', input: ONE_ROW, exprs: args, schema: row };
  const body = bindTableBody(env, f, call.span);
  const guarded: LogicalPlan = !f.strict || f.params.length === 0 ? left : { kind: 'filter', input: left, condition: all('and', row.map((c, i): Expr => ({ kind: 'isNull', arg: column(i, c.type, true), negated: true }))) , schema: row };
  const joined = joinPlan('inner', guarded, body, null, isCorrelated(body), call.span);
  const schema = (f.columns ?? []).map((c) => ({ name: c.name, type: c.type, nullable: true }));
  return { kind: 'project', input: joined, exprs: schema.map((c, i) => column(row.length + i, c.type, true)), schema };
}

/** `FROM generate_series(1, 3) AS n`: the only column takes the alias's name. */
function singleColumnNamed(source: Source, alias: TableAlias | null, ordinality: boolean): Source {
  if (alias === null || alias.columns.length > 0 || source.plan.schema.length !== (ordinality ? 2 : 1)) return source;
  const columns = source.scope.columns.map((c, i) => (i === 0 ? { ...c, name: alias.name.name } : c));
  const relations = source.scope.relations.map((r) => ({ ...r, columns }));
  return { plan: source.plan, scope: { ...source.scope, columns, relations } };
}

/** A function that gives one value, as a table of one row. */
function scalarTable(env: QueryEnv, inner: ExprEnv, item: FunctionTable, call: CallExpr): Source {
  const value = settle({ cx: env.cx, notes: env.notes }, bindExpr(inner, call));
  const name = call.name.parts.at(-1)?.name ?? 'value';
  const exprs: Expr[] = [value];
  const schema = [{ name, type: typeOf(value), nullable: true }];
  if (item.withOrdinality) {
    exprs.push({ kind: 'literal', value: 1n, type: BIGINT });
    schema.push({ name: 'ordinality', type: BIGINT, nullable: false });
  }
  const plan: LogicalPlan = { kind: 'project', input: ONE_ROW, exprs, schema };
  return singleColumnNamed(aliased(plan, item.alias, name, null, null), item.alias, item.withOrdinality);
}

function bindUnnest(env: QueryEnv, item: UnnestTable, left: Source | null): Source {
  const inner = exprEnv(innerEnv(env, left, true), EMPTY_SCOPE, 'UNNEST');
  const several = item.args.length > 1;
  const plans = item.args.map((a): LogicalPlan => {
    const arg = bindExpr(inner, a);
    const found = resolveFunction(env.cx.functions, 'unnest', [typeOf(arg)], item.span);
    if (!('columns' in found)) throw new SqlError('wrong_object_type', 'unnest is not a table function', { span: item.span });
    const call = tableCall(inner, found, [arg], item.span, item.withOrdinality || several);
    return { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args, ordinality: call.ordinality, schema: call.schema };
  });
  // Several run in step, the shorter ones filled up with NULLs.
  const plan = several ? inStep(env.cx.functions, plans, item.withOrdinality) : (plans[0] ?? ONE_ROW);
  return singleColumnNamed(aliased(plan, item.alias, 'unnest', null, null), item.alias, item.withOrdinality);
}

// ----------------------------------------------------------------------------------------------------------- joins

/** The two sides' scopes side by side. Errors: duplicate_alias. */
function besides(left: Scope, right: Scope, span: Span): Scope {
  const shift = left.width;
  const moved = new Map<ScopeColumn, ScopeColumn>();
  const move = (c: ScopeColumn): ScopeColumn => {
    const known = moved.get(c);
    if (known !== undefined) return known;
    const made = { ...c, index: c.index + shift };
    moved.set(c, made);
    return made;
  };
  const relations = right.relations.map((r) => ({ ...r, columns: r.columns.map(move) }));
  for (const r of relations) {
    if (left.relations.some((l) => l.name === r.name && (l.schema === r.schema || l.schema === null || r.schema === null))) {
      throw new SqlError('duplicate_alias', `table name "${r.name}" specified more than once`, { span });
    }
  }
  return { columns: [...left.columns, ...right.columns.map(move)], relations: [...left.relations, ...relations], width: left.width + right.width, parent: null };
}

function nullable(scope: Scope, from: number, to: number): Scope {
  const made = new Map<ScopeColumn, ScopeColumn>();
  const map = (c: ScopeColumn): ScopeColumn => {
    if (c.index < from || c.index >= to) return c;
    let known = made.get(c);
    if (known === undefined) made.set(c, (known = { ...c, nullable: true }));
    return known;
  };
  return { ...scope, columns: scope.columns.map(map), relations: scope.relations.map((r) => ({ ...r, columns: r.columns.map(map) })) };
}

function joinPlan(type: JoinType, left: LogicalPlan, right: LogicalPlan, condition: Expr | null, lateral: boolean, span: Span): LogicalPlan {
  const padLeft = type === 'right' || type === 'full';
  const padRight = type === 'left' || type === 'full';
  const schema = [
    ...left.schema.map((f) => ({ ...f, nullable: f.nullable || padLeft })),
    ...right.schema.map((f) => ({ ...f, nullable: f.nullable || padRight })),
  ];
  return { kind: 'join', type, left, right, condition, lateral, schema, span };
}

function mayBeLateral(item: TableRef): boolean {
  if (item.kind === 'join') return mayBeLateral(item.left) || mayBeLateral(item.right);
  return item.kind === 'functionTable' || item.kind === 'unnest' || (item.kind === 'subqueryTable' && item.lateral);
}

/** Whether the right side really reads the left: only then is the join lateral in the plan. */
function sides(env: QueryEnv, left: Source, item: TableRef): { readonly right: Source; readonly lateral: boolean } {
  const right = bindItem(env, item, left);
  return { right, lateral: mayBeLateral(item) && isCorrelated(right.plan) };
}

function bindJoinOf(env: QueryEnv, left: Source, item: TableRef, type: 'inner', span: Span): Source {
  const { right, lateral } = sides(env, left, item);
  const scope = besides(left.scope, right.scope, span);
  return { plan: joinPlan(type, left.plan, right.plan, null, lateral, span), scope };
}

function bindJoin(env: QueryEnv, item: JoinTable): Source {
  if (item.usingAlias !== null) throw notSupported('JOIN USING … AS', item.usingAlias.span, 'Name the columns through either table.');
  return bindJoinWith(env, bindItem(env, item.left, null), item);
}

/** `a, t FOR SYSTEM_TIME AS OF a.time`: the join's condition stands in WHERE. */
function crossJoin(item: NamedTable): JoinTable {
  return { kind: 'join', type: 'cross', natural: false, asof: false, match: null, left: item, right: item, on: null, using: [], usingAlias: null, alias: null, span: item.span };
}

/** @param left the join's left side, bound. */
function bindJoinWith(env: QueryEnv, left: Source, item: JoinTable): Source {
  const moment = item.right.kind === 'table' ? item.right.asOf : null;
  const asOf = item.asof || moment !== null;
  if (item.asof && moment !== null) throw notSupported('FOR SYSTEM_TIME AS OF in an ASOF join', moment.span, 'Leave out one of the two.');
  const { right, lateral } = sides(env, left, item.right.kind === 'table' ? { ...item.right, asOf: null } : item.right);
  if (asOf && lateral) throw notSupported('a LATERAL right side of an as-of join', item.right.span);
  const type: JoinType = item.type === 'cross' ? 'inner' : item.type;
  if (lateral && (type === 'right' || type === 'full')) {
    throw new SqlError('invalid_column_reference', 'invalid reference to FROM-clause entry: the combining JOIN type must be INNER or LEFT for a LATERAL reference', { span: item.span });
  }
  let scope = besides(left.scope, right.scope, item.right.span);
  let condition: Expr | null = null;
  let made: Source;
  const both = exprEnv(env, scope, item.asof ? 'MATCH_CONDITION' : 'JOIN conditions');
  const parts: AsOfParts | null = !asOf ? null : {
    item, left, right, env: both,
    match: item.match === null ? null : bindExpr(both, item.match),
    moment: moment === null ? null : bindExpr(exprEnv(env, left.scope, 'FOR SYSTEM_TIME AS OF'), moment),
  };
  const combined = (c: Expr | null): LogicalPlan => (parts === null ? joinPlan(type, left.plan, right.plan, c, lateral, item.span) : asOfJoin(parts, c));
  if (item.natural || item.using.length > 0) {
    const names = item.natural ? naturalNames(left.scope, right.scope, item.span) : item.using;
    made = joinUsing({ env, left, right, names, type, scope, combine: (c, s) => ({ plan: combined(c), scope: padded(s, type, left.scope.width) }), eq: (a, b, span) => compare(exprEnv(env, scope, 'JOIN/USING'), '=', a, b, span) });
  } else {
    if (item.on !== null) condition = toBoolean({ cx: env.cx, notes: env.notes }, bindExpr(exprEnv(env, scope, 'JOIN conditions'), item.on), 'JOIN/ON', item.on.span);
    scope = padded(scope, type, left.scope.width);
    made = { plan: combined(condition), scope };
  }
  return item.alias === null ? made : aliasJoin(made, item.alias);
}

const padded = (scope: Scope, type: JoinType, leftWidth: number): Scope => {
  let out = scope;
  if (type === 'right' || type === 'full') out = nullable(out, 0, leftWidth);
  if (type === 'left' || type === 'full') out = nullable(out, leftWidth, out.width);
  return out;
};

function naturalNames(left: Scope, right: Scope, span: Span): Identifier[] {
  return left.columns.filter((c) => right.columns.some((d) => d.name === c.name)).map((c) => ({ name: c.name, quoted: true, span }));
}

/** `(a JOIN b) AS j`: one relation with all visible columns. */
function aliasJoin(source: Source, alias: TableAlias): Source {
  const exprs = source.scope.columns.map((c) => column(c.index, c.type, c.nullable));
  const schema = source.scope.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
  return aliased({ kind: 'project', input: source.plan, exprs, schema }, alias, alias.name.name, null, null);
}
