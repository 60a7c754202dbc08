import type { Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column, type I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, INT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalWindowAggregate } from '../../planner/physical.ts';
import { AggregateTable } from '../aggregate/aggregate-table.ts';
import { accumulatorFor } from '../aggregate/choose.ts';
import { gather, insertBatches, IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { KeyNumbers } from './key-numbers.ts';
import { intoSlices, intoWindows, lastEndOf } from './slicer.ts';
import { SliceSlots } from './slices.ts';
import { HeldWatermark } from './watermarks.ts';
import { isClosed, windowMath, type WindowMath } from './windows.ts';
import { reportNullTime } from './window-assign.ts';

const END_OF_TIME = (1n << 63n) - 1n;

/**
 * Aggregate of TUMBLE and HOP windows, sent once, when the watermark closes the window.
 *
 * Rows are aggregated per slice (the greatest common step of size and slide); closing a window merges its slices. Calls that
 * have no partial state (DISTINCT, ORDER BY, retracted min and max) are aggregated per window instead.
 * Input: append-only or retract. Output: append-only. State: keys by slice, freed with the last window that holds it.
 * The end of a bounded input closes all windows, at the next barrier.
 * Late rows, whose windows are all closed, go to `late`.
 */
export class WindowAggregateOperator extends BaseOperator {
  readonly #node: PhysicalWindowAggregate;
  readonly #window: WindowMath;
  readonly #table: AggregateTable;
  readonly #keyTypes: readonly SqlType[];
  /** Slices merge into windows; else each row is in all its windows. */
  readonly #sliced: boolean;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** The watermark up to which windows have been sent, in every key group of this worker. */
  readonly #progress: KeyedStore;
  readonly #slices = new SliceSlots();
  /** Null where a slice is a whole window. */
  readonly #numbers: KeyNumbers | null;
  readonly #held = new HeldWatermark();
  #watermark: bigint | null = null;
  #loaded = false;
  #ended = false;

  constructor(node: PhysicalWindowAggregate, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#window = windowMath(node.window);
    const inputTypes = typesOf(node.input.props.schema);
    this.#keyTypes = node.keys.map((k) => inputTypes[k] as SqlType);
    const appendOnlyInput = node.phase === 'final' || node.input.props.changelog === 'append-only';
    const mergeable = node.calls.every((c) => !c.distinct && c.orderBy.length === 0 && accumulatorFor(c).partialTypes !== null);
    const extremes = node.calls.some((c) => c.name === 'min' || c.name === 'max');
    this.#sliced = node.window.kind === 'tumble' || (mergeable && (appendOnlyInput || !extremes));
    this.#groups = node.phase === 'partial' || node.keys.length === 0 ? null : groupsBy(node.input, node.keys, context);
    this.#table = new AggregateTable({
      id: `${node.props.stateId}.slices`,
      keyTypes: [...this.#keyTypes, BIGINT],
      calls: node.calls,
      inputTypes,
      appendOnlyInput,
      merging: node.phase === 'final',
      groupByKey: false,
      groupPrefix: this.#keyTypes.length,
    });
    this.#numbers = this.#sliced && this.#window.slice !== this.#window.size && node.phase !== 'partial' ? new KeyNumbers(this.#keyTypes) : null;
    this.#progress = new KeyedStore({ id: `${node.props.stateId}.progress`, types: [INT, BIGINT], keyCount: 1, equality: 'sql' });
    if (node.phase !== 'partial') for (const state of [...this.#table.states, this.#progress]) this.register(state);
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const slots = Int32Array.from(this.#table.store.slots());
    this.#noteSlots(slots, slots.length, this.#table.store.columns.slice(0, this.#keyTypes.length + 1).map((c) => c.gather(slots, slots.length)));
    const done = (this.#progress.columns[1] as StateColumn).i64;
    for (const slot of this.#progress.slots()) {
      const w = done[slot] as bigint;
      if (this.#watermark === null || w > this.#watermark) this.#watermark = w;
    }
  }

  /** @param columns the slots' keys, then the ends of their slices. */
  #noteSlots(slots: Int32Array, n: number, columns: readonly Column[]): void {
    const fresh = this.#slices.add(slots, n, columns.at(-1) as I64Column, this.#table.store.high);
    const count = fresh.length;
    if (this.#numbers === null || count === 0) return;
    const rows = fresh.array;
    const keys = columns.slice(0, -1).map((c) => gather(c, rows, count));
    this.#numbers.add(keys, Int32Array.from(rows.subarray(0, count), (i) => slots[i] as number), count);
  }

  /** When the last window of a slice (or the window itself) is over. */
  #lastEnd(end: bigint): bigint {
    if (!this.#sliced) return end;
    return lastEndOf(end, this.#window);
  }

  waitsFor(): bigint | null {
    let first: bigint | null = null;
    for (const slice of this.#slices.ends()) {
      let end = slice;
      while (this.#watermark !== null && isClosed(end, this.#watermark) && end < this.#lastEnd(slice)) end += this.#window.slice;
      if (first === null || end < first) first = end;
    }
    return first === null ? null : first - 1000n;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#load();
    if (this.#node.phase === 'final') this.#addFinal(batch);
    else this.#addRows(batch);
  }

  #addRows(batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    // A partial aggregate leaves it to the final one to say what is late.
    const watermark = this.#node.phase === 'single' ? this.#watermark : null;
    const { rows, count, ends, late, withoutTime } = (this.#sliced ? intoSlices : intoWindows)(batch, time, this.#window, watermark);
    for (let k = 0; k < withoutTime.length; k++) {
      const i = withoutTime.array[k] as number;
      reportNullTime(this.context, this.#node.props.stateId, this.#node.input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i)));
    }
    for (let k = 0; k < late.length; k++) this.context.late(this.#node.props.stateId, batch, late.array[k] as number);
    if (count > 0) this.#add(rows === null ? batch : rowsOf(batch, rows, count), ends, 0);
  }

  #addFinal(batch: Batch): void {
    const end = batch.columns.at(-1);
    if (end?.physical !== 'i64') throw new InternalError('a slice end has another layout');
    const rows = new IntList(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) {
      if (this.#watermark !== null && isClosed(this.#lastEnd(end.values[i] as bigint), this.#watermark)) this.context.late(this.#node.props.stateId, batch, i);
      else rows.push(i);
    }
    const n = rows.length;
    if (n === 0) return;
    const kept = n === batch.rowCount ? batch : rowsOf(batch, rows.array, n);
    this.#add(kept, kept.columns.at(-1) as I64Column, this.#node.keys.length);
  }

  #add(batch: Batch, ends: I64Column, partialAt: number): void {
    const n = batch.rowCount;
    const keys = this.#node.phase === 'final' ? batch.columns.slice(0, this.#keyTypes.length) : this.#node.keys.map((k) => batch.columns[k] as Column);
    const columns = [...keys, ends];
    const slots = this.#table.update(batch, columns, this.#groups?.(batch) ?? null, partialAt);
    if (this.#node.phase !== 'partial') this.#noteSlots(slots, n, columns);
  }

  override onWatermark(_port: number, micros: bigint): void {
    this.#load();
    if (this.#node.phase === 'partial') {
      this.#held.hold(micros);
      return;
    }
    if (this.#watermark === null || micros > this.#watermark) {
      this.#fire(micros);
      this.#watermark = micros;
    }
    this.context.output.watermark(micros);
  }

  /** What partial aggregates still hold comes with the next barrier. */
  override onEnd(_port: number): void {
    this.#ended = true;
  }

  override onBarrier(barrier: Barrier): void {
    this.#load();
    if (this.#ended && this.#node.phase !== 'partial' && this.#watermark !== END_OF_TIME) {
      this.#fire(END_OF_TIME);
      this.#watermark = END_OF_TIME;
    }
    if (this.#node.phase === 'partial') {
      this.#flushPartial();
      this.#held.release(this.context.output);
    } else if (barrier.checkpoint && this.#watermark !== null) {
      this.#saveProgress(this.#watermark);
    }
    this.#table.flush();
  }

  #saveProgress(watermark: bigint): void {
    const { from, to } = keyGroupsOf(this.context.worker, this.context.parallelism);
    const groups = Int32Array.from({ length: to - from }, (_, i) => from + i);
    const columns: Column[] = [{ physical: 'i32', values: groups, nulls: null }];
    const slots = new Int32Array(groups.length);
    this.#progress.upsert(columns, hashColumns(columns, [INT], groups.length), groups.length, slots, groups);
    const done = (this.#progress.columns[1] as StateColumn).i64;
    for (const slot of slots) {
      if (done[slot] === watermark) continue;
      done[slot] = watermark;
      this.#progress.touch(slot);
    }
  }

  /** Sends the windows that the watermark closes, oldest first, and frees what no open window holds. */
  #fire(watermark: bigint): void {
    const { size, slide } = this.#window;
    const due = new Set<bigint>();
    for (const end of this.#slices.ends()) {
      if (!this.#sliced) {
        if (isClosed(end, watermark)) due.add(end);
        continue;
      }
      for (let e = this.#lastEnd(end); e >= end; e -= slide) {
        if (isClosed(e, watermark) && (this.#watermark === null || !isClosed(e, this.#watermark))) due.add(e);
      }
    }
    for (const end of [...due].sort((a, b) => (a < b ? -1 : 1))) {
      const first = this.#sliced ? end - size : end - 1n;
      this.#send(end, [...this.#slices.ends()].filter((e) => e > first && e <= end));
    }
    for (const end of [...this.#slices.ends()]) if (isClosed(this.#lastEnd(end), watermark)) this.#freeSlice(end);
  }

  #freeSlice(end: bigint): void {
    const list = this.#slices.of(end) as IntList;
    for (let i = 0; i < list.length; i++) {
      const slot = list.array[i] as number;
      this.#numbers?.remove(slot);
      this.#table.remove(slot);
    }
    this.#slices.drop(end);
  }

  #send(end: bigint, slices: readonly bigint[]): void {
    const counts = this.#table.rowCounts;
    const all = new IntList();
    for (const slice of slices) {
      const list = this.#slices.of(slice) as IntList;
      for (let i = 0; i < list.length; i++) if (counts[list.array[i] as number] !== 0) all.push(list.array[i] as number);
    }
    const n = all.length;
    if (n === 0) return;
    const slots = all.array.subarray(0, n);
    const keysOf = (at: Int32Array): Column[] => this.#table.store.columns.slice(0, this.#keyTypes.length).map((c) => c.gather(at, at.length));
    if (this.#numbers === null) {
      this.#output(end, keysOf(slots), this.#table.results(slots, n), n);
      return;
    }
    const { groupOf, first } = this.#numbers.groups(slots);
    this.#output(end, keysOf(first), this.#table.mergedResults(slots, groupOf, first.length), first.length);
  }

  #output(end: bigint, keys: readonly Column[], results: readonly Column[], n: number): void {
    const value = { start: end - this.#window.size, end, time: end - 1000n };
    const columns: Column[] = [...keys, ...results];
    for (const name of this.#node.windowColumns) columns.push(i64Column(new BigInt64Array(n).fill(value[name]), null));
    for (const batch of insertBatches(columns, n)) this.emit(batch);
  }

  #flushPartial(): void {
    const slots = Int32Array.from(this.#table.store.slots());
    const n = slots.length;
    if (n === 0) return;
    const { store } = this.#table;
    const keyCount = this.#keyTypes.length;
    const columns = [
      ...store.columns.slice(0, keyCount).map((c) => c.gather(slots, n)),
      ...this.#table.partials(slots, n),
      (store.columns[keyCount] as StateColumn).gather(slots, n),
    ];
    for (const batch of insertBatches(columns, n)) this.emit(batch);
    this.#table.reset();
  }
}

function rowsOf(batch: Batch, rows: Int32Array, n: number): Batch {
  const { ops } = batch;
  return { rowCount: n, ops: ops === null ? null : Uint8Array.from(rows.subarray(0, n), (i) => ops[i] as number), columns: batch.columns.map((c) => gather(c, rows, n)) };
}
