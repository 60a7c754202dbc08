import type { Batch } from '../../common/batch/batch.ts';
import { afterIo } from '../../common/event-loop.ts';
import type { RowSource } from '../../engine/api.ts';
import { abortable } from './abortable.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { WireWriter } from './writer.ts';

/**
 * Sends the rows of one result, all at once or in pieces. Rows are pulled only while the client takes them: at most one
 * batch and one chunk of bytes are held for a slow reader.
 */
export class ResultRows {
  readonly #source: RowSource;
  readonly #encode: RowEncoder;
  /** Endless: what has been encoded leaves before the next pull waits. */
  readonly #live: boolean;
  #batch: Batch | null = null;
  #at = 0;
  #ended = false;

  constructor(source: RowSource, encode: RowEncoder, live: boolean) {
    this.#source = source;
    this.#encode = encode;
    this.#live = live;
  }

  /** Sends up to `max` rows (0: all). `ended` is false when it stopped because of `max`. */
  async send(out: WireWriter, max: number, signal: AbortSignal): Promise<{ readonly count: number; readonly ended: boolean }> {
    let left = max === 0 ? Number.POSITIVE_INFINITY : max;
    let count = 0;
    try {
      while (left > 0) {
        const batch = await this.#next(out, signal);
        if (batch === null) return { count, ended: true };
        out.widen();
        const end = Math.min(batch.rowCount, this.#at + left);
        while (this.#at < end) {
          const stop = this.#encode(batch, this.#at, end, out);
          count += stop - this.#at;
          left -= stop - this.#at;
          this.#at = stop;
          if (stop < end || out.full) {
            await out.drained(signal);
            // Cancel requests and other sessions have their turn between chunks.
            await new Promise<void>(afterIo);
            if (signal.aborted) throw signal.reason;
          }
        }
      }
      return { count, ended: false };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #next(out: WireWriter, signal: AbortSignal): Promise<Batch | null> {
    while (this.#batch === null || this.#at >= this.#batch.rowCount) {
      if (this.#ended) return null;
      if (this.#live) await out.drained(signal);
      this.#batch = await abortable(this.#source.next(), signal);
      this.#at = 0;
      if (this.#batch === null) await this.close();
    }
    return this.#batch;
  }

  /** Lets go of the source; harmless when repeated. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#batch = null;
    await this.#source.close();
  }
}
