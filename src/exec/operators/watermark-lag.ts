import type { Batch } from '../../common/batch/batch.ts';
import type { PhysicalWatermarkLag } from '../../planner/physical.ts';
import type { OperatorContext } from '../operator.ts';
import { BaseOperator } from './base.ts';

/** Allowed lateness: rows go on as they are, the watermark follows at a distance. Input and output: any. State: none. */
export class WatermarkLagOperator extends BaseOperator {
  readonly #micros: bigint;

  constructor(node: PhysicalWatermarkLag, context: OperatorContext) {
    super(context);
    this.#micros = node.micros;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.emit(batch);
  }

  override onWatermark(_port: number, micros: bigint): void {
    this.context.output.watermark(micros - this.#micros);
  }
}
