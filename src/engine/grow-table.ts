import { InternalError, SqlError } from '../common/errors.ts';
import type { Value } from '../common/types/value.ts';
import type { TableObject } from '../catalog/objects.ts';
import { builtins } from '../functions/registry.ts';
import type { Expr } from '../planner/expr.ts';
import { compileExpr } from '../planner/interpret.ts';
import type { BoundQuery } from '../planner/statement.ts';
import { encodedValue } from './added-columns.ts';
import { persist } from './core.ts';
import { checkViews } from './dependants.ts';
import { planJob } from './job-specs.ts';
import { noteChanged } from './job-table.ts';
import { durable, keeping } from './kept-definitions.ts';
import { storedSchema } from './planning.ts';
import { readRows } from './read.ts';
import type { Run } from './run.ts';
import { commitWrites, lockTable, unlock } from './writes.ts';

interface Growth {
  readonly before: TableObject;
  readonly after: TableObject;
  /** Of the new columns, in order. */
  readonly defaults: readonly Expr[];
  /** The rows with them. */
  readonly rows: BoundQuery | null;
  readonly verb: string;
}

/**
 * ALTER TABLE … ADD COLUMN of a stored table that jobs read. No row is written: what is on disk, and in the log, lacks the columns, and
 * is read with their defaults of today (`TableObject.added`). The jobs read the columns that they know. The new definition is written
 * first, in one step with what the jobs keep of the old one; a crash leaves the one or the other.
 */
export async function growTable(run: Run, growth: Growth): Promise<void> {
  const { core } = run;
  const { before, defaults, verb } = growth;
  await withTable(run, before, verb, async () => {
    const values = defaults.map((e) => compileExpr(e, { functions: builtins, eval: run.eval, params: [] })([], null));
    await requireValues(run, growth, values);
    const fresh = storedSchema(growth.after).slice(-values.length);
    const after: TableObject = { ...growth.after, added: [...(before.added ?? []), ...values.map((v, i) => encodedValue(fresh[i], v))] };
    const meta = core.jobs.entries.get(before.id)?.meta;
    if (meta === undefined) throw new InternalError('a stored table without a job');
    const snapshot = core.catalog.snapshot();
    const { changes } = core.catalog.replace(after);
    try {
      checkViews(run, after.id, verb);
    } finally {
      // Nobody else may read the columns before they are there.
      core.catalog.restore(snapshot);
    }
    const { spec } = planJob(core, after, meta);
    const metas = keeping(core, snapshot, [before]);
    await persist(core, { changes, metas: durable(snapshot, metas) });
    try {
      await core.runtime.growTable(spec);
    } finally {
      core.catalog.replace(after);
      for (const m of metas) core.jobs.metaChanged(m);
      noteChanged(core, after);
    }
  });
}

/**
 * Nobody else writes the table meanwhile, and what was written before is in its rows.
 * Errors: object_in_use where a transaction block has rows for it: that might wait for this statement.
 */
export async function withTable<T>(run: Run, table: TableObject, verb: string, act: () => Promise<T>): Promise<T> {
  const { core, session } = run;
  await commitWrites(session);
  const holder = core.locks.holder(table.id);
  if (holder !== undefined && holder !== session.id && core.sessions.get(holder)?.transaction?.implicit === false) {
    throw new SqlError('object_in_use', `cannot ${verb} because a transaction has written it`, { hint: 'Try again when that has ended.' });
  }
  await lockTable(run, table);
  core.altering.add(table.id);
  try {
    await core.runtime.flush();
    return await act();
  } finally {
    core.altering.delete(table.id);
    unlock(run);
  }
}

/** Errors: not_null_violation where there are rows, and a column that takes no NULL has no default. */
async function requireValues(run: Run, { after, rows }: Growth, values: readonly Value[]): Promise<void> {
  const fresh = storedSchema(after).slice(-values.length);
  const empty = fresh.find((f, i) => !f.nullable && values[i] === null);
  if (empty === undefined || rows === null || (await readRows(run, rows.plan, rows.reads)).length === 0) return;
  throw new SqlError('not_null_violation', `column "${empty.name}" of relation "${after.name}" contains null values`, { hint: 'Give it a DEFAULT.' });
}
