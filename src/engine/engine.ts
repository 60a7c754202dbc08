import { availableParallelism } from 'node:os';
import { Catalog } from '../catalog/catalog.ts';
import { systemClock, type Clock } from '../common/clock.ts';
import { SqlError } from '../common/errors.ts';
import { Rng } from '../common/rng.ts';
import { createRuntime } from '../runtime/runtime.ts';
import { memoryStore } from '../store/memory.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/api.ts';
import type { Engine } from './api.ts';
import { FIRST_QUERY, type Core } from './core.ts';
import { Freshness } from './freshness.ts';
import { JobTable } from './job-table.ts';
import { Locks, Mutex } from './locks.ts';
import { readPersisted } from './persist.ts';
import { restoreJobs } from './restore-jobs.ts';
import { EngineSession } from './session.ts';
import { writeErrors } from './error-target.ts';
import { writeTableRows } from './table-commits.ts';
import { SessionState } from './session-state.ts';
import { warmUp } from '../parser/parser.ts';

export interface EngineOptions {
  /** The data directory. Without it and without `store` everything is kept in memory. */
  readonly dataDir?: string;
  /** A store that is open already; it is closed with the engine. */
  readonly store?: Store;
  /** Workers; the cores by default. */
  readonly parallelism?: number;
  /** False: the workers run in this thread, for tests and small tools. Default true. */
  readonly threads?: boolean;
  readonly clock?: Clock;
  /** Where relative paths of connectors start. Default: the current folder. */
  readonly workDir?: string;
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Where the print connector writes; default stdout. */
  readonly print?: (line: string, stderr: boolean) => void;
  /** Milliseconds between epochs, default 100. */
  readonly epochIntervalMs?: number;
  /** Milliseconds between checkpoints, default 1000. */
  readonly checkpointIntervalMs?: number;
  /** Seeds generators and random(). Default: from the clock. */
  readonly seed?: number;
}

/**
 * Opens an engine: its store, the workers, and the jobs that ran when it was last closed or killed.
 * Errors: those of `openStore`; data_corrupted.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? (() => undefined);
  const parallelism = options.parallelism ?? availableParallelism();
  const store = options.store ?? (options.dataDir === undefined ? memoryStore() : await openStore({ dir: options.dataDir, log, clock }));
  warmUp();
  try {
    const catalog = new Catalog();
    const persisted = await readPersisted(store, catalog);
    const jobs = new JobTable();
    let running: Core | null = null;
    const runtime = createRuntime({
      parallelism, threads: options.threads ?? true, clock, store, epochIntervalMs: options.epochIntervalMs ?? 100, checkpointIntervalMs: options.checkpointIntervalMs ?? 1000,
      workDir: options.workDir ?? process.cwd(), log, ...(options.print === undefined ? {} : { print: options.print }),
      onErrors: async (job, records, sources) => {
        // They come again after the restart.
        if (running === null || running.closed) throw new SqlError('admin_shutdown', 'the server is shutting down');
        await writeErrors(running, (database) => internalSession(running as Core, database), job, records, sources);
      },
      onTableRows: async (job, parts, append, signal) => {
        if (running === null) throw new SqlError('cannot_connect_now', 'the database system is starting up');
        await writeTableRows(running, job, parts, append, signal);
      },
      onJobFailure: (job, error, willRestart) => {
        if (willRestart) jobs.restarted(job);
        log(willRestart ? 'warn' : 'error', `job ${job} ${willRestart ? 'restarts' : 'has failed'}: ${error.message}`);
      },
    });
    const core: Core = {
      catalog, store, runtime, records: runtime.records, clock, rng: new Rng(options.seed ?? Number(clock.nowMicros() % 0x1_0000_0000n)), jobs, secrets: new Map(persisted.secrets), sessions: new Map(),
      ddl: new Mutex(), locks: new Locks(), freshness: new Freshness(() => runtime.flush()), altering: new Set(), filling: new Map(), workDir: options.workDir ?? process.cwd(), parallelism, log, closed: false, nextQuery: FIRST_QUERY,
    };
    running = core;
    await restoreJobs(core, persisted);
    return new EngineImpl(core);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A session of the server's own, which nobody sees. */
function internalSession(core: Core, database: string): EngineSession {
  return new EngineSession(new SessionState(core, { user: 'millrace', database, parameters: new Map(), backendPid: 0, onNotice: () => undefined, onParameter: () => undefined }), () => undefined);
}

class EngineImpl implements Engine {
  readonly #core: Core;
  #closing: Promise<void> | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  createSession(options: Parameters<Engine['createSession']>[0]): EngineSession {
    const core = this.#core;
    if (core.closed) throw new SqlError('cannot_connect_now', 'the database system is shutting down');
    if (![...core.catalog.snapshot().databases()].some((d) => d.name === options.database)) throw new SqlError('invalid_catalog_name', `database "${options.database}" does not exist`);
    const state = new SessionState(core, options);
    state.startUp(options.parameters);
    core.sessions.set(options.backendPid, state);
    return new EngineSession(state, () => {
      if (core.sessions.get(options.backendPid) === state) core.sessions.delete(options.backendPid);
    });
  }

  close(options: { readonly abrupt?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options.abrupt ?? false);
    return this.#closing;
  }

  async #close(abrupt: boolean): Promise<void> {
    const core = this.#core;
    core.closed = true;
    for (const session of core.sessions.values()) session.interrupt(true);
    try {
      await core.runtime.close({ abrupt });
    } finally {
      await core.store.close();
    }
  }
}

