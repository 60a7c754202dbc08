import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { BIGINT, DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalTopN } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { gather } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { Expiry } from '../state/expiry.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { ChangeList } from './change-writer.ts';
import { EventTimeOperator } from './event-time.ts';
import { withoutLate } from './late-rows.ts';
import { SliceSlots } from './slices.ts';
import { rowOrder } from './row-order.ts';
import { placeOf, resorted, slotOrder, slotPeers, type SlotOrder } from './slot-order.ts';

interface Shown {
  /** In order, repeated for repeated rows. */
  readonly slots: readonly number[];
  /** Their numbers, where those aren't their places. */
  readonly numbers: readonly number[] | null;
  /** Rows of `sorted` that it took to find them. */
  readonly seen: number;
}
const NOTHING: Shown = { slots: [], numbers: null, seen: 0 };

interface Partition {
  /** Rows in order, each once however often it occurs. */
  sorted: number[];
  shown: Shown;
  changed: Set<number>;
}

/**
 * The rows at `offset < number <= offset + limit` of each partition, with the number if asked: the row's place, RANK() or
 * DENSE_RANK(); or its place, and all peers of the last one (WITH TIES).
 *
 * Input: append-only or retract. Output: the net change per barrier; with places an update pair where another row takes
 * one, with ranks where a row gets another. Ties go by the stream key, then by the whole row.
 * State: all rows of a partition (a removed one is refilled); of an append-only input only those that can still show.
 */
export class TopNOperator extends EventTimeOperator {
  readonly #node: PhysicalTopN;
  readonly #types: readonly SqlType[];
  readonly #rows: KeyedStore;
  readonly #partitions: KeyedStore;
  readonly #byPartition = new Map<number, Partition>();
  readonly #order: SlotOrder;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #peers: (a: number, b: number) => boolean;
  readonly #trim: boolean;
  /** The window's border among the partition's columns; -1: there is none. */
  readonly #closing: number;
  readonly #dirty = new Set<number>();
  /** Partitions by the end of their window. */
  readonly #windows = new SliceSlots();
  #freedTo: bigint | null = null;
  readonly #ttl: Expiry | null;

  constructor(node: PhysicalTopN, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: true, saves: node.closes !== null });
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    const width = this.#types.length;
    this.#rows = this.register(new KeyedStore({ id: `${node.props.stateId}.rows`, types: [...this.#types, DOUBLE, ...(node.ttlMs === undefined ? [] : [BIGINT])], keyCount: width, equality: 'exact' }));
    const partitionTypes = node.partition.map((p) => this.#types[p] as SqlType);
    this.#partitions = new KeyedStore({ id: `${node.props.stateId}.partitions`, types: partitionTypes, keyCount: partitionTypes.length, equality: 'sql' });
    this.#order = slotOrder(this.#rows.columns.slice(0, width), node.order, node.input.props.streamKey ?? []);
    this.#peers = slotPeers(this.#rows.columns, node.order);
    this.#groups = node.partition.length === 0 ? null : groupsBy(node.input, node.partition, context);
    this.#ttl = node.ttlMs === undefined ? null : new Expiry(node.ttlMs);
    this.#closing = node.closes === null ? -1 : node.partition.indexOf(node.closes);
    this.#trim = node.input.props.changelog === 'append-only' && Number.isFinite(node.limit);
  }

  get #counts(): Float64Array {
    return (this.#rows.columns[this.#types.length] as StateColumn).f64;
  }

  #partitionsOf(columns: readonly Column[], n: number, hashes: Int32Array): Partition[] {
    const slots = new Int32Array(n);
    this.#partitions.upsert(columns, hashes, n, slots, null);
    return Array.from(slots, (slot) => {
      let partition = this.#byPartition.get(slot);
      if (partition === undefined) this.#byPartition.set(slot, (partition = { sorted: [], shown: NOTHING, changed: new Set() }));
      return partition;
    });
  }

  /** The rows that may still show: of an append-only input none that comes after the last place of a full partition. */
  #mayShow(batch: Batch, places: Int32Array): Int32Array {
    const { limit, order, input } = this.#node;
    const before = rowOrder(batch.columns, this.#rows.columns, batch.columns.map((_, c) => c), order, input.props.streamKey ?? []);
    const kept = new Int32Array(batch.rowCount);
    let m = 0;
    for (let i = 0; i < kept.length; i++) {
      const partition = this.#byPartition.get(places[i] as number);
      const last = partition !== undefined && partition.shown.slots.length === limit ? partition.sorted.at(-1) : undefined;
      if (last === undefined || before(i, last) < 0) kept[m++] = i;
    }
    return kept.subarray(0, m);
  }

  #partitionSlots(columns: readonly Column[], n: number, hashes: Int32Array): Int32Array {
    const slots = new Int32Array(n);
    this.#partitions.upsert(columns, hashes, n, slots, null);
    return slots;
  }

  protected override restored(): void {
    this.#freedTo = this.watermark;
    if (this.#rows.entryCount === 0) return;
    const slots = Int32Array.from(this.#rows.slots());
    const n = slots.length;
    const keys = this.#node.partition.map((p) => (this.#rows.columns[p] as StateColumn).gather(slots, n));
    const hashes = hashColumns(keys, this.#partitions.keyTypes, n);
    const partitions = this.#partitionsOf(keys, n, hashes);
    this.#noteWindows(this.#partitionSlots(keys, n, hashes), keys);
    for (let i = 0; i < n; i++) (partitions[i] as Partition).sorted.push(slots[i] as number);
    if (this.#ttl !== null) this.#loadTimes(slots, this.#partitionSlots(keys, n, hashColumns(keys, this.#partitions.keyTypes, n)));
    for (const partition of this.#byPartition.values()) {
      partition.sorted.sort(this.#order);
      partition.shown = this.#visible(partition.sorted);
    }
  }

  /** A partition's time is that of its newest row. */
  #loadTimes(slots: Int32Array, places: Int32Array): void {
    const newest = new Map<number, number>();
    const { i64 } = this.#rows.columns.at(-1) as StateColumn;
    slots.forEach((slot, i) => newest.set(places[i] as number, Math.max(newest.get(places[i] as number) ?? 0, Number(i64[slot]))));
    for (const [place, at] of newest) this.#ttl?.note(place, at);
  }

  expired(): number {
    return this.#ttl?.count ?? 0;
  }

  /** The rows of a partition that changed and stay give it a new time. */
  #note(ttl: Expiry, place: number, partition: Partition, changed: ReadonlySet<number>, at: number): void {
    const { i64 } = this.#rows.columns.at(-1) as StateColumn;
    let any = false;
    for (const slot of changed) {
      if (partition.sorted[placeOf(partition.sorted, slot, this.#order)] !== slot) continue;
      i64[slot] = BigInt(at);
      this.#rows.touch(slot);
      any = true;
    }
    if (any) ttl.note(place, at);
  }

  /** Partitions that have not changed for the TTL go without a word. */
  #expire(ttl: Expiry, nowMicros: bigint): void {
    ttl.expire(nowMicros, (place) => {
      const partition = this.#byPartition.get(place);
      if (partition === undefined) return;
      for (const slot of partition.sorted) this.#rows.remove(slot);
      this.#byPartition.delete(place);
      this.#partitions.remove(place);
    });
  }

  #noteWindows(places: Int32Array, keys: readonly Column[]): void {
    const time = this.#closing < 0 ? undefined : keys[this.#closing];
    if (time?.physical === 'i64') this.#windows.add(places, places.length, time, this.#partitions.high);
  }

  protected override take(input: Batch): void {
    if (this.#ttl !== null && this.#dirty.size === 0) this.#expire(this.#ttl, this.context.eval.procMicros);
    const { closes, props } = this.#node;
    let batch = closes === null ? input : withoutLate(input, closes, this.#freedTo, props.stateId, this.context);
    let n = batch.rowCount;
    if (n === 0) return;
    let keys = this.#node.partition.map((p) => batch.columns[p] as Column);
    let hashes = hashColumns(keys, this.#partitions.keyTypes, n);
    let places = this.#partitionSlots(keys, n, hashes);
    if (this.#trim && this.#node.number === 'rows') {
      const kept = this.#mayShow(batch, places);
      if (kept.length === 0) return;
      if (kept.length < n) {
        n = kept.length;
        const columns = batch.columns.map((c) => gather(c, kept, n));
        batch = { rowCount: n, ops: null, columns };
        keys = this.#node.partition.map((p) => columns[p] as Column);
        hashes = pickInts(hashes, kept);
        places = pickInts(places, kept);
      }
    }
    let groups = this.#groups === null ? null : this.#groups(batch);
    if (groups === null) {
      groups = new Int32Array(n);
      for (let i = 0; i < n; i++) groups[i] = keyGroup(hashes[i] as number);
    }
    const slots = new Int32Array(n);
    this.#rows.upsert(batch.columns, hashColumns(batch.columns, this.#rows.keyTypes, n), n, slots, groups);
    const partitions = this.#partitionsOf(keys, n, hashes);
    this.#noteWindows(places, keys);
    const weights = signs(batch);
    const counts = this.#counts;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.#rows.touch(slot);
      (partitions[i] as Partition).changed.add(slot);
      this.#dirty.add(places[i] as number);
    }
  }

  override waitsFor(): null {
    return null;
  }

  protected override atBarrier(barrier: Barrier): void {
    const list = new ChangeList();
    const numbers: number[] = [];
    const slots: number[] = [];
    const gone: number[] = [];
    const push: Push = (op, slot, number) => {
      list.push(op, slots.length);
      slots.push(slot);
      numbers.push(number);
    };
    for (const place of this.#dirty) {
      const partition = this.#byPartition.get(place) as Partition;
      const { changed } = partition;
      this.#settle(partition, gone);
      const before = partition.shown;
      const after = this.#visible(partition.sorted);
      if (!this.#node.rank) unnumbered(before.slots, after.slots, push);
      else if (after.numbers === null) placed(before.slots, after.slots, this.#node.offset + 1, push);
      else ranked(before, after, push);
      partition.shown = after;
      // What an append-only input can never bring back.
      if (this.#trim) for (const slot of partition.sorted.splice(after.seen)) gone.push(slot);
      if (this.#ttl !== null) this.#note(this.#ttl, place, partition, changed, this.#ttl.rounded(barrier.nowMicros));
      if (partition.sorted.length === 0) {
        this.#byPartition.delete(place);
        this.#partitions.remove(place);
        this.#ttl?.forget(place);
        this.#windows.forget(place);
      }
    }
    this.#dirty.clear();
    const rows = Int32Array.from(slots);
    const columns = this.#rows.columns.slice(0, this.#types.length).map((c) => c.gather(rows, rows.length));
    if (this.#node.rank) columns.push(i64Column(BigInt64Array.from(numbers, (x) => BigInt(x)), null));
    list.drain(columns, (batch) => this.emit(batch));
    for (const slot of gone) this.#rows.remove(slot);
    if (this.#ttl !== null) this.#expire(this.#ttl, barrier.nowMicros);
    this.#free();
    this.#rows.compact();
    this.#partitions.compact();
  }

  /** Forgets the partitions of windows that are over. */
  #free(): void {
    const { watermark } = this;
    if (this.#closing < 0 || watermark === null || watermark === this.#freedTo) return;
    const times = (this.#partitions.columns[this.#closing] as StateColumn).i64;
    for (const end of [...this.#windows.ends()]) {
      if (end > watermark) continue;
      const list = this.#windows.of(end);
      for (let i = 0; i < (list?.length ?? 0); i++) {
        const place = list?.array[i] as number;
        // A partition that was emptied has left its place to another, perhaps of another window.
        const partition = times[place] === end ? this.#byPartition.get(place) : undefined;
        if (partition === undefined) continue;
        for (const slot of partition.sorted) this.#rows.remove(slot);
        this.#byPartition.delete(place);
        this.#partitions.remove(place);
      }
      this.#windows.drop(end);
    }
    this.#freedTo = watermark;
  }

  /** Puts changed rows where they belong. */
  #settle(partition: Partition, gone: number[]): void {
    const counts = this.#counts;
    const { changed } = partition;
    partition.changed = new Set();
    for (const slot of changed) if (counts[slot] === 0 || (this.#ttl !== null && (counts[slot] as number) < 0)) gone.push(slot);
    partition.sorted = resorted(partition.sorted, changed, (slot) => (counts[slot] as number) > 0, this.#order);
  }

  #visible(sorted: readonly number[]): Shown {
    const { offset, limit, number, rank } = this.#node;
    const counts = this.#counts;
    const slots: number[] = [];
    const numbers: number[] | null = rank && number !== 'rows' ? [] : null;
    const last = offset + limit;
    let seen = 0;
    let rows = 0;
    /** The bounded number of the row and its peers, where they share one. */
    let shared = 0;
    for (; seen < sorted.length; seen++) {
      const slot = sorted[seen] as number;
      if (number !== 'rows' && (seen === 0 || !this.#peers(sorted[seen - 1] as number, slot))) shared = number === 'denseRank' ? shared + 1 : rows + 1;
      if ((number === 'rows' ? rows + 1 : shared) > last) break;
      for (let c = counts[slot] as number; c > 0; c--) {
        rows++;
        if (number === 'rows' && rows > last) break;
        if ((number === 'rows' || number === 'withTies' ? rows : shared) <= offset) continue;
        slots.push(slot);
        numbers?.push(shared);
      }
    }
    return { slots, numbers, seen };
  }
}

const pickInts = (from: Int32Array, rows: Int32Array): Int32Array => rows.map((i) => from[i] as number);

type Push = (op: number, slot: number, number: number) => void;

/** Another row takes a place. */
function placed(before: readonly number[], after: readonly number[], first: number, push: Push): void {
  for (let k = 0; k < Math.max(before.length, after.length); k++) {
    const old = before[k];
    const now = after[k];
    if (old === now) continue;
    if (old !== undefined && now !== undefined) {
      push(UPDATE_BEFORE, old, first + k);
      push(UPDATE_AFTER, now, first + k);
    } else if (now !== undefined) push(INSERT, now, first + k);
    else if (old !== undefined) push(DELETE, old, first + k);
  }
}

/** A row gets another rank. */
function ranked(before: Shown, after: Shown, push: Push): void {
  const rows = new Map<number, { old: number; was: number; now: number; is: number }>();
  const entry = (slot: number): { old: number; was: number; now: number; is: number } => {
    let e = rows.get(slot);
    if (e === undefined) rows.set(slot, (e = { old: 0, was: 0, now: 0, is: 0 }));
    return e;
  };
  before.slots.forEach((slot, k) => {
    const e = entry(slot);
    e.old++;
    e.was = before.numbers?.[k] ?? 0;
  });
  after.slots.forEach((slot, k) => {
    const e = entry(slot);
    e.now++;
    e.is = after.numbers?.[k] ?? 0;
  });
  for (const [slot, { old, was, now, is }] of rows) {
    for (let k = was === is ? 0 : Math.min(old, now); k > 0; k--) {
      push(UPDATE_BEFORE, slot, was);
      push(UPDATE_AFTER, slot, is);
    }
    for (let k = old; k > now; k--) push(DELETE, slot, was);
  }
  for (const [slot, { old, now, is }] of rows) for (let k = old; k < now; k++) push(INSERT, slot, is);
}

function unnumbered(before: readonly number[], after: readonly number[], push: Push): void {
  const difference = new Map<number, number>();
  for (const slot of before) difference.set(slot, (difference.get(slot) ?? 0) - 1);
  for (const slot of after) difference.set(slot, (difference.get(slot) ?? 0) + 1);
  for (const [slot, d] of difference) for (let k = d; k < 0; k++) push(DELETE, slot, 0);
  for (const [slot, d] of difference) for (let k = d; k > 0; k--) push(INSERT, slot, 0);
}
