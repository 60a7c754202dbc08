import { expect, it } from 'vitest';
import { Millrace } from './index.ts';

it('runs inside a program', async () => {
  const notices: string[] = [];
  await using db = await Millrace.open({ onNotice: (n) => notices.push(n.message), epochIntervalMs: 10 });
  await db.execute('CREATE TABLE t (k INT, n BIGINT); CREATE MATERIALIZED VIEW v AS SELECT k, sum(n) AS s FROM t GROUP BY k');
  expect((await db.query('INSERT INTO t VALUES ($1, $2)', [1, 10])).tag).toBe('INSERT 0 1');
  const { rows, columns } = await db.query('SELECT k, s FROM v');
  expect(columns.map((c) => c.name)).toEqual(['k', 's']);
  expect(rows).toEqual([[1, { unscaled: 10n, scale: 0 }]]);
  const seen: unknown[] = [];
  for await (const row of db.subscribe('SELECT k FROM t EMIT CHANGES')) {
    seen.push(row);
    if (seen.length === 1) await db.query('INSERT INTO t VALUES (2, 5)');
    if (seen.length === 2) break;
  }
  expect(seen).toEqual([['+I', 1], ['+I', 2]]);
  await db.execute('DROP TABLE IF EXISTS nothing');
  expect(notices).toEqual(['table "nothing" does not exist, skipping']);
});
