import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Accumulator, Weights } from './accumulator.ts';

/** `offer(i, s)`: row i becomes slot s's value if it is better; the loops differ by layout only. */
type Better = (state: StateColumn, slots: Int32Array, n: number, weights: Weights, arg: Column) => void;

const layout = (): never => {
  throw new InternalError('min or max got another layout');
};

const i32Loop =
  (sign: number): Better =>
  (state, slots, n, weights, arg) => {
    if (arg.physical !== 'i32') return layout();
    const into = state.i32;
    const { values } = arg;
    for (let i = 0; i < n; i++) {
      if (weights !== null && (weights[i] as number) <= 0) continue;
      const s = slots[i] as number;
      const v = values[i] as number;
      const none = state.isNull(s);
      if (none) state.setNull(s, false);
      if (none || (sign > 0 ? v > (into[s] as number) : v < (into[s] as number))) into[s] = v;
    }
  };

const i64Loop =
  (sign: number): Better =>
  (state, slots, n, weights, arg) => {
    if (arg.physical !== 'i64') return layout();
    const into = state.words;
    const { words } = arg;
    for (let i = 0; i < n; i++) {
      if (weights !== null && (weights[i] as number) <= 0) continue;
      const s = slots[i] as number;
      const high = words[2 * i + 1] as number;
      const low = words[2 * i] as number;
      const oldHigh = into[2 * s + 1] as number;
      const none = state.isNull(s);
      if (none) state.setNull(s, false);
      let greater = high > oldHigh ? 1 : high < oldHigh ? -1 : 0;
      if (greater === 0) greater = low >>> 0 > (into[2 * s] as number) >>> 0 ? 1 : low === into[2 * s] ? 0 : -1;
      if (none || greater === sign) {
        into[2 * s] = low;
        into[2 * s + 1] = high;
      }
    }
  };

/** NaN is the greatest. */
const f64Loop =
  (sign: number): Better =>
  (state, slots, n, weights, arg) => {
    if (arg.physical !== 'f64') return layout();
    const into = state.f64;
    const { values } = arg;
    for (let i = 0; i < n; i++) {
      if (weights !== null && (weights[i] as number) <= 0) continue;
      const s = slots[i] as number;
      const v = values[i] as number;
      const old = into[s] as number;
      const none = state.isNull(s);
      if (none) state.setNull(s, false);
      const better = sign > 0 ? v > old || (v !== v && old === old) : v < old || (old !== old && v === v);
      if (none || better) into[s] = v;
    }
  };

const bytesLoop =
  (sign: number): Better =>
  (state, slots, n, weights, arg) => {
    if (arg.physical !== 'bytes') return layout();
    for (let i = 0; i < n; i++) {
      if (weights !== null && (weights[i] as number) <= 0) continue;
      const s = slots[i] as number;
      const offset = arg.offsets[i] as number;
      const length = arg.lengths[i] as number;
      if (!state.isNull(s)) {
        const old = state.offsets[s] as number;
        const oldLength = state.lengths[s] as number;
        const shared = Math.min(length, oldLength);
        let order = 0;
        for (let k = 0; k < shared && order === 0; k++) order = (arg.data[offset + k] as number) - (state.data[old + k] as number);
        if (order === 0) order = length - oldLength;
        if (sign > 0 ? order <= 0 : order >= 0) continue;
      }
      state.write(s, arg, i);
    }
  };

function generalLoop(sign: number, type: SqlType): Better {
  const compare = comparatorOf(type);
  return (state, slots, n, weights, arg) => {
    for (let i = 0; i < n; i++) {
      if (weights !== null && (weights[i] as number) <= 0) continue;
      const s = slots[i] as number;
      if (state.isNull(s) || Math.sign(compare(readValue(type, arg, i), state.value(s))) === sign) state.write(s, arg, i);
    }
  };
}

function loopOf(sign: number, type: SqlType): Better {
  switch (physicalOf(type)) {
    case 'i32':
      return type.kind === 'oid' || type.kind.startsWith('reg') ? generalLoop(sign, type) : i32Loop(sign);
    case 'i64':
      return i64Loop(sign);
    case 'f64':
      return f64Loop(sign);
    case 'bytes':
      return type.kind === 'char' ? generalLoop(sign, type) : bytesLoop(sign);
    case 'bool':
    case 'boxed':
      return generalLoop(sign, type);
  }
}

/** min and max of an input that never retracts: the best value so far. */
export function extremeAccumulator(kernel: 'min' | 'max', type: SqlType): Accumulator {
  const loop = loopOf(kernel === 'max' ? 1 : -1, type);
  return {
    stateTypes: [type],
    nullAtFirst: [0],
    partialTypes: [type],
    update: (state, slots, n, weights, args) => loop(state[0] as StateColumn, slots, n, weights, args[0] as Column),
    partial: (state, slots, n) => [(state[0] as StateColumn).gather(slots, n)],
    merge(state, slots, n, partial) {
      const column = partial[0] as Column;
      let weights: Int8Array | null = null;
      if (column.nulls !== null) {
        weights = new Int8Array(n);
        for (let i = 0; i < n; i++) weights[i] = column.nulls[i] === 1 ? 0 : 1;
      }
      loop(state[0] as StateColumn, slots, n, weights, column);
    },
    result: (state, slots, n) => (state[0] as StateColumn).gather(slots, n),
  };
}
