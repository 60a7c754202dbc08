import type { Choices } from './choices.ts';
import type { Construct } from './constructs.ts';
import { condition } from './expressions.ts';
import { PLAIN_VIEW, STILL, STILL_VIEW, type Column, type Kind, type Relation } from './tables.ts';
import { javascriptRows } from './user-functions.ts';
import { windowOf } from './window-from.ts';

export interface From {
  /** It is one relation with the columns id and k. */
  readonly using?: boolean;
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** Kinds that an as-of join compares. */
const ORDERED: readonly Kind[] = ['int', 'bigint', 'decimal', 'time', 'date', 'instant', 'text'];

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
    if (/^v\d/.test(t.name)) this.#c.mark('view over view');
    if (t.name === PLAIN_VIEW.name) this.#c.mark('plain view');
    return { sql: `${t.name} AS ${alias}`, using: t.columns[1]?.name === 'k', columns: t.columns.map((x) => ({ sql: `${alias}.${x.name}`, kind: x.kind })) };
  }

  /** Windows of a relation with a time, or null when the one drawn has none. */
  windowed(): From | null {
    const c = this.#c;
    const timed = this.#relations.filter((r) => r.columns.some((x) => x.kind === 'time' || x.kind === 'instant'));
    const t = timed[c.int(Math.max(1, timed.length))] ?? this.#relations[0];
    const w = windowOf(c, t);
    if (w === null || w.keyed) return null;
    const alias = this.#name('x');
    return { sql: `${w.call(t.name)} AS ${alias}`, columns: w.columns(alias) };
  }

  make(depth: number): From {
    const c = this.#c;
    if (depth <= 0) return this.table();
    switch (c.int(17)) {
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
      case 9:
        return this.#asOf();
      case 10:
        return this.#lookup();
      case 11:
        return this.#series();
      case 12:
        return javascriptRows(c, this.table(), this.#name('f'));
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
    c.mark('unnest');
    if (c.int(3) === 0) return { sql: `${t.sql} LEFT JOIN UNNEST(${array.sql}) AS ${alias} (e) ON true`, columns: [{ sql: `${alias}.e`, kind: 'int' }, ...t.columns] };
    const numbered = c.int(2) === 0;
    if (numbered) c.mark('ordinality');
    if (numbered) return { sql: `${t.sql} CROSS JOIN UNNEST(${array.sql}) WITH ORDINALITY AS ${alias} (e, n)`, columns: [{ sql: `${alias}.e`, kind: 'int' }, { sql: `${alias}.n`, kind: 'bigint' }, ...t.columns] };
    return { sql: `${t.sql} CROSS JOIN UNNEST(${array.sql}) AS ${alias} (e)`, columns: [{ sql: `${alias}.e`, kind: 'int' }, ...t.columns] };
  }

  /** A relation beside one row of totals, compared in any way; or beside a list of values. */
  #beside(depth: number): From {
    const c = this.#c;
    const left = this.make(depth - 1);
    const alias = this.#name('m');
    const listed = c.int(3) === 0;
    c.mark(listed ? 'values' : 'join with one row');
    if (listed) return { sql: `${left.sql} ${c.pick(['JOIN', 'LEFT JOIN'])} (VALUES (1, 'a'), (2, NULL), (3, 'b')) AS ${alias} (n, s) ON ${this.#int(left.columns)} = ${alias}.n`, columns: [...left.columns, { sql: `${alias}.n`, kind: 'int' }, { sql: `${alias}.s`, kind: 'text' }] };
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

  /** The nearest row of the right side: which one that is does not depend on the order of rows, which may be alike only in all columns. */
  #asOf(): From {
    const c = this.#c;
    const left = this.table();
    const right = this.table();
    const pairs = left.columns.flatMap((l) => right.columns.filter((r) => r.kind === l.kind && ORDERED.includes(l.kind)).map((r) => [l, r] as const));
    const [l, r] = pairs[c.int(Math.max(1, pairs.length))] ?? [];
    if (l === undefined || r === undefined) return left;
    const outer = c.int(2) === 1;
    c.mark(outer ? 'as-of left join' : 'as-of join');
    const equal = c.rarely(4) || ![left, right].every((f) => f.columns.some((x) => x.kind === 'int')) ? '' : `${this.#int(left.columns)} = ${this.#int(right.columns)} AND `;
    return { sql: `${left.sql} ASOF ${outer ? 'LEFT JOIN' : 'JOIN'} ${right.sql} ON ${equal}${l.sql} ${c.pick(['>=', '>', '<=', '<'])} ${r.sql}`, columns: [...left.columns, ...right.columns] };
  }

  /** In what stays as it is: else the answer depends on when a row came. */
  #lookup(): From {
    const c = this.#c;
    const left = this.table();
    if (!left.columns.some((x) => x.kind === 'int')) return left;
    const alias = this.#name('d');
    const view = c.int(2) === 1;
    c.mark(view ? 'lookup join of a view' : 'lookup join of a table');
    const [name, own, columns] = view
      ? ([STILL_VIEW.name, 'k', [{ sql: `${alias}.n`, kind: 'bigint' }, { sql: `${alias}.m`, kind: 'int' }]] as const)
      : ([STILL.name, c.pick(['id', 'k']), STILL.columns.map((x): Column => ({ sql: `${alias}.${x.name}`, kind: x.kind }))] as const);
    const also = c.rarely(3) ? ` AND ${condition(c, [...left.columns, ...columns], 1)}` : '';
    return { sql: `${left.sql} ${c.pick(['JOIN', 'LEFT JOIN'])} ${name} FOR SYSTEM_TIME AS OF PROCTIME() AS ${alias} ON ${this.#int(left.columns)} = ${alias}.${own}${also}`, columns: [...left.columns, ...columns] };
  }

  #series(): From {
    const c = this.#c;
    const left = this.table();
    const alias = this.#name('g');
    c.mark('set-returning function');
    const call = c.pick([`GENERATE_SERIES(0, ${this.#int(left.columns)})`, `GENERATE_SERIES(${this.#int(left.columns)}, 3)`]);
    const outer = c.int(2) === 1;
    return { sql: `${left.sql} ${outer ? 'LEFT JOIN' : 'CROSS JOIN'} LATERAL ${call} AS ${alias} (g)${outer ? ' ON true' : ''}`, columns: [...left.columns, { sql: `${alias}.g`, kind: 'int' }] };
  }

  #lateral(): From {
    const c = this.#c;
    c.mark('lateral');
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
    const marks: readonly Construct[] = kind === 'JOIN' ? ['join'] : kind === 'FULL JOIN' ? ['full join'] : ['outer join'];
    if (l.kind === 'time' && c.rarely(3)) {
      c.mark('interval join', ...marks);
      return { sql: `${left.sql} ${kind} ${right.sql} ON ${this.#int(left.columns)} = ${this.#int(right.columns)} AND ${l.sql} BETWEEN ${r.sql} - INTERVAL '1' SECOND AND ${r.sql} + INTERVAL '2' SECOND`, columns };
    }
    const theta = c.rarely(8);
    c.mark(...(theta ? (['theta join'] as const) : marks));
    if (theta) return { sql: `${left.sql} ${kind === 'FULL JOIN' ? 'JOIN' : kind} ${right.sql} ON ${l.sql} ${c.pick(['<', '>=', '<>'])} ${r.sql}`, columns };
    if (left.using === true && inner.using === true && c.rarely(6)) {
      c.mark('using');
      return { sql: `${left.sql} ${kind} ${right.sql} USING (k)`, columns };
    }
    const on = `${l.sql} = ${r.sql}${c.rarely(3) ? ` AND ${condition(c, columns, 1)}` : ''}`;
    return { sql: `${left.sql} ${kind} ${right.sql} ON ${on}`, columns };
  }
}
