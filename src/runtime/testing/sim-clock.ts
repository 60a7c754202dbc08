import type { Clock } from '../../common/clock.ts';
import { afterIo } from '../../common/event-loop.ts';

/**
 * A clock that moves only from timer to timer, and between turns of the event loop by chance: with the seeded scheduler
 * a history depends on its seed alone.
 */
export class SimClock implements Clock {
  readonly #random: () => number;
  #ms = 0;
  #timers: { readonly at: number; readonly fn: () => void }[] = [];
  #pumping = false;

  constructor(random: () => number) {
    this.#random = random;
  }
  nowMicros(): bigint {
    return 1_700_000_000_000_000n + BigInt(Math.floor(this.#ms * 1000));
  }
  monotonicMs(): number {
    return this.#ms;
  }
  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#ms + Math.max(0, delayMs), fn };
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.at - b.at);
    this.#pump();
    return () => void (this.#timers = this.#timers.filter((t) => t !== timer));
  }
  #pump(): void {
    if (this.#pumping || this.#timers.length === 0) return;
    this.#pumping = true;
    afterIo(() => {
      this.#pumping = false;
      if (this.#random() < 0.1) {
        const next = this.#timers.shift();
        if (next !== undefined) {
          this.#ms = Math.max(this.#ms, next.at);
          next.fn();
        }
      }
      this.#pump();
    });
  }
}
