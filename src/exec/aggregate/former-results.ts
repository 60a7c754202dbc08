import type { Column } from '../../common/batch/column.ts';
import { concatMany } from '../columns.ts';
import { StateColumn } from '../state/state-column.ts';
import type { Accumulator } from './accumulator.ts';

/** One call: how its result is computed, and where its running values are in the table. */
export interface ResultSource {
  /** Null where a result is computed from more than state columns. */
  readonly accumulator: Accumulator | null;
  readonly first: number;
  readonly result: (slots: Int32Array, n: number) => Column;
}

/**
 * The results of some groups as they were before their values changed. Running values are copied, and their results
 * computed only when asked for: results may be objects, which would pile up from one barrier to the next.
 */
export class FormerResults {
  readonly #table: readonly StateColumn[];
  readonly #calls: readonly ResultSource[];
  /** By the first state column. */
  readonly #images = new Map<number, readonly StateColumn[]>();
  /** Of the calls without an image, by their position. */
  readonly #parts = new Map<number, { readonly column: Column; readonly n: number }[]>();
  #capacity = 0;
  count = 0;

  constructor(table: readonly StateColumn[], calls: readonly ResultSource[]) {
    this.#table = table;
    this.#calls = calls;
    calls.forEach(({ accumulator, first }, i) => {
      // Boxed running values may change in place.
      if (accumulator === null || accumulator.stateTypes.some((t) => new StateColumn(t).physical === 'boxed')) this.#parts.set(i, []);
      else if (!this.#images.has(first)) this.#images.set(first, accumulator.stateTypes.map((t) => new StateColumn(t)));
    });
  }

  /** @param slots of the groups, in the order in which they will be asked for. */
  add(slots: Int32Array, n: number): void {
    const need = this.count + n;
    if (need > this.#capacity) {
      this.#capacity = Math.ceil(need * 1.6) + 256;
      for (const columns of this.#images.values()) for (const c of columns) c.grow(this.#capacity);
    }
    const places = new Int32Array(n);
    for (let i = 0; i < n; i++) places[i] = this.count + i;
    for (const [first, columns] of this.#images) {
      columns.forEach((c, k) => c.writeAll(places, (this.#table[first + k] as StateColumn).gather(slots, n), n));
    }
    for (const [i, parts] of this.#parts) parts.push({ column: (this.#calls[i] as ResultSource).result(slots, n), n });
    this.count = need;
  }

  /** The results of all groups added. @param like columns of the same layout. */
  columns(like: readonly Column[]): Column[] {
    const all = new Int32Array(this.count);
    for (let i = 0; i < all.length; i++) all[i] = i;
    return this.#calls.map(({ accumulator, first }, i) => {
      const parts = this.#parts.get(i);
      if (parts !== undefined || accumulator === null) return concatMany(parts ?? [], like[i] as Column);
      return accumulator.result(this.#images.get(first) ?? [], all, all.length);
    });
  }

  clear(): void {
    this.count = 0;
    for (const columns of this.#images.values()) for (const c of columns) c.reset();
    for (const i of this.#parts.keys()) this.#parts.set(i, []);
  }
}
