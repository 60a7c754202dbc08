import { rowsFromBatch } from '../common/batch/builder.ts';
import type { Schema } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import type { CursorInfo } from '../catalog/system/context.ts';
import type { Clock } from '../common/clock.ts';
import type { Row } from '../common/types/value.ts';
import type { FetchStatement } from '../parser/ast-session.ts';
import type { BoundDeclareCursor } from '../planner/statement.ts';
import { abortable, checkAborted } from './abort.ts';
import type { RowSource, StatementResult } from './api.ts';
import type { OpenQuery } from './query.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';

/**
 * A named cursor. Rows are pulled as they are fetched. A scrollable one keeps what it has given. A continuous one waits for
 * the rows asked for, unless FETCH says for how long; FETCH ALL gives what is there.
 */
export class Cursor {
  readonly schema: Schema;
  readonly live: boolean;
  readonly hold: boolean;
  readonly info: Omit<CursorInfo, 'name'>;
  readonly #source: RowSource;
  readonly #stop: AbortController;
  readonly #scroll: boolean;
  /** Rows given so far, of a scrollable cursor. */
  readonly #kept: Row[] = [];
  /** 1-based number of the row the cursor stands on; 0 before the first. */
  #at = 0;
  /** Rows given so far. */
  #total = 0;
  #ready: Row[] = [];
  #pending: Promise<Row[] | null> | null = null;
  #ended = false;

  constructor(open: OpenQuery, stop: AbortController, info: Omit<CursorInfo, 'name'>) {
    this.schema = open.schema;
    this.live = open.live;
    this.#source = open.rows;
    this.#stop = stop;
    this.#scroll = info.scroll;
    this.hold = info.hold;
    this.info = info;
  }

  async fetch(direction: FetchStatement['direction'], count: number | null, wait: Waiting): Promise<Row[]> {
    switch (direction) {
      case 'forward':
        return count !== null && count < 0 ? this.#backward(-count) : await this.#forward(count, wait);
      case 'backward':
        return count !== null && count < 0 ? await this.#forward(-count, wait) : this.#backward(count);
      case 'first':
        return await this.#absolute(1, wait);
      case 'last': {
        const rows = await this.#forward(null, wait);
        return rows.slice(-1);
      }
      case 'absolute':
        return await this.#absolute(count ?? 1, wait);
      case 'relative':
        return await this.#absolute(this.#at + (count ?? 1), wait);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#source.close();
  }

  async #absolute(target: number, wait: Waiting): Promise<Row[]> {
    if (target <= this.#at) {
      this.#requireScroll();
      this.#at = Math.max(0, target - 1);
      return target < 1 ? [] : await this.#forward(1, wait);
    }
    const wanted = target - this.#at;
    const rows = await this.#forward(wanted, wait);
    return rows.length === wanted ? rows.slice(-1) : [];
  }

  #requireScroll(): void {
    if (!this.#scroll) throw new SqlError('object_not_in_prerequisite_state', 'cursor can only scan forward', { hint: 'Declare it with SCROLL option to enable backward scan.' });
  }

  #backward(count: number | null): Row[] {
    if (count === 0) return this.#kept.slice(this.#at - 1, this.#at);
    this.#requireScroll();
    const from = count === null ? 0 : Math.max(0, this.#at - 1 - count);
    const rows = this.#kept.slice(from, Math.max(0, this.#at - 1)).toReversed();
    this.#at = count === null || this.#at - count < 0 ? 0 : this.#at - count;
    return rows;
  }

  async #forward(count: number | null, wait: Waiting): Promise<Row[]> {
    const out: Row[] = [];
    const most = count ?? Infinity;
    if (this.#past) return out;
    while (this.#scroll && out.length < most && this.#at < this.#kept.length) out.push(this.#kept[this.#at++] ?? []);
    while (out.length < most) {
      const row = this.#ready.shift();
      if (row === undefined) {
        if (!this.#ended && (await this.#more(wait, count === null, out.length))) continue;
        if (this.#ended) this.#step(1);
        break;
      }
      this.#step(1);
      if (this.#scroll) this.#kept.push(row);
      out.push(row);
    }
    return out;
  }

  /** Behind the last row. */
  get #past(): boolean {
    return this.#ended && this.#at > this.#total;
  }

  #step(rows: number): void {
    this.#at += rows;
    if (!this.#ended) this.#total = Math.max(this.#total, this.#at);
  }

  /** Waits for a batch; false when there is none, or none within the time. A batch that comes later is kept for the next FETCH. */
  async #more(wait: Waiting, all: boolean, have: number): Promise<boolean> {
    checkAborted(wait.signal);
    this.#pending ??= this.#pull();
    const ms = wait.timeoutMs ?? (this.live && all ? LIVE_ALL_MS : null);
    const rows = ms === null ? await abortable(this.#pending, wait.signal) : await within(this.#pending, have > 0 ? 0 : ms, wait);
    if (rows === undefined) return false;
    this.#pending = null;
    if (rows === null) {
      this.#ended = true;
      return false;
    }
    this.#ready = rows;
    return true;
  }

  async #pull(): Promise<Row[] | null> {
    const batch = await this.#source.next();
    return batch === null ? null : rowsFromBatch(this.schema, batch);
  }
}

/** FETCH ALL of a continuous cursor gives up when nothing has come for so long. */
const LIVE_ALL_MS = 50;

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** FETCH … WITH (timeout); null: as long as it takes. */
  readonly timeoutMs: number | null;
}

async function within<T>(promise: Promise<T>, ms: number, wait: Waiting): Promise<T | undefined> {
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = wait.clock.setTimer(ms, () => resolve(undefined));
  });
  try {
    return await abortable(Promise.race([promise, late]), wait.signal);
  } finally {
    cancel();
  }
}

export async function declareCursor(run: Run, bound: Pick<BoundDeclareCursor, 'name' | 'hold' | 'scroll' | 'binary'>, open: (inner: Run) => Promise<OpenQuery>): Promise<StatementResult> {
  const { session } = run;
  if (!bound.hold && session.transaction?.implicit !== false) throw new SqlError('no_active_sql_transaction', 'DECLARE CURSOR can only be used in transaction blocks');
  if (session.cursors.has(bound.name)) throw new SqlError('duplicate_cursor', `cursor "${bound.name}" already exists`);
  // The cursor outlives the statement: it is stopped by its own signal, not by the statement's.
  const stop = new AbortController();
  const made = await open({ ...run, signal: stop.signal });
  session.cursors.set(bound.name, new Cursor(made, stop, { statement: session.running?.text ?? '', hold: bound.hold, binary: bound.binary, scroll: bound.scroll === true, createdAt: session.core.clock.nowMicros() }));
  return { kind: 'command', tag: 'DECLARE CURSOR' };
}

export async function fetchCursor(run: Run, s: FetchStatement): Promise<StatementResult> {
  const cursor = run.session.cursors.get(s.cursor.name);
  if (cursor === undefined) throw new SqlError('invalid_cursor_name', `cursor "${s.cursor.name}" does not exist`);
  // What was written before is among what there is.
  if (cursor.live) await run.core.freshness.catchUp(run.signal);
  const rows = await cursor.fetch(s.direction, s.count, { clock: run.core.clock, signal: run.signal, timeoutMs: timeoutOf(s) });
  if (s.move) return { kind: 'command', tag: `MOVE ${rows.length}` };
  return { kind: 'rows', schema: cursor.schema, rows: rowsOf(cursor.schema, rows), live: false, tag: (n) => `FETCH ${n}` };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, '': 1000, m: 60_000, min: 60_000, h: 3_600_000 };

function timeoutOf(s: FetchStatement): number | null {
  let ms: number | null = null;
  for (const o of s.options) {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(o.value ?? '');
    const unit = UNITS[(match?.[2] ?? '').toLowerCase()];
    if (o.key.toLowerCase() !== 'timeout' || match === null || unit === undefined) throw new SqlError('invalid_parameter_value', `invalid option "${o.key}" for FETCH`, { span: o.span, hint: "The option is timeout, such as timeout = '1s'." });
    ms = Number(match[1]) * unit;
  }
  return ms;
}

export async function closeCursors(cursors: Map<string, Cursor>, which: (c: Cursor) => boolean = () => true): Promise<void> {
  for (const [name, cursor] of [...cursors]) {
    if (!which(cursor)) continue;
    cursors.delete(name);
    await cursor.close();
  }
}
