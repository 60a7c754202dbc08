import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { BIGINT, DOUBLE, INT, type SqlType } from '../../common/types/sql-type.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import type { CallExpr, WindowFrame, WindowSpec } from '../../parser/ast.ts';
import type { Expr, SortKey } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { FrameBound, OverFrame } from '../logical.ts';
import { aggregateParts, bindSortItem } from './aggregate-calls.ts';
import { positional, type BindExpr } from './positional.ts';
import { coerce, settle, toBoolean, unify } from './coerce.ts';
import { collectorFor } from './collect.ts';
import type { ExprEnv } from './env.ts';

/** Window functions: ranking, offsets and aggregates OVER a window. */

const RANKING: Readonly<Record<string, SqlType>> = {
  row_number: BIGINT, rank: BIGINT, dense_rank: BIGINT, percent_rank: DOUBLE, cume_dist: DOUBLE, ntile: INT,
};
const OFFSETS: ReadonlySet<string> = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value']);
/** Functions that make no sense without OVER; first_value and last_value are aggregates too. */
export const isWindowOnly = (name: string): boolean => name in RANKING || name === 'lag' || name === 'lead' || name === 'nth_value';

export function bindWindowCall(env: ExprEnv, call: CallExpr, name: string, spec: WindowSpec, bind: BindExpr): Expr {
  const { span } = call;
  const collector = collectorFor(env.allowed, 'window', span);
  // Aggregates may stand inside a window call, as its arguments: rank() OVER (ORDER BY sum(x)).
  const inner: ExprEnv = { ...env, allowed: { ...env.allowed, clause: 'window', windows: false, sets: false } };
  const ignoreNulls = call.nulls === 'ignore';
  if (ignoreNulls && !OFFSETS.has(name)) throw new SqlError('syntax_error', `function ${name} does not accept IGNORE NULLS`, { span });
  if (call.distinct && (isWindowOnly(name) || name in RANKING || OFFSETS.has(name))) throw notSupported('DISTINCT in a window function that is no aggregate', span, 'Remove duplicates in a subquery.');
  const window = resolveWindow(env, spec);
  const partition = window.partitionBy.map((e) => settle(env, bind(inner, e)));
  const order = window.orderBy.map((o) => bindSortItem(inner, o, bind));
  const frame = window.frame === null ? null : bindFrame(inner, window.frame, order, bind);
  const filter = call.filter === null ? null : toBoolean(env, bind({ ...inner, allowed: { ...inner.allowed, clause: 'FILTER' } }, call.filter), 'FILTER', call.filter.span);
  const ranking = RANKING[name];
  if (filter !== null && (ranking !== undefined || OFFSETS.has(name))) throw notSupported('FILTER for a window function that is no aggregate', span, 'Use CASE inside the argument.');
  if (ranking !== undefined) {
    const args = positional(call.args).map((a) => coerce(env, bind(inner, a), INT, 'implicit', span));
    if (args.length !== (name === 'ntile' ? 1 : 0)) throw new SqlError('undefined_function', `function ${name} takes ${name === 'ntile' ? 'one argument' : 'no arguments'}`, { span });
    return env.notes.place(collector.window({ name, overload: -1, args, partition, order, frame, filter: null, ignoreNulls: false, type: ranking }, false), span);
  }
  if (OFFSETS.has(name)) {
    const args = offsetArguments(env, name, positional(call.args).map((a) => settle(env, bind(inner, a))), span);
    const type = typeOf(args[0] as Expr);
    return env.notes.place(collector.window({ name, overload: -1, args, partition, order, frame, filter: null, ignoreNulls, type }, true), span);
  }
  const def = env.cx.functions.find(name);
  if (def === undefined) {
    const types = positional(call.args).map((a) => typeOf(bind(inner, a)));
    resolveFunction(env.cx.functions, name, types, span);
  }
  if (def?.kind !== 'aggregate') throw new SqlError('wrong_object_type', `OVER specified, but ${name} is not a window function nor an aggregate function`, { span });
  const { found, args } = aggregateParts(inner, call, name, bind);
  return env.notes.place(
    collector.window({ name: found.def.name, overload: found.overload, args, partition, order, frame, filter, ...(call.distinct ? { distinct: true } : {}), ignoreNulls: false, type: found.returns }, found.def.name !== 'count'),
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
  return { unit: frame.mode, start, end, exclude: frame.exclude ?? 'no others' };
}

