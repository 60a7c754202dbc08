import type { Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import type { PhysicalOverCall } from '../../planner/physical.ts';
import type { Compute } from './compute.ts';
import { distinctOverload } from './distinct.ts';
import { frameOver } from './frames.ts';
import type { WindowRows } from './window-rows.ts';

/**
 * An aggregate over frames. A frame that moves on takes rows in and, where the function can take rows back, lets rows go;
 * else it is added up anew.
 */
export function aggregateOver(call: PhysicalOverCall, given: AggregateOverload): Compute {
  const { args, argTypes, filter } = call;
  const overload = call.distinct === true ? distinctOverload(call.name, given, argTypes) : given;
  const counts = (rows: WindowRows, k: number): readonly Value[] | null => {
    if (filter !== null && rows.value(filter, k) !== true) return null;
    const values = args.map((a) => rows.value(a, k));
    return overload.skipsNulls && values.includes(null) ? null : values;
  };
  return (rows, from, to, tail, keep) => {
    const frame = frameOver(rows, call.frame);
    const { excludes } = frame;
    const out: Value[] = [];
    let state = tail === null ? overload.init() : tail.state;
    let [first, next] = tail === null ? [0, 0] : [tail.first, tail.next];
    const add = (k: number): void => {
      const values = counts(rows, k);
      if (values !== null) state = overload.insert(state, values, argTypes);
    };
    for (let i = from; i < to; i++) {
      const [start, end] = [frame.start(i), frame.end(i)];
      if (excludes !== null) {
        state = overload.init();
        for (let k = start; k < end; k++) if (!excludes(i, k)) add(k);
        out.push(overload.result(state, call.type, argTypes));
        continue;
      }
      const { retract } = overload;
      const anew = start < first || end < next || start >= next || (start > first && (retract === null || start - first > end - start));
      if (anew) {
        state = overload.init();
        [first, next] = [start, start];
      }
      for (; first < start; first++) {
        const values = counts(rows, first);
        if (values !== null && retract !== null) state = retract(state, values, argTypes);
      }
      for (; next < end; next++) add(next);
      out.push(overload.result(state, call.type, argTypes));
    }
    if (excludes === null) keep?.({ state, first, next });
    return out;
  };
}
