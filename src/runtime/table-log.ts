import type { Batch, Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Value } from '../common/types/value.ts';
import type { PhysicalTableInput } from '../planner/physical.ts';
import type { Store } from '../store/api.ts';
import { decodeRecord, encodeRecord } from './table-record.ts';

interface BegunAppend {
  /** The append before this one has been sent on. */
  readonly before: Promise<void>;
  /** Sends the rows on; null when the record could not be written. */
  readonly finish: (position: number | null) => void;
}

/** For a log that is no table's. */
export interface LogRecord {
  readonly table: ObjectId;
  readonly record: Uint8Array;
}

/**
 * Appends to several tables as one step: durable together or not at all, and sent to the workers without a barrier in between, so
 * that every reader sees all of the rows or none, a crash or not. Errors: those of the store; nothing is appended then.
 */
export async function appendTogether(store: Store, parts: readonly { readonly log: TableLog; readonly batch: Batch }[], others: readonly LogRecord[] = []): Promise<void> {
  const written = store.appendLogs([...parts.map(({ log, batch }) => ({ table: log.relation, record: encodeRecord(batch) })), ...others]);
  const begun = parts.map(({ log, batch }) => log.begin(batch));
  let positions: readonly number[] = [];
  try {
    positions = await written;
  } finally {
    await Promise.all(begun.map((b) => b.before));
    // From here on nothing is awaited.
    for (const [i, b] of begun.entries()) b.finish(positions[i] ?? null);
  }
}

/**
 * A stored table's rows on their way: into the durable log, and from there, in order, to the worker that feeds the
 * table. While the table's job restarts, rows only reach the log; the replay brings them.
 */
export class TableLog {
  readonly relation: ObjectId;
  #schema: Schema;
  #added: readonly Value[];
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

  constructor({ relation, props, added }: PhysicalTableInput, store: Store) {
    this.relation = relation;
    this.#schema = props.schema;
    this.#added = added ?? [];
    this.#store = store;
  }
  /** The table has more columns now, at the end. Between a pause and the next replay. */
  grow({ props, added }: PhysicalTableInput): void {
    this.#schema = props.schema;
    this.#added = added ?? [];
  }
  /** Begins an append whose record is on its way to the disk: later appends queue up behind this one. */
  begin(batch: Batch): BegunAppend {
    const before = this.#tail;
    this.pending++;
    let settle = (): void => {};
    this.#tail = new Promise<void>((resolve) => {
      settle = resolve;
    });
    return {
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
        send(decodeRecord(this.#schema, record, this.#added));
      }
      if (turn !== this.#replay) return;
      if (this.durable <= this.sent) break;
    }
    this.#send = send;
  }
}
