import type { Schema } from '../../common/batch/batch.ts';
import { columnsOf, conjunction, identity, splitConjunction, substitute } from '../../planner/columns.ts';
import { column, type Expr } from '../../planner/expr.ts';
import type { LogicalAggregate, LogicalPlan, LogicalWindow, WindowSpec } from '../../planner/logical.ts';
import type { PhysicalPlan, PhysicalWindowAggregate } from '../../planner/physical.ts';
import { pick, project } from '../../planner/physical/calc.ts';
import { exchange, placed } from '../../planner/physical/exchange.ts';
import { canSplit, partialSchema } from '../../planner/physical/group-aggregate.ts';
import { hashBy, isEventTime, satisfies } from '../../planner/physical/props.ts';
import { sessionAssign, windowAggregate, windowAssign } from '../../planner/physical/window-aggregate.ts';
import { isVolatile } from '../../planner/volatility.ts';
import { mapAggregateCall } from '../../planner/walk.ts';
import { Columns } from './columns.ts';
import type { Lowering } from './context.ts';
import { fired, lenient } from './firing.ts';
import { lowerTimed } from './time-attribute.ts';
import { placeCall } from './place-call.ts';
import { timeCondition } from './temporal-filter.ts';
import { closingBy } from './window-columns.ts';

type WindowColumn = PhysicalWindowAggregate['windowColumns'][number];
const NAMES: readonly WindowColumn[] = ['start', 'end', 'time'];

/** A windowing function over rows that are not aggregated per window, or whose time has no watermark. */
export function lowerWindow(plan: LogicalWindow, cx: Lowering): PhysicalPlan {
  const { window } = plan;
  if (window.kind === 'session') return lowerSession(plan, window, cx);
  const input = lowerTimed(plan.input, plan.timeColumn, plan.span, cx);
  if (isEventTime(input, plan.timeColumn)) return windowAssign(lenient(input, cx), plan.timeColumn, window, plan.schema);
  if (!cx.snapshot) {
    const name = plan.input.schema[plan.timeColumn]?.name ?? '';
    cx.notice(`column "${name}" has no watermark: the windows over it are updated as rows come, and their state is kept for ever`);
  }
  return windowAssign(input, plan.timeColumn, window, plan.schema);
}

/** A snapshot has all its rows, none of them late: its sessions are made at the end. */
function lowerSession(plan: LogicalWindow, window: Extract<WindowSpec, { kind: 'session' }>, cx: Lowering): PhysicalPlan {
  const below = lowerTimed(plan.input, plan.timeColumn, plan.span, cx);
  const closes = !cx.snapshot && isEventTime(below, plan.timeColumn);
  if (!cx.snapshot && !closes) {
    const name = plan.input.schema[plan.timeColumn]?.name ?? '';
    cx.notice(`column "${name}" has no watermark: the sessions over it are updated as rows come, and their rows are kept for ever`);
  }
  const { timeColumn } = plan;
  const { gapMicros, keys } = window;
  const input = placed(closes ? lenient(below, cx) : below, hashBy(keys));
  const sessions = sessionAssign({ input, timeColumn, gapMicros, keys, final: cx.snapshot || (closes && cx.firing === null), closes }, plan.schema);
  // Whoever wants no early results gets a session's rows as it closes, and again where a late one changes it.
  return closes && cx.firing !== null && cx.firing.earlyMicros === null ? fired(sessions, closingBy(sessions, plan.input.schema.length + 1), cx) : sessions;
}

/** What lies between an aggregate and the window below it, as expressions over the window's output. */
interface Found {
  readonly window: LogicalWindow;
  readonly exprs: readonly Expr[];
  readonly filters: readonly Expr[];
}

function windowBelow(plan: LogicalPlan): Found | undefined {
  switch (plan.kind) {
    case 'window':
      return { window: plan, exprs: identity(plan.schema), filters: [] };
    case 'filter': {
      const below = windowBelow(plan.input);
      if (below === undefined) return undefined;
      return { ...below, filters: [...below.filters, ...splitConjunction(substitute(plan.condition, below.exprs))] };
    }
    case 'project': {
      const below = windowBelow(plan.input);
      if (below === undefined || below.exprs.some((e) => isVolatile(e))) return undefined;
      return { ...below, exprs: plan.exprs.map((e) => substitute(e, below.exprs)) };
    }
    default:
      return undefined;
  }
}

/**
 * An aggregate whose keys include a window's start and end, over an event-time column: sent once, at the watermark.
 * Undefined where it is none: window columns used otherwise, no watermark, or a snapshot (which has no late rows).
 */
export function lowerWindowAggregate(plan: LogicalAggregate, cx: Lowering): PhysicalPlan | undefined {
  if (cx.snapshot || cx.firing !== null) return undefined;
  const found = windowBelow(plan.input);
  if (found === undefined) return undefined;
  const { window } = found;
  const { window: spec } = window;
  const width = window.input.schema.length;
  const usesWindow = (e: Expr): boolean => columnsOf(e).some((c) => c >= width);
  const keys = plan.keys.map((k) => substitute(k, found.exprs));
  const roles = keys.map((k): WindowColumn | null => (k.kind === 'column' && k.index >= width ? (NAMES[k.index - width] ?? null) : null));
  if (!roles.includes('start') || !roles.includes('end')) return undefined;
  const calls = plan.calls.map((c) => mapAggregateCall(c, (e) => substitute(e, found.exprs)));
  const inside: Expr[] = [...found.filters, ...keys.filter((_, i) => roles[i] === null)];
  for (const c of calls) mapAggregateCall(c, (e) => (inside.push(e), e));
  if (inside.some(usesWindow)) return undefined;
  // What a session's rows are tells its borders: a filter in between has to wait for them.
  if (spec.kind === 'session' && (found.filters.length > 0 || !keptApart(keys.filter((_, i) => roles[i] === null), spec.keys))) return undefined;
  // Rows that leave as time passes take their windows' results back.
  if (!cx.clockPerRow && found.filters.some((e) => timeCondition(e) !== undefined)) return undefined;
  const below = lowerTimed(window.input, window.timeColumn, window.span, cx);
  if (!isEventTime(below, window.timeColumn)) return undefined;

  const columns = new Columns(below.props.schema);
  const plainKeys = keys.flatMap((k, i) => (roles[i] === null ? [columns.add(k, plan.schema[i]?.name)] : []));
  const placedCalls = calls.map((c) => placeCall(c, columns));
  const time = window.input.schema[window.timeColumn] as Schema[number];
  const timeColumn = columns.add(column(window.timeColumn, time.type, time.nullable), time.name);
  const input = project(below, conjunction(found.filters), columns.exprs, columns.schema);
  const windowColumns = NAMES.filter((n) => roles.includes(n));
  const keyFields = plan.schema.slice(0, plan.keys.length).filter((_, i) => roles[i] === null);
  const windowFields = windowColumns.map((n) => plan.schema[roles.indexOf(n)] as Schema[number]);
  const schema = [...keyFields, ...plan.schema.slice(plan.keys.length), ...windowFields];
  const parts = { input, timeColumn, keys: plainKeys, calls: placedCalls, windowColumns, schema };
  if (spec.kind === 'session' && !canSplit(input, placedCalls)) return undefined;
  const made = spec.kind === 'session' ? aggregatedSession(parts, spec.gapMicros) : aggregatedWindow({ ...parts, window: spec }, cx);
  // Back to the aggregate's own order of columns.
  let plain = 0;
  const order = roles.map((r) => (r === null ? plain++ : plainKeys.length + calls.length + windowColumns.indexOf(r)));
  return pick(made, [...order, ...calls.map((_, i) => plainKeys.length + i)]);
}

/** Whether rows of equal keys are just those that may share a session. */
const keptApart = (keys: readonly Expr[], sessionKeys: readonly number[]): boolean =>
  keys.every((k) => k.kind === 'column' && sessionKeys.includes(k.index)) && sessionKeys.every((s) => keys.some((k) => k.kind === 'column' && k.index === s));

/** Sessions that keep running values instead of rows. */
const aggregatedSession = (parts: Omit<Parameters<typeof windowAggregate>[0], 'phase' | 'window'>, gapMicros: bigint): PhysicalPlan =>
  windowAggregate({ ...parts, input: placed(parts.input, hashBy(parts.keys)), window: { kind: 'session', gapMicros }, phase: 'single' });

/** In two phases where rows would cross to other workers otherwise. */
export function aggregatedWindow(parts: Omit<Parameters<typeof windowAggregate>[0], 'phase'>, cx: Lowering): PhysicalPlan {
  const { input, keys, calls, timeColumn } = parts;
  const wanted = hashBy(keys);
  if (satisfies(input.props.distribution, wanted)) return windowAggregate({ ...parts, phase: 'single' });
  const partial = cx.options.twoPhase === false || !canSplit(input, calls) ? null : partialSchema(keys.map((k) => input.props.schema[k] as Schema[number]), calls);
  if (partial === null) return windowAggregate({ ...parts, input: exchange(input, wanted), phase: 'single' });
  const time = input.props.schema[timeColumn] as Schema[number];
  const withEnd = [...partial, { name: 'slice_end', type: time.type, nullable: false }];
  const first = windowAggregate({ ...parts, windowColumns: [], phase: 'partial', schema: withEnd });
  const own = keys.map((_, i) => i);
  return windowAggregate({ ...parts, input: exchange(first, hashBy(own)), keys: own, timeColumn: withEnd.length - 1, phase: 'final' });
}

