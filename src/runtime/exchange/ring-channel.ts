import type { Item, Receiver, Sender } from './channel.ts';
import type { Doorbell } from './doorbell.ts';
import { RingReader, RingWriter } from './ring.ts';

/** One end of a ring on a worker's thread; the worker asks it now and then what has happened at the other end. */
export interface RingEnd {
  /** Wakes whoever waits for what has come, or for the room that there is. */
  poll(): void;
}

export class RingSender implements Sender, RingEnd {
  readonly #writer: RingWriter;
  #wake: (() => void) | null = null;

  /** `other` is the receiving worker's bell. */
  constructor(memory: SharedArrayBuffer, other: Doorbell) {
    this.#writer = new RingWriter(memory, other);
  }
  trySend(item: Item): boolean {
    return this.#writer.tryPush(item);
  }
  onRoom(wake: () => void): void {
    this.#wake = wake;
  }
  poll(): void {
    if (this.#writer.awaitsRoom) return;
    // What is left of a large batch comes before anything the task still has.
    if (!this.#writer.flush()) return;
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

export class RingReceiver implements Receiver, RingEnd {
  readonly #reader: RingReader;
  #wake: (() => void) | null = null;

  /** `other` is the sending worker's bell. */
  constructor(memory: SharedArrayBuffer, other: Doorbell) {
    this.#reader = new RingReader(memory, other);
  }
  take(): Item | null {
    return this.#reader.tryPop();
  }
  onItem(wake: () => void): void {
    this.#wake = wake;
  }
  poll(): void {
    if (this.#wake !== null && this.#reader.takeNews()) this.#wake();
  }
}
