import type { Column } from '../../common/batch/column.ts';
import { INT, type SqlType } from '../../common/types/sql-type.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { TimeHeap } from './time-heap.ts';

/** Of the heap entry of a session that is gone: no session is due then. */
const NEVER = -(1n << 63n);
/** No session: sessions are numbered from 0. */
export const NONE = -1;

/**
 * The open sessions of each key by number: where they begin and when their last row came. No two of a key are as near as the
 * gap; a row between two makes them one. Derived from the state: not saved. All times in microseconds.
 *
 * A session's `name` is the time of some row of it, which tells it from the others of its key.
 */
export class OpenSessions {
  readonly #gap: bigint;
  /** Of each key the first of its sessions, plus one. */
  readonly #keys: KeyedStore;
  starts: BigInt64Array = new BigInt64Array(64);
  lasts: BigInt64Array = new BigInt64Array(64);
  names: BigInt64Array = new BigInt64Array(64);
  /** The slots of the state, for whoever keeps it. */
  slots: Int32Array = new Int32Array(64);
  /** When the heap looks at the session. */
  #due = new BigInt64Array(64);
  #key = new Int32Array(64);
  /** The next session of the key, plus one. */
  #next = new Int32Array(64);
  #high = 0;
  readonly #free = new IntList();
  readonly #heap = new TimeHeap();
  /** Pairs of a session and one that has become part of it, as rows came. */
  readonly merged: IntList = new IntList();

  constructor(keyTypes: readonly SqlType[], gapMicros: bigint) {
    this.#gap = gapMicros;
    this.#keys = new KeyedStore({ id: 'keys', types: [...keyTypes, INT], keyCount: keyTypes.length, equality: 'sql' });
  }

  get #firsts(): Int32Array {
    return (this.#keys.columns[this.#keys.keyCount] as StateColumn).i32;
  }

  /** The numbers of keys. One that gets no session has to be let go by `forgetKey`. */
  numberKeys(columns: readonly Column[], n: number): Int32Array {
    const numbers = new Int32Array(n);
    this.#keys.upsert(columns, hashColumns(columns, this.#keys.keyTypes, n), n, numbers, null);
    return numbers;
  }
  forgetKey(key: number): void {
    if (this.#keys.isLive(key) && this.#firsts[key] === 0) this.#keys.remove(key);
  }

  /** Whether a row at `time` belongs to a session that is there. */
  touches(key: number, time: bigint): boolean {
    for (let s = (this.#firsts[key] as number) - 1; s >= 0; s = (this.#next[s] as number) - 1) if (this.#near(s, time)) return true;
    return false;
  }
  #near(s: number, time: bigint): boolean {
    return time <= (this.lasts[s] as bigint) + this.#gap && time + this.#gap >= (this.starts[s] as bigint);
  }

  /** The session of a row: one that is there and grows by it, or a new one. Those that it joins to it are added to `merged`. */
  add(key: number, time: bigint): number {
    let found = NONE;
    let before = NONE;
    for (let s = (this.#firsts[key] as number) - 1; s >= 0; ) {
      const next = (this.#next[s] as number) - 1;
      if (!this.#near(s, time)) before = s;
      else if (found === NONE) {
        found = before = s;
        if (time > (this.lasts[s] as bigint)) this.lasts[s] = time;
        if (time < (this.starts[s] as bigint)) this.starts[s] = time;
      } else {
        if ((this.lasts[s] as bigint) > (this.lasts[found] as bigint)) this.lasts[found] = this.lasts[s] as bigint;
        if ((this.starts[s] as bigint) < (this.starts[found] as bigint)) this.starts[found] = this.starts[s] as bigint;
        this.merged.push(found);
        this.merged.push(s);
        this.#next[before] = next + 1;
      }
      s = next;
    }
    return found === NONE ? this.open(key, time, time, time) : found;
  }

  open(key: number, name: bigint, start: bigint, last: bigint): number {
    const s = this.#free.length > 0 ? this.#free.pop() : this.#high++;
    if (s >= this.#key.length) this.#grow();
    this.names[s] = name;
    this.starts[s] = start;
    this.lasts[s] = last;
    this.#key[s] = key;
    const firsts = this.#firsts;
    this.#next[s] = firsts[key] as number;
    firsts[key] = s + 1;
    this.#expect(s, last + this.#gap);
    return s;
  }

  #expect(s: number, time: bigint): void {
    this.#due[s] = time;
    this.#heap.push(time, s);
  }

  /** Gives back the number of a session that was merged into another. */
  release(s: number): void {
    this.#due[s] = NEVER;
    this.#free.push(s);
  }

  /** When the first session is over, or null. Sessions that have grown since they were last looked at are put off. */
  firstEnd(): bigint | null {
    const heap = this.#heap;
    while (heap.length > 0) {
      const due = heap.first;
      const s = heap.firstSlot;
      if (this.#due[s] === due) {
        const end = (this.lasts[s] as bigint) + this.#gap;
        if (end === due) return due;
        heap.pop();
        this.#expect(s, end);
      } else heap.pop();
    }
    return null;
  }

  /** Takes out the first session, which is over by `until`; NONE when there is none. Its borders hold until the next is opened. */
  take(until: bigint): number {
    const end = this.firstEnd();
    if (end === null || end > until) return NONE;
    const s = this.#heap.pop();
    const key = this.#key[s] as number;
    const firsts = this.#firsts;
    const next = this.#next[s] as number;
    let at = (firsts[key] as number) - 1;
    if (at !== s) {
      while (this.#next[at] !== s + 1) at = (this.#next[at] as number) - 1;
      this.#next[at] = next;
    } else if (next === 0) this.#keys.remove(key);
    else firsts[key] = next;
    this.release(s);
    return s;
  }

  compact(): void {
    this.#keys.compact();
  }

  #grow(): void {
    const room = Math.ceil(this.#key.length * 1.6);
    const wide = (of: BigInt64Array): BigInt64Array<ArrayBuffer> => {
      const grown = new BigInt64Array(room);
      grown.set(of);
      return grown;
    };
    const narrow = (of: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(room);
      grown.set(of);
      return grown;
    };
    [this.starts, this.lasts, this.names, this.#due] = [wide(this.starts), wide(this.lasts), wide(this.names), wide(this.#due)];
    [this.slots, this.#key, this.#next] = [narrow(this.slots), narrow(this.#key), narrow(this.#next)];
  }
}
