import { aggregate } from './aggregates.ts';
import type { Choices } from './choices.ts';
import { totalOrder } from './over.ts';
import type { Query } from './queries.ts';
import type { Relation } from './tables.ts';
import { windowOf } from './window-from.ts';

/** Random queries by windows over stored tables: results follow every change. Null where the relation drawn has no time. */

type Maker = (c: Choices, t: Relation, alias: string) => Query | null;

const isRandomTable = (t: Relation): boolean => t.columns[0]?.name === 'id' && t.columns[1]?.name === 'k';

/** Flink's older spelling: the window is a key of the group. */
const groupWindow: Maker = (c, t, alias) => {
  const time = t.columns.find((x) => x.kind === 'time');
  if (time === undefined) return null;
  c.mark('group window');
  const columns = t.columns.map((x) => ({ sql: `${alias}.${x.name}`, kind: x.kind }));
  const name = c.pick(['TUMBLE', 'HOP', 'SESSION']);
  const args = name === 'HOP' ? `INTERVAL '1' SECOND, INTERVAL '2' SECOND` : `INTERVAL '1' SECOND`;
  const call = (suffix: string): string => `${name}${suffix}(${alias}.${time.name}, ${args})`;
  const byKey = c.int(2) === 0;
  const a = aggregate(c, columns);
  return { sql: `SELECT ${call('_START')} AS o1, ${call('_END')} AS o2, ${a.sql} AS o3${byKey ? `, ${alias}.k AS o4` : ''} FROM ${t.name} AS ${alias} GROUP BY ${call('')}${byKey ? `, ${alias}.k` : ''}`, kinds: ['time', 'time', a.kind, ...(byKey ? (['int'] as const) : [])] };
};

const windowTop: Maker = (c, t, alias) => {
  const w = windowOf(c, t);
  if (w === null || w.keyed) return null;
  c.mark('window top-n');
  const columns = w.columns(alias);
  const kept = columns[2 + c.int(t.columns.length)] ?? { sql: `${alias}.k`, kind: 'int' as const };
  const key = c.pick(['', `, ${alias}.k`]);
  const number = `ROW_NUMBER() OVER (PARTITION BY ${alias}.window_start, ${alias}.window_end${key} ORDER BY ${totalOrder(c, columns.slice(2))})`;
  return { sql: `SELECT o1, o2 FROM (SELECT ${alias}.window_start AS o1, ${kept.sql} AS o2, ${number} AS rn FROM ${w.call(t.name)} AS ${alias}) AS y${alias} WHERE rn <= ${1 + c.int(2)}`, kinds: [w.time, kept.kind] };
};

const windowJoin: Maker = (c, t, alias) => {
  const w = windowOf(c, t);
  if (w === null) return null;
  c.mark('window join');
  const [a, b] = [`${alias}a`, `${alias}b`];
  const on = `${a}.window_start = ${b}.window_start AND ${a}.window_end = ${b}.window_end AND ${a}.k = ${b}.k`;
  return { sql: `SELECT ${a}.window_start AS o1, ${a}.k AS o2, ${b}.id AS o3 FROM ${w.call(t.name)} AS ${a} ${c.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${w.call(t.name)} AS ${b} ON ${on}`, kinds: [w.time, 'int', 'int'] };
};

const windowTwice: Maker = (c, t, alias) => {
  const w = windowOf(c, t);
  if (w === null || w.time !== 'time') return null;
  c.mark('window over window');
  const inner = `SELECT x.window_time AS at, x.k AS k, COUNT(*) AS n FROM ${w.call(t.name)} AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k`;
  return { sql: `SELECT ${alias}.window_start AS o1, CAST(SUM(${alias}.n) AS BIGINT) AS o2 FROM TABLE(TUMBLE(TABLE (${inner}), DESCRIPTOR(at), INTERVAL '4' SECOND)) AS ${alias} GROUP BY ${alias}.window_start, ${alias}.window_end`, kinds: ['time', 'bigint'] };
};

export function timeQuery(c: Choices, relations: readonly Relation[], alias: string): Query | null {
  const fit = relations.filter((t) => isRandomTable(t) && t.columns.some((x) => x.kind === 'time' || x.kind === 'instant'));
  const t = fit[c.int(Math.max(1, fit.length))];
  if (t === undefined) return null;
  return c.pick([groupWindow, windowTop, windowJoin, windowTwice])(c, t, alias);
}

/** A comparison of a time with the clock, or null where no column is a time. It has to stand by itself, joined by AND. */
export function temporalFilter(c: Choices, columns: readonly { readonly sql: string; readonly kind: string }[]): string | null {
  const times = columns.filter((x) => x.kind === 'time' || x.kind === 'instant' || x.kind === 'date');
  const time = times[c.int(Math.max(1, times.length))];
  if (time === undefined) return null;
  c.mark('temporal filter');
  if (time.kind === 'date') return `${time.sql} ${c.pick(['>=', '<=', '='])} CURRENT_DATE + ${c.int(2)}`;
  const now = time.kind === 'instant' ? c.pick(['NOW()', 'CURRENT_TIMESTAMP']) : 'LOCALTIMESTAMP';
  const n = c.int(3);
  return c.pick([
    `${time.sql} > ${now} - INTERVAL '${n}' SECOND`,
    `${time.sql} <= ${now}`,
    `${time.sql} BETWEEN ${now} - INTERVAL '${n + 1}' SECOND AND ${now} + INTERVAL '1' SECOND`,
    `${time.sql} >= DATE_TRUNC('${c.pick(['second', 'minute'])}', ${now})`,
  ]);
}
