import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { Rng } from '../common/rng.ts';
import type { Row } from '../common/types/value.ts';
import { Bag, randomChanges, type Change } from '../exec/testing/harness.ts';
import { PlanDatabase } from './testing/database.ts';
import { PlanRun } from './testing/run.ts';

/** Optimized and run, a query gives at every barrier what the naive evaluator makes of the bound plan. */

const DDL = `
  CREATE TABLE a (id INT NOT NULL PRIMARY KEY, k INT, x INT NOT NULL, t TEXT);
  CREATE TABLE b (id INT NOT NULL PRIMARY KEY, k INT, y INT, ts TIMESTAMP(3) NOT NULL);
  CREATE TABLE c (k INT NOT NULL, z BIGINT);
`;

const QUERIES: readonly string[] = [
  'SELECT * FROM a',
  'SELECT x + 1 AS x1, t FROM a WHERE k > 1 AND 1 = 1',
  'SELECT k, count(*), sum(x) FROM a GROUP BY k',
  'SELECT count(*), max(x), min(t) FROM a',
  'SELECT k, count(*) FROM a GROUP BY k HAVING count(*) > 1 AND k > 0',
  'SELECT DISTINCT k FROM a',
  'SELECT count(DISTINCT k), sum(x) FILTER (WHERE k = 1) FROM a',
  'SELECT a.id, b.id FROM a JOIN b ON a.k = b.k',
  'SELECT a.id, b.y FROM a JOIN b ON a.id = b.id AND b.y > 1 WHERE a.x < 4',
  'SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k AND b.y > 1',
  'SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k WHERE b.y > 1',
  'SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k WHERE b.id IS NULL',
  'SELECT a.id, b.id FROM a RIGHT JOIN b ON a.k = b.k AND a.x > 1',
  'SELECT a.id, b.id FROM a FULL JOIN b ON a.k = b.k',
  'SELECT a.id, b.id FROM a FULL JOIN b ON a.k = b.k WHERE a.x > 2',
  'SELECT a.id, c.z FROM a, c WHERE a.k = c.k AND (c.z > 1 OR a.x > 2)',
  'SELECT p.id, q.id FROM a p JOIN a q ON p.k = q.k AND p.id < q.id',
  'SELECT a.id FROM a JOIN c ON a.x = c.z',
  'SELECT k FROM a UNION SELECT k FROM b',
  'SELECT k FROM a UNION ALL SELECT k FROM c',
  'SELECT k FROM a INTERSECT SELECT k FROM b',
  'SELECT k FROM a INTERSECT ALL SELECT k FROM b',
  'SELECT k FROM a EXCEPT SELECT k FROM b',
  'SELECT k FROM a EXCEPT ALL SELECT k FROM b',
  'SELECT * FROM (SELECT k, x FROM a UNION ALL SELECT k, y FROM b) u WHERE u.k = 2',
  'SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)',
  'SELECT * FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.y > a.x)',
  'SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.y > 2)',
  'SELECT * FROM a WHERE k IN (SELECT k FROM b)',
  'SELECT * FROM a WHERE k NOT IN (SELECT k FROM b)',
  'SELECT * FROM a WHERE x NOT IN (SELECT k FROM c)',
  'SELECT * FROM a WHERE k NOT IN (SELECT y FROM b WHERE b.id = a.id)',
  'SELECT * FROM a WHERE NOT (k IN (SELECT k FROM b))',
  'SELECT * FROM a WHERE (k, x) IN (SELECT k, y FROM b)',
  'SELECT * FROM a WHERE (x, id) NOT IN (SELECT k, k FROM c)',
  'SELECT id, k IN (SELECT k FROM b) AS f FROM a',
  'SELECT id, k NOT IN (SELECT k FROM b) AS f FROM a',
  'SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k = a.k) AS f FROM a',
  'SELECT id, k IN (SELECT y FROM b WHERE b.id = a.id) AS f FROM a',
  'SELECT * FROM a WHERE k IN (SELECT k FROM b) OR x > 3',
  'SELECT * FROM a WHERE x > ALL (SELECT y FROM b)',
  'SELECT * FROM a WHERE x > ANY (SELECT y FROM b)',
  'SELECT id, x <= ALL (SELECT y FROM b WHERE b.k = a.k) AS f FROM a',
  'SELECT id, x <> ANY (SELECT y FROM b) AS f, x = ALL (SELECT y FROM b) AS g FROM a',
  'SELECT id, (SELECT max(y) FROM b) AS m FROM a',
  'SELECT id, (SELECT max(y) FROM b WHERE b.k = a.k) AS m FROM a',
  'SELECT id, (SELECT count(*) FROM b WHERE b.k = a.k) AS n FROM a',
  'SELECT id, (SELECT count(*) + 1 FROM b WHERE b.k = a.k) AS n FROM a',
  'SELECT id, (SELECT y FROM b WHERE b.id = a.id) AS y FROM a',
  'SELECT * FROM a WHERE x > (SELECT avg(y) FROM b WHERE b.k = a.k)',
  'SELECT * FROM a WHERE x = (SELECT max(x) FROM a)',
  'SELECT id, (SELECT y FROM b WHERE b.k = a.k ORDER BY y DESC, id LIMIT 1) AS y FROM a',
  'SELECT id, ARRAY(SELECT y FROM b WHERE b.k = a.k ORDER BY y, id) AS ys FROM a',
  'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND EXISTS (SELECT 1 FROM c WHERE c.k = b.k))',
  'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b JOIN c ON b.k = c.k WHERE b.id = a.id)',
  'SELECT a.id, l.n FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.k = a.k) l',
  'SELECT a.id, l.y FROM a LEFT JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y, id LIMIT 2) l ON true',
  'SELECT a.id, l.y2 FROM a, LATERAL (SELECT y + a.x AS y2 FROM b WHERE b.k = a.k) l',
  'SELECT k, sum(x) AS s, (SELECT max(z) FROM c) AS m FROM a GROUP BY k',
  'SELECT sum((SELECT max(y) FROM b WHERE b.k = a.k)) FROM a',
  'SELECT k, x FROM a ORDER BY x DESC, id LIMIT 3',
  'SELECT k, x FROM a ORDER BY x, id LIMIT 2 OFFSET 1',
  'SELECT id, n FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x, id) AS n FROM a) r WHERE n <= 2',
  'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x DESC, id) AS n FROM a) r WHERE n = 1',
  'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x DESC, id) AS n FROM a) r WHERE n > 1 AND n < 4',
  'SELECT id, k FROM a QUALIFY row_number() OVER (PARTITION BY k ORDER BY x, id) = 1',
  'SELECT id, row_number() OVER (ORDER BY x, id) AS n FROM a',
  'SELECT DISTINCT ON (k) k, id, x FROM a ORDER BY k, x, id',
  'SELECT id, sum(x) OVER () AS s FROM a',
  'SELECT id, x, max(x) OVER (PARTITION BY x) AS m, count(*) OVER (PARTITION BY x) AS n FROM a',
  "SELECT window_start, window_end, count(*), sum(y) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
  "SELECT k, window_end, max(y) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end",
  'SELECT x, n FROM (SELECT x, count(*) AS n FROM a GROUP BY x) g WHERE n = (SELECT max(n2) FROM (SELECT count(*) AS n2 FROM a GROUP BY x) h)',
  'WITH s AS (SELECT k, sum(x) AS s FROM a GROUP BY k) SELECT p.k, q.s FROM s p JOIN s q ON p.k = q.k',
  'SELECT * FROM generate_series(1, 3) g JOIN a ON a.k = g',
  'SELECT a.id, m.m FROM a CROSS JOIN (SELECT max(y) AS m FROM b) m',
  'SELECT k, array_agg(x ORDER BY x, id) FROM a GROUP BY k',
  'SELECT CASE WHEN k IS NULL THEN 0 ELSE k END AS g, count(*) FROM a GROUP BY CASE WHEN k IS NULL THEN 0 ELSE k END',
  'SELECT id FROM a WHERE k IN (1, 2) AND (x > 1 AND t = \'p\' OR x > 1 AND t = \'q\')',
  'SELECT id FROM a WHERE FALSE',
  'VALUES (1, \'x\'), (2, NULL)',
  'SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM a WHERE x > 3)',
];

const small = (rng: Rng): number | null => (rng.int(6) === 0 ? null : rng.int(4));

function maker(table: 'a' | 'b' | 'c', state: { next: number }): (rng: Rng) => Row {
  switch (table) {
    case 'a':
      return (rng) => [state.next++, small(rng), rng.int(5), rng.int(5) === 0 ? null : rng.pick(['p', 'q', 'r'])];
    case 'b':
      return (rng) => [state.next++, small(rng), small(rng), BigInt(rng.int(40)) * 1_000_000n];
    case 'c':
      return (rng) => [rng.int(4), rng.int(6) === 0 ? null : BigInt(rng.int(5))];
  }
}

function step(db: PlanDatabase, run: PlanRun | null, rng: Rng, states: Record<'a' | 'b' | 'c', { next: number }>): void {
  for (const table of ['a', 'b', 'c'] as const) {
    const relation = db.relation(table);
    const changes: Change[] = randomChanges(rng, db.bag(relation), rng.int(5), maker(table, states[table]));
    run?.send(relation, changes);
  }
}

const DISABLED: ReadonlySet<string>[] = [new Set(), new Set(['push-join-condition', 'push-filter-project', 'merge-projects', 'prune-columns', 'outer-to-inner', 'fold-constants'])];

describe('a continuous query gives what the naive evaluator gives', () => {
  it.each(QUERIES)('%s', (sql) => {
    let seen = 0;
    for (const [n, disabled] of DISABLED.entries()) {
      for (let seed = 1; seed <= 6; seed++) {
        const rng = new Rng(seed * 7 + n);
        const db = new PlanDatabase(DDL);
        const bound = db.plan(sql);
        const { plan } = db.physical(sql, undefined, { twoPhase: seed % 2 === 0, dropUpdateBefore: seed > 2 }, { disabled });
        const run = new PlanRun(plan, seed % 3 === 0 ? 3 : 1);
        const states = { a: { next: 1 }, b: { next: 1 }, c: { next: 1 } };
        const got = new Bag();
        for (let round = 0; round < 6; round++) {
          step(db, run, rng, states);
          run.barrier();
          got.apply(run.take());
          expect(got.text(), `seed ${seed} round ${round}`).toEqual(db.expected(bound).text());
        }
        expect(run.errors).toEqual([]);
        seen += got.list().length;
      }
    }
    // The comparison is worth something only where there is something to compare.
    expect(seen > 0 || sql.includes('WHERE FALSE') || sql.startsWith('VALUES')).toBe(true);
  });
});

describe('a snapshot gives what the naive evaluator gives', () => {
  it.each(QUERIES)('%s', (sql) => {
    const rng = new Rng(5);
    const db = new PlanDatabase(DDL);
    const states = { a: { next: 1 }, b: { next: 1 }, c: { next: 1 } };
    for (let i = 0; i < 4; i++) step(db, null, rng, states);
    const { plan } = db.physical(sql, { kind: 'result', snapshotOnly: true });
    expect(plan.props.bounded).toBe(true);
    expect(plan.props.changelog).toBe('append-only');
    const run = new PlanRun(plan, 2);
    for (const table of ['a', 'b', 'c']) run.send(db.relation(table), db.bag(db.relation(table)).list().map((row) => ({ op: 0, row })));
    run.end();
    const got = new Bag();
    got.apply(run.take());
    expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
  });

  it('fails with a position where a subquery may have several rows', () => {
    const db = new PlanDatabase(DDL);
    expect(() => db.physical('SELECT id, (SELECT y FROM b WHERE b.k = a.k) FROM a')).toThrow(SqlError);
  });
});
