import { aggregate, anyKind } from './aggregates.ts';
import type { Choices } from './choices.ts';
import { condition, expression } from './expressions.ts';
import { FromMaker, type From } from './from.ts';
import { overCall, totalOrder, topPerGroup } from './over.ts';
import { temporalFilter, timeQuery } from './time-queries.ts';
import { subqueryTest, subqueryValue } from './subqueries.ts';
import type { Column, Kind, Relation } from './tables.ts';

/** Random queries: joins of every kind, subqueries, groups, set operations, window functions, Top-N, nested in one another. */

export interface Query {
  readonly sql: string;
  /** Of the result; names are o1, o2… */
  readonly kinds: readonly Kind[];
}

const SET_MARKS = { 'UNION ALL': 'union all', UNION: 'union', INTERSECT: 'intersect', EXCEPT: 'except', 'EXCEPT ALL': 'except all', 'INTERSECT ALL': 'intersect all' } as const;

export class QueryMaker {
  readonly #c: Choices;
  readonly #from: FromMaker;
  readonly #relations: readonly [Relation, ...Relation[]];
  readonly #clock: boolean;
  #alias = 0;

  /** @param clock whether conditions on NOW() are made: somebody has to know what time it is. */
  constructor(c: Choices, relations: readonly [Relation, ...Relation[]], clock = true) {
    this.#c = c;
    this.#clock = clock;
    this.#relations = relations;
    this.#from = new FromMaker(c, relations, (depth) => this.query(depth), (prefix) => `${prefix}${++this.#alias}`);
  }

  query(depth: number): Query {
    const c = this.#c;
    if (depth > 0) {
      switch (c.int(22)) {
        case 10:
        case 11:
        case 12:
          return this.#set(depth);
        case 13:
        case 14:
          return this.#limited(depth);
        case 15:
          return this.#with(depth);
        case 16:
          return topPerGroup(c, this.#from.make(depth), `q${++this.#alias}`);
        case 17:
          return this.#recursive();
        case 18:
        case 19:
          return this.#over(depth);
        case 20:
        case 21: {
          const byTime = timeQuery(c, this.#relations, `x${++this.#alias}`);
          if (byTime !== null) return byTime;
          break;
        }
        default:
      }
    }
    if (c.int(3) === 2) return this.#grouped(depth);
    const kinds = this.#kinds(3);
    return { sql: this.#plain(depth, kinds), kinds };
  }

  #kinds(most: number): Kind[] {
    return Array.from({ length: 1 + this.#c.int(most) }, () => anyKind(this.#c));
  }

  /** A SELECT of the wanted types. */
  #plain(depth: number, kinds: readonly Kind[]): string {
    const c = this.#c;
    const from = this.#from.make(depth);
    const items = kinds.map((k, i) => `${depth > 0 && c.rarely(12) && (k === 'int' || k === 'bigint' || k === 'ints') ? subqueryValue(c, this.#from, from.columns, k) : expression(c, k, from.columns, 2)} AS o${i + 1}`);
    const distinct = c.rarely(5);
    if (distinct) c.mark('distinct');
    return `SELECT ${distinct ? 'DISTINCT ' : ''}${items.join(', ')} FROM ${from.sql}${this.#where(from.columns, depth)}`;
  }

  #where(columns: readonly Column[], depth: number): string {
    const c = this.#c;
    const parts: string[] = [];
    if (c.int(2) === 1) parts.push(condition(c, columns, 2));
    if (depth > 0 && c.rarely(4)) parts.push(subqueryTest(c, this.#from, columns));
    const plain = parts.length === 0 ? '' : parts.map((p) => `(${p})`).join(c.rarely(4) ? ' OR ' : ' AND ');
    const byClock = this.#clock && c.rarely(10) ? temporalFilter(c, columns) : null;
    if (byClock !== null) return ` WHERE ${byClock}${plain === '' ? '' : ` AND (${plain})`}`;
    return plain === '' ? '' : ` WHERE ${plain}`;
  }

  #set(depth: number): Query {
    const c = this.#c;
    const kinds = this.#kinds(2);
    const op = c.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT ALL'] as const);
    c.mark(SET_MARKS[op]);
    return { sql: `${this.#plain(depth - 1, kinds)} ${op} ${this.#plain(depth - 1, kinds)}`, kinds };
  }

  /** Ordered by every column it gives: equal rows are the same rows. */
  #limited(depth: number): Query {
    const c = this.#c;
    const inner = this.query(depth - 1);
    const all = inner.kinds.map((_, i) => `o${i + 1}${c.pick(['', ' DESC', ' NULLS FIRST'])}`).join(', ');
    c.mark('limit');
    const offset = c.rarely(4) ? ` OFFSET ${c.int(3)}` : '';
    return { sql: `SELECT * FROM (${inner.sql}) AS q${++this.#alias} ORDER BY ${all} LIMIT ${1 + c.int(4)}${offset}`, kinds: inner.kinds };
  }

  #with(depth: number): Query {
    const c = this.#c;
    const inner = this.query(depth - 1);
    const name = `w${++this.#alias}`;
    const kinds = this.#kinds(2);
    const [a, b] = [`${name}a`, `${name}b`];
    const columns = (alias: string): Column[] => inner.kinds.map((kind, i) => ({ sql: `${alias}.o${i + 1}`, kind }));
    const both = c.int(2) === 0;
    c.mark(both ? 'common table twice' : 'common table');
    const all = both ? [...columns(a), ...columns(b)] : columns(a);
    const items = kinds.map((k, i) => `${expression(c, k, all, 1)} AS o${i + 1}`).join(', ');
    const from = both ? `${name} AS ${a} ${c.pick(['JOIN', 'LEFT JOIN'])} ${name} AS ${b} ON ${a}.o1 = ${b}.o1` : `${name} AS ${a}`;
    return { sql: `WITH ${name} AS (${inner.sql}) SELECT ${items} FROM ${from}${this.#where(all, 0)}`, kinds };
  }

  /** Reachability over the columns id and k, and a sequence that comes round. */
  #recursive(): Query {
    const c = this.#c;
    const name = `r${++this.#alias}`;
    const from = this.#from.table();
    const [a = '0', b = a] = from.columns.filter((x) => x.kind === 'int').map((x) => x.sql);
    const step = c.int(2) === 0 ? `SELECT MOD(n + 1, 4) FROM ${name}` : `SELECT ${b} FROM ${name} JOIN ${from.sql} ON ${a} = ${name}.n WHERE ${b} IS NOT NULL`;
    return { sql: `WITH RECURSIVE ${name} (n) AS (SELECT ${a} FROM ${from.sql} WHERE ${condition(c, from.columns, 1)} UNION ${step}) SELECT n AS o1 FROM ${name}`, kinds: ['int'] };
  }

  #over(depth: number): Query {
    const c = this.#c;
    const from = this.#from.make(depth);
    const plain = from.columns[c.int(from.columns.length)];
    if (c.rarely(8)) return this.#named(from);
    const calls = Array.from({ length: 1 + c.int(2) }, (_, i) => overCall(c, from.columns, i === 0));
    const all = [...(plain === undefined ? [] : [plain]), ...calls];
    return { sql: `SELECT ${all.map((x, i) => `${x.sql} AS o${i + 1}`).join(', ')} FROM ${from.sql}${this.#where(from.columns, 0)}`, kinds: all.map((x) => x.kind) };
  }

  #named(from: From): Query {
    const c = this.#c;
    c.mark('named window');
    const ints = from.columns.filter((x) => x.kind === 'int');
    const value = (ints[c.int(Math.max(1, ints.length))] ?? { sql: '1' }).sql;
    return { sql: `SELECT SUM(${value}) OVER w AS o1, COUNT(*) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS o2 FROM ${from.sql} WINDOW w AS (PARTITION BY ${(from.columns[c.int(from.columns.length)] ?? { sql: '1' }).sql} ORDER BY ${totalOrder(c, from.columns)})`, kinds: ['bigint', 'bigint'] };
  }

  #grouped(depth: number): Query {
    const c = this.#c;
    const from = this.#groupable(depth);
    const keys = Array.from({ length: c.int(3) }, () => {
      const kind = anyKind(c);
      const fit = from.columns.filter((x) => x.kind === kind);
      return fit.length === 0 ? undefined : fit[c.int(fit.length)];
    }).flatMap((k) => (k === undefined ? [] : [k]));
    const aggregates = Array.from({ length: 1 + c.int(2) }, () => aggregate(c, from.columns));
    const columns: Column[] = [...keys, ...aggregates];
    const by = keys.map((k) => k.sql);
    const distinctKeys = [...new Set(by)];
    const sets = distinctKeys.length > 0 && c.rarely(5);
    if (keys.length > 0) c.mark('group by');
    if (sets) c.mark('grouping sets');
    if (sets && c.int(2) === 1) columns.push({ sql: `GROUPING(${distinctKeys[0] ?? '1'})`, kind: 'int' });
    const items = columns.map((x, i) => `${x.sql} AS o${i + 1}`);
    const list = sets ? c.pick([`ROLLUP (${distinctKeys.join(', ')})`, `CUBE (${distinctKeys.join(', ')})`, `GROUPING SETS ((${distinctKeys.join(', ')}), (), (${distinctKeys[0] ?? ''}))`]) : by.join(', ');
    const group = keys.length === 0 ? '' : ` GROUP BY ${list}`;
    const having = c.rarely(4) ? this.#having(from) : '';
    return { sql: `SELECT ${items.join(', ')} FROM ${from.sql}${this.#where(from.columns, depth)}${group}${having}`, kinds: columns.map((x) => x.kind) };
  }

  #having(from: From): string {
    const c = this.#c;
    c.mark('having');
    const time = from.columns.find((x) => x.kind === 'time');
    if (this.#clock && time !== undefined && c.rarely(4)) {
      c.mark('temporal filter of a group');
      return ` HAVING MAX(${time.sql}) > LOCALTIMESTAMP - INTERVAL '${c.int(3)}' SECOND`;
    }
    return ` HAVING COUNT(*) > ${c.int(3)}`;
  }

  /** Now and then the windows of a table's times. */
  #groupable(depth: number): From {
    return (this.#c.rarely(6) ? this.#from.windowed() : null) ?? this.#from.make(depth);
  }
}

