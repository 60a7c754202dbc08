import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../common/clock.ts';
import type { ObjectId } from '../common/ids.ts';
import { jobId, type JobId } from '../common/ids.ts';
import type { Rng } from '../common/rng.ts';
import type { Runtime, RuntimeRecords } from '../runtime/api.ts';
import type { Store } from '../store/api.ts';
import type { JobTable } from './job-table.ts';
import type { Locks, Mutex } from './locks.ts';
import { writeChange, type PersistedChange } from './persist.ts';
import type { SessionState } from './session-state.ts';
import type { Filling } from './background.ts';
import type { Freshness } from './freshness.ts';

/** What all sessions of an engine share. */
export interface Core {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly runtime: Runtime;
  readonly records: RuntimeRecords;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly jobs: JobTable;
  /** Values of secrets. */
  readonly secrets: Map<ObjectId, string>;
  readonly sessions: Map<number, SessionState>;
  /** DDL goes one statement at a time. */
  readonly ddl: Mutex;
  /** Held by whoever writes a table, to the end of the transaction. */
  readonly locks: Locks<ObjectId>;
  readonly freshness: Freshness;
  /** Stored tables whose rows are being written anew: nobody may add to the old ones. */
  readonly altering: Set<ObjectId>;
  /** Views that are created in the background. */
  readonly filling: Map<ObjectId, Filling>;
  readonly parallelism: number;
  /** Where relative paths start. */
  readonly workDir: string;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Set at the first step of closing. */
  closed: boolean;
  /** Numbers of queries, above all object ids. */
  nextQuery: number;
}

/** Queries are jobs whose numbers lie above all objects'. */
export const FIRST_QUERY = 1_000_000_000;

export function newQueryId(core: Core): JobId {
  const id = core.nextQuery;
  core.nextQuery = id + 1;
  return jobId(id);
}

export function persist(core: Core, change: Omit<PersistedChange, 'nextId'>, nextId: number = core.catalog.snapshot().nextId): Promise<void> {
  return writeChange(core.store, { ...change, nextId });
}
