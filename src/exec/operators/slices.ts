import type { I64Column } from '../../common/batch/column.ts';
import { IntList } from '../columns.ts';

/** The slots of each slice (or window), by its end. Derived from the state: not saved. */
export class SliceSlots {
  readonly #byEnd = new Map<bigint, IntList>();
  #listed = new Uint8Array(256);

  ends(): Iterable<bigint> {
    return this.#byEnd.keys();
  }
  of(end: bigint): IntList | undefined {
    return this.#byEnd.get(end);
  }

  #list(end: bigint): IntList {
    let list = this.#byEnd.get(end);
    if (list === undefined) this.#byEnd.set(end, (list = new IntList()));
    return list;
  }

  /** Notes slots not seen so far. @param high slots are below it. @returns the new ones' rows. */
  add(slots: Int32Array, n: number, ends: I64Column, high: number): IntList {
    if (high > this.#listed.length) {
      const grown = new Uint8Array(Math.ceil(high * 1.6));
      grown.set(this.#listed);
      this.#listed = grown;
    }
    const listed = this.#listed;
    const fresh = new IntList(64);
    const { words, values } = ends;
    let list: IntList | null = null;
    let low = 0;
    let top = 0;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      if (listed[slot] === 1) continue;
      listed[slot] = 1;
      if (list === null || words[2 * i] !== low || words[2 * i + 1] !== top) {
        list = this.#list(values[i] as bigint);
        low = words[2 * i] as number;
        top = words[2 * i + 1] as number;
      }
      list.push(slot);
      fresh.push(i);
    }
    return fresh;
  }

  /** The slot has been freed before its slice: it stays on the list, but may be added again. */
  forget(slot: number): void {
    this.#listed[slot] = 0;
  }

  /** Forgets a slice whose slots are freed; they may be used again. */
  drop(end: bigint): void {
    const list = this.#byEnd.get(end);
    if (list === undefined) return;
    for (let i = 0; i < list.length; i++) this.#listed[list.array[i] as number] = 0;
    this.#byEnd.delete(end);
  }
}
