import { daysFromCivil, fieldsOf, floorDiv, floorMod, isFiniteTimestamp, MICROS_PER_DAY } from '../../common/types/calendar.ts';
import { firstInstant, lastInstant } from '../../common/types/zone-border.ts';
import { toLocal } from '../../common/types/time-zone.ts';
import type { Row } from '../../common/types/value.ts';
import type { LogicalWindow, WindowSpec } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import type { Compiler, Rows } from './host.ts';
import { PAUSE, type Sliced } from './slices.ts';

/** `window_time` is the window's last millisecond. */
const TIME_BACK = 1000n;

type Session = Extract<WindowSpec, { kind: 'session' }>;
type Aligned = Exclude<WindowSpec, Session>;

interface Borders {
  readonly start: bigint;
  readonly end: bigint;
}

/** Microseconds of the first day of a month; months count from January 1970. */
const monthStart = (month: number): bigint => BigInt(daysFromCivil(1970 + Math.floor(month / 12), (((month % 12) + 12) % 12) + 1, 1)) * MICROS_PER_DAY;

/** The windows of a wall-clock time, on that clock, the earliest first. */
function localWindows(spec: Aligned, time: bigint): Borders[] {
  switch (spec.kind) {
    case 'tumble':
    case 'hop': {
      const step = spec.kind === 'tumble' ? spec.sizeMicros : spec.slideMicros;
      const out: Borders[] = [];
      for (let start = time - floorMod(time - spec.offsetMicros, step); start + spec.sizeMicros > time; start -= step) out.push({ start, end: start + spec.sizeMicros });
      return out.reverse();
    }
    case 'cumulate': {
      const start = time - floorMod(time - spec.offsetMicros, spec.sizeMicros);
      const out: Borders[] = [];
      for (let end = start + spec.stepMicros; end <= start + spec.sizeMicros; end += spec.stepMicros) if (end > time) out.push({ start, end });
      return out;
    }
    case 'calendar': {
      const { year, month } = fieldsOf(time - spec.offsetMicros);
      const months = (year - 1970) * 12 + month - 1;
      const first = Number(floorDiv(BigInt(months), BigInt(spec.months))) * spec.months;
      return [{ start: monthStart(first) + spec.offsetMicros, end: monthStart(first + spec.months) + spec.offsetMicros }];
    }
  }
}

/** The windows that hold `time` (microseconds since 1970 UTC), the earliest first. */
export function windowsOf(spec: Aligned, time: bigint): Borders[] {
  const { zone } = spec;
  if (zone === null) return localWindows(spec, time);
  return localWindows(spec, toLocal(time, zone)).map(({ start, end }) => ({ start: firstInstant(start, zone), end: lastInstant(end, zone) }));
}

/** A row without a time is in no window. */
export function windowRows(c: Compiler, plan: LogicalWindow): Rows {
  const input = c.plan(plan.input);
  const { window } = plan;
  const timeOf = (row: Row): bigint | null => {
    const time = row[plan.timeColumn] ?? null;
    return typeof time === 'bigint' && isFiniteTimestamp(time) ? time : null;
  };
  if (window.kind === 'session') return (outer) => sessionRows(plan, window, input(outer), timeOf);
  return function* (outer) {
    for (const row of input(outer)) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      const time = timeOf(row);
      if (time === null) continue;
      for (const { start, end } of windowsOf(window, time)) yield [...row, start, end, end - TIME_BACK] satisfies Row;
    }
  };
}

function* sessionRows(plan: LogicalWindow, window: Session, rows: Sliced, timeOf: (row: Row) => bigint | null): Sliced {
  const keyOf = rowKeyOf(window.keys.map((k) => (plan.input.schema[k] as (typeof plan.input.schema)[number]).type));
  const groups = new Map<string, { row: Row; time: bigint }[]>();
  for (const row of rows) {
    if (row === PAUSE) {
      yield PAUSE;
      continue;
    }
    const time = timeOf(row);
    if (time === null) continue;
    const key = keyOf(window.keys.map((k) => row[k] ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ row, time }]);
    else group.push({ row, time });
  }
  for (const group of groups.values()) {
    group.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (let from = 0; from < group.length; ) {
      let to = from + 1;
      while (to < group.length && (group[to]?.time ?? 0n) - (group[to - 1]?.time ?? 0n) <= window.gapMicros) to++;
      const start = group[from]?.time ?? 0n;
      const end = (group[to - 1]?.time ?? 0n) + window.gapMicros;
      for (const { row } of group.slice(from, to)) yield [...row, start, end, end - TIME_BACK] satisfies Row;
      from = to;
    }
  }
}
