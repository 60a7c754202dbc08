import { abortable } from './abort.ts';

/**
 * Read your writes, and everybody else's: a snapshot shows all that was acknowledged before it began. An epoch is completed
 * only when something has been written since the last one.
 */
export class Freshness {
  #written = 0;
  #visible = 0;
  readonly #flush: () => Promise<unknown>;

  constructor(flush: () => Promise<unknown>) {
    this.#flush = flush;
  }

  /** Rows have been appended to a table. */
  wrote(): void {
    this.#written++;
  }

  /** Resolves when all that was written before the call can be read. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const upTo = this.#written;
    if (upTo <= this.#visible) return;
    await abortable(this.#flush(), signal);
    this.#visible = Math.max(this.#visible, upTo);
  }
}
