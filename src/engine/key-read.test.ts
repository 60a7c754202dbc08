import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** The same questions, asked in a way that no look-up answers (`id + 0 = …`). */
const QUESTIONS: readonly [string, string][] = [
  ['SELECT * FROM t WHERE id = 3', 'SELECT * FROM t WHERE id + 0 = 3'],
  ['SELECT v, n * 2 FROM t WHERE 3 = id AND n > 5', 'SELECT v, n * 2 FROM t WHERE id + 0 = 3 AND n > 5'],
  ['SELECT count(*), sum(n) FROM t WHERE id = 99', 'SELECT count(*), sum(n) FROM t WHERE id + 0 = 99'],
  ['SELECT * FROM t WHERE id IN (4, 2, 2, NULL, 77) ORDER BY id DESC LIMIT 1', 'SELECT * FROM t WHERE id + 0 IN (4, 2) ORDER BY id DESC LIMIT 1'],
  ['SELECT * FROM t WHERE id = NULL', 'SELECT * FROM t WHERE id + 0 = NULL'],
  ['SELECT * FROM t WHERE id = 2 AND id IN (1, 2)', 'SELECT * FROM t WHERE id + 0 = 2'],
  ['SELECT * FROM t WHERE id = 2 OR n = 10', 'SELECT * FROM t WHERE id + 0 = 2 OR n = 10'],
  ['SELECT total FROM s WHERE g = 1', 'SELECT total FROM s WHERE g + 0 = 1'],
  ['SELECT * FROM s WHERE g IS NULL', 'SELECT * FROM s WHERE coalesce(g, -1) = -1'],
  ["SELECT n FROM pair WHERE a = 1.50 AND b = 'x'", "SELECT n FROM pair WHERE a + 0 = 1.5 AND b || '' = 'x'"],
  ["SELECT n FROM pair WHERE b IN ('x', 'y') AND a IN (1.5, 1.50, 2) ORDER BY n", "SELECT n FROM pair WHERE b || '' IN ('x', 'y') AND a + 0 IN (1.5, 2) ORDER BY n"],
  ["SELECT n FROM pair WHERE b = 'x'", "SELECT n FROM pair WHERE b || '' = 'x'"],
];

describe.each([1, 3])('reads by key at parallelism %i', (parallelism) => {
  let db: TestEngine;
  beforeEach(async () => {
    db = await TestEngine.open({ parallelism });
    await db.run('CREATE TABLE t (id INT PRIMARY KEY, v TEXT, n INT); CREATE TABLE pair (a NUMERIC, b TEXT, n INT, PRIMARY KEY (b, a))');
    await db.run("INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30), (4, 'd', 40)");
    await db.run("INSERT INTO pair VALUES (1.5, 'x', 1), (2, 'x', 2), (2.0000, 'y', 3), (3, 'z', 4)");
    await db.run('CREATE MATERIALIZED VIEW s AS SELECT nullif(id % 2, 0) AS g, sum(n) AS total FROM t GROUP BY nullif(id % 2, 0)');
  });
  afterEach(async () => await db.close());

  it.each(QUESTIONS)('%s', async (byKey, scanned) => {
    expect(await db.run(byKey)).toEqual(await db.run(scanned));
  });

  it('show what was written before', async () => {
    for (let i = 0; i < 20; i++) {
      await db.run(`UPDATE t SET n = ${i} WHERE id = 3`);
      expect(await db.run('SELECT n FROM t WHERE id = 3')).toEqual([String(i)]);
      expect(await db.run('SELECT total FROM s WHERE g = 1')).toEqual([String(i + 10)]);
    }
    await db.run('DELETE FROM t WHERE id = 3');
    expect(await db.run('SELECT n FROM t WHERE id = 3')).toEqual([]);
  });

  it('show after a crash what was there before', async () => {
    await db.run("INSERT INTO t VALUES (5, 'e', 50)");
    await db.engine.close({ abrupt: true });
    await db.restart();
    expect(await db.run('SELECT v FROM t WHERE id = 5')).toEqual(['e']);
    expect(await db.run('SELECT total FROM s WHERE g = 1')).toEqual(['90']);
  });

  it('see the own writes of a transaction', async () => {
    await db.run("BEGIN; INSERT INTO t VALUES (9, 'own', 9)");
    expect(await db.run('SELECT v FROM t WHERE id = 9')).toEqual(['own']);
    await db.run('ROLLBACK');
    expect(await db.run('SELECT v FROM t WHERE id = 9')).toEqual([]);
  });
});
