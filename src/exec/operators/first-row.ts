import { readValue } from '../../common/batch/builder.ts';
import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalFirstRow } from '../../planner/physical.ts';
import { gather, insertBatches, IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { EventTimeOperator } from './event-time.ts';
import { rowOrder } from './row-order.ts';
import { TimeHeap } from './time-heap.ts';

/** What the last state column says of a partition. */
const WAITING = 1;
const SENT = 2;

/**
 * The first row of each partition in order of an event time, sent once, when the watermark has passed it.
 *
 * Input and output: append-only. Rows of a partition whose first was sent are duplicates; others whose time has passed go to
 * `late`. The end of a bounded input lets all waiting rows go. Ties go by the stream key, then by the whole row.
 * State: one row a waiting partition; of the others the key, for ever.
 */
export class FirstRowOperator extends EventTimeOperator {
  readonly #node: PhysicalFirstRow;
  readonly #types: readonly SqlType[];
  /** The partition's columns, all of the row's, the mark. */
  readonly #store: KeyedStore;
  /** State column of each of the row's columns. */
  readonly #at: readonly number[];
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** Waiting rows by time; also former ones of a partition, and of partitions that were sent since. */
  readonly #due = new TimeHeap();
  /** Rows up to here have been sent. */
  #released: bigint | null = null;

  constructor(node: PhysicalFirstRow, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: true });
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    const keys = node.partition.map((p) => this.#types[p] as SqlType);
    this.#at = this.#types.map((_, c) => keys.length + c);
    this.#groups = groupsBy(node.input, node.partition, context);
    this.#store = this.register(new KeyedStore({ id: `${node.props.stateId}.first`, types: [...keys, ...this.#types, DOUBLE], keyCount: keys.length, equality: 'sql', groupByKey: this.#groups === null }));
  }

  get #marks(): Float64Array {
    return (this.#store.columns.at(-1) as StateColumn).f64;
  }
  get #times(): BigInt64Array {
    return (this.#store.columns[this.#at[this.#node.time] as number] as StateColumn).i64;
  }

  protected override restored(): void {
    this.#released = this.watermark;
    const marks = this.#marks;
    const times = this.#times;
    for (const slot of this.#store.slots()) if (marks[slot] === WAITING) this.#due.push(times[slot] as bigint, slot);
  }

  override waitsFor(): bigint | null {
    const marks = this.#marks;
    while (this.#due.length > 0 && marks[this.#due.firstSlot] !== WAITING) this.#due.pop();
    return this.#due.length === 0 ? null : this.#due.first;
  }

  protected override take(given: Batch): void {
    const batch = this.#inTime(given);
    const n = batch.rowCount;
    if (n === 0) return;
    const store = this.#store;
    const keys = this.#node.partition.map((p) => batch.columns[p] as Column);
    const slots = new Int32Array(n);
    store.upsert(keys, hashColumns(keys, store.keyTypes, n), n, slots, this.#groups === null ? null : this.#groups(batch));
    const marks = this.#marks;
    const times = this.#times;
    const order = rowOrder(batch.columns, store.columns, this.#at, this.#node.order, this.#node.input.props.streamKey ?? []);
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      const mark = marks[slot] as number;
      if (mark === SENT || (mark === WAITING && order(i, slot) >= 0)) continue;
      const former = mark === WAITING ? (times[slot] as bigint) : null;
      for (let c = 0; c < this.#at.length; c++) (store.columns[this.#at[c] as number] as StateColumn).write(slot, batch.columns[c] as Column, i);
      marks[slot] = WAITING;
      store.touch(slot);
      const time = times[slot] as bigint;
      if (former === null || time < former) this.#due.push(time, slot);
    }
  }

  /** Without the rows whose time has passed. */
  #inTime(batch: Batch): Batch {
    const time = batch.columns[this.#node.time];
    if (time?.physical !== 'i64') throw new InternalError('an event time has another layout');
    const released = this.#released;
    const kept = new IntList();
    const passed = new IntList();
    for (let i = 0; i < batch.rowCount; i++) {
      if (time.nulls?.[i] === 1) {
        const row = this.#types.map((t, c) => readValue(t, batch.columns[c] as Column, i));
        this.context.rowError({ operator: this.#node.props.stateId, error: new SqlError('null_value_not_allowed', 'the event time that rows are deduplicated by is null'), row });
      } else (released !== null && (time.values[i] as bigint) <= released ? passed : kept).push(i);
    }
    if (kept.length === batch.rowCount) return batch;
    this.#reportLate(batch, passed);
    return { rowCount: kept.length, ops: null, columns: batch.columns.map((c) => gather(c, kept.array, kept.length)) };
  }

  /** Of the partitions that have sent their first row, late rows are but duplicates. */
  #reportLate(batch: Batch, passed: IntList): void {
    const n = passed.length;
    if (n === 0) return;
    const keys = this.#node.partition.map((p) => gather(batch.columns[p] as Column, passed.array, n));
    const slots = new Int32Array(n);
    this.#store.find(keys, hashColumns(keys, this.#store.keyTypes, n), n, slots);
    const marks = this.#marks;
    for (let k = 0; k < n; k++) {
      const slot = slots[k] as number;
      if (slot < 0 || marks[slot] !== SENT) this.context.late(this.#node.props.stateId, batch, passed.array[k] as number);
    }
  }

  /** Rows go with the barrier: until then others of their key may come, though the watermark has passed them. */
  protected override atBarrier(): void {
    if (this.watermark === null || this.watermark === this.#released) return;
    this.#released = this.watermark;
    this.#send(this.watermark);
  }

  /** Lets the rows up to a time go, in its order. */
  #send(upTo: bigint): void {
    const store = this.#store;
    const marks = this.#marks;
    const due = new IntList();
    while (this.#due.length > 0 && this.#due.first <= upTo) {
      const slot = this.#due.pop();
      if (marks[slot] !== WAITING) continue;
      marks[slot] = SENT;
      store.touch(slot);
      due.push(slot);
    }
    const n = due.length;
    if (n === 0) return;
    const columns = this.#at.map((c) => (store.columns[c] as StateColumn).gather(due.array, n));
    for (const batch of insertBatches(columns, n)) this.emit(batch);
    for (let k = 0; k < n; k++) for (const c of this.#at) (store.columns[c] as StateColumn).clear(due.array[k] as number, false);
    store.compact();
  }
}
