import type { Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column, type I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalWindowAggregate } from '../../planner/physical.ts';
import { AggregateTable } from '../aggregate/aggregate-table.ts';
import { accumulatorFor } from '../aggregate/choose.ts';
import { PartialBypass } from '../aggregate/partial-bypass.ts';
import { gather, insertBatches, IntList } from '../columns.ts';
import type { OperatorContext } from '../operator.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { EventTimeOperator } from './event-time.ts';
import { KeyNumbers } from './key-numbers.ts';
import { intoSlices, intoWindows } from './slicer.ts';
import { SliceSlots } from './slices.ts';
import { closingEnds, endInstant, firstOpenEnd, isClosed, startInstant, windowMath, type WindowMath } from './windows.ts';
import { rowsOf } from './late-rows.ts';
import { reportNullTime } from './window-assign.ts';

/**
 * Aggregate of aligned windows, sent once, when the watermark closes the window.
 *
 * Rows are aggregated per slice (the greatest common step of size and slide); closing a window merges its slices. Calls that
 * have no partial state (DISTINCT, ORDER BY, retracted min and max) are aggregated per window instead.
 * Input: append-only or retract. Output: append-only. State: keys by slice, freed with the last window that holds it.
 * A partial phase whose slices hardly have fewer keys than rows sends each row on as a delta.
 * The end of a bounded input closes all windows, at the next barrier.
 * Late rows, whose windows are all closed, go to `late`.
 */
export class WindowAggregateOperator extends EventTimeOperator {
  readonly #node: PhysicalWindowAggregate;
  readonly #window: WindowMath;
  readonly #table: AggregateTable;
  readonly #keyTypes: readonly SqlType[];
  /** Slices merge into windows; else each row is in all its windows. */
  readonly #sliced: boolean;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #slices = new SliceSlots();
  /** Of the partial phase. */
  readonly #bypass = new PartialBypass();
  /** Null where a slice is a whole window. */
  readonly #numbers: KeyNumbers | null;

  constructor(node: PhysicalWindowAggregate, context: OperatorContext) {
    const partial = node.phase === 'partial';
    super(context, { stateId: node.props.stateId, input: node.input, holds: partial, saves: !partial });
    this.#node = node;
    this.#window = windowMath(node.window);
    const inputTypes = typesOf(node.input.props.schema);
    this.#keyTypes = node.keys.map((k) => inputTypes[k] as SqlType);
    const appendOnlyInput = node.phase === 'final' || node.input.props.changelog === 'append-only';
    const mergeable = node.calls.every((c) => !c.distinct && c.orderBy.length === 0 && accumulatorFor(c).partialTypes !== null);
    const extremes = node.calls.some((c) => c.name === 'min' || c.name === 'max');
    this.#sliced = this.#window.whole || (mergeable && (appendOnlyInput || !extremes));
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
    this.#numbers = this.#sliced && !this.#window.whole && node.phase !== 'partial' ? new KeyNumbers(this.#keyTypes) : null;
    if (!partial) for (const state of this.#table.states) this.register(state);
  }

  protected override restored(): void {
    const slots = Int32Array.from(this.#table.store.slots());
    this.#noteSlots(slots, slots.length, this.#table.store.columns.slice(0, this.#keyTypes.length + 1).map((c) => c.gather(slots, slots.length)));
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
    return this.#window.lastEnd(end);
  }

  override waitsFor(): bigint | null {
    let first: bigint | null = null;
    for (const slice of this.#slices.ends()) {
      const end = this.#sliced ? firstOpenEnd(slice, this.watermark, this.#window) : slice;
      if (end !== null && (first === null || end < first)) first = end;
    }
    return first === null ? null : endInstant(first, this.#window) - 1000n;
  }

  protected override take(batch: Batch): void {
    if (this.#node.phase === 'final') this.#addFinal(batch);
    else this.#addRows(batch);
  }

  #addRows(batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    // A partial aggregate leaves it to the final one to say what is late.
    const watermark = this.#node.phase === 'single' ? this.watermark : null;
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
      if (this.watermark !== null && isClosed(this.#lastEnd(end.values[i] as bigint), this.watermark, this.#window)) this.context.late(this.#node.props.stateId, batch, i);
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
    if (this.#bypass.isOn) {
      this.emit({ rowCount: n, ops: null, columns: [...keys, ...this.#table.rowPartials(batch), ends] });
      return;
    }
    const slots = this.#table.update(batch, columns, this.#groups?.(batch) ?? null, partialAt);
    if (this.#node.phase !== 'partial') this.#noteSlots(slots, n, columns);
    else if (this.#bypass.judge(n, this.#table.store.touched.length)) this.#flushPartial();
  }

  protected override atBarrier(): void {
    if (this.#node.phase === 'partial') {
      this.#flushPartial();
      this.#bypass.endEpoch();
    }
    this.#table.flush();
  }

  /** Sends the windows that the watermark closes, oldest first, and frees what no open window holds. */
  protected override passed(watermark: bigint): void {
    if (this.#node.phase === 'partial') return;
    const w = this.#window;
    const ends = [...this.#slices.ends()].sort(ascending);
    const due = new Set<bigint>();
    for (const end of ends) {
      if (this.#sliced) for (const e of closingEnds(end, this.watermark, watermark, w)) due.add(e);
      else if (isClosed(end, watermark, w)) due.add(end);
    }
    for (const end of [...due].sort(ascending)) {
      const first = this.#sliced && !w.whole ? w.startOf(end) : end - 1n;
      this.#send(end, ends.slice(after(ends, first), after(ends, end)));
    }
    for (const end of ends) if (isClosed(this.#lastEnd(end), watermark, w)) this.#freeSlice(end);
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
    const at = endInstant(end, this.#window);
    const value = { start: startInstant(this.#window.startOf(end), this.#window), end: at, time: at - 1000n };
    const columns: Column[] = [...keys, ...results];
    for (const name of this.#node.windowColumns) columns.push(i64Column(new BigInt64Array(n).fill(value[name]), null));
    for (const batch of insertBatches(columns, n)) this.emit(batch);
  }

  #flushPartial(): void {
    this.#bypass.sent();
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

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** How many of the ascending values are at or below `bound`. */
function after(sorted: readonly bigint[], bound: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid] as bigint) <= bound) low = mid + 1;
    else high = mid;
  }
  return low;
}
