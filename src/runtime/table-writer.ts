import type { Batch } from '../common/batch/batch.ts';
import type { JsonValue, SinkWriter } from '../connectors/api.ts';
import { encodeBatch } from './exchange/batch-codec.ts';

/** A stored table as a job's sink, on one worker: what it is given goes to the coordinator with the checkpoint (`TableSinks`). */
export class TableWriter implements SinkWriter {
  #batches: string[] = [];
  /** Nothing drains before the checkpoint's barrier, which must not be held up. */
  readonly pendingBytes = 0;
  readonly highWaterBytes = 0;

  write(batch: Batch): void {
    if (batch.rowCount > 0) this.#batches.push(Buffer.from(encodeBatch(batch)).toString('base64'));
  }
  onDrain(wake: () => void): void {
    wake();
  }
  /** Encoded batches, in order. */
  prepare(): Promise<JsonValue> {
    const batches = this.#batches;
    this.#batches = [];
    return Promise.resolve(batches);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
