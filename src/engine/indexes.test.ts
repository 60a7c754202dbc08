import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
  await db.run("CREATE TABLE t (id INT PRIMARY KEY, k TEXT, n INT); INSERT INTO t SELECT g, 'k' || CAST(g % 10 AS TEXT), g % 3 FROM generate_series(1, 100) AS g(g)");
});
afterEach(async () => {
  await db.close();
});

it('finds rows by other columns than the key, and follows their changes', async () => {
  expect(await db.run('CREATE INDEX ON t (k) INCLUDE (n)')).toEqual(['CREATE INDEX']);
  const byK = "SELECT id FROM t WHERE k = 'k7' ORDER BY id";
  expect((await db.run(`EXPLAIN ${byK}`)).at(-1)).toBe('Read by index t_k_idx (k), without a job.');
  expect(await db.run(byK)).toEqual(['7', '17', '27', '37', '47', '57', '67', '77', '87', '97']);
  await db.run("UPDATE t SET k = 'k7' WHERE id = 8; DELETE FROM t WHERE id BETWEEN 10 AND 90; UPDATE t SET n = 9 WHERE id = 97; UPDATE t SET k = 'other' WHERE id = 7; INSERT INTO t VALUES (5000, 'k7', 1)");
  expect(await db.run(byK)).toEqual(['8', '97', '5000']);
  expect(await db.run("SELECT n FROM t WHERE k = 'k7' AND n > 5")).toEqual(['9']);
  expect(await db.run("SELECT count(*) FROM t WHERE k IN ('k7', 'k8', 'none')")).toEqual(['4']);
  expect(await db.run('SELECT count(*) FROM t WHERE k = NULL')).toEqual(['0']);
  await db.restart();
  expect(await db.run(byK)).toEqual(['8', '97', '5000']);
  await db.run('DROP INDEX t_k_idx');
  expect((await db.run(`EXPLAIN ${byK}`)).at(-1)).not.toContain('index');
  expect(await db.run(byK)).toEqual(['8', '97', '5000']);
});

it('is of views too, with rows that are there several times', async () => {
  await db.run('CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS c FROM t GROUP BY k; CREATE MATERIALIZED VIEW m AS SELECT k, n FROM t; CREATE INDEX by_c ON v (c); CREATE INDEX by_kn ON m (k, n); CREATE INDEX by_k ON m (k)');
  expect(await db.run('SELECT count(*) FROM v WHERE c = 10')).toEqual(['10']);
  await db.run("DELETE FROM t WHERE id IN (1, 2); INSERT INTO t VALUES (200, 'k3', 0), (201, 'k3', 0)");
  expect(await db.run('SELECT k FROM v WHERE c = 9 ORDER BY k')).toEqual(['k1', 'k2']);
  expect(await db.run('SELECT k FROM v WHERE c = 12')).toEqual(['k3']);
  expect(await db.run("SELECT count(*) FROM m WHERE k = 'k3' AND n = 0")).toEqual(['6']);
  expect((await db.run("EXPLAIN SELECT * FROM m WHERE n = 0 AND k = 'k3'")).at(-1)).toContain('by_kn');
  await db.run("DELETE FROM t WHERE id = 200; UPDATE t SET n = 7 WHERE id = 201");
  expect(await db.run("SELECT n, count(*) FROM m WHERE k = 'k3' GROUP BY n ORDER BY n")).toEqual(['0|4', '1|3', '2|3', '7|1']);
});

it('is in the catalog, and goes with its table', async () => {
  await db.run('CREATE INDEX i ON t (k, n)');
  expect(await db.run('SHOW INDEXES FROM t')).toEqual(['i|t|CREATE INDEX i ON public.t USING btree (k, n)', 't_pkey|t|CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)']);
  expect(await db.run("SELECT c.relname, x.indnatts, x.indisunique FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE NOT x.indisprimary")).toEqual(['i|2|f']);
  expect(await db.error('CREATE INDEX i ON t (k)')).toContain('42P07');
  await db.run('CREATE INDEX IF NOT EXISTS i ON t (k)');
  expect(await db.error('CREATE UNIQUE INDEX u ON t (k)')).toContain('0A000');
  expect(await db.error('CREATE INDEX u ON t (lower(k))')).toContain('0A000');
  expect(await db.error('CREATE INDEX u ON t (nope)')).toContain('42703');
  expect(await db.error('ALTER TABLE t DROP COLUMN n')).toContain('index "i" depends on column "n"');
  await db.run('ALTER TABLE t ADD COLUMN first INT FIRST');
  expect(await db.run("SELECT count(*) FROM t WHERE k = 'k1' AND n = 1")).toEqual(['4']);
  await db.run('DROP TABLE t');
  expect(await db.run('SHOW INDEXES')).toEqual([]);
  await db.restart();
  expect(await db.error('DROP INDEX i')).toContain('does not exist');
});

it('reads one epoch of several workers', async () => {
  await db.close();
  db = await TestEngine.open({ parallelism: 3 });
  await db.run("CREATE TABLE a (id INT PRIMARY KEY, k INT, amount INT); INSERT INTO a SELECT g, g % 2, 100 FROM generate_series(1, 20) AS g(g); CREATE INDEX ON a (k)");
  for (let i = 1; i < 12; i++) {
    await db.run(`BEGIN; UPDATE a SET amount = amount - ${i} WHERE id = ${i}; UPDATE a SET amount = amount + ${i} WHERE id = ${i + 2}; COMMIT`);
    expect(await db.run(`SELECT sum(amount), count(*) FROM a WHERE k = ${i % 2}`)).toEqual(['1000|10']);
  }
});

it('shares its name with no relation', async () => {
  await db.run("CREATE INDEX i ON t (k)");
  for (const made of ['CREATE TABLE i (a INT)', "CREATE TABLE i (a INT) WITH ('connector' = 'blackhole')", 'CREATE VIEW i AS SELECT 1 AS a', 'CREATE MATERIALIZED VIEW i AS SELECT k FROM t', 'CREATE TABLE i AS SELECT 1 AS a', 'CREATE INDEX i ON t (n)', 'ALTER TABLE t RENAME TO i']) {
    expect(await db.error(made), made).toContain('42P07 relation "i" already exists');
  }
  expect(await db.error('CREATE OR REPLACE VIEW i AS SELECT 1 AS a')).toBe('42809 "i" is not a view');
  expect(await db.run('CREATE TABLE IF NOT EXISTS i (a INT)')).toEqual(['CREATE TABLE']);
  expect(db.notices.at(-1)).toContain('relation "i" already exists, skipping');
  expect(await db.error('CREATE INDEX t ON t (n)')).toContain('42P07');
  expect(await db.error('ALTER INDEX i RENAME TO t')).toContain('42P07');
  await db.run('CREATE TEMPORARY TABLE i (a INT); DROP TABLE i; BEGIN; CREATE TABLE u (a INT); CREATE INDEX j ON u (a)');
  expect(await db.error('CREATE TABLE j (a INT)')).toContain('42P07');
  await db.run('ROLLBACK; CREATE TABLE j (a INT)');
});
