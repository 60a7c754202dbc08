import { INSERT, type Batch } from '../common/batch/batch.ts';
import type { Column } from '../common/batch/column.ts';
import { SqlError } from '../common/errors.ts';
import { objectId, type JobId, type ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import { concatMany } from '../exec/columns.ts';
import type { TableRows } from './api.ts';
import type { Coordinator } from './coordinator.ts';
import type { Gather } from './domain.ts';
import { decodeBatch } from './exchange/batch-codec.ts';
import type { Job } from './job.ts';
import type { StoredTables } from './stored-tables.ts';

/** Where a checkpoint names the records that are to be carried. */
const COMMITTABLES = '#tables';
const HEADER_BYTES = 16;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5000;
/** How long a job that is dropped waits for tables that others hold, milliseconds. */
const DROP_WAITS_MS = 1000;

/** What one job's checkpoints hold for stored tables. */
interface Carrier {
  readonly log: ObjectId;
  readonly stop: AbortController;
  /** All records up to this one are in the tables' logs; null: not read yet. */
  carried: number | null;
  /** Records of durable checkpoints that are not carried, in order. */
  due: number[];
  /** Records written since the start. */
  readonly held: Map<number, Uint8Array>;
  running: Promise<void> | null;
}

/**
 * Rows of jobs on their way into stored tables. What a job's sinks prepare goes into a log of the job's own before the checkpoint,
 * which names the records. When it is durable they are carried into the tables' logs: all of a checkpoint in one step, together with a
 * record in the job's log that says how far it is carried. So a crash anywhere neither loses nor doubles them, and a table that
 * somebody holds for long keeps no checkpoint waiting.
 */
export class TableSinks {
  readonly #runtime: Coordinator;
  readonly #tables: StoredTables;
  readonly #carriers = new Map<JobId, Carrier>();

  constructor(runtime: Coordinator, tables: StoredTables) {
    this.#runtime = runtime;
    this.#tables = tables;
  }

  #carrier(job: JobId): Carrier {
    let carrier = this.#carriers.get(job);
    // Objects and jobs share their numbers: no table has a sink's.
    if (carrier === undefined) this.#carriers.set(job, (carrier = { log: objectId(job), stop: new AbortController(), carried: null, due: [], held: new Map(), running: null }));
    return carrier;
  }

  /** Before a checkpoint: writes what the job's workers have prepared for tables, and puts the records' places in its stead. */
  async stage(job: Job, gather: Gather): Promise<void> {
    const sinks = job.sinks.filter((s) => s.spec.stored !== undefined);
    if (sinks.length === 0) return;
    const { store } = this.#runtime.options;
    const carrier = this.#carrier(job.spec.id);
    const prepared = gather.committables.get(job.spec.id) ?? new Map<string, JsonValue[]>();
    gather.committables.set(job.spec.id, prepared);
    const records = sinks.flatMap(({ spec, props }) => {
      const batches = prepared.get(props.stateId)?.flat(1) ?? [];
      prepared.delete(props.stateId);
      return batches.flatMap((text) => (typeof text === 'string' ? [recordOf(spec.stored ?? 0, Buffer.from(text, 'base64'))] : []));
    });
    const places = await Promise.all(records.map((record) => store.appendLogs([{ table: carrier.log, record }])));
    const added = places.flatMap(([position], i) => {
      const record = records[i];
      if (position === undefined || record === undefined) return [];
      carrier.held.set(position, record);
      return [position];
    });
    const all = [...carrier.due, ...added];
    if (all.length > 0) prepared.set(COMMITTABLES, all);
  }

  /** The job's checkpoint is durable: what it names is carried, now or after the restart. */
  commit(job: Job): void {
    const named = job.progress?.committables[COMMITTABLES] ?? [];
    if (named.length === 0) return;
    const carrier = this.#carrier(job.spec.id);
    carrier.due = named.filter((p): p is number => typeof p === 'number' && p > (carrier.carried ?? 0));
    const due = new Set(carrier.due);
    const last = carrier.due.at(-1) ?? 0;
    // Of checkpoints that came to nothing.
    for (const position of carrier.held.keys()) if (position < last && !due.has(position)) carrier.held.delete(position);
    carrier.running ??= this.#carry(job, carrier).finally(() => (carrier.running = null));
  }

  /** Resolves when all that is due of a job is in the tables' logs; null when it is. */
  pending(job: JobId): Promise<void> | null {
    return this.#carriers.get(job)?.running ?? null;
  }

  async #carry(job: Job, carrier: Carrier): Promise<void> {
    const { store, log, clock } = this.#runtime.options;
    for (let failures = 0; carrier.due.length > 0 && !carrier.stop.signal.aborted;) {
      try {
        carrier.carried ??= await this.#carriedUpTo(carrier.log);
        const after = carrier.carried;
        const due = carrier.due.filter((p) => p > after);
        const last = due.at(-1);
        if (last !== undefined) {
          await this.#write(job.spec.id, carrier, await this.#rows(carrier, due), last);
          carrier.carried = last;
          for (const position of carrier.held.keys()) if (position <= last) carrier.held.delete(position);
          await store.truncateLog(carrier.log, last);
        }
        const done = carrier.carried;
        carrier.due = carrier.due.filter((p) => p > done);
        failures = 0;
      } catch (error) {
        if (carrier.stop.signal.aborted) return;
        failures++;
        log('warn', `rows of job "${job.spec.name}" could not be written to their table, and are written again: ${error instanceof Error ? error.message : String(error)}`);
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)), resolve);
          carrier.stop.signal.addEventListener('abort', () => {
            cancel();
            resolve();
          }, { once: true });
        });
      }
    }
  }
  async #write(job: JobId, carrier: Carrier, parts: readonly TableRows[], last: number): Promise<void> {
    const append = (some: readonly TableRows[]): Promise<void> => this.#tables.append(some, [{ table: carrier.log, record: carriedRecord(last) }]);
    const { onTableRows } = this.#runtime.options;
    await (onTableRows === undefined ? append(parts) : onTableRows(job, parts, append, carrier.stop.signal));
  }
  async #carriedUpTo(log: ObjectId): Promise<number> {
    let last = 0;
    for await (const { record } of this.#runtime.options.store.readLog(log, 0)) {
      const header = viewOf(record);
      if (header.getFloat64(0, true) === 0) last = Math.max(last, header.getFloat64(8, true));
    }
    return last;
  }
  /** One batch a table: a step of its log. */
  async #rows(carrier: Carrier, due: readonly number[]): Promise<TableRows[]> {
    const first = due[0] ?? 0;
    if (due.some((p) => !carrier.held.has(p))) {
      const wanted = new Set(due);
      for await (const { position, record } of this.#runtime.options.store.readLog(carrier.log, first - 1)) if (wanted.has(position)) carrier.held.set(position, record);
    }
    const byTable = new Map<ObjectId, Batch[]>();
    for (const position of due) {
      const record = carrier.held.get(position);
      if (record === undefined) throw new SqlError('data_corrupted', `record ${position} of a job's rows for stored tables is lost`);
      const table = objectId(viewOf(record).getFloat64(0, true));
      const batches = byTable.get(table);
      const batch = decodeBatch(record.slice(HEADER_BYTES));
      if (batches === undefined) byTable.set(table, [batch]);
      else batches.push(batch);
    }
    return [...byTable].map(([table, batches]) => ({ table, batch: joined(batches) }));
  }

  /** The job is gone. What tables that others hold keep back is carried later, unless the server ends before. */
  async drop(job: Job): Promise<void> {
    if (!job.sinks.some((s) => s.spec.stored !== undefined)) return;
    const carrier = this.#carrier(job.spec.id);
    const { clock, store, log } = this.#runtime.options;
    const gone = (carrier.running ?? Promise.resolve()).then(async () => {
      if (carrier.stop.signal.aborted) return;
      this.#carriers.delete(job.spec.id);
      await store.dropLog(carrier.log);
    });
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => (cancel = clock.setTimer(DROP_WAITS_MS, resolve)));
    await Promise.race([gone, late]).finally(cancel);
    gone.catch((error: unknown) => log('warn', `the log of job ${job.spec.id} is left behind: ${String(error)}`));
  }
  /** What is not carried yet is carried after the next start. */
  async close(): Promise<void> {
    for (const carrier of this.#carriers.values()) carrier.stop.abort();
    for (const carrier of this.#carriers.values()) await carrier.running;
  }
}

/** @param table 0: the record says how far the others are carried. */
function header(table: number, more: number): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + more);
  viewOf(out).setFloat64(0, table, true);
  return out;
}
const viewOf = (record: Uint8Array): DataView => new DataView(record.buffer, record.byteOffset, record.byteLength);

function recordOf(table: number, batch: Uint8Array): Uint8Array {
  const out = header(table, batch.length);
  out.set(batch, HEADER_BYTES);
  return out;
}
function carriedRecord(position: number): Uint8Array {
  const out = header(0, 0);
  viewOf(out).setFloat64(8, position, true);
  return out;
}

function joined(batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (first === undefined || batches.length === 1) return first ?? { rowCount: 0, ops: null, columns: [] };
  const rowCount = batches.reduce((n, b) => n + b.rowCount, 0);
  const columns = first.columns.map((like, c) => concatMany(batches.map((b) => ({ column: b.columns[c] as Column, n: b.rowCount })), like));
  if (batches.every((b) => b.ops === null)) return { rowCount, ops: null, columns };
  const ops = new Uint8Array(rowCount).fill(INSERT);
  let at = 0;
  for (const b of batches) {
    if (b.ops !== null) ops.set(b.ops.subarray(0, b.rowCount), at);
    at += b.rowCount;
  }
  return { rowCount, ops, columns };
}
