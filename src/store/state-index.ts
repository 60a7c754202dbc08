import type { Epoch, JobId } from '../common/ids.ts';
import type { JobProgress } from './api.ts';
import type { BlockRef, GroupRef, ManifestRecord } from './manifest.ts';

export interface IndexedRef extends BlockRef {
  /** The record that lists it. */
  readonly sequence: number;
  readonly replaces: boolean;
}
export interface Group {
  readonly job: JobId;
  readonly stateId: string;
  readonly keyGroup: number;
  /** Oldest first. The valid ones begin at the last that `replaces`; those before serve a step back of one checkpoint. */
  refs: IndexedRef[];
}

/**
 * Where everything lies: the manifest in memory, made by applying records in order. Blocks stay listed as long as the
 * newest or the last but one checkpoint needs them; `liveBytes` counts them by segment.
 */
export class StateIndex {
  /** By job, state and key group. */
  readonly #groups = new Map<JobId, Map<string, Map<number, Group>>>();
  readonly jobs: Map<JobId, JobProgress> = new Map();
  readonly liveBytes: Map<number, number> = new Map();
  /** Where each segment ends, by the blocks listed. */
  readonly ends: Map<number, number> = new Map();
  newest: { readonly id: number; readonly epoch: Epoch; readonly sequence: number } | null = null;
  /** Groups whose list began anew since the last prune. */
  #renewed = new Set<Group>();

  apply(record: ManifestRecord, sequence: number): void {
    for (const job of record.dropped) this.drop(job);
    for (const job of record.jobs) this.jobs.set(job.job, job);
    for (const ref of record.refs) this.#add(ref, sequence);
    if (record.checkpoint) this.newest = { id: record.id, epoch: record.epoch, sequence };
  }
  #add(ref: GroupRef, sequence: number): void {
    const group = this.#make(ref.job, ref.stateId, ref.keyGroup);
    const { segment, offset, length, crc, base, replaces } = ref;
    if (replaces) this.#renewed.add(group);
    group.refs.push({ segment, offset, length, crc, base, replaces, sequence });
    this.liveBytes.set(segment, (this.liveBytes.get(segment) ?? 0) + length);
    this.ends.set(segment, Math.max(this.ends.get(segment) ?? 0, offset + length));
  }
  #make(job: JobId, stateId: string, keyGroup: number): Group {
    let states = this.#groups.get(job);
    if (states === undefined) this.#groups.set(job, (states = new Map()));
    let groups = states.get(stateId);
    if (groups === undefined) states.set(stateId, (groups = new Map()));
    let group = groups.get(keyGroup);
    if (group === undefined) groups.set(keyGroup, (group = { job, stateId, keyGroup, refs: [] }));
    return group;
  }

  /** Unlists what only checkpoints before record `sequence` need. */
  prune(sequence: number): void {
    for (const group of this.#renewed) {
      const first = group.refs.findLastIndex((ref) => ref.replaces && ref.sequence <= sequence);
      for (const ref of group.refs.splice(0, Math.max(0, first))) this.#unlist(ref);
      if (!group.refs.some((ref, i) => i > 0 && ref.replaces)) this.#renewed.delete(group);
    }
  }
  #unlist(ref: IndexedRef): void {
    this.liveBytes.set(ref.segment, (this.liveBytes.get(ref.segment) ?? 0) - ref.length);
  }
  drop(job: JobId): void {
    this.jobs.delete(job);
    for (const groups of this.#groups.get(job)?.values() ?? []) {
      for (const group of groups.values()) {
        this.#renewed.delete(group);
        for (const ref of group.refs) this.#unlist(ref);
      }
    }
    this.#groups.delete(job);
  }

  *groups(job?: JobId): Iterable<Group> {
    for (const [id, states] of this.#groups) {
      if (job !== undefined && id !== job) continue;
      for (const groups of states.values()) yield* groups.values();
    }
  }
  /** The blocks that make up a group's state now. */
  valid(job: JobId, stateId: string, keyGroup: number): readonly IndexedRef[] {
    const group = this.#groups.get(job)?.get(stateId)?.get(keyGroup);
    return group === undefined ? [] : validOf(group);
  }
  knows(job: JobId): boolean {
    return this.jobs.has(job) || this.#groups.has(job);
  }
  sizes(job: JobId): { readonly stateId: string; readonly keyGroup: number; readonly baseBytes: number; readonly deltaBytes: number }[] {
    return [...this.groups(job)].map((group) => {
      let baseBytes = 0;
      let deltaBytes = 0;
      for (const ref of validOf(group)) {
        if (ref.base) baseBytes += ref.length;
        else deltaBytes += ref.length;
      }
      return { stateId: group.stateId, keyGroup: group.keyGroup, baseBytes, deltaBytes };
    });
  }
  keyGroups(job: JobId, stateId: string): readonly number[] {
    return [...(this.#groups.get(job)?.get(stateId)?.keys() ?? [])];
  }
  /** One record that says the same as all that were applied. */
  snapshot(): ManifestRecord | null {
    if (this.newest === null) return null;
    const refs: GroupRef[] = [];
    for (const group of this.groups()) relist(group, validOf(group), refs);
    return { id: this.newest.id, epoch: this.newest.epoch, checkpoint: true, jobs: [...this.jobs.values()], dropped: [], refs };
  }
}

export function validOf(group: Group): readonly IndexedRef[] {
  const first = group.refs.findLastIndex((ref) => ref.replaces);
  return first <= 0 ? group.refs : group.refs.slice(first);
}

/** Lists a group's blocks anew, the first replacing all before. */
export function relist(group: Group, blocks: readonly BlockRef[], into: GroupRef[]): void {
  const { job, stateId, keyGroup } = group;
  blocks.forEach(({ segment, offset, length, crc, base }, i) => into.push({ job, stateId, keyGroup, segment, offset, length, crc, base, replaces: i === 0 }));
}
