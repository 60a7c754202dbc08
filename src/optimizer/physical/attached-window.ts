import type { Schema } from '../../common/batch/batch.ts';
import { identity } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalAggregate } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { project } from '../../planner/physical/calc.ts';
import { isEventTime } from '../../planner/physical/props.ts';
import { Columns } from './columns.ts';
import type { Lowering } from './context.ts';
import { placeCall } from './place-call.ts';
import { windowColumns } from './window-columns.ts';
import { aggregatedWindow } from './window.ts';

/**
 * An aggregate of rows that belong to a window already (a windowed aggregate's results, a window join's, a session's rows), by
 * that window: sent once, when the watermark passes it.
 */
export function lowerAttachedWindow(plan: LogicalAggregate, below: PhysicalPlan, cx: Lowering): PhysicalPlan | undefined {
  if (cx.snapshot || cx.firing !== null) return undefined;
  const known = windowColumns(below);
  const borders = plan.keys.map((k) => (k.kind === 'column' ? known.get(k.index) : undefined));
  const end = borders.findIndex((b) => b?.role === 'end');
  const start = borders.findIndex((b) => b?.role === 'start' && b.origin === borders[end]?.origin);
  const endKey = plan.keys[end];
  const border = borders[end];
  if (start < 0 || border === undefined || endKey?.kind !== 'column' || !isEventTime(below, endKey.index)) return undefined;
  const { window, origin } = border;
  // A session's start is a key like others; everything else follows from the end.
  const isBorder = (i: number): boolean => borders[i]?.origin === origin && (window !== null || borders[i]?.role !== 'start');

  const columns = new Columns(below.props.schema);
  const keys = plan.keys.flatMap((k, i) => (isBorder(i) ? [] : [columns.add(k, plan.schema[i]?.name)]));
  const calls = plan.calls.map((c) => placeCall(c, columns));
  const timeColumn = columns.add(endKey, 'window_end');
  const input = project(below, null, columns.exprs, columns.schema);
  const plain = plan.schema.slice(0, plan.keys.length).filter((_, i) => !isBorder(i));
  const names = window === null ? (['end', 'time'] as const) : (['start', 'end', 'time'] as const);
  const fields = names.map((n): Schema[number] => ({ name: `window_${n}`, type: endKey.type, nullable: false }));
  const schema: Schema = [...plain, ...plan.schema.slice(plan.keys.length), ...fields];
  const made = aggregatedWindow({ input, timeColumn, window: { kind: 'attached', of: window }, keys, calls, windowColumns: names, schema }, cx);

  const all = identity(schema);
  let next = 0;
  const exprs = [
    ...borders.map((b, i): Expr => (isBorder(i) ? all[plain.length + calls.length + names.findIndex((n) => n === b?.role)] : all[next++]) as Expr),
    ...plan.calls.map((_, i) => all[keys.length + i] as Expr),
  ];
  return project(made, null, exprs, plan.schema);
}

/** Which key of an aggregate tells the end of the window that its rows belong to, by both borders among the keys. */
export function closingKey(plan: LogicalAggregate, below: PhysicalPlan): { readonly key: number; readonly slackMicros: bigint } | undefined {
  const known = windowColumns(below);
  const borders = plan.keys.map((k) => (k.kind === 'column' ? known.get(k.index) : undefined));
  const key = borders.findIndex((b, i) => b?.role === 'end' && borders.some((o) => o?.role === 'start' && o.origin === b.origin) && isEventTime(below, (plan.keys[i] as Expr & { kind: 'column' }).index));
  return key < 0 ? undefined : { key, slackMicros: 1000n };
}
