import type { RelationObject } from '../objects.ts';
import type { FunctionDef, SessionFacts } from '../../functions/define.ts';
import type { CatalogSnapshot } from '../snapshot.ts';
import type { SystemRelation } from './relation.ts';

/** What the engine and the server supply to system relations. Times are microseconds since 1970 UTC. */

export interface JobInfo {
  readonly id: number;
  readonly name: string;
  /** `materialized view`, `insert`, `statement set`, `subscription`. */
  readonly kind: string;
  /** `running`, `paused`, `restarting`, `finished`, `failed`, `stopped`, `creating`. */
  readonly state: string;
  readonly sql: string;
  readonly createdAt: bigint;
  readonly parallelism: number;
  readonly restarts: number;
  readonly error: string | null;
  readonly rowsIn: bigint;
  readonly rowsOut: bigint;
  readonly stateBytes: bigint;
  readonly watermark: bigint | null;
  readonly lateRows: bigint;
  readonly epoch: bigint;
}

/** A record that could not be read, computed or written. */
export interface JobErrorInfo {
  readonly jobId: number;
  readonly source: string;
  readonly split: string;
  readonly offset: string;
  readonly raw: Uint8Array;
  readonly reason: string;
  readonly field: string | null;
  readonly at: bigint;
  /** Its number within the job. */
  readonly sequence: bigint;
  /** Whether it was refused while it was read, or computed or written. */
  readonly stage: string;
  readonly jobName: string;
}

export interface LateRowInfo {
  readonly jobId: number;
  readonly operator: string;
  /** The row's time and the watermark it missed. */
  readonly eventTime: bigint | null;
  readonly watermark: bigint | null;
  /** The row as JSON text. */
  readonly row: string;
  readonly at: bigint;
}

export interface CheckpointInfo {
  readonly id: bigint;
  readonly epoch: bigint;
  readonly domain: string;
  readonly startedAt: bigint;
  readonly durationMicros: bigint;
  readonly bytes: bigint;
  readonly status: string;
}

export interface SourceSplitInfo {
  readonly jobId: number;
  readonly source: string;
  readonly split: string;
  readonly position: string;
  readonly watermark: bigint | null;
  /** How far it is behind the newest of the source, in microseconds of event time. */
  readonly lagMicros: bigint | null;
  readonly idle: boolean;
  readonly rows: bigint;
  readonly errors: bigint;
}

export interface OperatorInfo {
  readonly jobId: number;
  /** Number in the plan, the root first. */
  readonly number: number;
  /** That of the operator its rows go to; null for a root. */
  readonly parent: number | null;
  readonly operator: string;
  readonly rowsIn: bigint;
  readonly rowsOut: bigint;
  readonly lateRows: bigint;
  readonly badRows: bigint;
  readonly watermark: bigint | null;
  readonly waitsFor: bigint | null;
  /** Entries of its state that a TTL has made it forget. */
  readonly expired: bigint;
  /** About so many. */
  readonly bytesOut: bigint;
  /** All workers' together. */
  readonly busyMs: number;
  readonly blockedMs: number;
  readonly stateRows: bigint;
  /** The share of the worker with the most in the rows that are dealt by key; null where none are. */
  readonly busiestShare: number | null;
  readonly stateBytes: bigint;
}

export interface SettingInfo {
  readonly name: string;
  readonly value: string;
  readonly unit: string | null;
  readonly category: string;
  readonly doc: string;
  readonly default: string;
}

export interface RoleInfo {
  readonly oid: number;
  readonly name: string;
  readonly superuser: boolean;
  readonly login: boolean;
}

export interface SessionInfo {
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  readonly startedAt: bigint;
  readonly queryStartedAt: bigint | null;
  readonly state: string;
  readonly query: string;
}

/** A cursor of the session. */
export interface CursorInfo {
  readonly name: string;
  readonly statement: string;
  readonly hold: boolean;
  readonly binary: boolean;
  readonly scroll: boolean;
  readonly createdAt: bigint;
}

export interface SystemContext {
  readonly catalog: CatalogSnapshot;
  readonly session: SessionFacts;
  readonly sessionId: number;
  readonly database: string;
  readonly nowMicros: bigint;
  /** A view's or sink's statement, what is secret in it masked; null of a table. */
  definition(object: RelationObject): string | null;
  functions(): Iterable<FunctionDef>;
  /** Every system relation, for pg_class and pg_attribute. */
  relations(): Iterable<SystemRelation>;
  settings(): Iterable<SettingInfo>;
  roles(): Iterable<RoleInfo>;
  sessions(): Iterable<SessionInfo>;
  jobs(): Iterable<JobInfo>;
  jobErrors(): Iterable<JobErrorInfo>;
  lateRows(): Iterable<LateRowInfo>;
  checkpoints(): Iterable<CheckpointInfo>;
  splits(): Iterable<SourceSplitInfo>;
  cursors(): Iterable<CursorInfo>;
  /** As they were when the statement began. */
  operators(): Iterable<OperatorInfo>;
}
