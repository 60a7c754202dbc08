import { SqlError } from '../../src/common/errors.ts';
import { textOut } from '../../src/common/types/text-codec.ts';
import type { Row } from '../../src/common/types/value.ts';
import type { TableColumn, TableObject } from '../../src/catalog/objects.ts';
import { evaluate } from '../../src/planner/interpret.ts';
import type { PlanHost } from '../../src/planner/naive.ts';
import { rowKeyOf } from '../../src/planner/row-key.ts';
import type { BoundDelete, BoundInsert, BoundUpdate, Returning } from '../../src/planner/statement.ts';

/** What INSERT, UPDATE and DELETE do to a stored table's rows, by plain loops. Errors are PostgreSQL's. */

export type StoredChange =
  | { readonly op: 'insert' | 'delete'; readonly row: Row }
  | { readonly op: 'update'; readonly before: Row; readonly row: Row };

export interface DmlResult {
  readonly rows: Row[];
  readonly changes: readonly StoredChange[];
  readonly count: number;
  readonly returned: readonly Row[];
}

const physical = (table: TableObject): readonly TableColumn[] => table.columns.filter((c) => c.kind === 'physical');

/** Positions of the primary key among the stored columns. */
function keyColumns(table: TableObject): readonly number[] | null {
  if (table.primaryKey === null) return null;
  const stored = physical(table);
  return table.primaryKey.columns.map((at) => stored.indexOf(table.columns[at] as TableColumn));
}

function keyText(table: TableObject): ((row: Row) => string) | null {
  const columns = keyColumns(table);
  if (columns === null) return null;
  const stored = physical(table);
  const key = rowKeyOf(columns.map((i) => stored[i]?.type ?? { kind: 'unknown' }));
  return (row) => key(columns.map((i) => row[i] ?? null));
}

function wholeText(table: TableObject): (row: Row) => string {
  return rowKeyOf(physical(table).map((c) => c.type));
}

function checkNulls(table: TableObject, row: Row): void {
  const key = keyColumns(table) ?? [];
  physical(table).forEach((c, i) => {
    if ((row[i] ?? null) !== null || (c.nullable && !key.includes(i))) return;
    throw new SqlError('not_null_violation', `null value in column "${c.name}" of relation "${table.name}" violates not-null constraint`);
  });
}

function duplicate(table: TableObject, row: Row): SqlError {
  const stored = physical(table);
  const columns = keyColumns(table) ?? [];
  const names = columns.map((i) => stored[i]?.name ?? '').join(', ');
  const values = columns.map((i) => textOut(row[i] ?? null, stored[i]?.type ?? { kind: 'varchar' })).join(', ');
  return new SqlError('unique_violation', `duplicate key value violates unique constraint "${table.primaryKey?.name ?? ''}"`, { detail: `Key (${names})=(${values}) already exists.` });
}

function checkUnique(table: TableObject, rows: readonly Row[]): void {
  const key = keyText(table);
  if (key === null) return;
  const seen = new Set<string>();
  for (const row of rows) {
    const text = key(row);
    if (seen.has(text)) throw duplicate(table, row);
    seen.add(text);
  }
}

const returned = (returning: Returning | null, rows: readonly Row[], host: PlanHost): Row[] =>
  returning === null ? [] : rows.map((row) => returning.exprs.map((e) => evaluate(e, row, host)));

export function applyInsert(s: BoundInsert, before: readonly Row[], proposed: readonly Row[], host: PlanHost): DmlResult {
  const key = keyText(s.target);
  const rows = [...before];
  const at = new Map<string, number>();
  if (key !== null) rows.forEach((row, i) => at.set(key(row), i));
  const changes: StoredChange[] = [];
  const shown: Row[] = [];
  const touched = new Set<number>();
  for (const row of proposed) {
    checkNulls(s.target, row);
    const known = key === null ? undefined : at.get(key(row));
    if (known === undefined) {
      if (key !== null) at.set(key(row), rows.length);
      touched.add(rows.length);
      rows.push(row);
      changes.push({ op: 'insert', row });
      shown.push(row);
      continue;
    }
    if (s.conflict === null || s.conflict.action === 'error') throw duplicate(s.target, row);
    if (s.conflict.action === 'nothing') continue;
    if (touched.has(known)) throw new SqlError('cardinality_violation', 'ON CONFLICT DO UPDATE command cannot affect row a second time');
    const old = rows[known] ?? [];
    const both = [...old, ...row];
    if (s.conflict.where !== null && evaluate(s.conflict.where, both, host) !== true) continue;
    const next = (s.conflict.row ?? []).map((e) => evaluate(e, both, host));
    checkNulls(s.target, next);
    touched.add(known);
    rows[known] = next;
    changes.push({ op: 'update', before: old, row: next });
    shown.push(next);
  }
  checkUnique(s.target, rows);
  return { rows, changes, count: shown.length, returned: returned(s.returning, shown, host) };
}

export function applyUpdate(s: BoundUpdate, before: readonly Row[], pairs: readonly Row[], host: PlanHost): DmlResult {
  const whole = wholeText(s.target);
  const width = physical(s.target).length;
  const rows = [...before];
  const open = new Map<string, number[]>();
  rows.forEach((row, i) => open.set(whole(row), [...(open.get(whole(row)) ?? []), i]));
  const changes: StoredChange[] = [];
  const shown: Row[] = [];
  for (const pair of pairs) {
    const old = pair.slice(0, width);
    const next = pair.slice(width);
    // A row that several matches update is updated by the first.
    const at = open.get(whole(old))?.shift();
    if (at === undefined) continue;
    checkNulls(s.target, next);
    rows[at] = next;
    changes.push({ op: 'update', before: old, row: next });
    shown.push(next);
  }
  checkUnique(s.target, rows);
  return { rows, changes, count: shown.length, returned: returned(s.returning, shown, host) };
}

export function applyDelete(s: BoundDelete, before: readonly Row[], gone: readonly Row[], host: PlanHost): DmlResult {
  const whole = wholeText(s.target);
  const left = new Map<string, number>();
  for (const row of gone) left.set(whole(row), (left.get(whole(row)) ?? 0) + 1);
  const rows: Row[] = [];
  const shown: Row[] = [];
  for (const row of before) {
    const n = left.get(whole(row)) ?? 0;
    if (n === 0) rows.push(row);
    else {
      left.set(whole(row), n - 1);
      shown.push(row);
    }
  }
  return { rows, changes: shown.map((row) => ({ op: 'delete', row })), count: shown.length, returned: returned(s.returning, shown, host) };
}
