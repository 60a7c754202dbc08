import { batchFromRows } from '../common/batch/builder.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { Row } from '../common/types/value.ts';
import type { TableObject, UniqueKey } from '../catalog/objects.ts';
import { column, type Expr } from '../planner/expr.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import type { ConflictAction, Reads } from '../planner/statement.ts';
import { abortable } from './abort.ts';
import { computeRows } from './compute.ts';
import { enforcedUniques, storedKey, storedSchema } from './planning.ts';
import { readRows } from './read.ts';
import type { Run } from './run.ts';
import { inserted, keyTextOf, updated, type RowChange } from './transaction.ts';
import { distinctOf, primaryOf, primaryTaken, rowsAlike } from './uniques.ts';

/**
 * Rows to be inserted into a table with a key, against those that are there: in the table, in the transaction block, in the
 * statement itself. `leaving`: keys that the statement frees.
 * Errors: unique_violation; cardinality_violation when ON CONFLICT DO UPDATE meets one row twice.
 */
export async function conflicts(
  run: Run, target: TableObject, given: readonly Row[], conflict: ConflictAction | null, leaving: ReadonlySet<string> = new Set(),
): Promise<{ readonly changes: readonly RowChange[]; readonly rows: readonly Row[] }> {
  const keyOf = keyTextOf(target);
  if (keyOf === null) throw new InternalError('a table without a key');
  const keys = given.map(keyOf);
  const taken = await takenKeys(run, target, given, keys);
  const changes: RowChange[] = [];
  const rows: Row[] = [];
  const seen = new Set<string>();
  const clashing: number[] = [];
  given.forEach((row, i) => {
    const key = keys[i] ?? '';
    const here = seen.has(key);
    if (!here && (!taken.has(key) || leaving.has(key))) {
      seen.add(key);
      changes.push(inserted(row));
      rows.push(row);
    } else if (conflict === null || conflict.action === 'error') throw primaryTaken(run, target, row);
    else if (conflict.action === 'update') {
      if (here) throw twice();
      seen.add(key);
      clashing.push(i);
    }
  });
  if (conflict?.action === 'update' && clashing.length > 0) {
    const merged = await mergedRows(run, target, clashing.map((i) => given[i] ?? []), conflict);
    for (const m of merged) {
      changes.push(...updated(m.before, m.after));
      rows.push(m.after);
    }
  }
  return { changes, rows };
}

async function takenKeys(run: Run, target: TableObject, given: readonly Row[], keys: readonly string[]): Promise<ReadonlySet<string>> {
  const own = run.session.transaction?.writes.get(target.id);
  const taken = new Set<string>();
  const open: number[] = [];
  const asked = new Set<string>();
  keys.forEach((key, i) => {
    const mine = own?.own(key);
    if (mine === undefined) {
      if (!asked.has(key)) open.push(i);
      asked.add(key);
    } else if (mine !== null) taken.add(key);
  });
  if (open.length === 0) return taken;
  const schema = storedSchema(target);
  const key = storedKey(target) ?? [];
  const batch = batchFromRows(key.flatMap((k) => schema[k] ?? []), open.map((i) => key.map((k) => given[i]?.[k] ?? null)));
  const present = await abortable(run.core.runtime.lookupKeys(target.id, key, batch), run.signal);
  open.forEach((i, n) => {
    if (present[n] === 1) taken.add(keys[i] ?? '');
  });
  return taken;
}

/** ON CONFLICT DO UPDATE: the rows that are there, and what becomes of them. */
async function mergedRows(run: Run, target: TableObject, proposed: readonly Row[], conflict: ConflictAction): Promise<readonly { readonly before: Row; readonly after: Row }[]> {
  const keyOf = keyTextOf(target);
  if (keyOf === null || conflict.row === null) throw new InternalError('an update on conflict without its row');
  const before = new Map((await rowsWithKeys(run, target, proposed)).map((row) => [keyOf(row), row]));
  return await merged(run, target, proposed.map((row) => [before.get(keyOf(row)), row]), conflict);
}

/** @param found the row that is there, and the one proposed. */
async function merged(run: Run, target: TableObject, found: readonly (readonly [Row | undefined, Row])[], conflict: ConflictAction): Promise<readonly { readonly before: Row; readonly after: Row }[]> {
  const keyOf = keyTextOf(target);
  if (conflict.row === null) throw new InternalError('an update on conflict without its row');
  const schema = storedSchema(target);
  const pairs = found.map(([old, row]) => {
    if (old === undefined) throw new InternalError('a conflicting row that is not there');
    return { old, both: [...old, ...row] };
  });
  const both = [...schema, ...schema];
  const chosen = conflict.where === null ? null : await computeRows(run, [conflict.where], both, pairs.map((p) => p.both));
  const kept = chosen === null ? pairs : pairs.filter((_, i) => chosen[i]?.[0] === true);
  const made = await computeRows(run, conflict.row, both, kept.map((p) => p.both));
  return kept.map(({ old }, i) => {
    const after = made[i] ?? [];
    if (keyOf?.(after) !== keyOf?.(old)) throw new SqlError('feature_not_supported', 'ON CONFLICT DO UPDATE cannot change the primary key', { hint: 'Use UPDATE.' });
    const empty = target.columns.filter((c) => c.kind === 'physical').findIndex((c, i) => !c.nullable && after[i] === null);
    if (empty >= 0) throw new SqlError('not_null_violation', `null value in column "${schema[empty]?.name ?? ''}" of relation "${target.name}" violates not-null constraint`);
    return { before: old, after };
  });
}

/**
 * Rows to be inserted, of which some meet others in UNIQUE columns: what becomes of those, and the rows that are left.
 * Errors: cardinality_violation when ON CONFLICT DO UPDATE meets one row twice.
 */
export async function uniqueConflicts(run: Run, target: TableObject, given: readonly Row[], conflict: ConflictAction, on: UniqueKey | 'any'): Promise<{ readonly left: readonly Row[]; readonly changes: readonly RowChange[]; readonly rows: readonly Row[] }> {
  const arbiters = on === 'any' ? [...enforcedUniques(target).map((u) => distinctOf(target, u)), ...[primaryOf(target)].filter((p) => p !== null)] : [distinctOf(target, on)];
  const there: Map<string, Row>[] = [];
  for (const by of arbiters) there.push(await rowsAlike(run, target, by, given));
  const seen = arbiters.map(() => new Set<string>());
  const left: Row[] = [];
  const pairs: (readonly [Row, Row])[] = [];
  for (const row of given) {
    const keys = arbiters.map((by) => by.keyOf(row));
    const at = keys.findIndex((key, i) => key !== null && (seen[i]?.has(key) === true || there[i]?.has(key) === true));
    const old = at < 0 ? undefined : there[at]?.get(keys[at] ?? '');
    if (at < 0) left.push(row);
    else if (conflict.action !== 'update') continue;
    else if (old === undefined || seen[at]?.has(keys[at] ?? '') === true) throw twice();
    else pairs.push([old, row]);
    keys.forEach((key, i) => {
      if (key !== null) seen[i]?.add(key);
    });
  }
  const changed = conflict.action === 'update' ? await merged(run, target, pairs, conflict) : [];
  return { left, changes: changed.flatMap((m) => updated(m.before, m.after)), rows: changed.map((m) => m.after) };
}

const twice = (): SqlError => new SqlError('cardinality_violation', 'ON CONFLICT DO UPDATE command cannot affect row a second time', { hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.' });

/** The table's rows that have the keys of `wanted`. */
async function rowsWithKeys(run: Run, target: TableObject, wanted: readonly Row[]): Promise<Row[]> {
  const schema = storedSchema(target);
  const key = storedKey(target) ?? [];
  const keyOf = keyTextOf(target);
  const scan: LogicalPlan = { kind: 'scan', relation: { kind: 'table', id: target.id, name: target.name, primaryKey: key }, projection: null, schema };
  const conditions = key.map((k): Expr => {
    const f = schema[k];
    if (f === undefined) throw new InternalError('a key without its column');
    return { kind: 'in', arg: column(k, f.type, f.nullable), list: wanted.map((row) => ({ kind: 'literal', value: row[k] ?? null, type: f.type })), negated: false };
  });
  const condition: Expr = conditions.length === 1 && conditions[0] !== undefined ? conditions[0] : { kind: 'and', args: conditions };
  const reads: Reads = { objects: [target.id], system: false, constant: false, bounded: true, volatile: [] };
  const rows = await readRows(run, { kind: 'filter', input: scan, condition, schema }, reads);
  const keys = new Set(wanted.map((row) => keyOf?.(row)));
  return rows.filter((row) => keys.has(keyOf?.(row)));
}
