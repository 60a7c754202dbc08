import pg from 'pg';
import type { Cell, Database, Outcome } from './database.ts';
import { oidLetter } from './type-letters.ts';

interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** PostgreSQL, in a schema of its own that is gone at the end. Restarting it is left to others. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly #client: pg.Client;
  readonly #schema: string;

  private constructor(client: pg.Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  static async open(address: Address, schema: string): Promise<PostgresDatabase> {
    const { host, port, user, database } = address;
    const client = new pg.Client({ host, port, user, database, types: { getTypeParser: () => (text: string | Buffer) => String(text) } });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}; SET search_path = ${schema}; SET client_min_messages = error; SET TimeZone = 'UTC'`);
    return new PostgresDatabase(client, schema);
  }

  async run(sql: string): Promise<Outcome> {
    try {
      const result = await this.#client.query<Cell[]>({ text: sql, rowMode: 'array' });
      if (result.fields.length > 0) return { kind: 'rows', types: result.fields.map((f) => oidLetter(f.dataTypeID)).join(''), rows: result.rows };
      return { kind: 'done', tag: `${result.command} ${result.rowCount ?? ''}` };
    } catch (error) {
      if (error instanceof pg.DatabaseError) return { kind: 'error', sqlstate: error.code ?? '', message: error.message };
      throw error;
    }
  }

  restart(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#client.query(`DROP SCHEMA IF EXISTS ${this.#schema} CASCADE`);
    await this.#client.end();
  }
}
