import type { Rng } from '../../common/rng.ts';
import type { Row } from '../../common/types/value.ts';
import { randomChanges } from '../../exec/testing/harness.ts';
import type { PlanDatabase } from './database.ts';
import type { PlanRun } from './run.ts';

/** Queries over three small tables, of every shape the planner knows, and random contents for them. */

export const EQUIVALENCE_DDL = `
  CREATE TABLE a (id INT NOT NULL PRIMARY KEY, k INT, x INT NOT NULL, t TEXT);
  CREATE TABLE b (id INT NOT NULL PRIMARY KEY, k INT, y INT, ts TIMESTAMP(3) NOT NULL);
  CREATE TABLE c (k INT NOT NULL, z BIGINT);
  CREATE FUNCTION plus_one(n INT) RETURNS INT LANGUAGE javascript STRICT AS $$ return n + 1 $$;
  CREATE FUNCTION upto(n INT) RETURNS TABLE (n INT, t TEXT) LANGUAGE javascript AS $$ for (let i = 1; i <= n; i++) yield [i, 'n' + i] $$;
  CREATE AGGREGATE total(n INT) RETURNS BIGINT LANGUAGE javascript STRICT AS $$
    function create_state() { return { n: 0, sum: 0n } }
    function accumulate(s, n) { s.n++; s.sum += BigInt(n) }
    function retract(s, n) { s.n--; s.sum -= BigInt(n) }
    function merge(a, b) { a.n += b.n; a.sum += b.sum }
    function finish(s) { return s.n === 0 ? null : s.sum } $$;
  CREATE AGGREGATE kept(n INT) RETURNS TEXT LANGUAGE javascript AS $$
    function create_state() { return [] }
    function accumulate(s, n) { return [...s, n].sort() }
    function finish(s) { return s.join() } $$;
`;

export const EQUIVALENCE_QUERIES: readonly string[] = [
  'SELECT * FROM a',
  'SELECT x + 1 AS x1, t FROM a WHERE k > 1 AND 1 = 1',
  'SELECT id, plus_one(x) AS y, plus_one(plus_one(k)) AS z FROM a WHERE plus_one(k) > 1 AND plus_one(x) < 5',
  'SELECT id, CASE WHEN x > 1 THEN plus_one(plus_one(x)) ELSE plus_one(k) END AS y FROM a',
  'SELECT k, total(x), kept(x), count(*) FROM a GROUP BY k',
  'SELECT total(y), kept(DISTINCT y) FROM b',
  'SELECT k, total(x) FILTER (WHERE x > 1) AS s FROM a GROUP BY k HAVING kept(x) <> $$1$$',
  'SELECT plus_one(k) AS k, total(n) FROM (SELECT a.k, f.n FROM a CROSS JOIN LATERAL upto(a.x) AS f) j GROUP BY plus_one(k)',
  'SELECT a.id, f.n, f.t FROM a LEFT JOIN LATERAL upto(a.x - 2) AS f ON TRUE',
  'SELECT id, kept(x) OVER (PARTITION BY k ORDER BY id) AS l, total(x) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM a',
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
  'SELECT a.id, b.id, b.y FROM a ASOF JOIN b ON a.k = b.k AND a.x >= b.y',
  'SELECT a.id, a.x, b.y FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.x > b.y',
  'SELECT a.id, b.id FROM a ASOF LEFT JOIN b MATCH_CONDITION (b.y >= a.x) ON b.k = a.k',
  'SELECT a.id, c.z FROM a ASOF JOIN c MATCH_CONDITION (a.x < c.z) WHERE a.x > 1 AND c.k > 0',
  'SELECT k, count(*), sum(y) FROM (SELECT a.k, b.y FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.x <= b.y) j GROUP BY k',
  'SELECT b.id, m.n FROM b ASOF LEFT JOIN (SELECT x, count(*) AS n FROM a GROUP BY x) m ON b.y >= m.x',
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
  'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND EXISTS (SELECT 1 FROM c WHERE c.k = a.k AND c.z = b.y))',
  'SELECT id FROM a WHERE k IN (SELECT b.k FROM b WHERE b.y IN (SELECT c.z FROM c WHERE c.k = a.x))',
  'SELECT id, (SELECT count(*) FROM b WHERE b.k = a.k AND b.y IN (SELECT z FROM c)) AS n FROM a',
  'SELECT id FROM a WHERE x >= (SELECT count(*) FROM b WHERE b.k = a.k AND b.y > (SELECT avg(z) FROM c WHERE c.k = b.k))',
  'SELECT a.id, l.n, m.s FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.k = a.k) l, LATERAL (SELECT sum(z) AS s FROM c WHERE c.k = l.n) m',
  'SELECT k, count(*) FROM a GROUP BY k HAVING count(*) > (SELECT count(*) FROM c WHERE c.k = a.k)',
  'SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k AND b.y IN (SELECT z FROM c)',
  'SELECT a.id, b.id FROM a JOIN b ON a.k = b.k AND EXISTS (SELECT 1 FROM c WHERE c.k = a.k)',
  'SELECT id, CASE WHEN k IN (SELECT k FROM c) THEN (SELECT max(z) FROM c) ELSE 0 END AS v FROM a',
  'SELECT p.k, p.x, q.n FROM a p JOIN (SELECT k, count(*) AS n FROM b GROUP BY k HAVING count(*) > 1) q ON p.k = q.k WHERE p.x > 1',
  'SELECT a.id, l.n FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.k = a.k) l',
  'SELECT a.id, l.y FROM a LEFT JOIN LATERAL (SELECT y FROM b WHERE b.k = a.k ORDER BY y, id LIMIT 2) l ON true',
  'SELECT a.id, l.y2 FROM a, LATERAL (SELECT y + a.x AS y2 FROM b WHERE b.k = a.k) l',
  'SELECT k, sum(x) AS s, (SELECT max(z) FROM c) AS m FROM a GROUP BY k',
  'SELECT sum((SELECT max(y) FROM b WHERE b.k = a.k)) FROM a',
  'SELECT k, x FROM a ORDER BY x DESC, id LIMIT 3',
  'SELECT k, x FROM a ORDER BY x, id LIMIT 2 OFFSET 1',
  'SELECT id, count(DISTINCT x) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n, sum(DISTINCT x) OVER (PARTITION BY k) AS s FROM a',
  'SELECT id, array_agg(DISTINCT x) FILTER (WHERE x <> 2) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS l, max(DISTINCT x) OVER (ORDER BY id) AS m FROM a',
  'SELECT id, n FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x, id) AS n FROM a) r WHERE n <= 2',
  'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x DESC, id) AS n FROM a) r WHERE n = 1',
  'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x DESC, id) AS n FROM a) r WHERE n > 1 AND n < 4',
  'SELECT id, k FROM a QUALIFY row_number() OVER (PARTITION BY k ORDER BY x, id) = 1',
  'SELECT id, row_number() OVER (ORDER BY x, id) AS n FROM a',
  'SELECT DISTINCT ON (k) k, id, x FROM a ORDER BY k, x, id',
  'SELECT id, k, rank() OVER (PARTITION BY k ORDER BY x) AS n FROM a QUALIFY n <= 2',
  'SELECT id FROM a QUALIFY dense_rank() OVER (PARTITION BY k ORDER BY x DESC) BETWEEN 2 AND 3',
  'SELECT id, dense_rank() OVER (ORDER BY x) AS n FROM a QUALIFY 2 >= n',
  'SELECT id, x FROM a QUALIFY rank() OVER (PARTITION BY t ORDER BY x, k NULLS FIRST) = 1',
  'SELECT id, n FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x, id) AS n FROM a) r WHERE n IN (1, 3)',
  'SELECT id, n FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY x, id) AS n FROM a) r WHERE n = 1 OR n = 2 AND id > 3',
  'SELECT id, row_number() OVER (PARTITION BY k ORDER BY x, id) AS n, count(*) OVER (PARTITION BY x) AS s FROM a QUALIFY 3 > n AND s > 1',
  'SELECT id, k, n FROM (SELECT id, k, rank() OVER (PARTITION BY k ORDER BY x) AS n FROM a) r WHERE n <= 2',
  'SELECT id FROM (SELECT id, row_number() OVER (ORDER BY x, id) AS n, rank() OVER (ORDER BY x) AS r FROM a) r WHERE n <= 4 AND r <= 2',
  'SELECT id, x FROM a ORDER BY x FETCH FIRST 2 ROWS WITH TIES',
  'SELECT id, x FROM a ORDER BY x DESC OFFSET 1 ROW FETCH NEXT ROW WITH TIES',
  'SELECT a.id, l.id FROM a LEFT JOIN LATERAL (SELECT id FROM b WHERE b.k = a.k ORDER BY y FETCH FIRST 1 ROW WITH TIES) l ON true',
  'SELECT k, count(*) FROM (SELECT k, x FROM a ORDER BY x FETCH FIRST 3 ROWS WITH TIES) s GROUP BY k',
  'SELECT id, sum(x) OVER () AS s FROM a',
  "SELECT id, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c FROM a WINDOW w AS (PARTITION BY k ORDER BY x)",
  "SELECT id, ntile(3) OVER (ORDER BY x, id) AS n, row_number() OVER (PARTITION BY k ORDER BY x DESC, id) AS r FROM a",
  "SELECT id, lag(x) OVER w AS l, lead(x, 2, -1) OVER w AS n, lag(t, 1) IGNORE NULLS OVER w AS t FROM a WINDOW w AS (PARTITION BY k ORDER BY id)",
  "SELECT id, lag(x, x) OVER (ORDER BY id) AS l FROM a",
  "SELECT id, first_value(x) OVER w AS f, last_value(x) OVER w AS l, nth_value(x, 2) OVER w AS n FROM a WINDOW w AS (PARTITION BY k ORDER BY x, id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
  "SELECT id, sum(x) OVER (PARTITION BY k ORDER BY x) AS s, count(*) OVER (ORDER BY x, id ROWS UNBOUNDED PRECEDING) AS n FROM a",
  "SELECT id, sum(x) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s, min(x) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS m FROM a",
  "SELECT id, sum(x) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s, count(k) OVER (ORDER BY x DESC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS n FROM a",
  "SELECT id, sum(y) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) AS s FROM b",
  "SELECT id, count(*) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS n, max(x) OVER (ORDER BY k GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS m FROM a",
  "SELECT id, sum(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS a, count(*) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS b, sum(x) OVER (ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP) AS c FROM a",
  "SELECT id, count(*) FILTER (WHERE x > 1) OVER (PARTITION BY k ORDER BY id) AS n, avg(x) OVER (PARTITION BY k) AS v FROM a",
  "SELECT k, x, count(*) OVER (PARTITION BY k ORDER BY x) AS n FROM (SELECT k, x FROM a UNION ALL SELECT k, x FROM a) u",
  "SELECT k, sum(x) AS s, rank() OVER (ORDER BY sum(x) DESC, k) AS r FROM a GROUP BY k",
  "SELECT id, s FROM (SELECT id, x, sum(x) OVER (PARTITION BY k ORDER BY id) AS s FROM a) o WHERE s > 4 AND x > 0",
  "SELECT p.id, avg(p.n) OVER (PARTITION BY p.k ORDER BY p.id ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS v FROM (SELECT a.id, a.k, max(b.y) AS n FROM a JOIN b ON a.k = b.k GROUP BY a.id, a.k) p",
  'SELECT id, x, max(x) OVER (PARTITION BY x) AS m, count(*) OVER (PARTITION BY x) AS n FROM a',
  "SELECT window_start, window_end, count(*), sum(y) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
  "SELECT k, window_end, max(y) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end",
  "SELECT window_start, window_end, count(*), sum(y) FROM TABLE(CUMULATE(TABLE b, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end",
  "SELECT id, window_end, k FROM TABLE(CUMULATE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND, INTERVAL '-3' SECOND)) WHERE y > 0",
  "SELECT window_start, window_end, k, count(*), max(y) FROM TABLE(SESSION(TABLE b PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end, k",
  "SELECT window_end - window_start AS len, y, count(*) FROM TABLE(SESSION(TABLE b, DESCRIPTOR(ts), INTERVAL '3' SECOND)) WHERE y IS NOT NULL GROUP BY window_start, window_end, y",
  "SELECT id, window_start, window_time FROM TABLE(SESSION(TABLE b PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND)) WHERE k > 0",
  "SELECT window_start, window_end, count(*) FROM TABLE(HOP(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '4' SECOND)) GROUP BY window_start, window_end",
  "SELECT window_start, window_end, count(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '1' MONTH, INTERVAL '-20' SECOND)) GROUP BY window_start, window_end",
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
  'SELECT id, g FROM a, generate_series(1, k) g',
  'SELECT id, g, h FROM a LEFT JOIN LATERAL generate_series(1, k) WITH ORDINALITY AS s(g, h) ON g < a.x',
  'SELECT id, e FROM a LEFT JOIN LATERAL (SELECT coalesce(g, 0) + a.x AS e FROM generate_series(k, 3) g WHERE g > a.x) q ON true',
  'SELECT id, unnest(ARRAY[k, x]) AS u FROM a',
  'SELECT id, array_transform(ARRAY[k, x], e -> e * 2 + id) AS u, any_match(ARRAY[k, x], e -> e > 1) AS v FROM a WHERE reduce(ARRAY[k, x], 0, (s, e) -> s + coalesce(e, 1)) > 2',
  'SELECT array_filter(l, e -> e > m) AS f, count(*) FROM (SELECT k, array_agg(x ORDER BY id) AS l, min(x) AS m FROM a GROUP BY k) g GROUP BY array_filter(l, e -> e > m)',
  'SELECT u, count(*) FROM a, UNNEST(ARRAY[k, x, id]) AS v(u) GROUP BY u',
  'SELECT k, t, count(*), sum(x), grouping(k, t) AS g FROM a GROUP BY CUBE (k, t)',
  'SELECT k, sum(x) FROM a WHERE x > 2 GROUP BY GROUPING SETS ((k), (), ())',
  'SELECT a.k, b.y, count(*) FROM a JOIN b ON a.id = b.id GROUP BY ROLLUP (a.k, b.y)',
  'SELECT k, max(x) FROM a GROUP BY ROLLUP (k) HAVING grouping(k) = 1 OR count(*) > 1',
  "SELECT k, window_start, window_end, count(*) FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, ROLLUP (k)",
  'SELECT a.id, b.id AS bid FROM a, b',
  'SELECT a.id, b.id AS bid FROM a JOIN b ON a.x < b.y',
  'SELECT a.id, b.id AS bid FROM a LEFT JOIN b ON a.x < b.y',
  'SELECT a.id, b.id AS bid FROM a FULL JOIN b ON a.x + b.y > 5',
  'SELECT a.id, b.id AS bid FROM a FULL JOIN b ON false',
  'SELECT a.id, c.z FROM a RIGHT JOIN c ON true',
  'SELECT id, k FROM a ORDER BY k FETCH FIRST 2 ROWS WITH TIES',
  'SELECT a.id, b.id AS bid FROM a FULL JOIN b ON a.k = b.k AND b.y IN (SELECT z FROM c WHERE c.k = a.x)',
  'SELECT a.id, b.id AS bid FROM a FULL JOIN b ON b.y = ANY (ARRAY[a.k, a.x])',
  'SELECT k, count(*) AS n FROM a GROUP BY k ORDER BY n DESC FETCH FIRST 1 ROWS WITH TIES',
  'SELECT a.id, l.y FROM a, LATERAL (SELECT y FROM b WHERE b.id > a.x ORDER BY b.k FETCH FIRST 1 ROW WITH TIES) l',
  "WITH q AS (SELECT k, count(*) AS n FROM a GROUP BY k) SELECT 'many' AS w, k FROM q WHERE n > 1 UNION ALL SELECT 'one', k FROM q WHERE n = 1",
  'SELECT id, (SELECT max(y) FROM b WHERE b.k < a.k) AS m FROM a',
  'SELECT id, (SELECT count(*) FROM b WHERE b.k <> a.k OR a.k IS NULL) AS n FROM a',
  'SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k < a.k) AS f FROM a',
  'SELECT id, k NOT IN (SELECT k FROM b WHERE b.y > a.x) AS f FROM a',
  'SELECT id FROM a WHERE (k, x) NOT IN (SELECT k, y FROM b WHERE b.id <> a.id)',
  'SELECT id FROM a WHERE x > ALL (SELECT y FROM b WHERE b.k <> a.k)',
  'SELECT a.id, l.y FROM a LEFT JOIN LATERAL (SELECT y, id FROM b WHERE b.y > a.x ORDER BY y, id LIMIT 2) l ON true',
  'SELECT a.id, l.y FROM a, LATERAL (SELECT y FROM b WHERE b.k = a.k UNION SELECT a.x) l',
  'SELECT a.id, l.y FROM a, LATERAL (SELECT y FROM b WHERE b.k <> a.k EXCEPT ALL SELECT a.x) l',
  'SELECT a.id, l.v FROM a, LATERAL (VALUES (a.x), (a.k)) l(v)',
  'SELECT id, (SELECT count(*) FROM b FULL JOIN c ON b.k = c.k AND c.z > a.x) AS n FROM a',
  'SELECT id, (SELECT count(*) FROM b RIGHT JOIN (SELECT * FROM c WHERE c.z < a.x) d ON b.k = d.k) AS n FROM a',
  'SELECT id, (SELECT max(n) FROM (SELECT count(*) AS n FROM b WHERE b.y < a.x) q) AS n FROM a',
  'SELECT id, (SELECT (SELECT count(*) FROM c WHERE c.z < b.y AND c.k < a.x) FROM b WHERE b.id = a.id) AS n FROM a',
  'SELECT a.id, b.id AS bid FROM a LEFT JOIN b ON b.y = (SELECT max(z) FROM c WHERE c.k = a.k)',
  'SELECT id, unnest(ARRAY[k, x]) AS u, generate_series(1, k) AS g FROM a',
  'SELECT id, generate_series(1, 3) AS g FROM a',
  'SELECT id, unnest(ARRAY[generate_series(1, k), x]) AS u, generate_series(2, 3) AS g FROM a',
  'SELECT k, generate_series(1, generate_series(1, 2)) AS g, count(*) AS n FROM a GROUP BY k',
  'SELECT id, (SELECT sum(g) FROM b, generate_series(b.k, a.x) g) AS n FROM a',
  'SELECT id, (SELECT DISTINCT q.x FROM a q WHERE q.x = a.x) AS y FROM a',
  'SELECT a.id, b.id AS bid FROM a JOIN b ON a.k IS NOT DISTINCT FROM b.k',
  'SELECT a.id, b.id AS bid FROM a FULL JOIN b ON a.k IS NOT DISTINCT FROM b.k AND a.x < b.y',
  'SELECT a.id, b.id AS bid, c.z FROM a JOIN b LEFT JOIN c ON b.k = c.k ON a.k = b.k',
];

const small = (rng: Rng): number | null => (rng.int(6) === 0 ? null : rng.int(4));
const numbers = new WeakMap<PlanDatabase, { a: number; b: number; c: number }>();

const MAKERS: Readonly<Record<'a' | 'b' | 'c', (rng: Rng, id: number) => Row>> = {
  a: (rng, id) => [id, small(rng), rng.int(5), rng.int(5) === 0 ? null : rng.pick(['p', 'q', 'r'])],
  b: (rng, id) => [id, small(rng), small(rng), BigInt(rng.int(40)) * 1_000_000n],
  c: (rng) => [rng.int(4), rng.int(6) === 0 ? null : BigInt(rng.int(5))],
};

/** Some rounds of random inserts, updates and deletes of each table, sent to `run` too. */
export function fillTables(db: PlanDatabase, rng: Rng, rounds: number, run: PlanRun | null = null): void {
  let ids = numbers.get(db);
  if (ids === undefined) numbers.set(db, (ids = { a: 1, b: 1, c: 1 }));
  const next = ids;
  for (let round = 0; round < rounds; round++) {
    for (const table of ['a', 'b', 'c'] as const) {
      const relation = db.relation(table);
      const changes = randomChanges(rng, db.bag(relation), rng.int(5), (r) => MAKERS[table](r, next[table]++));
      run?.send(relation, changes);
    }
  }
}
