import type { Batch } from '../common/batch/batch.ts';
import type { JsonValue, SinkWriter } from '../connectors/api.ts';
import type { Operator } from '../exec/operator.ts';
import type { Pausing } from './task.ts';
import type { UpsertFold } from './upsert-fold.ts';

const END = 2n ** 63n - 1n;

/** Hands a changelog to a connector's writer. Takes no input while the writer's buffer is above its mark. */
export class SinkOperator implements Operator, Pausing {
  readonly states: Operator['states'] = [];
  readonly #writer: SinkWriter;
  readonly #wake: () => void;
  readonly #log: (message: string) => void;
  readonly #fold: UpsertFold | null;
  #asked = false;
  #held: bigint | null = null;
  /** Nothing is written before the first barrier. */
  #muted: boolean;
  rows = 0;

  /**
   * @param fold for a sink that overwrites by key, where a key's changes may come in any order within an epoch.
   * @param muted what comes before the first barrier is not written.
   */
  constructor(writer: SinkWriter, wake: () => void, log: (message: string) => void, fold: UpsertFold | null = null, muted = false) {
    this.#fold = fold;
    this.#muted = muted;
    this.#writer = writer;
    this.#wake = wake;
    this.#log = log;
  }
  onBatch(_port: number, batch: Batch): void {
    if (this.#muted) return;
    if (this.#fold !== null) {
      this.#fold.add(batch);
      return;
    }
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
    // What is folded until the barrier is written before the watermark that covers it.
    if (this.#fold === null) this.#writer.watermark?.(micros);
    else this.#held = micros;
  }
  onBarrier(): void {
    this.#muted = false;
    const batch = this.#fold?.take() ?? null;
    if (batch !== null) {
      this.rows += batch.rowCount;
      this.#writer.write(batch);
    }
    if (this.#held !== null) this.#writer.watermark?.(this.#held);
    this.#held = null;
  }
  onEnd(): void {
    this.onWatermark(0, END);
  }
  prepare(checkpoint: number): Promise<JsonValue> {
    return this.#writer.prepare(checkpoint);
  }
  close(): void {
    void this.#writer.close().catch((error: unknown) => this.#log(`closing a sink: ${String(error)}`));
  }
}
