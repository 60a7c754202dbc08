import { InternalError, SqlError } from '../common/errors.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Row } from '../common/types/value.ts';
import type { TableObject } from '../catalog/objects.ts';
import { textContext } from '../functions/session-text.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { rowKeyOf } from '../planner/row-key.ts';
import type { BoundDelete, BoundInsert, BoundTruncate, BoundUpdate, Reads, Returning } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { computeRows } from './compute.ts';
import { conflicts, uniqueConflicts } from './conflicts.ts';
import { enforcedUniques, storedKey, storedSchema } from './planning.ts';
import { readRows } from './read.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';
import { deleted, inserted, keyTextOf, updated, type RowChange } from './transaction.ts';
import { checkUniques } from './uniques.ts';
import { lockTable, requireWritable, settleImplicit, unlock, write } from './writes.ts';

/** INSERT, UPDATE, DELETE and TRUNCATE of stored tables: rows are read, checked, and appended to the table's log as one change. */

export async function insertRows(run: Run, bound: BoundInsert): Promise<StatementResult> {
  requireWritable(run, 'INSERT');
  await settleImplicit(run, bound.reads);
  const { target } = bound;
  if (bound.overwrite) return await overwriteRows(run, bound);
  return await locked(run, target, target.primaryKey !== null || enforcedUniques(target).length > 0, async () => {
    const given = await readRows(run, bound.plan, bound.reads);
    const { changes, rows } = await insertion(run, target, given, bound);
    const result = await returned(run, target, `INSERT 0 ${rows.length}`, bound.returning, rows);
    await write(run, target, changes);
    return result;
  });
}

/** INSERT OVERWRITE: the rows given in the place of all that are there, in one change. The query may read the table itself. */
async function overwriteRows(run: Run, bound: BoundInsert): Promise<StatementResult> {
  const { target } = bound;
  requireChangeable(run, target, 'OVERWRITE');
  return await locked(run, target, true, async () => {
    const given = await readRows(run, bound.plan, bound.reads);
    const old = await allRows(run, target);
    for (const row of given) requireNotNull(run, target, row);
    const keyOf = keyTextOf(target);
    const { changes, rows } = keyOf === null ? { changes: given.map(inserted), rows: given } : await conflicts(run, target, given, null, new Set(old.map(keyOf)));
    await checkUniques(run, target, [...old.map(deleted), ...changes]);
    const result = await returned(run, target, `INSERT 0 ${rows.length}`, bound.returning, rows);
    await write(run, target, [...old.map(deleted), ...changes]);
    return result;
  });
}

/** Checks rows to be inserted. `rows`: those that were inserted or updated. */
export async function insertion(run: Run, target: TableObject, given: readonly Row[], bound: Pick<BoundInsert, 'conflict'>): Promise<{ readonly changes: readonly RowChange[]; readonly rows: readonly Row[] }> {
  for (const row of given) requireNotNull(run, target, row);
  const { conflict } = bound;
  const by = conflict?.by;
  const met = conflict === null || by === undefined ? { left: given, changes: [], rows: [] } : await uniqueConflicts(run, target, given, conflict, by);
  const made = storedKey(target) === null ? { changes: met.left.map(inserted), rows: met.left } : await conflicts(run, target, met.left, by === undefined ? conflict : null);
  const changes = [...met.changes, ...made.changes];
  await checkUniques(run, target, changes);
  return { changes, rows: [...met.rows, ...made.rows] };
}

export async function updateRows(run: Run, bound: BoundUpdate): Promise<StatementResult> {
  const { target } = bound;
  requireChangeable(run, target, 'UPDATE');
  await settleImplicit(run, bound.reads);
  return await locked(run, target, true, async () => {
    const pairs = await onceEach(run, target, bound.plan, await readRows(run, bound.plan, bound.reads));
    const width = storedSchema(target).length;
    const moved = pairs.map((row) => ({ before: row.slice(0, width), after: row.slice(width) }));
    for (const { after } of moved) requireNotNull(run, target, after);
    const changes = await updates(run, target, moved);
    await checkUniques(run, target, changes);
    const result = await returned(run, target, `UPDATE ${moved.length}`, bound.returning, moved.map((m) => m.after));
    await write(run, target, changes);
    return result;
  });
}

export async function deleteRows(run: Run, bound: BoundDelete): Promise<StatementResult> {
  const { target } = bound;
  requireChangeable(run, target, 'DELETE');
  await settleImplicit(run, bound.reads);
  return await locked(run, target, true, async () => {
    const rows = await onceEach(run, target, bound.plan, await readRows(run, bound.plan, bound.reads));
    const result = await returned(run, target, `DELETE ${rows.length}`, bound.returning, rows);
    await write(run, target, rows.map(deleted));
    return result;
  });
}

export async function truncate(run: Run, bound: BoundTruncate): Promise<StatementResult> {
  for (const target of bound.targets) {
    requireChangeable(run, target, 'TRUNCATE');
    await settleImplicit(run, readsOf(target));
    await locked(run, target, true, async () => {
      const rows = await allRows(run, target);
      await write(run, target, rows.map(deleted));
    });
  }
  return { kind: 'command', tag: 'TRUNCATE TABLE' };
}

const readsOf = (target: TableObject): Reads => ({ objects: [target.id], system: false, constant: false, bounded: true, volatile: [] });

async function allRows(run: Run, target: TableObject): Promise<readonly Row[]> {
  const plan: LogicalPlan = { kind: 'scan', relation: { kind: 'table', id: target.id, name: target.name, primaryKey: storedKey(target) }, projection: null, schema: storedSchema(target) };
  return await readRows(run, plan, readsOf(target));
}

async function locked<T>(run: Run, target: TableObject, needed: boolean, act: () => Promise<T>): Promise<T> {
  if (needed || run.session.transaction !== null) await lockTable(run, target);
  try {
    return await act();
  } finally {
    unlock(run);
  }
}

/** Errors: not_null_violation. */
function requireNotNull(run: Run, target: TableObject, row: Row): void {
  let at = 0;
  for (const c of target.columns) {
    if (c.kind !== 'physical') continue;
    if (row[at++] !== null || c.nullable) continue;
    throw new SqlError('not_null_violation', `null value in column "${c.name}" of relation "${target.name}" violates not-null constraint`, { detail: `Failing row contains (${rowText(run, target, row)}).` });
  }
}

function rowText(run: Run, target: TableObject, row: Row): string {
  const cx = textContext(run.eval);
  return storedSchema(target).map((f, i) => {
    const v = row[i] ?? null;
    return v === null ? 'null' : textOut(v, f.type, cx);
  }).join(', ');
}

function requireChangeable(run: Run, target: TableObject, tag: string): void {
  requireWritable(run, tag);
  if (target.appendOnly) throw new SqlError('wrong_object_type', `cannot ${tag} table "${target.name}"`, { detail: 'The table is append-only.', hint: 'Create the table without APPEND ONLY to change its rows.' });
}

function isJoin(plan: LogicalPlan): boolean {
  let at = plan;
  while (at.kind === 'project' || at.kind === 'filter') at = at.input;
  return at.kind === 'join';
}

/**
 * A row that several rows of FROM or USING match is changed once, by the first. Without a key equal rows of the target can't
 * be told apart and all have the same matches: as many of these are taken as there are such rows.
 */
async function onceEach(run: Run, target: TableObject, plan: LogicalPlan, rows: readonly Row[]): Promise<readonly Row[]> {
  if (!isJoin(plan)) return rows;
  const keyOf = keyTextOf(target);
  const schema = storedSchema(target);
  const whole = rowKeyOf(schema.map((f) => f.type));
  const identity = keyOf ?? ((row: Row): string => whole(row.slice(0, schema.length)));
  const left = new Map<string, number>();
  if (keyOf === null && rows.length > 0) {
    for (const row of await allRows(run, target)) left.set(whole(row), (left.get(whole(row)) ?? 0) + 1);
  }
  return rows.filter((row) => {
    const key = identity(row);
    const open = left.get(key) ?? (keyOf === null ? 0 : 1);
    left.set(key, open - 1);
    return open > 0;
  });
}

async function updates(run: Run, target: TableObject, moved: readonly { readonly before: Row; readonly after: Row }[]): Promise<readonly RowChange[]> {
  const keyOf = keyTextOf(target);
  const same = rowKeyOf(storedSchema(target).map((f) => f.type));
  const changed = moved.filter((m) => same(m.before) !== same(m.after));
  if (keyOf === null) return [...changed.map((m) => deleted(m.before)), ...changed.map((m) => inserted(m.after))];
  const stay = changed.filter((m) => keyOf(m.before) === keyOf(m.after));
  const go = changed.filter((m) => keyOf(m.before) !== keyOf(m.after));
  const left = new Set(go.map((m) => keyOf(m.before)));
  const { changes } = await conflicts(run, target, go.map((m) => m.after), null, left);
  return [...stay.flatMap((m) => updated(m.before, m.after)), ...go.map((m) => deleted(m.before)), ...changes];
}

/** The rows of RETURNING, or the tag alone; made before anything is written, as they may fail. */
async function returned(run: Run, target: TableObject, tag: string, returning: Returning | null, rows: readonly Row[]): Promise<StatementResult> {
  if (returning === null) return { kind: 'command', tag };
  const made = await computeRows(run, returning.exprs, storedSchema(target), rows);
  if (made.some((r) => r.length !== returning.schema.length)) throw new InternalError('RETURNING lost a column');
  return { kind: 'rows', schema: returning.schema, rows: rowsOf(returning.schema, made), live: false, tag: () => tag };
}
