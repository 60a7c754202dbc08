import pg from 'pg';
import type { Postgres } from '../../scripts/postgres.ts';
import type { Cell, Database, Outcome, Outside } from './database.ts';
import { oidLetter } from './type-letters.ts';

let next = 0;

/** A schema of its own in a running PostgreSQL, dropped at the end. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly #client: pg.Client;
  readonly #schema = `slt_${process.pid}_${next++}`;
  #ready: Promise<unknown> | null = null;

  constructor(at: Postgres) {
    this.#client = new pg.Client({ host: at.host, port: at.port, user: at.user, database: at.database });
  }

  async #open(): Promise<void> {
    await this.#client.connect();
    await this.#client.query(`CREATE SCHEMA ${this.#schema}; SET search_path = ${this.#schema}; SET TimeZone = 'UTC'; SET extra_float_digits = 1`);
  }

  async run(sql: string): Promise<Outcome> {
    this.#ready ??= this.#open();
    await this.#ready;
    try {
      const raw: unknown = await this.#client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => (v: string) => v } as never });
      const last = (Array.isArray(raw) ? raw.at(-1) : raw) as pg.QueryArrayResult<Cell[]>;
      if (last.fields.length === 0) return { kind: 'done', tag: `${last.command} ${last.rowCount ?? ''}`.trim() };
      return { kind: 'rows', types: last.fields.map((f) => oidLetter(f.dataTypeID)).join(''), oids: last.fields.map((f) => f.dataTypeID), rows: last.rows };
    } catch (error) {
      if (error instanceof pg.DatabaseError) return { kind: 'error', sqlstate: error.code ?? '', message: error.message };
      throw error;
    }
  }

  async restart(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#ready === null) return;
    await this.#client.query(`DROP SCHEMA ${this.#schema} CASCADE`);
    await this.#client.end();
  }
}

/** A running PostgreSQL as what the database under test reads and writes: its default schema. */
export function outsidePostgres(at: Postgres): Outside {
  return {
    address: `${at.host}:${at.port}/${at.database}`,
    user: at.user,
    async run(sql) {
      const client = new pg.Client({ host: at.host, port: at.port, user: at.user, database: at.database });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    },
  };
}
