import type { Batch } from '../../common/batch/batch.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { BaseOperator } from './base.ts';
import { END_OF_TIME } from './event-time.ts';
import { SavedWatermark } from './progress.ts';

/** Before every time: of an input that has sent no watermark yet. */
export const NO_TIME: bigint = -(1n << 63n);

/**
 * An operator of two inputs that follows the time of each. Subclasses take rows and say what happens as a side's time passes; the
 * rest is here: both watermarks, kept over a restart so that late stays late, and the end of an input, which is a watermark
 * behind everything that comes with the next barrier. What subclasses derive from their state they make in `restored`, once,
 * before anything else is asked of them.
 */
export abstract class TwoTimesOperator extends BaseOperator {
  /** By input, how far its time has come. */
  protected readonly marks: [bigint, bigint] = [NO_TIME, NO_TIME];
  readonly #saved: readonly [SavedWatermark, SavedWatermark];
  readonly #ended: [boolean, boolean] = [false, false];
  #started = false;

  constructor(context: OperatorContext, stateId: string) {
    super(context);
    this.#saved = [new SavedWatermark(`${stateId}.left.progress`), new SavedWatermark(`${stateId}.right.progress`)];
    for (const saved of this.#saved) this.register(saved.store);
  }

  /** Makes what is derived from the state, after a restore; the marks are known. */
  protected abstract restored(): void;
  protected abstract take(port: number, batch: Batch): void;
  /** The mark of an input has moved on. */
  protected abstract passed(port: number): void;
  protected abstract atBarrier(): void;

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#saved.forEach((saved, port) => (this.marks[port] = saved.load() ?? NO_TIME));
    this.restored();
  }

  #advance(port: number, micros: bigint): void {
    if (micros <= (this.marks[port] as bigint)) return;
    this.marks[port] = micros;
    this.passed(port);
  }

  override onBatch(port: number, batch: Batch): void {
    this.#start();
    this.take(port, batch);
  }

  override onWatermark(port: number, micros: bigint): void {
    this.#start();
    this.#advance(port, micros);
  }

  override onEnd(port: number): void {
    this.#ended[port] = true;
  }

  override onBarrier({ checkpoint }: Barrier): void {
    this.#start();
    this.#ended.forEach((ended, port) => {
      if (ended) this.#advance(port, END_OF_TIME);
    });
    this.atBarrier();
    if (!checkpoint) return;
    this.#saved.forEach((saved, port) => {
      const mark = this.marks[port] as bigint;
      if (mark !== NO_TIME) saved.save(mark, this.context.worker, this.context.parallelism);
    });
  }
}
