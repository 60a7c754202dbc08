import type { Epoch, JobId } from '../common/ids.ts';
import type { Job } from './job.ts';

/**
 * Wakes who waits for a relation to change: its rows change with an epoch of its job, and in no other way. Epochs only grow, so
 * the next one is later than any that a waiter has seen.
 */
export class RelationEpochs {
  readonly #last = new Map<JobId, Epoch>();
  readonly #waiters = new Map<JobId, ((epoch: Epoch | null) => void)[]>();

  /** Resolves with the job's last epoch once it is later than `after`; with null when the job is stopped, or set back, before that. */
  later(job: JobId, after: Epoch): Promise<Epoch | null> {
    const last = this.#last.get(job);
    if (last !== undefined && last > after) return Promise.resolve(last);
    return new Promise((wake) => {
      const waiters = this.#waiters.get(job);
      if (waiters === undefined) this.#waiters.set(job, [wake]);
      else waiters.push(wake);
    });
  }
  /** A barrier is through. */
  completed(jobs: readonly Job[], epoch: Epoch): void {
    for (const { spec, relations } of jobs) {
      if (relations.length === 0) continue;
      this.#last.set(spec.id, epoch);
      const waiters = this.#waiters.get(spec.id) ?? [];
      this.#waiters.delete(spec.id);
      for (const wake of waiters) wake(epoch);
    }
  }
  stopped(job: JobId): void {
    this.#last.delete(job);
    const waiters = this.#waiters.get(job) ?? [];
    this.#waiters.delete(job);
    for (const wake of waiters) wake(null);
  }
  close(): void {
    for (const job of [...this.#waiters.keys()]) this.stopped(job);
  }
}
