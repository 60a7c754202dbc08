import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { floorMod, MICROS_PER_HOUR as HOUR } from '../../common/types/calendar.ts';
import { fixedMicros } from '../../common/types/interval.ts';
import { INTERVAL, typeName, type SqlType } from '../../common/types/sql-type.ts';
import { zoneOffset } from '../../common/types/time-zone.ts';
import type { Interval } from '../../common/types/value.ts';
import type { Expr as Ast } from '../../parser/ast.ts';
import type { WindowTable } from '../../parser/ast-queries.ts';
import type { Expr } from '../expr.ts';
import { evaluate } from '../interpret.ts';
import type { WindowSpec } from '../logical.ts';
import { coerce } from './coerce.ts';
import type { QueryEnv } from './env.ts';

/** Sizes, steps and offsets of windows. */

/** Binds an expression without columns; told what it is, for errors. */
export type BindConstant = (e: Ast, what: string) => Expr;

/** The type of the time column of a window. Errors: datatype_mismatch. */
export function requireTime(type: SqlType, what: string, span: Span): void {
  if (type.kind === 'timestamp' || type.kind === 'timestamptz') return;
  throw new SqlError('datatype_mismatch', `${what} must be of type timestamp or timestamptz, not ${typeName(type)}`, {
    span,
    hint: type.kind === 'bigint' ? 'Declare a computed column: ts AS to_timestamp_ltz(column, 3).' : undefined,
  });
}

function constantInterval(env: QueryEnv, e: Ast, what: string, bind: BindConstant): Interval {
  const { span } = e;
  const bound = coerce({ cx: env.cx, notes: env.notes }, bind(e, what), INTERVAL, 'implicit', span);
  const value = evaluate(bound, [], { functions: env.cx.functions, eval: env.cx.eval, params: [] });
  if (value === null) throw new SqlError('null_value_not_allowed', `${what} must not be null`, { span });
  return value as Interval;
}

function microsOf(value: Interval, what: string, span: Span): bigint {
  const micros = fixedMicros(value);
  if (micros === undefined) throw notSupported(`a ${what} in months or years`, span, 'Give it in days or smaller units; TUMBLE takes a size of whole months.');
  return micros;
}

function positive(value: bigint, what: string, span: Span): bigint {
  if (value <= 0n) throw new SqlError('invalid_parameter_value', `${what} must be positive`, { span });
  return value;
}

/** The arguments of a windowing call, in SQL. */
export interface WindowArguments {
  readonly kind: WindowTable['window'];
  readonly step: Ast | null;
  readonly size: Ast;
  readonly offset: Ast | null;
}

/**
 * The window a call describes, over a time column of `type`. Windows of TIMESTAMP_LTZ are laid out on the wall clock of the zone
 * that is set now. `keys`: what SESSION is partitioned by.
 * Errors: invalid_parameter_value for sizes that make no windows.
 */
export function windowSpec(env: QueryEnv, args: WindowArguments, type: SqlType, keys: readonly number[], bind: BindConstant): WindowSpec {
  const { kind } = args;
  const sizeSpan = args.size.span;
  const size = constantInterval(env, args.size, kind === 'session' ? 'session gap' : 'window size', bind);
  if (kind === 'session') return { kind, gapMicros: positive(microsOf(size, 'session gap', sizeSpan), 'session gap', sizeSpan), keys };
  const offsetMicros = args.offset === null ? 0n : microsOf(constantInterval(env, args.offset, 'window offset', bind), 'window offset', args.offset.span);
  const zone = type.kind === 'timestamptz' ? env.cx.eval.timeZone : 'UTC';
  if (kind === 'tumble' && size.months !== 0) {
    if (size.days !== 0 || size.micros !== 0n) throw notSupported('a window size of months and days', sizeSpan, 'Give it in whole months or years.');
    positive(BigInt(size.months), 'window size', sizeSpan);
    return { kind: 'calendar', months: size.months, offsetMicros, zone: zone === 'UTC' ? null : zone };
  }
  const sizeMicros = positive(microsOf(size, 'window size', sizeSpan), 'window size', sizeSpan);
  if (kind === 'tumble' || args.step === null) return { kind: 'tumble', sizeMicros, ...laidOut(env, zone, sizeMicros, offsetMicros) };
  const what = kind === 'hop' ? 'window slide' : 'window step';
  const step = positive(microsOf(constantInterval(env, args.step, what, bind), what, args.step.span), what, args.step.span);
  if (kind === 'hop') return { kind, sizeMicros, slideMicros: step, ...laidOut(env, zone, gcd(sizeMicros, step), offsetMicros) };
  if (sizeMicros % step !== 0n) {
    throw new SqlError('invalid_parameter_value', 'the size of CUMULATE must be a multiple of its step', { span: sizeSpan });
  }
  return { kind, sizeMicros, stepMicros: step, ...laidOut(env, zone, step, offsetMicros) };
}

const HALF_YEAR = 182n * 86_400_000_000n;
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** Borders of less than an hour or so fall together in all of a zone's offsets: a shift of the windows is enough. */
function laidOut(env: QueryEnv, zone: string, slice: bigint, offsetMicros: bigint): { readonly offsetMicros: bigint; readonly zone: string | null } {
  if (zone === 'UTC') return { offsetMicros, zone: null };
  const { nowMicros } = env.cx.eval;
  const [one, other] = [nowMicros, nowMicros + HALF_YEAR].map((t) => floorMod(BigInt(zoneOffset(zone, t)) * 1_000_000n, slice));
  if (one === undefined || one !== other || slice > HOUR) return { offsetMicros, zone };
  return { offsetMicros: offsetMicros - one, zone: null };
}
