import type { Choices } from './choices.ts';

/** Random tables, and random statements that change them. */

export type Kind = 'int' | 'bigint' | 'text' | 'bool' | 'decimal' | 'time' | 'date' | 'ints' | 'json' | 'instant';

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
  int: 'INT', bigint: 'BIGINT', text: 'TEXT', bool: 'BOOLEAN', decimal: 'DECIMAL(10, 2)', time: 'TIMESTAMP(3)', date: 'DATE', ints: 'INT[]', json: 'JSONB', instant: 'TIMESTAMPTZ(3)',
};
const KINDS: readonly [Kind, ...Kind[]] = ['int', 'int', 'text', 'bigint', 'bool', 'decimal', 'time', 'time', 'date', 'ints', 'json', 'instant'];

export function randomTable(c: Choices, name: string): Table {
  const keyed = c.int(3) < 2;
  const columns: { name: string; kind: Kind }[] = [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }];
  for (let n = 1 + c.int(3); n > 0; n--) columns.push({ name: `c${columns.length}`, kind: c.pick(KINDS) });
  return { name, columns, keyed };
}

/** One more column, and the statement that adds it: earlier rows have its default. */
export function grownTable(c: Choices, t: Table): { readonly table: Table; readonly sql: string } {
  const column = { name: `c${t.columns.length}`, kind: c.pick(KINDS) };
  return { table: { ...t, columns: [...t.columns, column] }, sql: `ALTER TABLE ${t.name} ADD COLUMN ${column.name} ${TYPES[column.kind]}${c.int(2) === 0 ? '' : ` DEFAULT ${literal(c, column.kind)}`}` };
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
    case 'instant':
      // Around both changes of the clocks that a zone of the histories has.
      return `TIMESTAMPTZ '2024-${c.pick(['03-31', '10-27', '03-10', '01-01'])} 0${c.int(9)}:${c.pick(['00', '30', '59:59.5'])}+00'`;
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
  const some = (): string => `(${[String(c.int(30)), ...rest.map((r) => orNull(c, r.kind))].join(', ')})`;
  switch (c.int(7)) {
    case 4:
      return `UPDATE ${t.name} SET ${column.name} = ${orNull(c, column.kind)} WHERE ${where}`;
    case 5:
      return `DELETE FROM ${t.name} WHERE ${where}`;
    case 6:
      return `INSERT INTO ${t.name} VALUES ${some()}${t.keyed ? ` ON CONFLICT (id) DO UPDATE SET ${column.name} = excluded.${column.name}` : ''}`;
    default:
      return `INSERT INTO ${t.name} VALUES ${Array.from({ length: 1 + c.int(4) }, some).join(', ')}${t.keyed ? ' ON CONFLICT DO NOTHING' : ''}`;
  }
}

/** A table that is filled once, before anything reads it, so that a row looked up in it finds the same at any time. */
export const STILL: Table = { name: 'd', keyed: true, columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 'c2', kind: 'text' }] };
export const STILL_ROWS = "INSERT INTO d VALUES (0, 1, 'a'), (1, 1, 'b'), (2, 3, NULL), (3, 0, ''), (4, NULL, 'A'), (5, 2, 'a')";
export const STILL_VIEW = { name: 'dv', sql: 'SELECT k, COUNT(*) AS n, MAX(id) AS m FROM d GROUP BY k' };

/** A plain view, which is put in the place of its name. */
export const PLAIN_VIEW: Relation & { readonly sql: string } = {
  name: 'p', sql: 'CREATE VIEW p AS SELECT id, k, id + COALESCE(k, 0) AS s FROM t WHERE k IS NOT NULL OR id > 2', columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 's', kind: 'int' }],
};
