import { DELETE, INSERT, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalWindowEmit } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { IntList } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { ChangeList } from './change-writer.ts';
import { EventTimeOperator } from './event-time.ts';
import { withoutLate } from './late-rows.ts';
import { SliceSlots } from './slices.ts';

/**
 * Keeps changes of a window's rows back and sends what is left of them, at barriers: when the watermark closes the window, or
 * some time of the clock after a change (early, before the close; late, in the time of allowed lateness after it).
 *
 * Input: any but upsert. Output: append-only where everything is sent at the close; else the net change.
 * State: changes that are not sent yet, by row, O(rows of open windows).
 * Changes after the last moment go to `late`.
 */
export class WindowEmitOperator extends EventTimeOperator {
  readonly #node: PhysicalWindowEmit;
  /** Columns of the row, then how often it is to be sent (negative: taken back). */
  readonly #rows: KeyedStore;
  readonly #width: number;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #windows = new SliceSlots();
  /** By the clock: since when early (late) changes wait, null: there are none. */
  #earlySince: bigint | null = null;
  #lateSince: bigint | null = null;

  constructor(node: PhysicalWindowEmit, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: true });
    this.#node = node;
    const types: SqlType[] = typesOf(node.input.props.schema);
    this.#width = types.length;
    const { stateId } = node.props;
    this.#rows = this.register(new KeyedStore({ id: `${stateId}.rows`, types: [...types, DOUBLE], keyCount: types.length, equality: 'exact' }));
    this.#groups = groupsBy(node.input, types.map((_, i) => i), context);
  }

  protected override restored(): void {
    const slots = Int32Array.from(this.#rows.slots());
    const time = this.#rows.columns[this.#node.timeColumn] as StateColumn;
    this.#note(slots, time.gather(slots, slots.length));
  }

  #note(slots: Int32Array, time: Column): void {
    if (time.physical !== 'i64') throw new InternalError('a time column has another layout');
    this.#windows.add(slots, slots.length, time, this.#rows.high);
  }

  /** Windows up to this end are closed at a watermark (that of the query, not the lagging one). */
  #closedTo(watermark: bigint): bigint {
    return watermark + this.#node.slackMicros;
  }

  protected override take(input: Batch): void {
    const { timeColumn, props } = this.#node;
    const batch = withoutLate(input, timeColumn, this.watermark === null ? null : this.#closedTo(this.watermark), props.stateId, this.context);
    const n = batch.rowCount;
    if (n === 0) return;
    const hashes = hashColumns(batch.columns, this.#rows.keyTypes, n);
    const slots = new Int32Array(n);
    this.#rows.upsert(batch.columns, hashes, n, slots, this.#groups?.(batch) ?? hashes.map(keyGroup));
    this.#note(slots, batch.columns[timeColumn] as Column);
    const weights = signs(batch);
    const counts = (this.#rows.columns[this.#width] as StateColumn).f64;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.#rows.touch(slot);
    }
  }

  override waitsFor(): bigint | null {
    let first: bigint | null = null;
    for (const end of this.#windows.ends()) if (first === null || end < first) first = end;
    return first === null ? null : first - this.#node.slackMicros - this.#node.latenessMicros;
  }

  protected override atBarrier(barrier: Barrier): void {
    const { latenessMicros, earlyMicros, lateMicros } = this.#node;
    const closed = this.watermark === null ? null : this.#closedTo(this.watermark + latenessMicros);
    const over = this.watermark === null ? null : this.#closedTo(this.watermark);
    const ends = [...this.#windows.ends()].sort((a, b) => (a < b ? -1 : 1));
    const isOpen = (end: bigint): boolean => closed === null || end > closed;
    // A window's first close sends whatever waits, however short a while.
    const isDone = (end: bigint): boolean => over !== null && end <= over;
    const early = earlyMicros === null ? null : due(this.#earlySince, earlyMicros, barrier.nowMicros);
    const late = due(this.#lateSince, lateMicros, barrier.nowMicros);
    const wasOpen = this.#openAfter;
    const send = ends.filter((end) => {
      if (isDone(end)) return true;
      if (isOpen(end)) return early === true;
      return late || wasOpen === null || end > wasOpen;
    });
    this.#send(send);
    this.#openAfter = closed;
    const left = [...this.#windows.ends()];
    this.#earlySince = earlyMicros !== null && left.some(isOpen) ? (early === true ? null : (this.#earlySince ?? barrier.nowMicros)) : null;
    this.#lateSince = left.some((end) => !isOpen(end)) ? (this.#lateSince ?? barrier.nowMicros) : null;
    this.#rows.compact();
  }
  /** Up to where windows were closed at the last barrier. */
  #openAfter: bigint | null = null;

  protected override nextWake(): bigint | null {
    const times: bigint[] = [];
    if (this.#earlySince !== null) times.push(this.#earlySince + (this.#node.earlyMicros ?? 0n));
    if (this.#lateSince !== null) times.push(this.#lateSince + this.#node.lateMicros);
    const close = super.nextWake();
    if (close !== null) times.push(close);
    return times.length === 0 ? null : times.reduce((a, b) => (a < b ? a : b));
  }

  #send(ends: readonly bigint[]): void {
    const list = new ChangeList();
    const inserts: number[] = [];
    const slots: number[] = [];
    const freed: number[] = [];
    const counts = (this.#rows.columns[this.#width] as StateColumn).f64;
    const appendOnly = this.#node.props.changelog === 'append-only';
    for (const end of ends) {
      const of = this.#windows.of(end) as IntList;
      for (let i = 0; i < of.length; i++) {
        const slot = of.array[i] as number;
        const count = counts[slot] as number;
        freed.push(slot);
        if (count < 0 && appendOnly) throw new InternalError('a row of a window was taken back that was not there');
        for (let k = count; k < 0; k++) {
          list.push(DELETE, slots.length);
          slots.push(slot);
        }
        for (let k = 0; k < count; k++) inserts.push(slot);
      }
      this.#windows.drop(end);
    }
    for (const slot of inserts) {
      list.push(INSERT, slots.length);
      slots.push(slot);
    }
    const rows = Int32Array.from(slots);
    list.drain(this.#rows.columns.slice(0, this.#width).map((c) => c.gather(rows, rows.length)), (batch) => this.emit(batch));
    for (const slot of freed) this.#rows.remove(slot);
  }
}

/** Whether changes have waited long enough. */
const due = (since: bigint | null, delay: bigint, now: bigint): boolean => delay === 0n || (since !== null && now >= since + delay);
