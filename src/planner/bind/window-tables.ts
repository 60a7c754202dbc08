import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { floorMod, MICROS_PER_HOUR as HOUR } from '../../common/types/calendar.ts';
import { fixedMicros } from '../../common/types/interval.ts';
import { INTERVAL, type SqlType } from '../../common/types/sql-type.ts';
import { zoneOffset } from '../../common/types/time-zone.ts';
import type { Interval } from '../../common/types/value.ts';
import type { Expr as Ast, ObjectName, Query, WindowTable } from '../../parser/ast.ts';
import { evaluate } from '../interpret.ts';
import type { LogicalPlan, WindowSpec } from '../logical.ts';
import { coerce } from './coerce.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { EMPTY_SCOPE, pickColumn } from './scope.ts';
import { aliased, bindTableName, exprEnv, type Source } from './sources.ts';
import { requireTime } from './tables.ts';

/** The windowing table functions TUMBLE, HOP, CUMULATE and SESSION. */

function constantInterval(env: QueryEnv, e: Ast, what: string): Interval {
  const { span } = e;
  const bound = coerce({ cx: env.cx, notes: env.notes }, bindExpr(exprEnv(env, EMPTY_SCOPE, what), e), INTERVAL, 'implicit', span);
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
export function windowSpec(env: QueryEnv, args: WindowArguments, type: SqlType, keys: readonly number[]): WindowSpec {
  const { kind } = args;
  const sizeSpan = args.size.span;
  const size = constantInterval(env, args.size, kind === 'session' ? 'session gap' : 'window size');
  if (kind === 'session') return { kind, gapMicros: positive(microsOf(size, 'session gap', sizeSpan), 'session gap', sizeSpan), keys };
  const offsetMicros = args.offset === null ? 0n : microsOf(constantInterval(env, args.offset, 'window offset'), 'window offset', args.offset.span);
  const zone = type.kind === 'timestamptz' ? env.cx.eval.timeZone : 'UTC';
  if (kind === 'tumble' && size.months !== 0) {
    if (size.days !== 0 || size.micros !== 0n) throw notSupported('a window size of months and days', sizeSpan, 'Give it in whole months or years.');
    positive(BigInt(size.months), 'window size', sizeSpan);
    return { kind: 'calendar', months: size.months, offsetMicros, zone: zone === 'UTC' ? null : zone };
  }
  const sizeMicros = positive(microsOf(size, 'window size', sizeSpan), 'window size', sizeSpan);
  if (kind === 'tumble' || args.step === null) return { kind: 'tumble', sizeMicros, ...laidOut(env, zone, sizeMicros, offsetMicros) };
  const what = kind === 'hop' ? 'window slide' : 'window step';
  const step = positive(microsOf(constantInterval(env, args.step, what), what, args.step.span), what, args.step.span);
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

export function bindWindowTable(env: QueryEnv, item: WindowTable): Source {
  const { span } = item;
  const name = item.window.toUpperCase();
  if (item.window !== 'session' && item.input.partitionBy.length > 0) throw new SqlError('syntax_error', `${name} takes no PARTITION BY`, { span: item.input.span });
  if (item.input.orderBy.length > 0) throw new SqlError('syntax_error', `${name} takes no ORDER BY`, { span: item.input.span });
  const input = isName(item.input.source) ? bindTableName(env, item.input.source, [], null) : aliased(env.bindQuery(item.input.source, env), null, 'input', null, null);
  const found = pickColumn(input.scope.columns, item.timeColumn);
  if (found === undefined) throw new SqlError('undefined_column', `column "${item.timeColumn.name}" does not exist`, { span: item.timeColumn.span });
  requireTime(found.type, `the time column of ${name}`, item.timeColumn.span);
  const window = windowSpec(env, { kind: item.window, step: item.step, size: item.size, offset: item.offset }, found.type, sessionKeys(item, input));
  const schema = [
    ...input.plan.schema,
    { name: 'window_start', type: found.type, nullable: false },
    { name: 'window_end', type: found.type, nullable: false },
    { name: 'window_time', type: found.type, nullable: false },
  ];
  const plan: LogicalPlan = { kind: 'window', input: input.plan, timeColumn: found.index, window, schema, span };
  const table = isName(item.input.source) ? (item.input.source.parts.at(-1)?.name ?? 'window') : 'window';
  return aliased(plan, item.alias, table, null, null);
}

/** PARTITION BY of a session: columns of the table. */
function sessionKeys(item: WindowTable, input: Source): number[] {
  return item.input.partitionBy.map((e) => {
    const part = e.kind === 'name' ? e.parts.at(-1) : undefined;
    if (part === undefined) throw notSupported('an expression in the PARTITION BY of SESSION', e.span, 'Compute it in a subquery and name the column.');
    const found = pickColumn(input.scope.columns, part);
    if (found === undefined) throw new SqlError('undefined_column', `column "${part.name}" does not exist`, { span: part.span });
    return found.index;
  });
}

const isName = (source: ObjectName | Query): source is ObjectName => 'parts' in source;
