import { afterEach, expect, it } from 'vitest';
import { DELETE } from '../common/batch/batch.ts';
import { MemoryContent, memoryStore } from '../store/memory.ts';
import { SqlRuntime } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
});

it.each([1, 2, 3])('bases are written again when changes outgrow them, by the worker that has them; %i workers', async (parallelism) => {
  const content = new MemoryContent();
  const store = memoryStore(content);
  const sql = await SqlRuntime.open({ parallelism, store, checkpointIntervalMs: 1_000_000 });
  open.push(sql);
  await sql.run('CREATE TABLE t (k INT PRIMARY KEY, s VARCHAR); CREATE MATERIALIZED VIEW v AS SELECT k % 10 AS g, COUNT(*) AS n, MAX(s) AS m FROM t GROUP BY k % 10');
  const values = (tag: number): (number | string)[][] => Array.from({ length: 600 }, (_, k) => [k, `${tag} ${'x'.repeat(4000)}`]);
  const rewritten = (): boolean => sql.specs.some((s) => store.stateSizes(s.id).some((g) => g.baseBytes > 0));
  let round = 0;
  do {
    if (round > 0) await sql.change(sql.table('t'), values(round - 1), new Uint8Array(600).fill(DELETE));
    await sql.change(sql.table('t'), values(round), null);
    await sql.runtime.checkpoint();
    expect(++round).toBeLessThan(30);
  } while (!rewritten());
  await sql.runtime.checkpoint();
  await sql.crash({ parallelism: (parallelism % 3) + 1, store: memoryStore(content) });
  expect(await sql.query('SELECT COUNT(*), MIN(s) = MAX(s) FROM t')).toEqual(['600|t']);
  expect((await sql.query("SELECT n, SPLIT_PART(m, ' ', 1) FROM v")).sort()).toEqual(Array.from({ length: 10 }, () => `60|${round - 1}`));
});
