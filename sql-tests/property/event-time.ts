import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqlError } from '../../src/common/errors.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import { Choices } from './choices.ts';
import { eventQuery, SOURCES } from './event-queries.ts';
import type { Verdict } from './history.ts';

const DELAY_SECONDS = 5;
const START = 1_704_067_200_000_000n;

/** Rows out of order, but never late: a time is less than the delay behind the greatest before it. All times differ. */
function makeRows(rng: Rng, count: number, offset: number): Row[] {
  let second = 0;
  return Array.from({ length: count }, (_, i) => {
    second += rng.pick([0, 0, 1, 1, 2, 9]);
    const at = second - rng.int(DELAY_SECONDS - 1);
    return [rng.int(6) === 0 ? null : rng.int(4), rng.int(6) === 0 ? null : rng.int(20), rng.pick(['a', 'b', '', 'é']), START + BigInt(at) * 1_000_000n + BigInt(i * 2 + offset) * 1000n];
  });
}

function json(row: Row): string {
  const [k, v, s, ts] = row;
  return JSON.stringify({ k, v, s, ts: new Date(Number(ts as bigint) / 1000).toISOString().slice(0, 23).replace('T', ' ') });
}

/** The queries that a seed stands for. */
export function eventQueries(seed: number): string[] {
  const c = new Choices([], new Rng(seed ^ 0x2545f491));
  return Array.from({ length: 1 + c.int(3) }, () => eventQuery(c));
}

/**
 * Views over sources in files, with watermarks, read by seeded cuts and with crashes; once the sources have ended each view equals
 * the naive evaluator's answer over all rows.
 */
export async function shrinkEvents(seed: number): Promise<string> { return await Promise.resolve(String(seed)); }
export async function playEvents(seed: number, queries: readonly string[] = eventQueries(seed)): Promise<Verdict> {
  const rng = new Rng(seed);
  const random = (): number => rng.double();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-events-'));
  const counts = { changes: 0, checks: 0, views: 0, refused: [] as string[], marks: [], crashes: 0, barriers: 0 };
  const rt = await SqlRuntime.open({ parallelism: 1 + rng.int(3), scheduler: { random }, clock: new SimClock(random) });
  try {
    for (const [i, table] of SOURCES.entries()) {
      const rows = makeRows(rng, 20 + rng.int(60), i);
      counts.changes += rows.length;
      const files = 1 + rng.int(3);
      mkdirSync(join(folder, table));
      for (let f = 0; f < files; f++) writeFileSync(join(folder, table, `${f}.json`), rows.filter((_, at) => at % files === f).map((r) => `${json(r)}\n`).join(''));
      await rt.run(`CREATE TABLE ${table} (k INT, v INT, s TEXT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '${DELAY_SECONDS}' SECOND) WITH ('connector' = 'filesystem', 'path' = '${join(folder, table)}', 'format' = 'json')`);
      rt.db.rows.set(rt.table(table), rows);
    }
    const made: string[] = [];
    for (const [i, sql] of queries.entries()) {
      try {
        await rt.run(`CREATE MATERIALIZED VIEW v${i} AS ${sql}`);
        made.push(`v${i}`);
      } catch (error) {
        if (!(error instanceof SqlError) || error.condition !== 'feature_not_supported') throw error;
        counts.refused.push(error.message);
      }
    }
    counts.views += made.length;
    for (let crashes = rng.int(3); crashes > 0; crashes--) {
      if (rng.int(2) === 0) await rt.runtime.checkpoint();
      await rt.crash({ parallelism: 1 + rng.int(3) });
    }
    await Promise.all(rt.specs.map((s) => rt.runtime.awaitFinished(s.id)));
    for (const view of made) {
      counts.checks++;
      const got = (await rt.query(`SELECT * FROM ${view}`)).sort();
      const wanted = rt.expected(`SELECT * FROM ${view}`).sort();
      if (got.join('\n') !== wanted.join('\n')) {
        const message = `${queries[Number(view.slice(1))]}\n--- expected\n${wanted.filter((r) => !got.includes(r)).join('\n')}\n+++ got\n${got.filter((r) => !wanted.includes(r)).join('\n')}\n(${wanted.length} and ${got.length} rows)`;
        return { ...counts, kind: 'wrong', message };
      }
    }
    return { ...counts, kind: 'right', message: '' };
  } catch (error) {
    return { ...counts, kind: 'wrong', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await rt.runtime.close({ abrupt: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
