import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSERT } from '../../src/common/batch/batch.ts';
import { SqlError } from '../../src/common/errors.ts';
import { afterIo } from '../../src/common/event-loop.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import { Choices, simpler } from './choices.ts';
import type { Construct } from './constructs.ts';
import { eventQuery, type EventQuery } from './event-queries.ts';
import { Feed, makeChanges } from './event-feed.ts';
import { CHANGING, changingRow, LATEST, makeRows, SOURCES, sourceSql, type Source } from './event-sources.ts';
import type { Verdict } from './history.ts';
import { STILL, STILL_ROWS, STILL_VIEW, tableSql } from './tables.ts';
import { functionsIn } from './user-functions.ts';

function json(row: Row, zoned: boolean): string {
  const [k, v, s, ts] = row;
  return JSON.stringify({ k, v, s, ts: `${new Date(Number(ts as bigint) / 1000).toISOString().slice(0, 23).replace('T', ' ')}${zoned ? 'Z' : ''}` });
}

/** The queries that a seed stands for. */
export function eventQueries(seed: number): EventQuery[] {
  const c = new Choices([], new Rng(seed ^ 0x2545f491));
  return Array.from({ length: 1 + c.int(3) }, () => eventQuery(c));
}

/**
 * Views over sources with watermarks, in files or in topics that fill by and by, read by seeded cuts and with crashes. Views whose rows are final are looked at in between:
 * what they show is part of what they show in the end, and nothing of it goes. Once the sources have ended each view equals the naive
 * evaluator's answer over all rows.
 */
export async function playEvents(seed: number, queries: readonly EventQuery[] = eventQueries(seed)): Promise<Verdict> {
  const play = new EventPlay(seed, queries);
  try {
    const message = await play.run();
    return { ...play.counts, kind: message === null ? 'right' : 'wrong', message: message ?? '' };
  } catch (error) {
    return { ...play.counts, kind: 'wrong', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await play.close();
  }
}

class EventPlay {
  readonly counts: { changes: number; checks: number; views: number; crashes: number; barriers: number; refused: string[]; marks: Construct[] } = { changes: 0, checks: 0, views: 0, crashes: 0, barriers: 0, refused: [], marks: [] };
  readonly #queries: readonly EventQuery[];
  readonly #seed: number;
  readonly #rng: Rng;
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-events-'));
  readonly #made = new Map<string, EventQuery>();
  readonly #shown = new Map<string, readonly string[]>();
  readonly #feed: Feed;
  /** From topics that fill by and by, not from files. */
  readonly #fed: boolean;
  #restarts = 0;
  #rt: SqlRuntime | null = null;

  constructor(seed: number, queries: readonly EventQuery[]) {
    this.#queries = queries;
    this.#seed = seed;
    this.#rng = new Rng(seed);
    this.#fed = this.#rng.int(3) < 2;
    this.#feed = new Feed(() => this.#rng.double());
  }

  async close(): Promise<void> {
    await this.#rt?.runtime.close({ abrupt: true });
    this.#feed.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async run(): Promise<string | null> {
    const rng = this.#rng;
    const random = (): number => rng.double();
    const timeZone = rng.pick(['UTC', 'Europe/Berlin', 'America/New_York']);
    // The less, the more barriers there are between reads.
    const slowness = rng.pick([1, 0.2, 0.02]);
    const rt = await SqlRuntime.open({ parallelism: 1 + rng.int(3), scheduler: { random }, clock: new SimClock(() => random() * slowness), timeZone });
    this.#rt = rt;
    const named = new Set(this.#queries.flatMap((q) => (/\blatest\b/.test(q.sql) ? ['f'] : []).concat(q.sql.match(/\b[a-z]+\b/g) ?? [])));
    for (const [i, source] of SOURCES.entries()) if (named.has(source.name)) await this.#source(rt, source, i);
    for (const source of CHANGING) if (named.has(source.name)) await this.#changing(rt, source);
    for (const sql of functionsIn(this.#queries.map((q) => q.sql).join(' '))) await rt.run(sql);
    if (named.has('d') || named.has('dv')) for (const sql of [tableSql(STILL), STILL_ROWS, `CREATE MATERIALIZED VIEW ${STILL_VIEW.name} AS ${STILL_VIEW.sql}`]) await rt.run(sql);
    if (named.has('latest')) await this.#latest(rt);
    const still = new Set(rt.specs.map((x) => x.id));
    await rt.runtime.flush();
    for (const [i, query] of this.#queries.entries()) await this.#view(rt, `v${i}`, query);
    for (let acts = rng.int(10); acts > 0; acts--) {
      const message = await this.#act(rt);
      if (message !== null) return message;
    }
    this.#feed.rest();
    // What looks things up in a stored table goes on after its file has ended.
    const ends = rt.specs.filter((x) => !still.has(x.id) && !/\b(d|dv) FOR SYSTEM_TIME/.test(this.#made.get(x.name)?.sql ?? ''));
    await Promise.all(ends.map((x) => rt.runtime.awaitFinished(x.id)));
    for (const view of this.#made.keys()) {
      const wrong = await this.#atTheEnd(rt, view);
      if (wrong !== null) return wrong;
    }
    this.counts.barriers = Number(rt.runtime.status().lastEpoch);
    return null;
  }

  async #latest(rt: SqlRuntime): Promise<void> {
    const f = SOURCES.find((x) => x.name === 'f');
    if (f === undefined) return;
    // What `latest` stands for, as the oracle understands it: it is never read.
    await rt.run(sourceSql({ ...f, key: true }, `'connector' = 'filesystem', 'path' = '${join(this.#folder, 'f')}', 'format' = 'json'`, 'fv'));
    rt.db.rows.set(rt.table('fv'), rt.db.rows.get(rt.table('f')) ?? []);
    await rt.run(LATEST);
  }

  async #source(rt: SqlRuntime, source: Source, i: number): Promise<void> {
    // Its rows are the same whatever is asked.
    const rng = new Rng(this.#seed * 31 + i);
    const { name } = source;
    const rows = makeRows(rng, name === 'g' ? 6 : rng.pick([20, 40, 80, 240]) + rng.int(40), i, source);
    this.counts.changes += rows.length;
    const files = 1 + rng.int(3);
    if (this.#fed && name !== 'g') {
      this.#feed.add(name, files, rows.map((row, at) => ({ partition: at % files, record: { op: INSERT, row } })));
      await rt.run(sourceSql(source, `'connector' = 'memory-append-only', 'topic' = '${name}'`));
      rt.db.rows.set(rt.table(name), rows);
      return;
    }
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    for (let f = 0; f < files; f++) writeFileSync(join(folder, `${f}.json`), rows.filter((_, at) => at % files === f).map((r) => `${json(r, name === 'z')}\n`).join(''));
    await rt.run(sourceSql(source, `'connector' = 'filesystem', 'path' = '${folder}', 'format' = 'json'`));
    rt.db.rows.set(rt.table(name), rows);
  }

  async #changing(rt: SqlRuntime, { name, kind, sql }: (typeof CHANGING)[number]): Promise<void> {
    const rng = new Rng(this.#seed * 37 + kind.length);
    const { changes, rows } = makeChanges(rng, 20 + rng.int(60), kind, (id) => changingRow(rng, id));
    const parts = 1 + rng.int(3);
    this.counts.changes += changes.length;
    this.#feed.add(name, parts, changes.map((record) => ({ partition: Number(record.row[0]) % parts, record })));
    await rt.run(`${sql} WITH ('connector' = 'memory-${kind}', 'topic' = '${name}')`);
    rt.db.rows.set(rt.table(name), [...rows]);
  }

  async #view(rt: SqlRuntime, name: string, query: EventQuery): Promise<void> {
    try {
      await rt.run(`CREATE MATERIALIZED VIEW ${name} AS ${query.sql}`, query.firing);
    } catch (error) {
      if (!(error instanceof SqlError) || error.condition !== 'feature_not_supported') throw error;
      this.counts.refused.push(error.message);
      return;
    }
    this.#made.set(name, query);
    this.counts.views++;
    this.counts.marks.push(...query.marks);
  }

  /** Some turns of the event loop, then a crash, a checkpoint or a look. */
  async #act(rt: SqlRuntime): Promise<string | null> {
    const rng = this.#rng;
    for (let turns = rng.int(40); turns > 0; turns--) await new Promise<void>((resolve) => afterIo(resolve));
    this.#feed.some(rng);
    for (let turns = rng.int(40); turns > 0; turns--) await new Promise<void>((resolve) => afterIo(resolve));
    switch (rng.int(4)) {
      case 0:
        await rt.runtime.checkpoint();
        return null;
      case 1:
        this.#feed.crash();
        await rt.crash({ parallelism: 1 + rng.int(3) });
        this.counts.crashes++;
        // What was shown and not yet saved may be shown again later.
        this.#shown.clear();
        return null;
      default:
        return await this.#look(rt);
    }
  }

  async #look(rt: SqlRuntime): Promise<string | null> {
    for (const [view, query] of this.#made) {
      if (!query.final) continue;
      const before = restartsOf(rt);
      const got = (await rt.query(`SELECT * FROM ${view}`)).sort();
      this.counts.checks++;
      const early = without(got, this.#expected(rt, view));
      if (early.length > 0) return `${query.sql}\n--- shown before the end, and wrong\n${early.join('\n')}`;
      // A job that failed, before or while it was looked at, has gone back to its last checkpoint.
      const restarts = restartsOf(rt);
      if (restarts !== this.#restarts) this.#shown.clear();
      this.#restarts = restarts;
      if (restarts !== before) continue;
      const gone = without(this.#shown.get(view) ?? [], got);
      if (gone.length > 0) return `${query.sql}\n--- shown and taken back\n${gone.join('\n')}`;
      this.#shown.set(view, got);
    }
    return null;
  }

  #expected(rt: SqlRuntime, view: string): string[] {
    const sql = this.#made.get(view)?.sql ?? '';
    return rt.expected(sql.includes(' latest ') ? sql.replace(' latest ', ' fv ') : `SELECT * FROM ${view}`);
  }

  async #atTheEnd(rt: SqlRuntime, view: string): Promise<string | null> {
    this.counts.checks++;
    const wanted = this.#expected(rt, view).sort();
    let got: string[] = [];
    // A view that goes on is waited for: what counts is what it shows once its sources have ended, however long a disk takes.
    for (let tries = 0; tries < 200; tries += hasEnded(rt, view) ? 1 : 0) {
      got = (await rt.query(`SELECT * FROM ${view}`)).sort();
      if (got.join('\n') === wanted.join('\n')) return null;
      for (let turns = 0; turns < 20; turns++) await new Promise<void>((resolve) => afterIo(resolve));
    }
    return `${this.#made.get(view)?.sql}\n--- expected\n${without(wanted, got).join('\n')}\n+++ got\n${without(got, wanted).join('\n')}\n(${wanted.length} and ${got.length} rows)`;
  }
}

/** As of the last barrier, the sources of a view have nothing more. */
function hasEnded(rt: SqlRuntime, view: string): boolean {
  const job = rt.runtime.status().jobs.find((j) => j.name === view);
  return job === undefined || job.state === 'finished' || job.state === 'failed' || (job.state === 'running' && job.splits.every((s) => s.ended));
}

const restartsOf = (rt: SqlRuntime): number => rt.logs.filter((l) => l.includes('failed and restarts')).length;

/** A bag less another. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const x of others) left.set(x, (left.get(x) ?? 0) + 1);
  return all.filter((x) => {
    const n = left.get(x) ?? 0;
    left.set(x, n - 1);
    return n <= 0;
  });
}

/** The simplest query that still goes wrong on the rows and cuts of a seed, as text. */
export async function shrinkEvents(seed: number, tries = 60): Promise<string> {
  let left = tries;
  const fails = async (queries: readonly EventQuery[]): Promise<string | null> => {
    if (left-- <= 0) return null;
    const verdict = await playEvents(seed, queries);
    return verdict.kind === 'wrong' ? verdict.message : null;
  };
  const all = eventQueries(seed);
  for (const query of all) {
    let message = await fails([query]);
    if (message === null) continue;
    const c = new Choices([], new Rng(seed ^ 0x2545f491));
    let best = query;
    c.int(3);
    while (eventQuery(c).sql !== query.sql);
    for (const easier of simpler(c.taken.slice(1))) {
      const next = eventQuery(new Choices(easier, null));
      if (next.sql.length >= best.sql.length) continue;
      const other = await fails([next]);
      if (other === null) continue;
      best = next;
      message = other;
    }
    return `by itself: ${best.sql}\n${message}`;
  }
  return 'only together';
}
