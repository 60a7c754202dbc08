import { comparatorOf } from '../../common/types/compare.ts';
import type { Value } from '../../common/types/value.ts';
import type { OrderColumn } from '../../planner/physical.ts';
import type { StateColumn } from '../state/state-column.ts';

/** The rows of one partition in order, as slots of the state; a row that occurs several times is there as often. */
export class WindowRows {
  readonly slots: readonly number[];
  readonly #columns: readonly StateColumn[];
  readonly #order: readonly OrderColumn[];
  readonly #peers: (a: number, b: number) => boolean;
  #first: Int32Array | null = null;
  #end: Int32Array | null = null;
  #group: Int32Array | null = null;
  #groups: number[] = [];

  constructor(slots: readonly number[], columns: readonly StateColumn[], order: readonly OrderColumn[], peers: (a: number, b: number) => boolean) {
    this.slots = slots;
    this.#columns = columns;
    this.#order = order;
    this.#peers = peers;
  }
  get length(): number {
    return this.slots.length;
  }
  value(column: number, i: number): Value {
    return (this.#columns[column] as StateColumn).value(this.slots[i] as number);
  }
  arePeers(i: number, k: number): boolean {
    return this.#peers(this.slots[i] as number, this.slots[k] as number);
  }
  /** For each row the index of its first peer. */
  get firstPeers(): Int32Array {
    if (this.#first !== null) return this.#first;
    const first = new Int32Array(this.length);
    for (let i = 1; i < first.length; i++) first[i] = this.arePeers(i - 1, i) ? (first[i - 1] as number) : i;
    return (this.#first = first);
  }
  /** One past its last peer. */
  get peersEnds(): Int32Array {
    if (this.#end !== null) return this.#end;
    const n = this.length;
    const first = this.firstPeers;
    const end = new Int32Array(n);
    for (let i = n - 1; i >= 0; i--) end[i] = i + 1 < n && first[i + 1] === first[i] ? (end[i + 1] as number) : i + 1;
    return (this.#end = end);
  }
  /** The number of each row's group of peers, from 0. */
  get groupOf(): Int32Array {
    if (this.#group !== null) return this.#group;
    const first = this.firstPeers;
    const group = new Int32Array(this.length);
    this.#groups = [];
    for (let i = 0; i < group.length; i++) {
      if (first[i] === i) this.#groups.push(i);
      group[i] = this.#groups.length - 1;
    }
    return (this.#group = group);
  }
  /** Where a group of peers begins; the length behind the last. */
  groupStart(group: number): number {
    void this.groupOf;
    return group < 0 ? 0 : (this.#groups[group] ?? this.length);
  }

  /** How the order key of row `k` compares with a value, NULLs in their place: RANGE has one order column. */
  compareKey(): (k: number, target: Value) => number {
    const [key] = this.#order;
    const column = this.#columns[key?.column ?? 0] as StateColumn;
    const compare = comparatorOf(column.type);
    const nulls = key?.nullsFirst === true ? -1 : 1;
    const sign = key?.descending === true ? -1 : 1;
    return (k, target) => {
      const own = column.value(this.slots[k] as number);
      if (own === null) return target === null ? 0 : nulls;
      if (target === null) return -nulls;
      return compare(own, target) * sign;
    };
  }
}
