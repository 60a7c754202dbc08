import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** Every operator that leaves late rows out counts them and shows them, with their time and the watermark they missed. */

let t: TestEngine;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-late-'));
  t = await TestEngine.open();
});
afterEach(async () => {
  await t.close();
  rmSync(folder, { recursive: true, force: true });
});

const path = (table: string): string => join(folder, `${table}.json`);
function append(table: string, ...rows: readonly (readonly [at: string, v: number])[]): void {
  appendFileSync(path(table), rows.map(([at, v]) => `${JSON.stringify({ k: 1, ts: `2026-01-01 ${at}`, v })}\n`).join(''));
}
const table = (name: string, more = ''): string =>
  `CREATE TABLE ${name} (k INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND${more}) WITH ('connector' = 'filesystem', 'path' = '${path(name)}', 'format' = 'json', 'source.monitor-interval' = '10 ms', 'scan.watermark.idle-timeout' = '0');`;
const tumble = (of: string): string => `TABLE(TUMBLE(TABLE ${of}, DESCRIPTOR(ts), INTERVAL '10' SECOND))`;

/** Name of the view → its query, and the rows left out: one that is late on either side it reads. */
const VIEWS: Readonly<Record<string, readonly [sql: string, late: number]>> = {
  tumble: [`SELECT k, window_start, count(*) AS n FROM ${tumble('s')} GROUP BY k, window_start, window_end`, 1],
  hop: [`SELECT k, window_start, count(*) AS n FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end`, 1],
  cumulate: [`SELECT k, window_end, count(*) AS n FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end`, 1],
  sessions: [`SELECT k, window_start, count(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY k, window_start, window_end`, 1],
  distinct_values: [`SELECT window_start, count(DISTINCT v) AS n FROM ${tumble('s')} GROUP BY window_start, window_end`, 1],
  window_top: [`SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY v DESC) AS n FROM ${tumble('s')}) q WHERE n <= 2`, 1],
  window_first: [`SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts) AS n FROM ${tumble('s')}) q WHERE n = 1`, 1],
  window_join: [`SELECT a.v, b.v AS w FROM ${tumble('s')} a LEFT JOIN ${tumble('u')} b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end`, 2],
  interval_join: [`SELECT s.v, u.v AS w FROM s LEFT JOIN u ON s.k = u.k AND u.ts BETWEEN s.ts AND s.ts + INTERVAL '1' SECOND`, 2],
  temporal_join: ['SELECT s.v, r.v AS rate FROM s LEFT JOIN r FOR SYSTEM_TIME AS OF s.ts ON s.k = r.k', 1],
  running_sum: ['SELECT v, sum(v) OVER (PARTITION BY k ORDER BY ts) AS n FROM s', 1],
  first_of_value: ['SELECT v, ts FROM (SELECT v, ts, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts) AS n FROM s) q WHERE n = 1', 1],
};

it('late rows are counted and can be read, of every operator', async () => {
  for (const name of ['s', 'u', 'r']) writeFileSync(path(name), '');
  append('r', ['09:00:00', 1], ['12:00:00', 2]);
  await t.run(`${table('s')} ${table('u')} ${table('r', ', PRIMARY KEY (k) NOT ENFORCED')}`);
  for (const [name, [sql]] of Object.entries(VIEWS)) await t.run(`CREATE MATERIALIZED VIEW ${name} AS ${sql}`);
  await t.run(`SET 'table.exec.emit.early-fire.enabled' = 'true'; CREATE MATERIALIZED VIEW early AS ${VIEWS['tumble']?.[0] ?? ''}; RESET ALL`);
  for (const name of ['s', 'u']) append(name, ['10:00:01', 1], ['10:00:40', 2]);
  // All have seen the watermark before the late rows come.
  await expect.poll(() => t.run(`SELECT count(*) FROM millrace_catalog.sources WHERE watermark = '2026-01-01 10:00:35Z' OR source = 'r' AND watermark IS NOT NULL`)).toEqual([String(Object.keys(VIEWS).length + 1 + 2 + 1)]);
  for (const name of ['s', 'u']) append(name, ['10:00:02', 3]);
  const counted = (): Promise<string[]> => t.run('SELECT name, late_rows FROM millrace_catalog.jobs WHERE late_rows > 0 ORDER BY name');
  const wanted = [...Object.entries(VIEWS).map(([name, [, late]]) => `${name}|${late}`), 'early|1'].sort();
  await expect.poll(counted).toEqual(wanted);
  const shown = `SELECT j.name, count(*) FROM millrace_catalog.late_rows l JOIN millrace_catalog.jobs j ON j.id = l.job WHERE l.data LIKE '(1, %' OR l.data LIKE '%3)' OR l.data LIKE '%2026-01-01 10:00:0%' GROUP BY j.name ORDER BY j.name`;
  await expect.poll(() => t.run(shown)).toEqual(wanted);
  expect(await t.run(`SELECT DISTINCT operator FROM millrace_catalog.late_rows WHERE event_time IS NULL OR watermark IS NULL OR watermark < event_time`)).toEqual([]);
  // Part of the checkpoint; the late row is in no result.
  await t.restart();
  expect(await t.run(shown)).toEqual(wanted);
  expect(await t.run('SELECT * FROM first_of_value WHERE v = 3')).toEqual([]);
}, 120_000);
