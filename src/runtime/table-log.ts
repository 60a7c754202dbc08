import type { Batch, Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Store } from '../store/api.ts';
import { decodeRecord, encodeRecord } from './table-record.ts';

interface BegunAppend {
  /** The record's position, once it is durable. */
  readonly written: Promise<number>;
  /** The append before this one has been sent on. */
  readonly before: Promise<void>;
  /** Sends the rows on; null when the record could not be written. */
  readonly finish: (position: number | null) => void;
}

/**
 * Appends to several tables as one step: their rows go to the workers without a barrier in between, so every reader sees all of
 * them or none. Errors: the first log's that could not be written; what the others wrote stays.
 */
export async function appendTogether(parts: readonly { readonly log: TableLog; readonly batch: Batch }[]): Promise<void> {
  const begun = parts.map(({ log, batch }) => log.begin(batch));
  const written = await Promise.allSettled(begun.map((b) => b.written));
  await Promise.all(begun.map((b) => b.before));
  // From here on nothing is awaited.
  for (const [i, b] of begun.entries()) {
    const outcome = written[i];
    b.finish(outcome?.status === 'fulfilled' ? outcome.value : null);
  }
  for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
}

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
    return appendTogether([{ log: this, batch }]);
  }
  /** Begins an append: the record is on its way to the disk, later appends queue up behind this one. */
  begin(batch: Batch): BegunAppend {
    const written = this.#store.appendLog(this.relation, encodeRecord(batch));
    const before = this.#tail;
    this.pending++;
    let settle = (): void => {};
    this.#tail = new Promise<void>((resolve) => {
      settle = resolve;
    });
    return {
      written,
      before,
      finish: (position) => {
        this.pending--;
        if (position !== null) {
          if (position > this.durable) this.durable = position;
          if (this.#send !== null && position > this.sent) {
            this.sent = position;
            this.#send(batch);
          }
        }
        settle();
      },
    };
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
