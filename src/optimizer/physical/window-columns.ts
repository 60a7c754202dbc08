import type { AlignedWindow, PhysicalPlan } from '../../planner/physical.ts';
import { isEventTime } from '../../planner/physical/props.ts';

/** A column that holds a border of the window its row belongs to. */
export interface WindowColumn {
  readonly role: 'start' | 'end' | 'time';
  /** Null for a session. */
  readonly window: AlignedWindow | null;
  /** Which operator gave the row its window. */
  readonly origin: string;
}

/** Of each column, the window border it is, if any. */
export function windowColumns(p: PhysicalPlan): ReadonlyMap<number, WindowColumn> {
  switch (p.kind) {
    case 'windowAggregate': {
      const first = p.keys.length + p.calls.length;
      if (p.phase === 'partial') return new Map();
      if (p.window.kind === 'attached' && p.window.of === null) return attachedColumns(p);
      const window = p.window.kind === 'attached' ? p.window.of : p.window.kind === 'session' ? null : p.window;
      return new Map(p.windowColumns.map((role, i) => [first + i, { role, window, origin: p.props.stateId }]));
    }
    case 'windowAssign':
    case 'sessionAssign': {
      const width = p.input.props.schema.length;
      const roles = ['start', 'end', 'time'] as const;
      const window = p.kind === 'sessionAssign' ? null : p.window;
      return new Map(roles.map((role, i) => [width + i, { role, window, origin: p.props.stateId }]));
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
    case 'windowEmit':
      return windowColumns(p.input);
    case 'groupAggregate': {
      if (p.closes == null) return new Map();
      const first = p.phase === 'final' && p.input.kind === 'exchange' && p.input.input.kind === 'groupAggregate' ? p.input.input : p;
      const below = windowColumns(first.input);
      return new Map(first.keys.flatMap((k, i): [number, WindowColumn][] => {
        const found = below.get(k);
        return found === undefined ? [] : [[i, found]];
      }));
    }
    case 'hashJoin':
      return p.windowKeys.length > 0 && p.type !== 'right' && p.type !== 'full' ? windowColumns(p.left) : new Map();
    default:
      return new Map();
  }
}

/** Of an aggregate by rows' own windows: the start is among the keys, the end and window_time last. */
function attachedColumns(p: PhysicalPlan & { kind: 'windowAggregate' }): ReadonlyMap<number, WindowColumn> {
  const first = p.phase === 'final' && p.input.kind === 'exchange' && p.input.input.kind === 'windowAggregate' ? p.input.input : p;
  const below = windowColumns(first.input);
  const origin = p.props.stateId;
  const width = p.props.schema.length;
  const out = new Map<number, WindowColumn>([[width - 2, { role: 'end', window: null, origin }], [width - 1, { role: 'time', window: null, origin }]]);
  first.keys.forEach((k, i) => {
    if (below.get(k)?.role === 'start') out.set(i, { role: 'start', window: null, origin });
  });
  return out;
}

/** When the rows of a window are complete: at a watermark of `column` less the slack. */
export interface Closing {
  readonly column: number;
  readonly slackMicros: bigint;
  /** All columns that tell the end of that window. */
  readonly times: readonly number[];
}

/** A window is over at its last millisecond, which window_time is. */
export function closingBy(p: PhysicalPlan, column: number): Closing {
  const known = windowColumns(p);
  const own = known.get(column);
  const times = own === undefined || own.role === 'start' ? [column] : [...known].flatMap(([c, w]) => (w.origin === own.origin && w.role !== 'start' ? [c] : []));
  return { column, slackMicros: own?.role === 'end' ? 1000n : 0n, times };
}

/** The border of a window among the columns that rows are grouped by, if its time is still followed; null when there is none. */
export function windowAmong(p: PhysicalPlan, columns: readonly number[]): Closing | null {
  const known = windowColumns(p);
  const column = columns.find((c) => (known.get(c)?.role ?? 'start') !== 'start' && isEventTime(p, c));
  return column === undefined ? null : closingBy(p, column);
}
