import { isFiniteTimestamp } from '../../common/types/calendar.ts';
import type { Row } from '../../common/types/value.ts';
import type { LogicalWindow, WindowSpec } from '../logical.ts';
import type { Compiler, Rows } from './host.ts';

/** `window_time` is the window's last millisecond. */
const TIME_BACK = 1000n;

/** Starts of the windows that hold `time` (microseconds), the earliest first. */
export function windowStarts(spec: WindowSpec, time: bigint): bigint[] {
  const step = spec.kind === 'tumble' ? spec.sizeMicros : spec.slideMicros;
  const behind = (((time - spec.offsetMicros) % step) + step) % step;
  const starts: bigint[] = [];
  for (let start = time - behind; start + spec.sizeMicros > time; start -= step) starts.push(start);
  return starts.reverse();
}

/** A row without a time is in no window. */
export function windowRows(c: Compiler, plan: LogicalWindow): Rows {
  const input = c.plan(plan.input);
  return function* (outer) {
    for (const row of input(outer)) {
      const time = row[plan.timeColumn] ?? null;
      if (typeof time !== 'bigint' || !isFiniteTimestamp(time)) continue;
      for (const start of windowStarts(plan.window, time)) {
        const end = start + plan.window.sizeMicros;
        yield [...row, start, end, end - TIME_BACK] satisfies Row;
      }
    }
  };
}
