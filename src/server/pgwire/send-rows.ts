import type { Batch } from '../../common/batch/batch.ts';
import type { RowSource } from '../../engine/api.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { WireWriter } from './writer.ts';

/** A result that is being read: pulled a batch at a time, and only as fast as the client takes it. */
export class RowCursor {
  readonly #source: RowSource;
  readonly #live: boolean;
  #batch: Batch | null = null;
  #row = 0;
  #ended = false;
  /** Rows sent so far. */
  sent = 0;

  constructor(source: RowSource, live: boolean) {
    this.#source = source;
    this.#live = live;
  }

  /**
   * Sends up to `max` rows (0: all). @returns whether the end was reached.
   * Sends what is written before every wait of an endless result, so that rows are seen when they happen.
   */
  async send(max: number, encode: RowEncoder, out: WireWriter): Promise<boolean> {
    let left = max === 0 ? Number.POSITIVE_INFINITY : max;
    while (left > 0) {
      if (this.#ended) return true;
      if (this.#batch === null) {
        if (this.#live) out.flush();
        this.#batch = await this.#source.next();
        this.#row = 0;
        if (this.#batch === null) {
          this.#ended = true;
          return true;
        }
      }
      const batch = this.#batch;
      const to = Math.min(batch.rowCount, this.#row + left);
      const stopped = encode(batch, this.#row, to, out);
      left -= stopped - this.#row;
      this.sent += stopped - this.#row;
      this.#row = stopped;
      if (stopped === batch.rowCount) this.#batch = null;
      if (stopped < to || out.full) await out.drained();
    }
    return this.#ended;
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#batch = null;
    return this.#source.close();
  }
}
