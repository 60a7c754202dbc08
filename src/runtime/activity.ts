import type { Batch } from '../common/batch/batch.ts';
import type { NodeActivity } from './api.ts';

/** Counts what leaves an operator, on one worker. */
export class Activity {
  rowsOut = 0;
  watermark: bigint | null = null;
  rowsLate = 0;
  rowsBad = 0;

  /** The same output, counted. */
  counted<T extends { onBatch(batch: Batch): void; onWatermark(micros: bigint): void }>(to: T): { onBatch(batch: Batch): void; onWatermark(micros: bigint): void } {
    return {
      onBatch: (batch) => {
        this.rowsOut += batch.rowCount;
        to.onBatch(batch);
      },
      onWatermark: (micros) => {
        this.watermark = micros;
        to.onWatermark(micros);
      },
    };
  }
}

/** The workers' counts of one node as one. */
export function summed(parts: readonly NodeActivity[]): NodeActivity {
  return {
    rowsOut: parts.reduce((n, p) => n + p.rowsOut, 0),
    rowsLate: parts.reduce((n, p) => n + p.rowsLate, 0),
    rowsBad: parts.reduce((n, p) => n + p.rowsBad, 0),
    watermark: parts.some((p) => p.watermark === null) ? null : least(parts.map((p) => p.watermark)),
    expired: parts.reduce((n, p) => n + p.expired, 0),
    waitsFor: least(parts.map((p) => p.waitsFor)),
  };
}

const least = (values: readonly (bigint | null)[]): bigint | null => values.reduce((min, v) => (v !== null && (min === null || v < min) ? v : min), null);
