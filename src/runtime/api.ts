import type { Batch, Schema } from '../common/batch/batch.ts';
import type { Clock } from '../common/clock.ts';
import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { PhysicalPlan, PhysicalSource } from '../planner/physical.ts';
import type { Store } from '../store/api.ts';

/**
 * The runtime runs jobs: it cuts plans into fragments, places tasks on workers, injects barriers, gathers checkpoints
 * and recovers. It knows plans and state, never SQL text, sessions or the catalog.
 */
export interface Runtime {
  /** Opens workers and restores `jobs` from the store's newest checkpoint, replaying table logs behind it. */
  start(jobs: readonly JobSpec[]): Promise<void>;

  /**
   * Starts a job at the next barrier of its domain (domains that it connects are merged). Resolves once the epoch that
   * holds its table scans' snapshots has completed: a view over tables is then up to date. The job is part of the next
   * checkpoint; `createJob` forces one, so that a job survives a crash as soon as it is acknowledged.
   */
  createJob(spec: JobSpec): Promise<void>;
  /**
   * A job in the place of another, cut over at one checkpoint: what comes before it is the old one's, what comes after it the
   * new one's. Both are paused when it resolves: whoever called resumes one and drops the other.
   * @param places the new job's sources that begin where a source of the old one stands, by `stateId`. Without any, the scans of the
   * new one begin at that checkpoint, without writing what comes of the rows that are there.
   */
  succeedJob(old: JobId, spec: JobSpec, places: ReadonlyMap<string, string>): Promise<void>;
  /**
   * A stored table's job with more columns at the end (`added`), in the place of the one that runs. Its domain goes on from a checkpoint
   * made for it; continuous queries in it end with an error. The caller sees to it that nobody appends meanwhile.
   */
  growTable(spec: JobSpec): Promise<void>;
  /** Stops jobs at a barrier and frees their state; consumers must be gone or among them. */
  dropJobs(ids: readonly JobId[]): Promise<void>;

  /**
   * Pauses a job at a checkpoint: its sources are not read any further, its state stays, its relation shows the rows of that
   * epoch, and what the relations it reads go through meanwhile is kept for it. Harmless when it is paused already.
   */
  pauseJob(id: JobId): Promise<void>;
  /** Lets a paused job go on; resolves with the epoch at which it does. */
  resumeJob(id: JobId): Promise<void>;
  /** Treats the job's inputs as ended: the watermark goes to its end, windows fire, and the job finishes (`awaitFinished`). */
  drainJob(id: JobId): Promise<void>;

  /** A bounded or continuous query whose root is `result`. Nothing of it is kept in checkpoints. */
  query(spec: JobSpec, options: QueryOptions): QueryHandle;

  /**
   * Writes to a stored table, in order of the calls: durable in the table's log when resolved, in all views after the
   * next `flush`. The caller serialises writers of one table that depend on what they read.
   */
  appendTable(table: ObjectId, batch: Batch): Promise<void>;
  /** The same for several tables in one step: all of it or nothing, for every reader and after a crash. */
  appendTables(parts: readonly TableRows[]): Promise<void>;
  /** By primary key (`columns`: those of the table that `keys` holds), counting everything appended before: for each key 1 when present. */
  lookupKeys(table: ObjectId, columns: readonly number[], keys: Batch): Promise<Uint8Array>;
  /**
   * The rows with these keys in a stored table or view as of its last epoch; null where that is not to be had at once,
   * and a query has to ask: `columns` are not the relation's key, or the keys lie on several workers.
   */
  readKeys(relation: ObjectId, read: KeyRead): Promise<Batch | null>;
  /**
   * The rows of the last epoch with these values in any columns, and perhaps others (compare them), found through an index that the
   * first call makes; null where that is not to be had at once, and a query has to ask.
   */
  readIndex(relation: ObjectId, read: KeyRead): Promise<readonly Batch[] | null>;
  /** Frees what `readIndex` has made for these columns. */
  forgetIndex(relation: ObjectId, columns: readonly number[]): void;
  /**
   * Resolves with the last epoch of the job that keeps a relation, once it is later than `after`: only then can its rows be others. Null
   * when the job is stopped or set back before that, or there is none.
   */
  laterEpoch(relation: ObjectId, after: Epoch): Promise<Epoch | null>;
  /** Completes an epoch now in every domain; afterwards all that was appended before is visible. */
  flush(): Promise<Epoch>;
  /** Makes a checkpoint of every domain now and waits until it is durable. */
  checkpoint(): Promise<void>;

  status(): RuntimeStatus;
  /** What a job's operators have done since it was started or last restarted. Undefined: it does not run. */
  inspect(job: JobId): Promise<JobActivity | undefined>;
  /** Resolves when all bounded sources of the job have ended and its epoch has completed. */
  awaitFinished(job: JobId): Promise<void>;
  /** Stops cleanly after a final checkpoint (unless `abrupt`: as a crash would). */
  close(options?: { readonly abrupt?: boolean }): Promise<void>;
}

export interface TableRows {
  readonly table: ObjectId;
  readonly batch: Batch;
}

export interface KeyRead {
  /** The relation's columns that `keys` holds, in that order. */
  readonly columns: readonly number[];
  readonly keys: Batch;
  /** The relation's columns that are wanted. */
  readonly output: readonly number[];
}

export interface JobSpec {
  readonly id: JobId;
  readonly name: string;
  /** Roots: `materialize` or `sink`, several for a statement set; or one `result` for a query. */
  readonly plans: readonly PhysicalPlan[];
  /** IANA zone, captured at job start. */
  readonly timeZone: string;
  /** What a refused row does: reported in the error view, silent, or fails the job. */
  readonly errorPolicy: 'log' | 'ignore' | 'fail';
  /** It does nothing beyond its beginning until it is resumed. */
  readonly paused?: boolean;
  /** What comes of the rows that are there at its beginning is not written to its sinks; only changes after it. */
  readonly skipsBeginning?: boolean;
  readonly seed: number;
  /** Column names, types of the root for the error views and results. */
  readonly schema: Schema;
}

export interface QueryOptions {
  readonly signal: AbortSignal;
  /** Ends when the snapshot and all bounded inputs are through; else goes on with changes. */
  readonly mode: 'snapshot' | 'changes';
  /** In mode `changes`: leave out the initial rows. */
  readonly withSnapshot: boolean;
  /** Its activity is asked for in the end. */
  readonly analyzed?: boolean;
  /** Bytes held for a slow reader: a snapshot waits, a subscription fails with configuration_limit_exceeded. */
  readonly bufferBytesMax: number;
}

/** Pull-based; closing early stops the query. */
export interface QueryHandle {
  /** The next piece; null at the end; throws the query's SqlError. */
  next(): Promise<QueryChunk | null>;
  /** What its operators have done, of an analyzed query that has ended. */
  readonly activity: JobActivity | undefined;
  close(): Promise<void>;
}
export type QueryChunk =
  | { readonly kind: 'rows'; readonly batch: Batch; readonly epoch: Epoch }
  /** Everything of the epochs up to this one has been delivered. */
  | { readonly kind: 'progress'; readonly epoch: Epoch };

export interface RuntimeOptions {
  readonly parallelism: number;
  /** False: all workers run in this thread under `scheduler`, for tests and simulation. */
  readonly threads: boolean;
  readonly clock: Clock;
  readonly store: Store;
  /** Milliseconds between barriers. Default 100. */
  readonly epochIntervalMs: number;
  /** Milliseconds between checkpoints. Default 1000. */
  readonly checkpointIntervalMs: number;
  readonly workDir: string;
  /** With `threads: false`: makes every choice of what runs next and how much is read, uniform in [0, 1). For simulations. */
  readonly scheduler?: { readonly random: () => number };
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Where the `print` connector writes. */
  readonly print?: (line: string, stderr: boolean) => void;
  /**
   * Records of a job's errors that a checkpoint has made durable, oldest first. Until the promise resolves they are handed over
   * again, after a crash too: whoever keeps them knows them by their number.
   */
  readonly onErrors?: (job: JobId, records: readonly ErrorRecord[], sources: readonly PhysicalSource[]) => Promise<void>;
  /**
   * Rows of a job that a checkpoint has made durable, for stored tables: by key, where a table has one. Calls `append` once, with what
   * the tables are to get. When it rejects the rows are handed over again. Absent: they are appended as they are.
   */
  readonly onTableRows?: (job: JobId, parts: readonly TableRows[], append: (parts: readonly TableRows[]) => Promise<void>, signal: AbortSignal) => Promise<void>;
  /** A job has stopped for good or restarts; shown to users. */
  readonly onJobFailure?: (job: JobId, error: Error, willRestart: boolean) => void;
}

export interface RuntimeStatus {
  readonly parallelism: number;
  readonly lastEpoch: Epoch;
  readonly lastCheckpoint: { readonly id: number; readonly epoch: Epoch; readonly durationMs: number; readonly bytes: number; readonly atMicros: bigint } | null;
  readonly jobs: readonly JobStatus[];
}
export interface JobStatus {
  readonly id: JobId;
  readonly name: string;
  readonly state: 'starting' | 'running' | 'paused' | 'restarting' | 'finished' | 'failed';
  readonly error: string | null;
  readonly domain: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rowsLate: number;
  readonly rowsBad: number;
  readonly stateEntries: number;
  readonly stateBytes: number;
  readonly splits: readonly SplitStatus[];
}
export interface JobActivity {
  readonly plans: readonly PhysicalPlan[];
  /** By `stateId`, summed over workers. */
  readonly nodes: ReadonlyMap<string, NodeActivity>;
  readonly status: JobStatus;
}
export interface NodeActivity {
  /** Rows that left it, changes of all kinds. */
  readonly rowsOut: number;
  /** Rows that came to it dealt by key, of all workers and of the one with the most. */
  readonly rowsDealt: number;
  readonly rowsDealtMost: number;
  readonly workers: number;
  /** The lowest of the workers' last watermarks, microseconds; null where one has had none. */
  readonly watermark: bigint | null;
  readonly rowsLate: number;
  readonly rowsBad: number;
  /** The watermark at which the next rows it holds back will leave it; null where nothing waits for time. */
  readonly waitsFor: bigint | null;
  /** Entries of its state that a TTL has made it forget. */
  readonly expired: number;
  /** About how many bytes left it: measured on a sample of its batches. */
  readonly bytesOut: number;
  /** Milliseconds that it worked: all workers', and the busiest one's. */
  readonly busyMs: number;
  readonly busiestMs: number;
  /** Milliseconds that its rows waited for room at the next operator, all workers'. */
  readonly blockedMs: number;
  readonly stateEntries: number;
  readonly stateBytes: number;
}
export interface SplitStatus {
  readonly source: string;
  readonly split: string;
  readonly position: string;
  /** Microseconds, or null before the first. */
  readonly watermark: bigint | null;
  readonly idle: boolean;
  readonly ended: boolean;
  readonly rows: number;
}
/** A row of the error view. Bounded per job (newest kept); part of the checkpoint. */
export interface ErrorRecord {
  readonly job: JobId;
  /** Counts the job's records; the same record has the same number after a restart. 0 until the coordinator has seen it. */
  readonly sequence: number;
  readonly source: string;
  readonly split: string | null;
  readonly offset: string | null;
  readonly raw: Uint8Array | null;
  readonly reason: string;
  readonly field: string | null;
  readonly atMicros: bigint;
}
/** A row of the late-rows view. */
export interface LateRecord {
  readonly job: JobId;
  readonly operator: string;
  /** The row's time, where its input has one, and the watermark of the operator when it came; microseconds. */
  readonly eventTime: bigint | null;
  readonly watermark: bigint | null;
  /** The row in text form. */
  readonly row: string;
  readonly atMicros: bigint;
}
export interface RuntimeRecords {
  errors(): readonly ErrorRecord[];
  late(): readonly LateRecord[];
}
