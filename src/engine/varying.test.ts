import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** Random numbers and clocks over rows that change: what is taken back is what was shown. */

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open({ parallelism: 2 });
});
afterEach(() => db.close());

describe('values that vary are remembered with their row', () => {
  it('in a group: counts stay right under updates, deletes and restarts', async () => {
    await db.run(`CREATE TABLE t (id INT PRIMARY KEY, k INT);
      CREATE MATERIALIZED VIEW v AS SELECT r, count(*) AS n FROM (SELECT floor(random() * 5) AS r, k FROM t) q GROUP BY r;
      CREATE MATERIALIZED VIEW u AS SELECT k, gen_random_uuid() AS g FROM t;
      INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 200) i`);
    const total = async (): Promise<string[]> => await db.run('SELECT sum(n), min(n) > 0, (SELECT count(DISTINCT g) FROM u) FROM v');
    expect(await total()).toEqual(['200|t|200']);
    const before = await db.run('SELECT g FROM u WHERE k = 1 ORDER BY g');
    await db.run('UPDATE t SET k = 7 WHERE k = 2; DELETE FROM t WHERE id > 150');
    expect(await total()).toEqual(['150|t|150']);
    await db.restart();
    await db.run('UPDATE t SET k = 8 WHERE k = 0; INSERT INTO t VALUES (1000, 8)');
    expect(await total()).toEqual(['151|t|151']);
    const after = await db.run('SELECT g FROM u WHERE k = 1 ORDER BY g');
    expect(after.every((g) => before.includes(g))).toBe(true);
    await db.run('DELETE FROM t');
    expect(await db.run('SELECT * FROM v')).toEqual([]);
    expect(await db.run('SELECT * FROM u')).toEqual([]);
  });

  it('in a condition, behind conditions that do not vary', async () => {
    await db.run(`CREATE TABLE t (id INT PRIMARY KEY, k INT);
      CREATE MATERIALIZED VIEW v AS SELECT k FROM t WHERE k > 0 AND random() * 10 / k < 100 AND random() < 0.5;
      INSERT INTO t SELECT i, i % 4 FROM generate_series(1, 400) i`);
    const [n] = await db.run('SELECT count(*) FROM v');
    expect(Number(n)).toBeGreaterThan(60);
    expect(Number(n)).toBeLessThan(260);
    expect(await db.run('SELECT count(*) FROM millrace_catalog.job_errors')).toEqual(['0']);
    await db.run('UPDATE t SET k = 9 WHERE k = 1');
    await db.restart();
    await db.run('DELETE FROM t');
    expect(await db.run('SELECT count(*) FROM v')).toEqual(['0']);
  });

  it('reports a row whose value fails once and shows it never', async () => {
    await db.run(`CREATE TABLE t (id INT, k INT);
      CREATE MATERIALIZED VIEW v AS SELECT id, 10 / k + random() AS r FROM t;
      INSERT INTO t VALUES (1, 0), (2, 5), (3, 0), (2, 5)`);
    expect(await db.run('SELECT id FROM v ORDER BY 1')).toEqual(['2', '2']);
    expect(await db.run('SELECT count(DISTINCT r) FROM v')).toEqual(['2']);
    await db.run('DELETE FROM t WHERE id <> 3');
    expect(await db.run('SELECT * FROM v')).toEqual([]);
    await db.run('DELETE FROM t');
    expect(await db.run('SELECT * FROM v')).toEqual([]);
    expect(await db.run('SELECT count(*), min(reason) FROM millrace_catalog.job_errors')).toEqual(['2|division by zero']);
  });

  it('shows the clock of when a row came', async () => {
    await db.run(`CREATE TABLE t (id INT, k INT); INSERT INTO t VALUES (1, 1);
      CREATE MATERIALIZED VIEW v AS SELECT k, NOW() AS at FROM t; CREATE MATERIALIZED VIEW w AS SELECT max(at) AS at, count(*) AS n FROM v`);
    expect(db.notices.join()).toContain('now() is evaluated once for each row, when it arrives');
    const first = await db.run('SELECT at FROM v');
    await db.restart();
    await db.run('INSERT INTO t VALUES (2, 2)');
    expect(await db.run('SELECT at FROM v WHERE k = 1')).toEqual(first);
    await db.run('DELETE FROM t WHERE id = 2');
    expect(await db.run('SELECT at, n FROM w')).toEqual([`${first[0] ?? ''}|1`]);
  });

  it('is refused where a pair of rows would be tested again, and for a clock in a condition', async () => {
    await db.run('CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMPTZ)');
    expect(await db.error('CREATE MATERIALIZED VIEW v AS SELECT a.id FROM t a JOIN t b ON a.id = b.id AND random() * a.id < b.id')).toMatch(/^0A000 random\(\) in a condition over rows that may be updated/);
    expect(await db.error("CREATE MATERIALIZED VIEW v AS SELECT id FROM t WHERE at > NOW() OR id = 1")).toMatch(/^0A000 now\(\) in a condition/);
  });
});
