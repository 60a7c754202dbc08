import { afterEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
afterEach(() => t.close());

it('hot keys are seen: the share of the worker with the most rows, and a word about it in EXPLAIN EMPTY', async () => {
  t = await TestEngine.open({ parallelism: 3 });
  await t.run(`CREATE TABLE a (id INT PRIMARY KEY, hot INT, k INT); CREATE TABLE b (hot INT, k INT);
    CREATE MATERIALIZED VIEW skewed AS SELECT a.id, b.k FROM a JOIN b ON a.hot = b.hot;
    CREATE MATERIALIZED VIEW even AS SELECT a.id, b.hot FROM a JOIN b ON a.k = b.k;
    INSERT INTO a SELECT i, CASE WHEN i % 20 = 0 THEN i ELSE 1 END, i FROM generate_series(1, 4000) i`);
  const share = async (view: string): Promise<string[]> =>
    await t.run(`SELECT busiest_share > 0.6 FROM millrace_catalog.operators o JOIN millrace_catalog.jobs j ON j.id = o.job WHERE j.name = '${view}' AND operator LIKE 'HashJoin%'`);
  await t.run('SELECT count(*) FROM skewed; SELECT count(*) FROM even');
  expect(await share('skewed')).toEqual(['t']);
  expect(await share('even')).toEqual(['f']);
  expect((await t.run('EXPLAIN EMPTY skewed')).join('\n')).toMatch(/HashJoin.*skewed: one worker of 3 gets 9\d% of the rows/);
  expect((await t.run('EXPLAIN EMPTY even')).join('\n')).not.toContain('skewed:');
});
