import { DELETE, INSERT, TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalHashJoin } from '../../planner/physical.ts';
import { IntList, gather, nullColumn } from '../columns.ts';
import type { Weights } from '../aggregate/accumulator.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { compilePredicate, type Predicate } from '../expr/compile.ts';
import { evaluate } from '../expr/interpret.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { JoinKeys } from './join-keys.ts';
import { JoinSide } from './join-side.ts';
import { JoinTtl } from './join-ttl.ts';
import { SavedWatermark } from './progress.ts';
import { SliceSlots } from './slices.ts';
import { NO_TIME } from './two-times.ts';
import { MinWatermark } from './watermarks.ts';

/** Rows of an output under construction: an op, the arriving row or -1, the stored row or -1. */
class PairList {
  readonly ops = new IntList();
  readonly arriving = new IntList();
  readonly stored = new IntList();
  /** `times` may be negative: the opposite change. */
  push(arriving: number, stored: number, times: number): void {
    const op = times > 0 ? INSERT : DELETE;
    for (let k = Math.abs(times); k > 0; k--) {
      this.ops.push(op);
      this.arriving.push(arriving);
      this.stored.push(stored);
    }
  }
}

/** Matching pairs, in the order of the arriving rows (`left`); `right` are slots of the other side. */
interface Pairs {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly count: number;
}

/**
 * Equi-join of two changelogs; NULL keys match nothing, those compared by IS NOT DISTINCT FROM match NULL.
 *
 * Input: append-only or retract, in any order (a retraction may come before its insertion within an epoch). Output: +I and
 * -D as rows arrive; columns left ++ right, semi and anti left only.
 * State: both sides' rows with multiplicity and number of matches, by join key; freed by the watermark for window joins.
 * Every output row is a function of the two states, so that its changes add up whatever the order of arrival.
 */
export class HashJoinOperator extends BaseOperator {
  readonly #node: PhysicalHashJoin;
  readonly #sides: readonly [JoinSide, JoinSide];
  readonly #keys: readonly [readonly number[], readonly number[]];
  readonly #keyTypes: readonly [SqlType[], SqlType[]];
  readonly #groups: readonly [((batch: Batch) => Int32Array) | null, ((batch: Batch) => Int32Array) | null];
  readonly #residual: Predicate | null;
  readonly #nullSafe: readonly number[] | null;
  readonly #watermark = new MinWatermark(2);
  #freedTo: bigint | null = null;
  /** Of a window join: up to where its state is freed, over a restart too. */
  readonly #progress: SavedWatermark | null;
  readonly #joinKeys: JoinKeys;
  /** Every pair that matches is one inserted row, and that is all. */
  readonly #plain: boolean;
  /** By side, where its rows are forgotten after a time. */
  readonly #ttl: readonly (JoinTtl | null)[];
  /** Rows by their window's time, for a window join. */
  readonly #windows: readonly [SliceSlots, SliceSlots] = [new SliceSlots(), new SliceSlots()];
  #loaded = false;
  readonly #forgets: boolean;

  constructor(node: PhysicalHashJoin, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#nullSafe = node.nullSafeKeys ?? null;
    const left = typesOf(node.left.props.schema);
    const right = typesOf(node.right.props.schema);
    this.#keys = [node.leftKeys, node.rightKeys];
    this.#keyTypes = [node.leftKeys.map((k) => left[k] as SqlType), node.rightKeys.map((k) => right[k] as SqlType)];
    this.#keyTypes[0].forEach((l, i) => {
      const r = this.#keyTypes[1][i] as SqlType;
      const scales = l.kind === 'decimal' && r.kind === 'decimal' && l.scale !== r.scale && physicalOf(l) === 'i64';
      if (physicalOf(l) !== physicalOf(r) || scales) throw new InternalError(`join key ${i} has two layouts`);
    });
    this.#groups = [groupsBy(node.left, node.leftKeys, context), groupsBy(node.right, node.rightKeys, context)];
    const { stateId } = node.props;
    const keys = new JoinKeys(`${stateId}.keys`, this.#keyTypes[0]);
    this.#joinKeys = keys;
    const appendOnly = [node.left, node.right].map((p) => p.props.changelog === 'append-only') as [boolean, boolean];
    const ttl = node.ttlMs ?? [null, null];
    this.#sides = [
      new JoinSide({ id: `${stateId}.left`, side: 0, types: left, keyColumns: node.leftKeys, keys, appendOnly: appendOnly[0], streamKey: node.left.props.streamKey, timed: ttl[0] !== null }),
      new JoinSide({ id: `${stateId}.right`, side: 1, types: right, keyColumns: node.rightKeys, keys, appendOnly: appendOnly[1], streamKey: node.right.props.streamKey, timed: ttl[1] !== null }),
    ];
    this.#progress = node.windowKeys.length === 0 ? null : new SavedWatermark(`${stateId}.progress`);
    if (this.#progress !== null) this.register(this.#progress.store);
    this.#plain = node.type === 'inner' && appendOnly.every(Boolean);
    for (const side of this.#sides) this.register(side.rows);
    this.#ttl = this.#sides.map((side, port) => (ttl[port] == null ? null : new JoinTtl(ttl[port], side, node, port)));
    this.#forgets = this.#ttl.some((t) => t !== null);
    this.#residual = node.residual === null ? null : compilePredicate([...left, ...right], node.residual);
  }

  #preserved(side: number): boolean {
    const { type } = this.#node;
    return type === 'full' || (type === 'left' && side === 0) || (type === 'right' && side === 1);
  }

  override onBatch(port: number, input: Batch): void {
    this.#ensureLoaded();
    const all = this.#withoutLate(port, input);
    if (this.#forgets) this.#expire(this.context.eval.procMicros);
    this.#apply(port, this.#ttl[port]?.withhold(all) ?? all);
  }

  #apply(port: number, batch: Batch): void {
    const n = batch.rowCount;
    if (n === 0) return;
    const own = this.#sides[port] as JoinSide;
    const other = this.#sides[1 - port] as JoinSide;
    const keyColumns = (this.#keys[port] as readonly number[]).map((k) => batch.columns[k] as Column);
    const hashes = hashColumns(keyColumns, this.#keyTypes[port] as SqlType[], n);
    const kept = rowsWithKey(this.#nullSafe === null ? keyColumns : keyColumns.filter((_, i) => this.#nullSafe?.includes(i) !== true), n);
    const numbers = this.#numberKeys(keyColumns, hashes, n, kept);
    const left = new IntList(n);
    const right = new IntList(n);
    other.candidates(numbers, n, left, right);
    const pairs = this.#applyResidual(port, batch, other, left, right);
    const slots = this.#store(port, batch, own, hashes, numbers, kept);
    this.#ttl[port]?.wrote(slots);
    const weights = signs(batch);
    if (this.#plain && weights === null) {
      const counts = own.counts;
      for (let i = 0; i < n; i++) if ((slots[i] as number) >= 0) counts[slots[i] as number] = 1;
      this.#emitMatches(port, batch, other, pairs);
      return;
    }
    this.#emitPairs(port, batch, other, this.#pairsOf(port, n, weights, pairs, slots, own, other));
  }

  /** Output rows as changes of both states' contents; keeps the counts and matches. */
  #pairsOf(port: number, n: number, weights: Weights, pairs: Pairs, slots: Int32Array, own: JoinSide, other: JoinSide): PairList {
    const list = new PairList();
    const { type } = this.#node;
    const existence = type === 'semi' || type === 'anti';
    const ownKept = this.#preserved(port);
    const otherKept = this.#preserved(1 - port);
    const otherCounts = other.counts;
    const otherMatches = other.matches;
    const ownCounts = own.counts;
    const ownMatches = own.matches;
    const forgetting = this.#forgets;
    let p = 0;
    for (let i = 0; i < n; i++) {
      const sign = weights === null ? 1 : (weights[i] as number);
      let found = 0;
      for (; p < pairs.count && pairs.left[p] === i; p++) {
        const r = pairs.right[p] as number;
        const count = otherCounts[r] as number;
        found += count;
        if (existence) {
          if (port === 0) continue;
        } else {
          list.push(i, r, sign * count);
          if (!otherKept) continue;
        }
        const before = otherMatches[r] as number;
        const after = before + sign;
        otherMatches[r] = after;
        other.rows.touch(r);
        const turned = before <= 0 && after > 0 ? 1 : before > 0 && after <= 0 ? -1 : 0;
        // The stored row's own line: shown while matched (semi), while unmatched (anti, padded).
        if (turned !== 0) list.push(-1, r, (type === 'semi' ? turned : -turned) * count);
      }
      const slot = slots[i] as number;
      // Its own line was made with partners that may have been forgotten since.
      const matched = forgetting && sign < 0 && slot >= 0 ? (ownMatches[slot] as number) : found;
      if (existence && port === 0 && (type === 'semi') === matched > 0) list.push(i, -1, sign);
      if (!existence && ownKept && matched <= 0) list.push(i, -1, sign);
      if (slot < 0) continue;
      ownCounts[slot] = (ownCounts[slot] as number) + sign;
      ownMatches[slot] = found;
      own.rows.touch(slot);
      if (ownCounts[slot] === 0) own.mayBeEmpty(slot);
    }
    return list;
  }

  #ensureLoaded(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#freedTo = this.#progress?.load() ?? null;
    this.#sides.forEach((side, port) => {
      const found = side.ensureLoaded();
      if (found !== null) this.#noteWindows(port, found.slots, found.columns, found.slots.length);
    });
  }

  /** The arriving rows' key numbers, -1 for those with a NULL. */
  #numberKeys(keyColumns: readonly Column[], hashes: Int32Array, n: number, kept: IntList | null): Int32Array {
    if (kept === null) return this.#joinKeys.upsert(keyColumns, hashes, n);
    const m = kept.length;
    const at = kept.array;
    const some = this.#joinKeys.upsert(keyColumns.map((c) => gather(c, at, m)), Int32Array.from(at.subarray(0, m), (i) => hashes[i] as number), m);
    const numbers = new Int32Array(n).fill(-1);
    for (let k = 0; k < m; k++) numbers[at[k] as number] = some[k] as number;
    return numbers;
  }

  /** Rows of windows that were freed come too late: their matches are gone. */
  #withoutLate(port: number, batch: Batch): Batch {
    const { windowKeys } = this.#node;
    const freedTo = this.#freedTo;
    if (windowKeys.length === 0 || freedTo === null) return batch;
    const times = windowKeys.map((k) => batch.columns[(this.#keys[port] as readonly number[])[k] as number]);
    const keep = new IntList(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) {
      const late = times.some((t) => t?.physical === 'i64' && (t.nulls === null || t.nulls[i] !== 1) && (t.values[i] as bigint) <= freedTo);
      if (late) this.context.late(this.#node.props.stateId, batch, i);
      else keep.push(i);
    }
    if (keep.length === batch.rowCount) return batch;
    const n = keep.length;
    const ops = batch.ops === null ? null : Uint8Array.from(keep.array.subarray(0, n), (i) => (batch.ops as Uint8Array)[i] as number);
    return { rowCount: n, ops, columns: batch.columns.map((c) => gather(c, keep.array, n)) };
  }

  /** Slots of the arriving rows, -1 for those with a NULL key, which need not be kept. */
  #store(port: number, batch: Batch, own: JoinSide, hashes: Int32Array, numbers: Int32Array, kept: IntList | null): Int32Array {
    const n = batch.rowCount;
    const groups = this.#groups[port]?.(batch) ?? hashes.map(keyGroup);
    if (kept === null) {
      const slots = own.upsert(batch.columns, numbers, n, groups);
      this.#noteWindows(port, slots, batch.columns, n);
      return slots;
    }
    const m = kept.length;
    const at = kept.array.subarray(0, m);
    const columns = batch.columns.map((c) => gather(c, at, m));
    const some = own.upsert(columns, at.map((i) => numbers[i] as number), m, at.map((i) => groups[i] as number));
    this.#noteWindows(port, some, columns, m);
    const slots = new Int32Array(n).fill(-1);
    for (let k = 0; k < m; k++) slots[at[k] as number] = some[k] as number;
    return slots;
  }

  /** Pairs of arriving row and slot for which the condition holds. A pair for which it fails is reported, and does not match. */
  #applyResidual(port: number, batch: Batch, other: JoinSide, left: IntList, right: IntList): Pairs {
    const total = left.length;
    const all: Pairs = { left: left.array, right: right.array, count: total };
    if (this.#residual === null || total === 0) return all;
    const selection = new Int32Array(total);
    const columns = this.#pairColumns(port, batch, other, all);
    let count: number;
    try {
      count = this.#residual(columns, total, this.context.eval, selection);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      count = this.#testPairs(columns, total, selection);
    }
    const kept = selection.subarray(0, count);
    return { left: kept.map((k) => left.array[k] as number), right: kept.map((k) => right.array[k] as number), count };
  }

  /** The slow way, pair by pair. A pair fails the same way whenever it meets, so that what is left out is never taken back. */
  #testPairs(columns: readonly Column[], total: number, selection: Int32Array): number {
    const { residual, left, right, props } = this.#node;
    const types = [...typesOf(left.props.schema), ...typesOf(right.props.schema)];
    let count = 0;
    for (let k = 0; k < total; k++) {
      const row = types.map((t, c) => readValue(t, columns[c] as Column, k));
      try {
        if (residual !== null && evaluate(residual, row, { context: this.context.eval }) === true) selection[count++] = k;
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        this.context.rowError({ operator: `${this.#node.kind} ${props.stateId}`, error, row });
      }
    }
    return count;
  }

  #pairColumns(port: number, batch: Batch, other: JoinSide, pairs: Pairs): Column[] {
    const arriving = batch.columns.map((c) => gather(c, pairs.left, pairs.count));
    const stored = other.columns().map((c) => c.gather(pairs.right, pairs.count));
    return port === 0 ? [...arriving, ...stored] : [...stored, ...arriving];
  }

  #emitMatches(port: number, batch: Batch, other: JoinSide, pairs: Pairs): void {
    for (let from = 0; from < pairs.count; from += TARGET_BATCH_ROWS) {
      const to = Math.min(pairs.count, from + TARGET_BATCH_ROWS);
      const part = { left: pairs.left.subarray(from, to), right: pairs.right.subarray(from, to), count: to - from };
      this.emit({ rowCount: part.count, ops: null, columns: this.#pairColumns(port, batch, other, part) });
    }
  }

  #emitPairs(port: number, batch: Batch, other: JoinSide, list: PairList): void {
    const total = list.ops.length;
    const { type } = this.#node;
    const existence = type === 'semi' || type === 'anti';
    for (let from = 0; from < total; from += TARGET_BATCH_ROWS) {
      const to = Math.min(total, from + TARGET_BATCH_ROWS);
      const n = to - from;
      const ops = Uint8Array.from(list.ops.array.subarray(from, to));
      const arriving = list.arriving.array.subarray(from, to);
      const stored = list.stored.array.subarray(from, to);
      const ownSide = (): Column[] => batch.columns.map((c) => gather(c, arriving, n));
      const otherSide = (): Column[] => other.columns().map((c) => (other.rows.high === 0 ? nullColumn(c.type, n) : c.gather(stored, n)));
      let columns: Column[];
      if (existence) columns = port === 0 ? ownSide() : otherSide();
      else columns = port === 0 ? [...ownSide(), ...otherSide()] : [...otherSide(), ...ownSide()];
      this.emit({ rowCount: n, ops: ops.some((op) => op !== INSERT) ? ops : null, columns });
    }
  }

  override onWatermark(port: number, micros: bigint): void {
    this.#advance(this.#watermark.advance(port, micros));
  }
  override onEnd(port: number): void {
    this.#advance(this.#watermark.end(port));
  }
  #advance(micros: bigint | null): void {
    if (micros !== null) this.context.output.watermark(micros);
  }

  /** Rows that have been written in the epoch stay till its end. */
  #expire(nowMicros: bigint): void {
    this.#ensureLoaded();
    for (const ttl of this.#ttl) ttl?.expire(nowMicros);
  }

  expired(): number {
    return this.#ttl.reduce((n, t) => n + (t?.count ?? 0), 0);
  }

  override onBarrier(barrier: Barrier): void {
    for (const [port, ttl] of this.#ttl.entries()) {
      if (ttl !== null && ttl.waiting) {
        this.#ensureLoaded();
        for (const batch of ttl.retractions()) this.#apply(port, batch);
      }
    }
    this.#sides.forEach((side, port) => side.flush((slot) => this.#windows[port]?.forget(slot)));
    for (const ttl of this.#ttl) {
      if (ttl === null) continue;
      this.#ensureLoaded();
      ttl.stamp(barrier.nowMicros);
    }
    if (this.#forgets) this.#expire(barrier.nowMicros);
    this.#joinKeys.compact();
    if (this.#progress !== null) this.#freeWindows(this.#progress, barrier.checkpoint);
  }

  #freeWindows(progress: SavedWatermark, checkpoint: boolean): void {
    this.#ensureLoaded();
    const { current } = this.#watermark;
    if (current !== NO_TIME && (this.#freedTo === null || current > this.#freedTo)) {
      this.#free(0, current);
      this.#free(1, current);
      this.#freedTo = current;
    }
    if (checkpoint && this.#freedTo !== null) progress.save(this.#freedTo, this.context.worker, this.context.parallelism);
  }

  /** Notes by which time rows are to be freed. */
  #noteWindows(port: number, slots: Int32Array, columns: readonly Column[], n: number): void {
    const key = this.#node.windowKeys[0];
    if (key === undefined) return;
    const time = columns[(this.#keys[port] as readonly number[])[key] as number];
    if (time?.physical !== 'i64') throw new InternalError('a window key has another layout');
    (this.#windows[port] as SliceSlots).add(slots, n, time, (this.#sides[port] as JoinSide).rows.high);
  }

  #free(port: number, micros: bigint): void {
    const side = this.#sides[port] as JoinSide;
    const windows = this.#windows[port] as SliceSlots;
    const time = side.rows.columns[(this.#keys[port] as readonly number[])[this.#node.windowKeys[0] as number] as number];
    for (const end of [...windows.ends()]) {
      if (end > micros) continue;
      const list = windows.of(end) as IntList;
      for (let i = 0; i < list.length; i++) {
        const slot = list.array[i] as number;
        // A row that was taken back has left its slot to another, perhaps of another window.
        if (side.rows.isLive(slot) && time?.i64[slot] === end) side.remove(slot);
      }
      windows.drop(end);
    }
  }
}

/** The rows without a NULL in their key; null when these are all. */
function rowsWithKey(columns: readonly Column[], n: number): IntList | null {
  if (columns.every((c) => c.nulls === null)) return null;
  const out = new IntList(n);
  for (let i = 0; i < n; i++) if (columns.every((c) => c.nulls === null || c.nulls[i] !== 1)) out.push(i);
  return out.length === n ? null : out;
}
