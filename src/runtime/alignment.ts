import type { PhysicalSource } from '../planner/physical.ts';
import type { Job } from './job.ts';

/** Watches the watermarks of a job's splits at its barriers. */
export class Alignment {
  /** Group by table. */
  readonly #groups: ReadonlyMap<string, string>;
  #last = new Map<string, bigint>();
  #attempt = 0;

  constructor(sources: readonly PhysicalSource[]) {
    this.#groups = new Map(sources.flatMap((s) => (s.watermark?.alignment == null ? [] : [[s.table, s.watermark.alignment.group] as const])));
  }
  /** The lowest watermark of each group, when one has moved, or the job has restarted, since it was asked last. A split without a watermark holds back nobody. */
  moved(job: Pick<Job, 'acks' | 'attempt'>): ReadonlyMap<string, bigint> | null {
    if (this.#groups.size === 0) return null;
    const lowest = new Map<string, bigint>();
    for (const split of job.acks.flatMap((a) => a?.splits ?? [])) {
      const group = this.#groups.get(split.source);
      if (group === undefined || split.watermark === null || split.idle || split.ended) continue;
      const before = lowest.get(group);
      if (before === undefined || split.watermark < before) lowest.set(group, split.watermark);
    }
    const same = job.attempt === this.#attempt && lowest.size === this.#last.size && [...lowest].every(([group, w]) => this.#last.get(group) === w);
    this.#last = lowest;
    this.#attempt = job.attempt;
    return same ? null : lowest;
  }
}
