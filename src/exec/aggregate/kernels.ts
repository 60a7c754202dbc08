import { columnFromValues } from '../../common/batch/builder.ts';
import { i64Column, type Column, type F64Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { fitDecimal } from '../../common/types/decimal-rules.ts';
import { numericDivide } from '../../common/types/numeric-math.ts';
import { numericFromBigint } from '../../common/types/numeric-text.ts';
import { BOOLEAN, DOUBLE, physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Accumulator, Weights } from './accumulator.ts';

const col = (state: readonly StateColumn[], i: number): StateColumn => state[i] as StateColumn;
const f64Of = (column: Column | undefined): F64Column => {
  if (column?.physical !== 'f64') throw new InternalError('a partial column has another layout');
  return column;
};
const gatherAll = (state: readonly StateColumn[], slots: Int32Array, n: number): Column[] => state.map((c) => c.gather(slots, n));

function addWeights(into: Float64Array, slots: Int32Array, n: number, weights: Weights): void {
  if (weights === null) for (let i = 0; i < n; i++) into[slots[i] as number] = (into[slots[i] as number] as number) + 1;
  else for (let i = 0; i < n; i++) into[slots[i] as number] = (into[slots[i] as number] as number) + (weights[i] as number);
}
function addFlags(into: Float64Array, slots: Int32Array, n: number, flags: Uint8Array, nulls: Uint8Array | null): void {
  for (let i = 0; i < n; i++) {
    if (flags[i] !== 1 || (nulls !== null && nulls[i] === 1)) continue;
    into[slots[i] as number] = (into[slots[i] as number] as number) + 1;
  }
}
function addDoubles(into: Float64Array, slots: Int32Array, n: number, values: Float64Array): void {
  for (let i = 0; i < n; i++) into[slots[i] as number] = (into[slots[i] as number] as number) + (values[i] as number);
}

const WORD = 4294967296;

/** A safe integer into cell `i` of a BIGINT column's words. */
function putSafe(words: Int32Array, i: number, value: number): void {
  const high = Math.floor(value / WORD);
  words[2 * i] = value - high * WORD;
  words[2 * i + 1] = high;
}

/** How many rows have a weight. Counts are doubles: exact to 2^53. */
export const countAccumulator: Accumulator = {
  stateTypes: [DOUBLE],
  nullAtFirst: [],
  partialTypes: [DOUBLE],
  update: (state, slots, n, weights) => addWeights(col(state, 0).f64, slots, n, weights),
  addFlagged: (state, slots, n, flags) => addFlags(col(state, 0).f64, slots, n, flags.values, flags.nulls),
  partial: gatherAll,
  merge: (state, slots, n, partial) => addDoubles(col(state, 0).f64, slots, n, f64Of(partial[0]).values),
  result: (state, slots, n) => {
    const out = i64Column(new BigInt64Array(n), null);
    const counts = col(state, 0).f64;
    for (let i = 0; i < n; i++) putSafe(out.words, i, counts[slots[i] as number] as number);
    return out;
  },
};

const NEAR = 2 ** 52;

/** Moves what the low half can't hold safely into the high half. */
function carry(low: Float64Array, high: Float64Array, slot: number): void {
  const units = Math.floor((low[slot] as number) / WORD);
  low[slot] = (low[slot] as number) - units * WORD;
  high[slot] = (high[slot] as number) + units;
  if (Math.abs(high[slot] as number) > NEAR) throw new SqlError('numeric_value_out_of_range', 'sum out of range', { detail: 'Sums of integers are kept to 84 bits.' });
}

function sumI32(low: Float64Array, high: Float64Array, slots: Int32Array, n: number, weights: Weights, values: Int32Array): void {
  for (let i = 0; i < n; i++) {
    const s = slots[i] as number;
    const v = (low[s] as number) + (weights === null ? (values[i] as number) : (weights[i] as number) === 0 ? 0 : (weights[i] as number) * (values[i] as number));
    low[s] = v;
    if (v > NEAR || v < -NEAR) carry(low, high, s);
  }
}
function sumI64(low: Float64Array, high: Float64Array, slots: Int32Array, n: number, weights: Weights, words: Int32Array): void {
  for (let i = 0; i < n; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    if (w === 0) continue;
    const s = slots[i] as number;
    const v = (low[s] as number) + w * ((words[2 * i] as number) >>> 0);
    const h = (high[s] as number) + w * (words[2 * i + 1] as number);
    low[s] = v;
    high[s] = h;
    if (v > NEAR || v < -NEAR || h > NEAR || h < -NEAR) carry(low, high, s);
  }
}
function mergeSums(state: readonly StateColumn[], slots: Int32Array, n: number, partial: readonly Column[]): void {
  const low = col(state, 0).f64;
  const high = col(state, 1).f64;
  addDoubles(high, slots, n, f64Of(partial[1]).values);
  const values = f64Of(partial[0]).values;
  for (let i = 0; i < n; i++) {
    const s = slots[i] as number;
    low[s] = (low[s] as number) + (values[i] as number);
    if (Math.abs(low[s] as number) > NEAR || Math.abs(high[s] as number) > NEAR) carry(low, high, s);
  }
  addDoubles(col(state, 2).f64, slots, n, f64Of(partial[2]).values);
}

/** The exact total of a slot. */
function total(state: readonly StateColumn[], slot: number): bigint {
  const low = col(state, 0).f64[slot] as number;
  const high = col(state, 1).f64[slot] as number;
  const sum = high * WORD + low;
  return Math.abs(high) < 0xfffff && Math.abs(low) < NEAR && Number.isSafeInteger(sum) ? BigInt(sum) : BigInt(high) * 4294967296n + BigInt(low);
}

function resultColumn(type: SqlType, n: number, at: (i: number) => Value): Column {
  if (physicalOf(type) === 'boxed') {
    const values: Value[] = [];
    let nulls: Uint8Array | null = null;
    for (let i = 0; i < n; i++) {
      const value = at(i);
      if (value === null) (nulls ??= new Uint8Array(n))[i] = 1;
      values.push(value);
    }
    return { physical: 'boxed', values, nulls };
  }
  const rows: Row[] = [];
  for (let i = 0; i < n; i++) rows.push([at(i)]);
  return columnFromValues(type, rows, 0);
}

/** Sums of type BIGINT; those beyond 53 bits one by one. */
function bigintSums(state: readonly StateColumn[], slots: Int32Array, n: number): Column {
  const low = col(state, 0).f64;
  const high = col(state, 1).f64;
  const counts = col(state, 2).f64;
  const out = new BigInt64Array(n);
  const words = new Int32Array(out.buffer);
  let nulls: Uint8Array | null = null;
  for (let i = 0; i < n; i++) {
    const s = slots[i] as number;
    if (counts[s] === 0) {
      (nulls ??= new Uint8Array(n))[i] = 1;
      continue;
    }
    const sum = (high[s] as number) * WORD + (low[s] as number);
    if (high[s] === 0 && Number.isSafeInteger(sum)) putSafe(words, i, sum);
    else {
      const exact = total(state, s);
      if (exact !== BigInt.asIntN(64, exact)) throw new SqlError('numeric_value_out_of_range', 'bigint out of range');
      out[i] = exact;
    }
  }
  return { physical: 'i64', values: out, words, nulls };
}

/**
 * sum and avg of integers and DECIMAL(p <= 18): two doubles hold the words' sums exactly, a third the number of values.
 * @param scale of the argument's scaled integer.
 */
export function sumAccumulator(kernel: 'sum' | 'avg', argType: SqlType, type: SqlType): Accumulator {
  const scale = argType.kind === 'decimal' ? argType.scale : 0;
  const wide = physicalOf(argType) === 'i64';
  const value = (sum: bigint, count: number): Value => {
    if (kernel === 'avg') {
      const dividend = { unscaled: sum, scale };
      const divisor = numericFromBigint(BigInt(count));
      if (type.kind === 'decimal') return fitDecimal(numericDivide(dividend, divisor, type.scale), type.precision, type.scale);
      return numericDivide(dividend, divisor);
    }
    return type.kind === 'decimal' ? fitDecimal({ unscaled: sum, scale }, type.precision, type.scale) : { unscaled: sum, scale };
  };
  return {
    stateTypes: [DOUBLE, DOUBLE, DOUBLE],
    shared: true,
    nullAtFirst: [],
    partialTypes: [DOUBLE, DOUBLE, DOUBLE],
    update(state, slots, n, weights, args) {
      const arg = args[0] as Column;
      if (wide && arg.physical === 'i64') sumI64(col(state, 0).f64, col(state, 1).f64, slots, n, weights, arg.words);
      else if (arg.physical === 'i32') sumI32(col(state, 0).f64, col(state, 1).f64, slots, n, weights, arg.values);
      else throw new InternalError('an integer sum got another layout');
      addWeights(col(state, 2).f64, slots, n, weights);
    },
    partial: gatherAll,
    merge: mergeSums,
    result: (state, slots, n) =>
      kernel === 'sum' && type.kind === 'bigint' ? bigintSums(state, slots, n) : resultColumn(type, n, (i) => {
        const slot = slots[i] as number;
        const count = col(state, 2).f64[slot] as number;
        return count === 0 ? null : value(total(state, slot), count);
      }),
  };
}

/** bool_and and bool_or: how many were true, how many false. */
export function boolAccumulator(kernel: 'bool_and' | 'bool_or'): Accumulator {
  return {
    stateTypes: [DOUBLE, DOUBLE],
    nullAtFirst: [],
    partialTypes: [DOUBLE, DOUBLE],
    update(state, slots, n, weights, args) {
      const arg = args[0];
      if (arg?.physical !== 'bool') throw new InternalError('a boolean aggregate got another layout');
      const yes = col(state, 0).f64;
      const no = col(state, 1).f64;
      for (let i = 0; i < n; i++) {
        const into = arg.values[i] === 1 ? yes : no;
        into[slots[i] as number] = (into[slots[i] as number] as number) + (weights === null ? 1 : (weights[i] as number));
      }
    },
    partial: gatherAll,
    merge(state, slots, n, partial) {
      addDoubles(col(state, 0).f64, slots, n, f64Of(partial[0]).values);
      addDoubles(col(state, 1).f64, slots, n, f64Of(partial[1]).values);
    },
    result: (state, slots, n) =>
      resultColumn(BOOLEAN, n, (i) => {
        const yes = col(state, 0).f64[slots[i] as number] as number;
        const no = col(state, 1).f64[slots[i] as number] as number;
        return yes + no === 0 ? null : kernel === 'bool_and' ? no === 0 : yes > 0;
      }),
  };
}
