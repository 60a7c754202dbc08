import type { Rng } from '../../src/common/rng.ts';

/** A relation that a query may read: its columns by kind. */
export interface Readable {
  readonly name: string;
  readonly columns: readonly Column[];
}
interface Column {
  readonly name: string;
  readonly kind: 'int' | 'text';
}

export const BASE: readonly Readable[] = [
  { name: 't', columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 'v', kind: 'int' }, { name: 's', kind: 'text' }] },
  { name: 'u', columns: [{ name: 'k', kind: 'int' }, { name: 'w', kind: 'int' }] },
];

/** A query by grammar: always well typed, often with NULLs, and never one whose answer depends on an order of ties. */
export class QueryGenerator {
  readonly #rng: Rng;
  #aliases = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  #below(n: number): number {
    return this.#rng.uint32() % n;
  }
  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }
  #chance(percent: number): boolean {
    return this.#below(100) < percent;
  }

  /** @returns the SQL and what it gives. */
  query(relations: readonly Readable[], depth = 2): { readonly sql: string; readonly columns: readonly Column[] } {
    const roll = this.#below(10);
    if (depth > 0 && roll === 0) return this.#union(relations, depth);
    if (roll <= 3) return this.#grouped(relations, depth);
    if (roll === 4) return this.#top(relations, depth);
    return this.#plain(relations, depth);
  }

  #source(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const alias = `q${this.#aliases++}`;
    const qualified = (columns: readonly Column[]): Column[] => columns.map((c) => ({ ...c, name: `${alias}.${c.name}` }));
    if (depth > 0 && this.#chance(20)) {
      const inner = this.query(relations, depth - 1);
      return { sql: `(${inner.sql}) AS ${alias}`, columns: qualified(inner.columns) };
    }
    const relation = this.#pick(relations);
    return { sql: `${relation.name} AS ${alias}`, columns: qualified(relation.columns) };
  }

  #from(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    let from = this.#source(relations, depth);
    for (let joins = this.#pick([0, 0, 0, 1, 1, 2]); joins > 0; joins--) {
      const right = this.#source(relations, depth);
      const [a, b] = [this.#int(from.columns), this.#int(right.columns)];
      if (a === undefined || b === undefined) break;
      const both = [...from.columns, ...right.columns];
      const residual = this.#chance(35) ? ` AND ${this.#condition(both, 0)}` : '';
      from = { sql: `${from.sql} ${this.#pick(['JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${right.sql} ON ${a.name} = ${b.name}${residual}`, columns: both };
    }
    return from;
  }

  #int(columns: readonly Column[]): Column | undefined {
    const ints = columns.filter((c) => c.kind === 'int');
    return ints.length === 0 ? undefined : this.#pick(ints);
  }

  #number(columns: readonly Column[], depth = 1): string {
    const column = this.#int(columns);
    if (column === undefined || this.#chance(10)) return String(this.#below(8));
    if (depth === 0 || this.#chance(50)) return column.name;
    const inner = this.#number(columns, depth - 1);
    return this.#pick([`(${column.name} + ${inner})`, `(${column.name} - ${inner})`, `COALESCE(${column.name}, ${inner})`, `CASE WHEN ${this.#condition(columns, 0)} THEN ${column.name} ELSE ${inner} END`, `ABS(${column.name} - 3)`]);
  }

  #condition(columns: readonly Column[], depth: number): string {
    if (depth > 0 && this.#chance(40)) {
      return this.#pick([
        () => `(${this.#condition(columns, depth - 1)} AND ${this.#condition(columns, depth - 1)})`,
        () => `(${this.#condition(columns, depth - 1)} OR ${this.#condition(columns, depth - 1)})`,
        () => `NOT (${this.#condition(columns, depth - 1)})`,
      ])();
    }
    const column = this.#pick(columns);
    if (column.kind === 'text') return this.#pick([`${column.name} = 's1'`, `${column.name} <> 's0'`, `${column.name} IS NULL`, `${column.name} IN ('s0', 's2')`, `${column.name} LIKE 's%'`]);
    const n = this.#below(8);
    return this.#pick([`${column.name} > ${n}`, `${column.name} <= ${n}`, `${column.name} = ${n}`, `${column.name} IS NOT NULL`, `${column.name} BETWEEN 1 AND ${n}`, `${column.name} IS DISTINCT FROM ${n}`, `${column.name} < ${this.#number(columns, 0)}`]);
  }

  #where(relations: readonly Readable[], columns: readonly Column[]): string {
    const parts: string[] = [];
    if (this.#chance(50)) parts.push(this.#condition(columns, 1));
    if (this.#chance(15)) {
      const inner = this.#pick(relations);
      const key = this.#int(inner.columns);
      const outer = this.#int(columns);
      const alias = `x${this.#aliases++}`;
      if (key !== undefined && outer !== undefined) {
        parts.push(this.#chance(60) ? `${this.#pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${inner.name} AS ${alias} WHERE ${alias}.${key.name} = ${outer.name})` : `${outer.name} IN (SELECT ${alias}.${key.name} FROM ${inner.name} AS ${alias})`);
      }
    }
    return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  }

  #plain(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const from = this.#from(relations, depth);
    const columns: Column[] = [];
    const items = Array.from({ length: 1 + this.#below(3) }, (_, i) => {
      const column = this.#pick(from.columns);
      columns.push({ name: `c${i}`, kind: column.kind });
      return `${column.kind === 'int' ? this.#number(from.columns) : column.name} AS c${i}`;
    });
    return { sql: `SELECT ${this.#chance(15) ? 'DISTINCT ' : ''}${items.join(', ')} FROM ${from.sql}${this.#where(relations, from.columns)}`, columns };
  }

  #call(columns: readonly Column[]): string {
    const filter = this.#chance(20) ? ` FILTER (WHERE ${this.#condition(columns, 0)})` : '';
    const value = this.#number(columns);
    return this.#pick([`COUNT(*)`, `COUNT(${value})`, `COUNT(DISTINCT ${value})`, `SUM(${value})`, `MIN(${value})`, `MAX(${value})`, `SUM(DISTINCT ${value})`]) + filter;
  }

  #grouped(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const from = this.#from(relations, depth);
    const keys = Array.from({ length: this.#pick([0, 1, 1, 2]) }, () => this.#pick(from.columns));
    const calls = Array.from({ length: 1 + this.#below(3) }, () => this.#call(from.columns));
    const columns: Column[] = [...keys.map((k, i): Column => ({ name: `g${i}`, kind: k.kind })), ...calls.map((_, i): Column => ({ name: `a${i}`, kind: 'int' }))];
    const items = [...keys.map((k, i) => `${k.name} AS g${i}`), ...calls.map((c, i) => `${c} AS a${i}`)];
    const group = keys.length === 0 ? '' : ` GROUP BY ${keys.map((k) => k.name).join(', ')}`;
    const having = keys.length > 0 && this.#chance(25) ? ` HAVING COUNT(*) > ${this.#below(3)}` : '';
    return { sql: `SELECT ${items.join(', ')} FROM ${from.sql}${this.#where(relations, from.columns)}${group}${having}`, columns };
  }

  /** Ordered by every column it gives: equal rows are the same rows. */
  #top(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const inner = this.#plain(relations, Math.max(0, depth - 1));
    const order = inner.columns.map((c) => `${c.name}${this.#pick(['', ' DESC'])}`).join(', ');
    const alias = `q${this.#aliases++}`;
    return { sql: `SELECT * FROM (${inner.sql}) AS ${alias} ORDER BY ${order} LIMIT ${1 + this.#below(4)}`, columns: inner.columns };
  }

  #union(relations: readonly Readable[], depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const one = (): string => {
      const from = this.#source(relations, depth - 1);
      return `SELECT CAST(${this.#number(from.columns)} AS BIGINT) AS c0 FROM ${from.sql}${this.#where(relations, from.columns)}`;
    };
    return { sql: `${one()} ${this.#pick(['UNION ALL', 'UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT'])} ${one()}`, columns: [{ name: 'c0', kind: 'int' }] };
  }
}
