import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';

/**
 * What is durable: the catalog, checkpoints (segments committed by one LevelDB batch) and the logs of stored tables.
 * One owner per data directory. All writes resolve when they are on the disk.
 */
export interface Store {
  /** The newest checkpoint whose segments verify, or null. Steps back one on damage. */
  recover(): Promise<RecoveredCheckpoint | null>;
  /** Appends blocks to a segment, syncs it, then commits the manifest in one synchronous batch. One at a time. */
  commitCheckpoint(checkpoint: Checkpoint): Promise<CheckpointStats>;
  /** The base and deltas of a state's key group, oldest first, as of the recovered or last committed checkpoint. */
  readState(job: JobId, stateId: string, keyGroup: number): Promise<readonly Uint8Array[]>;
  /** Key groups that hold something for a state. */
  stateKeyGroups(job: JobId, stateId: string): readonly number[];
  /** Total bytes of base and of deltas by state: tells whose base is worth rewriting. */
  stateSizes(job: JobId): readonly { readonly stateId: string; readonly keyGroup: number; readonly baseBytes: number; readonly deltaBytes: number }[];
  /** Forgets all of a job's state and offsets (with the next checkpoint's garbage collection). */
  dropJob(job: JobId): Promise<void>;

  /** All catalog entries: key to JSON. */
  readCatalog(): Promise<ReadonlyMap<string, JsonValue>>;
  /** One atomic, durable change; null deletes. */
  writeCatalog(changes: ReadonlyMap<string, JsonValue | null>): Promise<void>;

  /**
   * Appends a record to the log of each of these tables; resolves with the positions when all are durable (group commit). Records
   * of several logs count together or not at all, whatever happens. A table's records are in the order of the calls.
   */
  appendLogs(parts: readonly { readonly table: ObjectId; readonly record: Uint8Array }[]): Promise<readonly number[]>;
  /** Records behind `after` (exclusive), in order; 0 is the beginning. A torn tail is cut off; positions of records that don't count are left out. */
  readLog(table: ObjectId, after: number): AsyncIterable<{ readonly position: number; readonly record: Uint8Array }>;
  /** Frees the log up to `position` (inclusive), after a checkpoint holds it. */
  truncateLog(table: ObjectId, position: number): Promise<void>;
  dropLog(table: ObjectId): Promise<void>;

  close(): Promise<void>;
}

/** Changes of one state's key group since the previous checkpoint; `base` replaces everything before. */
export interface CheckpointBlock {
  readonly job: JobId;
  readonly stateId: string;
  readonly keyGroup: number;
  readonly base: boolean;
  readonly bytes: Uint8Array;
}

/** Small facts of one job at the checkpoint. */
export interface JobProgress {
  readonly job: JobId;
  /** Source positions by `source state id / split id`. */
  readonly offsets: { readonly [split: string]: JsonValue };
  /** Watermarks by source state id / split id, microseconds as text. */
  readonly watermarks: { readonly [split: string]: string };
  /** Sink committables by sink state id, to be committed once the checkpoint is durable. */
  readonly committables: { readonly [sink: string]: readonly JsonValue[] };
  /** Anything else an operator or the coordinator keeps: finished inputs, counters. */
  readonly extra: JsonValue;
}

export interface Checkpoint {
  readonly id: number;
  readonly epoch: Epoch;
  readonly blocks: readonly CheckpointBlock[];
  /** The jobs this checkpoint covers; others keep their last. */
  readonly jobs: readonly JobProgress[];
}

export interface RecoveredCheckpoint {
  readonly id: number;
  readonly epoch: Epoch;
  readonly jobs: readonly JobProgress[];
}

export interface CheckpointStats {
  readonly bytes: number;
  readonly syncMs: number;
  readonly commitMs: number;
}

/** The file operations a store needs; a simulated disk with torn writes stands in for it in tests. */
export interface Disk {
  mkdir(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Opens for appending, creating it; `truncateTo` cuts a torn tail first. */
  openAppend(path: string, truncateTo?: number): Promise<DiskFile>;
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
  size(path: string): Promise<number>;
  remove(path: string): Promise<void>;
  /** Makes names in a directory durable. */
  syncDir(path: string): Promise<void>;
}
export interface DiskFile {
  readonly size: number;
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Data reaches the medium. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The ordered key-value store below: LevelDB, or a map in simulation. */
export interface KeyValue {
  get(key: string): Promise<Uint8Array | undefined>;
  entries(prefix: string): AsyncIterable<readonly [string, Uint8Array]>;
  /** Atomic and durable. */
  batch(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void>;
  close(): Promise<void>;
}
