import { SqlError } from '../common/errors.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Coordinator } from './coordinator.ts';
import type { Deployer } from './deployer.ts';
import type { Domain } from './domain.ts';
import { extraFromJson, restoreRecords, type Job } from './job.ts';

/** A job that fails so often without a checkpoint in between is given up. */
const ATTEMPTS = 5;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5000;

/** What others have to mend, a connection's other end or a full disk, is tried for ever. */
const passes = (error: Error): boolean => error instanceof SqlError && (error.sqlstate.startsWith('08') || error.condition === 'disk_full');

/** Brings domains up from their last checkpoint: at the start, and when a job has failed. */
export class Restarts {
  readonly #runtime: Coordinator;
  readonly #deployer: Deployer;
  readonly #checkpoints: Checkpoints;
  /** Failures of jobs whose domain is still being brought up. */
  readonly #early = new Map<Job, { readonly attempt: number; readonly error: Error }>();

  constructor(runtime: Coordinator, deployer: Deployer, checkpoints: Checkpoints) {
    this.#runtime = runtime;
    this.#deployer = deployer;
    this.#checkpoints = checkpoints;
  }

  /** A running job's failure: its domain goes back to the last checkpoint. */
  failed(job: Job, error: Error, permanent: boolean): void {
    const { domain } = job;
    if (domain === null || job.state === 'failed') return;
    if (domain.restarting) {
      this.#early.set(job, { attempt: job.attempt, error });
      return;
    }
    void this.#restart(domain, job, error, permanent).catch((e: unknown) => this.#runtime.options.log('error', `restarting: ${String(e)}`));
  }

  async #restart(domain: Domain, culprit: Job, error: Error, permanent: boolean): Promise<void> {
    const runtime = this.#runtime;
    const { log, clock, onJobFailure } = runtime.options;
    culprit.failures++;
    const over = permanent || (culprit.progress === null && culprit.scans.length > 0) || (culprit.failures >= ATTEMPTS && !passes(error));
    log('error', `job "${culprit.spec.name}" failed${over ? '' : ' and restarts'}: ${error.message}`);
    this.#takeDown(domain, error, culprit);
    if (over) this.#giveUp(domain, culprit, error);
    onJobFailure?.(culprit.spec.id, error, !over);
    for (const job of domain.jobs.values()) job.state = 'restarting';
    this.#checkpoints.abandon(domain);
    await this.#checkpoints.settled();
    if (!over) await new Promise<void>((resolve) => clock.setTimer(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (culprit.failures - 1)), resolve));
    if (runtime.closed) return;
    await this.bringUp(domain);
  }

  /** Takes a domain's jobs off the workers, changes them, and brings them up from their last checkpoint. */
  async remade(domain: Domain, change: () => void): Promise<void> {
    this.#takeDown(domain, new SqlError('object_not_in_prerequisite_state', 'a table that is read has been altered', { hint: 'Run the statement again.' }), null);
    for (const job of domain.jobs.values()) job.state = 'restarting';
    this.#checkpoints.abandon(domain);
    await this.#checkpoints.settled();
    if (this.#runtime.closed) return;
    change();
    await this.bringUp(domain);
  }

  #takeDown(domain: Domain, error: Error, culprit: Job | null): void {
    const runtime = this.#runtime;
    domain.restarting = true;
    domain.timer?.();
    domain.timer = null;
    // Barriers under way are lost; who waits for one gets the next.
    for (const gather of domain.inFlight.values()) {
      gather.dropped = true;
      runtime.lostSnapshots(gather);
      domain.waiting.push(...gather.requests);
    }
    domain.inFlight.clear();
    for (const job of [...domain.jobs.values()]) {
      runtime.stop(job);
      // Without a checkpoint of its own it has no place to go on from: its snapshot belongs to an epoch that is lost.
      if (job.result === null && job.progress === null && job.scans.length > 0) {
        job.state = 'failed';
        job.error = error;
        job.interrupted = job !== culprit;
        runtime.remove(job);
      } else if (job.result !== null || job.state === 'starting') runtime.onJobFailure(job, culprit === null ? error : new SqlError('object_not_in_prerequisite_state', `job "${culprit.spec.name}" failed: ${error.message}`), true);
      for (const table of job.tables) runtime.tables.get(table.relation)?.pause();
    }
  }

  /** The job is over, and with it those that read it. */
  #giveUp(domain: Domain, job: Job, error: Error): void {
    if (job.state === 'failed') return;
    job.state = 'failed';
    job.error = error;
    domain.jobs.delete(job.spec.id);
    job.domain = null;
    for (const waiter of job.finished.splice(0)) waiter.reject(error);
    for (const reader of [...domain.jobs.values()]) {
      if (reader.scans.some((s) => job.relations.some((r) => r.relation === s.relation))) this.#giveUp(domain, reader, new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}", which it reads, has failed: ${error.message}`));
    }
  }

  /** Deploys all jobs of a domain on their checkpoint, and completes one barrier before any input: watermarks are then where they were. */
  async bringUp(domain: Domain): Promise<void> {
    const runtime = this.#runtime;
    domain.restarting = true;
    for (;;) {
      let current: Job | null = null;
      try {
        for (const job of [...domain.jobs.values()]) {
          if (!domain.jobs.has(job.spec.id)) continue;
          current = job;
          job.state = 'restarting';
          const extra = extraFromJson(job.progress?.extra, job.spec.id, job.tables.map((t) => t.relation));
          for (const { relation } of job.tables) runtime.tables.get(relation)?.rewind(extra.tables.get(relation) ?? 0);
          restoreRecords(job, extra);
          await this.#checkpoints.commitSinks(job);
          await this.#deployer.deploy(job, true);
        }
        for (const job of domain.jobs.values()) {
          const early = this.#early.get(job);
          this.#early.delete(job);
          if (early?.attempt !== job.attempt) continue;
          current = job;
          throw early.error;
        }
        break;
      } catch (error) {
        if (runtime.closed) return;
        for (const job of domain.jobs.values()) runtime.stop(job);
        const job = current;
        if (job === null) throw error;
        // Dropped while it was started.
        if (!domain.jobs.has(job.spec.id)) continue;
        const failure = error instanceof Error ? error : new Error(String(error));
        job.failures++;
        runtime.options.log('error', `job "${job.spec.name}" cannot be started: ${failure.message}`);
        const over = job.failures >= ATTEMPTS && !passes(failure);
        if (over) this.#giveUp(domain, job, failure);
        runtime.options.onJobFailure?.(job.spec.id, failure, !over);
        if (!over) await new Promise<void>((resolve) => runtime.options.clock.setTimer(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (job.failures - 1)), resolve));
        if (runtime.closed) return;
      }
    }
    domain.restarting = false;
    domain.priming = domain.jobs.size > 0;
    domain.behind = domain.priming;
    domain.waiting = domain.waiting.filter((r) => r.primer !== true);
    const ready = domain.jobs.size > 0 ? runtime.barrier(domain, false, true) : Promise.resolve();
    runtime.schedule(domain);
    for (const go of domain.whenRunning.splice(0)) go();
    await ready;
  }
}
