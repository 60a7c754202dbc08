import type { Schema } from '../../common/batch/batch.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { ConnectorContext, JsonValue, Options, SourceBatch, SourceReader, SourceSpec, Split, SplitEnumerator } from '../api.ts';
import { read } from '../options.ts';
import { Database, type TextRow } from './database.ts';
import { retryMs } from './lookup.ts';
import { quoted, tableName } from './url.ts';
import { batchOf } from './values.ts';

/** Rows that one FETCH asks for unless `scan.fetch-size` says otherwise. */
const FETCH_ROWS = 4096;

const partitionOptions = ['scan.partition.column', 'scan.partition.num', 'scan.partition.lower-bound', 'scan.partition.upper-bound'] as const;

/** Ranges of the partition column, the first and last open to below and above, NULL in the first; null: no parts. */
export function partsOf(options: Options): { readonly column: string; readonly ranges: readonly { readonly from: bigint | null; readonly to: bigint | null }[] } | null {
  const given = partitionOptions.filter((n) => options[n] !== undefined);
  if (given.length === 0) return null;
  if (given.length < partitionOptions.length) throw new SqlError('invalid_parameter_value', `options ${partitionOptions.map((n) => `"${n}"`).join(', ')} must all be set, or none`);
  const [num, lower, upper] = [read.int(options, partitionOptions[1]) ?? 0, read.bigint(options, partitionOptions[2]) ?? 0n, read.bigint(options, partitionOptions[3]) ?? 0n];
  if (num < 1) throw new SqlError('invalid_parameter_value', 'option "scan.partition.num" must be at least 1');
  if (lower > upper) throw new SqlError('invalid_parameter_value', 'option "scan.partition.lower-bound" must not be above "scan.partition.upper-bound"');
  const size = upper - lower + 1n;
  const n = size < BigInt(num) ? Number(size) : num;
  const cut = (i: number): bigint => lower + (size * BigInt(i)) / BigInt(n);
  return { column: read.required(options, partitionOptions[0]), ranges: Array.from({ length: n }, (_, i) => ({ from: i === 0 ? null : cut(i), to: i === n - 1 ? null : cut(i + 1) })) };
}

/** Columns of the declared primary key, by which a reading goes on after a restart. */
export const KEY_OPTION = 'primary-key';
const keyOf = (options: Options): string[] => read.list(options, KEY_OPTION);

/** One split, or one for each part of `scan.partition.*`. */
export class JdbcEnumerator implements SplitEnumerator {
  readonly #options: Options;
  constructor(spec: SourceSpec) {
    this.#options = spec.options;
  }
  discover(): Promise<readonly Split[]> {
    const count = partsOf(this.#options)?.ranges.length ?? 1;
    return Promise.resolve(Array.from({ length: count }, (_, i) => ({ id: `part${i}`, bounded: true, position: { part: i, after: null, rows: 0 } })));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Open {
  readonly id: string;
  readonly part: number;
  /** The key of the last row handed out, as text. */
  after: readonly string[] | null;
  rows: number;
  ended: boolean;
}

/**
 * Reads a table part by part through a cursor, one FETCH ahead. Of a table with a declared key rows are read in its order, so
 * that a restart goes on behind the last row; of another as they lie, and a restart leaves out as many as were read.
 */
export class JdbcReader implements SourceReader {
  readonly #spec: SourceSpec;
  readonly #context: ConnectorContext;
  readonly #database: Database;
  readonly #output: Schema;
  readonly #keys: readonly string[];
  readonly #splits: Open[] = [];
  #ready: { readonly split: Open; readonly rows: readonly TextRow[] } | null = null;
  #at = 0;
  #room: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #running = false;
  #closed = false;

  constructor(spec: SourceSpec, splits: readonly Split[], context: ConnectorContext) {
    this.#spec = spec;
    this.#context = context;
    this.#database = new Database(spec.options, context.clock, retryMs(spec));
    this.#output = spec.projection.map((i) => spec.physical[i] as Schema[number]);
    this.#keys = keyOf(spec.options);
    this.addSplits(splits);
  }
  addSplits(splits: readonly Split[]): void {
    for (const { id, position } of splits) {
      const p = position as { readonly [key: string]: JsonValue } | null;
      const [part, after, rows, ended] = [p?.['part'], p?.['after'] ?? null, p?.['rows'], p?.['ended'] ?? false];
      assert(typeof part === 'number' && typeof rows === 'number' && (after === null || Array.isArray(after)), 'malformed position of a jdbc table');
      this.#splits.push({ id, part, rows, after: after as readonly string[] | null, ended: ended === true });
    }
  }

  poll(maxRows: number): SourceBatch | 'idle' | 'ended' {
    if (this.#splits.every((s) => s.ended)) return 'ended';
    const ready = this.#ready;
    if (ready === null) {
      this.#start();
      return 'idle';
    }
    const { split, rows } = ready;
    const some = rows.slice(this.#at, this.#at + maxRows);
    this.#at += some.length;
    split.rows += some.length;
    const last = some.at(-1);
    const width = this.#output.length;
    if (last !== undefined && this.#keys.length > 0) split.after = this.#keys.map((_, k) => last[width + k] ?? '');
    if (this.#at >= rows.length) {
      this.#ready = null;
      this.#room?.();
    }
    return { splitId: split.id, bad: [], batch: batchOf(this.#output, some) };
  }
  onReady(wake: () => void): void {
    this.#wake = wake;
    if (this.#ready !== null || this.#splits.every((s) => s.ended)) this.#tell();
  }
  #tell(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#readAll().then(
      () => {
        this.#running = false;
        this.#tell();
      },
      (error: unknown) => {
        if (!this.#closed) this.#context.fail(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
  async #readAll(): Promise<void> {
    for (const split of this.#splits) if (!split.ended) await this.#readSplit(split);
  }
  async #readSplit(split: Open): Promise<void> {
    const fetch = read.int(this.#spec.options, 'scan.fetch-size') ?? 0;
    await this.#database.run(async (query) => {
      // Rows come as they lie, from the first one on.
      await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await query('SET LOCAL synchronize_seqscans = off');
      await query(`DECLARE millrace NO SCROLL CURSOR FOR ${this.#select(split)}`, this.#keys.length > 0 ? (split.after ?? []) : []);
      if (this.#keys.length === 0 && split.rows > 0) await query(`MOVE FORWARD ${split.rows} FROM millrace`);
      for (;;) {
        const rows = await query(`FETCH FORWARD ${fetch > 0 ? fetch : FETCH_ROWS} FROM millrace`);
        if (this.#closed) return;
        if (rows.length === 0) break;
        this.#at = 0;
        this.#ready = { split, rows };
        const room = new Promise<void>((resolve) => (this.#room = resolve));
        this.#tell();
        await room;
        if (this.#closed) return;
      }
      await query('COMMIT');
    });
    split.ended = true;
  }
  #select(split: Open): string {
    const { options } = this.#spec;
    const parts = partsOf(options);
    const range = parts?.ranges[split.part];
    const where: string[] = [];
    if (parts !== null && range !== undefined) {
      const column = quoted(parts.column);
      const bounds = [...(range.from === null ? [] : [`${column} >= ${range.from}`]), ...(range.to === null ? [] : [`${column} < ${range.to}`])];
      const text = bounds.length === 0 ? 'true' : bounds.join(' AND ');
      // NULLs are read once, with the first part.
      where.push(split.part === 0 ? `((${text}) OR ${column} IS NULL)` : `(${text})`);
    }
    const keys = this.#keys.map((k) => quoted(k));
    if (keys.length > 0 && split.after !== null) where.push(`(${keys.join(', ')}) > (${keys.map((_, i) => `$${i + 1}`).join(', ')})`);
    const columns = [...this.#output.map((f) => quoted(f.name)), ...keys];
    return `SELECT ${columns.join(', ')} FROM ${tableName(options)}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}${keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`}`;
  }

  positions(): readonly { readonly id: string; readonly position: JsonValue; readonly ended: boolean }[] {
    return this.#splits.map((s) => ({ id: s.id, ended: s.ended, position: { part: s.part, after: s.after, rows: s.rows, ended: s.ended } }));
  }
  async close(): Promise<void> {
    this.#closed = true;
    this.#room?.();
    await this.#database.close();
  }
}
