import { InternalError } from '../../common/errors.ts';
import { Expiry } from './expiry.ts';
import type { KeyedStore } from './keyed-store.ts';
import type { RowStore } from './row-store.ts';
import type { StateColumn } from './state-column.ts';

/** Entries with the time of their last write in the store's last column, BIGINT milliseconds, so that it outlives a restart. */
export class TimedStore {
  readonly #store: KeyedStore | RowStore;
  readonly #expiry: Expiry;
  #loaded = false;

  constructor(ttlMs: number, store: KeyedStore | RowStore) {
    this.#store = store;
    this.#expiry = new Expiry(ttlMs);
  }

  /** Entries forgotten so far. */
  get count(): number {
    return this.#expiry.count;
  }
  get #column(): StateColumn {
    const column = this.#store.columns.at(-1);
    if (column === undefined) throw new InternalError('a timed store has no column for its times');
    return column;
  }

  /** After a restore, before anything is expired. */
  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const { i64 } = this.#column;
    for (const slot of this.#store.slots()) if (i64[slot] !== 0n) this.#expiry.note(slot, Number(i64[slot]));
  }

  /** These entries, where they are still there, were written in the epoch that ends now. */
  wrote(slots: Int32Array, n: number, nowMicros: bigint): void {
    this.#load();
    const at = this.#expiry.rounded(nowMicros);
    const { i64 } = this.#column;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      if (!this.#store.isLive(slot)) {
        this.#expiry.forget(slot);
        continue;
      }
      if (!this.#expiry.note(slot, at) && i64[slot] === BigInt(at)) continue;
      i64[slot] = BigInt(at);
      this.#store.touch(slot);
    }
  }

  /** @param remove takes the entry out of the store. */
  expire(nowMicros: bigint, remove: (slot: number) => void): void {
    this.#load();
    this.#expiry.expire(nowMicros, (slot) => {
      if (this.#store.isLive(slot)) remove(slot);
    });
  }

  forget(slot: number): void {
    this.#expiry.forget(slot);
  }
}
