import type { Batch } from '../../common/batch/batch.ts';
import { columnFromList, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { PhysicalOver } from '../../planner/physical.ts';
import { keepsLittle } from '../../planner/physical/over.ts';
import { TARGET_BATCH_ROWS } from '../../common/batch/batch.ts';
import { IntList } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { overFunction, TAIL_MIN, type OverFunction, type Tail } from '../over/compute.ts';
import { firstNeeded } from '../over/needed.ts';
import { WindowRows } from '../over/window-rows.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { EventTimeOperator } from './event-time.ts';
import { rowsOf } from './late-rows.ts';
import { slotOrder, slotPeers, type SlotOrder } from './slot-order.ts';
import { TimeHeap } from './time-heap.ts';

/** Rows of one partition that were sent, in order; behind them, while a barrier is at work, those that are due. */
interface Partition {
  slots: number[];
  /** How many were sent. */
  sent: number;
  /** By call, what its aggregate has added up behind the last row; null where it is not kept. */
  tails: (Tail | null)[] | null;
}

/**
 * Window functions over rows in order of an event time, whose values no later row changes: each row is sent once, at the
 * barrier behind the watermark that has passed it.
 *
 * Input and output: append-only. Rows whose time has been passed go to `late`; those for which a function fails are reported and
 * left out, though later frames see them.
 * State: all rows; with frames that are bounded, those that a later frame may need.
 */
export class OnTimeOverOperator extends EventTimeOperator {
  readonly #node: PhysicalOver;
  readonly #types: readonly SqlType[];
  readonly #time: number;
  readonly #functions: readonly OverFunction[];
  readonly #rows: RowStore;
  /** Numbers of partitions; not saved. */
  readonly #keys: KeyedStore;
  readonly #partitions: (Partition | undefined)[] = [];
  readonly #order: SlotOrder;
  readonly #peers: (a: number, b: number) => boolean;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** Rows that wait for the watermark. */
  readonly #waiting = new TimeHeap();
  /** Per slot, the number of its partition. */
  #partitionOf = new Int32Array(256);
  /** Rows up to here have been sent. */
  #released: bigint | null = null;
  readonly #prunes: boolean;

  constructor(node: PhysicalOver, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: true });
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    this.#time = node.order[0]?.column ?? 0;
    this.#functions = node.calls.map(overFunction);
    this.#rows = this.register(new RowStore(`${node.props.stateId}.rows`, this.#types));
    const keyTypes = node.partition.map((p) => this.#types[p] as SqlType);
    this.#keys = new KeyedStore({ id: 'keys', types: keyTypes, keyCount: keyTypes.length, equality: 'sql' });
    this.#order = slotOrder(this.#rows.columns, node.order, node.input.props.streamKey ?? []);
    this.#peers = slotPeers(this.#rows.columns, node.order);
    this.#groups = node.partition.length === 0 ? null : groupsBy(node.input, node.partition, context);
    this.#prunes = node.calls.every(keepsLittle);
  }

  get #times(): BigInt64Array {
    return (this.#rows.columns[this.#time] as StateColumn).i64;
  }

  protected override restored(): void {
    this.#released = this.watermark;
    const slots = Int32Array.from(this.#rows.slots());
    const n = slots.length;
    if (n === 0) return;
    const keys = this.#node.partition.map((p) => (this.#rows.columns[p] as StateColumn).gather(slots, n));
    this.#number(keys, hashColumns(keys, this.#keys.keyTypes, n), slots, n);
    const times = this.#times;
    const restored = new Set<Partition>();
    for (const slot of slots) {
      const time = times[slot] as bigint;
      if (this.#released === null || time > this.#released) this.#waiting.push(time, slot);
      else {
        const partition = this.#partition(this.#partitionOf[slot] as number);
        partition.slots.push(slot);
        partition.sent++;
        restored.add(partition);
      }
    }
    for (const { slots: sent } of restored) sent.sort(this.#order);
  }

  /** Notes the partitions of the rows in `slots`. */
  #number(keys: readonly Column[], hashes: Int32Array, slots: Int32Array, n: number): void {
    if (this.#rows.high > this.#partitionOf.length) {
      const grown = new Int32Array(Math.ceil(this.#rows.high * 1.6));
      grown.set(this.#partitionOf);
      this.#partitionOf = grown;
    }
    const numbers = new Int32Array(n);
    this.#keys.upsert(keys, hashes, n, numbers, null);
    for (let i = 0; i < n; i++) this.#partitionOf[slots[i] as number] = numbers[i] as number;
  }

  #partition(number: number): Partition {
    while (this.#partitions.length <= number) this.#partitions.push(undefined);
    return (this.#partitions[number] ??= { slots: [], sent: 0, tails: null });
  }

  override waitsFor(): bigint | null {
    return this.#waiting.length === 0 ? null : this.#waiting.first;
  }

  protected override take(given: Batch): void {
    const batch = this.#inTime(given);
    const n = batch.rowCount;
    if (n === 0) return;
    const keys = this.#node.partition.map((p) => batch.columns[p] as Column);
    const hashes = hashColumns(keys, this.#keys.keyTypes, n);
    const slots = this.#rows.append(batch.columns, n, this.#groups?.(batch) ?? hashes.map(keyGroup));
    this.#number(keys, hashes, slots, n);
    const times = this.#times;
    for (let i = 0; i < n; i++) this.#waiting.push(times[slots[i] as number] as bigint, slots[i] as number);
  }

  /** Without the rows whose time has passed, which are late. */
  #inTime(batch: Batch): Batch {
    const time = batch.columns[this.#time];
    if (time?.physical !== 'i64') throw new InternalError('an event time has another layout');
    const kept = new IntList(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) {
      if (time.nulls?.[i] === 1) {
        const row = this.#types.map((t, c) => readValue(t, batch.columns[c] as Column, i));
        this.context.rowError({ operator: this.#node.props.stateId, error: new SqlError('null_value_not_allowed', 'the event time that a window function is ordered by is null'), row });
      } else if (this.#released !== null && (time.values[i] as bigint) <= this.#released) this.context.late('over', batch, i);
      else kept.push(i);
    }
    return kept.length === batch.rowCount ? batch : rowsOf(batch, kept.array, kept.length);
  }

  protected override atBarrier(): void {
    const upTo = this.watermark;
    if (upTo === null || upTo === this.#released) return;
    this.#released = upTo;
    const dirty: Partition[] = [];
    while (this.#waiting.length > 0 && this.#waiting.first <= upTo) {
      const slot = this.#waiting.pop();
      const partition = this.#partition(this.#partitionOf[slot] as number);
      if (partition.sent === partition.slots.length) dirty.push(partition);
      partition.slots.push(slot);
    }
    if (dirty.length === 0) return;
    const out = new IntList();
    const values: Value[][] = this.#functions.map(() => []);
    for (const partition of dirty) this.#send(partition, out, values);
    this.#emitRows(out, values);
    if (this.#prunes) for (const partition of dirty) this.#prune(partition);
    this.#rows.compact();
    this.#keys.compact();
  }

  /** The values of the rows that are due. */
  #send(partition: Partition, out: IntList, values: readonly Value[][]): void {
    const { slots, sent: from } = partition;
    const to = slots.length;
    if (to - from > 1) this.#sortTail(slots, from);
    partition.sent = to;
    const rows = this.#windowOf(slots);
    const before = partition.tails;
    // Of a partition of few rows it is not worth its memory.
    const after: (Tail | null)[] | null = to >= TAIL_MIN ? this.#functions.map(() => null) : null;
    try {
      const made = this.#functions.map((f, c) => f.compute(rows, from, to, before?.[c] ?? null, after === null ? null : (tail) => (after[c] = tail)));
      made.forEach((list, c) => {
        const into = values[c] as Value[];
        for (const value of list) into.push(value);
      });
      for (let i = from; i < to; i++) out.push(slots[i] as number);
      partition.tails = after;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      partition.tails = null;
      for (let i = from; i < to; i++) this.#sendOne(rows, i, out, values);
    }
  }

  /** One of several rows for some of which a function fails. */
  #sendOne(rows: WindowRows, i: number, out: IntList, values: readonly Value[][]): void {
    const slot = rows.slots[i] as number;
    try {
      const own = this.#functions.map((f) => f.compute(rows, i, i + 1, null, null)[0] ?? null);
      own.forEach((value, c) => (values[c] as Value[]).push(value));
      out.push(slot);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.context.rowError({ operator: this.#node.props.stateId, error, row: this.#rows.columns.map((c) => c.value(slot)) });
    }
  }

  /** Rows come in order of time; what decides among equal times is still to be looked at. */
  #sortTail(slots: number[], from: number): void {
    for (let i = from + 1; i < slots.length; i++) {
      const slot = slots[i] as number;
      let at = i;
      for (; at > from && this.#order(slots[at - 1] as number, slot) > 0; at--) slots[at] = slots[at - 1] as number;
      slots[at] = slot;
    }
  }

  #windowOf(slots: readonly number[]): WindowRows {
    return new WindowRows(slots, this.#rows.columns, this.#node.order, this.#peers);
  }

  #emitRows(out: IntList, values: readonly Value[][]): void {
    for (let from = 0; from < out.length; from += TARGET_BATCH_ROWS) {
      const to = Math.min(out.length, from + TARGET_BATCH_ROWS);
      const slots = out.array.subarray(from, to);
      const columns = [...this.#rows.columns.map((c) => c.gather(slots, to - from)), ...this.#node.calls.map((call, c) => columnFromList(call.type, values[c] as Value[], from, to))];
      this.emit({ rowCount: to - from, ops: null, columns });
    }
  }

  /** Drops rows that no later row's frame can reach. */
  #prune(partition: Partition): void {
    const { slots } = partition;
    const keep = firstNeeded(this.#windowOf(slots), this.#node.calls);
    if (keep <= 0) return;
    for (let i = 0; i < keep; i++) this.#rows.remove(slots[i] as number);
    partition.slots = slots.slice(keep);
    partition.sent -= keep;
    if (partition.tails !== null) partition.tails = partition.tails.map((t) => (t === null || t.first < keep ? null : { ...t, first: t.first - keep, next: t.next - keep }));
  }
}
