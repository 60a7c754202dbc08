/** The one source of time and timers; a simulated one replaces it in tests. No other module reads a clock. */
export interface Clock {
  /** Wall-clock time, microseconds since 1970-01-01 UTC. */
  nowMicros(): bigint;
  /** Monotonic time in milliseconds; its zero is arbitrary. */
  monotonicMs(): number;
  /** Calls `fn` once, after `delayMs`; the result cancels it and may be called twice. */
  setTimer(delayMs: number, fn: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMicros: () => BigInt(Date.now()) * 1000n,
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, fn) => {
    const timer = setTimeout(fn, delayMs);
    return () => clearTimeout(timer);
  },
};
