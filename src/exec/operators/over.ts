import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { PhysicalOver } from '../../planner/physical.ts';
import { identical } from '../canonical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { overFunction, TAIL_MIN, type OverFunction, type Reach, type Tail } from '../over/compute.ts';
import { WindowRows } from '../over/window-rows.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { EventTimeOperator } from './event-time.ts';
import { drainChanges } from './change-writer.ts';
import { resorted, slotOrder, slotPeers, type SlotOrder } from './slot-order.ts';


interface Partition {
  /** Rows in order, each once however often it occurs. */
  sorted: number[];
  /** Slots sent, in order, repeated for repeated rows. */
  shown: number[];
  changed: Set<number>;
  /** By call, what its aggregate has added up behind the last row shown; null where rows have changed otherwise than at the end. */
  tails: (Tail | null)[] | null;
  /** `shown` is known to have had values; a restored one may have failed. */
  checked: boolean;
}

/**
 * Window functions over one window.
 *
 * Input: any changelog but upsert. Output: the net change per barrier: of a changed partition only the rows that the functions'
 * reach says may differ are computed, before and after.
 * A partition whose functions fail is reported, and left out until it has values again.
 * State: all rows.
 */
export class OverOperator extends EventTimeOperator {
  readonly #node: PhysicalOver;
  readonly #types: readonly SqlType[];
  readonly #functions: readonly OverFunction[];
  readonly #reach: Reach;
  readonly #rows: KeyedStore;
  readonly #partitions: KeyedStore;
  readonly #byPartition = new Map<number, Partition>();
  readonly #order: SlotOrder;
  readonly #peers: (a: number, b: number) => boolean;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #dirty = new Set<number>();

  constructor(node: PhysicalOver, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: true, saves: false });
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    const width = this.#types.length;
    this.#functions = node.calls.map(overFunction);
    this.#reach = this.#functions.map((f) => f.reach).reduce((a, b) => ({ before: Math.max(a.before, b.before), behind: Math.max(a.behind, b.behind), peers: a.peers || b.peers }));
    this.#rows = this.register(new KeyedStore({ id: `${node.props.stateId}.rows`, types: [...this.#types, DOUBLE], keyCount: width, equality: 'exact' }));
    const partitionTypes = node.partition.map((p) => this.#types[p] as SqlType);
    this.#partitions = new KeyedStore({ id: `${node.props.stateId}.partitions`, types: partitionTypes, keyCount: partitionTypes.length, equality: 'sql' });
    const columns = this.#rows.columns.slice(0, width);
    this.#order = slotOrder(columns, node.order, node.input.props.streamKey ?? []);
    this.#peers = slotPeers(columns, node.order);
    this.#groups = node.partition.length === 0 ? null : groupsBy(node.input, node.partition, context);
  }

  get #counts(): Float64Array {
    return (this.#rows.columns[this.#types.length] as StateColumn).f64;
  }

  override waitsFor(): null {
    return null;
  }

  /** The partition of each of `n` keys. */
  #placesOf(columns: readonly Column[], n: number, hashes: Int32Array): Int32Array {
    const places = new Int32Array(n);
    this.#partitions.upsert(columns, hashes, n, places, null);
    for (const place of places) if (!this.#byPartition.has(place)) this.#byPartition.set(place, { sorted: [], shown: [], changed: new Set(), tails: null, checked: true });
    return places;
  }

  protected override restored(): void {
    if (this.#rows.entryCount === 0) return;
    const slots = Int32Array.from(this.#rows.slots());
    const n = slots.length;
    const keys = this.#node.partition.map((p) => (this.#rows.columns[p] as StateColumn).gather(slots, n));
    const places = this.#placesOf(keys, n, hashColumns(keys, this.#partitions.keyTypes, n));
    places.forEach((place, i) => this.#byPartition.get(place)?.sorted.push(slots[i] as number));
    for (const partition of this.#byPartition.values()) {
      partition.sorted.sort(this.#order);
      partition.shown = this.#visible(partition);
      partition.checked = false;
    }
  }

  protected override take(batch: Batch): void {
    const n = batch.rowCount;
    const keys = this.#node.partition.map((p) => batch.columns[p] as Column);
    const hashes = hashColumns(keys, this.#partitions.keyTypes, n);
    const groups = this.#groups?.(batch) ?? hashes.map(keyGroup);
    const slots = new Int32Array(n);
    this.#rows.upsert(batch.columns, hashColumns(batch.columns, this.#rows.keyTypes, n), n, slots, groups);
    const places = this.#placesOf(keys, n, hashes);
    const weights = signs(batch);
    const counts = this.#counts;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.#rows.touch(slot);
      const place = places[i] as number;
      this.#byPartition.get(place)?.changed.add(slot);
      this.#dirty.add(place);
    }
  }

  protected override atBarrier(): void {
    const out = new Changes();
    const gone: number[] = [];
    for (const place of this.#dirty) {
      const partition = this.#byPartition.get(place) as Partition;
      this.#refresh(partition, out, gone);
      if (partition.sorted.length > 0) continue;
      this.#byPartition.delete(place);
      this.#partitions.remove(place);
    }
    this.#dirty.clear();
    out.drain(this.#rows.columns.slice(0, this.#types.length), this.#node.calls.map((c) => c.type), (batch) => this.emit(batch));
    for (const slot of gone) this.#rows.remove(slot);
    this.#rows.compact();
    this.#partitions.compact();
  }

  #refresh(partition: Partition, out: Changes, gone: number[]): void {
    const counts = this.#counts;
    const { changed } = partition;
    partition.changed = new Set();
    for (const slot of changed) if (counts[slot] === 0) gone.push(slot);
    partition.sorted = resorted(partition.sorted, changed, (slot) => (counts[slot] as number) > 0, this.#order);
    const now = this.#visible(partition);
    if (!partition.checked) {
      partition.checked = true;
      if (this.#values(this.#windowOf(partition.shown), 0, partition.shown.length) instanceof SqlError) partition.shown = [];
    }
    partition.shown = this.#compare(partition, now, out);
  }

  /** All rows, those that occur several times as often. */
  #visible({ sorted }: Partition): number[] {
    const counts = this.#counts;
    const out: number[] = [];
    for (const slot of sorted) {
      for (let c = counts[slot] as number; c > 0; c--) out.push(slot);
    }
    return out;
  }
  #windowOf(slots: readonly number[]): WindowRows {
    return new WindowRows(slots, this.#rows.columns, this.#node.order, this.#peers);
  }
  /** By call, the values of the rows `[from, to)`; or why there are none. */
  #values(rows: WindowRows, from: number, to: number, before: readonly (Tail | null)[] | null = null, after: (Tail | null)[] | null = null): readonly (readonly Value[])[] | SqlError {
    try {
      return this.#functions.map((f, c) => (from < to ? f.compute(rows, from, to, before?.[c] ?? null, after === null ? null : (tail) => (after[c] = tail)) : []));
    } catch (error) {
      if (error instanceof SqlError) return error;
      throw error;
    }
  }

  /** Writes what differs between two states of a partition. @returns the rows that are shown now. */
  #compare(partition: Partition, now: number[], out: Changes): number[] {
    const before = partition.shown;
    let same = 0;
    const short = Math.min(before.length, now.length);
    while (same < short && before[same] === now[same]) same++;
    let tail = 0;
    while (tail < short - same && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
    if (same === before.length && same === now.length) return now;
    const was = this.#windowOf(before);
    const is = this.#windowOf(now);
    let from = Math.max(0, same - this.#reach.before);
    if (this.#reach.peers) from = Math.min(firstPeer(was, from), firstPeer(is, from));
    const wasTo = Math.min(before.length, before.length - tail + this.#reach.behind);
    const isTo = Math.min(now.length, now.length - tail + this.#reach.behind);
    const old = this.#values(was, from, wasTo);
    if (old instanceof SqlError) throw new InternalError(`the values of a window function could be computed before, and cannot now: ${old.message}`);
    const tails = same === before.length ? partition.tails : null;
    // Of a partition of few rows it is not worth its memory.
    const after = isTo === now.length && now.length >= TAIL_MIN ? this.#functions.map(() => null) : null;
    partition.tails = null;
    const values = this.#values(is, from, isTo, tails, after);
    if (!(values instanceof SqlError)) partition.tails = after;
    if (values instanceof SqlError) {
      this.context.rowError({ operator: this.#node.props.stateId, error: values, row: null });
      const all = this.#values(was, 0, before.length);
      if (!(all instanceof SqlError)) before.forEach((slot, i) => out.push(DELETE, slot, all.map((v) => v[i] ?? null)));
      return [];
    }
    this.#difference({ slots: before, from, to: wasTo, values: old }, { slots: now, from, to: isTo, values }, out);
    return now;
  }

  #difference(old: Part, now: Part, out: Changes): void {
    /** Rows of the old part by slot. */
    const left = new Map<number, number[]>();
    for (let i = old.from; i < old.to; i++) {
      const slot = old.slots[i] as number;
      const list = left.get(slot);
      if (list === undefined) left.set(slot, [i]);
      else list.push(i);
    }
    const rowAt = (part: Part, i: number): Value[] => part.values.map((v) => v[i - part.from] ?? null);
    const fresh: number[] = [];
    for (let i = now.from; i < now.to; i++) {
      const list = left.get(now.slots[i] as number);
      const equal = list?.findIndex((k) => old.values.every((v, c) => identical(v[k - old.from] ?? null, now.values[c]?.[i - now.from] ?? null))) ?? -1;
      if (equal >= 0) list?.splice(equal, 1);
      else fresh.push(i);
    }
    for (const i of fresh) {
      const slot = now.slots[i] as number;
      const former = left.get(slot)?.pop();
      if (former === undefined) out.push(INSERT, slot, rowAt(now, i));
      else {
        out.push(UPDATE_BEFORE, slot, rowAt(old, former));
        out.push(UPDATE_AFTER, slot, rowAt(now, i));
      }
    }
    for (const [slot, list] of left) for (const i of list) out.push(DELETE, slot, rowAt(old, i));
  }
}

interface Part {
  readonly slots: readonly number[];
  readonly from: number;
  readonly to: number;
  /** By call, from `from` on. */
  readonly values: readonly (readonly Value[])[];
}

/** The first peer of row `i`, or of the last row before the end. */
function firstPeer(rows: WindowRows, i: number): number {
  if (i >= rows.length) return i;
  let first = i;
  while (first > 0 && rows.arePeers(first - 1, i)) first--;
  return first;
}

/** Rows to be sent: slots of the state with the calls' values. */
class Changes {
  readonly #ops: number[] = [];
  readonly #slots: number[] = [];
  readonly #values: Row[] = [];
  #insertsOnly = true;

  push(op: number, slot: number, values: Row): void {
    this.#ops.push(op);
    this.#slots.push(slot);
    this.#values.push(values);
    if (op !== INSERT) this.#insertsOnly = false;
  }
  drain(columns: readonly StateColumn[], types: readonly SqlType[], emit: (batch: Batch) => void): void {
    const slots = Int32Array.from(this.#slots);
    drainChanges(this.#ops, slots, slots.length, this.#insertsOnly, (rows, n, from) => {
      const values = this.#values.slice(from, from + n);
      return [...columns.map((c) => c.gather(rows, n)), ...types.map((t, c) => columnFromValues(t, values, c))];
    }, emit);
  }
}
