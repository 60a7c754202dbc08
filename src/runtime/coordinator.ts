import type { Batch } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import { epoch as toEpoch, type Epoch, type JobId, type ObjectId } from '../common/ids.ts';
import type { ErrorRecord, JobActivity, JobSpec, KeyRead, LateRecord, QueryHandle, QueryOptions, Runtime, RuntimeOptions, RuntimeRecords, RuntimeStatus } from './api.ts';
import { Barriers } from './barriers.ts';
import { Checkpoints } from './checkpoints.ts';
import { Deployer } from './deployer.ts';
import type { Domain, Gather } from './domain.ts';
import { Domains } from './domains.ts';
import { InlineHost, type HostOptions, type WorkerHost } from './host.ts';
import { extraFromJson, newJob, placesOf, restoreRecords, type Job } from './job.ts';
import { summed } from './activity.ts';
import { Lookups } from './lookups.ts';
import type { Attach, FromWorker, ToWorker, WorkerActivity } from './messages.ts';
import { fromPlain } from './plain-error.ts';
import { Queries } from './queries.ts';
import { RelationEpochs } from './relation-epochs.ts';
import { Restarts } from './restarts.ts';
import { statusOf } from './status.ts';
import { Requests } from './requests.ts';
import { appendTogether, TableLog } from './table-log.ts';
import { ThreadHost } from './thread-host.ts';

/** How often a job begins anew because another one's failure has interrupted it. */
const BEGINNINGS_MAX = 20;

/** How long a job that is dropped may still be held up by the world outside, milliseconds. */
const DROP_WAITS_MS = 1000;

/** How long a stop waits for the last checkpoint when jobs ask the world outside, milliseconds. */
const CLOSE_WAITS_MS = 30_000;

/** The jobs, their domains and barriers. Workers do the work; everything here is small messages. */
export class Coordinator implements Runtime {
  readonly options: RuntimeOptions;
  readonly parallelism: number;
  readonly jobs: Map<JobId, Job> = new Map();
  readonly domains: ReadonlySet<Domain>;
  readonly tables: Map<ObjectId, TableLog> = new Map();
  readonly records: RuntimeRecords;
  readonly #host: WorkerHost;
  readonly #domains: Domains;
  readonly #barriers: Barriers;
  readonly #checkpoints: Checkpoints;
  readonly #deployer: Deployer;
  readonly #restarts: Restarts;
  readonly #queries: Queries;
  readonly #lookups: Lookups;
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
      this.#add(job);
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
      for (const job of ready) await this.#beginOrFail(job);
      left = left.filter((job) => !ready.includes(job));
    }
  }
  #add(job: Job): void {
    this.jobs.set(job.spec.id, job);
    const extra = extraFromJson(job.progress?.extra, job.spec.id, job.tables.map((t) => t.relation));
    restoreRecords(job, extra);
    for (const table of job.tables) if (!this.tables.has(table.relation)) this.tables.set(table.relation, new TableLog(table, this.options.store));
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

  async createJob(spec: JobSpec): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const job = newJob(spec, null);
      this.#add(job);
      try {
        return await this.#begin(job);
      } catch (error) {
        // Another job took their domain back to its checkpoint: this one has done nothing yet, and begins once more.
        if (!job.interrupted || this.#closed || attempt === BEGINNINGS_MAX) throw error;
      }
    }
  }
  async #begin(job: Job): Promise<void> {
    try {
      await this.startJob(job, true);
    } catch (error) {
      this.remove(job);
      throw error;
    }
  }

  /** At the start of a server one job that cannot run doesn't keep the others down. */
  async #beginOrFail(job: Job): Promise<void> {
    try {
      await this.#begin(job);
    } catch (error) {
      if (this.#closed) throw error;
      job.state = 'failed';
      job.error = error instanceof Error ? error : new Error(String(error));
      this.jobs.set(job.spec.id, job);
      this.options.onJobFailure?.(job.spec.id, job.error, false);
    }
  }

  /** Deploys a job, lets its scans begin at a barrier of its domain, and waits for that. */
  async startJob(job: Job, checkpoint: boolean): Promise<Epoch> {
    await this.#relationsRunning(job);
    await this.#deployer.deploy(job, false);
    // Relations may have moved while it was deployed.
    await this.#relationsRunning(job);
    if (this.jobs.get(job.spec.id) !== job) throw job.error ?? new SqlError('query_canceled', `"${job.spec.name}" was stopped`);
    const domain = this.#domains.place(job, [...this.jobs.values()]);
    const { succeeds } = job;
    if (succeeds !== null && succeeds.domain !== domain) await this.pauseJob(succeeds.spec.id);
    // At the very barrier at which this one begins.
    else if (succeeds !== null) succeeds.paused = true;
    job.attaches = job.scans.map((s): Attach => ({ relation: s.relation, job: job.spec.id, scan: s.props.stateId, withSnapshot: job.withSnapshot }));
    const epoch = await this.barrier(domain, checkpoint);
    if (job.error !== null) throw job.error;
    return epoch;
  }
  /** A query whose snapshots have been taken runs as a domain of its own. */
  async startDetached(job: Job): Promise<void> {
    await this.barrier(this.#domains.place(job, []), false);
  }
  /** Errors: object_not_in_prerequisite_state when a relation's job is over. */
  async #relationsRunning(job: Job): Promise<void> {
    for (;;) {
      const owners = job.scans.map((s) => this.ownerOf(s.relation, s.name));
      const waiting = owners.find((o) => o.domain?.restarting === true || o.state === 'starting');
      if (waiting === undefined) return;
      await new Promise<void>((resolve) => {
        if (waiting.domain?.restarting === true) waiting.domain.whenRunning.push(resolve);
        else this.#waiters.push(resolve);
      });
      if (this.#closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
    }
  }
  ownerOf(relation: ObjectId, name: string): Job {
    for (const job of this.jobs.values()) {
      if (!job.relations.some((r) => r.relation === relation)) continue;
      if (job.state === 'failed') {
        throw new SqlError('object_not_in_prerequisite_state', `"${name}" is not kept up to date, because its job has failed`, { detail: job.error === null ? undefined : `The error was: ${job.error.message}.` });
      }
      return job;
    }
    throw new InternalError(`no job keeps relation ${relation}`);
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
    for (const table of job.tables) {
      this.tables.get(table.relation)?.pause();
      this.tables.delete(table.relation);
    }
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
    this.#wakeWaiters();
    this.#epochs.stopped(job.spec.id);
    this.postAll({ kind: 'undeploy', jobs: [job.spec.id] });
    for (const enumerator of job.enumerators.splice(0)) void enumerator.close().catch(() => {});
  }

  async pauseJob(id: JobId): Promise<void> {
    try {
      await this.#turn(id, (job) => (job.paused = true), true);
    } catch (error) {
      const job = this.jobs.get(id);
      if (job !== undefined) job.paused = false;
      throw error;
    }
  }
  async resumeJob(id: JobId): Promise<void> {
    await this.#turn(id, (job) => (job.paused = false), false);
  }
  async drainJob(id: JobId): Promise<void> {
    await this.#turn(id, (job) => (job.drained = true), false);
  }
  async succeedJob(oldId: JobId, spec: JobSpec, places: ReadonlyMap<string, string>): Promise<void> {
    const old = this.jobs.get(oldId);
    if (old === undefined) throw new InternalError(`no job ${oldId}`);
    const job = newJob({ ...spec, paused: true, skipsBeginning: places.size === 0 }, null);
    try {
      if (places.size > 0) {
        await this.pauseJob(oldId);
        job.progress = placesOf(old, job, places);
      } else job.succeeds = old;
      this.#add(job);
      await this.#begin(job);
      job.succeeds = null;
    } catch (error) {
      old.paused = false;
      if (old.domain !== null) this.barrier(old.domain, false).catch(() => {});
      throw error;
    }
  }
  async growTable(spec: JobSpec): Promise<void> {
    for (;;) {
      const job = this.jobs.get(spec.id);
      if (job === undefined || job.domain === null || job.state === 'failed') throw new SqlError('object_not_in_prerequisite_state', `the job of table "${spec.name}" does not run`);
      const { domain } = job;
      await this.tablesLive(domain);
      await this.barrier(domain, true);
      if (domain.restarting || job.domain !== domain || this.jobs.get(spec.id) !== job) continue;
      await this.#restarts.remade(domain, () => {
        const grown: Job = { ...newJob(spec, null), attempt: job.attempt, progress: job.progress, domain };
        this.jobs.set(spec.id, grown);
        domain.jobs.set(spec.id, grown);
        for (const table of grown.tables) this.tables.get(table.relation)?.grow(table);
      });
      return await this.tablesLive(domain);
    }
  }
  /** Jobs change at a barrier. */
  async #turn(id: JobId, change: (job: Job) => void, checkpoint: boolean): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined) throw new InternalError(`no job ${id}`);
    if (job.state === 'failed' || job.state === 'finished') throw new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}" has ${job.state === 'failed' ? 'failed' : 'ended'}`);
    change(job);
    if (job.domain !== null) await this.barrier(job.domain, checkpoint);
  }

  async dropJobs(ids: readonly JobId[]): Promise<void> {
    const gone = ids.flatMap((id) => this.jobs.get(id) ?? []);
    // Nobody waits for long for a system outside that doesn't answer.
    const cancel = this.options.clock.setTimer(DROP_WAITS_MS, () => this.postAll({ kind: 'abandon', jobs: ids }));
    try {
      await this.#dropJobs(gone);
    } finally {
      cancel();
    }
  }
  async #dropJobs(gone: readonly Job[]): Promise<void> {
    // What a sink was given before is still committed.
    for (const job of gone) if (job.sinks.length > 0 && job.domain !== null && job.state === 'running') await this.barrier(job.domain, true).catch(() => {});
    for (const job of gone) {
      await this.#quiet(job);
      const tables = job.tables.map((t) => t.relation);
      this.remove(job);
      for (const waiter of job.finished.splice(0)) waiter.reject(new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}" has been dropped`));
      await this.options.store.dropJob(job.spec.id);
      for (const table of tables) await this.options.store.dropLog(table);
    }
  }
  /** Waits until no barrier and no commit of the job's domain is under way. */
  async #quiet(job: Job): Promise<void> {
    for (;;) {
      const { domain } = job;
      if (domain === null || (domain.inFlight.size === 0 && domain.committing === 0)) return;
      await new Promise<void>((resolve) => domain.whenQuiet.push(resolve));
    }
  }

  finish(jobs: readonly Job[]): void {
    for (const job of jobs) {
      job.committed = true;
      for (const waiter of job.finished.splice(0)) waiter.resolve();
    }
  }
  // --- Stored tables

  #begun(jobs: readonly JobId[]): void {
    this.postAll({ kind: 'start', jobs });
    for (const id of jobs) this.#replay(this.jobs.get(id));
    this.#wakeWaiters();
  }
  #replay(job: Job | undefined): void {
    if (job === undefined) return;
    const after = extraFromJson(job.progress?.extra, job.spec.id, job.tables.map((t) => t.relation)).tables;
    for (const { relation } of job.tables) {
      const { attempt } = job;
      const worker = relation % this.parallelism;
      const send = (batch: Batch): void => {
        this.post(worker, { kind: 'append', job: job.spec.id, attempt, relation, batch });
        // Only now: a barrier that this brings about says in its checkpoint that the rows are in.
        if (job.domain !== null) this.#barriers.touched(job.domain, false);
      };
      this.tables.get(relation)?.replay(after.get(relation) ?? 0, send).then(
        () => {
          this.#wakeWaiters();
          if (job.domain !== null) this.#barriers.primed(job.domain);
        },
        (error: unknown) => this.#restarts.failed(job, error instanceof Error ? error : new Error(String(error)), false),
      );
    }
  }
  readonly #waiters: (() => void)[] = [];
  #wakeWaiters(): void {
    for (const wake of this.#waiters.splice(0)) wake();
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
  async appendTables(parts: readonly { readonly table: ObjectId; readonly batch: Batch }[]): Promise<void> {
    const logs = parts.map(({ table, batch }) => {
      this.ownerOf(table, this.#nameOf(table));
      const log = this.tables.get(table);
      if (log === undefined) throw new InternalError(`no stored table ${table}`);
      return { log, batch };
    });
    await appendTogether(this.options.store, logs);
  }
  #nameOf(relation: ObjectId): string {
    for (const job of this.jobs.values()) if (job.relations.some((r) => r.relation === relation)) return job.spec.name;
    return String(relation);
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
  /** Everything appended before is in the domain's views afterwards; nothing is done when that is so already. */
  async flushDomain(domain: Domain): Promise<void> {
    // An append whose record is not yet on the disk has been made before, too: whoever writes next must read it.
    await Promise.all(this.#logsOf(domain).map((log) => log.settled()));
    await this.tablesLive(domain);
    if (!domain.dirty && domain.inFlight.size === 0 && domain.waiting.length === 0) return;
    if (domain.jobs.size > 0) await this.barrier(domain, false);
  }
  #logsOf(domain: Domain): TableLog[] {
    return [...domain.jobs.values()].filter((j) => j.state !== 'failed').flatMap((j) => j.tables.flatMap((t) => this.tables.get(t.relation) ?? []));
  }
  /** Waits while the domain restarts or replays its tables' logs. */
  async tablesLive(domain: Domain): Promise<void> {
    for (;;) {
      const logs = this.#logsOf(domain);
      if (domain.restarting) await new Promise<void>((resolve) => domain.whenRunning.push(resolve));
      else if (logs.some((l) => !l.live)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
      else break;
      if (this.#closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
    }
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
