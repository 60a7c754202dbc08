import { InternalError } from '../common/errors.ts';
import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { Checkpoint, CheckpointBlock, CheckpointStats, JobProgress, RecoveredCheckpoint, Store } from './api.ts';
import { groupKey, type GroupKey } from './group-key.ts';

interface Group extends GroupKey {
  base: Uint8Array | null;
  deltas: Uint8Array[];
}
interface Log {
  /** Position of the first record kept. */
  first: number;
  records: Uint8Array[];
}

/** What a memory store keeps; outlives the store, as a disk outlives a process. */
export class MemoryContent {
  checkpoint: { readonly id: number; readonly epoch: Epoch } | null = null;
  readonly jobs: Map<JobId, JobProgress> = new Map();
  readonly groups: Map<string, Group> = new Map();
  readonly catalog: Map<string, JsonValue> = new Map();
  readonly logs: Map<ObjectId, Log> = new Map();
  /** Counts openings: only the newest store may touch the content. */
  owner = 0;
}

/**
 * A store without a disk, for tests and servers without a data folder. Opening `content` again stands for the restart
 * after a crash: what was acknowledged is there, and the store opened before is fenced off (its calls reject).
 */
export function memoryStore(content: MemoryContent = new MemoryContent()): Store {
  return new MemoryStore(content);
}

class MemoryStore implements Store {
  readonly #content: MemoryContent;
  readonly #owner: number;

  constructor(content: MemoryContent) {
    this.#content = content;
    this.#owner = ++content.owner;
  }
  #open(): MemoryContent {
    if (this.#content.owner !== this.#owner) throw new InternalError('this store is closed, or another has opened its content');
    return this.#content;
  }

  async recover(): Promise<RecoveredCheckpoint | null> {
    const content = this.#open();
    return content.checkpoint === null ? null : { ...content.checkpoint, jobs: [...content.jobs.values()].map((job) => structuredClone(job)) };
  }
  async commitCheckpoint(checkpoint: Checkpoint): Promise<CheckpointStats> {
    const content = this.#open();
    let bytes = 0;
    for (const block of checkpoint.blocks) {
      bytes += block.bytes.length;
      putBlock(content.groups, block);
    }
    for (const job of checkpoint.jobs) content.jobs.set(job.job, structuredClone(job));
    content.checkpoint = { id: checkpoint.id, epoch: checkpoint.epoch };
    return { bytes, syncMs: 0, commitMs: 0 };
  }
  async readState(job: JobId, stateId: string, keyGroup: number): Promise<readonly Uint8Array[]> {
    const group = this.#open().groups.get(groupKey(job, stateId, keyGroup));
    if (group === undefined) return [];
    return group.base === null ? [...group.deltas] : [group.base, ...group.deltas];
  }
  stateKeyGroups(job: JobId, stateId: string): readonly number[] {
    return [...this.#open().groups.values()].filter((g) => g.job === job && g.stateId === stateId).map((g) => g.keyGroup);
  }
  stateSizes(job: JobId): readonly { readonly stateId: string; readonly keyGroup: number; readonly baseBytes: number; readonly deltaBytes: number }[] {
    // Asked in the middle of a barrier, which must go through even when its checkpoint will be refused.
    if (this.#content.owner !== this.#owner) return [];
    return [...this.#content.groups.values()]
      .filter((g) => g.job === job)
      .map((g) => ({ stateId: g.stateId, keyGroup: g.keyGroup, baseBytes: g.base?.length ?? 0, deltaBytes: g.deltas.reduce((n, d) => n + d.length, 0) }));
  }
  async dropJob(job: JobId): Promise<void> {
    const content = this.#open();
    content.jobs.delete(job);
    for (const [key, group] of content.groups) if (group.job === job) content.groups.delete(key);
  }

  async readCatalog(): Promise<ReadonlyMap<string, JsonValue>> {
    return new Map(this.#open().catalog);
  }
  async writeCatalog(changes: ReadonlyMap<string, JsonValue | null>): Promise<void> {
    const { catalog } = this.#open();
    for (const [key, value] of changes) {
      if (value === null) catalog.delete(key);
      else catalog.set(key, structuredClone(value));
    }
  }

  async appendLogs(parts: readonly { readonly table: ObjectId; readonly record: Uint8Array }[]): Promise<readonly number[]> {
    return parts.map(({ table, record }) => this.#append(table, record));
  }
  #append(table: ObjectId, record: Uint8Array): number {
    const { logs } = this.#open();
    let log = logs.get(table);
    if (log === undefined) logs.set(table, (log = { first: 1, records: [] }));
    log.records.push(record.slice());
    return log.first + log.records.length - 1;
  }
  async *readLog(table: ObjectId, after: number): AsyncIterable<{ readonly position: number; readonly record: Uint8Array }> {
    for (let position = after + 1; ; position++) {
      const log = this.#open().logs.get(table);
      if (log === undefined) return;
      position = Math.max(position, log.first);
      const record = log.records[position - log.first];
      if (record === undefined) return;
      yield { position, record };
    }
  }
  async truncateLog(table: ObjectId, position: number): Promise<void> {
    const log = this.#open().logs.get(table);
    if (log === undefined || position < log.first) return;
    const count = Math.min(position - log.first + 1, log.records.length);
    log.records.splice(0, count);
    log.first += count;
  }
  async dropLog(table: ObjectId): Promise<void> {
    this.#open().logs.delete(table);
  }
  async close(): Promise<void> {
    if (this.#content.owner === this.#owner) this.#content.owner++;
  }
}

function putBlock(groups: Map<string, Group>, block: CheckpointBlock): void {
  const key = groupKey(block.job, block.stateId, block.keyGroup);
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, {
      job: block.job,
      stateId: block.stateId,
      keyGroup: block.keyGroup,
      base: block.base ? block.bytes : null,
      deltas: block.base ? [] : [block.bytes],
    });
  } else if (block.base) {
    group.base = block.bytes;
    group.deltas = [];
  } else {
    group.deltas.push(block.bytes);
  }
}
