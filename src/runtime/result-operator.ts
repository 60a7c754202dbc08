import type { Batch } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import type { Epoch } from '../common/ids.ts';
import type { Barrier, Operator } from '../exec/operator.ts';
import { batchBytes } from './batch-bytes.ts';
import type { ResultOptions } from './messages.ts';
import { PermanentFailure } from './plain-error.ts';
import type { Pausing } from './task.ts';

export interface ResultHooks {
  readonly rows: (batch: Batch, bytes: number, epoch: Epoch | null) => void;
  readonly progress: (epoch: Epoch) => void;
  readonly end: () => void;
}

/**
 * Sends a query's rows to its reader. A snapshot waits when the reader is behind; a subscription, which would hold up
 * its whole domain, fails. Its first epoch, the snapshot, is exempt.
 */
export class ResultOperator implements Operator, Pausing {
  readonly states: Operator['states'] = [];
  readonly #options: ResultOptions;
  readonly #hooks: ResultHooks;
  /** A subscription's rows of the epoch: nobody sees half of it. */
  readonly #held: { readonly batch: Batch; readonly bytes: number }[] = [];
  #outstanding = 0;
  #epochs = 0;
  #ended = false;
  #told = false;
  rows = 0;

  constructor(options: ResultOptions, hooks: ResultHooks) {
    this.#options = options;
    this.#hooks = hooks;
  }
  onBatch(_port: number, batch: Batch): void {
    if (batch.rowCount === 0) return;
    const bytes = batchBytes(batch);
    this.#outstanding += bytes;
    if (this.#options.mode === 'changes' && this.#epochs > 0 && this.#outstanding > this.#options.bufferBytesMax) {
      throw new PermanentFailure(
        new SqlError('configuration_limit_exceeded', `the reader of a subscription is ${this.#outstanding} bytes behind`, {
          detail: `At most ${this.#options.bufferBytesMax} bytes are held for it.`, hint: 'Read faster, or subscribe to fewer rows.',
        }),
      );
    }
    this.rows += batch.rowCount;
    if (this.#options.mode === 'changes') this.#held.push({ batch, bytes });
    else this.#hooks.rows(batch, bytes, null);
  }
  get paused(): boolean {
    return this.#options.mode === 'snapshot' && this.#outstanding >= this.#options.bufferBytesMax;
  }
  taken(bytes: number): void {
    this.#outstanding -= bytes;
  }
  onWatermark(): void {}
  onEnd(): void {
    this.#ended = true;
  }
  onBarrier(barrier: Barrier): void {
    this.#epochs++;
    for (const { batch, bytes } of this.#held.splice(0)) this.#hooks.rows(batch, bytes, barrier.epoch);
    if (this.#options.mode === 'changes') this.#hooks.progress(barrier.epoch);
    if (!this.#ended || this.#told) return;
    this.#told = true;
    this.#hooks.end();
  }
  close(): void {}
}
