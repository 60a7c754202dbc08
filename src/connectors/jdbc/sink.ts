import { DELETE, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import type { Committable, ConnectorContext, SinkSpec, SinkWriter } from '../api.ts';
import { read } from '../options.ts';
import { columnTypes, Database, type TextRow } from './database.ts';
import { retryMs } from './lookup.ts';
import { quoted, tableName } from './url.ts';
import { textAt } from './values.ts';

/** A statement has 16 bits for the number of its parameters. */
const PARAMETERS_MAX = 65_535;

/** A row to be written, or null in place of the row of a key to be deleted. */
interface Change {
  readonly key: TextRow;
  readonly row: TextRow | null;
}

/**
 * Writes changes in transactions: by key where the table has one (the last change of a key within a transaction, upserts by the
 * database's own ON CONFLICT, deletions by DELETE), else as they come. What was written before a crash and is not in a checkpoint
 * is written again: by key that changes nothing.
 */
export class JdbcWriter implements SinkWriter {
  readonly highWaterBytes: number = 8 * 1024 * 1024;
  readonly #spec: SinkSpec;
  readonly #context: ConnectorContext;
  readonly #database: Database;
  readonly #rowsMax: number;
  readonly #intervalMs: number;
  readonly #retries: number;
  #changes = new Map<string, Change>();
  #bytes = 0;
  #flyingBytes = 0;
  #appended = 0;
  #flushing: Promise<void> = Promise.resolve();
  #types: readonly string[] | null = null;
  #cancelTimer: (() => void) | null = null;
  #drain: (() => void) | null = null;
  #closed = false;

  constructor(spec: SinkSpec, context: ConnectorContext) {
    this.#spec = spec;
    this.#context = context;
    this.#database = new Database(spec.options, context.clock, retryMs(spec));
    this.#rowsMax = read.int(spec.options, 'sink.buffer-flush.max-rows') ?? 100;
    this.#intervalMs = read.durationMs(spec.options, 'sink.buffer-flush.interval') ?? 1000;
    this.#retries = read.int(spec.options, 'sink.max-retries') ?? 3;
  }
  get pendingBytes(): number {
    return this.#bytes + this.#flyingBytes;
  }

  write(batch: Batch): void {
    const { schema, primaryKey } = this.#spec;
    for (let i = 0; i < batch.rowCount; i++) {
      const op = batch.ops?.[i] ?? 0;
      if (op === UPDATE_BEFORE) continue;
      const key = primaryKey.map((k) => textAt(schema, batch, k, i));
      const row = op === DELETE ? null : schema.map((_, c) => textAt(schema, batch, c, i));
      const id = primaryKey.length === 0 ? String(this.#appended++) : JSON.stringify(key);
      this.#changes.set(id, { key, row });
      for (const text of row ?? key) this.#bytes += (text?.length ?? 0) + 8;
      if (this.#rowsMax > 0 && this.#changes.size >= this.#rowsMax) this.#flush();
    }
    if (this.#changes.size > 0 && this.#intervalMs > 0) this.#cancelTimer ??= this.#context.clock.setTimer(this.#intervalMs, () => this.#flush());
  }
  onDrain(wake: () => void): void {
    this.#drain = wake;
    this.#drained();
  }
  #drained(): void {
    if (this.#drain === null || this.pendingBytes > this.highWaterBytes) return;
    const wake = this.#drain;
    this.#drain = null;
    wake();
  }

  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#changes.size === 0 || this.#closed) return;
    const changes = [...this.#changes.values()];
    const bytes = this.#bytes;
    this.#changes = new Map();
    this.#bytes = 0;
    this.#flyingBytes += bytes;
    this.#flushing = this.#flushing.then(async () => {
      await this.#send(changes);
      this.#flyingBytes -= bytes;
      this.#drained();
    });
    this.#flushing.catch((error: unknown) => {
      if (!this.#closed) this.#context.fail(error instanceof Error ? error : new Error(String(error)));
    });
  }
  async #send(changes: readonly Change[]): Promise<void> {
    for (let failed = 0; ; failed++) {
      try {
        await this.#transact(changes);
        return;
      } catch (error) {
        if (this.#closed || failed >= this.#retries || !(error instanceof SqlError) || error.condition !== 'connection_failure') throw error;
        await new Promise<void>((resolve) => void this.#context.clock.setTimer(1000 * (failed + 1), resolve));
      }
    }
  }

  #transact(changes: readonly Change[]): Promise<void> {
    const { schema, primaryKey, options } = this.#spec;
    const upserts = changes.flatMap(({ row }) => (row === null ? [] : [row]));
    const deletes = changes.flatMap(({ key, row }) => (row === null ? [key] : []));
    const table = tableName(options);
    return this.#database.run(async (query) => {
      const types = (this.#types ??= await columnTypes(query, options, schema.map((f) => f.name)));
      const names = schema.map((f) => quoted(f.name));
      const keys = primaryKey.map((k) => names[k] as string);
      const others = names.filter((n) => !keys.includes(n));
      const conflict = keys.length === 0 ? '' : ` ON CONFLICT (${keys.join(', ')}) DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.map((n) => `${n} = EXCLUDED.${n}`).join(', ')}`}`;
      const statements = [
        ...pieces(deletes, keys.length).map((rows) => ({ rows, text: `DELETE FROM ${table} WHERE (${keys.join(', ')}) IN (${tuples(rows, primaryKey.map((k) => types[k] as string))})` })),
        ...pieces(upserts, names.length).map((rows) => ({ rows, text: `INSERT INTO ${table} (${names.join(', ')}) VALUES ${tuples(rows, types)}${conflict}` })),
      ];
      await query('BEGIN');
      for (const { text, rows } of statements) await query(text, rows.flat());
      await query('COMMIT');
    });
  }

  async prepare(): Promise<Committable> {
    this.#flush();
    await this.#flushing;
    return null;
  }
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#database.close();
  }
}

function pieces(rows: readonly TextRow[], width: number): TextRow[][] {
  const size = Math.max(1, Math.floor(PARAMETERS_MAX / Math.max(1, width)));
  const out: TextRow[][] = [];
  for (let from = 0; from < rows.length; from += size) out.push(rows.slice(from, from + size));
  return out;
}

const tuples = (rows: readonly TextRow[], types: readonly string[]): string =>
  rows.map((_, r) => `(${types.map((t, c) => `$${r * types.length + c + 1}::${t}`).join(', ')})`).join(', ');
