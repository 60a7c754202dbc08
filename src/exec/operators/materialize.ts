import { DELETE, INSERT, TARGET_BATCH_ROWS, opSign, type Batch } from '../../common/batch/batch.ts';
import { batchFromRows, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import type { Epoch } from '../../common/ids.ts';
import { BIGINT, DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import { textOut } from '../../common/types/text-codec.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalMaterialize } from '../../planner/physical.ts';
import { identical } from '../canonical.ts';
import { concatMany, gather, IntList } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';
import { SecondaryIndex } from '../state/secondary-index.ts';
import type { StateColumn } from '../state/state-column.ts';
import { TimedStore } from '../state/timed-store.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { ChangeList, stacked } from './change-writer.ts';
import { rowComparer } from './row-compare.ts';
import { HeldWatermark } from './watermarks.ts';

/** Receives a relation's net change of an epoch, in batches, then its end. */
export interface ChangeListener {
  onChanges(batch: Batch): void;
  onEpoch(barrier: Barrier): void;
}

/**
 * Keeps the rows of a view or stored table, and serves them. Changes are buffered and applied at the barrier, so that
 * readers between barriers see one version.
 *
 * With keys: one row per key; `overwrite` lets an insert replace the row of its key. Without: a multiset; where rows only
 * come, each is kept in a place of its own, and nothing is looked up.
 * State: the rows. Output: the epoch's net change, to the subscribers and downstream.
 * Errors: unique_violation when `checked` and a key is inserted twice.
 */
export class MaterializeOperator extends BaseOperator {
  readonly #node: PhysicalMaterialize;
  readonly #types: readonly SqlType[];
  /** Position in the store of each column of the relation. */
  readonly #position: readonly number[];
  /** The relation's columns in the store's order. */
  readonly #order: readonly number[];
  readonly #store: KeyedStore;
  /** Instead of `#store`, for rows that only come. */
  readonly #appended: RowStore | null;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #listeners = new Set<ChangeListener>();
  readonly #held = new HeldWatermark();
  #watermark: bigint | null = null;
  #pending: Batch[] = [];
  /** Slots of the keys that the last epoch touched. */
  #written: Int32Array = new Int32Array(0);
  readonly #ttl: TimedStore | null;
  /** Made when they are first asked for. */
  #indexes: SecondaryIndex[] = [];
  /** Of the last barrier; null before the first. */
  #epoch: Epoch | null = null;

  /** @param ttlMs after which a key that was not written is forgotten; null is never. */
  constructor(node: PhysicalMaterialize, context: OperatorContext, ttlMs: number | null = null) {
    super(context);
    this.#node = node;
    this.#types = typesOf(node.props.schema);
    const all = this.#types.map((_, i) => i);
    const keys = node.keys ?? all;
    this.#order = [...keys, ...all.filter((i) => !keys.includes(i))];
    this.#position = all.map((i) => this.#order.indexOf(i));
    this.#groups = groupsBy(node.input, keys, context);
    const id = `${node.props.stateId}.rows`;
    this.#appended = node.keys === null && node.input.props.changelog === 'append-only' ? new RowStore(id, this.#types) : null;
    this.#store = new KeyedStore({
      id,
      // The last column counts identical rows.
      types: [...this.#order.map((i) => this.#types[i] as SqlType), DOUBLE, ...(ttlMs === null ? [] : [BIGINT])],
      keyCount: keys.length,
      equality: node.keys === null ? 'exact' : 'sql',
      groupByKey: this.#groups === null,
      // No key is among them, or all columns are: either way they are the last before the count.
      ...(node.added === undefined ? {} : { added: { at: all.length - node.added.length, values: node.added } }),
    });
    this.#ttl = ttlMs === null ? null : new TimedStore(ttlMs, this.#store);
    this.register(this.#appended ?? this.#store);
  }

  /** Rows that are there now, duplicates counted. */
  get rowCount(): number {
    if (this.#appended !== null) return this.#appended.entryCount;
    if (this.#node.keys !== null) return this.#store.entryCount;
    const counts = this.#count.f64;
    let total = 0;
    for (const slot of this.#store.slots()) total += counts[slot] as number;
    return total;
  }
  get #count(): StateColumn {
    return this.#store.columns[this.#order.length] as StateColumn;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#pending.push(batch);
  }

  /** Held back until the rows it covers are applied. */
  override onWatermark(_port: number, micros: bigint): void {
    this.#held.hold(micros);
    this.#watermark = micros;
  }
  /** Of the last barrier, when asked between barriers; microseconds. */
  get watermark(): bigint | null {
    return this.#watermark;
  }

  override onBarrier(barrier: Barrier): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#epoch = barrier.epoch;
    this.#ttl?.expire(barrier.nowMicros, (slot) => {
      for (const index of this.#indexes) index.drop(slot);
      this.#store.remove(slot);
    });
    const apply = this.#appended !== null ? this.#append(this.#appended, pending) : this.#node.keys === null ? this.#applyMultiset(pending) : this.#applyKeyed(pending);
    apply((batch) => {
      for (const listener of this.#listeners) listener.onChanges(batch);
      this.emit(batch);
    });
    if (this.#ttl !== null) {
      this.#ttl.wrote(this.#written, this.#written.length, barrier.nowMicros);
    }
    (this.#appended ?? this.#store).compact();
    this.#held.release(this.context.output);
    for (const listener of this.#listeners) listener.onEpoch(barrier);
  }

  #append(store: RowStore, batches: readonly Batch[]): (emit: (batch: Batch) => void) => void {
    for (const batch of batches) {
      const n = batch.rowCount;
      const groups = this.#groups?.(batch) ?? hashColumns(batch.columns, this.#types, n).map(keyGroup);
      store.append(batch.columns, n, groups);
    }
    return (emit) => {
      for (const batch of batches) emit(batch);
    };
  }

  /** Slots of the rows' keys, those touched first in this epoch on the store's list. */
  #probe(batch: Batch): Int32Array {
    const keys = this.#order.slice(0, this.#store.keyCount).map((k) => batch.columns[k] as Column);
    const slots = new Int32Array(batch.rowCount);
    this.#store.track(keys, null, batch.rowCount, slots, this.#groups?.(batch) ?? null);
    return slots;
  }

  /** The store's rows in the relation's column order. */
  #rows(slots: Int32Array, n: number): Column[] {
    return this.#position.map((p) => (this.#store.columns[p] as StateColumn).gather(slots, n));
  }

  #applyKeyed(batches: readonly Batch[]): (emit: (batch: Batch) => void) => void {
    const store = this.#store;
    const forgiving = this.#node.conflict === 'forgiving';
    const overwrite = this.#node.conflict === 'overwrite' || this.#node.input.props.changelog === 'upsert';
    // The row of each touched key at the start of the epoch: its place in `olds`, or -1 for none.
    const { touched } = store;
    const oldPlace = new IntList();
    const oldBatches: { columns: Column[]; n: number }[] = [];
    let oldCount = 0;
    const others = new Map<number, Row[]>();
    for (const batch of batches) {
      const n = batch.rowCount;
      const from = touched.length;
      const slots = this.#probe(batch);
      const counts = this.#count.f64;
      const before = new IntList();
      for (let k = from; k < touched.length; k++) {
        const slot = touched.array[k] as number;
        if (counts[slot] === 0) oldPlace.push(-1);
        else {
          oldPlace.push(oldCount + before.length);
          before.push(slot);
        }
      }
      if (before.length > 0) {
        oldBatches.push({ columns: this.#rows(before.array, before.length), n: before.length });
        oldCount += before.length;
      }
      for (let i = 0; i < n; i++) {
        const slot = slots[i] as number;
        const op = batch.ops === null ? INSERT : (batch.ops[i] as number);
        const present = counts[slot] as number;
        if (opSign(op) > 0) {
          // A second row of the key may come before the first one's deletion: put aside, and checked at the end.
          if (!overwrite && present > 0) others.set(slot, [...(others.get(slot) ?? []), this.#readRow(slot)]);
          counts[slot] = overwrite ? 1 : present + 1;
          for (let c = 0; c < this.#types.length; c++) {
            if ((this.#position[c] as number) >= store.keyCount || present === 0) {
              (store.columns[this.#position[c] as number] as StateColumn).write(slot, batch.columns[c] as Column, i);
            }
          }
        } else {
          counts[slot] = overwrite ? 0 : present - 1;
          const aside = others.get(slot);
          if (aside !== undefined && aside.length > 0) this.#dropOne(slot, aside, batch, i);
        }
      }
    }
    return (emit) => {
      const slots = touched.array.slice(0, touched.length);
      const m = slots.length;
      this.#written = slots;
      store.clearTouched();
      const after = this.#rows(slots, m);
      const before = this.#types.map((_, c) => concatMany(oldBatches.map((b) => ({ column: b.columns[c] as Column, n: b.n })), after[c] as Column));
      const list = new ChangeList();
      const same = rowComparer(before, after);
      for (let k = 0; k < m; k++) {
        const slot = slots[k] as number;
        const old = oldPlace.array[k] as number;
        const count = this.#count.f64[slot] as number;
        if (forgiving && (count > 1 || count < 0)) this.#count.f64[slot] = count > 1 ? 1 : 0;
        else if (count > 1) this.#duplicate(slot);
        if (count < 0 && !forgiving) throw new InternalError(`materialized relation ${this.#node.relation} lost a row it never had`);
        this.#entered(k, slot, count > 0, after, m);
        if (count <= 0) {
          if (old >= 0) list.push(DELETE, old);
          store.remove(slot);
        } else if (old < 0) {
          list.push(INSERT, oldCount + k);
        } else if (!same(old, k)) {
          list.update(old, oldCount + k);
        }
      }
      list.drain(oldCount === 0 ? after : stacked(before, oldCount, after, m), emit);
    };
  }

  expired(): number {
    return this.#ttl?.count ?? 0;
  }

  #readRow(slot: number): Row {
    return this.#position.map((p) => (this.#store.columns[p] as StateColumn).value(slot));
  }

  /** One of several rows of a key goes: the stored one gives way to one put aside, or one put aside is dropped. */
  #dropOne(slot: number, aside: Row[], batch: Batch, i: number): void {
    const gone = this.#types.map((t, c) => readValue(t, batch.columns[c] as Column, i));
    const at = aside.findIndex((row) => identical(row, gone));
    if (at >= 0) {
      aside.splice(at, 1);
      return;
    }
    const back = aside.pop() as Row;
    const { columns } = batchFromRows(this.#types, [back]);
    columns.forEach((column, c) => (this.#store.columns[this.#position[c] as number] as StateColumn).write(slot, column, 0));
  }

  #duplicate(slot: number): never {
    const key = this.#store.readRow(slot, 0, this.#store.keyCount);
    const names = this.#order.slice(0, this.#store.keyCount).map((c) => this.#node.props.schema[c]?.name);
    throw new SqlError('unique_violation', 'duplicate key value violates unique constraint', {
      detail: `Key (${names.join(', ')})=(${key.map((v, i) => (v === null ? 'null' : textOut(v, this.#store.keyTypes[i] as SqlType))).join(', ')}) already exists.`,
    });
  }

  #applyMultiset(batches: readonly Batch[]): (emit: (batch: Batch) => void) => void {
    const store = this.#store;
    const { touched } = store;
    /** How often each touched row was there. */
    const start: number[] = [];
    for (const batch of batches) {
      const from = touched.length;
      const slots = this.#probe(batch);
      const counts = this.#count.f64;
      for (let k = from; k < touched.length; k++) start.push(counts[touched.array[k] as number] as number);
      for (let i = 0; i < batch.rowCount; i++) {
        const slot = slots[i] as number;
        counts[slot] = (counts[slot] as number) + (batch.ops === null ? 1 : opSign(batch.ops[i] as number));
      }
    }
    return (emit) => {
      const slots = touched.array.slice(0, touched.length);
      store.clearTouched();
      const columns = this.#rows(slots, slots.length);
      const list = new ChangeList();
      const counts = this.#count.f64;
      for (let k = 0; k < slots.length; k++) {
        const slot = slots[k] as number;
        const old = start[k] as number;
        const count = counts[slot] as number;
        if (count < 0) throw new InternalError(`materialized relation ${this.#node.relation} lost a row it never had`);
        for (let c = old; c > count; c--) list.push(DELETE, k);
        for (let c = old; c < count; c++) list.push(INSERT, k);
        this.#entered(k, slot, count > 0, columns, slots.length);
        if (count === 0) store.remove(slot);
      }
      list.drain(columns, emit);
    };
  }

  /** The rows of the last barrier, some columns of the relation, in batches. Take it whole before the next barrier. */
  *snapshot(columns: readonly number[]): Iterable<Batch> {
    const cursor = { at: 0 };
    const slots = new Int32Array(TARGET_BATCH_ROWS);
    for (;;) {
      const n = (this.#appended ?? this.#store).scan(cursor, slots);
      if (n === 0) return;
      let rows: Int32Array = slots;
      let count = n;
      if (this.#appended !== null) {
        const { columns: stored } = this.#appended;
        yield { rowCount: n, ops: null, columns: columns.map((c) => (stored[c] as StateColumn).gather(slots, n)) };
        continue;
      }
      if (this.#node.keys === null) {
        const repeated: number[] = [];
        const counts = this.#count.f64;
        for (let i = 0; i < n; i++) for (let c = counts[slots[i] as number] as number; c > 0; c--) repeated.push(slots[i] as number);
        rows = Int32Array.from(repeated);
        count = rows.length;
      }
      yield { rowCount: count, ops: null, columns: columns.map((c) => gather((this.#store.columns[this.#position[c] as number] as StateColumn).view(), rows, count)) };
    }
  }

  /** The row of a key (values in the order of the node's keys), or null. Of keyed relations only. */
  lookup(key: Row): Row | null {
    if (this.#node.keys === null) throw new InternalError('a relation without a key has no look-up');
    const slot = this.#store.lookup(key);
    if (slot < 0 || this.#count.f64[slot] === 0) return null;
    return this.#readRow(slot);
  }

  /** The epoch of the rows that are read between barriers; null before the first. */
  get epoch(): Epoch | null {
    return this.#epoch;
  }

  /**
   * Rows whose columns may have these values (others that hash alike may be among them), or null where rows are not kept by slots
   * that could be found. The first call for some columns makes an index of them, O(rows); changes keep it up.
   */
  rowsBy(columns: readonly number[], keys: Batch): Row[] | null {
    if (this.#appended !== null) return null;
    const types = columns.map((c) => this.#types[c] as SqlType);
    const index = this.#indexOf(columns, types);
    const hashes = hashColumns(keys.columns, types, keys.rowCount);
    const out: Row[] = [];
    for (const hash of new Set(hashes)) {
      for (const slot of index.slots(hash)) {
        const row = this.#readRow(slot);
        const times = this.#node.keys === null ? (this.#count.f64[slot] as number) : 1;
        for (let i = 0; i < times; i++) out.push(row);
      }
    }
    return out;
  }

  /** Frees what `rowsBy` has made for these columns. */
  forgetIndex(columns: readonly number[]): void {
    this.#indexes = this.#indexes.filter((i) => i.columns.join() !== columns.join());
    this.#hashes = [];
  }

  #indexOf(columns: readonly number[], types: readonly SqlType[]): SecondaryIndex {
    const known = this.#indexes.find((i) => i.columns.join() === columns.join());
    if (known !== undefined) return known;
    const made = new SecondaryIndex(columns);
    const cursor = { at: 0 };
    const slots = new Int32Array(TARGET_BATCH_ROWS);
    for (let n = this.#store.scan(cursor, slots); n > 0; n = this.#store.scan(cursor, slots)) {
      const hashes = hashColumns(columns.map((c) => (this.#store.columns[this.#position[c] as number] as StateColumn).gather(slots, n)), types, n);
      for (let i = 0; i < n; i++) made.put(slots[i] as number, hashes[i] as number);
    }
    this.#indexes.push(made);
    return made;
  }

  #hashes: Int32Array[] = [];
  /** A touched row's place in the indexes; `k` counts through the epoch's rows from 0. */
  #entered(k: number, slot: number, present: boolean, rows: readonly Column[], n: number): void {
    if (this.#indexes.length === 0) return;
    if (k === 0) this.#hashes = this.#indexes.map((i) => hashColumns(i.columns.map((c) => rows[c] as Column), i.columns.map((c) => this.#types[c] as SqlType), n));
    for (let i = 0; i < this.#indexes.length; i++) {
      const index = this.#indexes[i] as SecondaryIndex;
      if (present) index.put(slot, (this.#hashes[i] as Int32Array)[k] as number);
      else index.drop(slot);
    }
  }

  /** Net changes from the next barrier on; the result ends it. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
