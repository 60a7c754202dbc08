import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { BIGINT, DOUBLE, INT, typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { typeNames, typeFromName } from '../../common/types/literal-type.ts';
import { resolveFunction, type ResolvedAggregate, type ResolvedTable } from '../../functions/resolve.ts';
import type { CallExpr, Expr as Ast, FunctionArg, OrderItem, WindowFrame, WindowSpec } from '../../parser/ast.ts';
import type { AggregateCall, Expr, SortKey } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { FrameBound, OverFrame } from '../logical.ts';
import { finishCall } from './calls.ts';
import { coerce, settle, toBoolean, unify } from './coerce.ts';
import { collectorFor, type Allowed, type SetCall } from './collect.ts';
import type { ExprEnv } from './env.ts';
import { exprEquals } from './equal.ts';
import { someExpr } from '../walk.ts';

/** Function calls: scalar, aggregate, window and set-returning. */

type BindExpr = (env: ExprEnv, e: Ast) => Expr;

const SCHEMAS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'millrace_catalog', 'public']);

/** The registry's key of a function name. Errors: undefined_function for another schema. */
export function functionName(call: CallExpr): string {
  const { parts, span } = call.name;
  const last = parts.at(-1);
  const schema = parts.at(-2);
  if (last === undefined || (schema !== undefined && !SCHEMAS.has(schema.name.toLowerCase()))) {
    throw new SqlError('undefined_function', `function ${parts.map((p) => p.name).join('.')} does not exist`, { span });
  }
  return last.quoted ? last.name : last.name.toLowerCase();
}

export function positional(args: readonly FunctionArg[]): Ast[] {
  return args.map(({ name, value }) => {
    if (name !== null) throw notSupported('a named argument', name.span, 'Pass the arguments by position.');
    if (value.kind === 'tableArg' || value.kind === 'descriptor') {
      throw notSupported('a table argument here', value.span, 'Table arguments belong to table functions in FROM.');
    }
    return value;
  });
}

const RANKING: Readonly<Record<string, SqlType>> = {
  row_number: BIGINT, rank: BIGINT, dense_rank: BIGINT, percent_rank: DOUBLE, cume_dist: DOUBLE, ntile: INT,
};
const OFFSETS: ReadonlySet<string> = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value']);
const GROUP_WINDOWS: ReadonlySet<string> = new Set([
  'tumble', 'hop', 'session', 'tumble_start', 'tumble_end', 'tumble_rowtime', 'tumble_proctime', 'hop_start', 'hop_end', 'hop_rowtime', 'session_start', 'session_end', 'session_rowtime',
]);

export function bindCall(env: ExprEnv, call: CallExpr, bind: BindExpr): Expr {
  const name = functionName(call);
  const { span } = call;
  if (call.over !== null) return bindWindowCall(env, call, name, call.over, bind);
  if (name in RANKING || name === 'lag' || name === 'lead' || name === 'nth_value') {
    throw new SqlError('wrong_object_type', `window function ${name} requires an OVER clause`, { span });
  }
  if (GROUP_WINDOWS.has(name)) {
    throw notSupported(`the group window function ${name.toUpperCase()}`, span, 'Write FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL ...)) and group by window_start, window_end.');
  }
  if (name === 'grouping' || name === 'grouping_id') throw notSupported('GROUPING()', span, 'Write one query for each grouping and combine them with UNION ALL.');
  const special = bindConditional(env, name, call, bind);
  if (special !== undefined) return special;
  const def = env.cx.functions.find(name);
  if (def?.kind === 'aggregate') return bindAggregate(env, call, name, bind);
  plainOnly(call);
  const args = positional(call.args).map((a) => bind(env, a));
  // date(x), text(x), int4(x): a cast in the shape of a call.
  const [only] = args;
  if (def === undefined && only !== undefined && args.length === 1 && isTypeName(name)) return coerce(env, only, typeFromName(name), 'explicit', span);
  // PostgreSQL's current_timestamp(p) rounds.
  if (args.length === 1 && ROUNDED.has(name)) {
    const precision = only?.kind === 'literal' && typeof only.value === 'number' ? Math.min(only.value, 6) : 6;
    const now = finishCall(env, scalarOf(env, name, [], span), [], span);
    const type = typeOf(now);
    return type.kind === 'timestamptz' || type.kind === 'timestamp' || type.kind === 'time' ? coerce(env, now, { kind: type.kind, precision }, 'explicit', span) : now;
  }
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if (!('columns' in found)) return finishCall(env, scalarOf(env, name, args, span), args, span);
  return collectorFor(env.allowed, 'set', span).set(tableCall(env, found, args, span, false), sameSet);
}

const ROUNDED: ReadonlySet<string> = new Set(['current_timestamp', 'localtimestamp', 'current_time', 'localtime']);

function isTypeName(name: string): boolean {
  for (const known of typeNames()) if (known === name) return true;
  return false;
}

function scalarOf(env: ExprEnv, name: string, args: readonly Expr[], span: Span): Parameters<typeof finishCall>[1] {
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if ('columns' in found || found.def.kind !== 'scalar') throw new SqlError('wrong_object_type', `${name} is not a scalar function`, { span });
  return { def: found.def, overload: found.overload, argTypes: found.argTypes, returns: found.returns };
}

/** A set-returning function with its arguments cast. */
export function tableCall(env: ExprEnv, found: ResolvedTable, args: readonly Expr[], span: Span, ordinality: boolean): SetCall {
  const cast = args.map((a, i) => coerce(env, a, found.argTypes[i] ?? typeOf(a), 'implicit', span));
  if (found.def.overloads[found.overload]?.volatility === 'volatile') env.notes.volatile.add(found.def.name);
  const schema = found.columns.map((c) => ({ name: c.name, type: c.type, nullable: true }));
  return { name: found.def.name, overload: found.overload, args: cast, schema: ordinality ? [...schema, { name: 'ordinality', type: BIGINT, nullable: false }] : schema, ordinality };
}

/** Words with a meaning of their own: COALESCE, NULLIF, IF and the like evaluate only what they need. */
function bindConditional(env: ExprEnv, name: string, call: CallExpr, bind: BindExpr): Expr | undefined {
  const { span } = call;
  const args = (): Expr[] => positional(call.args).map((a) => bind(env, a));
  switch (name) {
    case 'coalesce':
    case 'ifnull':
    case 'nvl': {
      if (call.args.length === 0) throw new SqlError('syntax_error', 'COALESCE needs at least one argument', { span });
      const { items, type } = unify(env, args(), 'COALESCE', span);
      return { kind: 'coalesce', args: items, type };
    }
    case 'if': {
      const [when, ...rest] = args();
      if (when === undefined || rest.length !== 2) return undefined;
      const { items, type } = unify(env, rest, 'IF', span);
      const [then, otherwise] = items;
      if (then === undefined || otherwise === undefined) return undefined;
      return { kind: 'case', branches: [{ when: toBoolean(env, when, 'IF', span), then }], otherwise, type };
    }
    case 'greatest':
    case 'least': {
      const { items } = unify(env, args(), name.toUpperCase(), span);
      return finishCall(env, scalarOf(env, name, items, span), items, span);
    }
    default:
      return undefined;
  }
}

/** Refuses the clauses of aggregates on other functions. */
export function plainOnly(call: CallExpr): void {
  const name = call.name.parts.map((p) => p.name).join('.');
  const refuse = (what: string): never => {
    throw new SqlError('wrong_object_type', `${what} specified, but ${name} is not an aggregate function`, { span: call.span });
  };
  if (call.star) refuse(`${name}(*)`);
  if (call.distinct) refuse('DISTINCT');
  if (call.withinGroup.length > 0) refuse('WITHIN GROUP');
  if (call.orderBy.length > 0) refuse('ORDER BY');
  if (call.filter !== null) refuse('FILTER');
  if (call.variadic) throw notSupported('VARIADIC', call.span, 'Pass the elements one by one.');
}

function inside(env: ExprEnv, clause: string): ExprEnv {
  const allowed: Allowed = { clause, collector: null, aggregates: false, windows: false, sets: false };
  return { ...env, allowed };
}

/** The arguments of an aggregate, bound and cast; `count(*)` has none. */
function aggregateParts(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): { readonly found: ResolvedAggregate; readonly args: Expr[] } {
  const raw = positional(call.args).map((a) => settle(env, bind(env, a)));
  if (call.star && name !== 'count') throw new SqlError('wrong_object_type', `${name}(*) specified, but only count takes *`, { span: call.span });
  if (!call.star && raw.length === 0 && name === 'count') {
    throw new SqlError('wrong_object_type', 'count(*) must be used to call a parameterless aggregate function', { span: call.span });
  }
  const found = resolveFunction(env.cx.functions, name, raw.map((a) => typeOf(a)), call.span);
  if ('columns' in found || found.def.kind !== 'aggregate') throw new SqlError('wrong_object_type', `${name} is not an aggregate function`, { span: call.span });
  const args = raw.map((a, i) => coerce(env, a, found.argTypes[i] ?? typeOf(a), 'implicit', call.span));
  return { found: { def: found.def, overload: found.overload, argTypes: found.argTypes, returns: found.returns }, args };
}

function bindAggregate(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): Expr {
  const { span } = call;
  const collector = collectorFor(env.allowed, 'aggregate', span);
  if (call.withinGroup.length > 0) throw notSupported('WITHIN GROUP', span, 'Use an aggregate with ORDER BY inside its parentheses.');
  const inner = inside(env, 'aggregate');
  const { found, args } = aggregateParts(inner, call, name, bind);
  const filter = call.filter === null ? null : toBoolean(env, bind(inside(env, 'FILTER'), call.filter), 'FILTER', call.filter.span);
  const orderBy = call.orderBy.map((o) => bindSortItem(inner, o, bind));
  const parts = [...args, ...(filter === null ? [] : [filter]), ...orderBy.map((k) => k.expr)];
  const uses = (kind: 'outer' | 'column'): boolean => parts.some((p) => someExpr(p, (e) => e.kind === kind));
  if (uses('outer') && !uses('column')) {
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

const sameSet = (a: SetCall, b: SetCall): boolean =>
  a.name === b.name && a.overload === b.overload && a.args.length === b.args.length && a.args.every((x, i) => b.args[i] !== undefined && exprEquals(x, b.args[i]));

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

function bindWindowCall(env: ExprEnv, call: CallExpr, name: string, spec: WindowSpec, bind: BindExpr): Expr {
  const { span } = call;
  const collector = collectorFor(env.allowed, 'window', span);
  // Aggregates may stand inside a window call, as its arguments: rank() OVER (ORDER BY sum(x)).
  const inner: ExprEnv = { ...env, allowed: { ...env.allowed, clause: 'window', windows: false, sets: false } };
  if (call.nulls === 'ignore') throw notSupported('IGNORE NULLS', span, 'Filter the NULLs out below the window.');
  if (call.distinct) throw notSupported('DISTINCT in a window function', span, 'Remove duplicates in a subquery.');
  if (call.filter !== null) throw notSupported('FILTER in a window function', span, 'Use CASE inside the argument.');
  const window = resolveWindow(env, spec);
  const partition = window.partitionBy.map((e) => settle(env, bind(inner, e)));
  const order = window.orderBy.map((o) => bindSortItem(inner, o, bind));
  const frame = window.frame === null ? null : bindFrame(inner, window.frame, order, bind);
  const ranking = RANKING[name];
  if (ranking !== undefined) {
    const args = positional(call.args).map((a) => coerce(env, bind(inner, a), INT, 'implicit', span));
    if (args.length !== (name === 'ntile' ? 1 : 0)) throw new SqlError('undefined_function', `function ${name} takes ${name === 'ntile' ? 'one argument' : 'no arguments'}`, { span });
    return env.notes.place(collector.window({ name, overload: -1, args, partition, order, frame, type: ranking }, false), span);
  }
  if (OFFSETS.has(name)) {
    const args = offsetArguments(env, name, positional(call.args).map((a) => settle(env, bind(inner, a))), span);
    const type = typeOf(args[0] as Expr);
    return env.notes.place(collector.window({ name, overload: -1, args, partition, order, frame, type }, true), span);
  }
  const def = env.cx.functions.find(name);
  if (def === undefined) {
    const types = positional(call.args).map((a) => typeOf(bind(inner, a)));
    resolveFunction(env.cx.functions, name, types, span);
  }
  if (def?.kind !== 'aggregate') throw new SqlError('wrong_object_type', `OVER specified, but ${name} is not a window function nor an aggregate function`, { span });
  const { found, args } = aggregateParts(inner, call, name, bind);
  return env.notes.place(
    collector.window({ name: found.def.name, overload: found.overload, args, partition, order, frame, type: found.returns }, found.def.name !== 'count'),
    span,
  );
}

function offsetArguments(env: ExprEnv, name: string, args: readonly Expr[], span: Span): Expr[] {
  const [value, offset, otherwise] = args;
  const max = name === 'lag' || name === 'lead' ? 3 : name === 'nth_value' ? 2 : 1;
  if (value === undefined || args.length > max || (name === 'nth_value' && offset === undefined)) {
    throw new SqlError('undefined_function', `function ${name} does not exist with ${args.length} arguments`, { span });
  }
  if (offset === undefined) return [value];
  const n = coerce(env, offset, INT, 'implicit', span);
  if (otherwise === undefined) return [value, n];
  const { items } = unify(env, [value, otherwise], name.toUpperCase(), span);
  return [items[0] ?? value, n, items[1] ?? otherwise];
}

function resolveWindow(env: ExprEnv, spec: WindowSpec): WindowSpec {
  if (spec.base === null) return spec;
  const base = env.windows.get(spec.base.name) ?? [...env.windows].find(([name]) => name.toLowerCase() === spec.base?.name.toLowerCase())?.[1];
  if (base === undefined) throw new SqlError('undefined_object', `window "${spec.base.name}" does not exist`, { span: spec.base.span });
  const under = resolveWindow(env, base);
  if (spec.isReference) return under;
  if (spec.partitionBy.length > 0) throw new SqlError('windowing_error', `cannot override PARTITION BY clause of window "${spec.base.name}"`, { span: spec.span });
  if (spec.orderBy.length > 0 && under.orderBy.length > 0) throw new SqlError('windowing_error', `cannot override ORDER BY clause of window "${spec.base.name}"`, { span: spec.span });
  if (under.frame !== null) throw new SqlError('windowing_error', `cannot copy window "${spec.base.name}" because it has a frame clause`, { span: spec.span });
  return { ...under, orderBy: under.orderBy.length > 0 ? under.orderBy : spec.orderBy, frame: spec.frame };
}

function bindFrame(env: ExprEnv, frame: WindowFrame, order: readonly SortKey[], bind: BindExpr): OverFrame {
  if (frame.exclude !== null && frame.exclude !== 'no others') throw notSupported('EXCLUDE in a window frame', frame.span, 'Leave the rows out in a subquery.');
  const bound = (b: WindowFrame['start']): FrameBound => {
    if (!('offset' in b)) return { kind: b.kind };
    const offset = bind({ ...env, allowed: { ...env.allowed, clause: 'window frame', aggregates: false } }, b.offset);
    if (frame.mode !== 'range') return { kind: b.kind, offset: coerce(env, offset, BIGINT, 'implicit', b.span) };
    const [key] = order;
    if (key === undefined || order.length !== 1) {
      throw new SqlError('windowing_error', 'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column', { span: frame.span });
    }
    const type = typeOf(key.expr);
    const time = type.kind === 'timestamp' || type.kind === 'timestamptz' || type.kind === 'date' || type.kind === 'time';
    return { kind: b.kind, offset: coerce(env, offset, time ? { kind: 'interval' } : type, 'implicit', b.span) };
  };
  const start = bound(frame.start);
  const end: FrameBound = frame.end === null ? { kind: 'currentRow' } : bound(frame.end);
  if (start.kind === 'unboundedFollowing') throw new SqlError('windowing_error', 'frame start cannot be UNBOUNDED FOLLOWING', { span: frame.span });
  if (end.kind === 'unboundedPreceding') throw new SqlError('windowing_error', 'frame end cannot be UNBOUNDED PRECEDING', { span: frame.span });
  if (start.kind === 'currentRow' && end.kind === 'preceding') throw new SqlError('windowing_error', 'frame starting from current row cannot have preceding rows', { span: frame.span });
  if (start.kind === 'following' && (end.kind === 'preceding' || end.kind === 'currentRow')) {
    throw new SqlError('windowing_error', `frame starting from following row cannot have preceding rows`, { span: frame.span });
  }
  if (frame.mode === 'groups' && order.length === 0) throw new SqlError('windowing_error', 'GROUPS mode requires an ORDER BY clause', { span: frame.span });
  return { unit: frame.mode, start, end };
}

