import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import type { RoutineInstance } from '../../functions/user/instance.ts';
import { finishStates, updateStates } from '../../functions/user/javascript.ts';
import { toWire, type Wire } from '../../functions/user/wire.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Accumulator } from './accumulator.ts';
import { boxedAccumulator } from './boxed.ts';

/**
 * A user's aggregate. A group's state is text in the state table; a batch crosses into the sandbox once, with the states of the
 * groups that it touches.
 */
export function userAccumulator(instance: RoutineInstance, overload: AggregateOverload, argTypes: readonly SqlType[], type: SqlType): Accumulator {
  const stateAt = (state: readonly StateColumn[], slot: number): string | null => {
    const text = (state[0] as StateColumn).boxed[slot];
    return typeof text === 'string' ? text : null;
  };
  return {
    ...boxedAccumulator(overload, argTypes, type),
    update(state, slots, n, weights, args) {
      const places = new Map<number, number>();
      const states: (string | null)[] = [];
      const into: number[] = [];
      const signs: number[] = [];
      const rows: Wire[][] = [];
      for (let i = 0; i < n; i++) {
        const w = weights === null ? 1 : (weights[i] as number);
        if (w === 0) continue;
        const slot = slots[i] as number;
        let place = places.get(slot);
        if (place === undefined) {
          place = states.push(stateAt(state, slot)) - 1;
          places.set(slot, place);
        }
        into.push(place);
        signs.push(w);
        rows.push(args.map((a, k) => toWire(argTypes[k] as SqlType, readValue(argTypes[k] as SqlType, a, i))));
      }
      if (rows.length === 0) return;
      const after = updateStates(instance, states, into, signs, rows);
      for (const [slot, place] of places) (state[0] as StateColumn).boxed[slot] = after[place] as Value;
    },
    result(state, slots, n) {
      const given = finishStates(instance, Array.from({ length: n }, (_, i) => stateAt(state, slots[i] as number)));
      return columnFromValues(type, given.map((v) => [v]), 0);
    },
  };
}
