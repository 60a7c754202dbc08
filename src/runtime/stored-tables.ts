import type { Batch } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import type { TableRows } from './api.ts';
import type { Barriers } from './barriers.ts';
import type { Coordinator } from './coordinator.ts';
import type { Domain } from './domain.ts';
import { extraFromJson, type Job } from './job.ts';
import type { Restarts } from './restarts.ts';
import { appendTogether, TableLog, type LogRecord } from './table-log.ts';
import type { Wakeups } from './wakeups.ts';

/** Stored tables: their logs, which are written here and read by their jobs on the workers. */
export class StoredTables {
  readonly #runtime: Coordinator;
  readonly #parts: { readonly barriers: Barriers; readonly restarts: Restarts };
  readonly #wakeups: Wakeups;
  readonly logs: Map<ObjectId, TableLog> = new Map();

  constructor(runtime: Coordinator, parts: { readonly barriers: Barriers; readonly restarts: Restarts }, wakeups: Wakeups) {
    this.#runtime = runtime;
    this.#parts = parts;
    this.#wakeups = wakeups;
  }

  add(job: Job): void {
    for (const table of job.tables) if (!this.logs.has(table.relation)) this.logs.set(table.relation, new TableLog(table, this.#runtime.options.store));
  }
  remove(job: Job): void {
    for (const table of job.tables) {
      this.logs.get(table.relation)?.pause();
      this.logs.delete(table.relation);
    }
  }
  /** Sends a job, which begins or goes on from a checkpoint, what its tables' logs hold behind it. */
  replay(job: Job | undefined): void {
    if (job === undefined) return;
    const after = extraFromJson(job.progress?.extra, job.spec.id, job.tables.map((t) => t.relation)).tables;
    for (const { relation } of job.tables) {
      const { attempt } = job;
      const worker = relation % this.#runtime.parallelism;
      const send = (batch: Batch): void => {
        this.#runtime.post(worker, { kind: 'append', job: job.spec.id, attempt, relation, batch });
        // Only now: a barrier that this brings about says in its checkpoint that the rows are in.
        if (job.domain !== null) this.#parts.barriers.touched(job.domain, false);
      };
      this.logs.get(relation)?.replay(after.get(relation) ?? 0, send).then(
        () => {
          this.#wakeups.all();
          if (job.domain !== null) this.#parts.barriers.primed(job.domain);
        },
        (error: unknown) => this.#parts.restarts.failed(job, error instanceof Error ? error : new Error(String(error)), false),
      );
    }
  }

  /** @param others written with them. */
  async append(parts: readonly TableRows[], others: readonly LogRecord[] = []): Promise<void> {
    const logs = parts.map(({ table, batch }) => {
      this.#runtime.ownerOf(table);
      const log = this.logs.get(table);
      if (log === undefined) throw new InternalError(`no stored table ${table}`);
      return { log, batch };
    });
    await appendTogether(this.#runtime.options.store, logs, others);
  }

  /** Everything appended before is in the domain's views afterwards; nothing is done when that is so already. */
  async flush(domain: Domain): Promise<void> {
    // An append whose record is not yet on the disk has been made before, too: whoever writes next must read it.
    await Promise.all(this.#logsOf(domain).map((log) => log.settled()));
    await this.live(domain);
    if (!domain.dirty && domain.inFlight.size === 0 && domain.waiting.length === 0) return;
    if (domain.jobs.size > 0) await this.#runtime.barrier(domain, false);
  }
  #logsOf(domain: Domain): TableLog[] {
    return [...domain.jobs.values()].filter((j) => j.state !== 'failed').flatMap((j) => j.tables.flatMap((t) => this.logs.get(t.relation) ?? []));
  }
  /** Waits while the domain restarts or replays its tables' logs. */
  async live(domain: Domain): Promise<void> {
    for (;;) {
      const logs = this.#logsOf(domain);
      if (domain.restarting) await new Promise<void>((resolve) => domain.whenRunning.push(resolve));
      else if (logs.some((l) => !l.live)) await this.#wakeups.next();
      else break;
      if (this.#runtime.closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
    }
  }
}
