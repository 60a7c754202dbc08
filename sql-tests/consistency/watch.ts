import { opSign } from '../../src/common/batch/batch.ts';
import type { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';

/** A relation's rows as a subscription shows them, epoch by epoch. */
export interface Seen {
  readonly epoch: number;
  /** All rows there are after the epoch, sorted. */
  readonly rows: readonly string[];
}

/** Follows a view with a subscription; a row that is taken back before it was there is an error. */
export class Watch {
  readonly view: string;
  readonly seen: Seen[] = [];
  readonly #opened: ReturnType<SqlRuntime['open']>;
  readonly #sql: SqlRuntime;
  readonly #rows = new Map<string, number>();
  readonly #done: Promise<void>;

  constructor(sql: SqlRuntime, view: string) {
    this.view = view;
    this.#sql = sql;
    this.#opened = sql.open(`SELECT * FROM ${view}`, { mode: 'changes' });
    this.#done = this.#follow();
  }

  async #follow(): Promise<void> {
    const { handle, plan } = this.#opened;
    for (let chunk = await handle.next(); chunk !== null; chunk = await handle.next()) {
      if (chunk.kind === 'progress') {
        this.#epoch(chunk.epoch);
        continue;
      }
      const { batch } = chunk;
      for (const [i, row] of this.#sql.text(plan, batch).entries()) {
        this.#rows.set(row, (this.#rows.get(row) ?? 0) + opSign(batch.ops?.[i] ?? 0));
      }
    }
  }

  #epoch(epoch: number): void {
    const rows: string[] = [];
    for (const [row, n] of this.#rows) {
      if (n < 0) throw new Error(`${this.view} takes back a row that is not there at epoch ${epoch}: ${row}`);
      for (let i = 0; i < n; i++) rows.push(row);
    }
    this.seen.push({ epoch, rows: rows.sort() });
  }

  /** Ends the subscription. Throws what it failed with. */
  async close(): Promise<readonly Seen[]> {
    await this.#opened.handle.close();
    await this.#done;
    return this.seen;
  }
}
