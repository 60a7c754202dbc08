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

  /**
   * Batches near the target size; an update pair is never cut. Clears the list.
   * @param keys columns that go before the others, drawn from rows of their own: `keyRows`, one per entry of the list.
   */
  drain(columns: readonly Column[], emit: (batch: Batch) => void, keys: readonly Column[] = [], keyRows: Int32Array | null = null): void {
    const total = this.#rows.length;
    let from = 0;
    while (from < total) {
      let to = Math.min(total, from + TARGET_BATCH_ROWS);
      if (to < total && this.#ops.array[to] === UPDATE_AFTER && this.#ops.array[to - 1] === UPDATE_BEFORE) to++;
      const n = to - from;
      const rows = this.#rows.array.subarray(from, to);
      const ops = this.#insertsOnly ? null : Uint8Array.from(this.#ops.array.subarray(from, to));
      const own = keyRows?.subarray(from, to) ?? rows;
      emit({ rowCount: n, ops, columns: [...keys.map((c) => gather(c, own, n)), ...columns.map((c) => gather(c, rows, n))] });
      from = to;
    }
    this.clear();
  }
  clear(): void {
    this.#rows.clear();
    this.#ops.clear();
    this.#insertsOnly = true;
  }
}

/** Columns of `before` followed by those of `after`: row k of `after` is `beforeCount + k`. */
export function stacked(before: readonly Column[], beforeCount: number, after: readonly Column[], afterCount: number): Column[] {
  return before.map((b, i) => concat(b, beforeCount, after[i] as Column, afterCount));
}

