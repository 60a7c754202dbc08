import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { BIGINT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalGroupAggregate } from '../../planner/physical.ts';
import { AggregateTable } from '../aggregate/aggregate-table.ts';
import { PartialBypass } from '../aggregate/partial-bypass.ts';
import type { FormerResults } from '../aggregate/former-results.ts';
import { IntList, insertBatches, pick } from '../columns.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { TimedStore } from '../state/timed-store.ts';
import { drainChanges } from './change-writer.ts';
import { GroupWindows } from './group-windows.ts';
import { rowComparer } from './row-compare.ts';
import { HeldWatermark } from './watermarks.ts';

/**
 * GROUP BY. Sends, per barrier, the net change of each touched group; without keys there is always one row.
 *
 * Input: any changelog but upsert. Output: retract (or upsert without -U where allowed); key: the group keys. Partial:
 * insert-only deltas, nothing kept over the barrier; where grouping hardly makes them fewer, each row is sent on as a delta.
 * State: running values per group; values with counts for DISTINCT, ORDER BY and retracted extremes. What was sent last is
 * computed from them when a group is first touched in an epoch, so that it need not be kept. With a TTL a group that has not
 * changed for so long is forgotten without a word: what comes of it later begins anew, and is sent as an insert.
 */
export class GroupAggregateOperator extends BaseOperator {
  readonly #node: PhysicalGroupAggregate;
  readonly #table: AggregateTable;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** For each group touched since the barrier the place of its former row, -1 where it had none. */
  readonly #formerAt = new IntList();
  /** Results as sent before this epoch. */
  readonly #former: FormerResults;
  /** An aggregate without keys has sent its row, which stays; null while a restore may still come. */
  #globalSent: boolean | null = null;
  readonly #held = new HeldWatermark();
  readonly #ttl: TimedStore | null;
  /** Of groups that are freed with their window. */
  readonly #closing: GroupWindows | null;
  /** Of the partial phase. */
  readonly #bypass = new PartialBypass();

  constructor(node: PhysicalGroupAggregate, context: OperatorContext) {
    super(context);
    this.#node = node;
    const inputTypes = typesOf(node.input.props.schema);
    const partial = node.phase === 'partial';
    this.#groups = node.phase === 'partial' || node.keys.length === 0 ? null : groupsBy(node.input, node.keys, context);
    this.#table = new AggregateTable({
      id: `${node.props.stateId}.groups`,
      keyTypes: node.keys.map((k) => inputTypes[k] as SqlType),
      calls: node.calls,
      inputTypes,
      appendOnlyInput: node.appendOnlyInput,
      merging: node.phase === 'final',
      groupByKey: this.#groups === null,
      extra: node.ttlMs === undefined ? [] : [BIGINT],
    });
    this.#ttl = node.ttlMs === undefined ? null : new TimedStore(node.ttlMs, this.#table.store);
    this.#former = this.#table.formerResults();
    this.#closing = partial || node.closes == null ? null : new GroupWindows(node, node.closes, this.#table, context);
    if (!partial) for (const state of this.#table.states) this.register(state);
    if (this.#closing !== null) this.register(this.#closing.progress.store);
  }

  override onBatch(_port: number, input: Batch): void {
    const batch = this.#closing?.onTime(input) ?? input;
    if (batch.rowCount === 0) return;
    const { keys } = this.#node;
    // What is due by now is gone when it is asked for, whether or not a barrier has come meanwhile.
    if (this.#ttl !== null && this.#table.store.touched.length === 0) this.#expire(this.#ttl, this.context.eval.procMicros);
    if (keys.length === 0) this.#globalSent ??= this.#table.store.entryCount > 0;
    const columns = keys.map((k) => batch.columns[k] as Column);
    if (this.#bypass.isOn) {
      this.emit({ rowCount: batch.rowCount, ops: null, columns: [...columns, ...this.#table.rowPartials(batch)] });
      return;
    }
    const slots = this.#table.update(batch, columns, this.#groups === null ? null : this.#groups(batch), keys.length, this.#touch);
    this.#closing?.note(slots, columns);
    if (this.#node.phase === 'partial' && this.#bypass.judge(batch.rowCount, this.#table.store.touched.length)) {
      this.#flushPartial();
      this.#table.flush();
    }
  }

  /** Notes what was last sent of the groups that are touched for the first time in this epoch. */
  readonly #touch = (from: number): void => {
    const { touched } = this.#table.store;
    if (this.#node.phase === 'partial' || from === touched.length) return;
    const counts = this.#table.rowCounts;
    const known = new IntList(touched.length - from);
    for (let k = from; k < touched.length; k++) {
      const slot = touched.array[k] as number;
      // A group of a live key has rows; only the row over everything may be there without any.
      const sent = counts[slot] !== 0 || this.#globalSent === true;
      this.#formerAt.push(sent ? this.#former.count + known.length : -1);
      if (sent) known.push(slot);
    }
    if (known.length > 0) this.#former.add(known.array, known.length);
  };

  /** Held back until the rows it covers have been sent. */
  override onWatermark(_port: number, micros: bigint): void {
    this.#closing?.advance(micros);
    this.#held.hold(micros);
  }

  override onBarrier(barrier: Barrier): void {
    if (this.#node.phase === 'partial') {
      this.#flushPartial();
      this.#bypass.endEpoch();
    }
    else this.#flush();
    if (this.#ttl !== null) {
      const { touched } = this.#table.store;
      this.#ttl.wrote(touched.array, touched.length, barrier.nowMicros);
      this.#expire(this.#ttl, barrier.nowMicros);
    }
    this.#table.flush();
    this.#closing?.free(barrier.checkpoint);
    this.#held.release(this.context.output);
  }

  /** Of the workers only the owner of key group 0 has the row of an aggregate without keys. */
  #touchGlobalRow(): void {
    if (this.#node.keys.length > 0 || keyGroupsOf(this.context.worker, this.context.parallelism).from !== 0) return;
    if (this.#table.store.entryCount > 0) return;
    this.#globalSent = false;
    this.#table.store.track([], new Int32Array(1), 1, new Int32Array(1), null);
    this.#touch(0);
  }

  #flush(): void {
    this.#touchGlobalRow();
    const slots = this.#touched();
    const m = slots.length;
    if (m === 0) return;
    const formerAt = this.#formerAt.array;
    const formerCount = this.#former.count;
    const { store } = this.#table;
    const after = this.#table.results(slots, m);
    const before = this.#former.columns(after);
    const same = formerCount === 0 ? null : rowComparer(before, after);
    const counts = this.#table.rowCounts;
    const global = store.keyCount === 0;
    const { emitUpdateBefore } = this.#node;
    // Each change with the row of its results (those before, then those after) and the slot of its key.
    const ops = new Uint8Array(2 * m);
    const rows = new Int32Array(2 * m);
    const keySlots = new Int32Array(2 * m);
    const gone = new IntList();
    let count = 0;
    let insertsOnly = true;
    for (let k = 0; k < m; k++) {
      const slot = slots[k] as number;
      const old = formerAt[k] as number;
      keySlots[count] = slot;
      // Less than none: rows are taken back of a group that was forgotten.
      if (!global && (counts[slot] === 0 || (this.#ttl !== null && (counts[slot] as number) < 0))) {
        gone.push(slot);
        if (old < 0) continue;
        insertsOnly = false;
        ops[count] = DELETE;
        rows[count++] = old;
        continue;
      }
      if (old < 0) ops[count] = INSERT;
      else {
        if (same !== null && same(old, k)) continue;
        insertsOnly = false;
        if (emitUpdateBefore) {
          ops[count] = UPDATE_BEFORE;
          rows[count++] = old;
          keySlots[count] = slot;
        }
        ops[count] = UPDATE_AFTER;
      }
      rows[count++] = formerCount + k;
    }
    if (global) this.#globalSent = true;
    this.#forgetEpoch();
    const keys = store.columns.slice(0, store.keyCount);
    const columnsOf = (part: Int32Array, n: number, from: number): Column[] => {
      const at = keySlots.subarray(from, from + n);
      return [...keys.map((c) => c.gather(at, n)), ...after.map((c, i) => pick(before[i] as Column, c, formerCount, part, n))];
    };
    drainChanges(ops, rows, count, insertsOnly, columnsOf, (batch) => this.emit(batch));
    for (let i = 0; i < gone.length; i++) {
      this.#table.remove(gone.array[i] as number);
      this.#closing?.forget(gone.array[i] as number);
    }
  }

  #flushPartial(): void {
    this.#bypass.sent();
    const slots = this.#touched();
    const m = slots.length;
    if (m === 0) return;
    const { store } = this.#table;
    const columns = [...store.columns.slice(0, store.keyCount).map((c) => c.gather(slots, m)), ...this.#table.partials(slots, m)];
    for (const batch of insertBatches(columns, m)) this.emit(batch);
    this.#table.reset();
    this.#forgetEpoch();
  }

  #expire(ttl: TimedStore, nowMicros: bigint): void {
    ttl.expire(nowMicros, (slot) => this.#table.remove(slot));
  }

  expired(): number {
    return this.#ttl?.count ?? 0;
  }

  #touched(): Int32Array {
    const { touched } = this.#table.store;
    return touched.array.slice(0, touched.length);
  }

  #forgetEpoch(): void {
    this.#formerAt.clear();
    this.#former.clear();
  }
}
