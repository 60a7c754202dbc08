import type { Target } from '../../src/optimizer/physical/context.ts';
import { aggregate } from './aggregates.ts';
import type { Choices } from './choices.ts';
import type { Construct } from './constructs.ts';
import { CHANGING_RELATIONS } from './event-sources.ts';
import { QueryMaker } from './queries.ts';
import type { Column } from './tables.ts';

/**
 * Random queries in order of event time, over sources whose times are all different: e and f; r, whose rows are versions of its key k;
 * l, whose watermark leaves rows late; z, whose times are instants. g is a file to look things up in, d and dv a table and a view of it.
 */

export interface EventQuery {
  readonly sql: string;
  readonly marks: readonly Construct[];
  /** Rows come once and are never taken back: at any time there are some of those of the end. */
  readonly final: boolean;
  readonly firing?: Target['firing'];
}

/** What a maker gives: the query, and whether its rows are final where nothing is asked of their sending. */
interface Made {
  readonly sql: string;
  readonly final: boolean;
}

interface Form {
  readonly mark: Construct;
  readonly sql: (data: string) => string;
}

const s = (n: number | string): string => `INTERVAL '${n}' SECOND`;
const FORMS: readonly [Form, ...Form[]] = [
  { mark: 'event tumble', sql: (t) => `TUMBLE(${t}, DESCRIPTOR(ts), ${s(10)})` },
  { mark: 'event hop', sql: (t) => `HOP(${t}, DESCRIPTOR(ts), ${s(5)}, ${s(15)})` },
  { mark: 'event hop', sql: (t) => `HOP(${t}, DESCRIPTOR(ts), ${s(12)}, ${s(7)})` },
  { mark: 'event cumulate', sql: (t) => `CUMULATE(${t}, DESCRIPTOR(ts), ${s(5)}, ${s(20)})` },
  { mark: 'event session', sql: (t) => `SESSION(${t}, DESCRIPTOR(ts), ${s(4)})` },
  { mark: 'event session by key', sql: (t) => `SESSION(${t} PARTITION BY k, DESCRIPTOR(ts), ${s(6)})` },
  { mark: 'event window offset', sql: (t) => `TUMBLE(${t}, DESCRIPTOR(ts), ${s(10)}, ${s(3)})` },
  { mark: 'event window offset', sql: (t) => `CUMULATE(${t}, DESCRIPTOR(ts), ${s(5)}, ${s(10)}, INTERVAL '-2.5' SECOND)` },
  { mark: 'event calendar window', sql: (t) => `TUMBLE(${t}, DESCRIPTOR(ts), INTERVAL '1' MONTH)` },
];
const ZONED: readonly [Form, ...Form[]] = [
  { mark: 'event tumble', sql: (t) => `TUMBLE(${t}, DESCRIPTOR(ts), INTERVAL '1' DAY)` },
  { mark: 'event hop', sql: (t) => `HOP(${t}, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '4' HOUR)` },
  { mark: 'event cumulate', sql: (t) => `CUMULATE(${t}, DESCRIPTOR(ts), INTERVAL '6' HOUR, INTERVAL '1' DAY)` },
  { mark: 'event session', sql: (t) => `SESSION(${t}, DESCRIPTOR(ts), INTERVAL '1' HOUR)` },
  { mark: 'event calendar window', sql: (t) => `TUMBLE(${t}, DESCRIPTOR(ts), INTERVAL '1' MONTH)` },
];
const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const;

const columnsOf = (alias: string): Column[] => [
  { sql: `${alias}.k`, kind: 'int' },
  { sql: `${alias}.v`, kind: 'int' },
  { sql: `${alias}.s`, kind: 'text' },
];
const source = (c: Choices): string => c.pick(['e', 'f']);

/** Half of the time a source by itself, else a query over it that keeps its time. */
function data(c: Choices, table: string): string {
  switch (c.int(6)) {
    case 3:
      return `TABLE (SELECT k, v, s, ts FROM ${table} WHERE v IS NULL OR v > 3)`;
    case 4:
      return `TABLE (SELECT ts, COALESCE(k, 9) AS k, v + 1 AS v, UPPER(s) AS s FROM ${table})`;
    case 5:
      if (table === 'z') return 'TABLE z';
      c.mark('event union');
      return 'TABLE (SELECT k, v, s, ts FROM e UNION ALL SELECT k, v + 100, s, ts FROM f)';
    default:
      return `TABLE ${table}`;
  }
}

function windows(c: Choices, table: string): { readonly sql: string; readonly keyed: boolean } {
  const form = c.pick(table === 'z' ? ZONED : FORMS);
  c.mark(form.mark, ...(table === 'z' ? (['event zoned window'] as const) : []));
  return { sql: `TABLE(${form.sql(data(c, table))})`, keyed: form.mark === 'event session by key' };
}

function grouped(c: Choices): Made {
  const from = windows(c, c.pick(['e', 'f', 'e', 'z']));
  // A session of a partition is grouped by it.
  const byKey = from.keyed || c.int(2) === 0;
  const calls = Array.from({ length: 1 + c.int(2) }, () => aggregate(c, columnsOf('x')).sql);
  const sets = !byKey && c.rarely(5);
  if (sets) c.mark('event grouping sets');
  const keys = byKey ? 'x.k AS o3, ' : sets ? 'x.k AS o3, GROUPING(x.k) AS o4, ' : '';
  const having = c.rarely(6) ? ' HAVING COUNT(*) > 1' : '';
  return { final: true, sql: `SELECT x.window_start AS o1, x.window_end AS o2, ${keys}${calls.map((x, i) => `${x} AS a${i}`).join(', ')} FROM ${from.sql} AS x GROUP BY x.window_start, x.window_end${byKey ? ', x.k' : sets ? ', ROLLUP (x.k)' : ''}${having}` };
}

/** Flink's older spelling. */
function groupWindow(c: Choices): Made {
  const name = c.pick(['TUMBLE', 'HOP', 'SESSION']);
  const call = (suffix: string): string => `${name}${suffix}(x.ts, ${name === 'HOP' ? `${s(5)}, ${s(10)}` : s(6)})`;
  c.mark('event group window');
  const a = aggregate(c, columnsOf('x')).sql;
  return { final: true, sql: `SELECT ${call('_START')} AS o1, ${call('_ROWTIME')} AS o2, x.k AS o3, ${a} AS o4 FROM ${source(c)} AS x GROUP BY ${call('')}, x.k` };
}

function twice(c: Choices): Made {
  const inner = c.pick([`TUMBLE(TABLE e, DESCRIPTOR(ts), ${s(5)})`, `HOP(TABLE f, DESCRIPTOR(ts), ${s(5)}, ${s(10)})`, `CUMULATE(TABLE e, DESCRIPTOR(ts), ${s(5)}, ${s(10)})`, `SESSION(TABLE e, DESCRIPTOR(ts), ${s(3)})`]);
  c.mark('event window over window');
  return { final: true, sql: `SELECT y.window_start AS o1, y.window_end AS o2, SUM(y.n) AS o3, COUNT(*) AS o4 FROM TABLE(TUMBLE(TABLE (SELECT x.window_time AS ts, x.k AS k, COUNT(*) AS n FROM TABLE(${inner}) AS x GROUP BY x.window_start, x.window_end, x.window_time, x.k), DESCRIPTOR(ts), ${s(20)})) AS y GROUP BY y.window_start, y.window_end` };
}

function windowTop(c: Choices): Made {
  const from = windows(c, c.pick(['e', 'f', 'z']));
  const order = c.pick(['v, ts', 'v DESC, ts', 'ts', 'ts DESC', 'k, v, ts']);
  const most = 1 + c.int(3);
  c.mark(most === 1 && order.startsWith('ts') ? 'event window dedup' : 'event window top-n');
  const key = from.keyed ? ', k' : c.pick(['', ', k']);
  return { final: true, sql: `SELECT o1, k, v, ts${c.pick(['', ', rn'])} FROM (SELECT window_start AS o1, k, v, ts, ROW_NUMBER() OVER (PARTITION BY window_start, window_end${key} ORDER BY ${order}) AS rn FROM ${from.sql}) AS x WHERE rn <= ${most}` };
}

/** A Top-N of a window's groups. */
function windowTopGroups(c: Choices): Made {
  c.mark('event window top-n', 'event tumble');
  return { final: true, sql: `SELECT o1, k, n FROM (SELECT o1, o2, k, n, ROW_NUMBER() OVER (PARTITION BY o1, o2 ORDER BY n DESC, k) AS rn FROM (SELECT window_start AS o1, window_end AS o2, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE ${source(c)}, DESCRIPTOR(ts), ${s(10)})) GROUP BY window_start, window_end, k) AS g) AS x WHERE rn <= ${1 + c.int(2)}` };
}

function windowJoin(c: Choices): Made {
  const form = c.pick([FORMS[0], FORMS[1] ?? FORMS[0], FORMS[3] ?? FORMS[0]]);
  const [a, b] = ['e', 'f'].map((t) => `TABLE(${form.sql(`TABLE ${t}`)})`);
  const on = `a.window_start = b.window_start AND a.window_end = b.window_end AND a.k = b.k${c.rarely(4) ? ' AND a.v <= b.v' : ''}`;
  if (c.rarely(3)) {
    c.mark('event window semi join');
    return { final: true, sql: `SELECT a.window_start AS o1, a.k, a.v FROM ${a} AS a WHERE ${c.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${b} AS b WHERE ${on})` };
  }
  const kind = c.pick(JOINS);
  c.mark(kind === 'JOIN' ? 'event window join' : 'event window outer join');
  return { final: true, sql: `SELECT COALESCE(a.window_start, b.window_start) AS o1, a.k AS ak, a.v AS av, b.k AS bk, b.v AS bv FROM ${a} AS a ${kind} ${b} AS b ON ${on}` };
}

/** The rows of sessions themselves. */
function sessions(c: Choices): Made {
  const form = FORMS.filter((f) => f.mark.startsWith('event session'))[c.int(2)] ?? FORMS[0];
  c.mark(form.mark);
  return { final: true, sql: `SELECT window_start AS o1, window_end AS o2, k, v, ts FROM TABLE(${form.sql(data(c, source(c)))})` };
}

/** Two windowed aggregates side by side. */
function groupsJoin(c: Choices): Made {
  const side = (t: string): string => `(SELECT window_start AS ws, window_end AS we, k, ${c.pick(['COUNT(*)', 'MAX(v)', 'SUM(v)'])} AS n FROM TABLE(TUMBLE(TABLE ${t}, DESCRIPTOR(ts), ${s(10)})) GROUP BY window_start, window_end, k)`;
  c.mark('event join of windows');
  return { final: true, sql: `SELECT COALESCE(a.ws, b.ws) AS o1, a.k AS ak, a.n AS an, b.n AS bn FROM ${side('e')} AS a ${c.pick(JOINS)} ${side('f')} AS b ON a.ws = b.ws AND a.we = b.we AND a.k = b.k` };
}

function intervalJoin(c: Choices): Made {
  const [before, after] = [c.int(4), c.int(4)];
  const on = `e.k = f.k AND e.ts BETWEEN f.ts - ${s(before)} AND f.ts + ${s(after)}${c.rarely(3) ? ' AND e.v < f.v' : ''}`;
  const kind = c.pick(JOINS);
  c.mark(kind === 'JOIN' ? 'event interval join' : 'event interval outer join');
  return { final: true, sql: `SELECT e.k AS ek, e.v AS ev, e.ts AS et, f.v AS fv, f.ts AS ft FROM e ${kind} f ON ${on}` };
}

function temporalJoin(c: Choices): Made {
  const left = c.int(2) === 1;
  const latest = c.rarely(3);
  c.mark(latest ? 'temporal join of the latest rows' : left ? 'temporal left join' : 'temporal join');
  const also = c.rarely(3) ? ` AND ${c.pick(['r.v > 5', 'r.v <> e.v', "r.s <> 'a'"])}` : '';
  const join = `SELECT e.k AS o1, e.v AS o2, e.ts AS o3, r.v AS o4, r.ts AS o5 FROM e ${left ? 'LEFT JOIN' : 'JOIN'} ${latest ? 'latest' : 'r'} FOR SYSTEM_TIME AS OF e.ts AS r ON e.k = r.k${also}`;
  if (c.int(3) < 2) return { final: true, sql: join };
  return { final: true, sql: `SELECT window_start AS o1, COUNT(*) AS o2, SUM(o4) AS o5 FROM TABLE(TUMBLE(TABLE (${join}), DESCRIPTOR(o3), ${s(10)})) GROUP BY window_start, window_end` };
}

function asOfJoin(c: Choices): Made {
  c.mark('event as-of join');
  return { final: false, sql: `SELECT e.k AS o1, e.ts AS o2, f.ts AS o3, f.v AS o4 FROM e ASOF ${c.pick(['JOIN', 'LEFT JOIN'])} f ON e.k = f.k AND e.ts ${c.pick(['>=', '>', '<', '<='])} f.ts` };
}

function lookup(c: Choices): Made {
  const [right, columns, mark] = c.pick<readonly [string, string, Construct]>([['g', 'd.v AS o3, d.s AS o4', 'event lookup of a file'], ['d', 'd.id AS o3, d.c2 AS o4', 'event lookup of a table'], ['dv', 'd.n AS o3, d.m AS o4', 'event lookup of a view']]);
  c.mark(mark);
  return { final: true, sql: `SELECT e.k AS o1, e.ts AS o2, ${columns} FROM e ${c.pick(['JOIN', 'LEFT JOIN'])} ${right} FOR SYSTEM_TIME AS OF PROCTIME() AS d ON ${c.pick(['e.k', 'MOD(e.v, 4)'])} = d.k` };
}

function over(c: Choices): Made {
  const frame = c.pick(['ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', 'ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', `RANGE BETWEEN ${s(5)} PRECEDING AND CURRENT ROW`, 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW']);
  const call = c.pick(['SUM(v)', 'COUNT(*)', 'MIN(v)', 'MAX(v)', 'COUNT(v)', 'LAG(v)', 'ROW_NUMBER()', 'FIRST_VALUE(v)', 'LAST_VALUE(v)', 'COUNT(DISTINCT v)', 'SUM(DISTINCT v)']);
  const plain = call.startsWith('LAG') || call.startsWith('ROW_');
  c.mark(frame.startsWith('RANGE') && !plain ? 'event over range' : 'event over rows');
  // Row numbers follow every row: the order is kept, not waited for.
  return { final: !call.startsWith('ROW_'), sql: `SELECT k, v, ts, ${call} OVER (${c.pick(['PARTITION BY k ', ''])}ORDER BY ts${plain ? '' : ` ${frame}`}) AS o FROM ${source(c)}` };
}

function first(c: Choices): Made {
  const order = c.pick(['ts', 'ts DESC', 'v, ts']);
  const one = c.int(2) === 0;
  c.mark(!one || order.startsWith('v') ? 'event top-n' : order === 'ts' ? 'event keep first' : 'event keep last');
  return { final: false, sql: `SELECT k, v, ts FROM (SELECT k, v, ts, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS rn FROM ${source(c)}) AS x WHERE rn ${one ? '= 1' : '<= 2'}` };
}

/** Any query over sources whose rows change. */
function changing(c: Choices): Made {
  const { sql } = new QueryMaker(c, CHANGING_RELATIONS, false).query(2);
  for (const r of CHANGING_RELATIONS) if (new RegExp(`\\b${r.name}\\b`).test(sql)) c.mark(r.name === 'ups' ? 'upsert source' : 'retract source');
  return { final: false, sql };
}

/** Windows whose results are sent sooner, later or more than once. */
function fired(c: Choices): EventQuery {
  const which = c.int(4);
  const inner = c.pick([grouped, groupWindow, windowTop, windowTopGroups, windowJoin, groupsJoin, twice, sessions])(c);
  const made = (mark: Construct, sql: string, final: boolean, firing?: Target['firing']): EventQuery => {
    c.mark(mark);
    return { sql, final, marks: c.takeMarks(), firing };
  };
  if (which === 0) return made('emit on window close', `${inner.sql} EMIT ON WINDOW CLOSE`, true);
  if (which === 1) return made('emit changes', `${inner.sql} EMIT CHANGES`, false, { earlyMicros: 0n, lateMicros: 0n, latenessMicros: 0n });
  if (which === 2) return made('early firing', inner.sql, false, { earlyMicros: c.pick([0n, 100_000n, 3_000_000n]), lateMicros: 0n, latenessMicros: 0n });
  // Rows of l come late, but none by more than the lateness that is allowed.
  const late = inner.sql.replaceAll(/\b(TABLE|FROM) [ef]\b/g, '$1 l');
  const lateMicros = c.pick([0n, 200_000n]);
  if (lateMicros > 0n) c.mark('late firing');
  return made('allowed lateness', late, false, { earlyMicros: c.pick([null, 0n]), lateMicros, latenessMicros: 30_000_000n });
}

/** A query whose answer at the end of its sources is that of the plain evaluator over all rows. */
export function eventQuery(c: Choices): EventQuery {
  const make = c.pick<(c: Choices) => Made | EventQuery>([grouped, grouped, grouped, groupWindow, windowTop, windowTopGroups, windowJoin, windowJoin, groupsJoin, intervalJoin, temporalJoin, temporalJoin, asOfJoin, lookup, over, over, first, twice, changing, changing, changing, fired, fired, fired]);
  const made = make(c);
  return { ...made, marks: 'marks' in made ? made.marks : c.takeMarks() };
}
