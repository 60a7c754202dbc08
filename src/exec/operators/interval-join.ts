import { TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import type { Column, I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalIntervalJoin } from '../../planner/physical.ts';
import { gather, IntList, nullColumn } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { groupsBy, typesOf } from './base.ts';
import { END_OF_TIME } from './event-time.ts';
import { JoinKeys } from './join-keys.ts';
import { JoinSide } from './join-side.ts';
import { rowsWithValues } from './keyed-rows.ts';
import { PairTest } from './pair-test.ts';
import { TimeHeap } from './time-heap.ts';
import { NO_TIME, TwoTimesOperator } from './two-times.ts';

/**
 * Join of two streams whose times are bounded by each other: `lower <= right time - left time <= upper`.
 *
 * Input: append-only, event time on both sides. Output: append-only; pairs as they are found, a row that found none (outer
 * joins, anti) once the other side's watermark says that none will come.
 * State: the rows that may still match, by key. The watermark sent on is held back by the bounds, so that what is sent later
 * is not late. Rows at or below their own side's watermark are late: counted and left out.
 */
export class IntervalJoinOperator extends TwoTimesOperator {
  readonly #node: PhysicalIntervalJoin;
  readonly #sides: readonly [JoinSide, JoinSide];
  readonly #keys: readonly [readonly number[], readonly number[]];
  readonly #keyTypes: readonly SqlType[];
  readonly #groups: readonly [((batch: Batch) => Int32Array) | null, ((batch: Batch) => Int32Array) | null];
  readonly #joinKeys: JoinKeys;
  readonly #test: PairTest | null;
  readonly #times: readonly [number, number];
  /** How long after its own time a row waits for the other side's watermark. */
  readonly #reach: readonly [bigint, bigint];
  /** Stored rows by the watermark of the other side that ends them. */
  readonly #ends: readonly [TimeHeap, TimeHeap] = [new TimeHeap(), new TimeHeap()];
  #sent = NO_TIME;

  constructor(node: PhysicalIntervalJoin, context: OperatorContext) {
    super(context, node.props.stateId);
    this.#node = node;
    const left = typesOf(node.left.props.schema);
    const right = typesOf(node.right.props.schema);
    const { stateId } = node.props;
    this.#keys = [node.leftKeys, node.rightKeys];
    this.#keyTypes = node.leftKeys.map((k) => left[k] as SqlType);
    this.#joinKeys = new JoinKeys(`${stateId}.keys`, this.#keyTypes);
    this.#groups = [groupsBy(node.left, node.leftKeys, context), groupsBy(node.right, node.rightKeys, context)];
    const side = (side: number, types: readonly SqlType[], keyColumns: readonly number[]): JoinSide =>
      new JoinSide({ id: `${stateId}.${side === 0 ? 'left' : 'right'}`, side, types, keyColumns, keys: this.#joinKeys, appendOnly: true, streamKey: null });
    this.#sides = [side(0, left, node.leftKeys), side(1, right, node.rightKeys)];
    for (const s of this.#sides) this.register(s.rows);
    this.#test = node.residual === null ? null : new PairTest(node.residual, [...left, ...right], context, `${node.kind} ${stateId}`);
    this.#times = [node.leftTime, node.rightTime];
    this.#reach = [node.upperMicros, -node.lowerMicros];
  }

  /** Whether rows of the side are sent without a partner. */
  #padded(port: number): boolean {
    const { type } = this.#node;
    return type === 'full' || (port === 0 ? type === 'left' || type === 'anti' : type === 'right');
  }

  protected override restored(): void {
    this.#sides.forEach((side, port) => {
      const found = side.ensureLoaded();
      if (found !== null) this.#schedule(port, found.slots, found.columns, found.slots.length);
    });
  }

  #schedule(port: number, slots: Int32Array, columns: readonly Column[], n: number): void {
    const { values } = timesOf(columns[this.#times[port] as number]);
    const heap = this.#ends[port] as TimeHeap;
    const reach = this.#reach[port] as bigint;
    for (let i = 0; i < n; i++) heap.push((values[i] as bigint) + reach, slots[i] as number);
  }

  protected override take(port: number, input: Batch): void {
    const batch = this.#matchable(port, input);
    const n = batch.rowCount;
    if (n === 0) return;
    const own = this.#sides[port] as JoinSide;
    const other = this.#sides[1 - port] as JoinSide;
    const keyColumns = (this.#keys[port] as readonly number[]).map((k) => batch.columns[k] as Column);
    const hashes = hashColumns(keyColumns, this.#keyTypes, n);
    const numbers = this.#joinKeys.upsert(keyColumns, hashes, n);
    const slots = own.upsert(batch.columns, numbers, n, this.#groups[port]?.(batch) ?? hashes.map(keyGroup));
    this.#schedule(port, slots, batch.columns, n);
    const left = new IntList(n);
    const right = new IntList(n);
    other.candidates(numbers, n, left, right);
    this.#match(port, batch, slots, left, right);
    // What the other side's watermark has passed already need not wait.
    this.#free(port);
  }

  /** Without late rows, and without those that can match nothing, which are sent at once where they are padded. */
  #matchable(port: number, batch: Batch): Batch {
    const n = batch.rowCount;
    const time = timesOf(batch.columns[this.#times[port] as number]);
    const mark = this.marks[port] as bigint;
    const whole = rowsWithValues([time, ...(this.#keys[port] as readonly number[]).map((k) => batch.columns[k] as Column)], n);
    const kept = new IntList(n);
    const alone = new IntList();
    for (let i = 0, k = 0; i < n; i++) {
      const matchable = whole === null || (k < whole.length && whole.array[k] === i);
      if (matchable) k++;
      if (time.nulls?.[i] !== 1 && (time.values[i] as bigint) <= mark) this.context.late(this.#node.props.stateId, batch, i);
      else (matchable ? kept : alone).push(i);
    }
    if (alone.length > 0 && this.#padded(port)) this.#sendAlone(port, batch.columns.map((c) => gather(c, alone.array, alone.length)), alone.length);
    return kept.length === n ? batch : { rowCount: kept.length, ops: null, columns: batch.columns.map((c) => gather(c, kept.array, kept.length)) };
  }

  #match(port: number, batch: Batch, slots: Int32Array, left: IntList, right: IntList): void {
    const { type } = this.#node;
    const own = this.#sides[port] as JoinSide;
    const other = this.#sides[1 - port] as JoinSide;
    for (let from = 0; from < left.length; from += TARGET_BATCH_ROWS) {
      const n = Math.min(TARGET_BATCH_ROWS, left.length - from);
      const arriving = left.array.subarray(from, from + n);
      const stored = right.array.subarray(from, from + n);
      const columns = this.#pairs(port, batch, arriving, stored, n);
      const passed = this.#test === null ? null : this.#test.select(columns, n);
      const count = passed?.length ?? n;
      if (count === 0) continue;
      if (type === 'semi' || type === 'anti') {
        this.#existence(port, batch, slots, arriving, stored, passed, n);
        continue;
      }
      this.emit({ rowCount: count, ops: null, columns: passed === null ? columns : columns.map((c) => gather(c, passed, count)) });
      if (type === 'inner') continue;
      for (let k = 0; k < count; k++) {
        const i = passed === null ? k : (passed[k] as number);
        mark(own, slots[arriving[i] as number] as number);
        mark(other, stored[i] as number);
      }
    }
  }

  /** The left rows of the pairs now have a partner; semi sends those that had none. */
  #existence(port: number, batch: Batch, slots: Int32Array, arriving: Int32Array, stored: Int32Array, passed: Int32Array | null, n: number): void {
    const side = this.#sides[0];
    const fresh = new IntList();
    for (let k = 0; k < (passed?.length ?? n); k++) {
      const i = passed === null ? k : (passed[k] as number);
      const slot = (port === 0 ? slots[arriving[i] as number] : stored[i]) as number;
      if (mark(side, slot)) fresh.push(port === 0 ? (arriving[i] as number) : slot);
    }
    if (this.#node.type === 'anti' || fresh.length === 0) return;
    const columns = port === 0 ? batch.columns.map((c) => gather(c, fresh.array, fresh.length)) : side.columns().map((c) => c.gather(fresh.array, fresh.length));
    this.emit({ rowCount: fresh.length, ops: null, columns });
  }

  #pairs(port: number, batch: Batch, arriving: Int32Array, stored: Int32Array, n: number): Column[] {
    const own = batch.columns.map((c) => gather(c, arriving, n));
    const others = (this.#sides[1 - port] as JoinSide).columns().map((c) => c.gather(stored, n));
    return port === 0 ? [...own, ...others] : [...others, ...own];
  }

  #sendAlone(port: number, columns: readonly Column[], n: number): void {
    const { type, left, right } = this.#node;
    const none = (port === 0 ? right : left).props.schema.map((f) => nullColumn(f.type, n));
    this.emit({ rowCount: n, ops: null, columns: type === 'anti' ? columns : port === 0 ? [...columns, ...none] : [...none, ...columns] });
  }

  /** Lets go of the side's rows that the other side's watermark has passed. */
  #free(port: number): void {
    const heap = this.#ends[port] as TimeHeap;
    const mark = this.marks[1 - port] as bigint;
    const side = this.#sides[port] as JoinSide;
    const padded = this.#padded(port);
    while (heap.length > 0 && heap.first <= mark) {
      const gone = new IntList();
      const alone = new IntList();
      while (heap.length > 0 && heap.first <= mark && gone.length < TARGET_BATCH_ROWS) {
        const slot = heap.pop();
        gone.push(slot);
        if (padded && side.matches[slot] === 0) alone.push(slot);
      }
      if (alone.length > 0) this.#sendAlone(port, side.columns().map((c) => c.gather(alone.array, alone.length)), alone.length);
      for (let i = 0; i < gone.length; i++) side.remove(gone.array[i] as number);
    }
  }

  protected override passed(port: number): void {
    this.#free(1 - port);
    this.#sendWatermark();
  }

  /** No row sent later has a time at or below it: a pair's older row may be as old as the bounds reach. */
  #sendWatermark(): void {
    const { type, lowerMicros, upperMicros } = this.#node;
    const [l, r] = this.marks;
    const bounds = [...(type === 'right' ? [] : [l, r === END_OF_TIME ? END_OF_TIME : r - upperMicros]), ...(type === 'inner' || type === 'right' || type === 'full' ? [r, l === END_OF_TIME ? END_OF_TIME : l + lowerMicros] : [])];
    let least = END_OF_TIME;
    for (const b of bounds) if (b < least) least = b;
    if (l === NO_TIME || r === NO_TIME || least === END_OF_TIME || least <= this.#sent) return;
    this.#sent = least;
    this.context.output.watermark(least);
  }

  protected override atBarrier(): void {
    for (const side of this.#sides) side.rows.compact();
    this.#joinKeys.compact();
  }
}

function timesOf(column: Column | undefined): I64Column {
  if (column?.physical !== 'i64') throw new InternalError('an interval join\'s time has another layout');
  return column;
}

/** Notes a partner of the row. @returns whether it is the first. */
function mark(side: JoinSide, slot: number): boolean {
  const { matches } = side;
  if (matches[slot] !== 0) return false;
  matches[slot] = 1;
  side.rows.touch(slot);
  return true;
}

