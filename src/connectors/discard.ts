import type { Batch } from '../common/batch/batch.ts';
import type { Committable, SinkWriter } from './api.ts';

/** A writer for sinks that are done with a batch as soon as they have seen it. */
export class ImmediateWriter implements SinkWriter {
  readonly pendingBytes = 0;
  readonly highWaterBytes = 1;
  readonly #take: (batch: Batch) => void;

  constructor(take: (batch: Batch) => void) {
    this.#take = take;
  }

  write(batch: Batch): void {
    this.#take(batch);
  }

  onDrain(wake: () => void): void {
    wake();
  }

  prepare(): Promise<Committable> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
