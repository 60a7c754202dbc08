import { IntList } from '../columns.ts';

/** Parts a TTL is cut into: an entry goes between one and (1 + 1/PARTS) TTLs after it was last written. */
const PARTS = 64;

/**
 * Which entries of a state have not been written for a TTL. Times are milliseconds since 1970, rounded up to a part of the
 * TTL, so that an entry that is written all the time is listed but PARTS times.
 */
export class Expiry {
  readonly #ttlMs: number;
  readonly #stepMs: number;
  /** By slot: when the entry was last written; 0 for none. */
  #times = new Float64Array(0);
  /** Slots by that time, oldest first. */
  #listed: { readonly at: number; readonly slots: IntList }[] = [];
  /** Entries forgotten so far. */
  count = 0;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
    this.#stepMs = Math.max(1, Math.floor(ttlMs / PARTS));
  }

  /** A time as entries keep it. */
  rounded(nowMicros: bigint): number {
    return Math.ceil(Number(nowMicros / 1000n) / this.#stepMs) * this.#stepMs;
  }

  /** The entry was written now. @param at of `rounded`. @returns whether its time has changed. */
  note(slot: number, at: number): boolean {
    if (slot >= this.#times.length) {
      const grown = new Float64Array(Math.ceil(slot * 1.6) + 64);
      grown.set(this.#times);
      this.#times = grown;
    }
    if (this.#times[slot] === at) return false;
    this.#times[slot] = at;
    let last = this.#listed.at(-1);
    if (last === undefined || last.at < at) this.#listed.push((last = { at, slots: new IntList(16) }));
    if (last.at === at) last.slots.push(slot);
    else this.#insert(at, slot);
    return true;
  }

  /** Times of a restored state come in any order. */
  #insert(at: number, slot: number): void {
    const k = this.#listed.findIndex((l) => l.at >= at);
    const found = this.#listed[k];
    if (found?.at === at) found.slots.push(slot);
    else {
      const slots = new IntList(16);
      slots.push(slot);
      this.#listed.splice(k, 0, { at, slots });
    }
  }

  /** The entry is gone: its slot may be another's soon. */
  forget(slot: number): void {
    if (slot < this.#times.length) this.#times[slot] = 0;
  }

  /** Hands over the entries whose time is up, and forgets them. */
  expire(nowMicros: bigint, remove: (slot: number) => void): void {
    const limit = Number(nowMicros / 1000n) - this.#ttlMs;
    for (let first = this.#listed[0]; first !== undefined && first.at <= limit; first = this.#listed[0]) {
      this.#listed.shift();
      for (let i = 0; i < first.slots.length; i++) {
        const slot = first.slots.array[i] as number;
        if (this.#times[slot] !== first.at) continue;
        this.#times[slot] = 0;
        this.count++;
        remove(slot);
      }
    }
  }
}
