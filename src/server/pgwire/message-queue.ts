import type { Frame } from './frames.ts';

/**
 * Messages that have arrived and are not yet handled. Bounded by the caller (see `bytes`). One reader.
 */
export class MessageQueue {
  #frames: Frame[] = [];
  #head = 0;
  #waiting: ((frame: Frame | null) => void) | null = null;
  #ended = false;
  /** Bytes of the messages that wait. */
  bytes = 0;
  /** Called when a message has been taken. */
  onTaken: () => void = () => undefined;

  push(frame: Frame): void {
    if (this.#waiting !== null) {
      const take = this.#waiting;
      this.#waiting = null;
      take(frame);
      return;
    }
    this.bytes += frame.body.length + 5;
    this.#frames.push(frame);
  }

  /** No more will come; what is there is still handed out. */
  end(): void {
    this.#ended = true;
    this.#waiting?.(null);
    this.#waiting = null;
  }

  /** True when a message is there already. */
  get ready(): boolean {
    return this.#head < this.#frames.length;
  }

  /** The next message, or null at the end of the connection. */
  next(): Promise<Frame | null> {
    const frame = this.#frames[this.#head];
    if (frame === undefined) {
      if (this.#ended) return Promise.resolve(null);
      return new Promise((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.#head++;
    this.bytes -= frame.body.length + 5;
    if (this.#head === this.#frames.length) {
      this.#frames = [];
      this.#head = 0;
    }
    this.onTaken();
    return Promise.resolve(frame);
  }
}
