import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/common/clock.ts';
import { rowLine, countOf, type Database, type Outcome, type Outside } from './database.ts';
import type { FeedRecord, FileRecord, QueryRecord, SltRecord, StatementRecord } from './record.ts';

/**
 * How the queries of a file are answered: as they stand; as views made as soon as their tables exist, before any row; as views
 * made when they are reached (backfill); as views made before, with the process dying in between.
 */
export const MODES = ['one-shot', 'view-before', 'view-after', 'restart'] as const;
export type Mode = (typeof MODES)[number];

export interface Failure {
  readonly record: SltRecord;
  readonly mode: Mode;
  readonly message: string;
}

export interface FileReport {
  readonly records: number;
  /** Queries answered by a view. */
  readonly views: number;
  readonly failures: readonly Failure[];
  /** For --complete: what each query gave. */
  readonly answers: ReadonlyMap<QueryRecord, { readonly types: string; readonly lines: readonly string[] }>;
}

/** Files that say so, or have outside sources. */
export const leavesNaiveOut = (records: readonly SltRecord[]): boolean => records.some((r) => r.kind === 'no-naive') || usesConnectors(records);

/** Files with outside sources: the naive evaluator has none, and views of them come to an end by themselves. */
const usesConnectors = (records: readonly SltRecord[]): boolean => records.some((r) => r.kind === 'statement' && /'connector'\s*=/.test(r.sql));

/** The relations of a file that come to an end by themselves: tables over connectors, and what reads them. Stored tables never do. */
function endingRelations(records: readonly SltRecord[]): RegExp | null {
  const names: string[] = [];
  const any = (): RegExp => new RegExp(`\\b(${names.join('|')})\\b`, 'i');
  for (const r of records) {
    const name = r.kind === 'statement' ? /^\s*CREATE\s.*?\b(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\.)*(\w+)/is.exec(r.sql)?.[1] : undefined;
    if (r.kind === 'statement' && name !== undefined && (/'connector'\s*=/.test(r.sql) || (names.length > 0 && any().test(r.sql)))) names.push(name);
  }
  return names.length === 0 ? null : any();
}

/** Files that need a PostgreSQL beside the database. */
export const needsOutside = (records: readonly SltRecord[]): boolean => records.some((r) => r.kind === 'outside');

/** What gives rows but is no query that a view could keep. */
const NO_QUERY = /^\s*(SHOW|DESC|DESCRIBE|EXPLAIN|FETCH|COPY|EXECUTE|SUBSCRIBE)\b/i;

const sorted = (lines: readonly string[]): string[] => [...lines].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The lines in the order that the record compares them in. */
export function shownLines(record: QueryRecord, outcome: Extract<Outcome, { kind: 'rows' }>, inView: boolean): readonly string[] {
  const lines = outcome.rows.map(rowLine);
  if (inView || record.sort === 'rowsort') return sorted(lines);
  if (record.sort === 'valuesort') return sorted(lines.flatMap((l) => l.split('|')));
  return lines;
}

/** Runs the records of one file on one database. A restart goes to the other of two parallelisms and back. */
export async function runFile(records: readonly SltRecord[], db: Database, mode: Mode, parallelism: number, outside: Outside | null = null): Promise<FileReport> {
  const run = new FileRun(db, mode, parallelism, records, outside);
  try {
    for (const record of records) {
      if (record.onlyIf.some((name) => name !== db.dialect) || record.skipIf.includes(db.dialect)) continue;
      if (record.kind === 'halt') break;
      await run.record(record);
    }
  } finally {
    run.close();
  }
  return run;
}

class FileRun implements FileReport {
  records = 0;
  views = 0;
  readonly failures: Failure[] = [];
  readonly answers = new Map<QueryRecord, { readonly types: string; readonly lines: readonly string[] }>();
  readonly #db: Database;
  readonly #mode: Mode;
  readonly #parallelism: number;
  /** Queries that get a view once what they read exists, with the view's name. */
  readonly #waiting = new Map<QueryRecord, string>();
  readonly #made = new Map<QueryRecord, string>();
  #statements = 0;
  #restarted = false;
  readonly #ending: RegExp | null;
  /** Sources are fed or the clock jumps while the file runs: answers come after a while, and only views follow. */
  readonly #fedSources: boolean;
  #moving = false;
  /** Between `session` and its end. */
  #inSession = false;
  readonly #outside: Outside | null;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'millrace-slt-'));

  constructor(db: Database, mode: Mode, parallelism: number, records: readonly SltRecord[], outside: Outside | null) {
    this.#db = db;
    this.#outside = outside;
    this.#fedSources = records.some((r) => r.kind === 'feed');
    // A source that goes on has no end that a plain SELECT could come to.
    this.#mode = mode === 'one-shot' && this.#fedSources ? 'view-after' : mode;
    mode = this.#mode;
    this.#parallelism = parallelism;
    this.#ending = endingRelations(records);
    for (const r of records) if (r.kind === 'feed') mkdirSync(join(this.#scratch, r.folder), { recursive: true });
    if (mode === 'one-shot') return;
    let inSession = false;
    for (const record of records) {
      if (record.kind === 'session') inSession = record.why !== null;
      else if (record.kind === 'query' && !inSession && record.noView === null && !NO_QUERY.test(record.sql) && !record.skipIf.includes(db.dialect)) this.#waiting.set(record, `slt_view_${record.line}`);
    }
  }

  async record(record: SltRecord): Promise<void> {
    this.records++;
    switch (record.kind) {
      case 'statement':
        return this.#statement(record);
      case 'query':
        return this.#query(record);
      case 'session':
        this.#inSession = record.why !== null;
        return;
      case 'eventually':
        this.#moving = true;
        return;
      case 'file':
        this.#write(record);
        return;
      case 'outside':
        await this.#outside?.run(record.sql);
        return;
      case 'restart':
        await this.#db.restart(...(record.parallelism === null ? [] : [record.parallelism]));
        return;
      case 'feed':
        this.#feed(record);
        return;
      case 'clock':
        this.#db.setClock?.(record.set);
        this.#moving = true;
        return;
      case 'no-naive':
      case 'halt':
    }
  }

  #feed({ folder, lines }: FeedRecord): void {
    this.#moving = true;
    appendFileSync(join(this.#scratch, folder, 'fed'), `${lines.join('\n')}\n`);
  }

  #write({ path, lines }: FileRecord): void {
    const at = join(this.#scratch, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, lines.map((l) => `${l}\n`).join(''));
  }

  #sql(text: string): string {
    return text.replaceAll('$SCRATCH', this.#scratch).replaceAll('$POSTGRES', this.#outside?.address ?? '').replaceAll('$USER', this.#outside?.user ?? '');
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #fail(record: SltRecord, message: string): void {
    this.failures.push({ record, mode: this.#mode, message });
  }

  async #statement(record: StatementRecord): Promise<void> {
    if (/^\s*(DROP|ALTER|REPLACE|CREATE\s+OR\s+REPLACE)\b/i.test(record.sql)) await this.#dropViews();
    if (this.#mode === 'restart' && !this.#inSession && ++this.#statements % 3 === 0) await this.#restart();
    const outcome = await this.#db.run(this.#sql(record.sql), record.input);
    const { expect } = record;
    if (expect.kind === 'error') {
      const text = outcome.kind === 'error' ? `${outcome.sqlstate}: ${outcome.message}` : 'success';
      if (outcome.kind !== 'error') this.#fail(record, 'an error was expected');
      // PostgreSQL words its errors in its own way: that it fails is what counts there.
      else if (this.#db.dialect === 'millrace' && !new RegExp(expect.pattern, 'i').test(text)) this.#fail(record, `another error: ${text}`);
    } else if (outcome.kind === 'error') this.#fail(record, `${outcome.sqlstate}: ${outcome.message}`);
    else if (expect.kind === 'count') {
      const count = outcome.kind === 'rows' ? outcome.rows.length : countOf(outcome.tag);
      if (count !== expect.count) this.#fail(record, `${count} rows, not ${expect.count}`);
    }
    if (/^\s*CREATE\b/i.test(record.sql) && outcome.kind !== 'error' && !this.#inSession && (this.#mode === 'view-before' || this.#mode === 'restart')) await this.#makeViews();
  }

  async #makeViews(): Promise<void> {
    for (const [record, name] of this.#waiting) {
      const outcome = await this.#create(record, name);
      // What it reads may come later; other errors show when the query is reached.
      if (outcome.kind === 'error') continue;
      this.#waiting.delete(record);
      this.#made.set(record, name);
    }
  }

  #create(record: QueryRecord, name: string): Promise<Outcome> {
    const columns = Array.from(record.types, (_, i) => `c${i + 1}`).join(', ');
    return this.#db.run(`CREATE MATERIALIZED VIEW ${name} (${columns}) AS ${this.#sql(record.sql)}`);
  }

  async #dropViews(): Promise<void> {
    for (const [record, name] of this.#made) {
      await this.#db.run(`DROP MATERIALIZED VIEW ${name}`);
      this.#waiting.set(record, name);
    }
    this.#made.clear();
  }

  async #restart(): Promise<void> {
    this.#restarted = !this.#restarted;
    await this.#db.restart(this.#restarted ? (this.#parallelism % 3) + 1 : this.#parallelism);
  }

  /** Waits until a view of bounded sources has read them all. */
  async #finished(name: string): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      const state = await this.#db.run(`SELECT state FROM millrace_catalog.jobs WHERE name = '${name}'`);
      if (state.kind !== 'rows' || state.rows[0]?.[0] === 'finished') return;
      await new Promise<void>((resolve) => void systemClock.setTimer(10, resolve));
    }
  }

  async #query(record: QueryRecord): Promise<void> {
    let sql = record.sql;
    let inView = false;
    if (this.#mode !== 'one-shot' && record.noView === null && !this.#inSession && !NO_QUERY.test(record.sql)) {
      let name = this.#made.get(record);
      if (name === undefined) {
        name = this.#waiting.get(record) ?? `slt_view_${record.line}`;
        const outcome = await this.#create(record, name);
        this.#waiting.delete(record);
        if (outcome.kind === 'error') return this.#fail(record, `as a view: ${outcome.sqlstate}: ${outcome.message}`);
        this.#made.set(record, name);
      }
      if (this.#mode === 'restart') await this.#restart();
      if (this.#ending?.test(record.sql) === true && !this.#fedSources && !this.#moving) await this.#finished(name);
      sql = `SELECT * FROM ${name}`;
      inView = true;
      this.views++;
    }
    let failure = await this.#compare(record, sql, inView);
    const most = this.#moving ? 1500 : 0;
    for (let tries = 0; failure !== null && tries < most; tries++) {
      await new Promise<void>((resolve) => void systemClock.setTimer(20, resolve));
      failure = await this.#compare(record, sql, inView);
    }
    if (failure !== null) this.#fail(record, failure);
  }

  /** What is wrong with the answer, or null. */
  async #compare(record: QueryRecord, sql: string, inView: boolean): Promise<string | null> {
    const outcome = await this.#db.run(this.#sql(sql));
    if (outcome.kind !== 'rows') return outcome.kind === 'error' ? `${outcome.sqlstate}: ${outcome.message}` : 'no rows';
    const lines = shownLines(record, outcome, inView).map((l) => l.replaceAll(this.#scratch, '$SCRATCH'));
    if (!inView) this.answers.set(record, { types: outcome.types, lines });
    const wanted = inView && record.sort !== 'valuesort' ? sorted(record.rows) : record.rows;
    const got = inView && record.sort === 'valuesort' ? sorted(lines.flatMap((l) => l.split('|'))) : lines;
    if (got.join('\n') !== wanted.join('\n')) return `other rows\n--- expected\n${wanted.join('\n')}\n+++ got\n${got.join('\n')}`;
    if (!inView && this.#db.dialect === 'millrace' && outcome.types !== record.types) return `types ${outcome.types}, not ${record.types}`;
    return null;
  }
}
