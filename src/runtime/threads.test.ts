import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { SqlRuntime, type SqlRuntimeOptions } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
const start = async (options: SqlRuntimeOptions): Promise<SqlRuntime> => {
  const made = await SqlRuntime.open({ threads: true, ...options });
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
});
const same = (checked: Awaited<ReturnType<SqlRuntime['check']>>): void => {
  for (const [name, got, wanted] of checked) expect(got, name).toEqual(wanted);
};

const DDL = `
  CREATE TABLE t (id INT PRIMARY KEY, a INT, b DECIMAL(30, 2), c VARCHAR);
  CREATE TABLE u (a INT, name VARCHAR);
  CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n, SUM(b) AS s, MAX(c) AS m FROM t GROUP BY a;
  CREATE MATERIALIZED VIEW w AS SELECT u.name, v.n, v.s, v.m FROM v JOIN u ON u.a = v.a;
`;

describe('workers on threads', () => {
  it('keep views over a crash and a change of parallelism', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run(DDL);
    for (let i = 0; i < 20; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i}.25, 'text ${i}'); INSERT INTO u VALUES (${i % 5}, 'n${i}')`);
    same(await sql.check('t', 'u', 'v', 'w'));
    await sql.runtime.checkpoint();
    for (let i = 20; i < 30; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, NULL, NULL)`);
    await sql.crash({ parallelism: 3 });
    same(await sql.check('t', 'u', 'v', 'w'));
  });

  it('pass more rows than a ring holds, while others wait for room', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run(`
      CREATE TABLE numbers (i BIGINT, k INT, s VARCHAR) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'number-of-rows' = '100000',
        'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '100000', 'fields.k.min' = '0', 'fields.k.max' = '500', 'fields.s.length' = '60');
      CREATE MATERIALIZED VIEW per AS SELECT k, COUNT(*) AS n, SUM(i) AS s, MAX(s) AS m FROM numbers GROUP BY k, s;
    `);
    await Promise.all(sql.specs.map((s) => sql.runtime.awaitFinished(s.id)));
    expect(await sql.query('SELECT SUM(n), SUM(s) FROM per')).toEqual([`100000|${(100000 * 100001) / 2}`]);
  });

  it('are replaced when one dies, and its jobs come back', async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): void => void threads.push(thread);
    process.on('worker', note);
    const sql = await start({ parallelism: 2 });
    await sql.run(DDL);
    process.off('worker', note);
    expect(threads).toHaveLength(2);
    for (let i = 0; i < 20; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i}.25, 'text ${i}'); INSERT INTO u VALUES (${i % 5}, 'n${i}')`);
    await sql.runtime.flush();
    const dying = threads[1]?.terminate();
    for (let i = 20; i < 25; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, NULL, NULL)`);
    await dying;
    await sql.runtime.flush();
    same(await sql.check('t', 'u', 'v', 'w'));
    expect(sql.logs.some((line) => line.includes('worker 1 is gone'))).toBe(true);
  });
});
