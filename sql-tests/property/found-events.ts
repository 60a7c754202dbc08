import type { EventQuery } from './event-queries.ts';

/** Queries that once went wrong, each with the seed of its rows and cuts: rows of several files found late, ends taken for idleness, values parted from their groups by a restart. */
export const FOUND: readonly { readonly seed: number; readonly queries: readonly EventQuery[] }[] = [
  { seed: 11, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, JSONB_AGG(x.s ORDER BY x.s) FILTER (WHERE x.v = ANY ('{2,NULL,2}'::INT[])) AS a0, COUNT(COALESCE('{"b": null}'::JSONB, '{"b": null}'::JSONB)) AS a1 FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
  ] },
  { seed: 35, queries: [
    { marks: [], final: true, sql: `SELECT o1, k, v, ts, rn FROM (SELECT window_start AS o1, k, v, ts, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS rn FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND))) AS x WHERE rn <= 3` },
    { marks: [], final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end` },
  ] },
  { seed: 46, queries: [
    { marks: [], final: true, sql: `SELECT e.k AS ek, e.v AS ev, e.ts AS et, f.v AS fv, f.ts AS ft FROM e RIGHT JOIN f ON e.k = f.k AND e.ts BETWEEN f.ts - INTERVAL '3' SECOND AND f.ts + INTERVAL '2' SECOND` },
  ] },
  { seed: 60, queries: [
    { marks: [], final: true, sql: `SELECT a.window_start AS o1, a.k, a.v FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND)) AS a WHERE EXISTS (SELECT 1 FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '5' SECOND)) AS b WHERE a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k)` },
  ] },
  { seed: 155, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, x.k AS o3, JSONB_AGG(x.s ORDER BY x.s) AS a0, CAST(AVG(DISTINCT MOD(x.k, 3)) FILTER (WHERE x.s IS NOT NULL) AS DECIMAL(10, 2)) AS a1 FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.k` },
    { marks: [], final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end` },
  ] },
  { seed: 172, queries: [
    { marks: [], final: true, sql: `SELECT COALESCE(a.window_start, b.window_start) AS o1, a.k AS ak, a.v AS av, b.k AS bk, b.v AS bv FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS a RIGHT JOIN TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS b ON a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k` },
    { marks: [], final: true, sql: `SELECT k, v, ts, COUNT(*) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS o FROM e` },
    { marks: [], final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end` },
  ] },
  { seed: 189, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, x.k AS o3, SUM(DISTINCT NULLIF(x.v, 4)) AS a0 FROM TABLE(HOP(TABLE f, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.k` },
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, JSONB_AGG(x.s ORDER BY x.s) FILTER (WHERE NOT (x.v IS DISTINCT FROM x.v)) AS a0, COUNT(DISTINCT COALESCE(3, 4)) FILTER (WHERE (x.v < x.k AND x.v NOT IN (-1, 1))) AS a1 FROM TABLE(HOP(TABLE f, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, x.k AS o3, JSONB_AGG(false ORDER BY false) AS a0, STRING_AGG(DISTINCT x.s, '-' ORDER BY x.s DESC) FILTER (WHERE NOT (x.v NOT IN (4, 0))) AS a1 FROM TABLE(SESSION(TABLE e PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.k` },
  ] },
  { seed: 224, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, STRING_AGG(x.s, '-' ORDER BY x.s) AS a0 FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, MIN(DATE '2024-01-03') AS a0 FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
  ] },
  { seed: 329, queries: [
    { marks: [], final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end` },
    { marks: [], final: true, sql: `SELECT o1, k, v, ts, rn FROM (SELECT window_start AS o1, k, v, ts, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY k, v, ts) AS rn FROM TABLE(SESSION(TABLE e, DESCRIPTOR(ts), INTERVAL '6' SECOND))) AS x WHERE rn <= 2` },
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, x.k AS o3, COUNT(*) AS a0, CAST(AVG(DISTINCT GREATEST(x.k, 0)) AS DECIMAL(10, 2)) AS a1 FROM TABLE(SESSION(TABLE e PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.k` },
  ] },
  { seed: 361, queries: [
    { marks: [], final: true, sql: `SELECT COALESCE(a.window_start, b.window_start) AS o1, a.k AS ak, a.v AS av, b.k AS bk, b.v AS bv FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS a FULL JOIN TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS b ON a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k` },
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, JSONB_AGG(NULLIF(true, false) ORDER BY NULLIF(true, false)) AS a0, JSONB_AGG((x.s || x.s) ORDER BY (x.s || x.s)) AS a1 FROM TABLE(CUMULATE(TABLE f, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
  ] },
  { seed: 1230, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, COUNT(DISTINCT COALESCE(0, 4)) AS a0 FROM TABLE(CUMULATE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
    { marks: [], final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end` },
  ] },
  { seed: 1472, queries: [
    { marks: [], final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, COUNT(DISTINCT CASE WHEN x.s IS NOT DISTINCT FROM x.s THEN true ELSE false END) AS a0 FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) AS x GROUP BY x.window_start, x.window_end` },
    { marks: [], final: true, sql: `SELECT o1, k, v, ts, rn FROM (SELECT window_start AS o1, k, v, ts, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ts) AS rn FROM TABLE(CUMULATE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND))) AS x WHERE rn <= 1` },
  ] },
  { seed: 708930, queries: [
    { marks: [], final: false, sql: `SELECT x1.at AS o1, ARRAY_AGG(DISTINCT x1.k ORDER BY x1.k NULLS FIRST) FILTER (WHERE '{"a": "x", "b": [1, 2]}'::JSONB @> '{"a": 1}'::JSONB) AS o2, CAST(AVG(DISTINCT f_twice(x1.id)) AS DECIMAL(10, 2)) AS o3 FROM ups AS x1 LEFT JOIN dv FOR SYSTEM_TIME AS OF PROCTIME() AS d2 ON x1.id = d2.k WHERE (NULLIF(x1.k, 2) IN (1, 4)) GROUP BY x1.at` },
    { marks: [], final: true, sql: `SELECT e.k AS o1, e.ts AS o2, d.id AS o3, d.c2 AS o4 FROM e JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS d ON MOD(e.v, 4) = d.k` },
    { marks: [], final: true, sql: `SELECT window_start AS o1, COUNT(*) AS o2, SUM(o4) AS o5 FROM TABLE(TUMBLE(TABLE (SELECT e.k AS o1, e.v AS o2, e.ts AS o3, r.v AS o4, r.ts AS o5 FROM e JOIN latest FOR SYSTEM_TIME AS OF e.ts AS r ON e.k = r.k), DESCRIPTOR(o3), INTERVAL '10' SECOND)) GROUP BY window_start, window_end` },
  ] },
];
