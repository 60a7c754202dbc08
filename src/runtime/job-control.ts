import { InternalError, SqlError } from '../common/errors.ts';
import type { Epoch, JobId } from '../common/ids.ts';
import type { JobSpec } from './api.ts';
import type { Coordinator } from './coordinator.ts';
import type { Deployer } from './deployer.ts';
import type { Domains } from './domains.ts';
import { newJob, placesOf, type Job } from './job.ts';
import type { Attach } from './messages.ts';
import type { Restarts } from './restarts.ts';
import type { Wakeups } from './wakeups.ts';

/** How often a job begins anew because another one's failure has interrupted it. */
const BEGINNINGS_MAX = 20;

/** How long a job that is dropped may still be held up by the world outside, milliseconds. */
const DROP_WAITS_MS = 1000;

export interface ControlParts {
  readonly deployer: Deployer;
  readonly domains: Domains;
  readonly restarts: Restarts;
  readonly wakeups: Wakeups;
}

/** What is done to jobs on request: they begin, pause, are replaced, grow and are dropped, each at a barrier. */
export class JobControl {
  readonly #runtime: Coordinator;
  readonly #parts: ControlParts;

  constructor(runtime: Coordinator, parts: ControlParts) {
    this.#runtime = runtime;
    this.#parts = parts;
  }

  async create(spec: JobSpec): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const job = newJob(spec, null);
      this.#runtime.add(job);
      try {
        return await this.#begin(job);
      } catch (error) {
        // Another job took their domain back to its checkpoint: this one has done nothing yet, and begins once more.
        if (!job.interrupted || this.#runtime.closed || attempt === BEGINNINGS_MAX) throw error;
      }
    }
  }
  async #begin(job: Job): Promise<void> {
    try {
      await this.start(job, true);
    } catch (error) {
      this.#runtime.remove(job);
      throw error;
    }
  }

  /** At the start of a server one job that cannot run doesn't keep the others down. */
  async beginOrFail(job: Job): Promise<void> {
    try {
      await this.#begin(job);
    } catch (error) {
      if (this.#runtime.closed) throw error;
      job.state = 'failed';
      job.error = error instanceof Error ? error : new Error(String(error));
      this.#runtime.jobs.set(job.spec.id, job);
      this.#runtime.options.onJobFailure?.(job.spec.id, job.error, false);
    }
  }

  /** Deploys a job, lets its scans begin at a barrier of its domain, and waits for that. */
  async start(job: Job, checkpoint: boolean): Promise<Epoch> {
    await this.#relationsRunning(job);
    await this.#parts.deployer.deploy(job, false);
    // Relations may have moved while it was deployed.
    await this.#relationsRunning(job);
    if (this.#runtime.jobs.get(job.spec.id) !== job) throw job.error ?? new SqlError('query_canceled', `"${job.spec.name}" was stopped`);
    const domain = this.#parts.domains.place(job, [...this.#runtime.jobs.values()]);
    const { succeeds } = job;
    if (succeeds !== null && succeeds.domain !== domain) await this.pause(succeeds.spec.id);
    // At the very barrier at which this one begins.
    else if (succeeds !== null) succeeds.paused = true;
    job.attaches = job.scans.map((s): Attach => ({ relation: s.relation, job: job.spec.id, scan: s.props.stateId, withSnapshot: job.withSnapshot }));
    const epoch = await this.#runtime.barrier(domain, checkpoint);
    if (job.error !== null) throw job.error;
    return epoch;
  }
  /** A query whose snapshots have been taken runs as a domain of its own. */
  async startDetached(job: Job): Promise<void> {
    await this.#runtime.barrier(this.#parts.domains.place(job, []), false);
  }
  /** Errors: object_not_in_prerequisite_state when a relation's job is over. */
  async #relationsRunning(job: Job): Promise<void> {
    for (;;) {
      const owners = job.scans.map((s) => this.#runtime.ownerOf(s.relation, s.name));
      const waiting = owners.find((o) => o.domain?.restarting === true || o.state === 'starting');
      if (waiting === undefined) return;
      const { domain } = waiting;
      if (domain?.restarting === true) await new Promise<void>((resolve) => domain.whenRunning.push(resolve));
      else await this.#parts.wakeups.next();
      if (this.#runtime.closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
    }
  }
  async pause(id: JobId): Promise<void> {
    try {
      await this.#turn(id, (job) => (job.paused = true), true);
    } catch (error) {
      const job = this.#runtime.jobs.get(id);
      if (job !== undefined) job.paused = false;
      throw error;
    }
  }
  async resume(id: JobId): Promise<void> {
    await this.#turn(id, (job) => (job.paused = false), false);
  }
  async drain(id: JobId): Promise<void> {
    await this.#turn(id, (job) => (job.drained = true), false);
  }
  async succeed(oldId: JobId, spec: JobSpec, places: ReadonlyMap<string, string>): Promise<void> {
    const old = this.#runtime.jobs.get(oldId);
    if (old === undefined) throw new InternalError(`no job ${oldId}`);
    const job = newJob({ ...spec, paused: true, skipsBeginning: places.size === 0 }, null);
    try {
      if (places.size > 0) {
        await this.pause(oldId);
        job.progress = placesOf(old, job, places);
      } else job.succeeds = old;
      this.#runtime.add(job);
      await this.#begin(job);
      job.succeeds = null;
    } catch (error) {
      old.paused = false;
      if (old.domain !== null) this.#runtime.barrier(old.domain, false).catch(() => {});
      throw error;
    }
  }
  async grow(spec: JobSpec): Promise<void> {
    for (;;) {
      const job = this.#runtime.jobs.get(spec.id);
      if (job === undefined || job.domain === null || job.state === 'failed') throw new SqlError('object_not_in_prerequisite_state', `the job of table "${spec.name}" does not run`);
      const { domain } = job;
      await this.#runtime.tablesLive(domain);
      // The new definition is written already: a checkpoint that fails is tried again, by a domain that has come back from it.
      const saved = await this.#runtime.barrier(domain, true).then(() => true, (error: unknown) => {
        if (this.#runtime.closed) throw error;
        return false;
      });
      if (!saved || domain.restarting || job.domain !== domain || this.#runtime.jobs.get(spec.id) !== job) continue;
      await this.#parts.restarts.remade(domain, () => {
        const grown: Job = { ...newJob(spec, null), attempt: job.attempt, progress: job.progress, domain };
        this.#runtime.jobs.set(spec.id, grown);
        domain.jobs.set(spec.id, grown);
        for (const table of grown.tables) this.#runtime.tables.get(table.relation)?.grow(table);
      });
      return await this.#runtime.tablesLive(domain);
    }
  }
  /** Jobs change at a barrier. */
  async #turn(id: JobId, change: (job: Job) => void, checkpoint: boolean): Promise<void> {
    const job = this.#runtime.jobs.get(id);
    if (job === undefined) throw new InternalError(`no job ${id}`);
    if (job.state === 'failed' || job.state === 'finished') throw new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}" has ${job.state === 'failed' ? 'failed' : 'ended'}`);
    change(job);
    if (job.domain !== null) await this.#runtime.barrier(job.domain, checkpoint);
  }

  async drop(ids: readonly JobId[]): Promise<void> {
    const gone = ids.flatMap((id) => this.#runtime.jobs.get(id) ?? []);
    // Nobody waits for long for a system outside that doesn't answer.
    const cancel = this.#runtime.options.clock.setTimer(DROP_WAITS_MS, () => this.#runtime.postAll({ kind: 'abandon', jobs: ids }));
    try {
      await this.#dropAll(gone);
    } finally {
      cancel();
    }
  }
  async #dropAll(gone: readonly Job[]): Promise<void> {
    // What a sink was given before is still committed.
    for (const job of gone) if (job.sinks.length > 0 && job.domain !== null && job.state === 'running') await this.#runtime.barrier(job.domain, true).catch(() => {});
    for (const job of gone) {
      await this.#quiet(job);
      const tables = job.tables.map((t) => t.relation);
      this.#runtime.remove(job);
      for (const waiter of job.finished.splice(0)) waiter.reject(new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}" has been dropped`));
      await this.#runtime.tableSinks.drop(job);
      await this.#runtime.options.store.dropJob(job.spec.id);
      for (const table of tables) await this.#runtime.options.store.dropLog(table);
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
}
