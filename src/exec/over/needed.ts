import type { PhysicalOverCall } from '../../planner/physical.ts';
import type { WindowRows } from './window-rows.ts';

/** The first row of a partition that the frame of a row behind its last one may reach, for calls that keep little. */
export function firstNeeded(rows: WindowRows, calls: readonly PhysicalOverCall[]): number {
  const last = rows.length - 1;
  let keep = Math.max(0, last);
  for (const { name, overload, frame, steps } of calls) {
    const { start } = frame;
    if (overload < 0 && name === 'lag') keep = Math.min(keep, last + 1 - (steps ?? Infinity));
    else if (start.kind === 'value') {
      // A later row has a later key, and its frame begins no earlier than this one's.
      const target = rows.value(start.column, last);
      const compare = rows.compareKey();
      let first = last;
      while (first > 0 && compare(first - 1, target) >= 0) first--;
      keep = Math.min(keep, first);
    } else if (start.kind === 'offset' && frame.unit === 'rows') keep = Math.min(keep, last + 1 + Math.min(0, start.offset));
    else if (start.kind === 'offset') keep = Math.min(keep, rows.groupStart((rows.groupOf[last] as number) + Math.min(0, start.offset)));
    else keep = Math.min(keep, rows.firstPeer(last));
  }
  return keep;
}
