import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** A WITH query whose values vary is computed once, however often it is read: PostgreSQL never copies one into its readers. */

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open({ parallelism: 2 });
});
afterEach(() => db.close());

const SAME = 'SELECT count(*) FROM (SELECT * FROM q UNION SELECT * FROM q) s';

describe('a WITH query of random numbers, read twice', () => {
  it('gives the same rows to both without a job', async () => {
    expect(await db.run(`WITH q AS (SELECT random() FROM generate_series(1, 5)) ${SAME}`)).toEqual(['5']);
    expect(await db.run(`WITH q AS (VALUES (random())) ${SAME}`)).toEqual(['1']);
    expect(await db.run('WITH q(x) AS (SELECT random()) SELECT (SELECT x FROM q) = (SELECT x FROM q), (SELECT x FROM q) = x FROM q')).toEqual(['t|t']);
    expect(await db.run('WITH q AS (SELECT random() AS x), p AS (SELECT x FROM q UNION ALL TABLE q) SELECT count(*), count(DISTINCT x) FROM p')).toEqual(['2|1']);
    expect(await db.run('WITH RECURSIVE q AS (SELECT random() AS x), r(n, x) AS (SELECT 1, x FROM q UNION ALL SELECT n + 1, q.x FROM r, q WHERE n < 4) SELECT count(*), count(DISTINCT x) FROM r')).toEqual(['4|1']);
  });

  it('is computed anew for each reading of a view', async () => {
    await db.run('CREATE VIEW v AS WITH q AS (SELECT random() AS x) SELECT a.x FROM q a, q b WHERE a.x = b.x');
    expect(await db.run('SELECT count(*) FROM (SELECT x FROM v UNION SELECT x FROM v) s')).toEqual(['2']);
  });

  it('gives the same rows to both in a snapshot and in a view, whatever either reads of it', async () => {
    await db.run('CREATE TABLE t (id INT PRIMARY KEY, k INT, c INT); INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 60) i');
    const queries = [
      'WITH q AS (SELECT id, k, c, random() AS r FROM t) SELECT count(*) FROM q a JOIN q b ON a.id = b.id AND a.r = b.r WHERE a.k = 1 AND b.c > 0',
      'WITH q AS (SELECT id, k FROM t WHERE random() < 0.5) SELECT count(*) = (SELECT count(*) FROM q WHERE id > 0) FROM q',
      'WITH q AS (SELECT k, max(random()) AS r, sum(c) AS s FROM t GROUP BY k) SELECT count(*) FROM q a JOIN q b ON a.r = b.r WHERE b.s > 0 AND a.k >= 0',
      'WITH q AS (SELECT id, random() AS r FROM t) SELECT count(*) FROM q WHERE r IN (SELECT r FROM q WHERE id <= 10)',
    ];
    const expected = ['20', 't', '3', '10'];
    for (const [i, query] of queries.entries()) {
      expect(await db.run(query)).toEqual([expected[i]]);
      await db.run(`CREATE MATERIALIZED VIEW v${i} AS ${query}`);
      expect(await db.run(`TABLE v${i}`)).toEqual([expected[i]]);
    }
    await db.run('INSERT INTO t SELECT i, i % 3, i FROM generate_series(61, 90) i; DELETE FROM t WHERE id BETWEEN 31 AND 60');
    for (const [i] of queries.entries()) expect(await db.run(`TABLE v${i}`)).toEqual([expected[i]]);
    await db.restart();
    for (const [i] of queries.entries()) expect(await db.run(`TABLE v${i}`)).toEqual([expected[i]]);
  });

  it('is refused where it would have to be computed for each reading', async () => {
    await expect(db.run('SELECT (WITH q AS (SELECT random() + i AS x) SELECT count(*) FROM (SELECT * FROM q UNION SELECT * FROM q) s) FROM generate_series(1, 2) i')).rejects.toThrow('reading a WITH query twice whose values vary');
  });
});

describe('calls of random functions that are written alike', () => {
  it('each draw for themselves, in a snapshot and in a view, after a restart too', async () => {
    await db.run('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE VIEW v AS SELECT id, random() AS r FROM t');
    const queries = [
      ['SELECT count(DISTINCT r) FROM (SELECT random() AS r FROM t UNION ALL SELECT random() FROM t) s', '4'],
      ['SELECT count(DISTINCT r) FROM (SELECT r FROM v UNION ALL SELECT r FROM v) s', '4'],
      ['SELECT count(*) FROM v a JOIN v b ON a.id = b.id AND a.r <> b.r', '2'],
      ['WITH q AS (SELECT id, random() AS r FROM t) SELECT count(*) FROM q a JOIN q b ON a.id = b.id AND a.r = b.r', '2'],
      ['SELECT count(DISTINCT r) FROM (SELECT id, random() AS r FROM t) s GROUP BY GROUPING SETS ((), ())', '2,2'],
    ] as const;
    for (const [i, [query, expected]] of queries.entries()) {
      expect((await db.run(query)).join(), query).toBe(expected);
      await db.run(`CREATE MATERIALIZED VIEW m${i} AS ${query}`);
    }
    for (const [i, [query, expected]] of queries.entries()) expect((await db.run(`TABLE m${i}`)).join(), query).toBe(expected);
    await db.restart();
    for (const [i, [query, expected]] of queries.entries()) expect((await db.run(`TABLE m${i}`)).join(), query).toBe(expected);
    await db.run('INSERT INTO t VALUES (3); DELETE FROM t WHERE id = 1');
    for (const [i, [query, expected]] of queries.entries()) expect((await db.run(`TABLE m${i}`)).join(), query).toBe(expected);
  });

  it('are one in a column of a table', async () => {
    await db.run("CREATE TABLE t (id INT, u AS uuid()) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3')");
    expect(await db.run('SELECT count(*) FROM t a JOIN t b ON a.id = b.id AND a.u = b.u')).toEqual(['3']);
  });
});
