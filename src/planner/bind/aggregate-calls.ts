import { SqlError, notSupported } from '../../common/errors.ts';
import { typeEquals } from '../../common/types/sql-type.ts';
import { resolveFunction, type ResolvedAggregate } from '../../functions/resolve.ts';
import { routineOf } from '../../functions/user/routine.ts';
import type { CallExpr, Expr as Ast, FunctionArg } from '../../parser/ast.ts';
import type { OrderItem } from '../../parser/ast-queries.ts';
import type { AggregateCall, Expr, SortKey } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { mapOuter, someExpr } from '../walk.ts';
import { coerce, settle, toBoolean } from './coerce.ts';
import { collectorFor, type Allowed } from './collect.ts';
import type { ExprEnv } from './env.ts';
import { exprEquals } from './equal.ts';
import { positional, type BindExpr } from './positional.ts';
import { userArguments, userFunctionOf } from './user-functions.ts';

/** Aggregate calls. `bind` binds an expression; it is handed in, as expressions hold calls. */

function inside(env: ExprEnv, clause: string): ExprEnv {
  const allowed: Allowed = { clause, collector: null, aggregates: false, windows: false, sets: false };
  return { ...env, allowed };
}

/** The arguments of an aggregate, bound and cast; `count(*)` has none. */
export function aggregateParts(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): { readonly found: ResolvedAggregate; readonly args: Expr[] } {
  const mine = routineOf(name) === undefined ? undefined : userFunctionOf(env, call, bind);
  const own = env.cx.functions.find(name);
  if (mine !== undefined && own?.kind === 'aggregate') {
    return { found: { def: own, overload: 0, argTypes: mine.params.map((p) => p.type), returns: mine.returns }, args: userArguments(env, mine, call, bind) };
  }
  const given = positional(call.args).map((a) => bind(env, a));
  const raw = given.map((a) => settle(env, a));
  if (call.star && name !== 'count') throw new SqlError('wrong_object_type', `${name}(*) specified, but only count takes *`, { span: call.span });
  if (!call.star && raw.length === 0 && name === 'count') {
    throw new SqlError('wrong_object_type', 'count(*) must be used to call a parameterless aggregate function', { span: call.span });
  }
  const found = resolveAggregate(env, name, raw, given, call);
  if ('columns' in found || found.def.kind !== 'aggregate') throw new SqlError('wrong_object_type', `${name} is not an aggregate function`, { span: call.span });
  const args = given.map((a, i) => coerce(env, a, found.argTypes[i] ?? typeOf(a), 'implicit', call.span));
  return { found: { def: found.def, overload: found.overload, argTypes: found.argTypes, returns: found.returns }, args };
}

/** Untyped literals are texts, unless only another type makes a call of it, as in string_agg(bytes, ''). */
function resolveAggregate(env: ExprEnv, name: string, texts: readonly Expr[], given: readonly Expr[], { span }: CallExpr): ReturnType<typeof resolveFunction> {
  try {
    return resolveFunction(env.cx.functions, name, texts.map(typeOf), span);
  } catch (error) {
    if (!given.some((a, i) => a !== texts[i] && typeOf(a).kind === 'unknown')) throw error;
    return resolveFunction(env.cx.functions, name, given.map(typeOf), span);
  }
}

const JOINED: ReadonlySet<string> = new Set(['listagg', 'string_agg', 'array_agg']);
const ORDERED_SETS: ReadonlySet<string> = new Set(['percentile_cont', 'percentile_disc', 'mode']);

/** `f(direct) WITHIN GROUP (ORDER BY x)` as `f(x, direct ORDER BY x)`: the function takes the values in order. */
function orderedSetCall(call: CallExpr, name: string): CallExpr {
  const { span } = call;
  // The standard's LISTAGG(x, ',') WITHIN GROUP (ORDER BY y): an ordinary aggregate in an order.
  if (JOINED.has(name)) return { ...call, withinGroup: [], orderBy: call.withinGroup };
  if (!ORDERED_SETS.has(name)) {
    throw new SqlError('wrong_object_type', `${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`, { span });
  }
  const [order, ...more] = call.withinGroup;
  if (order === undefined || more.length > 0) throw notSupported('WITHIN GROUP by several columns', span, 'Order by one column.');
  if (name === 'mode' && order.direction === 'desc') throw notSupported('mode() in descending order', span, 'Among equally frequent values it gives the smallest.');
  if (call.orderBy.length > 0 || call.distinct) throw new SqlError('syntax_error', `cannot use ${call.distinct ? 'DISTINCT' : 'multiple ORDER BY clauses'} with WITHIN GROUP`, { span });
  const value: FunctionArg = { name: null, value: order.expr };
  return { ...call, args: [value, ...call.args], withinGroup: [], orderBy: [order] };
}

const DOUBLE_NAME = { kind: 'type', schema: null, name: 'double precision', quoted: false, args: [], fields: null, key: null, element: null, interval: null, arrayDims: 0, nullable: null } as const;

/** RisingWave's `approx_percentile(p[, error]) WITHIN GROUP (ORDER BY x)`: the exact PERCENTILE_DISC of doubles, which is within any error. */
function discretePercentile(call: CallExpr): CallExpr {
  const { span } = call;
  const [fraction, error, ...more] = call.args;
  if (fraction === undefined || more.length > 0) {
    throw new SqlError('undefined_function', `approx_percentile takes a fraction and maybe a relative error, not ${call.args.length} arguments`, { span });
  }
  const bound = error?.value.kind === 'number' ? Number(error.value.text) : undefined;
  if (error !== undefined && (bound === undefined || !(bound > 0 && bound < 1))) {
    throw new SqlError('invalid_parameter_value', 'the relative error of approx_percentile must be a number between 0 and 1', { span });
  }
  const withinGroup = call.withinGroup.map((o): OrderItem => ({ ...o, expr: { kind: 'cast', arg: o.expr, type: { ...DOUBLE_NAME, span: o.expr.span }, try: false, span: o.expr.span } }));
  return { ...call, args: [fraction], withinGroup };
}

/** `f(x) IGNORE NULLS` as `f(x) FILTER (WHERE x IS NOT NULL)`. Errors: feature_not_supported where it isn't plain which values are meant. */
function withoutNulls(call: CallExpr, name: string): CallExpr {
  const { span } = call;
  const [first, ...more] = positional(call.args);
  if (first === undefined || (more.length > 0 && !JOINED.has(name))) throw notSupported(`IGNORE NULLS of ${name}`, span, 'Write FILTER (WHERE x IS NOT NULL).');
  const there: Ast = { kind: 'is', arg: first, test: 'null', negated: true, span: first.span };
  return { ...call, nulls: null, filter: call.filter === null ? there : { kind: 'and', args: [call.filter, there], span: call.filter.span } };
}

export function bindAggregate(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): Expr {
  const { span } = call;
  if (call.nulls === 'ignore') return bindAggregate(env, withoutNulls(call, name), name, bind);
  const collector = collectorFor(env.allowed, 'aggregate', span);
  if (call.withinGroup.length > 0 && name === 'approx_percentile') return bindAggregate(env, discretePercentile(call), 'percentile_disc', bind);
  if (call.withinGroup.length > 0) return bindAggregate(env, orderedSetCall(call, name), name, bind);
  if (ORDERED_SETS.has(name) && name !== 'mode' && call.orderBy.length === 0) throw new SqlError('wrong_object_type', `WITHIN GROUP is required for ordered-set aggregate ${name}`, { span });
  const inner = inside(env, 'aggregate');
  const { found, args } = aggregateParts(inner, call, name, bind);
  const filter = call.filter === null ? null : toBoolean(env, bind(inside(env, 'FILTER'), call.filter), 'FILTER', call.filter.span);
  const orderBy = call.orderBy.map((o) => bindSortItem(inner, o, bind));
  const parts = [...args, ...(filter === null ? [] : [filter]), ...orderBy.map((k) => k.expr)];
  const uses = rowsUsed(parts);
  if (uses.enclosing && !uses.own) {
    throw notSupported('an aggregate over columns of an enclosing query', span, 'Compute the aggregate in the enclosing query and refer to its result.');
  }
  const distinct = call.distinct;
  if (distinct && orderBy.some((k) => !args.some((a) => exprEquals(a, k.expr)))) {
    throw new SqlError('invalid_column_reference', 'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list', { span });
  }
  const made: AggregateCall = {
    name: found.def.name, overload: found.overload, args, distinct, filter, orderBy, type: found.returns, nullable: found.def.name !== 'count',
  };
  return env.notes.place(collector.aggregate(made, sameAggregate), span);
}

/** Whose columns the parts of an aggregate read, in subqueries too: the aggregate belongs to the nearest such query. */
function rowsUsed(parts: readonly Expr[]): { readonly own: boolean; readonly enclosing: boolean } {
  const found = { own: parts.some((p) => someExpr(p, (e) => e.kind === 'column')), enclosing: false };
  for (const part of parts) {
    mapOuter(part, 0, (ref, level) => {
      if (ref.depth === level) found.own = true;
      else found.enclosing = true;
      return ref;
    });
  }
  return found;
}

function sameAggregate(a: AggregateCall, b: AggregateCall): boolean {
  const same = (x: Expr | null, y: Expr | null): boolean => (x === null || y === null ? x === y : exprEquals(x, y));
  return (
    a.name === b.name && a.overload === b.overload && a.distinct === b.distinct && a.args.length === b.args.length && typeEquals(a.type, b.type) &&
    a.args.every((x, i) => same(x, b.args[i] ?? null)) && same(a.filter, b.filter) && a.orderBy.length === b.orderBy.length &&
    a.orderBy.every((k, i) => k.descending === b.orderBy[i]?.descending && k.nullsFirst === b.orderBy[i].nullsFirst && same(k.expr, b.orderBy[i].expr))
  );
}

/** NULLs sort as the largest value, as in PostgreSQL. */
export function bindSortItem(env: ExprEnv, item: OrderItem, bind: BindExpr): SortKey {
  return sortKey(settle(env, bind(env, item.expr)), item);
}

export function sortKey(expr: Expr, item: OrderItem): SortKey {
  const descending = item.direction === 'desc';
  return { expr, descending, nullsFirst: item.nulls === null ? descending : item.nulls === 'first' };
}
