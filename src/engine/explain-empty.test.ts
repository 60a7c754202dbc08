import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let dir: string;
beforeEach(async () => {
  db = await TestEngine.open();
  dir = mkdtempSync(join(tmpdir(), 'millrace-empty-'));
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

const file = (name: string, lines: readonly string[]): void => writeFileSync(join(dir, name), lines.map((l) => `${l}\n`).join(''));
const visits = (monitor: string): string => `CREATE TABLE visits (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'json'${monitor})`;
const why = (lines: readonly string[]): string[] => lines.slice(lines.indexOf('Why') + 1).map((l) => l.trim());
/** Until the view's sources have been read: `n` rows. */
async function read(view: string, n: number): Promise<void> {
  while (Number((await db.run(`SELECT coalesce(sum(o.rows_out), 0) FROM millrace_catalog.operators o JOIN millrace_catalog.jobs j ON j.id = o.job WHERE j.name = '${view}' AND o.operator LIKE 'Source%'`))[0]) < n) {
    await db.run('SELECT pg_sleep(0.01)');
  }
}

describe('EXPLAIN EMPTY', () => {
  it('names the split that holds the watermark back', async () => {
    file('a.json', ['{"k": 1, "ts": "2026-01-01 10:00:30"}', '{"k": 2, "ts": "2026-01-01 10:00:31"}']);
    file('b.json', ['{"k": 1, "ts": "2026-01-01 10:05:00"}']);
    await db.run(`${visits(", 'source.monitor-interval' = '1 h'")}; CREATE MATERIALIZED VIEW per_minute AS
      SELECT window_start, window_end, k, count(*) AS n FROM TUMBLE(visits, ts, INTERVAL '1' MINUTE) GROUP BY window_start, window_end, k`);
    await read('per_minute', 3);
    const lines = await db.run('EXPLAIN EMPTY per_minute');
    expect(lines[0]).toMatch(/^materialized view "per_minute", job \d+: running$/);
    expect(lines.find((l) => l.includes('Source visits'))).toMatch(/\{3 rows; watermark 2026-01-01 10:00:26\}$/);
    expect(lines.filter((l) => l.startsWith('  visits ')).map((l) => l.replace(/, position.*?}/, ''))).toEqual([
      expect.stringMatching(/a\.json.*2 rows.*watermark 2026-01-01 10:00:26, holds the watermark/),
      expect.stringMatching(/b\.json.*1 row.*watermark 2026-01-01 10:04:55, 00:04:29 ahead/),
    ]);
    expect(why(lines)).toEqual([expect.stringMatching(/^WindowAggregate keeps rows until the watermark reaches 2026-01-01 10:00:59\.999: it is 2026-01-01 10:00:26, 00:00:33\.999 behind, held by split .*a\.json.* of "visits"\.$/)]);
  });

  it('counts what filters and joins let through, and what cannot be read', async () => {
    file('a.json', ['{"k": 1, "ts": "2026-01-01 10:00:30"}', 'nonsense', '{"k": 2, "ts": null}']);
    await db.run(`${visits('')}; CREATE TABLE names (k INT PRIMARY KEY, name TEXT);
      CREATE MATERIALIZED VIEW large AS SELECT k FROM visits WHERE k > 10;
      CREATE MATERIALIZED VIEW named AS SELECT v.k, n.name FROM visits v JOIN names n ON n.k = v.k`);
    await read('large', 1);
    await read('named', 1);
    expect(why(await db.run('EXPLAIN EMPTY large'))).toEqual([expect.stringMatching(/^\d rows? of "visits" could not be read/), 'The filter k > 10 lets none of 2 rows pass.']);
    expect(why(await db.run('EXPLAIN EMPTY named'))).toContain('"names" has no rows.');
    await db.run("INSERT INTO names VALUES (7, 'seven')");
    expect(why(await db.run('EXPLAIN EMPTY named')).at(-1)).toMatch(/^HashJoin inner on .*: no row of the left \(\d rows?\) has found one on the right \(1 row\)\.$/);
    await db.run("INSERT INTO names VALUES (1, 'one')");
    expect(await db.run('SELECT * FROM named')).toEqual(['1|one']);
  });

  it('is for what runs', async () => {
    await db.run('CREATE TABLE t (a INT); CREATE VIEW plain AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM t');
    expect(why(await db.run('EXPLAIN EMPTY m'))).toEqual(['"t" has no rows.']);
    await db.run('INSERT INTO t VALUES (1)');
    expect(why(await db.run('EXPLAIN EMPTY m'))).toEqual(['Nothing holds rows back: all that has come in is there.']);
    expect(await db.error('EXPLAIN EMPTY plain')).toMatch(/^42809 nothing runs for "plain"/);
    expect(await db.error('EXPLAIN EMPTY nn')).toMatch(/^42704 there is no materialized view, table or job "nn"/);
    expect(await db.error('EXPLAIN EMPTY SELECT 1')).toMatch(/^0A000/);
  });
});
