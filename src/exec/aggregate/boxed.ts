import { deserialize, serialize } from 'node:v8';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BYTEA, JSONB, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Accumulator } from './accumulator.ts';

/**
 * Any aggregate of the tables, its state a JS value per group (plain data, as checkpoints need). `null` is the initial one.
 */
export function boxedAccumulator(overload: AggregateOverload, argTypes: readonly SqlType[], type: SqlType): Accumulator {
  const stateAt = (state: readonly StateColumn[], slot: number): unknown => (state[0] as StateColumn).boxed[slot] ?? overload.init();
  const store = (state: readonly StateColumn[], slot: number, value: unknown): void => {
    (state[0] as StateColumn).boxed[slot] = value as Value;
  };
  return {
    stateTypes: [JSONB],
    nullAtFirst: [],
    partialTypes: overload.merge === null ? null : [BYTEA],
    update(state, slots, n, weights, args) {
      for (let i = 0; i < n; i++) {
        const w = weights === null ? 1 : (weights[i] as number);
        if (w === 0) continue;
        const slot = slots[i] as number;
        const values = args.map((a, k) => readValue(argTypes[k] as SqlType, a, i));
        const before = stateAt(state, slot);
        if (w > 0) store(state, slot, overload.insert(before, values, argTypes));
        else if (overload.retract !== null) store(state, slot, overload.retract(before, values, argTypes));
        else throw new InternalError('an aggregate without retraction got one');
      }
    },
    partial(state, slots, n) {
      const rows: Row[] = [];
      for (let i = 0; i < n; i++) rows.push([Uint8Array.from(serialize(stateAt(state, slots[i] as number)))]);
      return [columnFromValues(BYTEA, rows, 0)];
    },
    merge(state, slots, n, partial) {
      if (overload.merge === null) throw new InternalError('an aggregate without partial states got one');
      for (let i = 0; i < n; i++) {
        const slot = slots[i] as number;
        const other: unknown = deserialize(readValue(BYTEA, partial[0] as Column, i) as Uint8Array);
        store(state, slot, overload.merge(stateAt(state, slot), other));
      }
    },
    result(state, slots, n) {
      const rows: Row[] = [];
      for (let i = 0; i < n; i++) rows.push([overload.result(stateAt(state, slots[i] as number), type, argTypes)]);
      return columnFromValues(type, rows, 0);
    },
  };
}
