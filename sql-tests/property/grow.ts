import type { TableObject } from '../../src/catalog/objects.ts';
import { jobId, objectId } from '../../src/common/ids.ts';
import type { Value } from '../../src/common/types/value.ts';
import { builtins } from '../../src/functions/registry.ts';
import { compileExpr } from '../../src/planner/interpret.ts';
import { storedTable } from '../../src/planner/physical/stored-table.ts';
import type { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import type { NaiveDatabase } from '../oracle/naive-database.ts';

interface Growth {
  readonly table: TableObject;
  /** Of earlier rows in the new columns. */
  readonly values: readonly Value[];
}

/** ALTER TABLE … ADD COLUMN of a stored table by the oracle: views that were there go on reading the columns that they know. */
export function growNaive(naive: NaiveDatabase, sql: string): Growth {
  const bound = naive.bind(sql);
  if (bound.kind !== 'alter' || bound.object.kind !== 'table' || bound.grown === undefined) throw new Error(`not in this test: ${sql}`);
  const values = bound.grown.map((e) => compileExpr(e, { functions: builtins, eval: naive.eval, params: [] })([], null));
  naive.catalog.replace(bound.object);
  naive.rows.set(bound.object.id, (naive.rows.get(bound.object.id) ?? []).map((row) => [...row, ...values]));
  return { table: bound.object, values };
}

/** The same of a running table, as the engine does it: under its jobs. */
export async function grow(rt: SqlRuntime, { table, values }: Growth): Promise<void> {
  const id = rt.table(table.name);
  const at = rt.specs.findIndex((s) => s.id === jobId(Number(id)));
  const before = rt.specs[at];
  const [root] = before?.plans ?? [];
  if (before === undefined || root?.kind !== 'materialize') throw new Error(`no table ${table.name}`);
  const schema = table.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
  const spec = { ...before, schema, plans: [storedTable(objectId(Number(id)), schema, table.primaryKey?.columns ?? null, null, [...(root.added ?? []), ...values])] };
  await rt.runtime.growTable(spec);
  rt.db.catalog.replace({ ...table, id });
  rt.specs[at] = spec;
}
