import type { Client, QueryArrayResult } from 'pg';
import { InternalError, SqlError } from '../../common/errors.ts';
import type { Clock } from '../../common/clock.ts';
import type { Options } from '../api.ts';
import { library } from './library.ts';
import { placeOf, tableName, type Place } from './url.ts';

/** Values as text, NULL as null. */
export type TextRow = readonly (string | null)[];

/** Settings under which a value's text is what our own types read and write. */
const SETTINGS = "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET standard_conforming_strings = on";

/** A failure of the database outside, its code kept: connections count as such, so that a job tries for ever. */
export function toSqlError(error: unknown, place: Place): SqlError {
  if (error instanceof SqlError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error && error.message !== '' ? error.message : code;
  const where = `PostgreSQL at ${place.host}:${place.port}`;
  const fromServer = /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
  if (!fromServer || code.startsWith('08') || code.startsWith('57P') || code === '53300') return new SqlError('connection_failure', `${where}: ${message}`);
  const detail = error instanceof Error && 'detail' in error && typeof error.detail === 'string' ? ` ${error.detail}` : '';
  return new SqlError('fdw_error', `${where}: ${message}`, { detail: `Its error code is ${code}.${detail}` });
}

/** One connection, made when it is first needed and again after it was lost. Statements run one after the other. */
export class Database {
  readonly place: Place;
  readonly #clock: Clock;
  readonly #retryMs: number;
  #client: Client | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param retryMs how long a connection is tried for. */
  constructor(options: Options, clock: Clock, retryMs: number) {
    this.place = placeOf(options);
    this.#clock = clock;
    this.#retryMs = retryMs;
  }

  /** Alone on the connection. A failure closes it. */
  run<T>(work: (query: (text: string, values?: readonly (string | null)[]) => Promise<TextRow[]>) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => {
      const client = await this.#connected();
      try {
        return await work(async (text, values = []) => {
          const result: QueryArrayResult<(string | null)[]> = await client.query({ text, values: [...values], rowMode: 'array', types: TEXT });
          return result.rows;
        });
      } catch (error) {
        this.#drop();
        throw toSqlError(error, this.place);
      }
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #connected(): Promise<Client> {
    const startMs = this.#clock.monotonicMs();
    for (;;) {
      if (this.#closed) throw new InternalError('the connection is closed');
      if (this.#client !== null) return this.#client;
      try {
        return await this.#connect();
      } catch (error) {
        const sql = toSqlError(error, this.place);
        if (sql.condition !== 'connection_failure' || this.#clock.monotonicMs() - startMs >= this.#retryMs) throw sql;
        await new Promise<void>((resolve) => void this.#clock.setTimer(500, resolve));
      }
    }
  }
  async #connect(): Promise<Client> {
    const { host, port, database, user, password, ssl, applicationName, connectTimeoutMs, searchPath } = this.place;
    const client = new (library().Client)({ host, port, database, user, password: password ?? '', ssl, application_name: applicationName, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    await client.query(SETTINGS);
    if (searchPath !== undefined) await client.query({ text: "SELECT set_config('search_path', $1, false)", values: [searchPath] });
    this.#client = client;
    return client;
  }
  #drop(): void {
    const client = this.#client;
    this.#client = null;
    void client?.end().catch(() => {});
  }
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    // A statement that is under way is cut off.
    await client?.end().catch(() => {});
  }
}

/** Values stay text. */
const TEXT = { getTypeParser: () => (text: string) => text };

/** The types that the named columns have there. Errors: undefined_table, undefined_column. */
export async function columnTypes(query: (text: string, values?: readonly (string | null)[]) => Promise<TextRow[]>, options: Options, columns: readonly string[]): Promise<string[]> {
  const table = tableName(options);
  const rows = await query('SELECT attname, format_type(atttypid, CASE WHEN atttypid = 1042 THEN atttypmod END) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped', [table]);
  if (rows.length === 0) throw new SqlError('undefined_table', `table ${table} does not exist in the database`);
  const known = new Map(rows.map(([name, type]) => [name, type]));
  return columns.map((c) => {
    const type = known.get(c);
    if (type == null) throw new SqlError('undefined_column', `column "${c}" does not exist in table ${table} of the database`);
    return type;
  });
}
