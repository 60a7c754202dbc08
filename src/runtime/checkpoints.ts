import type { ErrorRecord } from './api.ts';
import type { JobId } from '../common/ids.ts';
import type { JsonValue, SinkCommitter } from '../connectors/api.ts';
import { connectorNamed } from '../connectors/registry.ts';
import type { JobProgress } from '../store/api.ts';
import type { RuntimeStatus } from './api.ts';
import type { Coordinator } from './coordinator.ts';
import type { Domain, Gather } from './domain.ts';
import { extraFromJson, extraToJson, type Job } from './job.ts';
import type { BarrierMessage, FromWorker } from './messages.ts';

/** Deltas of a key group beyond this, and beyond its base, are worth a new base. */
const REWRITE_BYTES = 32 * 1024;
const REWRITES_PER_CHECKPOINT = 8;

/** Makes gathered barriers durable, one at a time, then tells sources and sinks. */
export class Checkpoints {
  readonly #runtime: Coordinator;
  readonly #gathers = new Map<number, { readonly gather: Gather }>();
  readonly #committers = new Map<string, SinkCommitter>();
  #tail: Promise<void> = Promise.resolve();
  lastId = 0;
  last: RuntimeStatus['lastCheckpoint'] = null;

  constructor(runtime: Coordinator) {
    this.#runtime = runtime;
  }

  toRewrite(jobs: readonly Job[]): BarrierMessage['rewrite'] {
    const found: { job: JobId; stateId: string; keyGroup: number; gain: number }[] = [];
    for (const job of jobs) {
      if (job.result !== null) continue;
      for (const { stateId, keyGroup, baseBytes, deltaBytes } of this.#runtime.options.store.stateSizes(job.spec.id)) {
        if (deltaBytes > REWRITE_BYTES && deltaBytes > baseBytes) found.push({ job: job.spec.id, stateId, keyGroup, gain: deltaBytes });
      }
    }
    found.sort((a, b) => b.gain - a.gain);
    return found.slice(0, REWRITES_PER_CHECKPOINT).map(({ job, stateId, keyGroup }) => ({ job, stateId, keyGroup }));
  }

  /** One more worker's sinks are writing. */
  expect(gather: Gather): void {
    if (!this.#gathers.has(gather.epoch)) this.#gathers.set(gather.epoch, { gather });
  }
  prepared(message: Extract<FromWorker, { kind: 'prepared' }>): void {
    const gather = this.#gathers.get(message.epoch)?.gather;
    if (gather === undefined) return;
    for (const { job, sink, value } of message.committables) {
      const sinks = gather.committables.get(job) ?? new Map<string, JsonValue[]>();
      gather.committables.set(job, sinks);
      sinks.set(sink, [...(sinks.get(sink) ?? []), value]);
    }
    if (--gather.preparing > 0) return;
    if (!gather.acked) return;
    this.#gathers.delete(message.epoch);
    gather.onPrepared?.();
  }

  /** The barrier is through on all workers. */
  commit(domain: Domain, gather: Gather, ended: readonly Job[]): void {
    domain.committing++;
    // Domains may merge or part meanwhile.
    const current = (): readonly Domain[] => [...new Set(gather.jobs.flatMap((j) => j.domain ?? []))];
    const done = (): void => {
      for (const d of this.#holding(domain, current())) {
        d.committing = Math.max(0, d.committing - 1);
        this.#runtime.schedule(d);
      }
    };
    const written = this.#write(gather);
    written.then(
      () => {
        done();
        for (const request of gather.requests) request.resolve(gather.epoch);
        this.#runtime.finish(ended);
      },
      (error: unknown) => {
        done();
        const failure = error instanceof Error ? error : new Error(String(error));
        const [home] = current();
        if (gather.dropped && home !== undefined && !this.#runtime.closed) {
          home.waiting.push(...gather.requests);
          this.#runtime.schedule(home);
          return;
        }
        for (const request of gather.requests) {
          // Who only waits for an epoch gets one after the restart.
          if (request.checkpoint || home === undefined || this.#runtime.closed) request.reject(failure);
          else home.waiting.push(request);
        }
        if (gather.dropped || this.#runtime.closed) return;
        const first = gather.jobs.find((j) => j.result === null);
        if (first !== undefined) this.#runtime.onJobFailure(first, failure, false);
      },
    );
  }
  #holding(domain: Domain, current: readonly Domain[]): readonly Domain[] {
    if (this.#runtime.domains.has(domain)) return [domain];
    const [first] = current;
    return first === undefined ? [] : [first];
  }

  async #write(gather: Gather): Promise<void> {
    if (gather.preparing > 0) await new Promise<void>((resolve) => (gather.onPrepared = resolve));
    this.#gathers.delete(gather.epoch);
    const before = this.#tail;
    let release = (): void => {};
    this.#tail = new Promise((resolve) => (release = resolve));
    try {
      await before;
      if (gather.dropped || this.#runtime.closed) throw new Error('the checkpoint was given up');
      await this.#store(gather);
    } finally {
      release();
    }
  }
  async #store(gather: Gather): Promise<void> {
    const runtime = this.#runtime;
    const { store, clock } = runtime.options;
    const jobs = gather.jobs.filter((j) => j.result === null && runtime.jobs.has(j.spec.id));
    const kept = new Set(jobs.map((j) => j.spec.id));
    for (const job of jobs) await runtime.tableSinks.stage(job, gather);
    const progress = jobs.map((job) => this.#progress(job, gather));
    const errors = jobs.map((job) => job.errors.filter((e) => e.sequence > job.errorsHanded));
    const id = ++this.lastId;
    const stats = await store.commitCheckpoint({ id, epoch: gather.epoch, blocks: gather.blocks.filter((b) => kept.has(b.job)), jobs: progress });
    this.last = { id, epoch: gather.epoch, durationMs: clock.monotonicMs() - gather.startedMs, bytes: stats.bytes, atMicros: clock.nowMicros() };
    const truncate: Promise<void>[] = [];
    for (const [i, job] of jobs.entries()) {
      const ids = job.tables.map((t) => t.relation);
      // The log reaches back to the checkpoint before, in case this one is found damaged.
      const old = extraFromJson(job.progress?.extra, job.spec.id, ids).tables;
      for (const [table, position] of old) if (position > 0) truncate.push(store.truncateLog(table, position));
      job.progress = progress[i] ?? null;
      if (gather.steady) job.failures = 0;
    }
    runtime.postAll({ kind: 'checkpointed', epoch: gather.epoch, jobs: [...kept] });
    jobs.forEach((job, i) => this.#handErrors(job, errors[i] ?? []));
    for (const job of jobs) await this.commitSinks(job);
    await Promise.all(truncate);
  }
  /** Nobody waits for it: what fails comes again with the next checkpoint. */
  #handErrors(job: Job, records: readonly ErrorRecord[]): void {
    const { onErrors, log } = this.#runtime.options;
    const last = records.at(-1);
    if (onErrors === undefined || last === undefined || job.handingErrors) return;
    job.handingErrors = true;
    const { attempt } = job;
    onErrors(job.spec.id, records, job.sources)
      .then(() => {
        if (job.attempt === attempt) job.errorsHanded = last.sequence;
      })
      .catch((error: unknown) => log('warn', `errors of job ${job.spec.id} could not be written to their table: ${String(error)}`))
      .finally(() => {
        job.handingErrors = false;
      });
  }
  #progress(job: Job, gather: Gather): JobProgress {
    const parts = gather.acks.get(job.spec.id) ?? [];
    const tables = new Map(job.tables.map((t) => [t.relation, gather.tables.get(t.relation) ?? 0]));
    return {
      job: job.spec.id,
      offsets: Object.assign({}, ...parts.map((p) => p.offsets)) as JobProgress['offsets'],
      watermarks: Object.assign({}, ...parts.map((p) => p.watermarks)) as JobProgress['watermarks'],
      committables: Object.fromEntries(gather.committables.get(job.spec.id) ?? []),
      extra: extraToJson({ tables, errors: job.errors, errorSequence: job.errorSequence, errorsHanded: job.errorsHanded, late: job.late, prepared: gather.epoch }),
    };
  }

  /** Commits what the sinks of a durable checkpoint prepared; done again after a crash. */
  async commitSinks(job: Job): Promise<void> {
    if (job.progress === null) return;
    this.#runtime.tableSinks.commit(job);
    const { prepared } = extraFromJson(job.progress.extra, job.spec.id, []);
    for (const sink of job.sinks) {
      const committables = job.progress.committables[sink.props.stateId] ?? [];
      if (committables.length > 0) await this.#committer(job, sink)?.commit(prepared, committables);
    }
  }
  #committer(job: Job, sink: Job['sinks'][number]): SinkCommitter | undefined {
    if (sink.spec.stored !== undefined) return undefined;
    const key = `${job.spec.id}/${sink.props.stateId}`;
    const known = this.#committers.get(key);
    if (known !== undefined) return known;
    const { clock, workDir, log, print } = this.#runtime.options;
    const made = connectorNamed(sink.spec.connector).sink?.committer?.(sink.spec, {
      clock, workDir, seed: job.spec.seed, log, fail: (error) => this.#runtime.onJobFailure(job, error, false), ...(print === undefined ? {} : { print }),
    });
    if (made !== undefined) this.#committers.set(key, made);
    return made;
  }

  /** A domain restarts: what its sinks were still writing is not waited for. */
  abandon(domain: Domain): void {
    for (const [epoch, { gather }] of this.#gathers) {
      if (!gather.jobs.some((j) => j.domain === domain)) continue;
      gather.dropped = true;
      this.#gathers.delete(epoch);
      gather.onPrepared?.();
    }
  }
  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#tail;
  }
  async close(): Promise<void> {
    for (const committer of this.#committers.values()) await committer.close();
  }
}
