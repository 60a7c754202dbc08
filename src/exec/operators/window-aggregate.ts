import { TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column, type I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, INT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalWindowAggregate } from '../../planner/physical.ts';
import { AggregateTable, type AggregateTableOptions } from '../aggregate/aggregate-table.ts';
import { accumulatorFor } from '../aggregate/choose.ts';
import { gather, IntList } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { HeldWatermark } from './watermarks.ts';
import { isClosed, lastStart, sliceEnd, windowMath, windowStarts, type WindowMath } from './windows.ts';
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
  readonly #options: AggregateTableOptions;
  readonly #keyTypes: readonly SqlType[];
  /** Slices merge into windows; else each row is in all its windows. */
  readonly #sliced: boolean;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** The watermark up to which windows have been sent, in every key group of this worker. */
  readonly #progress: KeyedStore;
  /** Slots by slice (or window) end. */
  readonly #slices = new Map<bigint, Set<number>>();
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
    this.#options = {
      id: `${node.props.stateId}.slices`,
      keyTypes: [...this.#keyTypes, BIGINT],
      calls: node.calls,
      inputTypes,
      appendOnlyInput,
      merging: node.phase === 'final',
      groupByKey: false,
    };
    this.#table = new AggregateTable(this.#options);
    this.#progress = new KeyedStore({ id: `${node.props.stateId}.progress`, types: [INT, BIGINT], keyCount: 1, equality: 'sql' });
    if (node.phase !== 'partial') for (const state of [...this.#table.states, this.#progress]) this.register(state);
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const ends = this.#sliceEnds();
    for (const slot of this.#table.store.slots()) this.#slice(ends[slot] as bigint).add(slot);
    const done = (this.#progress.columns[1] as StateColumn).i64;
    for (const slot of this.#progress.slots()) {
      const w = done[slot] as bigint;
      if (this.#watermark === null || w > this.#watermark) this.#watermark = w;
    }
  }
  #sliceEnds(): BigInt64Array {
    return (this.#table.store.columns[this.#keyTypes.length] as StateColumn).i64;
  }
  #slice(end: bigint): Set<number> {
    let set = this.#slices.get(end);
    if (set === undefined) this.#slices.set(end, (set = new Set()));
    return set;
  }

  /** When the last window of a slice (or the window itself) is over. */
  #lastEnd(end: bigint): bigint {
    if (!this.#sliced) return end;
    return lastStart(end - this.#window.slice, this.#window) + this.#window.size;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#load();
    if (this.#node.phase === 'final') this.#addFinal(batch);
    else this.#addRows(batch);
  }

  #addRows(batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    const rows = new IntList(batch.rowCount);
    const ends: bigint[] = [];
    const checkLate = this.#node.phase === 'single' && this.#watermark !== null;
    const watermark = this.#watermark ?? 0n;
    for (let i = 0; i < batch.rowCount; i++) {
      if (time.nulls !== null && time.nulls[i] === 1) {
        reportNullTime(this.context, this.#node.props.stateId, this.#node.input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i)));
        continue;
      }
      const t = time.values[i] as bigint;
      const before = rows.length;
      if (this.#sliced) {
        const end = sliceEnd(t, this.#window.slice, this.#window.offset);
        // In a hop with gaps a slice may lie in no window.
        if (this.#lastEnd(end) < end) continue;
        if (!checkLate || !isClosed(this.#lastEnd(end), watermark)) {
          rows.push(i);
          ends.push(end);
        }
      } else {
        const starts = windowStarts(t, this.#window);
        if (starts.length === 0) continue;
        for (const start of starts) {
          const end = start + this.#window.size;
          if (checkLate && isClosed(end, watermark)) continue;
          rows.push(i);
          ends.push(end);
        }
      }
      if (rows.length === before) this.context.late(this.#node.props.stateId, batch, i);
    }
    const n = rows.length;
    if (n === 0) return;
    const all = n === batch.rowCount && this.#sliced;
    const ops = batch.ops;
    const kept: Batch = all
      ? batch
      : { rowCount: n, ops: ops === null ? null : Uint8Array.from(rows.array.subarray(0, n), (i) => ops[i] as number), columns: batch.columns.map((c) => gather(c, rows.array, n)) };
    this.#add(kept, i64Column(BigInt64Array.from(ends), null), 0);
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
    const kept: Batch = n === batch.rowCount ? batch : { rowCount: n, ops: null, columns: batch.columns.map((c) => gather(c, rows.array, n)) };
    this.#add(kept, kept.columns.at(-1) as I64Column, this.#node.keys.length);
  }

  #add(batch: Batch, ends: I64Column, partialAt: number): void {
    const n = batch.rowCount;
    const keys = this.#node.phase === 'final' ? batch.columns.slice(0, this.#keyTypes.length) : this.#node.keys.map((k) => batch.columns[k] as Column);
    let groups = this.#groups === null ? null : this.#groups(batch);
    if (groups === null) {
      groups = hashColumns(keys, this.#keyTypes, n);
      for (let i = 0; i < n; i++) groups[i] = keyGroup(groups[i] as number);
    }
    const slots = this.#table.update(batch, [...keys, ends], groups, partialAt);
    let lastEnd: bigint | null = null;
    let set: Set<number> | null = null;
    for (let i = 0; i < n; i++) {
      const end = ends.values[i] as bigint;
      if (end !== lastEnd) {
        lastEnd = end;
        set = this.#slice(end);
      }
      set?.add(slots[i] as number);
    }
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
    for (const end of this.#slices.keys()) {
      if (!this.#sliced) {
        if (isClosed(end, watermark)) due.add(end);
        continue;
      }
      for (let e = this.#lastEnd(end); e >= end; e -= slide) {
        if (isClosed(e, watermark) && (this.#watermark === null || !isClosed(e, this.#watermark))) due.add(e);
      }
    }
    for (const end of [...due].sort((a, b) => (a < b ? -1 : 1))) {
      const slots: number[] = [];
      const first = this.#sliced ? end - size : end - 1n;
      for (const [slice, set] of this.#slices) if (slice > first && slice <= end) slots.push(...set);
      this.#send(end, slots);
    }
    for (const [end, set] of this.#slices) {
      if (!isClosed(this.#lastEnd(end), watermark)) continue;
      for (const slot of set) this.#table.remove(slot);
      this.#slices.delete(end);
    }
  }

  #send(end: bigint, all: readonly number[]): void {
    const counts = this.#table.rowCounts;
    const slots = Int32Array.from(all.filter((s) => counts[s] !== 0));
    const n = slots.length;
    if (n === 0) return;
    const keyCount = this.#keyTypes.length;
    const keys = this.#table.store.columns.slice(0, keyCount).map((c) => c.gather(slots, n));
    if (!this.#sliced || this.#window.slice === this.#window.size) {
      this.#output(end, keys, this.#table.results(slots, n), n);
      return;
    }
    // A table of this window alone.
    const merged = new AggregateTable({ ...this.#options, keyTypes: this.#keyTypes, merging: true });
    merged.update({ rowCount: n, ops: null, columns: [...keys, ...this.#table.partials(slots, n)] }, keys, null, keyCount);
    const groups = Int32Array.from(merged.store.slots());
    const m = groups.length;
    this.#output(end, merged.store.columns.slice(0, keyCount).map((c) => c.gather(groups, m)), merged.results(groups, m), m);
  }

  #output(end: bigint, keys: readonly Column[], results: readonly Column[], n: number): void {
    const value = { start: end - this.#window.size, end, time: end - 1000n };
    const columns: Column[] = [...keys, ...results];
    for (const name of this.#node.windowColumns) columns.push(i64Column(new BigInt64Array(n).fill(value[name]), null));
    for (let from = 0; from < n; from += TARGET_BATCH_ROWS) {
      const count = Math.min(TARGET_BATCH_ROWS, n - from);
      if (count === n) this.emit({ rowCount: n, ops: null, columns });
      else {
        const part = Int32Array.from({ length: count }, (_, i) => from + i);
        this.emit({ rowCount: count, ops: null, columns: columns.map((c) => gather(c, part, count)) });
      }
    }
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
    this.emit({ rowCount: n, ops: null, columns });
    for (const slot of slots) this.#table.remove(slot);
    this.#slices.clear();
  }
}
