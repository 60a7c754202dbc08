import type { Batch } from '../common/batch/batch.ts';
import type { JsonValue, SinkWriter } from '../connectors/api.ts';
import type { Operator } from '../exec/operator.ts';
import type { Pausing } from './task.ts';

const END = 2n ** 63n - 1n;

/** Hands a changelog to a connector's writer. Takes no input while the writer's buffer is above its mark. */
export class SinkOperator implements Operator, Pausing {
  readonly states: Operator['states'] = [];
  readonly #writer: SinkWriter;
  readonly #wake: () => void;
  readonly #log: (message: string) => void;
  #asked = false;
  rows = 0;

  constructor(writer: SinkWriter, wake: () => void, log: (message: string) => void) {
    this.#writer = writer;
    this.#wake = wake;
    this.#log = log;
  }
  onBatch(_port: number, batch: Batch): void {
    this.rows += batch.rowCount;
    this.#writer.write(batch);
  }
  get paused(): boolean {
    if (this.#writer.pendingBytes <= this.#writer.highWaterBytes) return false;
    if (!this.#asked) {
      this.#asked = true;
      this.#writer.onDrain(() => {
        this.#asked = false;
        this.#wake();
      });
    }
    return true;
  }
  onWatermark(_port: number, micros: bigint): void {
    this.#writer.watermark?.(micros);
  }
  onBarrier(): void {}
  onEnd(): void {
    this.#writer.watermark?.(END);
  }
  prepare(checkpoint: number): Promise<JsonValue> {
    return this.#writer.prepare(checkpoint);
  }
  close(): void {
    void this.#writer.close().catch((error: unknown) => this.#log(`closing a sink: ${String(error)}`));
  }
}
