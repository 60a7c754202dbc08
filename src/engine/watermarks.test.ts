import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let dir: string;
beforeEach(async () => {
  db = await TestEngine.open();
  dir = mkdtempSync(join(tmpdir(), 'millrace-watermarks-'));
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

const append = (name: string, ...lines: string[]): void => appendFileSync(join(dir, name), lines.map((l) => `${l}\n`).join(''));
async function until(query: string, wanted: string): Promise<void> {
  while ((await db.run(query)).join('\n') !== wanted) await db.run('SELECT pg_sleep(0.01)');
}

describe('CURRENT_WATERMARK', () => {
  it('is that of the rows before', async () => {
    append('a.json', '{"k": 1, "ts": "2026-01-01 10:00:30"}');
    await db.run(`CREATE TABLE visits (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
      WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'json', 'source.monitor-interval' = '10 ms');
      CREATE MATERIALIZED VIEW marks AS SELECT k, CURRENT_WATERMARK(ts) AS mark FROM visits;
      CREATE MATERIALIZED VIEW in_time AS SELECT k FROM visits WHERE CURRENT_WATERMARK(ts) IS NULL OR ts > CURRENT_WATERMARK(ts)`);
    await until('SELECT count(*) FROM marks', '1');
    append('a.json', '{"k": 2, "ts": "2026-01-01 10:00:10"}', '{"k": 3, "ts": "2026-01-01 10:00:28"}');
    await until('SELECT count(*) FROM marks', '3');
    expect(await db.run('SELECT * FROM marks ORDER BY k')).toEqual(['1|', '2|2026-01-01 10:00:25', '3|2026-01-01 10:00:25']);
    expect(await db.run('SELECT * FROM in_time ORDER BY k')).toEqual(['1', '3']);
  });
});

describe('watermark alignment', () => {
  it('lets a source wait for the others of its group', async () => {
    append('slow.json', '{"ts": "2026-01-01 00:00:00"}');
    const aligned = "'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '1 min'";
    await db.run(`CREATE TABLE fast (n INT, ts AS TIMESTAMP '2026-01-01 00:00:00' + n * INTERVAL '1' SECOND, WATERMARK FOR ts AS ts)
        WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '1000000', ${aligned});
      CREATE TABLE slow (ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'json', 'source.monitor-interval' = '10 ms', ${aligned});
      CREATE MATERIALIZED VIEW both_sources AS SELECT window_start, count(*) AS n
        FROM TUMBLE((SELECT ts FROM fast UNION ALL SELECT ts FROM slow), ts, INTERVAL '1' MINUTE) GROUP BY window_start, window_end`);
    const rowsOf = async (source: string): Promise<number> => Number((await db.run(`SELECT sum(row_count) FROM millrace_catalog.sources WHERE source = '${source}'`))[0]);
    const atRest = async (): Promise<number> => {
      for (let before = -1; ; ) {
        const now = await rowsOf('fast');
        if (now > 60 && now === before) return now;
        before = now;
        await db.run('SELECT pg_sleep(0.3)');
      }
    };
    const first = await atRest();
    append('slow.json', '{"ts": "2026-01-01 03:00:00"}');
    await until(`SELECT sum(row_count) > ${first} FROM millrace_catalog.sources WHERE source = 'fast'`, 't');
    expect(await db.error(`CREATE TABLE half (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'scan.watermark.alignment.group' = 'g'); SELECT * FROM half LIMIT 1`)).toMatch(/^22023/);
  });
});
