import type { Schema } from '../../common/batch/batch.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, BOOLEAN, BYTEA, DOUBLE, INT, INTERVAL, NAME, OID, REAL, SMALLINT, TEXT, TIMESTAMPTZ, arrayOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { SystemContext } from './context.ts';
import type { RowsRelation } from './relation.ts';

/** Short ways to declare a system relation. */

const LETTERS: Readonly<Record<string, SqlType>> = {
  o: OID, b: BOOLEAN, t: TEXT, n: NAME, '8': BIGINT, '4': INT, '2': SMALLINT, c: { kind: 'internalchar' }, p: { kind: 'regproc' }, z: TIMESTAMPTZ, i: INTERVAL,
  f: REAL, d: DOUBLE, y: { kind: 'regtype' }, a: BYTEA,
};

/** A schema from `name:letter` words; the letters are explained in pg-columns.ts. */
export function columnsOf(text: string): Schema {
  return text.trim().split(/\s+/).map((word) => {
    const [name = '', letter = ''] = word.split(':');
    const base = LETTERS[letter.replace('[]', '')];
    if (base === undefined) throw new InternalError(`system column ${word}`);
    return { name, type: letter.endsWith('[]') ? arrayOf(base) : base, nullable: true };
  });
}

/** Values by column name; the columns not named are NULL. */
export type Cells = Readonly<Record<string, Value>>;

export function relation(schema: string, name: string, oid: number, columns: Schema, doc: string, cells: (cx: SystemContext) => Iterable<Cells>): RowsRelation {
  const names = columns.map((c) => c.name);
  return {
    kind: 'rows', schema, name, oid, columns, doc,
    *rows(cx): Iterable<Row> {
      for (const row of cells(cx)) yield names.map((n) => row[n] ?? null);
    },
  };
}
