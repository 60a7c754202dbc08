import { rowsFromBatch } from './common/batch/builder.ts';
import { systemClock } from './common/clock.ts';
import { SqlError } from './common/errors.ts';
import type { Value } from './common/types/value.ts';
import type { Engine, Notice, PreparedStatement, Session, StatementResult } from './engine/api.ts';
import { openEngine } from './engine/engine.ts';
import { memoryStore } from './store/memory.ts';

/** The engine as a library: `import { Millrace } from 'millrace'` runs it in this process, without a server. */

export interface MillraceOptions {
  /** Where tables and views are kept; without it in memory, for as long as the process lives. */
  readonly dataDir?: string;
  /** Worker threads. Default 1. */
  readonly parallelism?: number;
  /** False: everything runs in this thread. Default true. */
  readonly threads?: boolean;
  readonly onNotice?: (notice: Notice) => void;
}

/** One result row by column name. Values as in `Value`: BIGINT is a bigint, exact numbers are `Numeric`. */
export type ResultRow = Readonly<Record<string, Value>>;

export class Millrace {
  readonly #engine: Engine;
  readonly #session: Session;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, onNotice: (notice: Notice) => void) {
    this.#engine = engine;
    this.#session = engine.createSession({ user: 'millrace', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice, onParameter: () => undefined });
  }

  static async open(options: MillraceOptions = {}): Promise<Millrace> {
    const engine = await openEngine({
      ...(options.dataDir === undefined ? { store: memoryStore() } : { dataDir: options.dataDir }),
      parallelism: options.parallelism ?? 1, threads: options.threads ?? true, clock: systemClock, workDir: process.cwd(), log: () => undefined,
    });
    return new Millrace(engine, options.onNotice ?? (() => undefined));
  }

  /** Runs every statement of a script; rows are not returned. Errors: SqlError, the first that fails. */
  async execute(script: string): Promise<void> {
    await this.#alone(async () => {
      for (const statement of this.#session.parse(script)) {
        const result = await this.#run(await this.#session.prepare(statement, []), []);
        if (result.kind !== 'rows') continue;
        if (!result.live) while ((await result.rows.next()) !== null);
        await result.rows.close();
      }
    });
  }

  /** The rows of one statement that ends. Errors: SqlError. */
  async query(sql: string, parameters: readonly Value[] = []): Promise<ResultRow[]> {
    return this.#alone(async () => {
      const out: ResultRow[] = [];
      const result = await this.#start(sql, parameters);
      if (result.kind !== 'rows') return out;
      try {
        if (result.live) throw new SqlError('wrong_object_type', 'this query does not end', { hint: 'Use subscribe().' });
        for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) {
          for (const row of rowsFromBatch(result.schema, batch)) out.push(Object.fromEntries(result.schema.map((f, i) => [f.name, row[i] ?? null])));
        }
      } finally {
        await result.rows.close();
      }
      return out;
    });
  }

  /** The rows of `SUBSCRIBE …` or `SELECT … EMIT CHANGES` as they come; leaving the loop ends it. A session of its own. */
  async *subscribe(sql: string, parameters: readonly Value[] = []): AsyncGenerator<ResultRow, void, void> {
    const session = this.#engine.createSession({ user: 'millrace', database: 'millrace', parameters: new Map(), backendPid: 2, onNotice: () => undefined, onParameter: () => undefined });
    const stop = new AbortController();
    try {
      const result = await start(session, sql, parameters, stop.signal);
      if (result.kind !== 'rows') return;
      try {
        for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) {
          for (const row of rowsFromBatch(result.schema, batch)) yield Object.fromEntries(result.schema.map((f, i) => [f.name, row[i] ?? null]));
        }
      } finally {
        await result.rows.close();
      }
    } finally {
      stop.abort();
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#engine.close();
  }

  #start(sql: string, parameters: readonly Value[]): Promise<StatementResult> {
    return start(this.#session, sql, parameters, new AbortController().signal);
  }
  #run(prepared: PreparedStatement, parameters: readonly Value[]): Promise<StatementResult> {
    return this.#session.execute(prepared, parameters, { signal: new AbortController().signal });
  }
  /** A session's statements go one after another. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work, work);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

async function start(session: Session, sql: string, parameters: readonly Value[], signal: AbortSignal): Promise<StatementResult> {
  const [statement, second] = session.parse(sql);
  if (statement === undefined) return { kind: 'empty' };
  if (second !== undefined) throw new SqlError('syntax_error', 'one statement at a time', { hint: 'Use execute() for scripts.' });
  return session.execute(await session.prepare(statement, []), parameters, { signal });
}

export { SqlError };
export type { Notice, Value };
