import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { CheckpointBlock } from '../store/api.ts';
import type { Job } from './job.ts';
import type { JobAck } from './messages.ts';

/** Somebody waits for a barrier injected after now. */
export interface BarrierRequest {
  /** It must be a checkpoint, and durable. */
  readonly checkpoint: boolean;
  /** The first after a restore. */
  readonly primer?: boolean;
  readonly resolve: (epoch: Epoch) => void;
  readonly reject: (error: Error) => void;
}

/** One barrier under way. */
export interface Gather {
  readonly epoch: Epoch;
  readonly checkpoint: boolean;
  readonly jobs: readonly Job[];
  readonly requests: BarrierRequest[];
  /** Jobs whose scans begin at it. */
  readonly attaching: readonly Job[];
  /** Queries whose snapshots are taken at it. */
  readonly queries: readonly JobId[];
  readonly startedMs: number;
  /** Injected while everything ran: what had failed before has been overcome. */
  readonly steady: boolean;
  readonly blocks: CheckpointBlock[];
  readonly acks: Map<JobId, JobAck[]>;
  /** Positions in table logs that the barrier follows. */
  readonly tables: ReadonlyMap<ObjectId, number>;
  readonly committables: Map<JobId, Map<string, JsonValue[]>>;
  workers: number;
  /** Workers whose sinks still write; what follows is kept here. */
  preparing: number;
  acked: boolean;
  dropped: boolean;
  onPrepared: (() => void) | null;
}

/** Jobs that are connected through relations: one barrier at a time goes through all of them. */
export interface Domain {
  readonly id: number;
  readonly jobs: Map<JobId, Job>;
  readonly inFlight: Map<Epoch, Gather>;
  waiting: BarrierRequest[];
  /** To be done when no barrier is under way. */
  readonly whenQuiet: (() => void)[];
  /** Input has come since the last barrier was injected. */
  dirty: boolean;
  /** Barriers have passed since the last checkpoint. */
  unsaved: boolean;
  lastBarrierMs: number;
  lastCheckpointMs: number;
  /** Commits under way. */
  committing: number;
  restarting: boolean;
  /** Restored, but its tables' logs are not replayed yet: who waits for a barrier, or for a snapshot, goes on waiting. */
  priming: boolean;
  /** Restored, and no barrier has gone through since its logs were replayed: rows kept for readers may be older than those seen before. */
  behind: boolean;
  timer: (() => void) | null;
  readonly whenRunning: (() => void)[];
}

export function newDomain(id: number, nowMs: number): Domain {
  return { id, jobs: new Map(), inFlight: new Map(), waiting: [], whenQuiet: [], dirty: false, unsaved: false, lastBarrierMs: nowMs, lastCheckpointMs: nowMs, committing: 0, restarting: false, priming: false, behind: false, timer: null, whenRunning: [] };
}
