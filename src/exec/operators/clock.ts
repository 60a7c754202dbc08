import type { Batch } from '../../common/batch/batch.ts';
import { i64Column } from '../../common/batch/column.ts';
import type { PhysicalClock } from '../../planner/physical.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { BaseOperator } from './base.ts';
import { SavedWatermark } from './progress.ts';

const MILLISECOND = 1000n;

/**
 * Processing time: gives rows the time of their batch, and at each barrier a watermark just before the barrier's time.
 *
 * Input and output: append-only. State: the last barrier's time, so that a clock that was set back makes no row late.
 */
export class ClockOperator extends BaseOperator {
  readonly #column: number;
  readonly #saved: SavedWatermark;
  /** No row may have a time before this. */
  #floor: bigint | null = null;
  #loaded = false;

  constructor(node: PhysicalClock, context: OperatorContext) {
    super(context);
    this.#column = node.column;
    this.#saved = new SavedWatermark(`${node.props.stateId}.clock`);
    this.register(this.#saved.store);
  }

  #load(): void {
    if (!this.#loaded) this.#floor = this.#saved.load();
    this.#loaded = true;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#load();
    const now = (this.context.eval.procMicros / MILLISECOND) * MILLISECOND;
    const time = this.#floor !== null && this.#floor > now ? this.#floor : now;
    const columns = batch.columns.map((c, i) => (i === this.#column ? i64Column(new BigInt64Array(batch.rowCount).fill(time), null) : c));
    this.emit({ ...batch, columns });
  }

  override onWatermark(_port: number, _micros: bigint): void {}

  override onBarrier(barrier: Barrier): void {
    this.#load();
    const now = (barrier.nowMicros / MILLISECOND) * MILLISECOND;
    if (this.#floor === null || now > this.#floor) this.#floor = now;
    if (barrier.checkpoint) this.#saved.save(this.#floor, this.context.worker, this.context.parallelism);
    this.context.output.watermark(this.#floor - MILLISECOND);
  }
}
