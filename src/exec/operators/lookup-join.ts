import { matchedOnly } from '../lookup/matched.ts';
import { DELETE, TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalLookupJoin } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { gather, IntList, nullColumn } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { RowStore } from '../state/row-store.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { JoinKeys } from './join-keys.ts';
import { JoinSide } from './join-side.ts';
import { rowsWithValues } from './keyed-rows.ts';
import { NetRows } from './net-rows.ts';
import { PairTest } from './pair-test.ts';
import { SeenRows } from './seen-rows.ts';
import { HeldWatermark } from './watermarks.ts';

/** Left rows with their right slots, -1 for those without any. */
interface Found {
  readonly left: IntList;
  readonly right: IntList;
}

/** Of a left side whose rows may be taken back. */
interface Updates {
  readonly net: NetRows;
  readonly seen: SeenRows;
}

/**
 * Each left row with the right rows of its keys as they are at the end of the epoch in which it came. What the right side
 * becomes later changes nothing. A left row that is taken back takes back what was sent for it.
 *
 * Input: any but upsert. Output: inserts, and the retractions of the left side; sent at barriers, the watermark behind them.
 * State: the right rows by key; of a left side with retractions its rows with what they were joined with, O(left rows). Left
 * rows that came before a bounded right side had ended wait, durably.
 */
export class LookupJoinOperator extends BaseOperator {
  readonly #node: PhysicalLookupJoin;
  readonly #keys: JoinKeys;
  readonly #right: JoinSide;
  readonly #keyTypes: readonly SqlType[];
  readonly #rightGroups: ((batch: Batch) => Int32Array) | null;
  readonly #leftGroups: ((batch: Batch) => Int32Array) | null;
  readonly #test: PairTest | null;
  readonly #waiting: Batch[] = [];
  /** What waits for the right side's end across barriers. */
  readonly #pending: RowStore;
  /** Null where the left side only inserts. */
  readonly #updates: Updates | null;
  readonly #held = new HeldWatermark();
  #rightEnded = false;
  #loaded = false;

  constructor(node: PhysicalLookupJoin, context: OperatorContext) {
    super(context);
    this.#node = node;
    const { stateId } = node.props;
    const left = typesOf(node.left.props.schema);
    const right = typesOf(node.right.props.schema);
    this.#keyTypes = node.rightKeys.map((k) => right[k] as SqlType);
    this.#keys = new JoinKeys(`${stateId}.keys`, this.#keyTypes);
    this.#right = new JoinSide({ id: `${stateId}.right`, side: 1, types: right, keyColumns: node.rightKeys, keys: this.#keys, appendOnly: node.right.props.changelog === 'append-only', streamKey: node.right.props.streamKey });
    this.#rightGroups = groupsBy(node.right, node.rightKeys, context);
    this.#leftGroups = groupsBy(node.left, node.leftKeys, context);
    this.#test = node.residual === null ? null : new PairTest(node.residual, [...left, ...right], context, `${node.kind} ${stateId}`);
    this.register(this.#right.rows);
    this.#pending = this.register(new RowStore(`${stateId}.pending`, left));
    if (node.left.props.changelog === 'append-only') this.#updates = null;
    else {
      this.#updates = { net: new NetRows(`${stateId}.net`, left), seen: new SeenRows(`${stateId}.seen`, left, right) };
      this.register(this.#updates.net.rows);
      this.register(this.#updates.seen.rows);
    }
  }

  override onBatch(port: number, batch: Batch): void {
    if (port === 0) this.#waiting.push(batch);
    else this.#store(batch);
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#right.ensureLoaded();
    this.#updates?.seen.load();
  }

  #store(batch: Batch): void {
    this.#load();
    const columns = this.#node.rightKeys.map((k) => batch.columns[k] as Column);
    const kept = rowsWithValues(columns, batch.rowCount);
    const weights = signs(batch);
    const at = kept?.array.subarray(0, kept.length) ?? null;
    const n = at?.length ?? batch.rowCount;
    if (n === 0) return;
    const own = at === null ? batch : { rowCount: n, ops: null, columns: batch.columns.map((c) => gather(c, at, n)) };
    const keys = this.#node.rightKeys.map((k) => own.columns[k] as Column);
    const hashes = hashColumns(keys, this.#keyTypes, n);
    const slots = this.#right.upsert(own.columns, this.#keys.upsert(keys, hashes, n), n, this.#rightGroups?.(own) ?? hashes.map(keyGroup));
    const { counts } = this.#right;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[at === null ? i : (at[i] as number)] as number));
      this.#right.rows.touch(slot);
      if (counts[slot] === 0) this.#right.mayBeEmpty(slot);
    }
  }

  /** What the right side says about its own progress is of no concern to rows that look at it once. */
  override onWatermark(port: number, micros: bigint): void {
    if (port === 0) this.#held.hold(micros);
  }
  override onEnd(port: number): void {
    if (port === 1) this.#rightEnded = true;
  }

  override onBarrier(_barrier: Barrier): void {
    this.#load();
    this.#right.flush(() => {});
    this.#keys.compact();
    const waits = this.#node.right.props.bounded && !this.#rightEnded;
    if (this.#updates === null) {
      if (waits) for (const batch of this.#waiting) this.#pending.append(batch.columns, batch.rowCount, this.#groupsOf(batch));
      else {
        this.#resume();
        for (const batch of this.#waiting) this.#join(batch);
      }
    } else {
      for (const batch of this.#waiting) this.#updates.net.add(batch, this.#groupsOf(batch));
      if (!waits) this.#flush(this.#updates);
    }
    this.#waiting.length = 0;
    if (waits) return;
    this.#held.release(this.context.output);
  }

  /** The epoch's net changes, or those since the first row where the right side was waited for. */
  #flush({ net, seen }: Updates): void {
    const { inserted, deleted } = net.take();
    if (deleted.rowCount > 0) this.#retract(deleted, seen);
    if (inserted.rowCount > 0) this.#join(inserted);
  }

  #groupsOf(batch: Batch): Int32Array {
    return this.#leftGroups?.(batch) ?? hashColumns(this.#leftKeys(batch), this.#keyTypes, batch.rowCount).map(keyGroup);
  }
  #leftKeys(batch: Batch): Column[] {
    return this.#node.leftKeys.map((k) => batch.columns[k] as Column);
  }

  #resume(): void {
    const slots = Int32Array.from(this.#pending.slots());
    for (let from = 0; from < slots.length; from += TARGET_BATCH_ROWS) {
      const some = slots.subarray(from, from + TARGET_BATCH_ROWS);
      this.#join({ rowCount: some.length, ops: null, columns: this.#pending.columns.map((c) => c.gather(some, some.length)) });
    }
    for (const slot of slots) this.#pending.remove(slot);
    if (slots.length > 0) this.#pending.compact();
  }

  /** Takes back what was sent for the rows. */
  #retract(batch: Batch, seen: SeenRows): void {
    const { slots, shown } = seen.take(batch, this.#node.type === 'left');
    for (let from = 0; from < shown.length; from += TARGET_BATCH_ROWS) {
      const some = shown.array.subarray(from, Math.min(shown.length, from + TARGET_BATCH_ROWS));
      this.emit({ rowCount: some.length, ops: new Uint8Array(some.length).fill(DELETE), columns: seen.outputColumns(some, some.length) });
    }
    seen.remove(slots);
  }

  #join(batch: Batch): void {
    const found = this.#lookUp(batch);
    const n = found.left.length;
    const seen = this.#updates?.seen ?? null;
    const groups = seen === null ? null : this.#groupsOf(batch);
    for (let from = 0; from < n; from += TARGET_BATCH_ROWS) {
      const size = Math.min(TARGET_BATCH_ROWS, n - from);
      const left = found.left.array.subarray(from, from + size);
      const right = found.right.array.subarray(from, from + size);
      const columns = this.#columns(batch, left, right, size);
      if (seen !== null && groups !== null) seen.add(columns, left, right, size, left.map((i) => groups[i] as number));
      this.emit(this.#node.type === 'left' ? { rowCount: size, ops: null, columns } : matchedOnly(columns, right, size));
    }
    seen?.came(batch.rowCount);
  }

  #columns(batch: Batch, left: Int32Array, right: Int32Array, n: number): Column[] {
    const empty = this.#right.rows.high === 0;
    return [...batch.columns.map((c) => gather(c, left, n)), ...this.#right.columns().map((c) => (empty ? nullColumn(c.type, n) : c.gather(right, n)))];
  }

  #lookUp(batch: Batch): Found {
    const n = batch.rowCount;
    const keys = this.#leftKeys(batch);
    const numbers = this.#keys.find(keys, hashColumns(keys, this.#keyTypes, n), n);
    for (const { nulls } of keys) if (nulls !== null) for (let i = 0; i < n; i++) if (nulls[i] === 1) numbers[i] = -1;
    const left = new IntList(n);
    const right = new IntList(n);
    this.#right.candidates(numbers, n, left, right);
    const passed = this.#test === null || left.length === 0 ? null : this.#test.select(this.#columns(batch, left.array.subarray(0, left.length), right.array.subarray(0, left.length), left.length), left.length);
    const count = passed?.length ?? left.length;
    const { counts } = this.#right;
    const keepsAll = this.#node.type === 'left' || this.#updates !== null;
    const found: Found = { left: new IntList(n), right: new IntList(n) };
    let p = 0;
    for (let i = 0; i < n; i++) {
      let any = false;
      for (; p < count; p++) {
        const k = passed === null ? p : (passed[p] as number);
        if (left.array[k] !== i) break;
        const slot = right.array[k] as number;
        for (let c = counts[slot] as number; c > 0; c--) {
          any = true;
          found.left.push(i);
          found.right.push(slot);
        }
      }
      if (!any && keepsAll) {
        found.left.push(i);
        found.right.push(-1);
      }
    }
    return found;
  }
}
