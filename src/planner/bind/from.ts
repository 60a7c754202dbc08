import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { fixedMicros } from '../../common/types/interval.ts';
import { BIGINT, INTERVAL } from '../../common/types/sql-type.ts';
import type { Interval } from '../../common/types/value.ts';
import { matchName } from '../../catalog/names.ts';
import type { CallExpr, Expr as Ast, FunctionTable, Hint, Identifier, JoinTable, NamedTable, ObjectName, Query, TableAlias, TableRef, UnnestTable, WindowTable } from '../../parser/ast.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import { column, type Expr } from '../expr.ts';
import { evaluate, typeOf } from '../interpret.ts';
import type { JoinType, LogicalPlan, WindowSpec } from '../logical.ts';
import { isCorrelated, mapOuterInPlan } from '../walk.ts';
import { compare } from './calls.ts';
import { coerce, settle, toBoolean } from './coerce.ts';
import { nothing } from './collect.ts';
import type { CommonTables, ExprEnv, QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { functionName, plainOnly, positional, tableCall } from './functions.ts';
import { joinUsing } from './using.ts';
import { EMPTY_SCOPE, pickColumn, type Scope, type ScopeColumn, type ScopeRelation } from './scope.ts';
import { refuseAsOf, relationPlan, requireTime, systemPlan } from './tables.ts';

/** FROM: the plan of its rows, and what names mean over them. */

export interface Source {
  readonly plan: LogicalPlan;
  /** Without a parent: the caller adds it. */
  readonly scope: Scope;
}

const ONE_ROW: LogicalPlan = { kind: 'values', rows: [[]], schema: [] };

export function exprEnv(env: QueryEnv, scope: Scope, clause: string): ExprEnv {
  return { cx: env.cx, notes: env.notes, scope: { ...scope, parent: env.parent }, allowed: nothing(clause), query: env, windows: new Map() };
}

/** Comma-separated items are cross joins. */
export function bindFrom(env: QueryEnv, items: readonly TableRef[]): Source {
  const [first, ...rest] = items;
  if (first === undefined) return { plan: ONE_ROW, scope: EMPTY_SCOPE };
  let source = bindItem(env, first, null);
  for (const item of rest) source = bindJoinOf(env, source, item, 'inner', item.span);
  return source;
}

/** @param left what stands to the left in FROM, for LATERAL. */
function bindItem(env: QueryEnv, item: TableRef, left: Source | null): Source {
  switch (item.kind) {
    case 'table':
      return bindNamed(env, item);
    case 'subqueryTable': {
      const plan = env.bindQuery(item.query, innerEnv(env, left, item.lateral));
      return aliased(plan, item.alias, 'subquery', null, null);
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

/** The item's scope under its alias. Errors: duplicate_alias, invalid_column_reference for too many column names. */
export function aliased(plan: LogicalPlan, alias: TableAlias | null, name: string, schema: string | null, oid: number | null): Source {
  const names = alias?.columns ?? [];
  if (names.length > plan.schema.length) {
    throw new SqlError('invalid_column_reference', `table "${alias?.name.name ?? name}" has ${plan.schema.length} columns available but ${names.length} columns specified`, { span: alias?.span });
  }
  const columns = plan.schema.map((f, index): ScopeColumn => ({ name: names[index]?.name ?? f.name, index, type: f.type, nullable: f.nullable }));
  const relation: ScopeRelation = { name: alias?.name.name ?? name, schema: alias === null ? schema : null, columns, oid };
  return { plan, scope: { columns, relations: [relation], width: columns.length, parent: null } };
}

function optionHints(hints: readonly Hint[]): Record<string, string> {
  return Object.fromEntries(hints.filter((h) => h.name === 'OPTIONS').flatMap((h) => h.options.map((o) => [o.key, o.value])));
}

export function bindTableName(env: QueryEnv, name: ObjectName, hints: readonly Hint[], alias: TableAlias | null): Source {
  const [only] = name.parts;
  if (only !== undefined && name.parts.length === 1) {
    const common = findCommon(env, only);
    if (common !== undefined) return aliased(fromDepth(common.plan, depthOf(env.parent) - common.depth), alias, common.name, null, null);
  }
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  if (found.kind === 'system') return aliased(systemPlan(env, found.relation, name.span), alias, found.relation.name, found.relation.schema, found.relation.oid);
  const { object } = found;
  return aliased(relationPlan(env, object, optionHints(hints), name.span), alias, object.name, object.schema, object.id);
}

export function depthOf(scope: Scope | null): number {
  let n = 0;
  for (let at = scope; at !== null; at = at.parent) n++;
  return n;
}

/** A common table's plan where `by` more scopes lie around it than where it was bound. */
function fromDepth(plan: LogicalPlan, by: number): LogicalPlan {
  return by === 0 || !isCorrelated(plan) ? plan : mapOuterInPlan(plan, 1, (ref) => ({ ...ref, depth: ref.depth + by }));
}

function findCommon(env: QueryEnv, id: Identifier): CommonTables | undefined {
  for (let at = env.tables; at !== null; at = at.next) if (matchName(id, [at.name]).kind === 'one') return at;
  return undefined;
}

function bindNamed(env: QueryEnv, item: NamedTable): Source {
  if (item.asOf !== null) refuseAsOf(item.asOf.span);
  if (item.sample !== null) throw notSupported('TABLESAMPLE', item.span, 'Filter with random() < fraction.');
  return bindTableName(env, item.name, item.hints, item.alias);
}

function bindFunctionTable(env: QueryEnv, item: FunctionTable, left: Source | null): Source {
  const inner = exprEnv(innerEnv(env, left, true), EMPTY_SCOPE, 'functions in FROM');
  const name = functionName(item.call);
  const span = item.call.span;
  if (item.alias !== null && item.alias.columnDefs.length > 0) throw notSupported('a column definition list', item.alias.span, 'Call a function whose columns are known.');
  plainOnly(item.call);
  const args = positional(item.call.args).map((a) => bindExpr(inner, a));
  const def = env.cx.functions.find(name);
  if (def !== undefined && def.kind !== 'table') return scalarTable(env, inner, item, item.call);
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if (!('columns' in found)) throw new SqlError('wrong_object_type', `${name} is not a table function`, { span });
  const call = tableCall(inner, found, args, span, item.withOrdinality);
  const plan: LogicalPlan = { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args, ordinality: call.ordinality, schema: call.schema };
  return singleColumnNamed(aliased(plan, item.alias, item.call.name.parts.at(-1)?.name ?? name, null, null), item.alias, item.withOrdinality);
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
  if (item.args.length !== 1) throw notSupported('UNNEST of several arrays', item.span, 'Unnest each WITH ORDINALITY and join them on the ordinality.');
  const inner = exprEnv(innerEnv(env, left, true), EMPTY_SCOPE, 'UNNEST');
  const args = item.args.map((a) => bindExpr(inner, a));
  const found = resolveFunction(env.cx.functions, 'unnest', args.map((a) => typeOf(a)), item.span);
  if (!('columns' in found)) throw new SqlError('wrong_object_type', 'unnest is not a table function', { span: item.span });
  const call = tableCall(inner, found, args, item.span, item.withOrdinality);
  const plan: LogicalPlan = { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args, ordinality: call.ordinality, schema: call.schema };
  return singleColumnNamed(aliased(plan, item.alias, 'unnest', null, null), item.alias, item.withOrdinality);
}

// --------------------------------------------------------------------------------------------------------- windows

function constantMicros(env: QueryEnv, e: Ast, what: string): bigint {
  const { span } = e;
  const bound = coerce({ cx: env.cx, notes: env.notes }, bindExpr(exprEnv(env, EMPTY_SCOPE, what), e), INTERVAL, 'implicit', span);
  const value = evaluate(bound, [], { functions: env.cx.functions, eval: env.cx.eval, params: [] });
  if (value === null) throw new SqlError('null_value_not_allowed', `${what} must not be null`, { span });
  const micros = fixedMicros(value as Interval);
  if (micros === undefined) throw notSupported(`a ${what} in months or years`, span, 'Give it in days or smaller units.');
  return micros;
}

function bindWindowTable(env: QueryEnv, item: WindowTable): Source {
  const { span } = item;
  if (item.window === 'cumulate' || item.window === 'session') {
    throw notSupported(item.window.toUpperCase(), span, item.window === 'session' ? 'Use TUMBLE or HOP; session windows are to come.' : 'Use TUMBLE or HOP windows.');
  }
  if (item.input.partitionBy.length > 0) throw new SqlError('syntax_error', `${item.window.toUpperCase()} takes no PARTITION BY`, { span: item.input.span });
  const input = isName(item.input.source) ? bindTableName(env, item.input.source, [], null) : aliased(env.bindQuery(item.input.source, env), null, 'input', null, null);
  const found = pickColumn(input.scope.columns, item.timeColumn);
  if (found === undefined) throw new SqlError('undefined_column', `column "${item.timeColumn.name}" does not exist`, { span: item.timeColumn.span });
  requireTime(found.type, `the time column of ${item.window.toUpperCase()}`, item.timeColumn.span);
  const positive = (e: Ast, what: string): bigint => {
    const n = constantMicros(env, e, what);
    if (n <= 0n) throw new SqlError('invalid_parameter_value', `${what} must be positive`, { span: e.span });
    return n;
  };
  const sizeMicros = positive(item.size, 'window size');
  const offsetMicros = item.offset === null ? 0n : constantMicros(env, item.offset, 'window offset');
  const window: WindowSpec =
    item.window === 'tumble' || item.step === null
      ? { kind: 'tumble', sizeMicros, offsetMicros }
      : { kind: 'hop', sizeMicros, slideMicros: positive(item.step, 'window slide'), offsetMicros };
  const schema = [
    ...input.plan.schema,
    { name: 'window_start', type: found.type, nullable: false },
    { name: 'window_end', type: found.type, nullable: false },
    { name: 'window_time', type: found.type, nullable: false },
  ];
  const plan: LogicalPlan = { kind: 'window', input: input.plan, timeColumn: found.index, window, schema, span };
  const name = isName(item.input.source) ? (item.input.source.parts.at(-1)?.name ?? 'window') : 'window';
  return aliased(plan, item.alias, name, null, null);
}

const isName = (source: ObjectName | Query): source is ObjectName => 'parts' in source;

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
  if (item.asof) throw notSupported('ASOF JOIN', item.span, 'Join with a time range condition and keep the latest row with ROW_NUMBER().');
  const left = bindItem(env, item.left, null);
  const { right, lateral } = sides(env, left, item.right);
  const type: JoinType = item.type === 'cross' ? 'inner' : item.type;
  if (lateral && (type === 'right' || type === 'full')) {
    throw new SqlError('invalid_column_reference', 'invalid reference to FROM-clause entry: the combining JOIN type must be INNER or LEFT for a LATERAL reference', { span: item.span });
  }
  let scope = besides(left.scope, right.scope, item.right.span);
  let condition: Expr | null = null;
  let made: Source;
  if (item.natural || item.using.length > 0) {
    const names = item.natural ? naturalNames(left.scope, right.scope, item.span) : item.using;
    made = joinUsing({ env, left, right, names, type, scope, combine: (c, s) => ({ plan: joinPlan(type, left.plan, right.plan, c, lateral, item.span), scope: padded(s, type, left.scope.width) }), eq: (a, b, span) => compare(exprEnv(env, scope, 'JOIN/USING'), '=', a, b, span) });
  } else {
    if (item.on !== null) condition = toBoolean({ cx: env.cx, notes: env.notes }, bindExpr(exprEnv(env, scope, 'JOIN conditions'), item.on), 'JOIN/ON', item.on.span);
    scope = padded(scope, type, left.scope.width);
    made = { plan: joinPlan(type, left.plan, right.plan, condition, lateral, item.span), scope };
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
