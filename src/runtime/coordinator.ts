import type { Batch } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import { epoch as toEpoch, type Epoch, type JobId, type ObjectId } from '../common/ids.ts';
import type { ErrorRecord, JobActivity, JobSpec, KeyRead, LateRecord, QueryHandle, QueryOptions, Runtime, RuntimeOptions, RuntimeRecords, RuntimeStatus, TableRows } from './api.ts';
import { Barriers } from './barriers.ts';
import { Checkpoints } from './checkpoints.ts';
import { Deployer } from './deployer.ts';
import type { Domain, Gather } from './domain.ts';
import { Domains } from './domains.ts';
import { InlineHost, type HostOptions, type WorkerHost } from './host.ts';
import { extraFromJson, newJob, restoreRecords, type Job } from './job.ts';
import { summed } from './activity.ts';
import { JobControl } from './job-control.ts';
import { Lookups } from './lookups.ts';
import type { FromWorker, ToWorker, WorkerActivity } from './messages.ts';
import { fromPlain } from './plain-error.ts';
import { Queries } from './queries.ts';
import { RelationEpochs } from './relation-epochs.ts';
import { Restarts } from './restarts.ts';
import { statusOf } from './status.ts';
import { Requests } from './requests.ts';
import { StoredTables } from './stored-tables.ts';
import type { TableLog } from './table-log.ts';
import { TableSinks } from './table-sinks.ts';
import { ThreadHost } from './thread-host.ts';
import { Wakeups } from './wakeups.ts';

/** How long a stop waits for the last checkpoint when jobs ask the world outside, milliseconds. */
const CLOSE_WAITS_MS = 30_000;

/** The jobs, their domains and barriers. Workers do the work; everything here is small messages. */
export class Coordinator implements Runtime {
  readonly options: RuntimeOptions;
  readonly parallelism: number;
  readonly jobs: Map<JobId, Job> = new Map();
  readonly domains: ReadonlySet<Domain>;
  readonly tables: ReadonlyMap<ObjectId, TableLog>;
  readonly tableSinks: TableSinks;
  readonly records: RuntimeRecords;
  readonly #host: WorkerHost;
  readonly #domains: Domains;
  readonly #barriers: Barriers;
  readonly #checkpoints: Checkpoints;
  readonly #deployer: Deployer;
  readonly #restarts: Restarts;
  readonly #queries: Queries;
  readonly #lookups: Lookups;
  readonly #control: JobControl;
  readonly #tables: StoredTables;
  readonly #wakeups: Wakeups = new Wakeups();
  readonly #epochs: RelationEpochs = new RelationEpochs();
  readonly #inspections: Requests<WorkerActivity | null> = new Requests(() => this.parallelism);
  #closed = false;

  constructor(options: RuntimeOptions) {
    this.options = options;
    this.parallelism = options.parallelism;
    this.#host = this.#makeHost();
    this.#checkpoints = new Checkpoints(this);
    this.#deployer = new Deployer(this);
    this.#restarts = new Restarts(this, this.#deployer, this.#checkpoints);
    this.#queries = new Queries(this, this.#deployer);
    this.#lookups = new Lookups(this);
    this.#domains = new Domains(this, (into, from) => this.#queries.merged(into, from));
    this.domains = this.#domains.all;
    this.#barriers = new Barriers(this, { checkpoints: this.#checkpoints, queries: this.#queries, epochs: this.#epochs, begun: (jobs) => this.#begun(jobs) });
    this.#control = new JobControl(this, { deployer: this.#deployer, domains: this.#domains, restarts: this.#restarts, wakeups: this.#wakeups });
    this.#tables = new StoredTables(this, { barriers: this.#barriers, restarts: this.#restarts }, this.#wakeups);
    this.tables = this.#tables.logs;
    this.tableSinks = new TableSinks(this, this.#tables);
    this.records = {
      errors: (): readonly ErrorRecord[] => [...this.jobs.values()].flatMap((j) => j.errors),
      late: (): readonly LateRecord[] => [...this.jobs.values()].flatMap((j) => j.late),
    };
  }
  #makeHost(): WorkerHost {
    const { parallelism, clock, workDir, print, scheduler, threads } = this.options;
    const options: HostOptions = {
      parallelism, clock, workDir, print,
      onMessage: (worker, message) => this.#onMessage(worker, message),
      onCrash: (worker, error, replaced) => this.#onCrash(worker, error, replaced),
    };
    return threads ? new ThreadHost(options) : new InlineHost(options, scheduler?.random);
  }

  // --- Towards workers

  post(worker: number, message: ToWorker): void {
    this.#host.post(worker, message);
  }
  postAll(message: ToWorker): void {
    for (let w = 0; w < this.parallelism; w++) this.#host.post(w, message);
  }

  // --- Life

  async start(jobs: readonly JobSpec[]): Promise<void> {
    await this.#host.open();
    const recovered = await this.options.store.recover();
    this.#barriers.restore(recovered?.epoch ?? 0);
    this.#checkpoints.lastId = recovered?.id ?? 0;
    const fresh: Job[] = [];
    for (const spec of jobs) {
      const job = newJob(spec, null);
      job.progress = recovered?.jobs.find((p) => p.job === spec.id) ?? null;
      this.add(job);
      if (job.progress === null && job.scans.length > 0) fresh.push(job);
    }
    const old = [...this.jobs.values()].filter((j) => !fresh.includes(j));
    for (const job of old) this.#domains.place(job, old);
    await Promise.all([...this.domains].map((domain) => this.#restarts.bringUp(domain)));
    // Jobs that were announced but never part of a checkpoint begin like new ones, in the order in which they stand on each other.
    let left = fresh;
    while (left.length > 0) {
      const ready = left.filter((job) => job.scans.every((s) => !left.some((o) => o !== job && o.relations.some((r) => r.relation === s.relation))));
      if (ready.length === 0) throw new InternalError('jobs that read each other in a circle');
      for (const job of ready) await this.#control.beginOrFail(job);
      left = left.filter((job) => !ready.includes(job));
    }
  }
  /** Makes a job known, with what its checkpoint says of it. */
  add(job: Job): void {
    this.jobs.set(job.spec.id, job);
    const extra = extraFromJson(job.progress?.extra, job.spec.id, job.tables.map((t) => t.relation));
    restoreRecords(job, extra);
    this.#tables.add(job);
  }

  async close(options?: { readonly abrupt?: boolean }): Promise<void> {
    if (this.#closed) return;
    if (options?.abrupt !== true) await this.#lastCheckpoint();
    this.#closed = true;
    const gone = new SqlError('admin_shutdown', 'the server is shutting down');
    for (const domain of this.domains) {
      domain.timer?.();
      for (const request of domain.waiting) request.reject(gone);
      for (const gather of domain.inFlight.values()) for (const request of gather.requests) request.reject(gone);
    }
    this.#lookups.fail(gone);
    this.#inspections.fail(gone);
    this.#epochs.close();
    this.#deployer.fail(gone);
    for (const job of this.jobs.values()) {
      for (const waiter of job.finished.splice(0)) waiter.reject(gone);
      for (const enumerator of job.enumerators) await enumerator.close();
    }
    this.#queries.fail(gone);
    if (options?.abrupt !== true) await this.#checkpoints.settled();
    await this.tableSinks.close();
    await this.#host.close();
    await this.#checkpoints.close();
  }
  /** Where jobs ask a system outside, and it doesn't answer, the next start goes on from the checkpoint before. */
  async #lastCheckpoint(): Promise<void> {
    const { clock, log } = this.options;
    if (![...this.jobs.values()].some((j) => j.asksOutside)) {
      await this.checkpoint().catch((error: unknown) => log('error', `no final checkpoint: ${String(error)}`));
      return;
    }
    let cancel = (): void => {};
    const late = new Promise<string>((resolve) => (cancel = clock.setTimer(CLOSE_WAITS_MS, () => resolve(`it has taken more than ${CLOSE_WAITS_MS} ms`))));
    const why = await Promise.race([this.checkpoint().then(() => null, (error: unknown) => String(error)), late]);
    cancel();
    if (why !== null) log('error', `no final checkpoint: ${why}`);
  }
  get closed(): boolean {
    return this.#closed;
  }

  // --- Jobs

  createJob(spec: JobSpec): Promise<void> {
    return this.#control.create(spec);
  }
  startJob(job: Job, checkpoint: boolean): Promise<Epoch> {
    return this.#control.start(job, checkpoint);
  }
  startDetached(job: Job): Promise<void> {
    return this.#control.startDetached(job);
  }
  pauseJob(id: JobId): Promise<void> {
    return this.#control.pause(id);
  }
  resumeJob(id: JobId): Promise<void> {
    return this.#control.resume(id);
  }
  drainJob(id: JobId): Promise<void> {
    return this.#control.drain(id);
  }
  succeedJob(oldId: JobId, spec: JobSpec, places: ReadonlyMap<string, string>): Promise<void> {
    return this.#control.succeed(oldId, spec, places);
  }
  growTable(spec: JobSpec): Promise<void> {
    return this.#control.grow(spec);
  }
  dropJobs(ids: readonly JobId[]): Promise<void> {
    return this.#control.drop(ids);
  }
  /**
   * The job that keeps a relation.
   *
   * Errors: object_not_in_prerequisite_state when the job has failed; undefined_table when there is none any more: a statement takes
   * no lock, so what it reads or writes may be dropped under it.
   */
  ownerOf(relation: ObjectId, name?: string): Job {
    for (const job of this.jobs.values()) {
      if (!job.relations.some((r) => r.relation === relation)) continue;
      if (job.state === 'failed') {
        throw new SqlError('object_not_in_prerequisite_state', `"${name ?? job.spec.name}" is not kept up to date, because its job has failed`, { detail: job.error === null ? undefined : `The error was: ${job.error.message}.` });
      }
      return job;
    }
    throw new SqlError('undefined_table', name === undefined ? `relation with OID ${relation} does not exist` : `relation "${name}" does not exist`, { detail: 'It was dropped while the statement ran.' });
  }

  split(domain: Domain): void {
    this.#domains.split(domain);
  }
  /** Resolves when a barrier injected after now is through (and durable, when it is a checkpoint). */
  barrier(domain: Domain, checkpoint: boolean, primer = false): Promise<Epoch> {
    return this.#barriers.barrier(domain, checkpoint, primer);
  }
  /** Looks again at what is due in a domain. */
  schedule(domain: Domain): void {
    this.#barriers.schedule(domain);
  }

  /** Takes a job off the workers at once; what reads it must be gone. */
  remove(job: Job): void {
    this.jobs.delete(job.spec.id);
    this.#tables.remove(job);
    this.stop(job);
    const { domain } = job;
    if (domain === null) return;
    domain.jobs.delete(job.spec.id);
    job.domain = null;
    if (domain.inFlight.size === 0 && !domain.restarting && !domain.priming && domain.committing === 0) this.split(domain);
    else {
      this.#barriers.primed(domain);
      this.schedule(domain);
    }
  }
  /** Ends a job's tasks; the job stays known. */
  stop(job: Job): void {
    this.#wakeups.all();
    this.#epochs.stopped(job.spec.id);
    this.postAll({ kind: 'undeploy', jobs: [job.spec.id] });
    for (const enumerator of job.enumerators.splice(0)) void enumerator.close().catch(() => {});
  }

  finish(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const done = (): void => {
        job.committed = true;
        for (const waiter of job.finished.splice(0)) waiter.resolve();
      };
      const pending = this.tableSinks.pending(job.spec.id);
      if (pending === null) done();
      // Rows that wait for the server's next start have not been written.
      else void pending.then(() => this.#closed || done());
    }
  }
  // --- Stored tables

  #begun(jobs: readonly JobId[]): void {
    this.postAll({ kind: 'start', jobs });
    for (const id of jobs) this.#tables.replay(this.jobs.get(id));
    this.#wakeups.all();
  }
  // --- Messages

  #onMessage(worker: number, message: FromWorker): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'deployed':
        return this.#deployer.deployed(message.job, message.attempt, message.states);
      case 'failed': {
        const job = this.jobs.get(message.job);
        if (job === undefined || job.attempt !== message.attempt) return;
        return this.onJobFailure(job, fromPlain(message.error), message.permanent);
      }
      case 'ack':
        return this.#barriers.onAck(message);
      case 'prepared':
        return this.#checkpoints.prepared(message);
      case 'active': {
        const domain = this.jobs.get(message.job)?.domain;
        if (domain != null) this.#barriers.touched(domain, message.soon);
        return;
      }
      case 'rows':
      case 'progress':
      case 'resultEnd':
        return this.#queries.onMessage(message);
      case 'found':
        return this.#lookups.found(message);
      case 'inspected':
        return this.#inspections.answered(message.request, message.activity);
      case 'log':
        return this.options.log(message.level, message.message);
      case 'print':
        return this.options.print?.(message.line, message.stderr);
    }
    throw new InternalError(`worker ${worker} sent something unknown`);
  }
  /** Every job had a part on it. */
  #onCrash(worker: number, error: Error, replaced: boolean): void {
    if (this.#closed) return;
    this.options.log('error', `worker ${worker} is gone: ${error.message}`);
    this.#lookups.fail(error);
    this.#inspections.fail(error);
    for (const job of [...this.jobs.values()]) this.onJobFailure(job, error, !replaced);
  }
  /** A barrier is lost with a domain that restarts. */
  lostSnapshots(gather: Gather): void {
    this.#queries.lost(gather.queries);
  }
  onJobFailure(job: Job, error: Error, permanent: boolean): void {
    if (this.#deployer.failed(job, error)) return;
    if (job.result !== null) this.#queries.failed(job, error);
    else if (job.state === 'starting') {
      // Nobody reads it yet: it goes, and the barrier completes without it.
      job.state = 'failed';
      job.error = error;
      this.remove(job);
    } else this.#restarts.failed(job, error, permanent);
  }

  // --- Data in and out

  query(spec: JobSpec, options: QueryOptions): QueryHandle {
    return this.#queries.open(spec, options);
  }
  async appendTable(table: ObjectId, batch: Batch): Promise<void> {
    await this.appendTables([{ table, batch }]);
  }
  appendTables(parts: readonly TableRows[]): Promise<void> {
    return this.#tables.append(parts);
  }
  lookupKeys(table: ObjectId, columns: readonly number[], keys: Batch): Promise<Uint8Array> {
    return this.#lookups.present(table, { columns, keys, output: [] });
  }
  readKeys(relation: ObjectId, read: KeyRead): Promise<Batch | null> {
    return this.#lookups.rows(relation, read);
  }
  readIndex(relation: ObjectId, read: KeyRead): Promise<readonly Batch[] | null> {
    return this.#lookups.indexed(relation, read);
  }
  forgetIndex(relation: ObjectId, columns: readonly number[]): void {
    this.postAll({ kind: 'forgetIndex', relation, columns });
  }
  async laterEpoch(relation: ObjectId, after: Epoch): Promise<Epoch | null> {
    for (const job of this.jobs.values()) if (job.relations.some((r) => r.relation === relation)) return job.state === 'failed' || this.#closed ? null : await this.#epochs.later(job.spec.id, after);
    return null;
  }
  async flush(): Promise<Epoch> {
    // A query by itself has nothing to flush, and may wait for its reader.
    await Promise.all([...this.domains].filter((d) => this.#barriers.isSaved(d)).map((domain) => this.flushDomain(domain)));
    return this.lastEpoch;
  }
  flushDomain(domain: Domain): Promise<void> {
    return this.#tables.flush(domain);
  }
  tablesLive(domain: Domain): Promise<void> {
    return this.#tables.live(domain);
  }
  async checkpoint(): Promise<void> {
    await Promise.all([...this.domains].filter((d) => this.#barriers.isSaved(d)).map((d) => this.barrier(d, true)));
  }

  get lastEpoch(): Epoch {
    return toEpoch(this.#barriers.lastEpoch);
  }
  async inspect(id: JobId): Promise<JobActivity | undefined> {
    const answers = (await this.#inspections.ask((request) => this.postAll({ kind: 'inspect', request, job: id }))).filter((a) => a !== null);
    const job = this.jobs.get(id);
    if (job === undefined || answers.length < this.parallelism) return undefined;
    const ids = new Set(answers.flatMap((a) => [...a.nodes.keys()]));
    return { plans: job.spec.plans, nodes: new Map([...ids].map((node) => [node, summed(answers.flatMap((a) => a.nodes.get(node) ?? []))])), status: { ...statusOf(job), splits: answers.flatMap((a) => a.splits) } };
  }
  status(): RuntimeStatus {
    return { parallelism: this.parallelism, lastEpoch: this.lastEpoch, lastCheckpoint: this.#checkpoints.last, jobs: [...this.jobs.values()].map(statusOf) };
  }
  awaitFinished(id: JobId): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined) return Promise.reject(new InternalError(`no job ${id}`));
    if (job.state === 'finished' && job.committed) return Promise.resolve();
    if (job.state === 'failed') return Promise.reject(job.error ?? new InternalError('a job failed'));
    return new Promise((resolve, reject) => job.finished.push({ resolve, reject }));
  }
}
