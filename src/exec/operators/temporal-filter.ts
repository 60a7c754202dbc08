import { DELETE, INSERT, type Batch } from '../../common/batch/batch.ts';
import { InternalError } from '../../common/errors.ts';
import { DOUBLE } from '../../common/types/sql-type.ts';
import type { EvalContext } from '../../functions/define.ts';
import type { PhysicalTemporalFilter, TimeBound } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { evaluate } from '../expr/interpret.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext, TimedOperator } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { ChangeList } from './change-writer.ts';
import { TimeHeap } from './time-heap.ts';
import { HeldWatermark } from './watermarks.ts';

/** Beyond the last moment of the year 9999 nothing is waited for. */
const LAST_MICROS = 253_402_300_799_999_999n;

/**
 * Rows whose times are within bounds that move with NOW(): `ts > NOW() - …` lets them go as it passes, `ts < NOW() - …` lets
 * them in. Evaluated at barriers, at the time of the epoch that begins there.
 *
 * Input: append-only or retract. Output: the net change per barrier. A row without a time never passes.
 * State: rows that are in, or will be; those whose time is over are forgotten, O(rows within the bounds). The order of
 * leaving is derived.
 */
export class TemporalFilterOperator extends BaseOperator implements TimedOperator {
  readonly #bounds: readonly Bound[];
  readonly #rows: KeyedStore;
  readonly #width: number;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** Slots met since the barrier. */
  readonly #changed = new Set<number>();
  /** Slots that wait in the heaps. */
  #listed = new Uint8Array(0);
  #heaped = 0;
  readonly #held = new HeldWatermark();
  #loaded = false;
  wakeMicros: bigint | null = null;

  constructor(node: PhysicalTemporalFilter, context: OperatorContext) {
    super(context);
    const types = typesOf(node.input.props.schema);
    this.#width = types.length;
    // Behind the row: how often it is there, and how often it is shown.
    this.#rows = this.register(new KeyedStore({ id: `${node.props.stateId}.rows`, types: [...types, DOUBLE, DOUBLE], keyCount: types.length, equality: 'exact' }));
    this.#groups = groupsBy(node.input, types.map((_, i) => i), context);
    this.#bounds = node.bounds.map((b) => new Bound(b, this.#rows.columns[b.column] as StateColumn));
  }

  get lingers(): boolean {
    return this.#bounds.some((b) => b.heap.length > 0);
  }
  get #counts(): Float64Array {
    return (this.#rows.columns[this.#width] as StateColumn).f64;
  }
  get #shown(): Float64Array {
    return (this.#rows.columns[this.#width + 1] as StateColumn).f64;
  }

  override onBatch(_port: number, batch: Batch): void {
    const n = batch.rowCount;
    const hashes = hashColumns(batch.columns, this.#rows.keyTypes, n);
    const slots = new Int32Array(n);
    this.#rows.upsert(batch.columns, hashes, n, slots, this.#groups?.(batch) ?? hashes.map(keyGroup));
    const weights = signs(batch);
    const counts = this.#counts;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.#rows.touch(slot);
      this.#changed.add(slot);
    }
  }

  override onWatermark(_port: number, micros: bigint): void {
    this.#held.hold(micros);
  }

  override onBarrier(barrier: Barrier): void {
    this.#load();
    const cx = at(this.context.eval, barrier.nowMicros);
    for (const bound of this.#bounds) {
      // A wall clock that is put back stands still instead.
      const moment = momentOf(bound.of, cx);
      if (moment > bound.moment) bound.moment = moment;
      for (; bound.heap.length > 0 && bound.passed(bound.heap.first); this.#heaped--) {
        const slot = bound.heap.pop();
        // One that has gone may have left its slot to another row: that one is looked at once too often.
        if (this.#rows.isLive(slot)) this.#changed.add(slot);
      }
    }
    this.#flush();
    this.#tidy();
    this.#wake(barrier.nowMicros);
    this.#held.release(this.context.output);
  }

  #flush(): void {
    const list = new ChangeList();
    const slots: number[] = [];
    const gone: number[] = [];
    const counts = this.#counts;
    const shown = this.#shown;
    for (const slot of this.#changed) {
      const over = this.#bounds.some((b) => b.over(slot));
      const visible = !over && this.#bounds.every((b) => b.holds(slot));
      const count = counts[slot] as number;
      const before = shown[slot] as number;
      const after = visible ? Math.max(0, count) : 0;
      if (before !== after) {
        for (let k = Math.abs(after - before); k > 0; k--) list.push(after > before ? INSERT : DELETE, slots.length);
        slots.push(slot);
        shown[slot] = after;
        this.#rows.touch(slot);
      }
      if (over || count === 0) gone.push(slot);
      else this.#enlist(slot);
    }
    this.#changed.clear();
    const rows = Int32Array.from(slots);
    list.drain(this.#rows.columns.slice(0, this.#width).map((c) => c.gather(rows, rows.length)), (batch) => this.emit(batch));
    for (const slot of gone) {
      this.#rows.remove(slot);
      this.#listed[slot] = 0;
    }
    this.#rows.compact();
  }

  /** Notes when the row's bounds pass. */
  #enlist(slot: number): void {
    if (slot >= this.#listed.length) {
      const grown = new Uint8Array(Math.ceil(this.#rows.high * 1.6) + 64);
      grown.set(this.#listed);
      this.#listed = grown;
    }
    if (this.#listed[slot] === 1) return;
    this.#listed[slot] = 1;
    for (const bound of this.#bounds) {
      const time = bound.time(slot);
      if (bound.passed(time)) continue;
      bound.heap.push(time, slot);
      this.#heaped++;
    }
  }

  /** After a restore the heaps are made again; whatever has passed meanwhile is found by the bounds themselves. */
  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    for (const slot of this.#rows.slots()) this.#changed.add(slot);
  }

  /** Rows that were taken back stay in the heaps until their time; when they are most of what is there, they go. */
  #tidy(): void {
    if (this.#heaped <= 2 * this.#bounds.length * this.#rows.entryCount + 1024) return;
    this.#heaped = 0;
    this.#listed.fill(0);
    for (const bound of this.#bounds) bound.heap.clear();
    for (const slot of this.#rows.slots()) this.#enlist(slot);
  }

  #wake(nowMicros: bigint): void {
    this.wakeMicros = null;
    for (const bound of this.#bounds) {
      const next = bound.next(nowMicros, this.context.eval);
      if (next !== null && (this.wakeMicros === null || next < this.wakeMicros)) this.wakeMicros = next;
    }
  }
}

/** One bound with its rows' times in order. */
class Bound {
  readonly of: TimeBound;
  readonly heap = new TimeHeap();
  /** At the last barrier. */
  moment: bigint = -(1n << 63n);
  readonly #column: StateColumn;
  readonly #strict: boolean;
  readonly #lower: boolean;
  #known: { readonly time: bigint; readonly next: bigint | null } | null = null;

  constructor(of: TimeBound, column: StateColumn) {
    this.of = of;
    this.#column = column;
    this.#strict = of.operator.length === 1;
    this.#lower = of.operator.startsWith('>');
  }

  time(slot: number): bigint {
    return this.#column.physical === 'i64' ? (this.#column.i64[slot] as bigint) : BigInt(this.#column.i32[slot] as number);
  }
  /** Whether the moment has reached the time: a lower bound fails from then on, an upper one holds. */
  passed(time: bigint, moment = this.moment): boolean {
    return time < moment || (time === moment && this.#strict === this.#lower);
  }
  holds(slot: number): boolean {
    return !this.#column.isNull(slot) && this.passed(this.time(slot)) !== this.#lower;
  }
  /** It will never hold again. */
  over(slot: number): boolean {
    return this.#column.isNull(slot) || (this.#lower && this.passed(this.time(slot)));
  }

  /** The first NOW() at which the least time of the heap is passed. */
  next(nowMicros: bigint, cx: EvalContext): bigint | null {
    if (this.heap.length === 0) return null;
    const time = this.heap.first;
    if (this.#known?.time !== time) this.#known = { time, next: this.#search(time, nowMicros, cx) };
    return this.#known.next;
  }
  #search(time: bigint, nowMicros: bigint, cx: EvalContext): bigint | null {
    const reached = (now: bigint): boolean => this.passed(time, momentOf(this.of, at(cx, now)));
    let low = nowMicros;
    let high = nowMicros;
    for (let step = 1_000_000n; !reached(high); step *= 2n) {
      if (high >= LAST_MICROS) return null;
      low = high;
      high = high + step < LAST_MICROS ? high + step : LAST_MICROS;
    }
    while (low < high) {
      const middle = (low + high) >> 1n;
      if (reached(middle)) high = middle;
      else low = middle + 1n;
    }
    return high;
  }
}

const at = (cx: EvalContext, nowMicros: bigint): EvalContext => ({ nowMicros, procMicros: nowMicros, timeZone: cx.timeZone, watermark: null, random: cx.random });

function momentOf({ moment }: TimeBound, context: EvalContext): bigint {
  const value = evaluate(moment, [], { context });
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  throw new InternalError('a bound on NOW() is no time');
}
