import type { Choices } from './choices.ts';

/** Random tables, and random statements that change them. */

export type Kind = 'int' | 'bigint' | 'text' | 'bool' | 'decimal' | 'time' | 'date' | 'ints' | 'json';

export interface Column {
  /** As it is written, with its table's alias. */
  readonly sql: string;
  readonly kind: Kind;
}

/** What a query may read: a table or an earlier view. */
export interface Relation {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
}

export interface Table extends Relation {
  readonly keyed: boolean;
}

export const TYPES: Readonly<Record<Kind, string>> = {
  int: 'INT', bigint: 'BIGINT', text: 'TEXT', bool: 'BOOLEAN', decimal: 'DECIMAL(10, 2)', time: 'TIMESTAMP(3)', date: 'DATE', ints: 'INT[]', json: 'JSONB',
};
const KINDS: readonly [Kind, ...Kind[]] = ['int', 'int', 'text', 'bigint', 'bool', 'decimal', 'time', 'time', 'date', 'ints', 'json'];

export function randomTable(c: Choices, name: string): Table {
  const keyed = c.int(3) < 2;
  const columns: { name: string; kind: Kind }[] = [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }];
  for (let n = 1 + c.int(3); n > 0; n--) columns.push({ name: `c${columns.length}`, kind: c.pick(KINDS) });
  return { name, columns, keyed };
}

export const tableSql = (t: Table): string => `CREATE TABLE ${t.name} (${t.columns.map((c, i) => `${c.name} ${TYPES[c.kind]}${i === 0 && t.keyed ? ' PRIMARY KEY' : ''}`).join(', ')})`;

/** A literal from few values, so that they meet. */
export function literal(c: Choices, kind: Kind): string {
  switch (kind) {
    case 'int':
      return String(c.int(6) - 1);
    case 'bigint':
      return c.rarely(6) ? '3000000000' : String(c.int(5));
    case 'text':
      return c.pick(["'a'", "'b'", "''", "'A'", "'bé%'"]);
    case 'bool':
      return c.pick(['true', 'false']);
    case 'decimal':
      return c.pick(['0.00', '1.50', '2.25', '-1.50']);
    case 'time':
      return `TIMESTAMP '2024-01-01 00:00:0${c.int(6)}.${c.pick(['000', '500'])}'`;
    case 'date':
      return `DATE '2024-01-0${1 + c.int(4)}'`;
    case 'ints':
      return c.pick(["'{1,2}'::INT[]", "'{}'::INT[]", "'{2,NULL,2}'::INT[]", "'{0}'::INT[]"]);
    case 'json':
      return c.pick([`'{"a": 1}'::JSONB`, `'{"a": "x", "b": [1, 2]}'::JSONB`, `'[]'::JSONB`, `'null'::JSONB`, `'{"b": null}'::JSONB`]);
  }
}

const orNull = (c: Choices, kind: Kind): string => (c.rarely(6) ? 'NULL' : literal(c, kind));

/** INSERT, UPDATE or DELETE. It may fail on a key that is taken; then it changes nothing. */
export function randomChange(c: Choices, t: Table): string {
  const [first, ...rest] = t.columns;
  if (first === undefined) return '';
  const column = rest[c.int(rest.length)] ?? first;
  const where = c.int(3) === 0 ? `${column.name} = ${literal(c, column.kind)}` : `id ${c.pick(['=', '=', '<', '>'])} ${c.int(30)}`;
  switch (c.int(6)) {
    case 4:
      return `UPDATE ${t.name} SET ${column.name} = ${orNull(c, column.kind)} WHERE ${where}`;
    case 5:
      return `DELETE FROM ${t.name} WHERE ${where}`;
    default: {
      const rows = Array.from({ length: 1 + c.int(4) }, () => `(${[String(c.int(30)), ...rest.map((r) => orNull(c, r.kind))].join(', ')})`);
      return `INSERT INTO ${t.name} VALUES ${rows.join(', ')}${t.keyed ? ' ON CONFLICT DO NOTHING' : ''}`;
    }
  }
}
