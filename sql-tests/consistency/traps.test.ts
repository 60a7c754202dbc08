import { describe, expect, it } from 'vitest';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../src/common/batch/batch.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import { TABLES, TRAPS } from './traps.ts';
import { Watch, type Seen } from './watch.ts';

const NAMES = TRAPS.flatMap((t) => t.views.map(([name]) => name));
const ALWAYS = new Map(TRAPS.flatMap((t) => (t.always === null ? [] : [[t.views.at(-1)?.[0] ?? '', t.always] as const])));

interface Change {
  readonly table: 'moved' | 'paid';
  readonly rows: readonly Row[];
  readonly ops: Uint8Array;
}

/** Random inserts, updates and deletes; what is paid may come before what is moved, and stay when it goes. */
class Changes {
  readonly #rng: Rng;
  readonly #rows = { moved: new Map<number, Row>(), paid: new Map<number, Row>() };

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  next(): Change {
    const rng = this.#rng;
    const table = rng.int(3) === 0 ? 'paid' : 'moved';
    const there = this.#rows[table];
    const rows: Row[] = [];
    const ops: number[] = [];
    for (let n = 1 + rng.int(4); n > 0; n--) {
      const id = rng.int(20);
      const before = there.get(id);
      const after: Row = table === 'moved' ? [id, rng.int(4), rng.int(4), 1 + rng.int(50)] : [id, rng.int(50)];
      if (before === undefined) {
        rows.push(after);
        ops.push(INSERT);
        there.set(id, after);
      } else if (rng.int(2) === 0) {
        rows.push(before);
        ops.push(DELETE);
        there.delete(id);
      } else {
        rows.push(before, after);
        ops.push(UPDATE_BEFORE, UPDATE_AFTER);
        there.set(id, after);
      }
    }
    return { table, rows, ops: Uint8Array.from(ops) };
  }

  get moved(): Row[] {
    return [...this.#rows.moved.values()];
  }
  get paid(): Row[] {
    return [...this.#rows.paid.values()];
  }
}

/** The answers to all views after each number of changes, of one table at least as far as seen and of the other. */
class Answers {
  readonly #sql: SqlRuntime;
  readonly #prefixes = { moved: [[]] as Row[][], paid: [[]] as Row[][] };
  readonly #known = new Map<string, readonly string[]>();

  constructor(sql: SqlRuntime) {
    this.#sql = sql;
  }

  grow(changes: Changes): void {
    this.#prefixes.moved.push(changes.moved);
    this.#prefixes.paid.push(changes.paid);
  }

  get length(): number {
    return this.#prefixes.moved.length;
  }

  of(view: string, moved: number, paid: number): readonly string[] {
    const key = `${view} ${moved} ${paid}`;
    let rows = this.#known.get(key);
    if (rows === undefined) {
      this.#sql.db.rows.set(this.#sql.table('moved'), this.#prefixes.moved[moved] ?? []);
      this.#sql.db.rows.set(this.#sql.table('paid'), this.#prefixes.paid[paid] ?? []);
      rows = this.#sql.expected(`SELECT * FROM ${view}`).sort();
      this.#known.set(key, rows);
    }
    return rows;
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** The prefixes of both inputs after which every view shows what it was seen to show at one epoch. */
function explained(answers: Answers, seen: ReadonlyMap<string, readonly string[]>, from: readonly [number, number]): readonly [number, number] | null {
  for (let moved = from[0]; moved < answers.length; moved++) {
    for (let paid = from[1]; paid < answers.length; paid++) {
      if ([...seen].every(([view, rows]) => same(rows, answers.of(view, moved, paid)))) return [moved, paid];
    }
  }
  return null;
}

async function play(seed: number, parallelism: number): Promise<void> {
  const rng = new Rng(seed);
  const random = (): number => rng.double();
  const sql = await SqlRuntime.open({ parallelism, scheduler: { random }, clock: new SimClock(random) });
  try {
    await sql.run(TABLES);
    for (const [name, query] of TRAPS.flatMap((t) => t.views)) await sql.run(`CREATE MATERIALIZED VIEW ${name} AS ${query}`);
    const changes = new Changes(rng);
    const answers = new Answers(sql);
    let at: readonly [number, number] = [0, 0];
    for (let round = 0; round < 3; round++) {
      const watches = NAMES.map((view) => new Watch(sql, view));
      for (let k = 0; k < 8; k++) {
        const { table, rows, ops } = changes.next();
        answers.grow(changes);
        await sql.change(sql.table(table), rows, ops);
        if (rng.int(3) === 0) await sql.runtime.flush();
      }
      await sql.runtime.flush();
      const all = await Promise.all(watches.map(async (w) => [w.view, await w.close()] as const));
      for (const [view, seen] of all) {
        expect(seen.length, `${view} was seen`).toBeGreaterThan(0);
        const wanted = ALWAYS.get(view);
        if (wanted !== undefined) for (const s of seen) expect(s.rows, `${view} at epoch ${s.epoch}`).toEqual(wanted);
      }
      at = everyEpoch(answers, all, at);
      await sql.crash({ parallelism: seed % 2 === 0 ? parallelism : 1 + rng.int(3) });
    }
    await sql.runtime.flush();
    for (const view of NAMES) expect((await sql.query(`SELECT * FROM ${view}`)).sort(), view).toEqual(answers.of(view, answers.length - 1, answers.length - 1));
  } finally {
    await sql.runtime.close({ abrupt: true });
  }
}

/** At every epoch there are prefixes of the inputs that explain all views at once, and they never get shorter. */
function everyEpoch(answers: Answers, all: readonly (readonly [string, readonly Seen[]])[], from: readonly [number, number]): readonly [number, number] {
  const epochs = [...new Set(all.flatMap(([, seen]) => seen.map((s) => s.epoch)))].sort((a, b) => a - b);
  let at = from;
  for (const epoch of epochs) {
    const state = new Map(all.flatMap(([view, seen]) => {
      const last = seen.findLast((s) => s.epoch <= epoch);
      return last === undefined ? [] : [[view, last.rows] as const];
    }));
    const found = explained(answers, state, at);
    expect(found, `epoch ${epoch}: ${JSON.stringify([...state])}`).not.toBeNull();
    at = found ?? at;
  }
  return at;
}

describe('every epoch of every view shows one moment of the input', () => {
  it.each([1, 2, 3, 4])('at parallelism 1, seed %i', async (seed) => play(seed, 1));
  it.each([5, 6, 7, 8])('at parallelism 3, seed %i', async (seed) => play(seed, 3));
});
