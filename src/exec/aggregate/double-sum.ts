import { deserialize, serialize } from 'node:v8';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { Column, F64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BYTEA, DOUBLE, JSONB } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import { addToSum, emptySum, mergeSums, type ExactSum } from '../../functions/exact-sum.ts';
import type { StateColumn } from '../state/state-column.ts';
import type { Accumulator, Weights } from './accumulator.ts';

/** Columns of the state: three parts whose exact sum is the sum of the values, their number, and what did not fit. */
const PARTS = 3;
const COUNT = 3;
const REST = 4;
/** How far the computed last part can be off, relatively, with room to spare. */
const SLACK = 1e-9;

const f64 = (state: readonly StateColumn[], i: number): Float64Array => (state[i] as StateColumn).f64;

/** NaN, infinities and what is left over beyond the three parts: exactly, in the function tables' own form. */
function addRest(state: readonly StateColumn[], slot: number, value: number, sign: 1 | -1): void {
  const { boxed } = state[REST] as StateColumn;
  const rest: ExactSum = { ...((boxed[slot] as unknown as ExactSum | null | undefined) ?? emptySum()) };
  addToSum(rest, value, sign);
  setRest(state, slot, rest);
}
function setRest(state: readonly StateColumn[], slot: number, rest: ExactSum): void {
  const none = rest.exact === 0n && rest.nan === 0 && rest.positive === 0 && rest.negative === 0;
  (state[REST] as StateColumn).boxed[slot] = none ? null : (rest as unknown as Value);
}
const restOf = (state: readonly StateColumn[], slot: number): ExactSum | null => ((state[REST] as StateColumn).boxed[slot] as unknown as ExactSum | null | undefined) ?? null;

/** Adds without losing a bit: each rounding error goes to the next part. */
function add(state: readonly StateColumn[], a: Float64Array, b: Float64Array, c: Float64Array, slot: number, x: number): void {
  const s0 = a[slot] as number;
  const s = s0 + x;
  if (s - s !== 0) {
    addRest(state, slot, x, 1);
    return;
  }
  const s1 = s - s0;
  const error = s0 - (s - s1) + (x - s1);
  a[slot] = s;
  if (error === 0) return;
  const t0 = b[slot] as number;
  const t = t0 + error;
  const t1 = t - t0;
  const second = t0 - (t - t1) + (error - t1);
  b[slot] = t;
  if (second === 0) return;
  const u0 = c[slot] as number;
  const u = u0 + second;
  const u1 = u - u0;
  const third = u0 - (u - u1) + (second - u1);
  c[slot] = u;
  if (third !== 0) addRest(state, slot, third, 1);
}

function update(state: readonly StateColumn[], slots: Int32Array, n: number, weights: Weights, values: Float64Array): void {
  const [a, b, c, counts] = [f64(state, 0), f64(state, 1), f64(state, 2), f64(state, COUNT)];
  for (let i = 0; i < n; i++) {
    const w = weights === null ? 1 : (weights[i] as number);
    if (w === 0) continue;
    const slot = slots[i] as number;
    const v = values[i] as number;
    counts[slot] = (counts[slot] as number) + w;
    // NaN and infinities are counted, so that they can be taken back.
    if (v - v !== 0) addRest(state, slot, v, w > 0 ? 1 : -1);
    else add(state, a, b, c, slot, w > 0 ? v : -v);
  }
}

/** The exact state of a slot in the function tables' form. */
function exactOf(state: readonly StateColumn[], slot: number): { readonly sum: ExactSum; readonly count: bigint } {
  const sum = mergeSums(emptySum(), restOf(state, slot) ?? emptySum());
  for (let p = 0; p < PARTS; p++) addToSum(sum, f64(state, p)[slot] as number, 1);
  return { sum, count: BigInt(f64(state, COUNT)[slot] as number) };
}

/**
 * The sum, or its quotient by `divisor`, rounded once; NaN where the three parts do not decide the last bit. The parts are
 * brought into one leading part and a small rest; when the result is the same with the rest a little smaller and a little
 * larger, it is the right one.
 */
function rounded(a: number, b: number, c: number, divisor: number): number {
  const m = b + c;
  const m1 = m - b;
  const l = b - (m - m1) + (c - m1);
  const h = a + m;
  const h1 = h - a;
  const rest = a - (h - h1) + (m - h1) + l;
  if (divisor === 1) {
    const r = h + rest;
    return h + rest * (1 - SLACK) === r && h + rest * (1 + SLACK) === r ? r : NaN;
  }
  const q = h / divisor;
  // h - q * divisor, exactly: the product in two parts.
  const p = q * divisor;
  const [qh, ql] = halves(q);
  const [dh, dl] = halves(divisor);
  const product = ql * dl - (p - qh * dh - ql * dh - qh * dl);
  const correction = (h - p - product + rest) / divisor;
  if (correction === 0 && rest === 0) return q;
  const r = q + correction;
  return Math.abs(q) > TINY && Math.abs(q) < HUGE && q + correction * (1 - SLACK) === r && q + correction * (1 + SLACK) === r ? r : NaN;
}
const TINY = 2 ** -900;
const HUGE = 2 ** 900;
/** A double as two of 26 bits each. */
function halves(x: number): readonly [number, number] {
  const t = x * 134217729;
  const high = t - (t - x);
  return [high, x - high];
}

function results(overload: AggregateOverload, state: readonly StateColumn[], slots: Int32Array, n: number, round: (x: number) => number): F64Column {
  const values = new Float64Array(n);
  let nulls: Uint8Array | null = null;
  const [a, b, c, counts] = [f64(state, 0), f64(state, 1), f64(state, 2), f64(state, COUNT)];
  const mean = overload.kernel === 'avg';
  for (let i = 0; i < n; i++) {
    const slot = slots[i] as number;
    const count = counts[slot] as number;
    if (count === 0) {
      (nulls ??= new Uint8Array(n))[i] = 1;
      continue;
    }
    let value = restOf(state, slot) === null ? rounded(a[slot] as number, b[slot] as number, c[slot] as number, mean ? count : 1) : NaN;
    if (value - value !== 0) value = overload.result(exactOf(state, slot), DOUBLE, [DOUBLE]) as number;
    values[i] = round(value);
  }
  return { physical: 'f64', values, nulls };
}

const COMPACT_BYTES = 32;

/**
 * sum and avg of doubles: exact whatever the order, and whatever is taken back, rounded once when read. Nearly always three
 * doubles hold the exact sum; what they do not goes into a big integer beside them.
 */
export function doubleSumAccumulator(overload: AggregateOverload, real: boolean): Accumulator {
  const round = real && overload.kernel === 'sum' ? Math.fround : (x: number): number => x;
  return {
    stateTypes: [DOUBLE, DOUBLE, DOUBLE, DOUBLE, JSONB],
    shared: true,
    nullAtFirst: [],
    partialTypes: [BYTEA],
    update(state, slots, n, weights, args) {
      const arg = args[0];
      if (arg?.physical !== 'f64') throw new InternalError('a sum of doubles got another layout');
      update(state, slots, n, weights, arg.values);
    },
    partial(state, slots, n) {
      const rows: Row[] = [];
      for (let i = 0; i < n; i++) {
        const slot = slots[i] as number;
        const rest = restOf(state, slot);
        const parts = Float64Array.from({ length: COUNT + 1 }, (_, p) => f64(state, p)[slot] as number);
        const bytes = new Uint8Array(parts.buffer);
        rows.push([rest === null ? bytes : Uint8Array.from([...bytes, ...serialize(rest)])]);
      }
      return [columnFromValues(BYTEA, rows, 0)];
    },
    merge(state, slots, n, partial) {
      const [a, b, c, counts] = [f64(state, 0), f64(state, 1), f64(state, 2), f64(state, COUNT)];
      for (let i = 0; i < n; i++) {
        const slot = slots[i] as number;
        const bytes = readValue(BYTEA, partial[0] as Column, i) as Uint8Array;
        const parts = new Float64Array(bytes.slice(0, COMPACT_BYTES).buffer);
        for (let p = 0; p < PARTS; p++) if (parts[p] !== 0) add(state, a, b, c, slot, parts[p] as number);
        counts[slot] = (counts[slot] as number) + (parts[COUNT] as number);
        if (bytes.length > COMPACT_BYTES) setRest(state, slot, mergeSums(restOf(state, slot) ?? emptySum(), deserialize(bytes.subarray(COMPACT_BYTES)) as ExactSum));
      }
    },
    result: (state, slots, n) => results(overload, state, slots, n, round),
  };
}
