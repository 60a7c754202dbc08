import type { Batch } from '../../common/batch/batch.ts';
import type { Barrier } from '../../exec/operator.ts';

/** What flows between tasks, in order. */
export type Item =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'watermark'; readonly micros: bigint }
  /** Has no rows for now: out of the minimum until its next watermark or rows. */
  | { readonly kind: 'idle' }
  /** No rows or watermarks will follow; barriers still do. */
  | { readonly kind: 'end' }
  | { readonly kind: 'barrier'; readonly barrier: Barrier };

export interface Sender {
  /** False when there is no room; the item was not taken. */
  trySend(item: Item): boolean;
  /** Called once, when there may be room again. */
  onRoom(wake: () => void): void;
}
export interface Receiver {
  take(): Item | null;
  /** Called whenever items may have come. */
  onItem(wake: () => void): void;
}

/** Batches that wait in a channel of one thread. */
const CAPACITY = 8;

/** A queue between tasks of one thread. Unbounded ones only fail to have room never. */
export class LocalChannel implements Sender, Receiver {
  #items: (Item | null)[] = [];
  #head = 0;
  #batches = 0;
  readonly #capacity: number;
  #wakeReceiver: (() => void) | null = null;
  #wakeSender: (() => void) | null = null;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }
  trySend(item: Item): boolean {
    if (item.kind === 'batch') {
      if (this.#batches >= this.#capacity) return false;
      this.#batches++;
    }
    this.#items.push(item);
    this.#wakeReceiver?.();
    return true;
  }
  take(): Item | null {
    if (this.#head === this.#items.length) return null;
    const item = this.#items[this.#head] as Item;
    this.#items[this.#head++] = null;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    if (item.kind === 'batch') {
      this.#batches--;
      const wake = this.#wakeSender;
      if (wake !== null && this.#batches <= this.#capacity >> 1) {
        this.#wakeSender = null;
        wake();
      }
    }
    return item;
  }
  onRoom(wake: () => void): void {
    this.#wakeSender = wake;
  }
  onItem(wake: () => void): void {
    this.#wakeReceiver = wake;
    if (this.#head < this.#items.length) wake();
  }
}
