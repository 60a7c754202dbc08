import { INSERT, TARGET_BATCH_ROWS, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { concat, gather, IntList } from '../columns.ts';

/**
 * Collects (op, source row) and makes batches by gathering. Two sources of equal layout may be drawn on: the rows before
 * and the rows after a change.
 */
export class ChangeList {
  readonly #rows = new IntList();
  readonly #ops = new IntList();
  #insertsOnly = true;

  get length(): number {
    return this.#rows.length;
  }
  push(op: number, row: number): void {
    this.#ops.push(op);
    this.#rows.push(row);
    if (op !== INSERT) this.#insertsOnly = false;
  }
  /** An update from row `before` to row `after`. */
  update(before: number, after: number): void {
    this.push(UPDATE_BEFORE, before);
    this.push(UPDATE_AFTER, after);
  }

  /** Batches near the target size; an update pair is never cut. Clears the list. */
  drain(columns: readonly Column[], emit: (batch: Batch) => void): void {
    drainChanges(this.#ops.array, this.#rows.array, this.#rows.length, this.#insertsOnly, (rows, n) => columns.map((c) => gather(c, rows, n)), emit);
    this.clear();
  }
  clear(): void {
    this.#rows.clear();
    this.#ops.clear();
    this.#insertsOnly = true;
  }
}

/**
 * Batches near the target size of `n` changes, without cutting an update pair.
 * @param columnsOf the columns of some rows; told where in `rows` they begin.
 */
export function drainChanges(
  ops: ArrayLike<number>, rows: Int32Array, n: number, insertsOnly: boolean,
  columnsOf: (rows: Int32Array, n: number, from: number) => Column[], emit: (batch: Batch) => void,
): void {
  for (let from = 0; from < n; ) {
    let to = Math.min(n, from + TARGET_BATCH_ROWS);
    if (to < n && ops[to] === UPDATE_AFTER && ops[to - 1] === UPDATE_BEFORE) to++;
    let own: Uint8Array | null = null;
    if (!insertsOnly) {
      own = new Uint8Array(to - from);
      for (let i = from; i < to; i++) own[i - from] = ops[i] as number;
    }
    emit({ rowCount: to - from, ops: own, columns: columnsOf(rows.subarray(from, to), to - from, from) });
    from = to;
  }
}

/** Columns of `before` followed by those of `after`: row k of `after` is `beforeCount + k`. */
export function stacked(before: readonly Column[], beforeCount: number, after: readonly Column[], afterCount: number): Column[] {
  return before.map((b, i) => concat(b, beforeCount, after[i] as Column, afterCount));
}

