import type { Batch } from '../common/batch/batch.ts';
import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { Barrier } from '../exec/operator.ts';
import type { JsonValue, Split } from '../connectors/api.ts';
import type { CheckpointBlock } from '../store/api.ts';
import type { ErrorRecord, JobSpec, KeyRead, LateRecord, NodeActivity, SplitStatus } from './api.ts';

/** Plain data between the coordinator and its workers, in order both ways. */
export type ToWorker =
  | Deploy
  | { readonly kind: 'load'; readonly job: JobId; readonly attempt: number; readonly stateId: string; readonly keyGroup: number; readonly blocks: readonly Uint8Array[] }
  /** Sources may be read from now on. */
  | { readonly kind: 'start'; readonly jobs: readonly JobId[] }
  | { readonly kind: 'undeploy'; readonly jobs: readonly JobId[] }
  /** They will be dropped: what they ask the world outside is no longer waited for. */
  | { readonly kind: 'abandon'; readonly jobs: readonly JobId[] }
  | BarrierMessage
  | { readonly kind: 'append'; readonly job: JobId; readonly attempt: number; readonly relation: ObjectId; readonly batch: Batch }
  /** Answered by `found`. */
  | ({ readonly kind: 'lookup'; readonly request: number; readonly relation: ObjectId; readonly by: 'key' | 'index' } & KeyRead)
  /** Frees an index that look-ups have made. */
  | { readonly kind: 'forgetIndex'; readonly relation: ObjectId; readonly columns: readonly number[] }
  /** The lowest watermark of each alignment group of a job, microseconds. */
  | { readonly kind: 'align'; readonly job: JobId; readonly groups: ReadonlyMap<string, bigint> }
  /** Answered by `inspected`. */
  | { readonly kind: 'inspect'; readonly request: number; readonly job: JobId }
  /** The reader of a query's result has taken so many bytes. */
  | { readonly kind: 'taken'; readonly job: JobId; readonly bytes: number }
  | { readonly kind: 'splits'; readonly job: JobId; readonly attempt: number; readonly source: string; readonly splits: readonly Split[] }
  /** The checkpoint of this epoch is durable. */
  | { readonly kind: 'checkpointed'; readonly epoch: Epoch; readonly jobs: readonly JobId[] }
  | { readonly kind: 'close' };

export interface Deploy {
  readonly kind: 'deploy';
  readonly spec: JobSpec;
  /** Tells apart the runs of a job that restarts. */
  readonly attempt: number;
  /** This worker's splits by source. */
  readonly splits: { readonly [source: string]: readonly Split[] };
  /** Sources that have no split yet, on no worker: nobody is ahead of them. */
  readonly empty: readonly string[];
  /** Watermarks by `source/split`, microseconds as text. */
  readonly watermarks: { readonly [split: string]: string };
  /** Scans receive changes from the start: their snapshot is part of the restored state. */
  readonly recovered: boolean;
  /** Nothing flows until a barrier says so. */
  readonly suspended: boolean;
  readonly result: ResultOptions | null;
  /** Rings of this worker, by edge and the other worker; absent in one thread. */
  readonly rings?: readonly { readonly edge: number; readonly from: number; readonly to: number; readonly memory: SharedArrayBuffer }[];
}
export interface ResultOptions {
  readonly mode: 'snapshot' | 'changes';
  readonly bufferBytesMax: number;
}
export interface BarrierMessage {
  readonly kind: 'barrier';
  readonly barrier: Barrier;
  readonly jobs: readonly JobId[];
  readonly attaches: readonly Attach[];
  /** Jobs that behave differently once it is through. */
  readonly turns: readonly Turn[];
  /** Key groups to write whole, because their changes outgrew their base. */
  readonly rewrite: readonly { readonly job: JobId; readonly stateId: string; readonly keyGroup: number }[];
}
/** `drain`: the job's inputs are taken for ended. */
export interface Turn {
  readonly job: JobId;
  readonly to: 'suspended' | 'running' | 'drained';
}
/** A scan that begins at this barrier. */
export interface Attach {
  readonly relation: ObjectId;
  readonly job: JobId;
  readonly scan: string;
  readonly withSnapshot: boolean;
}

export type FromWorker =
  | { readonly kind: 'deployed'; readonly job: JobId; readonly attempt: number; readonly states: readonly string[] }
  | { readonly kind: 'failed'; readonly job: JobId; readonly attempt: number; readonly error: PlainError; readonly permanent: boolean }
  | BarrierAck
  /** Sinks have written everything before a checkpoint's barrier. */
  | { readonly kind: 'prepared'; readonly epoch: Epoch; readonly committables: readonly { readonly job: JobId; readonly sink: string; readonly value: JsonValue }[] }
  /** Something came in since the last barrier; `soon` when its effect should not wait for the timer. */
  | { readonly kind: 'active'; readonly job: JobId; readonly soon: boolean }
  | { readonly kind: 'rows'; readonly job: JobId; readonly batch: Batch; readonly bytes: number; /** Null in a snapshot: that of its begin. */ readonly epoch: Epoch | null }
  | { readonly kind: 'progress'; readonly job: JobId; readonly epoch: Epoch }
  | { readonly kind: 'resultEnd'; readonly job: JobId }
  /** `present` is null where the relation is not kept now, or not by these columns. `batch`: the rows present, the columns asked for. */
  | { readonly kind: 'found'; readonly request: number; readonly present: Uint8Array | null; readonly batch: Batch; readonly epoch: Epoch | null }
  /** Null where the job does not run. */
  | { readonly kind: 'inspected'; readonly request: number; readonly activity: WorkerActivity | null }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly kind: 'print'; readonly line: string; readonly stderr: boolean };

/** What one worker's part of a job has done. */
export interface WorkerActivity {
  /** By `stateId`. */
  readonly nodes: ReadonlyMap<string, NodeActivity>;
  readonly splits: readonly SplitStatus[];
}
export interface BarrierAck {
  readonly kind: 'ack';
  readonly epoch: Epoch;
  readonly blocks: readonly CheckpointBlock[];
  readonly jobs: readonly JobAck[];
}
/** One job's part of one worker at a barrier. */
export interface JobAck {
  readonly job: JobId;
  /** Of a checkpoint: places by `source/split`. */
  readonly offsets: { readonly [split: string]: JsonValue };
  readonly watermarks: { readonly [split: string]: string };
  /** When some operator wants a barrier without input, microseconds since 1970 UTC. */
  readonly wakeMicros: bigint | null;
  /** Every root has had its last row. */
  readonly ended: boolean;
  readonly hasSinks: boolean;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rowsLate: number;
  readonly rowsBad: number;
  readonly stateEntries: number;
  readonly stateBytes: number;
  readonly splits: readonly SplitStatus[];
  /** Since the last barrier. */
  readonly errors: readonly ErrorRecord[];
  readonly late: readonly LateRecord[];
}

/** An error in a form that crosses threads. */
export interface PlainError {
  readonly message: string;
  readonly condition: string | null;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}
