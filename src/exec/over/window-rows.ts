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
  /** The group of peers that was looked at last. */
  #from = 0;
  #to = 0;
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
  #look(i: number): void {
    if (i >= this.#from && i < this.#to) return;
    let from = i;
    while (from > 0 && this.arePeers(from - 1, i)) from--;
    let to = i + 1;
    while (to < this.length && this.arePeers(i, to)) to++;
    this.#from = from;
    this.#to = to;
  }
  /** The index of a row's first peer. */
  firstPeer(i: number): number {
    this.#look(i);
    return this.#from;
  }
  /** One past a row's last peer. */
  peersEnd(i: number): number {
    this.#look(i);
    return this.#to;
  }
  /** The number of each row's group of peers, from 0. */
  get groupOf(): Int32Array {
    if (this.#group !== null) return this.#group;
    const group = new Int32Array(this.length);
    this.#groups = [];
    for (let i = 0; i < group.length; i++) {
      if (i === 0 || !this.arePeers(i - 1, i)) this.#groups.push(i);
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
