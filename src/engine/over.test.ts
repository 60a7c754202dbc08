import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let dir: string;
beforeEach(async () => {
  db = await TestEngine.open();
  dir = mkdtempSync(join(tmpdir(), 'millrace-over-'));
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

const append = (...rows: readonly (readonly [number, string, number])[]): void =>
  appendFileSync(join(dir, 'a.json'), rows.map(([k, at, v]) => `${JSON.stringify({ k, ts: `2026-01-01 ${at}`, v })}\n`).join(''));
async function until(query: string, wanted: string): Promise<void> {
  while ((await db.run(query)).join('\n') !== wanted) await db.run('SELECT pg_sleep(0.01)');
}
const SOURCE = (): string => `CREATE TABLE s (k INT, ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'json', 'source.monitor-interval' = '10 ms');`;

describe('window functions in order of event time', () => {
  it('give each row once, when the watermark has passed it; later ones are late, also after a restart', async () => {
    append([1, '10:00:03', 3], [1, '10:00:01', 1], [1, '10:00:08', 8]);
    await db.run(`${SOURCE()} CREATE MATERIALIZED VIEW m AS SELECT v, sum(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM s`);
    await until('SELECT count(*) FROM m', '2');
    expect(await db.run('SELECT * FROM m ORDER BY v')).toEqual(['1|1', '3|4']);
    append([1, '10:00:06', 6], [1, '10:00:02', 2], [1, '10:00:20', 20]);
    await until('SELECT count(*) FROM m', '4');
    expect(await db.run('SELECT * FROM m ORDER BY v')).toEqual(['1|1', '3|4', '6|9', '8|14']);
    expect(await db.run('SELECT operator, data FROM millrace_catalog.late_rows')).toEqual([expect.stringMatching(/^Over by .*\|\(1, 2026-01-01 10:00:02, 2\)$/)]);
    await db.restart();
    append([1, '10:00:14', 14], [1, '10:00:16', 16], [1, '10:00:30', 30]);
    await until('SELECT count(*) FROM m', '6');
    expect(await db.run('SELECT * FROM m WHERE v > 8 ORDER BY v')).toEqual(['16|24', '20|36']);
    expect(await db.run('SELECT count(*) FROM millrace_catalog.late_rows')).toEqual(['2']);
    expect((await db.run('EXPLAIN SELECT v, sum(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM s EMIT CHANGES')).join('\n')).toContain('Over by (k) order ts: sum(v) rows 1 preceding to current row at the watermark  {append-only');
  });

  it('leave a partition out while it has no values', async () => {
    await db.run(`CREATE TABLE t (id INT PRIMARY KEY, k INT, v INT); CREATE MATERIALIZED VIEW m AS SELECT id, ntile(v) OVER (PARTITION BY k ORDER BY id) AS n FROM t`);
    await db.run('INSERT INTO t VALUES (1, 1, 2), (2, 1, 2), (3, 2, 0)');
    expect(await db.run('SELECT * FROM m ORDER BY id')).toEqual(['1|1', '2|2']);
    expect(await db.run('SELECT reason FROM millrace_catalog.job_errors')).toEqual(['argument of ntile must be greater than zero']);
    await db.run('UPDATE t SET v = 0 WHERE id = 1');
    expect(await db.run('SELECT * FROM m ORDER BY id')).toEqual([]);
    await db.restart();
    await db.run('UPDATE t SET v = 1 WHERE id IN (1, 3)');
    expect(await db.run('SELECT * FROM m ORDER BY id')).toEqual(['1|1', '2|1', '3|1']);
  });
});
