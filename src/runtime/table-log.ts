import type { Batch, Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Store } from '../store/api.ts';
import { decodeRecord, encodeRecord } from './table-record.ts';

/**
 * A stored table's rows on their way: into the durable log, and from there, in order, to the worker that feeds the
 * table. While the table's job restarts, rows only reach the log; the replay brings them.
 */
export class TableLog {
  readonly relation: ObjectId;
  readonly #schema: Schema;
  readonly #store: Store;
  /** Resolves in order of the appends. */
  #tail: Promise<void> = Promise.resolve();
  #send: ((batch: Batch) => void) | null = null;
  /** The last record that is durable, and the last one sent on. */
  durable = 0;
  sent = 0;
  /** Appends that have not resolved. */
  pending = 0;
  #replay = 0;

  constructor(relation: ObjectId, schema: Schema, store: Store) {
    this.relation = relation;
    this.#schema = schema;
    this.#store = store;
  }
  append(batch: Batch): Promise<void> {
    const written = this.#store.appendLog(this.relation, encodeRecord(batch));
    const before = this.#tail;
    this.pending++;
    const done = (async (): Promise<void> => {
      try {
        const position = await written;
        await before.catch(() => {});
        if (position > this.durable) this.durable = position;
        if (this.#send !== null && position > this.sent) {
          this.sent = position;
          this.#send(batch);
        }
      } finally {
        this.pending--;
      }
    })();
    this.#tail = done.catch(() => {});
    return done;
  }
  /** Resolves when every append made before the call is durable and on its way to the worker (or has failed). */
  settled(): Promise<void> {
    return this.#tail;
  }
  /** Stops sending; the next `replay` begins where a checkpoint stood. */
  pause(): void {
    this.#send = null;
    this.#replay++;
  }
  /** What a checkpoint holds of it, before any replay: a barrier that comes first must not claim more. */
  rewind(position: number): void {
    this.pause();
    this.sent = position;
  }
  get live(): boolean {
    return this.#send !== null;
  }
  /** Sends what lies behind `after`, then every append. */
  async replay(after: number, send: (batch: Batch) => void): Promise<void> {
    const turn = ++this.#replay;
    this.#send = null;
    this.sent = after;
    for (;;) {
      for await (const { position, record } of this.#store.readLog(this.relation, this.sent)) {
        if (turn !== this.#replay) return;
        this.sent = position;
        if (position > this.durable) this.durable = position;
        send(decodeRecord(this.#schema, record));
      }
      if (turn !== this.#replay) return;
      if (this.durable <= this.sent) break;
    }
    this.#send = send;
  }
}
