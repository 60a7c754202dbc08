import { aggregate } from './aggregates.ts';
import type { Choices } from './choices.ts';
import type { Column } from './tables.ts';

/** Random queries in order of event time over the tables e and f, whose times are all different: windows, OVER, joins by time. */

export const SOURCES = ['e', 'f'] as const;
type Source = (typeof SOURCES)[number];

const columnsOf = (alias: string): Column[] => [
  { sql: `${alias}.k`, kind: 'int' },
  { sql: `${alias}.v`, kind: 'int' },
  { sql: `${alias}.s`, kind: 'text' },
];

function windows(c: Choices, table: string): string {
  return `TABLE(${c.pick([
    `TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '10' SECOND)`,
    `HOP(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)`,
    `CUMULATE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)`,
    `SESSION(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '4' SECOND)`,
    `SESSION(TABLE ${table} PARTITION BY k, DESCRIPTOR(ts), INTERVAL '6' SECOND)`,
    `TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)`,
  ])})`;
}

const source = (c: Choices): Source => c.pick(['e', 'f']);

function grouped(c: Choices): string {
  const from = windows(c, source(c));
  // A session of a partition is grouped by it.
  const byKey = from.includes('PARTITION BY') || c.int(2) === 0;
  const calls = Array.from({ length: 1 + c.int(2) }, () => aggregate(c, columnsOf('x')).sql);
  return `SELECT x.window_start AS o1, x.window_end AS o2, ${byKey ? 'x.k AS o3, ' : ''}${calls.map((x, i) => `${x} AS a${i}`).join(', ')} FROM ${from} AS x GROUP BY x.window_start, x.window_end${byKey ? ', x.k' : ''}`;
}

function twice(c: Choices): string {
  const from = windows(c, source(c)).replace(/SESSION\(.*/, `TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND))`);
  return `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM ${from} AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), INTERVAL '20' SECOND)) AS y GROUP BY y.window_start, y.window_end`;
}

function windowTop(c: Choices): string {
  const from = windows(c, source(c)).replace(' PARTITION BY k', '');
  const order = c.pick(['v, ts', 'v DESC, ts', 'ts', 'ts DESC', 'k, v, ts']);
  return `SELECT o1, k, v, ts${c.pick(['', ', rn'])} FROM (SELECT window_start AS o1, k, v, ts, ROW_NUMBER() OVER (PARTITION BY window_start, window_end${c.pick(['', ', k'])} ORDER BY ${order}) AS rn FROM ${from}) AS x WHERE rn <= ${1 + c.int(3)}`;
}

function windowJoin(c: Choices): string {
  const size = c.pick([`INTERVAL '10' SECOND`, `INTERVAL '5' SECOND`]);
  const [a, b] = SOURCES.map((t) => `TABLE(TUMBLE(TABLE ${t}, DESCRIPTOR(ts), ${size}))`);
  const on = `a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k`;
  if (c.rarely(3)) return `SELECT a.window_start AS o1, a.k, a.v FROM ${a} AS a WHERE ${c.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${b} AS b WHERE ${on})`;
  return `SELECT COALESCE(a.window_start, b.window_start) AS o1, a.k AS ak, a.v AS av, b.k AS bk, b.v AS bv FROM ${a} AS a ${c.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${b} AS b ON ${on}`;
}

function intervalJoin(c: Choices): string {
  const [before, after] = [c.int(4), c.int(4)];
  const on = `e.k = f.k AND e.ts BETWEEN f.ts - INTERVAL '${before}' SECOND AND f.ts + INTERVAL '${after}' SECOND${c.rarely(3) ? ' AND e.v < f.v' : ''}`;
  return `SELECT e.k AS ek, e.v AS ev, e.ts AS et, f.v AS fv, f.ts AS ft FROM e ${c.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} f ON ${on}`;
}

function over(c: Choices): string {
  const frame = c.pick([
    'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', 'ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', `RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW`, 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
  ]);
  const call = c.pick(['SUM(v)', 'COUNT(*)', 'MIN(v)', 'MAX(v)', 'COUNT(v)', 'LAG(v)', 'ROW_NUMBER()', 'FIRST_VALUE(v)']);
  const plain = call.startsWith('LAG') || call.startsWith('ROW');
  return `SELECT k, v, ts, ${call} OVER (${c.pick(['PARTITION BY k ', ''])}ORDER BY ts${plain ? '' : ` ${frame}`}) AS o FROM ${source(c)}`;
}

function first(c: Choices): string {
  return `SELECT k, v, ts FROM (SELECT k, v, ts, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts${c.pick(['', ' DESC'])}) AS rn FROM ${source(c)}) AS x WHERE rn ${c.pick(['= 1', '<= 2'])}`;
}

/** A query whose answer at the end of its sources is that of the plain evaluator over all rows. */
export function eventQuery(c: Choices): string {
  return c.pick([grouped, grouped, grouped, windowTop, windowJoin, intervalJoin, over, first, twice])(c);
}
