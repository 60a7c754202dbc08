import { SqlError } from '../common/errors.ts';
import type { JobId } from '../common/ids.ts';
import { KEY_GROUPS, ownerOf } from '../exec/state-api.ts';
import type { Coordinator } from './coordinator.ts';
import type { Job } from './job.ts';
import { dealt, findSplits } from './splits.ts';
import type { Split } from '../connectors/api.ts';

const stopped = (job: Job): SqlError => new SqlError('object_not_in_prerequisite_state', `job "${job.spec.name}" was stopped`);

interface Waiting {
  left: number;
  readonly attempt: number;
  readonly resolve: (states: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}

/** Brings a job onto all workers: splits dealt, tasks built, state loaded. */
export class Deployer {
  readonly #runtime: Coordinator;
  readonly #waiting = new Map<JobId, Waiting>();

  constructor(runtime: Coordinator) {
    this.#runtime = runtime;
  }

  /** `recovered`: its state and scans go on from its last checkpoint. */
  async deploy(job: Job, recovered: boolean): Promise<void> {
    const runtime = this.#runtime;
    const { clock, workDir, log } = runtime.options;
    job.attempt++;
    job.started = false;
    // What begins takes its snapshot first; its first barrier says the rest.
    const suspended = recovered && job.paused;
    job.told = suspended ? 'suspended' : 'running';
    const { attempt } = job;
    const bySource: Record<string, readonly Split[]> = {};
    for (const source of job.sources) {
      const { splits, enumerator } = await findSplits(job, source, {
        parallelism: runtime.parallelism, clock, workDir, log: (level, message) => log(level, `${job.spec.name}: ${message}`),
        found: () => {},
        failed: (j, error) => runtime.onJobFailure(j, error, false),
      });
      if (job.attempt !== attempt || runtime.jobs.get(job.spec.id) !== job) {
        await enumerator.close();
        throw stopped(job);
      }
      job.enumerators.push(enumerator);
      const all = [...splits];
      bySource[source.props.stateId] = all;
      if (source.props.bounded) continue;
      enumerator.watch?.((found) => {
        const fresh = found.filter((s) => !all.some((k) => k.id === s.id));
        const from = all.length;
        all.push(...fresh);
        for (let w = 0; w < runtime.parallelism; w++) {
          const mine = fresh.filter((_, i) => (from + i) % runtime.parallelism === w);
          // The first splits of a source are news to those who get none, too.
          if (mine.length > 0 || (from === 0 && fresh.length > 0)) runtime.post(w, { kind: 'splits', job: job.spec.id, attempt, source: source.props.stateId, splits: mine });
        }
      });
    }
    const states = await new Promise<readonly string[]>((resolve, reject) => {
      this.#waiting.set(job.spec.id, { left: runtime.parallelism, attempt, resolve, reject });
      for (let w = 0; w < runtime.parallelism; w++) {
        runtime.post(w, {
          kind: 'deploy', spec: job.spec, attempt, recovered, suspended, result: job.result, watermarks: job.progress?.watermarks ?? {},
          empty: Object.entries(bySource).flatMap(([id, splits]) => (splits.length === 0 ? [id] : [])),
          splits: Object.fromEntries(Object.entries(bySource).map(([id, splits]) => [id, dealt(splits, w, runtime.parallelism)])),
        });
      }
    });
    if (runtime.jobs.get(job.spec.id) !== job) {
      // It was dropped meanwhile, perhaps before the workers had it.
      runtime.stop(job);
      throw stopped(job);
    }
    if (recovered) await this.#load(job, states);
  }
  async #load(job: Job, states: readonly string[]): Promise<void> {
    const runtime = this.#runtime;
    const { store } = runtime.options;
    for (const stateId of states) {
      for (const keyGroup of store.stateKeyGroups(job.spec.id, stateId)) {
        const blocks = await store.readState(job.spec.id, stateId, keyGroup);
        if (blocks.length > 0 && keyGroup < KEY_GROUPS) runtime.post(ownerOf(keyGroup, runtime.parallelism), { kind: 'load', job: job.spec.id, attempt: job.attempt, stateId, keyGroup, blocks });
      }
    }
  }

  deployed(job: JobId, attempt: number, states: readonly string[]): void {
    const waiting = this.#waiting.get(job);
    if (waiting === undefined || waiting.attempt !== attempt || --waiting.left > 0) return;
    this.#waiting.delete(job);
    waiting.resolve(states);
  }
  /** True when somebody waited for the deployment. */
  failed(job: Job, error: Error): boolean {
    const waiting = this.#waiting.get(job.spec.id);
    if (waiting === undefined || waiting.attempt !== job.attempt) return false;
    this.#waiting.delete(job.spec.id);
    waiting.reject(error);
    return true;
  }
  fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
