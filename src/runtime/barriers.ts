import { epoch as toEpoch, type Epoch, type JobId, type ObjectId } from '../common/ids.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Coordinator } from './coordinator.ts';
import type { BarrierRequest, Domain, Gather } from './domain.ts';
import { wantedTurn, type Job } from './job.ts';
import type { BarrierAck } from './messages.ts';
import type { Queries } from './queries.ts';
import type { RelationEpochs } from './relation-epochs.ts';

export interface BarrierParts {
  readonly checkpoints: Checkpoints;
  readonly queries: Queries;
  /** Jobs whose first barrier is through: their inputs may flow. */
  readonly begun: (jobs: readonly JobId[]) => void;
  readonly epochs: RelationEpochs;
}

/** When barriers are due, what they carry, and what follows when all workers are through. One at a time in a domain. */
export class Barriers {
  readonly #runtime: Coordinator;
  readonly #parts: BarrierParts;
  #epoch = 0;
  /** The last one completed anywhere. */
  lastEpoch = 0;

  constructor(runtime: Coordinator, parts: BarrierParts) {
    this.#runtime = runtime;
    this.#parts = parts;
  }
  /** Epochs go on behind the checkpoint's. */
  restore(epoch: number): void {
    this.#epoch = epoch;
    this.lastEpoch = epoch;
  }

  /** Resolves when a barrier injected after now is through (and durable, when it is a checkpoint). */
  barrier(domain: Domain, checkpoint: boolean, primer = false): Promise<Epoch> {
    return new Promise((resolve, reject) => {
      domain.waiting.push({ checkpoint, primer, resolve, reject });
      this.schedule(domain);
    });
  }
  /** Injects what is due, or sets the timer for it. */
  schedule(domain: Domain): void {
    if (this.#runtime.closed || domain.restarting || !this.#runtime.domains.has(domain)) return;
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
      if (domain.committing === 0) this.#runtime.split(domain);
      return;
    }
    const { clock, epochIntervalMs, checkpointIntervalMs } = this.#runtime.options;
    const asked = domain.waiting.filter((r) => (!r.checkpoint || domain.committing === 0) && (!domain.priming || r.primer === true));
    const now = clock.monotonicMs();
    const saves = this.isSaved(domain);
    const checkpointDue = saves && domain.committing === 0 && (domain.dirty || domain.unsaved) ? domain.lastCheckpointMs + checkpointIntervalMs : Infinity;
    const barrierDue = domain.dirty ? domain.lastBarrierMs + epochIntervalMs : Infinity;
    const due = Math.min(checkpointDue, barrierDue, this.#wakeDue(domain));
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
  /** When time alone makes a difference to some operator, by the monotonic clock; not sooner than an epoch after the last barrier. */
  #wakeDue(domain: Domain): number {
    let first: bigint | null = null;
    for (const job of domain.jobs.values()) for (const ack of job.acks) {
      const wakeMicros = ack?.wakeMicros ?? null;
      if (wakeMicros !== null && (first === null || wakeMicros < first)) first = wakeMicros;
    }
    if (first === null || domain.priming) return Infinity;
    const { clock, epochIntervalMs } = this.#runtime.options;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.ceil(Number(first - clock.nowMicros()) / 1000));
    return Math.max(domain.lastBarrierMs + epochIntervalMs, clock.monotonicMs() + waitMs);
  }
  isSaved(domain: Domain): boolean {
    for (const job of domain.jobs.values()) if (job.result === null) return true;
    return false;
  }
  #inject(domain: Domain, requests: BarrierRequest[], checkpoint: boolean): void {
    const { clock } = this.#runtime.options;
    domain.timer?.();
    domain.timer = null;
    domain.waiting = domain.waiting.filter((r) => !requests.includes(r));
    const epoch = toEpoch(++this.#epoch);
    const jobs = [...domain.jobs.values()];
    const attaching = jobs.filter((j) => j.attaches.length > 0);
    const attaches = attaching.flatMap((j) => j.attaches);
    const queried = domain.priming ? [] : this.#parts.queries.attaching(domain).flat();
    attaches.push(...queried);
    const tables = new Map<ObjectId, number>();
    for (const job of jobs) for (const { relation } of job.tables) tables.set(relation, this.#runtime.tables.get(relation)?.sent ?? 0);
    const gather: Gather = {
      epoch, checkpoint, jobs, requests, attaching, queries: queried.map((a) => a.job), startedMs: clock.monotonicMs(), steady: !domain.priming, blocks: [], acks: new Map(), tables, committables: new Map(),
      workers: this.#runtime.parallelism, preparing: 0, acked: false, dropped: false, onPrepared: null,
    };
    for (const job of attaching) job.attaches = [];
    const turns = jobs.flatMap((job) => {
      const to = wantedTurn(job);
      if (job.told === to) return [];
      job.told = to;
      return [{ job: job.spec.id, to }];
    });
    domain.inFlight.set(epoch, gather);
    domain.dirty = false;
    domain.lastBarrierMs = gather.startedMs;
    if (checkpoint) domain.lastCheckpointMs = gather.startedMs;
    this.#runtime.postAll({
      kind: 'barrier', barrier: { epoch, checkpoint, nowMicros: clock.nowMicros() }, jobs: jobs.map((j) => j.spec.id), attaches, turns,
      rewrite: checkpoint ? this.#parts.checkpoints.toRewrite(jobs) : [],
    });
  }

  #find(epoch: Epoch): { readonly domain: Domain; readonly gather: Gather } | undefined {
    for (const domain of this.#runtime.domains) {
      const gather = domain.inFlight.get(epoch);
      if (gather !== undefined) return { domain, gather };
    }
    return undefined;
  }
  onAck(ack: BarrierAck): void {
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
      this.#parts.checkpoints.expect(gather);
    }
    if (--gather.workers > 0) return;
    gather.acked = true;
    domain.inFlight.delete(ack.epoch);
    this.#completed(domain, gather);
  }
  /** The data plane is through with a barrier. */
  #completed(domain: Domain, gather: Gather): void {
    this.lastEpoch = Math.max(this.lastEpoch, gather.epoch);
    this.#parts.epochs.completed(gather.jobs.filter((j) => this.#runtime.jobs.get(j.spec.id) === j), gather.epoch);
    const begun: JobId[] = [];
    const ended: Job[] = [];
    for (const job of gather.jobs) {
      if (!this.#runtime.jobs.has(job.spec.id)) continue;
      const parts = gather.acks.get(job.spec.id) ?? [];
      job.acks = parts;
      const groups = job.alignment.moved(job);
      if (groups !== null) this.#runtime.postAll({ kind: 'align', job: job.spec.id, groups });
      for (const part of parts) {
        keep(job.errors, part.errors.map((e) => ({ ...e, sequence: ++job.errorSequence })));
        keep(job.late, part.late);
      }
      if (job.state === 'starting' || job.state === 'restarting') job.state = 'running';
      if (!job.started) {
        job.started = true;
        begun.push(job.spec.id);
      }
      if (job.state === 'running' && parts.length > 0 && parts.every((p) => p.ended)) ended.push(job);
    }
    if (begun.length > 0) this.#parts.begun(begun);
    if (domain.behind && gather.steady && [...domain.jobs.values()].every((j) => gather.jobs.includes(j))) domain.behind = false;
    this.primed(domain);
    for (const job of ended) job.state = 'finished';
    if (gather.checkpoint) {
      domain.unsaved = false;
      this.#parts.checkpoints.commit(domain, gather, ended);
    } else {
      domain.unsaved = true;
      if (ended.some((j) => j.sinks.length > 0)) domain.waiting.push({ checkpoint: true, resolve: () => this.#runtime.finish(ended), reject: () => {} });
      else this.#runtime.finish(ended);
      for (const request of gather.requests) request.resolve(gather.epoch);
    }
    this.schedule(domain);
  }
  /** When all tables are where they were, everybody who waited is served. */
  primed(domain: Domain): void {
    if (!domain.priming || domain.restarting) return;
    for (const job of domain.jobs.values()) {
      if (job.state === 'restarting' || job.tables.some((t) => this.#runtime.tables.get(t.relation)?.live === false)) return;
    }
    domain.priming = false;
    this.schedule(domain);
  }
  /** Input has come. */
  touched(domain: Domain, soon: boolean): void {
    const first = !domain.dirty;
    domain.dirty = true;
    if (soon && domain.waiting.length === 0) void this.barrier(domain, false).catch(() => {});
    else if (first) this.schedule(domain);
  }
}

/** Timers can't be set for longer; then it is looked at again. */
const LONGEST_WAIT_MS = 3_600_000;

/** Records kept per job. */
const RECORDS_MAX = 1000;
function keep<T>(all: T[], more: readonly T[]): void {
  for (const record of more) all.push(record);
  if (all.length > RECORDS_MAX) all.splice(0, all.length - RECORDS_MAX);
}
