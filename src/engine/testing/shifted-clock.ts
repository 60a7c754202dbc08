import { systemClock, type Clock } from '../../common/clock.ts';

/** The machine's clock, whose time of day tests put forward. */
export class SystemTimeShift implements Clock {
  #micros = 0n;

  shift(micros: bigint): void {
    this.#micros += micros;
  }
  nowMicros(): bigint {
    return systemClock.nowMicros() + this.#micros;
  }
  monotonicMs(): number {
    return systemClock.monotonicMs();
  }
  setTimer(delayMs: number, fn: () => void): () => void {
    return systemClock.setTimer(delayMs, fn);
  }
}
