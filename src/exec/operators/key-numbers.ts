import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';

/**
 * Numbers the keys that the slots of a windowed aggregate hold, so that merging slices into a window needs no hashing.
 * Derived from the state: not saved.
 */
export class KeyNumbers {
  readonly #keys: KeyedStore;
  /** Per slot, the number of its key. */
  #ofSlot = new Int32Array(0);
  /** Per number, how many slots have it. */
  #uses = new Int32Array(0);
  /** Per number, the group of the merge in progress, plus one. */
  #groups = new Int32Array(0);

  constructor(types: readonly SqlType[]) {
    this.#keys = new KeyedStore({ id: 'keys', types, keyCount: types.length, equality: 'sql' });
  }

  /** @param keys of the slots, row by row. */
  add(keys: readonly Column[], slots: Int32Array, n: number): void {
    const numbers = new Int32Array(n);
    this.#keys.upsert(keys, hashColumns(keys, this.#keys.keyTypes, n), n, numbers, null);
    this.#uses = roomFor(this.#uses, this.#keys.high);
    this.#groups = roomFor(this.#groups, this.#keys.high);
    for (let i = 0; i < n; i++) {
      const number = numbers[i] as number;
      const slot = slots[i] as number;
      if (slot >= this.#ofSlot.length) this.#ofSlot = roomFor(this.#ofSlot, slot + 1);
      this.#ofSlot[slot] = number;
      this.#uses[number] = (this.#uses[number] as number) + 1;
    }
  }

  remove(slot: number): void {
    const number = this.#ofSlot[slot] as number;
    const left = (this.#uses[number] as number) - 1;
    this.#uses[number] = left;
    if (left === 0) this.#keys.remove(number);
  }

  /** The groups of equal keys among the slots: each slot's group, and a slot of every group. */
  groups(slots: Int32Array): { readonly groupOf: Int32Array; readonly first: Int32Array } {
    const groupOf = new Int32Array(slots.length);
    const first = new Int32Array(slots.length);
    const groups = this.#groups;
    let count = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number;
      const number = this.#ofSlot[slot] as number;
      let group = groups[number] as number;
      if (group === 0) {
        first[count++] = slot;
        groups[number] = group = count;
      }
      groupOf[i] = group - 1;
    }
    for (let k = 0; k < count; k++) groups[this.#ofSlot[first[k] as number] as number] = 0;
    return { groupOf, first: first.subarray(0, count) };
  }
}

function roomFor(array: Int32Array<ArrayBuffer>, need: number): Int32Array<ArrayBuffer> {
  if (need <= array.length) return array;
  const grown = new Int32Array(Math.ceil(need * 1.6) + 64);
  grown.set(array);
  return grown;
}
