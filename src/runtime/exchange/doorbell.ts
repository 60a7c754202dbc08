/**
 * Wakes one sleeping thread from any other. A thread that is awake costs its neighbours one atomic load; only a sleeper
 * costs a system call.
 *
 * The sleeper: `const seen = bell.arm()`, look once more whether there is work, then wait for `bell.wait(seen)`; on the
 * way out `bell.disarm()`. A ring between `arm` and `wait` makes `wait` return at once.
 */
export class Doorbell {
  /** Word 0 counts rings, word 1 tells whether somebody sleeps. */
  readonly #words: Int32Array;

  /** `memory` holds 8 bytes, all zero at first, shared by sleeper and ringers. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, 2);
  }
  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  ring(): void {
    if (Atomics.load(this.#words, 1) === 0 || Atomics.exchange(this.#words, 1, 0) === 0) return;
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }
  arm(): number {
    const seen = Atomics.load(this.#words, 0);
    Atomics.store(this.#words, 1, 1);
    return seen;
  }
  disarm(): void {
    Atomics.store(this.#words, 1, 0);
  }
  /** Resolves at the first ring after `arm`; true at once when there has been one already. */
  wait(seen: number): Promise<unknown> | true {
    const result = Atomics.waitAsync(this.#words, 0, seen);
    return result.async ? result.value : true;
  }
  /** Blocks this thread; false when `timeoutMs` have passed without a ring. */
  waitBlocking(seen: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#words, 0, seen, timeoutMs) !== 'timed-out';
  }
}
