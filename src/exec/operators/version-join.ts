import { DELETE, TARGET_BATCH_ROWS, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import type { Column, I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalVersionJoin } from '../../planner/physical.ts';
import { gather, IntList, nullColumn } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { RowStore } from '../state/row-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { END_OF_TIME } from './event-time.ts';
import { rowsWithValues } from './keyed-rows.ts';
import { PairTest } from './pair-test.ts';
import { TimeHeap } from './time-heap.ts';
import { NO_TIME, TwoTimesOperator } from './two-times.ts';
import { Versions } from './versions.ts';

/**
 * Event-time temporal join: each left row with the version of the right row of its key that was in force at the left row's
 * time. A version is in force from its time on (inclusive) until the next one of its key, or its deletion.
 *
 * Input: left append-only, right inserts, upserts or a full changelog (-U says nothing new). Output: append-only, a left row
 * when both watermarks have passed its time. Left rows at or below their own watermark are late: counted and left out, not
 * padded. A version that comes late serves the left rows not yet sent.
 * State: left rows not yet sent; of each key the version in force at the watermark and the later ones.
 */
export class VersionJoinOperator extends TwoTimesOperator {
  readonly #node: PhysicalVersionJoin;
  readonly #waiting: RowStore;
  readonly #due = new TimeHeap();
  readonly #versions: Versions;
  readonly #keyTypes: readonly SqlType[];
  readonly #groups: readonly [((batch: Batch) => Int32Array) | null, ((batch: Batch) => Int32Array) | null];
  readonly #test: PairTest | null;
  #done = NO_TIME;

  constructor(node: PhysicalVersionJoin, context: OperatorContext) {
    super(context, node.props.stateId);
    this.#node = node;
    const left = typesOf(node.left.props.schema);
    const right = typesOf(node.right.props.schema);
    const { stateId } = node.props;
    this.#keyTypes = node.leftKeys.map((k) => left[k] as SqlType);
    this.#waiting = this.register(new RowStore(`${stateId}.left`, left));
    this.#versions = new Versions(`${stateId}.right`, right, node.rightKeys, node.rightTime);
    this.register(this.#versions.rows);
    this.#groups = [groupsBy(node.left, node.leftKeys, context), groupsBy(node.right, node.rightKeys, context)];
    this.#test = node.residual === null ? null : new PairTest(node.residual, [...left, ...right], context, `${node.kind} ${stateId}`);
  }

  protected override restored(): void {
    this.#versions.load();
    const times = (this.#waiting.columns[this.#node.leftTime] as StateColumn).i64;
    for (const slot of this.#waiting.slots()) this.#due.push(times[slot] as bigint, slot);
  }

  protected override take(port: number, batch: Batch): void {
    if (port === 0) this.#wait(batch);
    else this.#change(batch);
  }

  #wait(batch: Batch): void {
    const n = batch.rowCount;
    const time = timesOf(batch.columns[this.#node.leftTime]);
    const mark = this.marks[0];
    const kept = new IntList(n);
    const without = new IntList();
    for (let i = 0; i < n; i++) {
      if (time.nulls?.[i] === 1) without.push(i);
      else if ((time.values[i] as bigint) <= mark) this.context.late(this.#node.props.stateId, batch, i);
      else kept.push(i);
    }
    if (without.length > 0 && this.#node.type === 'left') this.#send(batch.columns.map((c) => gather(c, without.array, without.length)), new Int32Array(without.length).fill(-1), without.length);
    const rows = kept.length;
    if (rows === 0) return;
    const own = rows === n ? batch : { rowCount: rows, ops: null, columns: batch.columns.map((c) => gather(c, kept.array, rows)) };
    const keys = this.#node.leftKeys.map((k) => own.columns[k] as Column);
    const slots = this.#waiting.append(own.columns, rows, this.#groups[0]?.(own) ?? hashColumns(keys, this.#keyTypes, rows).map(keyGroup));
    const { values } = timesOf(own.columns[this.#node.leftTime]);
    for (let i = 0; i < rows; i++) this.#due.push(values[i] as bigint, slots[i] as number);
  }

  #change(batch: Batch): void {
    const n = batch.rowCount;
    const { ops } = batch;
    const keys = this.#node.rightKeys.map((k) => batch.columns[k] as Column);
    const whole = rowsWithValues(keys, n);
    const time = timesOf(batch.columns[this.#node.rightTime]);
    const kept = new IntList(n);
    const deleted = new IntList(n);
    for (let i = 0, k = 0; i < n; i++) {
      if (whole !== null && whole.array[k] !== i) continue;
      k++;
      const op = ops?.[i] ?? 0;
      // What was before is known; a version that says not from when on can't be placed.
      if (op === UPDATE_BEFORE || (op !== DELETE && time.nulls?.[i] === 1)) continue;
      kept.push(i);
      deleted.push(op === DELETE ? 1 : 0);
    }
    const rows = kept.length;
    if (rows === 0) return;
    const columns = rows === n ? batch.columns : batch.columns.map((c) => gather(c, kept.array, rows));
    const hashes = hashColumns(this.#node.rightKeys.map((k) => columns[k] as Column), this.#keyTypes, rows);
    this.#versions.add({ rowCount: rows, ops: null, columns }, deleted.array, hashes, this.#groups[1]?.({ rowCount: rows, ops: null, columns }) ?? hashes.map(keyGroup));
  }

  protected override atBarrier(): void {
    this.#waiting.compact();
    this.#versions.compact();
  }

  protected override passed(): void {
    const [l, r] = this.marks;
    const mark = l < r ? l : r;
    if (mark <= this.#done) return;
    this.#done = mark;
    while (this.#due.length > 0 && this.#due.first <= mark) {
      const slots = new IntList();
      while (this.#due.length > 0 && this.#due.first <= mark && slots.length < TARGET_BATCH_ROWS) slots.push(this.#due.pop());
      this.#join(slots);
    }
    this.#versions.forget(mark);
    if (mark !== END_OF_TIME) this.context.output.watermark(mark);
  }

  #join(slots: IntList): void {
    const n = slots.length;
    const at = slots.array.subarray(0, n);
    const left = this.#waiting.columns.map((c) => c.gather(at, n));
    const keys = this.#node.leftKeys.map((k) => left[k] as Column);
    const found = this.#versions.at(keys, hashColumns(keys, this.#keyTypes, n), timesOf(left[this.#node.leftTime]), n);
    if (this.#test !== null) this.#sift(this.#test, left, found);
    this.#send(left, found, n);
    for (let i = 0; i < n; i++) this.#waiting.remove(at[i] as number);
  }

  /** Versions for which the rest of the condition fails are none. */
  #sift(test: PairTest, left: readonly Column[], found: Int32Array): void {
    const pairs = new IntList();
    for (let i = 0; i < found.length; i++) if (found[i] !== -1) pairs.push(i);
    if (pairs.length === 0) return;
    const rows = pairs.array.subarray(0, pairs.length);
    const slots = rows.map((i) => found[i] as number);
    const passed = new Set(test.select([...left.map((c) => gather(c, rows, rows.length)), ...this.#versions.columns.map((c) => c.gather(slots, slots.length))], rows.length));
    for (let k = 0; k < rows.length; k++) if (!passed.has(k)) found[rows[k] as number] = -1;
  }

  #send(left: readonly Column[], found: Int32Array, n: number): void {
    let columns = left;
    let slots = found;
    if (this.#node.type === 'inner' && found.includes(-1)) {
      const kept = new IntList();
      for (let i = 0; i < n; i++) if (found[i] !== -1) kept.push(i);
      slots = kept.array.slice(0, kept.length).map((i) => found[i] as number);
      columns = left.map((c) => gather(c, kept.array, kept.length));
    }
    const count = slots.length;
    const right = this.#versions.columns.map((c) => (this.#versions.rows.high === 0 ? nullColumn(c.type, count) : c.gather(slots, count)));
    this.emit({ rowCount: count, ops: null, columns: [...columns, ...right] });
  }
}

function timesOf(column: Column | undefined): I64Column {
  if (column?.physical !== 'i64') throw new InternalError('a temporal join\'s time has another layout');
  return column;
}
