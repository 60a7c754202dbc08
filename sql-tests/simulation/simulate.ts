import { generateHistory } from './history.ts';
import { replay, type ReplayReport } from './replay.ts';

/** Every kind of operator and what stands on what: a view over views, a diamond, a self-join with an aggregate. */
const VIEWS: readonly (readonly [string, string])[] = [
  ['v_filter', 'SELECT id, v * 2 AS d, s FROM t WHERE v > 3 AND k IS NOT NULL'],
  ['v_group', 'SELECT k, COUNT(*) AS n, SUM(v) AS total, MIN(v) AS low, MAX(v) AS high, AVG(v) AS mean FROM t GROUP BY k'],
  ['v_global', 'SELECT COUNT(*) AS n, SUM(v) AS total, COUNT(DISTINCT k) AS ks, COUNT(*) FILTER (WHERE v > 5) AS big FROM t'],
  ['v_having', 'SELECT s, COUNT(*) AS n FROM t GROUP BY s HAVING COUNT(*) > 2'],
  ['v_distinct', 'SELECT DISTINCT k, s FROM t'],
  ['v_inner', 'SELECT t.id, u.w FROM t JOIN u ON t.k = u.k'],
  ['v_left', 'SELECT t.id, t.k, u.w FROM t LEFT JOIN u ON t.k = u.k AND u.w > t.v'],
  ['v_right', 'SELECT t.id, u.k, u.w FROM t RIGHT JOIN u ON t.k = u.k'],
  ['v_full', 'SELECT t.id, u.k, u.w FROM t FULL JOIN u ON t.k = u.k AND t.v < u.w'],
  ['v_semi', 'SELECT id, v FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)'],
  ['v_anti', 'SELECT id, v FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w > 4)'],
  ['v_union', 'SELECT k, v FROM t UNION ALL SELECT k, CAST(w AS INT) FROM u'],
  ['v_top', 'SELECT id, v FROM t ORDER BY v DESC, id LIMIT 3'],
  ['v_rank', 'SELECT k, id, v FROM (SELECT k, id, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM t) AS x WHERE r <= 2'],
  ['v_two', 'SELECT g.k, g.n, u.w FROM v_group AS g JOIN u ON g.k = u.k'],
  ['v_self', 'SELECT t.id, t.v - g.low AS over FROM t JOIN v_group AS g ON t.k = g.k'],
  ['v_three', 'SELECT n, COUNT(*) AS ks, SUM(total) AS total FROM v_group GROUP BY n'],
  ['v_diamond', 'SELECT a.k, a.n, b.s FROM v_group AS a JOIN v_distinct AS b ON a.k = b.k'],
];

/**
 * One seed, one history: the views above under a seeded scheduler, random changes in random cuts, checks, crashes and restarts
 * onto other parallelisms.
 */
export function simulate(seed: number, steps: number): Promise<ReplayReport> {
  return replay(generateHistory(seed, steps, VIEWS));
}
