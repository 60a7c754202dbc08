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
