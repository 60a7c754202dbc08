import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../src/common/batch/batch.ts';
import { SqlError } from '../../src/common/errors.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import type { StoredChange } from '../oracle/naive-dml.ts';
import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine, type Outcome } from '../runner/database.ts';
import { FIRST_NOW, HistoryClock } from './clock.ts';
import type { Construct } from './constructs.ts';
import { failing, refusedByDisk } from './faults.ts';
import { grow, growNaive } from './grow.ts';
import { Pauses } from './pauses.ts';

/** What is done to a database that keeps views: everything as SQL, so that it can be written down and replayed. */
export type Step =
  | { readonly kind: 'change'; readonly table: string; readonly sql: string }
  | { readonly kind: 'view'; readonly name: string; readonly sql: string; readonly marks: readonly Construct[] }
  /** After a flush. */
  | { readonly kind: 'check' }
  /** Without one: what is seen is the state after one of the changes since the last flush, and never an earlier one than was seen before. */
  | { readonly kind: 'peek' }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'crash'; readonly parallelism: number }
  | { readonly kind: 'checkpoint' }
  /** From here on a view shows what it showed; one that isn't there, or is held up already, stays as it is. */
  | { readonly kind: 'pause' | 'resume'; readonly view: string }
  /** A table gets one more column. */
  | { readonly kind: 'grow'; readonly sql: string };

export interface History {
  /** Functions and the like, made before the tables; plain views, made after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly timeZone: string;
  readonly tables: readonly { readonly name: string; readonly sql: string; readonly keyed: boolean }[];
  readonly steps: readonly Step[];
  readonly parallelism: number;
  /** Of the scheduler, the clock and the disk's faults. */
  readonly seed: number;
}

export interface Verdict {
  readonly kind: 'right' | 'wrong';
  readonly changes: number;
  /** Comparisons of one view with the oracle. */
  readonly checks: number;
  readonly crashes: number;
  readonly barriers: number;
  /** Of views that were made. */
  readonly marks: readonly Construct[];
  readonly views: number;
  /** Messages of refusals; what stands on a refused view is left out without a word. */
  readonly refused: readonly string[];
  readonly message: string;
}

/** Plays a history; at each check every view equals the naive evaluator's answer to its query. */
export async function play(h: History): Promise<Verdict> {
  const replay = new Replay(h);
  try {
    const message = await replay.run();
    replay.stop();
    return { ...replay.counts, kind: message === null ? 'right' : 'wrong', message: message ?? '' };
  } catch (error) {
    replay.stop();
    return { ...replay.counts, kind: 'wrong', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await replay.close();
  }
}

class Replay {
  readonly counts: { changes: number; checks: number; views: number; crashes: number; barriers: number; refused: string[]; marks: Construct[] } = { crashes: 0, barriers: 0, changes: 0, checks: 0, views: 0, refused: [], marks: [] };
  readonly #h: History;
  readonly #naive = new NaiveDatabase();
  readonly #made: string[] = [];
  readonly #pauses = new Pauses();
  readonly #missing = new Set<string>();
  readonly #rng: Rng;
  #rt: SqlRuntime | null = null;
  #pending: readonly StoredChange[] = [];
  #armed = false;
  readonly #clock: HistoryClock;
  /** The clock has moved since all views were last brought up to it. */
  #behindClock = false;
  /** What was there after each step since the last flush. */
  #moments: Moment[] = [];
  /** The first of them that a view may still show. */
  readonly #seen = new Map<string, number>();

  constructor(h: History) {
    this.#h = h;
    this.#rng = new Rng(h.seed);
    this.#clock = new HistoryClock(() => this.#rng.double());
    this.#naive.setClock({ toMicros: FIRST_NOW });
    this.#naive.setTimeZone(h.timeZone);
    this.#naive.onChanges = (_, changes) => (this.#pending = changes);
  }

  async run(): Promise<string | null> {
    const random = (): number => this.#rng.double();
    const rt = await SqlRuntime.open({ parallelism: this.#h.parallelism, scheduler: { random }, clock: this.#clock, timeZone: this.#h.timeZone, wrapStore: (store) => failing(store, () => (this.#armed ? random() : 1)) });
    this.#rt = rt;
    for (const sql of [...this.#h.before, ...this.#h.tables.map((t) => t.sql), ...this.#h.after]) {
      this.#naive.runNow(sql);
      await rt.run(sql);
    }
    this.#armed = true;
    this.#moments = [this.#moment()];
    for (const [at, step] of [...this.#h.steps, { kind: 'check' } as const].entries()) {
      const message = await this.#step(rt, step);
      if (message !== null) return `step ${at}: ${message}`;
    }
    if (!this.#pauses.any) return null;
    for (const name of this.#made) {
      const message = await this.#resume(rt, name);
      if (message !== null) return `when all go on: ${message}`;
    }
    const message = await this.#check(rt);
    return message === null ? null : `when all go on: ${message}`;
  }

  /** Counts what is over. */
  stop(): void {
    this.counts.barriers = Number(this.#rt?.runtime.status().lastEpoch ?? 0);
  }

  async close(): Promise<void> {
    await this.#rt?.runtime.close({ abrupt: true });
  }

  async #step(rt: SqlRuntime, step: Step): Promise<string | null> {
    switch (step.kind) {
      case 'change':
        await this.#change(rt, step);
        return null;
      case 'view':
        return await this.#view(rt, step);
      case 'crash':
        this.#pauses.outlive(rt);
        await rt.crash({ parallelism: step.parallelism });
        this.counts.crashes++;
        this.#seen.clear();
        return null;
      case 'checkpoint':
        await rt.runtime.checkpoint().catch((error: unknown) => {
          if (!refusedByDisk(error)) throw error;
        });
        return null;
      case 'clock':
        this.#clock.advance(step.seconds);
        this.#naive.setClock({ byMicros: BigInt(step.seconds) * 1_000_000n });
        this.#behindClock = true;
        this.#moments.push(this.#moment());
        return null;
      case 'grow':
        await this.#flush(rt);
        this.#pauses.flushed();
        await grow(rt, growNaive(this.#naive, step.sql));
        this.#moments = [this.#moment()];
        this.counts.marks.push('add column');
        return null;
      case 'pause':
        if (this.#made.includes(step.view)) await this.#pauses.pause(rt, step.view);
        return null;
      case 'resume':
        return await this.#resume(rt, step.view);
      case 'peek':
        return await this.#peek(rt);
      case 'check':
        return await this.#check(rt);
    }
  }

  async #change(rt: SqlRuntime, step: Step & { kind: 'change' }): Promise<void> {
    this.#pending = [];
    this.#naive.runNow(step.sql);
    const { rows, ops } = changelog(this.#pending, this.#h.tables.find((t) => t.name === step.table)?.keyed === true);
    this.counts.changes += rows.length;
    if (step.sql.includes('DO UPDATE')) this.counts.marks.push('upsert');
    if (rows.length === 0) return;
    this.#moments.push(this.#moment());
    await rt.change(rt.table(step.table), rows, ops);
  }

  async #view(rt: SqlRuntime, { name, sql, marks }: Step & { kind: 'view' }): Promise<string | null> {
    const leaveOut = (): null => {
      this.#missing.add(name);
      return null;
    };
    if ([...this.#missing].some((m) => new RegExp(`\\b${m}\\b`).test(sql))) return leaveOut();
    const create = `CREATE MATERIALIZED VIEW ${name} AS ${sql}`;
    const twin = this.#naive.runNow(create);
    if (twin.kind === 'error') {
      if (twin.sqlstate !== '0A000') return `the oracle refuses ${sql}\n${twin.sqlstate}: ${twin.message}`;
      this.counts.refused.push(twin.message);
      return leaveOut();
    }
    try {
      await rt.run(create);
    } catch (error) {
      const refused = error instanceof SqlError && error.condition === 'feature_not_supported';
      if (!refused && !refusedByDisk(error)) throw error;
      const left = [...rt.db.catalog.snapshot().objects.values()].find((o) => o.name === name);
      if (left !== undefined) rt.db.catalog.drop([left.id], 'cascade');
      this.#naive.runNow(`DROP MATERIALIZED VIEW ${name}`);
      if (refused) this.counts.refused.push(error.message);
      return leaveOut();
    }
    this.counts.views++;
    this.counts.marks.push(...marks);
    this.#made.push(name);
    this.#pauses.made(name, sql);
    return null;
  }

  async #resume(rt: SqlRuntime, view: string): Promise<string | null> {
    const stirred = await this.#pauses.stirred(rt);
    if (stirred !== null) return stirred;
    if (await this.#pauses.resume(rt, view)) this.counts.marks.push('pause and resume');
    // The clock may have moved meanwhile.
    this.#behindClock = true;
    return null;
  }

  async #flush(rt: SqlRuntime): Promise<void> {
    // Time alone makes nothing that a flush would wait for: it takes a barrier behind the jump, and the disk may refuse this one.
    for (let done = !this.#behindClock; !done; ) {
      done = await rt.runtime.checkpoint().then(() => true, (error: unknown) => {
        if (!refusedByDisk(error)) throw error;
        return false;
      });
    }
    this.#behindClock = false;
    await rt.runtime.flush();
    this.#moments = [this.#moment()];
    this.#seen.clear();
  }

  #moment(): Moment {
    return { rows: new Map(this.#naive.rows), nowMicros: this.#naive.eval.nowMicros };
  }

  /** The oracle's answer as it was. */
  #then(rows: Moment['rows'], nowMicros: bigint, name: string): string | null {
    const now = this.#moment();
    this.#put(rows, nowMicros);
    const outcome = this.#naive.runNow(`SELECT * FROM ${name}`);
    this.#put(now.rows, now.nowMicros);
    return outcome.kind === 'rows' ? outcome.rows.map((r) => r.map((v) => v ?? '').join('|')).sort().join('\n') : null;
  }

  #put(rows: Moment['rows'], nowMicros: bigint): void {
    for (const [table, all] of rows) this.#naive.rows.set(table, all);
    this.#naive.setClock({ toMicros: nowMicros });
  }

  async #peek(rt: SqlRuntime): Promise<string | null> {
    const times = new Set(this.#moments.map((m) => m.nowMicros));
    for (const name of this.#made) {
      if (!this.#pauses.follows(name)) continue;
      const got = (await rt.query(`SELECT * FROM ${name}`)).sort().join('\n');
      this.counts.checks++;
      let at = this.#seen.get(name) ?? 0;
      const found = (m: Moment): boolean => [...times].some((now) => (this.#then(m.rows, now, name) ?? got) === got);
      while (at < this.#moments.length && !found(this.#moments[at] ?? this.#moment())) at++;
      if (at === this.#moments.length) return `${name} shows what was there after none of the last ${at} changes\n--- now expected\n${this.#then(this.#naive.rows, this.#naive.eval.nowMicros, name) ?? ''}\n+++ got\n${got}`;
      this.#seen.set(name, at);
    }
    return null;
  }

  async #check(rt: SqlRuntime): Promise<string | null> {
    await this.#flush(rt);
    this.#pauses.flushed();
    const stirred = await this.#pauses.stirred(rt);
    if (stirred !== null) return stirred;
    for (const name of this.#made) {
      if (!this.#pauses.follows(name)) continue;
      const want: Outcome = this.#naive.runNow(`SELECT * FROM ${name}`);
      if (want.kind !== 'rows') return want.kind === 'error' && want.sqlstate === '0A000' ? null : `the oracle on ${name}: ${JSON.stringify(want)}`;
      this.counts.checks++;
      const got = (await rt.query(`SELECT * FROM ${name}`)).sort();
      const wanted = want.rows.map((r) => r.map((v) => v ?? '').join('|')).sort();
      if (got.join('\n') !== wanted.join('\n')) return `${name} at parallelism ${rt.runtime.status().parallelism} has other rows\n--- expected\n${want.rows.map(rowLine).sort().join('\n')}\n+++ got\n${got.join('\n')}`;
    }
    return null;
  }
}

interface Moment {
  readonly rows: ReadonlyMap<number, Row[]>;
  readonly nowMicros: bigint;
}

/** As the engine writes them: a changed key is a deletion and an insertion, deletions first. */
function changelog(changes: readonly StoredChange[], keyed: boolean): { readonly rows: Row[]; readonly ops: Uint8Array } {
  const out: [number, Row][] = [];
  const moved = (c: StoredChange): boolean => keyed && c.op === 'update' && c.before[0] !== c.row[0];
  for (const c of changes) if (c.op === 'update' && moved(c)) out.push([DELETE, c.before]);
  for (const c of changes) {
    if (c.op === 'insert' || moved(c)) out.push([INSERT, c.row]);
    else if (c.op === 'delete') out.push([DELETE, c.row]);
    else if (c.op === 'update') out.push([UPDATE_BEFORE, c.before], [UPDATE_AFTER, c.row]);
  }
  return { rows: out.map(([, row]) => row), ops: Uint8Array.from(out, ([op]) => op) };
}
