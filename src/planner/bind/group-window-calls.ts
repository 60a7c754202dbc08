import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { CallExpr, Expr as Ast } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { WindowSpec } from '../logical.ts';
import { positional, type BindExpr } from './positional.ts';
import { settle } from './coerce.ts';
import { nothing } from './collect.ts';
import { exprEquals } from './equal.ts';
import type { ExprEnv } from './env.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { requireTime, windowSpec } from './window-spec.ts';

/** Calls of Flink's older group windows: TUMBLE(ts, size) in GROUP BY, TUMBLE_START(ts, size) and the like above it. */

export type WindowKind = 'tumble' | 'hop' | 'session';
type Border = 'start' | 'end' | 'rowtime' | 'proctime';

export const KINDS: ReadonlySet<string> = new Set<WindowKind>(['tumble', 'hop', 'session']);
const AUXILIARY = /^(tumble|hop|session)_(start|end|rowtime|proctime)$/;

export const isGroupWindow = (name: string): boolean => KINDS.has(name) || AUXILIARY.test(name);

/** The group window of a SELECT, as calls in its clauses refer to it. */
export interface GroupWindow {
  readonly kind: WindowKind;
  /** Over the FROM clause's columns. */
  readonly time: Expr;
  readonly spec: WindowSpec;
  /** Window columns of the plan. */
  readonly start: Expr;
  readonly end: Expr;
  readonly rowtime: Expr;
}

export const callName = (call: CallExpr): string => {
  const [only] = call.name.parts;
  return only === undefined || call.name.parts.length !== 1 || only.quoted ? '' : only.name.toLowerCase();
};

/** The call's time argument and window. */
export function parseGroupWindow(env: ExprEnv, call: CallExpr, kind: WindowKind, bind: BindExpr): { readonly time: Expr; readonly spec: WindowSpec } {
  const usage = { tumble: 'TUMBLE(time, size)', hop: 'HOP(time, slide, size)', session: 'SESSION(time, gap)' }[kind];
  const args = positional(call.args);
  const [timeAst, first, second, third] = args;
  const most = kind === 'hop' ? 4 : kind === 'tumble' ? 3 : 2;
  const wrong = (): SqlError => new SqlError('undefined_function', `group window ${kind.toUpperCase()} has other arguments`, { span: call.span, hint: `Write ${usage}.` });
  if (timeAst === undefined || first === undefined || args.length > most) throw wrong();
  const time = settle(env, bind({ ...env, groupWindow: undefined }, timeAst));
  const constant = (e: Ast): Expr => bind({ ...env, scope: { ...EMPTY_SCOPE, parent: env.query.parent }, allowed: nothing('window size'), groupWindow: undefined }, e);
  requireTime(typeOf(time), `the time of group window ${kind.toUpperCase()}`, timeAst.span);
  if (kind !== 'hop') return { time, spec: windowSpec(env.query, { kind, step: null, size: first, offset: second ?? null }, typeOf(time), [], constant) };
  if (second === undefined) throw wrong();
  return { time, spec: windowSpec(env.query, { kind, step: first, size: second, offset: third ?? null }, typeOf(time), [], constant) };
}

export const specText = (spec: WindowSpec): string => JSON.stringify({ ...spec, keys: [] }, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));

/** A group window or an auxiliary call of one. Errors: where the SELECT is not grouped by that very window. */
export function bindGroupWindowCall(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): Expr {
  const { span } = call;
  const window = env.groupWindow;
  if (window === undefined) throw noWindow(name, span);
  const auxiliary = AUXILIARY.exec(name);
  const kind = (auxiliary?.[1] ?? name) as WindowKind;
  const given = parseGroupWindow(env, call, kind, bind);
  if (kind !== window.kind || !exprEquals(given.time, window.time) || specText(given.spec) !== specText(window.spec)) {
    throw new SqlError('grouping_error', `${name.toUpperCase()} must have the arguments of the ${window.kind.toUpperCase()} in GROUP BY`, { span });
  }
  if (auxiliary === null) {
    if (env.allowed.clause === 'GROUP BY') return window.start;
    throw new SqlError('grouping_error', `group window ${name.toUpperCase()} belongs in GROUP BY`, { span, hint: `Write ${name.toUpperCase()}_START or ${name.toUpperCase()}_END.` });
  }
  const border = auxiliary[2] as Border;
  if (border !== 'proctime') return window[border];
  const [part] = call.name.parts;
  return bind(env, { ...call, name: { ...call.name, parts: [{ name: 'proctime', quoted: false, span: part?.span ?? span }] }, args: [] });
}

function noWindow(name: string, span: Span): SqlError {
  const kind = AUXILIARY.exec(name)?.[1] ?? name;
  return new SqlError('grouping_error', `${name.toUpperCase()} needs a GROUP BY ${kind.toUpperCase()}(…)`, {
    span,
    hint: `Write FROM TABLE(${kind.toUpperCase()}(TABLE t, DESCRIPTOR(ts), INTERVAL ...)) and group by window_start, window_end.`,
  });
}
