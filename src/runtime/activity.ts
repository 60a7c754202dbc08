import type { Batch } from '../common/batch/batch.ts';
import type { NodeActivity } from './api.ts';
import { batchBytes } from './batch-bytes.ts';

/** One batch in so many is measured. */
const SAMPLED = 16;

/** Counts what leaves an operator, on one worker. */
export class Activity {
  rowsOut = 0;
  /** Rows that its keys have brought to this worker. */
  rowsDealt = 0;
  watermark: bigint | null = null;
  rowsLate = 0;
  rowsBad = 0;
  busyMs = 0;
  blockedMs = 0;
  #batches = 0;
  #measuredRows = 0;
  #measuredBytes = 0;

  sent(batch: Batch): void {
    this.rowsOut += batch.rowCount;
    if (this.#batches++ % SAMPLED !== 0) return;
    this.#measuredRows += batch.rowCount;
    this.#measuredBytes += batchBytes(batch);
  }
  get bytesOut(): number {
    return this.#measuredRows === 0 ? 0 : Math.round((this.#measuredBytes / this.#measuredRows) * this.rowsOut);
  }

  /** The same input, counted as dealt by key. */
  dealt<T extends { onBatch(batch: Batch): void; onWatermark(micros: bigint): void }>(to: T): { onBatch(batch: Batch): void; onWatermark(micros: bigint): void } {
    return {
      onBatch: (batch) => {
        this.rowsDealt += batch.rowCount;
        to.onBatch(batch);
      },
      onWatermark: (micros) => to.onWatermark(micros),
    };
  }

  /** The same output, counted. */
  counted<T extends { onBatch(batch: Batch): void; onWatermark(micros: bigint): void }>(to: T): { onBatch(batch: Batch): void; onWatermark(micros: bigint): void } {
    return {
      onBatch: (batch) => {
        this.sent(batch);
        to.onBatch(batch);
      },
      onWatermark: (micros) => {
        this.watermark = micros;
        to.onWatermark(micros);
      },
    };
  }
}

/**
 * Whose work the time that passes is. Calls nest, as an operator's output is the next one's input; each is counted for
 * itself alone.
 */
export class Stopwatch {
  readonly #nowMs: () => number;
  #current: Activity | null = null;
  #since = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }
  /** From now on `activity` works; the result goes to `leave`. */
  enter(activity: Activity): Activity | null {
    const before = this.#current;
    this.#turn(activity);
    return before;
  }
  leave(before: Activity | null): void {
    this.#turn(before);
  }
  #turn(to: Activity | null): void {
    const now = this.#nowMs();
    if (this.#current !== null) this.#current.busyMs += now - this.#since;
    this.#since = now;
    this.#current = to;
  }
}

const total = (parts: readonly NodeActivity[], of: (part: NodeActivity) => number): number => parts.reduce((n, p) => n + of(p), 0);

/** The workers' counts of one node as one. */
export function summed(parts: readonly NodeActivity[]): NodeActivity {
  return {
    rowsOut: total(parts, (p) => p.rowsOut),
    rowsDealt: total(parts, (p) => p.rowsDealt),
    rowsDealtMost: parts.reduce((n, p) => Math.max(n, p.rowsDealtMost), 0),
    workers: total(parts, (p) => p.workers),
    rowsLate: total(parts, (p) => p.rowsLate),
    rowsBad: total(parts, (p) => p.rowsBad),
    watermark: parts.some((p) => p.watermark === null) ? null : least(parts.map((p) => p.watermark)),
    expired: total(parts, (p) => p.expired),
    waitsFor: least(parts.map((p) => p.waitsFor)),
    bytesOut: total(parts, (p) => p.bytesOut),
    busyMs: total(parts, (p) => p.busyMs),
    busiestMs: parts.reduce((n, p) => Math.max(n, p.busiestMs), 0),
    blockedMs: total(parts, (p) => p.blockedMs),
    stateEntries: total(parts, (p) => p.stateEntries),
    stateBytes: total(parts, (p) => p.stateBytes),
  };
}

const least = (values: readonly (bigint | null)[]): bigint | null => values.reduce((min, v) => (v !== null && (min === null || v < min) ? v : min), null);
