import type { Choices } from './choices.ts';
import { condition, expression } from './expressions.ts';
import type { Column, Kind, Table } from './tables.ts';

/** Random queries: joins of every kind, subqueries, groups, set operations, Top-N, nested in one another. */

export interface Query {
  readonly sql: string;
  /** Of the result; names are o1, o2… */
  readonly kinds: readonly Kind[];
}

export class QueryMaker {
  readonly #c: Choices;
  readonly #tables: readonly [Table, ...Table[]];
  #alias = 0;

  constructor(c: Choices, tables: readonly [Table, ...Table[]]) {
    this.#c = c;
    this.#tables = tables;
  }

  query(depth: number): Query {
    const c = this.#c;
    if (depth > 0 && c.rarely(6)) {
      const kinds = Array.from({ length: 1 + c.int(2) }, () => this.#kind());
      const op = c.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT ALL']);
      return { sql: `${this.#plain(depth - 1, kinds)} ${op} ${this.#plain(depth - 1, kinds)}`, kinds };
    }
    if (depth > 0 && c.rarely(8)) {
      const inner = this.query(depth - 1);
      const all = inner.kinds.map((_, i) => `o${i + 1}`).join(', ');
      return { sql: `SELECT * FROM (${inner.sql}) AS q${++this.#alias} ORDER BY ${all} LIMIT ${1 + c.int(4)}`, kinds: inner.kinds };
    }
    if (c.int(3) === 2) return this.#grouped(depth);
    const kinds = Array.from({ length: 1 + c.int(3) }, () => this.#kind());
    return { sql: this.#plain(depth, kinds), kinds };
  }

  #kind(): Kind {
    return this.#c.pick(['int', 'text', 'bigint', 'decimal', 'bool', 'time']);
  }

  /** A SELECT of the wanted types. */
  #plain(depth: number, kinds: readonly Kind[]): string {
    const c = this.#c;
    const from = this.#from(depth);
    const items = kinds.map((k, i) => `${expression(c, k, from.columns, 2)} AS o${i + 1}`);
    return `SELECT ${c.rarely(5) ? 'DISTINCT ' : ''}${items.join(', ')} FROM ${from.sql}${this.#where(from.columns, depth)}`;
  }

  #where(columns: readonly Column[], depth: number): string {
    const c = this.#c;
    const parts: string[] = [];
    if (c.int(2) === 1) parts.push(condition(c, columns, 2));
    if (depth > 0 && c.rarely(4)) parts.push(this.#subquery(columns));
    return parts.length === 0 ? '' : ` WHERE ${parts.map((p) => `(${p})`).join(c.rarely(4) ? ' OR ' : ' AND ')}`;
  }

  /** EXISTS, IN or a comparison with a subquery, mostly correlated. */
  #subquery(outer: readonly Column[]): string {
    const c = this.#c;
    const from = this.#table();
    const both = [...outer, ...from.columns];
    const ints = outer.filter((x) => x.kind === 'int');
    const int = (ints[c.int(Math.max(1, ints.length))] ?? { sql: '1' }).sql;
    const alias = from.columns[1]?.sql ?? '1';
    const extra = c.int(3) === 2 ? ` AND ${condition(c, c.int(2) === 0 ? from.columns : both, 1)}` : '';
    switch (c.int(5)) {
      case 0:
        return `EXISTS (SELECT 1 FROM ${from.sql} WHERE ${alias} = ${int}${extra})`;
      case 1:
        return `NOT EXISTS (SELECT 1 FROM ${from.sql} WHERE ${alias} = ${int}${extra})`;
      case 2:
        return `${int} IN (SELECT ${alias} FROM ${from.sql} WHERE true${extra})`;
      case 3:
        return `${int} NOT IN (SELECT ${alias} FROM ${from.sql} WHERE true${extra})`;
      default:
        return `${int} >= (SELECT ${c.pick(['COUNT(*)', 'MAX(' + alias + ')', 'MIN(' + alias + ')'])} FROM ${from.sql} WHERE ${alias} = ${int}${extra})`;
    }
  }

  #table(): { readonly sql: string; readonly columns: readonly Column[] } {
    const t = this.#tables[this.#c.int(this.#tables.length)] ?? this.#tables[0];
    const alias = `x${++this.#alias}`;
    return { sql: `${t.name} AS ${alias}`, columns: t.columns.map((x) => ({ sql: `${alias}.${x.name}`, kind: x.kind })) };
  }

  #from(depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const c = this.#c;
    if (depth <= 0) return this.#table();
    switch (c.int(5)) {
      case 0:
      case 1:
        return this.#table();
      case 2: {
        const inner = this.query(depth - 1);
        const alias = `q${++this.#alias}`;
        return { sql: `(${inner.sql}) AS ${alias}`, columns: inner.kinds.map((kind, i) => ({ sql: `${alias}.o${i + 1}`, kind })) };
      }
      default: {
        const left = this.#from(depth - 1);
        const inner = this.#from(depth - 1);
        const right = { sql: inner.sql.includes(' ON ') && !inner.sql.startsWith('(SELECT') ? `(${inner.sql})` : inner.sql, columns: inner.columns };
        const columns = [...left.columns, ...right.columns];
        const pairs = left.columns.flatMap((l) => right.columns.filter((r) => r.kind === l.kind).map((r) => `${l.sql} = ${r.sql}`));
        if (pairs.length === 0) return { sql: `${left.sql} CROSS JOIN ${right.sql}`, columns };
        const on = `${pairs[c.int(pairs.length)] ?? 'true'}${c.rarely(3) ? ` AND ${condition(c, columns, 1)}` : ''}`;
        return { sql: `${left.sql} ${c.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${right.sql} ON ${on}`, columns };
      }
    }
  }

  #grouped(depth: number): Query {
    const c = this.#c;
    const from = this.#from(depth);
    const keys = Array.from({ length: c.int(3) }, () => {
      const kind = this.#kind();
      const fit = from.columns.filter((x) => x.kind === kind);
      return { kind, sql: fit.length === 0 ? null : (fit[c.int(fit.length)] ?? null) };
    }).flatMap((k) => (k.sql === null ? [] : [k.sql]));
    const aggregates = Array.from({ length: 1 + c.int(2) }, () => this.#aggregate(from.columns));
    const kinds = [...keys.map((k) => k.kind), ...aggregates.map((a) => a.kind)];
    const items = [...keys.map((k) => k.sql), ...aggregates.map((a) => a.sql)].map((sql, i) => `${sql} AS o${i + 1}`);
    const group = keys.length === 0 ? '' : ` GROUP BY ${keys.map((k) => k.sql).join(', ')}`;
    const having = c.rarely(4) ? ` HAVING COUNT(*) > ${c.int(3)}` : '';
    return { sql: `SELECT ${items.join(', ')} FROM ${from.sql}${this.#where(from.columns, depth)}${group}${having}`, kinds };
  }

  #aggregate(columns: readonly Column[]): Column {
    const c = this.#c;
    const filter = c.rarely(4) ? ` FILTER (WHERE ${condition(c, columns, 1)})` : '';
    const e = (kind: Kind): string => expression(c, kind, columns, 1);
    const distinct = c.rarely(3) ? 'DISTINCT ' : '';
    switch (c.int(6)) {
      case 0:
        return { sql: `COUNT(*)${filter}`, kind: 'bigint' };
      case 1:
        return { sql: `COUNT(${distinct}${e(this.#kind())})${filter}`, kind: 'bigint' };
      case 2:
        return { sql: `SUM(${distinct}${e('int')})${filter}`, kind: 'bigint' };
      case 3: {
        const kind = c.pick<Kind>(['int', 'text', 'bigint', 'decimal', 'time']);
        return { sql: `${c.pick(['MIN', 'MAX'])}(${e(kind)})${filter}`, kind };
      }
      case 4:
        return { sql: `CAST(AVG(${e('int')})${filter} AS DECIMAL(10, 2))`, kind: 'decimal' };
      default:
        return { sql: `${c.pick(['BOOL_AND', 'BOOL_OR'])}(${e('bool')})${filter}`, kind: 'bool' };
    }
  }
}
