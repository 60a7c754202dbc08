import type { Batch } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import { epoch as toEpoch, type Epoch, type JobId, type ObjectId } from '../common/ids.ts';
import type { ErrorRecord, JobSpec, LateRecord, QueryHandle, QueryOptions, Runtime, RuntimeOptions, RuntimeRecords, RuntimeStatus } from './api.ts';
import { Checkpoints } from './checkpoints.ts';
import { Deployer } from './deployer.ts';
import { newDomain, type BarrierRequest, type Domain, type Gather } from './domain.ts';
import { InlineHost, type HostOptions, type WorkerHost } from './host.ts';
import { extraFromJson, newJob, type Job } from './job.ts';
import { Lookups } from './lookups.ts';
import type { Attach, BarrierAck, FromWorker, ToWorker } from './messages.ts';
import { fromPlain } from './plain-error.ts';
import { Queries } from './queries.ts';
import { Restarts } from './restarts.ts';
import { statusOf } from './status.ts';
import { TableLog } from './table-log.ts';
import { ThreadHost } from './thread-host.ts';

/** The jobs, their domains and barriers. Workers do the work; everything here is small messages. */
export class Coordinator implements Runtime {
  readonly options: RuntimeOptions;
  readonly parallelism: number;
  readonly jobs: Map<JobId, Job> = new Map();
  readonly domains: Set<Domain> = new Set();
  readonly tables: Map<ObjectId, TableLog> = new Map();
  readonly records: RuntimeRecords;
  readonly #host: WorkerHost;
  readonly #checkpoints: Checkpoints;
  readonly #deployer: Deployer;
  readonly #restarts: Restarts;
  readonly #queries: Queries;
  readonly #lookups: Lookups;
  #epoch = 0;
  #lastEpoch = 0;
  #domainCount = 0;
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
    this.#epoch = recovered?.epoch ?? 0;
    this.#lastEpoch = this.#epoch;
    this.#checkpoints.lastId = recovered?.id ?? 0;
    const fresh: Job[] = [];
    for (const spec of jobs) {
      const job = newJob(spec, null);
      job.progress = recovered?.jobs.find((p) => p.job === spec.id) ?? null;
      this.#add(job);
      if (job.progress === null && job.scans.length > 0) fresh.push(job);
    }
    const old = [...this.jobs.values()].filter((j) => !fresh.includes(j));
    for (const job of old) this.#place(job, old);
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
    job.errors = [...extra.errors];
    job.late = [...extra.late];
    for (const table of job.tables) if (!this.tables.has(table.relation)) this.tables.set(table.relation, new TableLog(table.relation, table.props.schema, this.options.store));
  }

  async close(options?: { readonly abrupt?: boolean }): Promise<void> {
    if (this.#closed) return;
    if (options?.abrupt !== true) await this.checkpoint().catch((error: unknown) => this.options.log('error', `no final checkpoint: ${String(error)}`));
    this.#closed = true;
    const gone = new SqlError('admin_shutdown', 'the server is shutting down');
    for (const domain of this.domains) {
      domain.timer?.();
      for (const request of domain.waiting) request.reject(gone);
      for (const gather of domain.inFlight.values()) for (const request of gather.requests) request.reject(gone);
    }
    this.#lookups.fail(gone);
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
  get closed(): boolean {
    return this.#closed;
  }

  // --- Jobs

  async createJob(spec: JobSpec): Promise<void> {
    const job = newJob(spec, null);
    this.#add(job);
    await this.#begin(job);
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
    const domain = this.#place(job, [...this.jobs.values()]);
    job.attaches = job.scans.map((s): Attach => ({ relation: s.relation, job: job.spec.id, scan: s.props.stateId, withSnapshot: job.withSnapshot }));
    const epoch = await this.barrier(domain, checkpoint);
    if (job.error !== null) throw job.error;
    return epoch;
  }
  /** A query whose snapshots have been taken runs as a domain of its own. */
  async startDetached(job: Job): Promise<void> {
    await this.barrier(this.#place(job, []), false);
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

  /** The domain of a job: one with all jobs whose relations it reads, and that read its. */
  #place(job: Job, among: readonly Job[]): Domain {
    const touching = new Set<Domain>();
    for (const other of among) {
      if (other === job || other.domain === null) continue;
      const linked = job.scans.some((s) => !s.snapshotOnly && other.relations.some((r) => r.relation === s.relation)) || other.scans.some((s) => !s.snapshotOnly && job.relations.some((r) => r.relation === s.relation));
      if (linked) touching.add(other.domain);
    }
    const [first, ...rest] = touching;
    const domain = first ?? this.#newDomain();
    for (const other of rest) this.#merge(domain, other);
    domain.jobs.set(job.spec.id, job);
    job.domain = domain;
    return domain;
  }
  #newDomain(): Domain {
    const domain = newDomain(++this.#domainCount, this.options.clock.monotonicMs());
    this.domains.add(domain);
    return domain;
  }
  #merge(into: Domain, from: Domain): void {
    for (const [id, job] of from.jobs) {
      into.jobs.set(id, job);
      job.domain = into;
    }
    for (const [epoch, gather] of from.inFlight) into.inFlight.set(epoch, gather);
    into.waiting.push(...from.waiting);
    into.whenQuiet.push(...from.whenQuiet);
    into.whenRunning.push(...from.whenRunning);
    into.dirty ||= from.dirty;
    into.unsaved ||= from.unsaved;
    into.committing += from.committing;
    into.priming ||= from.priming;
    from.timer?.();
    this.#queries.merged(into, from);
    this.domains.delete(from);
  }
  /** After jobs have gone, what they connected falls apart. */
  #split(domain: Domain): void {
    const left = new Set(domain.jobs.values());
    const groups: Job[][] = [];
    for (const start of left) {
      if (!left.delete(start)) continue;
      const group = [start];
      for (const job of group) {
        for (const other of left) {
          const linked = job.scans.some((s) => other.relations.some((r) => r.relation === s.relation)) || other.scans.some((s) => job.relations.some((r) => r.relation === s.relation));
          if (linked && left.delete(other)) group.push(other);
        }
      }
      groups.push(group);
    }
    for (const group of groups.slice(1)) {
      const part = this.#newDomain();
      part.dirty = domain.dirty;
      part.unsaved = domain.unsaved;
      part.priming = domain.priming;
      for (const job of group) {
        domain.jobs.delete(job.spec.id);
        part.jobs.set(job.spec.id, job);
        job.domain = part;
      }
      this.schedule(part);
    }
    if (domain.jobs.size > 0) return;
    domain.timer?.();
    domain.timer = null;
    this.domains.delete(domain);
    for (const request of domain.waiting.splice(0)) request.resolve(this.lastEpoch);
    for (const go of domain.whenRunning.splice(0)) go();
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
    if (domain.inFlight.size === 0 && !domain.restarting && !domain.priming && domain.committing === 0) this.#split(domain);
    else {
      this.#primed(domain);
      this.schedule(domain);
    }
  }
  /** Ends a job's tasks; the job stays known. */
  stop(job: Job): void {
    this.#wakeWaiters();
    this.postAll({ kind: 'undeploy', jobs: [job.spec.id] });
    for (const enumerator of job.enumerators.splice(0)) void enumerator.close().catch(() => {});
  }

  async dropJobs(ids: readonly JobId[]): Promise<void> {
    const gone = ids.flatMap((id) => this.jobs.get(id) ?? []);
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

  // --- Barriers

  /** Resolves when a barrier injected after now is through (and durable, when it is a checkpoint). */
  barrier(domain: Domain, checkpoint: boolean, primer = false): Promise<Epoch> {
    return new Promise((resolve, reject) => {
      domain.waiting.push({ checkpoint, primer, resolve, reject });
      this.schedule(domain);
    });
  }
  /** Injects what is due, or sets the timer for it. */
  schedule(domain: Domain): void {
    if (this.#closed || domain.restarting || !this.domains.has(domain)) return;
    if (domain.inFlight.size > 0) return;
    if (domain.committing === 0) {
      const quiet = domain.whenQuiet.splice(0);
      if (quiet.length > 0) {
        for (const act of quiet) act();
        void Promise.resolve().then(() => this.schedule(domain));
        return;
      }
    }
    if (domain.jobs.size === 0) {
      if (domain.committing === 0) this.#split(domain);
      return;
    }
    const { clock, epochIntervalMs, checkpointIntervalMs } = this.options;
    const asked = domain.waiting.filter((r) => (!r.checkpoint || domain.committing === 0) && (!domain.priming || r.primer === true));
    const now = clock.monotonicMs();
    const saves = this.#saved(domain);
    const checkpointDue = saves && domain.committing === 0 && (domain.dirty || domain.unsaved) ? domain.lastCheckpointMs + checkpointIntervalMs : Infinity;
    const barrierDue = domain.dirty ? domain.lastBarrierMs + epochIntervalMs : Infinity;
    const due = Math.min(checkpointDue, barrierDue);
    if (asked.length > 0 || due <= now) {
      this.#inject(domain, asked, saves && (checkpointDue <= now || asked.some((r) => r.checkpoint)));
      return;
    }
    domain.timer?.();
    domain.timer = null;
    if (due === Infinity) return;
    domain.timer = clock.setTimer(due - now, () => {
      domain.timer = null;
      this.schedule(domain);
    });
  }
  #saved(domain: Domain): boolean {
    for (const job of domain.jobs.values()) if (job.result === null) return true;
    return false;
  }
  #inject(domain: Domain, requests: BarrierRequest[], checkpoint: boolean): void {
    const { clock } = this.options;
    domain.timer?.();
    domain.timer = null;
    domain.waiting = domain.waiting.filter((r) => !requests.includes(r));
    const epoch = toEpoch(++this.#epoch);
    const jobs = [...domain.jobs.values()];
    const attaching = jobs.filter((j) => j.attaches.length > 0);
    const attaches = attaching.flatMap((j) => j.attaches);
    const queried = domain.priming ? [] : this.#queries.attaching(domain).flat();
    attaches.push(...queried);
    const tables = new Map<ObjectId, number>();
    for (const job of jobs) for (const { relation } of job.tables) tables.set(relation, this.tables.get(relation)?.sent ?? 0);
    const gather: Gather = {
      epoch, checkpoint, jobs, requests, attaching, queries: queried.map((a) => a.job), startedMs: clock.monotonicMs(), steady: !domain.priming, blocks: [], acks: new Map(), tables, committables: new Map(),
      workers: this.parallelism, preparing: 0, acked: false, dropped: false, onPrepared: null,
    };
    for (const job of attaching) job.attaches = [];
    domain.inFlight.set(epoch, gather);
    domain.dirty = false;
    domain.lastBarrierMs = gather.startedMs;
    if (checkpoint) domain.lastCheckpointMs = gather.startedMs;
    this.postAll({
      kind: 'barrier', barrier: { epoch, checkpoint, nowMicros: clock.nowMicros() }, jobs: jobs.map((j) => j.spec.id), attaches,
      rewrite: checkpoint ? this.#checkpoints.toRewrite(jobs) : [],
    });
  }

  #find(epoch: Epoch): { readonly domain: Domain; readonly gather: Gather } | undefined {
    for (const domain of this.domains) {
      const gather = domain.inFlight.get(epoch);
      if (gather !== undefined) return { domain, gather };
    }
    return undefined;
  }
  #onAck(ack: BarrierAck): void {
    const found = this.#find(ack.epoch);
    if (found === undefined) return;
    const { domain, gather } = found;
    for (const block of ack.blocks) gather.blocks.push(block);
    let writing = false;
    for (const part of ack.jobs) {
      const parts = gather.acks.get(part.job) ?? [];
      parts.push(part);
      gather.acks.set(part.job, parts);
      writing ||= part.hasSinks;
    }
    if (gather.checkpoint && writing) {
      gather.preparing++;
      this.#checkpoints.expect(gather);
    }
    if (--gather.workers > 0) return;
    gather.acked = true;
    domain.inFlight.delete(ack.epoch);
    this.#completed(domain, gather);
  }
  /** The data plane is through with a barrier. */
  #completed(domain: Domain, gather: Gather): void {
    this.#lastEpoch = Math.max(this.#lastEpoch, gather.epoch);
    const begun: JobId[] = [];
    const ended: Job[] = [];
    for (const job of gather.jobs) {
      if (!this.jobs.has(job.spec.id)) continue;
      const parts = gather.acks.get(job.spec.id) ?? [];
      job.acks = parts;
      for (const part of parts) {
        keep(job.errors, part.errors);
        keep(job.late, part.late);
      }
      if (job.state === 'starting' || job.state === 'restarting') job.state = 'running';
      if (!job.started) {
        job.started = true;
        begun.push(job.spec.id);
      }
      if (job.state === 'running' && parts.length > 0 && parts.every((p) => p.ended)) ended.push(job);
    }
    if (begun.length > 0) {
      this.postAll({ kind: 'start', jobs: begun });
      for (const id of begun) this.#replay(this.jobs.get(id));
      this.#wakeWaiters();
    }
    this.#primed(domain);
    for (const job of ended) job.state = 'finished';
    if (gather.checkpoint) {
      domain.unsaved = false;
      this.#checkpoints.commit(domain, gather, ended);
    } else {
      domain.unsaved = true;
      if (ended.some((j) => j.sinks.length > 0)) domain.waiting.push({ checkpoint: true, resolve: () => this.finish(ended), reject: () => {} });
      else this.finish(ended);
      for (const request of gather.requests) request.resolve(gather.epoch);
    }
    this.schedule(domain);
  }
  finish(jobs: readonly Job[]): void {
    for (const job of jobs) for (const waiter of job.finished.splice(0)) waiter.resolve();
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
        if (job.domain !== null) this.touched(job.domain, false);
      };
      this.tables.get(relation)?.replay(after.get(relation) ?? 0, send).then(
        () => {
          this.#wakeWaiters();
          if (job.domain !== null) this.#primed(job.domain);
        },
        (error: unknown) => this.#restarts.failed(job, error instanceof Error ? error : new Error(String(error)), false),
      );
    }
  }
  /** When all tables are where they were, everybody who waited is served. */
  #primed(domain: Domain): void {
    if (!domain.priming || domain.restarting) return;
    for (const job of domain.jobs.values()) {
      if (job.state === 'restarting' || job.tables.some((t) => this.tables.get(t.relation)?.live === false)) return;
    }
    domain.priming = false;
    this.schedule(domain);
  }
  readonly #waiters: (() => void)[] = [];
  #wakeWaiters(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
  /** Input has come. */
  touched(domain: Domain, soon: boolean): void {
    const first = !domain.dirty;
    domain.dirty = true;
    if (soon && domain.waiting.length === 0) void this.barrier(domain, false).catch(() => {});
    else if (first) this.schedule(domain);
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
        return this.#onAck(message);
      case 'prepared':
        return this.#checkpoints.prepared(message);
      case 'active': {
        const domain = this.jobs.get(message.job)?.domain;
        if (domain != null) this.touched(domain, message.soon);
        return;
      }
      case 'rows':
      case 'progress':
      case 'resultEnd':
        return this.#queries.onMessage(message);
      case 'found':
        return this.#lookups.found(message.request, message.present);
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
    for (const job of [...this.jobs.values()]) this.onJobFailure(job, error, !replaced);
  }
  /** A barrier is lost with a domain that restarts. */
  lostSnapshots(gather: Gather, error: Error): void {
    this.#queries.lost(gather.queries, error);
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
    this.ownerOf(table, this.#nameOf(table));
    const log = this.tables.get(table);
    if (log === undefined) throw new InternalError(`no stored table ${table}`);
    await log.append(batch);
  }
  #nameOf(relation: ObjectId): string {
    for (const job of this.jobs.values()) if (job.relations.some((r) => r.relation === relation)) return job.spec.name;
    return String(relation);
  }
  lookupKeys(table: ObjectId, keys: Batch): Promise<Uint8Array> {
    return this.#lookups.lookup(table, keys);
  }
  async flush(): Promise<Epoch> {
    // A query by itself has nothing to flush, and may wait for its reader.
    await Promise.all([...this.domains].filter((d) => this.#saved(d)).map((domain) => this.flushDomain(domain)));
    return this.lastEpoch;
  }
  /** Everything appended before is in the domain's views afterwards; nothing is done when that is so already. */
  async flushDomain(domain: Domain): Promise<void> {
    await this.tablesLive(domain);
    if (!domain.dirty && domain.inFlight.size === 0 && domain.waiting.length === 0) return;
    if (domain.jobs.size > 0) await this.barrier(domain, false);
  }
  /** Waits while the domain restarts or replays its tables' logs. */
  async tablesLive(domain: Domain): Promise<void> {
    for (;;) {
      const logs = [...domain.jobs.values()].filter((j) => j.state !== 'failed').flatMap((j) => j.tables.flatMap((t) => this.tables.get(t.relation) ?? []));
      if (domain.restarting) await new Promise<void>((resolve) => domain.whenRunning.push(resolve));
      else if (logs.some((l) => !l.live)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
      else break;
      if (this.#closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
    }
  }
  async checkpoint(): Promise<void> {
    await Promise.all([...this.domains].filter((d) => this.#saved(d)).map((d) => this.barrier(d, true)));
  }

  get lastEpoch(): Epoch {
    return toEpoch(this.#lastEpoch);
  }
  status(): RuntimeStatus {
    return { parallelism: this.parallelism, lastEpoch: this.lastEpoch, lastCheckpoint: this.#checkpoints.last, jobs: [...this.jobs.values()].map(statusOf) };
  }
  awaitFinished(id: JobId): Promise<void> {
    const job = this.jobs.get(id);
    if (job === undefined) return Promise.reject(new InternalError(`no job ${id}`));
    if (job.state === 'finished') return Promise.resolve();
    if (job.state === 'failed') return Promise.reject(job.error ?? new InternalError('a job failed'));
    return new Promise((resolve, reject) => job.finished.push({ resolve, reject }));
  }
}

/** Records kept per job. */
const RECORDS_MAX = 1000;
function keep<T>(all: T[], more: readonly T[]): void {
  for (const record of more) all.push(record);
  if (all.length > RECORDS_MAX) all.splice(0, all.length - RECORDS_MAX);
}
