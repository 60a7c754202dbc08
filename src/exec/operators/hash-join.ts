import { DELETE, INSERT, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalHashJoin } from '../../planner/physical.ts';
import { IntList, gather, nullColumn } from '../columns.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { compilePredicate, type Predicate } from '../expr/compile.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { JoinSide } from './join-side.ts';
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

/**
 * Equi-join of two changelogs; NULL keys match nothing.
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
  readonly #watermark = new MinWatermark(2);
  #freedTo: bigint | null = null;

  constructor(node: PhysicalHashJoin, context: OperatorContext) {
    super(context);
    this.#node = node;
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
    this.#sides = [new JoinSide(`${stateId}.left`, left, node.leftKeys), new JoinSide(`${stateId}.right`, right, node.rightKeys)];
    for (const side of this.#sides) this.register(side.rows);
    this.#residual = node.residual === null ? null : compilePredicate([...left, ...right], node.residual);
  }

  #preserved(side: number): boolean {
    const { type } = this.#node;
    return type === 'full' || (type === 'left' && side === 0) || (type === 'right' && side === 1);
  }

  override onBatch(port: number, input: Batch): void {
    const batch = this.#withoutLate(port, input);
    const n = batch.rowCount;
    if (n === 0) return;
    const own = this.#sides[port] as JoinSide;
    const other = this.#sides[1 - port] as JoinSide;
    own.ensureLoaded();
    const keyColumns = (this.#keys[port] as readonly number[]).map((k) => batch.columns[k] as Column);
    const hashes = hashColumns(keyColumns, this.#keyTypes[port] as SqlType[], n);
    const skip = nullKeys(keyColumns, n);
    const left = new IntList(n);
    const right = new IntList(n);
    other.candidates(keyColumns, hashes, n, skip, left, right);
    const pairs = this.#applyResidual(port, batch, other, left, right);
    const slots = this.#store(port, batch, own, hashes, skip);
    const list = new PairList();
    const weights = signs(batch);
    const { type } = this.#node;
    const existence = type === 'semi' || type === 'anti';
    const ownKept = this.#preserved(port);
    const otherKept = this.#preserved(1 - port);
    const otherCounts = other.counts;
    const otherMatches = other.matches;
    const ownCounts = own.counts;
    const ownMatches = own.matches;
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
      if (existence && port === 0 && (type === 'semi') === found > 0) list.push(i, -1, sign);
      if (!existence && ownKept && found <= 0) list.push(i, -1, sign);
      if (slots === null) continue;
      const slot = slots[i] as number;
      if (slot < 0) continue;
      ownCounts[slot] = (ownCounts[slot] as number) + sign;
      ownMatches[slot] = found;
      own.rows.touch(slot);
      if (ownCounts[slot] === 0) own.mayBeEmpty(slot);
    }
    this.#emitPairs(port, batch, other, list);
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
  #store(port: number, batch: Batch, own: JoinSide, hashes: Int32Array, skip: Uint8Array | null): Int32Array | null {
    const n = batch.rowCount;
    const by = this.#groups[port] ?? null;
    let groups = by === null ? null : by(batch);
    if (groups === null) {
      groups = new Int32Array(n);
      for (let i = 0; i < n; i++) groups[i] = keyGroup(hashes[i] as number);
    }
    if (skip === null) return own.upsert(batch.columns, hashes, n, groups);
    const kept = new IntList(n);
    for (let i = 0; i < n; i++) if (skip[i] !== 1) kept.push(i);
    const m = kept.length;
    if (m === 0) return null;
    const at = kept.array;
    const some = own.upsert(
      batch.columns.map((c) => gather(c, at, m)),
      Int32Array.from(at.subarray(0, m), (i) => hashes[i] as number),
      m,
      Int32Array.from(at.subarray(0, m), (i) => (groups as Int32Array)[i] as number),
    );
    const slots = new Int32Array(n).fill(-1);
    for (let k = 0; k < m; k++) slots[at[k] as number] = some[k] as number;
    return slots;
  }

  #applyResidual(port: number, batch: Batch, other: JoinSide, left: IntList, right: IntList): { left: Int32Array; right: Int32Array; count: number } {
    const total = left.length;
    if (this.#residual === null || total === 0) return { left: left.array, right: right.array, count: total };
    const arriving = batch.columns.map((c) => gather(c, left.array, total));
    const stored = other.columns().map((c) => c.gather(right.array, total));
    const selection = new Int32Array(total);
    const columns = port === 0 ? [...arriving, ...stored] : [...stored, ...arriving];
    let count: number;
    try {
      count = this.#residual(columns, total, this.context.eval, selection);
    } catch (error) {
      // Which pairs fail may differ between a row's insertion and its retraction: leaving them out could show a wrong answer.
      throw error instanceof SqlError ? new SqlError(error.condition, error.message, { span: error.span, detail: error.detail, hint: 'The error arose in a join condition.' }) : error;
    }
    const kept = selection.subarray(0, count);
    return { left: Int32Array.from(kept, (k) => left.array[k] as number), right: Int32Array.from(kept, (k) => right.array[k] as number), count };
  }

  #emitPairs(port: number, batch: Batch, other: JoinSide, list: PairList): void {
    const total = list.ops.length;
    const { type } = this.#node;
    const existence = type === 'semi' || type === 'anti';
    for (let from = 0; from < total; from += 4096) {
      const to = Math.min(total, from + 4096);
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

  override onBarrier(_barrier: Barrier): void {
    for (const side of this.#sides) side.flush();
    const { current } = this.#watermark;
    if (this.#node.windowKeys.length > 0 && (this.#freedTo === null || current > this.#freedTo)) {
      this.#free(0, current);
      this.#free(1, current);
      this.#freedTo = current;
    }
  }

  #free(port: number, micros: bigint): void {
    const side = this.#sides[port] as JoinSide;
    side.ensureLoaded();
    const times = this.#node.windowKeys.map((k) => side.rows.columns[(this.#keys[port] as readonly number[])[k] as number]);
    for (const slot of [...side.rows.slots()]) {
      if (times.some((t) => t !== undefined && !t.isNull(slot) && (t.i64[slot] as bigint) <= micros)) side.remove(slot);
    }
  }
}

function nullKeys(columns: readonly Column[], n: number): Uint8Array | null {
  let out: Uint8Array | null = null;
  for (const { nulls } of columns) {
    if (nulls === null) continue;
    out ??= new Uint8Array(n);
    for (let i = 0; i < n; i++) if (nulls[i] === 1) out[i] = 1;
  }
  return out;
}
