import type { Schema } from '../../common/batch/batch.ts';
import { INTERVAL, typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { builtins } from '../../functions/registry.ts';
import { identity } from '../../planner/columns.ts';
import { column, type Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalAggregate, WindowSpec } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { project } from '../../planner/physical/calc.ts';
import { isEventTime } from '../../planner/physical/props.ts';
import { call, literal } from '../build.ts';
import { Columns } from './columns.ts';
import type { Lowering } from './context.ts';
import { placeCall } from './place-call.ts';
import { aggregatedWindow } from './window.ts';

/** A column that holds a border of the window its row belongs to. */
interface WindowColumn {
  readonly role: 'start' | 'end' | 'time';
  readonly window: WindowSpec;
  /** Which operator gave the row its window. */
  readonly origin: string;
}

/** Of each column, the window border it is, if any. */
function windowColumns(p: PhysicalPlan): ReadonlyMap<number, WindowColumn> {
  switch (p.kind) {
    case 'windowAggregate': {
      const first = p.keys.length + p.calls.length;
      if (p.phase === 'partial') return new Map();
      return new Map(p.windowColumns.map((role, i) => [first + i, { role, window: p.window, origin: p.props.stateId }]));
    }
    case 'windowAssign': {
      const width = p.input.props.schema.length;
      const roles = ['start', 'end', 'time'] as const;
      return new Map(roles.map((role, i) => [width + i, { role, window: p.window, origin: p.props.stateId }]));
    }
    case 'calc': {
      const below = windowColumns(p.input);
      return new Map(p.exprs.flatMap((e, i): [number, WindowColumn][] => {
        const found = e.kind === 'column' ? below.get(e.index) : undefined;
        return found === undefined ? [] : [[i, found]];
      }));
    }
    case 'exchange':
    case 'shared':
    case 'topN':
      return windowColumns(p.input);
    case 'hashJoin':
      return p.windowKeys.length > 0 && p.type !== 'right' && p.type !== 'full' ? windowColumns(p.left) : new Map();
    default:
      return new Map();
  }
}

const interval = (micros: bigint): Expr => literal({ months: 0, days: 0, micros }, INTERVAL);
const minus = (a: Expr, micros: bigint, type: SqlType): Expr => {
  const made = call(builtins, '-', [a, interval(micros)]);
  return typeEquals(typeOf(made), type) ? made : { kind: 'cast', arg: made, type, try: false };
};

/**
 * An aggregate of rows that belong to a window already (a windowed aggregate's results, a window join's), by that window:
 * sent once, when the watermark passes it. Each row is in exactly one window, whatever its kind was; windows of one kind end
 * one slide apart, so that a tumbling window of that step around the last moment of each picks out precisely its rows.
 */
export function lowerAttachedWindow(plan: LogicalAggregate, below: PhysicalPlan, cx: Lowering): PhysicalPlan | undefined {
  if (cx.snapshot) return undefined;
  const known = windowColumns(below);
  const borders = plan.keys.map((k) => (k.kind === 'column' ? known.get(k.index) : undefined));
  const end = borders.findIndex((b) => b?.role === 'end');
  const start = borders.findIndex((b) => b?.role === 'start' && b.origin === borders[end]?.origin);
  const endKey = plan.keys[end];
  const border = borders[end];
  if (start < 0 || border === undefined || endKey?.kind !== 'column' || !isEventTime(below, endKey.index)) return undefined;
  const isBorder = (i: number): boolean => borders[i]?.origin === border.origin;
  const { window } = border;
  const slide = window.kind === 'hop' ? window.slideMicros : window.sizeMicros;
  const tumble: WindowSpec = { kind: 'tumble', sizeMicros: slide, offsetMicros: window.offsetMicros + window.sizeMicros };

  const columns = new Columns(below.props.schema);
  const keys = plan.keys.flatMap((k, i) => (isBorder(i) ? [] : [columns.add(k, plan.schema[i]?.name)]));
  const calls = plan.calls.map((c) => placeCall(c, columns));
  const timeColumn = columns.add(minus(column(endKey.index, endKey.type, false), 1000n, endKey.type), 'window_time');
  const input = project(below, null, columns.exprs, columns.schema);
  const plain = plan.schema.slice(0, plan.keys.length).filter((_, i) => !isBorder(i));
  const endField: Schema[number] = { name: 'window_end', type: endKey.type, nullable: false };
  const schema = [...plain, ...plan.schema.slice(plan.keys.length), endField];
  const made = aggregatedWindow({ input, timeColumn, window: tumble, keys, calls, windowColumns: ['end'], schema }, cx);

  const all = identity(schema);
  const endAt = all.at(-1) as Expr;
  let next = 0;
  const exprs = [
    ...borders.map((b, i): Expr => {
      if (b === undefined || !isBorder(i)) return all[next++] as Expr;
      return b.role === 'end' ? endAt : minus(endAt, b.role === 'start' ? window.sizeMicros : 1000n, endKey.type);
    }),
    ...plan.calls.map((_, i) => all[keys.length + i] as Expr),
  ];
  return project(made, null, exprs, plan.schema);
}
