import { SimClock } from '../../src/runtime/testing/sim-clock.ts';

/** The first NOW() of a history: its random times lie within six seconds of it. */
export const FIRST_NOW = 1_704_067_200_000_000n;

/** Timers go by chance, as in any simulation; the time of day stands still until the history moves it, so that the oracle knows it. */
export class HistoryClock extends SimClock {
  #now = FIRST_NOW;

  override nowMicros(): bigint {
    return this.#now;
  }
  advance(seconds: number): void {
    this.#now += BigInt(seconds) * 1_000_000n;
  }
}
