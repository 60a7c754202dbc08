import type { Batch, Schema } from '../../common/batch/batch.ts';
import type { ConnectorContext, LookupAnswer, LookupReader, LookupSpec } from '../api.ts';
import { read } from '../options.ts';
import { columnTypes, Database } from './database.ts';
import { quoted, tableName } from './url.ts';
import { batchOf, textAt } from './values.ts';

/** Connections of one reader. */
const CONNECTIONS = 4;

/** Asks for up to 128 keys in one statement. */
export class JdbcLookup implements LookupReader {
  readonly keysPerRequest = 128;
  readonly #spec: LookupSpec;
  readonly #output: Schema;
  readonly #keys: Schema;
  readonly #databases: readonly Database[];
  #next = 0;
  #statement: Promise<string> | null = null;

  constructor(spec: LookupSpec, context: ConnectorContext) {
    this.#spec = spec;
    this.#output = spec.projection.map((i) => spec.physical[i] as Schema[number]);
    this.#keys = spec.keys.map((c) => this.#output[c] as Schema[number]);
    // Failed requests are tried again by the one who asks.
    this.#databases = Array.from({ length: CONNECTIONS }, () => new Database(spec.options, context.clock, 0));
  }

  async lookup(keys: Batch): Promise<LookupAnswer> {
    const database = this.#databases[this.#next++ % CONNECTIONS] as Database;
    const statement = await this.#text(database);
    const values = this.#keys.map((_, k) => arrayText(Array.from({ length: keys.rowCount }, (__, i) => textAt(this.#keys, keys, k, i) ?? '')));
    const rows = await database.run((query) => query(statement, values));
    const width = this.#output.length;
    return { batch: batchOf(this.#output, rows), key: Int32Array.from(rows, (row) => Number(row[width]) - 1) };
  }

  #text(database: Database): Promise<string> {
    const made = this.#statement ?? database.run(async (query) => {
      const names = this.#keys.map((f) => f.name);
      const types = await columnTypes(query, this.#spec.options, names);
      const columns = [...this.#output.map((f) => `t.${quoted(f.name)}`), 'k.n'].join(', ');
      const on = names.map((name, i) => `t.${quoted(name)} = k.k${i}`).join(' AND ');
      return `SELECT ${columns} FROM unnest(${types.map((t, i) => `$${i + 1}::${t}[]`).join(', ')}) WITH ORDINALITY AS k(${names.map((_, i) => `k${i}`).join(', ')}, n) JOIN ${tableName(this.#spec.options)} AS t ON ${on}`;
    });
    this.#statement = made;
    made.catch(() => {
      if (this.#statement === made) this.#statement = null;
    });
    return made;
  }
  async close(): Promise<void> {
    await Promise.all(this.#databases.map((d) => d.close()));
  }
}

const arrayText = (values: readonly string[]): string => `{${values.map((v) => `"${v.replace(/["\\]/g, (c) => `\\${c}`)}"`).join(',')}}`;

/** `connection.max-retry-timeout` in milliseconds. */
export const retryMs = (spec: { readonly options: LookupSpec['options'] }): number => read.durationMs(spec.options, 'connection.max-retry-timeout') ?? 60_000;
