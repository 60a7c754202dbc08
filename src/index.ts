import { rowsFromBatch } from './common/batch/builder.ts';
import type { Schema } from './common/batch/batch.ts';
import { SqlError } from './common/errors.ts';
import type { SqlType } from './common/types/sql-type.ts';
import type { Row, Value } from './common/types/value.ts';
import type { Engine, Notice, Session, StatementResult } from './engine/api.ts';
import { openEngine, type EngineOptions } from './engine/engine.ts';

export { SqlError } from './common/errors.ts';
export type { Field, Schema } from './common/batch/batch.ts';
export type { SqlType } from './common/types/sql-type.ts';
export type { Row, Value } from './common/types/value.ts';
export type { Notice } from './engine/api.ts';
export type { EngineOptions } from './engine/engine.ts';

export interface MillraceOptions extends EngineOptions {
  readonly user?: string;
  /** Settings, as a connection's start-up parameters: TimeZone, search_path and so on. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onNotice?: (notice: Notice) => void;
}

export interface QueryResult {
  readonly columns: Schema;
  readonly rows: readonly Row[];
  /** As psql prints it: `SELECT 3`, `INSERT 0 1`, `CREATE TABLE`. */
  readonly tag: string;
}

/**
 * Millrace inside a program: the whole engine without a server.
 *
 * ```ts
 * await using db = await Millrace.open();
 * await db.execute('CREATE TABLE t (k INT, n INT); CREATE MATERIALIZED VIEW v AS SELECT k, sum(n) AS s FROM t GROUP BY k');
 * await db.query('INSERT INTO t VALUES ($1, $2)', [1, 10]);
 * for await (const row of db.subscribe('SUBSCRIBE TO v')) console.log(row);
 * ```
 */
export class Millrace implements AsyncDisposable {
  readonly engine: Engine;
  readonly #options: MillraceOptions;
  readonly #session: Session;
  #pid = 1;
  /** Statements of the one session go one after another. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, options: MillraceOptions) {
    this.engine = engine;
    this.#options = options;
    this.#session = this.connect();
  }

  /** Errors: those of the store: a data directory in use, damaged, or of a newer version. */
  static async open(options: MillraceOptions = {}): Promise<Millrace> {
    return new Millrace(await openEngine({ threads: false, parallelism: 1, ...options }), options);
  }

  /** Runs a script of any number of statements; the result of each. Errors: the first statement's that fails. */
  async execute(script: string): Promise<QueryResult[]> {
    return await this.#inTurn(async () => {
      const out: QueryResult[] = [];
      for (const statement of this.#session.parse(script)) out.push(await this.#one(this.#session, statement, []));
      return out;
    });
  }

  /** One statement, with values for `$1`…: JS values as `Value` says; a safe integer number is taken for BIGINT too. */
  async query(sql: string, parameters: readonly (Value | undefined)[] = []): Promise<QueryResult> {
    return await this.#inTurn(async () => {
      const [statement, second] = this.#session.parse(sql);
      if (statement === undefined || second !== undefined) throw new SqlError('syntax_error', 'query() takes one statement');
      return await this.#one(this.#session, statement, parameters);
    });
  }

  /**
   * The rows of a continuous query (SUBSCRIBE, SELECT … EMIT CHANGES), as they come. Leaving the loop or aborting ends it.
   * It has a session of its own, so that other statements go on meanwhile.
   */
  async *subscribe(sql: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Row, void, undefined> {
    const session = this.connect();
    const signal = options.signal ?? new AbortController().signal;
    try {
      const [statement] = session.parse(sql);
      if (statement === undefined) throw new SqlError('syntax_error', 'subscribe() takes one statement');
      const result = await session.execute(await session.prepare(statement, []), [], { signal });
      if (result.kind !== 'rows') throw new SqlError('syntax_error', 'subscribe() takes a query');
      try {
        for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) yield* rowsFromBatch(result.schema, batch);
      } finally {
        await result.rows.close();
      }
    } finally {
      await session.close();
    }
  }

  /** A session beside the one this object uses. */
  connect(): Session {
    return this.engine.createSession({
      user: this.#options.user ?? 'millrace', database: 'millrace', parameters: new Map(Object.entries(this.#options.settings ?? {})), backendPid: this.#pid++,
      onNotice: (notice) => this.#options.onNotice?.(notice), onParameter: () => undefined,
    });
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(act, act);
    this.#tail = mine.catch(() => undefined);
    return await mine;
  }

  async #one(session: Session, statement: ReturnType<Session['parse']>[number], given: readonly (Value | undefined)[]): Promise<QueryResult> {
    const prepared = await session.prepare(statement, []);
    const parameters = prepared.parameters.map((type, i) => parameter(given[i] ?? null, type));
    return await collect(await session.execute(prepared, parameters, { signal: new AbortController().signal }));
  }
}

function parameter(value: Value, type: SqlType): Value {
  return type.kind === 'bigint' && typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

async function collect(result: StatementResult): Promise<QueryResult> {
  switch (result.kind) {
    case 'empty':
      return { columns: [], rows: [], tag: '' };
    case 'command':
      return { columns: [], rows: [], tag: result.tag };
    case 'rows': {
      if (result.live) {
        await result.rows.close();
        throw new SqlError('feature_not_supported', 'a query without an end has no result', { hint: 'Use subscribe().' });
      }
      const rows: Row[] = [];
      for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) for (const row of rowsFromBatch(result.schema, batch)) rows.push(row);
      await result.rows.close();
      return { columns: result.schema, rows, tag: result.tag(rows.length) };
    }
    case 'copyOut':
      await result.rows.close();
      throw new SqlError('feature_not_supported', 'COPY needs a connection', { hint: 'Use SELECT.' });
    case 'copyIn':
      await result.receive.abort('COPY needs a connection');
      throw new SqlError('feature_not_supported', 'COPY needs a connection', { hint: 'Use INSERT.' });
  }
}
