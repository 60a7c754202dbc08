import type { Coordinator } from './coordinator.ts';
import { newDomain, type Domain } from './domain.ts';
import type { Job } from './job.ts';

/** Which jobs share a domain: it grows when a job connects two, and falls apart when the connection goes. */
export class Domains {
  readonly all: Set<Domain> = new Set();
  readonly #runtime: Coordinator;
  readonly #onMerge: (into: Domain, from: Domain) => void;
  #count = 0;

  constructor(runtime: Coordinator, onMerge: (into: Domain, from: Domain) => void) {
    this.#runtime = runtime;
    this.#onMerge = onMerge;
  }

  /** The domain of a job: one with all jobs whose relations it reads, and that read its. */
  place(job: Job, among: readonly Job[]): Domain {
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
    const domain = newDomain(++this.#count, this.#runtime.options.clock.monotonicMs());
    this.all.add(domain);
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
    into.behind ||= from.behind;
    from.timer?.();
    this.#onMerge(into, from);
    this.all.delete(from);
  }
  /** After jobs have gone, what they connected falls apart. */
  split(domain: Domain): void {
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
      part.behind = domain.behind;
      for (const job of group) {
        domain.jobs.delete(job.spec.id);
        part.jobs.set(job.spec.id, job);
        job.domain = part;
      }
      this.#runtime.schedule(part);
    }
    if (domain.jobs.size > 0) return;
    domain.timer?.();
    domain.timer = null;
    this.all.delete(domain);
    for (const request of domain.waiting.splice(0)) request.resolve(this.#runtime.lastEpoch);
    for (const go of domain.whenRunning.splice(0)) go();
  }
}
