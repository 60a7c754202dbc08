import { DELETE, INSERT, UPDATE_AFTER, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { BOOLEAN, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalGroupAggregate } from '../../planner/physical.ts';
import { AggregateTable } from '../aggregate/aggregate-table.ts';
import { IntList } from '../columns.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { ChangeList, stacked } from './change-writer.ts';
import { rowComparer } from './row-compare.ts';
import { HeldWatermark } from './watermarks.ts';

/**
 * GROUP BY. Sends, per barrier, the net change of each touched group; without keys there is always one row.
 *
 * Input: any changelog but upsert. Output: retract (or upsert without -U where allowed); key: the group keys. Partial:
 * insert-only deltas, nothing kept over the barrier.
 * State: running values and the row last sent, per group; values with counts for DISTINCT, ORDER BY and retracted extremes.
 */
export class GroupAggregateOperator extends BaseOperator {
  readonly #node: PhysicalGroupAggregate;
  readonly #table: AggregateTable;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #touched = new IntList();
  #marks = new Uint8Array(256);
  readonly #held = new HeldWatermark();
  readonly #resultTypes: readonly SqlType[];

  constructor(node: PhysicalGroupAggregate, context: OperatorContext) {
    super(context);
    this.#node = node;
    const inputTypes = typesOf(node.input.props.schema);
    this.#resultTypes = node.calls.map((c) => c.type);
    const partial = node.phase === 'partial';
    this.#groups = node.phase === 'partial' || node.keys.length === 0 ? null : groupsBy(node.input, node.keys, context);
    this.#table = new AggregateTable({
      id: `${node.props.stateId}.groups`,
      keyTypes: node.keys.map((k) => inputTypes[k] as SqlType),
      calls: node.calls,
      inputTypes,
      appendOnlyInput: node.appendOnlyInput,
      merging: node.phase === 'final',
      // Whether the group has been sent, and as what.
      extra: partial ? [] : [BOOLEAN, ...this.#resultTypes],
      groupByKey: this.#groups === null,
    });
    if (!partial) for (const state of this.#table.states) this.register(state);
  }

  override onBatch(_port: number, batch: Batch): void {
    const { keys } = this.#node;
    const columns = keys.map((k) => batch.columns[k] as Column);
    const slots = this.#table.update(batch, columns, this.#groups === null ? null : this.#groups(batch), keys.length);
    if (this.#table.store.high > this.#marks.length) {
      const marks = new Uint8Array(Math.ceil(this.#table.store.high * 1.6));
      marks.set(this.#marks);
      this.#marks = marks;
    }
    const marks = this.#marks;
    for (let i = 0; i < slots.length; i++) this.#touch(slots[i] as number, marks);
  }

  #touch(slot: number, marks: Uint8Array): void {
    if (marks[slot] === 1) return;
    marks[slot] = 1;
    this.#touched.push(slot);
  }

  /** The groups of this epoch; forgets them. */
  #takeTouched(): Int32Array {
    const slots = this.#touched.array.slice(0, this.#touched.length);
    for (const slot of slots) this.#marks[slot] = 0;
    this.#touched.clear();
    return slots;
  }

  /** Held back until the rows it covers have been sent. */
  override onWatermark(_port: number, micros: bigint): void {
    this.#held.hold(micros);
  }

  override onBarrier(_barrier: Barrier): void {
    if (this.#node.phase === 'partial') this.#flushPartial();
    else this.#flush();
    this.#table.flush();
    this.#held.release(this.context.output);
  }

  /** Of the workers only the owner of key group 0 has the row of an aggregate without keys. */
  #touchGlobalRow(): void {
    if (this.#node.keys.length > 0 || keyGroupsOf(this.context.worker, this.context.parallelism).from !== 0) return;
    if (this.#table.store.entryCount > 0) return;
    const slot = new Int32Array(1);
    this.#table.store.upsert([], new Int32Array(1), 1, slot, null);
    this.#touch(slot[0] as number, this.#marks);
  }

  #flush(): void {
    this.#touchGlobalRow();
    const slots = this.#takeTouched();
    const m = slots.length;
    if (m === 0) return;
    const { store, extraAt } = this.#table;
    const after = this.#table.results(slots, m);
    const keyCount = store.keyCount;
    const last = store.columns.slice(extraAt + 1);
    const before = last.map((c) => c.gather(slots, m));
    const results = stacked(before, m, after, m);
    const keys = store.columns.slice(0, keyCount).map((c) => c.gather(slots, m));
    const columns = [...stacked(keys, m, keys, m), ...results];
    const same = rowComparer(results);
    const sent = (store.columns[extraAt] as StateColumn).bool;
    const counts = this.#table.rowCounts;
    const list = new ChangeList();
    const global = keyCount === 0;
    for (let k = 0; k < m; k++) {
      const slot = slots[k] as number;
      const old = sent[slot] === 1;
      if (!global && counts[slot] === 0) {
        if (old) list.push(DELETE, k);
        this.#table.remove(slot);
        continue;
      }
      if (old && same(k, m + k)) continue;
      if (!old) list.push(INSERT, m + k);
      else if (this.#node.emitUpdateBefore) list.update(k, m + k);
      else list.push(UPDATE_AFTER, m + k);
      sent[slot] = 1;
      store.touch(slot);
      for (let c = 0; c < last.length; c++) (last[c] as StateColumn).write(slot, after[c] as Column, k);
    }
    list.drain(columns, (batch) => this.emit(batch));
  }

  #flushPartial(): void {
    const slots = this.#takeTouched();
    const m = slots.length;
    if (m === 0) return;
    const { store } = this.#table;
    const keys = store.columns.slice(0, store.keyCount).map((c) => c.gather(slots, m));
    const list = new ChangeList();
    for (let k = 0; k < m; k++) list.push(INSERT, k);
    list.drain([...keys, ...this.#table.partials(slots, m)], (batch) => this.emit(batch));
    for (let k = 0; k < m; k++) this.#table.remove(slots[k] as number);
  }
}
