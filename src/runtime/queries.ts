import type { Batch } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import { epoch as toEpoch, type Epoch, type JobId } from '../common/ids.ts';
import type { JobSpec, QueryHandle, QueryOptions } from './api.ts';
import type { Coordinator } from './coordinator.ts';
import type { Deployer } from './deployer.ts';
import type { Domain } from './domain.ts';
import { newJob, type Job } from './job.ts';
import type { Attach, FromWorker } from './messages.ts';
import { ResultQueue } from './query-handle.ts';

interface Open {
  readonly job: Job;
  readonly queue: ResultQueue;
  readonly options: QueryOptions;
  readonly onAbort: () => void;
  epoch: Epoch;
  closed: boolean;
  /** Its snapshot is to be taken again. */
  lost: boolean;
  /** Rows of a snapshot before it is known that its barriers have passed everywhere: a failure makes them rows that never were. */
  held: Held[] | null;
}

interface Held {
  readonly batch: Batch;
  readonly bytes: number;
}

/** Queries are jobs of their own, gone when they end. */
export class Queries {
  readonly #runtime: Coordinator;
  readonly #deployer: Deployer;
  readonly #open = new Map<JobId, Open>();
  /** Snapshots to be taken at the next barrier of a domain. */
  readonly #attaches = new Map<Domain, Attach[][]>();

  constructor(runtime: Coordinator, deployer: Deployer) {
    this.#runtime = runtime;
    this.#deployer = deployer;
  }

  open(spec: JobSpec, options: QueryOptions): QueryHandle {
    const job = newJob(spec, { mode: options.mode, bufferBytesMax: options.bufferBytesMax });
    job.withSnapshot = options.withSnapshot;
    const queue = new ResultQueue(
      (bytes) => this.#runtime.post(0, { kind: 'taken', job: spec.id, bytes }),
      () => this.#close(open),
    );
    const onAbort = (): void => this.failed(job, new SqlError('query_canceled', 'canceling statement due to user request'));
    const open: Open = { job, queue, options, onAbort, epoch: toEpoch(0), closed: false, lost: false, held: options.mode === 'snapshot' ? [] : null };
    if (options.signal.aborted) {
      queue.fail(new SqlError('query_canceled', 'canceling statement due to user request'));
      return queue;
    }
    options.signal.addEventListener('abort', onAbort, { once: true });
    this.#runtime.jobs.set(spec.id, job);
    this.#open.set(spec.id, open);
    const started = options.mode === 'snapshot' ? this.#snapshot(open) : this.#runtime.startJob(job, false);
    started.catch((error: unknown) => this.failed(job, error instanceof Error ? error : new Error(String(error))));
    return queue;
  }

  /** The relations' rows are taken at one barrier of each domain; the rest runs by itself. */
  async #snapshot(open: Open): Promise<void> {
    const { job } = open;
    await this.#deployer.deploy(job, false);
    // What a former attempt sent came before.
    open.held = [];
    const byDomain = new Map<Domain, Attach[]>();
    for (const scan of job.scans) {
      const owner = this.#runtime.ownerOf(scan.relation, scan.name);
      const { domain } = owner;
      if (domain === null) throw new SqlError('object_not_in_prerequisite_state', `"${scan.name}" is not kept up to date now`);
      const attach: Attach = { relation: scan.relation, job: job.spec.id, scan: scan.props.stateId, withSnapshot: true };
      byDomain.set(domain, [...(byDomain.get(domain) ?? []), attach]);
    }
    const epochs = await Promise.all(
      [...byDomain].map(async ([domain, attaches]) => {
        await this.#tablesRead(domain);
        if (open.closed) return toEpoch(0);
        this.#attaches.set(domain, [...(this.#attaches.get(domain) ?? []), attaches]);
        return await this.#runtime.barrier(domain, false);
      }),
    );
    if (open.closed) return;
    if (open.lost) {
      open.lost = false;
      this.#runtime.stop(job);
      await this.#snapshot(open);
      return;
    }
    open.epoch = toEpoch(epochs.reduce((max, e) => Math.max(max, e), 0));
    const held = open.held ?? [];
    open.held = null;
    for (const { batch, bytes } of held) open.queue.push({ kind: 'rows', batch, epoch: open.epoch }, bytes);
    await this.#runtime.startDetached(job);
  }
  /** While a table's log is replayed, its rows are not all there. */
  async #tablesRead(domain: Domain): Promise<void> {
    await this.#runtime.tablesLive(domain);
  }
  /** What is to be attached at a barrier that is now injected. */
  attaching(domain: Domain): readonly (readonly Attach[])[] {
    const attaches = (this.#attaches.get(domain) ?? []).filter((list) => list.some((a) => this.#open.has(a.job)));
    this.#attaches.delete(domain);
    return attaches;
  }
  /** A barrier is lost at which snapshots were taken: they are taken again. */
  lost(jobs: readonly JobId[]): void {
    for (const job of jobs) {
      const open = this.#open.get(job);
      if (open !== undefined) open.lost = true;
    }
  }
  /** Domains have become one. */
  merged(into: Domain, from: Domain): void {
    const attaches = this.attaching(from);
    if (attaches.length > 0) this.#attaches.set(into, [...(this.#attaches.get(into) ?? []), ...attaches.map((a) => [...a])]);
  }

  onMessage(message: Extract<FromWorker, { kind: 'rows' | 'progress' | 'resultEnd' }>): void {
    const open = this.#open.get(message.job);
    if (open === undefined) return;
    switch (message.kind) {
      case 'rows':
        if (open.held !== null) {
          open.held.push({ batch: message.batch, bytes: message.bytes });
          return;
        }
        open.queue.push({ kind: 'rows', batch: message.batch, epoch: message.epoch ?? open.epoch }, message.bytes);
        return;
      case 'progress':
        open.queue.push({ kind: 'progress', epoch: message.epoch }, 0);
        return;
      case 'resultEnd':
        if (open.options.analyzed === true) void this.#analyze(open).catch((error: unknown) => this.failed(open.job, error instanceof Error ? error : new Error(String(error))));
        else this.#end(open);
        return;
    }
  }
  #end(open: Open): void {
    open.queue.end();
    this.#close(open);
  }
  /** Asked while its operators are still there. */
  async #analyze(open: Open): Promise<void> {
    open.queue.activity = await this.#runtime.inspect(open.job.spec.id);
    this.#end(open);
  }
  failed(job: Job, error: Error): void {
    const open = this.#open.get(job.spec.id);
    if (open === undefined) return;
    open.queue.fail(error);
    this.#close(open);
  }
  #close(open: Open): void {
    if (open.closed) return;
    open.closed = true;
    open.options.signal.removeEventListener('abort', open.onAbort);
    this.#open.delete(open.job.spec.id);
    this.#runtime.remove(open.job);
  }
  fail(error: Error): void {
    for (const open of [...this.#open.values()]) this.failed(open.job, error);
  }
}
