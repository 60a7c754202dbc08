import { InternalError, SqlError } from '../common/errors.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Row } from '../common/types/value.ts';
import type { TableObject, UniqueKey } from '../catalog/objects.ts';
import { opSign } from '../common/batch/batch.ts';
import { textContext } from '../functions/session-text.ts';
import { column, type Expr } from '../planner/expr.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { rowKeyOf } from '../planner/row-key.ts';
import type { Reads } from '../planner/statement.ts';
import { enforcedUniques, storedKey, storedPositions, storedSchema } from './planning.ts';
import { readRows } from './read.ts';
import type { Run } from './run.ts';
import type { RowChange } from './transaction.ts';

/** UNIQUE constraints of stored tables: rows that are written are compared with those that are there. The table is locked meanwhile. */

/** Values that are looked for by themselves; more are found by reading the whole table. */
const LOOKED_UP_MAX = 500;

/** Columns no two rows agree in. */
export interface Distinct {
  readonly name: string;
  /** Positions in the stored row. */
  readonly columns: readonly number[];
  /** The values as text; null where the row is equal to none. */
  readonly keyOf: (row: Row) => string | null;
}

export function distinctOf(table: TableObject, unique: UniqueKey): Distinct {
  return distinct(table, unique.name, storedPositions(table, unique.columns), unique.nullsNotDistinct);
}

/** The primary key, as one among the others. */
export function primaryOf(table: TableObject): Distinct | null {
  const key = storedKey(table);
  return key === null ? null : distinct(table, table.primaryKey?.name ?? '', key, true);
}

function distinct(table: TableObject, name: string, columns: readonly number[], nullsNotDistinct: boolean): Distinct {
  const schema = storedSchema(table);
  const text = rowKeyOf(columns.map((k) => schema[k]?.type ?? { kind: 'varchar' }));
  return {
    name, columns,
    keyOf: (row) => {
      const key = columns.map((k) => row[k] ?? null);
      return !nullsNotDistinct && key.includes(null) ? null : text(key);
    },
  };
}

/**
 * Whether the table keeps to its constraints with the changes of one statement made. What counts is the table after the statement:
 * rows may change their values among each other.
 * Errors: unique_violation.
 */
export async function checkUniques(run: Run, table: TableObject, changes: readonly RowChange[]): Promise<void> {
  for (const unique of enforcedUniques(table)) {
    const by = distinctOf(table, unique);
    const more = new Map<string, { count: number; row: Row }>();
    for (const c of changes) {
      const key = by.keyOf(c.row);
      if (key === null) continue;
      const known = more.get(key);
      if (known === undefined) more.set(key, { count: opSign(c.op), row: c.row });
      else known.count += opSign(c.op);
    }
    const fresh = [...more.values()].filter((m) => m.count > 0);
    const twice = fresh.find((m) => m.count > 1);
    if (twice !== undefined) throw violation(run, table, by, twice.row);
    const there = await rowsAlike(run, table, by, fresh.map((m) => m.row));
    const [clash] = there.values();
    if (clash !== undefined) throw violation(run, table, by, clash);
  }
}

function violation(run: Run, table: TableObject, by: Distinct, row: Row): SqlError {
  return new SqlError('unique_violation', `duplicate key value violates unique constraint "${by.name}"`, { detail: `Key ${keyText(run, table, by, row)} already exists.` });
}

/** The error of a row whose primary key another one has. */
export function primaryTaken(run: Run, table: TableObject, row: Row): SqlError {
  const by = primaryOf(table);
  if (by === null) throw new InternalError(`table "${table.name}" has no primary key`);
  return violation(run, table, by, row);
}

function keyText(run: Run, table: TableObject, by: Distinct, row: Row): string {
  const schema = storedSchema(table);
  const cx = textContext(run.eval);
  const values = by.columns.map((k) => {
    const v = row[k] ?? null;
    return v === null ? 'null' : textOut(v, schema[k]?.type ?? { kind: 'varchar' }, cx);
  });
  return `(${by.columns.map((k) => schema[k]?.name ?? '').join(', ')})=(${values.join(', ')})`;
}

/** By key: the rows of the table, with those of the transaction block, that are like one of `wanted`. */
export async function rowsAlike(run: Run, table: TableObject, by: Distinct, wanted: readonly Row[]): Promise<Map<string, Row>> {
  const keys = new Set(wanted.flatMap((row) => by.keyOf(row) ?? []));
  const found = new Map<string, Row>();
  if (keys.size === 0) return found;
  const schema = storedSchema(table);
  const scan: LogicalPlan = { kind: 'scan', relation: { kind: 'table', id: table.id, name: table.name, primaryKey: storedKey(table) }, projection: null, schema };
  const condition = keys.size > LOOKED_UP_MAX ? null : likeness(table, by, wanted);
  for (const row of await readRows(run, condition === null ? scan : { kind: 'filter', input: scan, condition, schema }, readsOf(table))) {
    const key = by.keyOf(row);
    if (key !== null && keys.has(key)) found.set(key, row);
  }
  return found;
}

/** True of all rows that are alike, and perhaps of others. */
function likeness(table: TableObject, by: Distinct, wanted: readonly Row[]): Expr {
  const schema = storedSchema(table);
  const conditions = by.columns.map((k): Expr => {
    const f = schema[k];
    if (f === undefined) throw new InternalError('a key without its column');
    const arg = column(k, f.type, f.nullable);
    const values = wanted.map((row) => row[k] ?? null);
    const list = values.filter((v) => v !== null).map((value): Expr => ({ kind: 'literal', value, type: f.type }));
    const among: Expr = { kind: 'in', arg, list, negated: false };
    const empty: Expr = { kind: 'isNull', arg, negated: false };
    if (!values.includes(null)) return among;
    return list.length === 0 ? empty : { kind: 'or', args: [among, empty] };
  });
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : { kind: 'and', args: conditions };
}

const readsOf = (table: TableObject): Reads => ({ objects: [table.id], system: false, constant: false, bounded: true, volatile: [] });

/**
 * ALTER TABLE … ADD UNIQUE of columns that are there.
 * Errors: unique_violation where rows are equal already.
 */
export async function checkNewUniques(run: Run, before: TableObject, after: TableObject): Promise<void> {
  const names = before.columns.map((c) => c.name);
  const fresh = newUniques(before, after).flatMap((u): UniqueKey[] => {
    const columns = u.columns.map((i) => names.indexOf(after.columns[i]?.name ?? ''));
    return columns.includes(-1) ? [] : [{ ...u, columns }];
  });
  if (fresh.length === 0) return;
  const schema = storedSchema(before);
  const rows = await readRows(run, { kind: 'scan', relation: { kind: 'table', id: before.id, name: before.name, primaryKey: storedKey(before) }, projection: null, schema }, readsOf(before));
  for (const unique of fresh) {
    const by = distinctOf(before, unique);
    const seen = new Set<string>();
    for (const row of rows) {
      const key = by.keyOf(row);
      if (key !== null && seen.has(key)) throw new SqlError('unique_violation', `could not create unique index "${unique.name}"`, { detail: `Key ${keyText(run, before, by, row)} is duplicated.` });
      if (key !== null) seen.add(key);
    }
  }
}

/** Constraints that the table gets. */
export const newUniques = (before: TableObject, after: TableObject): readonly UniqueKey[] => enforcedUniques(after).filter((u) => !enforcedUniques(before).some((b) => b.name === u.name));
