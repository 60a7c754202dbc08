import type { Choices } from './choices.ts';
import { condition } from './expressions.ts';
import type { Column, Kind, Relation } from './tables.ts';

export interface From {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** Random FROM clauses: tables, views, subqueries, joins, LATERAL, UNNEST, VALUES, windows. */
export class FromMaker {
  readonly #c: Choices;
  readonly #relations: readonly [Relation, ...Relation[]];
  readonly #query: (depth: number) => { readonly sql: string; readonly kinds: readonly Kind[] };
  readonly #name: (prefix: string) => string;

  constructor(c: Choices, relations: readonly [Relation, ...Relation[]], query: (depth: number) => { readonly sql: string; readonly kinds: readonly Kind[] }, name: (prefix: string) => string) {
    this.#c = c;
    this.#relations = relations;
    this.#query = query;
    this.#name = name;
  }

  table(): From {
    const t = this.#relations[this.#c.int(this.#relations.length)] ?? this.#relations[0];
    const alias = this.#name('x');
    return { sql: `${t.name} AS ${alias}`, columns: t.columns.map((x) => ({ sql: `${alias}.${x.name}`, kind: x.kind })) };
  }

  /** TUMBLE, HOP or CUMULATE of a relation with a time, or null when the one drawn has none. */
  windowed(): From | null {
    const c = this.#c;
    const t = this.#relations[c.int(this.#relations.length)] ?? this.#relations[0];
    const times = t.columns.filter((x) => x.kind === 'time');
    const time = times[c.int(Math.max(1, times.length))];
    if (time === undefined) return null;
    const alias = this.#name('x');
    const call = c.pick([
      `TUMBLE(TABLE ${t.name}, DESCRIPTOR(${time.name}), INTERVAL '2' SECOND)`,
      `HOP(TABLE ${t.name}, DESCRIPTOR(${time.name}), INTERVAL '1' SECOND, INTERVAL '3' SECOND)`,
      `CUMULATE(TABLE ${t.name}, DESCRIPTOR(${time.name}), INTERVAL '1' SECOND, INTERVAL '3' SECOND)`,
      `TUMBLE(TABLE ${t.name}, DESCRIPTOR(${time.name}), INTERVAL '2' SECOND, INTERVAL '1' SECOND)`,
      `SESSION(TABLE ${t.name}, DESCRIPTOR(${time.name}), INTERVAL '1' SECOND)`,
    ]);
    const columns = t.columns.map((x): Column => ({ sql: `${alias}.${x.name}`, kind: x.kind }));
    return { sql: `TABLE(${call}) AS ${alias}`, columns: [{ sql: `${alias}.window_start`, kind: 'time' }, { sql: `${alias}.window_end`, kind: 'time' }, ...columns] };
  }

  make(depth: number): From {
    const c = this.#c;
    if (depth <= 0) return this.table();
    switch (c.int(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.table();
      case 4:
      case 5: {
        const inner = this.#query(depth - 1);
        const alias = this.#name('q');
        return { sql: `(${inner.sql}) AS ${alias}`, columns: inner.kinds.map((kind, i) => ({ sql: `${alias}.o${i + 1}`, kind })) };
      }
      case 6:
        return this.#unnested();
      case 7:
        return this.#beside(depth);
      case 8:
        return this.#lateral();
      default:
        return this.#join(depth);
    }
  }

  /** A table with the elements of one of its arrays. */
  #unnested(): From {
    const c = this.#c;
    const t = this.table();
    const array = t.columns.find((x) => x.kind === 'ints');
    if (array === undefined) return t;
    const alias = this.#name('e');
    if (c.int(3) === 0) return { sql: `${t.sql} LEFT JOIN UNNEST(${array.sql}) AS ${alias} (e) ON true`, columns: [{ sql: `${alias}.e`, kind: 'int' }, ...t.columns] };
    if (c.int(2) === 0) return { sql: `${t.sql} CROSS JOIN UNNEST(${array.sql}) WITH ORDINALITY AS ${alias} (e, n)`, columns: [{ sql: `${alias}.e`, kind: 'int' }, { sql: `${alias}.n`, kind: 'bigint' }, ...t.columns] };
    return { sql: `${t.sql} CROSS JOIN UNNEST(${array.sql}) AS ${alias} (e)`, columns: [{ sql: `${alias}.e`, kind: 'int' }, ...t.columns] };
  }

  /** A relation beside one row of totals, compared in any way; or beside a list of values. */
  #beside(depth: number): From {
    const c = this.#c;
    const left = this.make(depth - 1);
    const alias = this.#name('m');
    if (c.int(3) === 0) return { sql: `${left.sql} ${c.pick(['JOIN', 'LEFT JOIN'])} (VALUES (1, 'a'), (2, NULL), (3, 'b')) AS ${alias} (n, s) ON ${this.#int(left.columns)} = ${alias}.n`, columns: [...left.columns, { sql: `${alias}.n`, kind: 'int' }, { sql: `${alias}.s`, kind: 'text' }] };
    const one = this.table();
    const total = c.pick([`MAX(${this.#int(one.columns)})`, `MIN(${this.#int(one.columns)})`, `CAST(COUNT(*) AS INT)`]);
    const sql = `(SELECT ${total} AS m FROM ${one.sql}) AS ${alias}`;
    const columns: Column[] = [...left.columns, { sql: `${alias}.m`, kind: 'int' }];
    if (c.int(2) === 0) return { sql: `${left.sql} CROSS JOIN ${sql}`, columns };
    return { sql: `${left.sql} ${c.pick(['JOIN', 'LEFT JOIN'])} ${sql} ON ${this.#int(left.columns)} ${c.pick(['<', '>=', '<>'])} ${alias}.m`, columns };
  }

  #int(columns: readonly Column[]): string {
    const ints = columns.filter((x) => x.kind === 'int');
    return (ints[this.#c.int(Math.max(1, ints.length))] ?? { sql: '1' }).sql;
  }

  #lateral(): From {
    const c = this.#c;
    const left = this.table();
    const inner = this.table();
    const alias = this.#name('l');
    const on = `${this.#int(inner.columns)} = ${this.#int(left.columns)}`;
    if (c.int(2) === 0) return { sql: `${left.sql} CROSS JOIN LATERAL (SELECT COUNT(*) AS n, MAX(${this.#int(inner.columns)}) AS m FROM ${inner.sql} WHERE ${on}) AS ${alias}`, columns: [...left.columns, { sql: `${alias}.n`, kind: 'bigint' }, { sql: `${alias}.m`, kind: 'int' }] };
    const all = inner.columns.map((x) => x.sql).join(', ');
    return { sql: `${left.sql} LEFT JOIN LATERAL (SELECT ${this.#int(inner.columns)} AS v FROM ${inner.sql} WHERE ${on} ORDER BY ${all} LIMIT ${1 + c.int(2)}) AS ${alias} ON true`, columns: [...left.columns, { sql: `${alias}.v`, kind: 'int' }] };
  }

  #join(depth: number): From {
    const c = this.#c;
    const left = this.make(depth - 1);
    const inner = this.make(depth - 1);
    const right = { sql: / (ON|JOIN) /.test(inner.sql) && !inner.sql.startsWith('(SELECT') ? `(${inner.sql})` : inner.sql, columns: inner.columns };
    const columns = [...left.columns, ...right.columns];
    const pairs = left.columns.flatMap((l) => right.columns.filter((r) => r.kind === l.kind).map((r) => [l, r] as const));
    const pair = pairs[c.int(Math.max(1, pairs.length))];
    if (pair === undefined) return { sql: `${left.sql} CROSS JOIN ${right.sql}`, columns };
    const kind = c.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const [l, r] = pair;
    if (l.kind === 'time' && c.rarely(3)) {
      return { sql: `${left.sql} ${kind} ${right.sql} ON ${this.#int(left.columns)} = ${this.#int(right.columns)} AND ${l.sql} BETWEEN ${r.sql} - INTERVAL '1' SECOND AND ${r.sql} + INTERVAL '2' SECOND`, columns };
    }
    if (c.rarely(8)) return { sql: `${left.sql} ${kind === 'FULL JOIN' ? 'JOIN' : kind} ${right.sql} ON ${l.sql} ${c.pick(['<', '>=', '<>'])} ${r.sql}`, columns };
    const on = `${l.sql} = ${r.sql}${c.rarely(3) ? ` AND ${condition(c, columns, 1)}` : ''}`;
    return { sql: `${left.sql} ${kind} ${right.sql} ON ${on}`, columns };
  }
}
