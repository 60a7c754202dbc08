import type { Schema } from '../common/batch/batch.ts';
import { INT } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { builtins } from '../functions/registry.ts';
import { isNullable } from '../planner/bind/coerce.ts';
import { Notes } from '../planner/bind/context.ts';
import { readsOf } from '../planner/bind/reads.ts';
import { column, type Expr } from '../planner/expr.ts';
import { compileExpr, typeOf } from '../planner/interpret.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { someExpr } from '../planner/walk.ts';
import { readRows } from './read.ts';
import type { Run } from './run.ts';

/**
 * Expressions over rows at hand, row by row in their order. Where they have subqueries these read what is there now, so it is
 * to be called before a statement writes.
 * @param row the schema of the rows.
 */
export async function computeRows(run: Run, exprs: readonly Expr[], row: Schema, rows: readonly Row[]): Promise<readonly Row[]> {
  if (rows.length === 0) return [];
  if (!exprs.some((e) => someExpr(e, (x) => x.kind === 'subquery'))) {
    const compiled = exprs.map((e) => compileExpr(e, { functions: builtins, eval: run.eval, params: run.params }));
    return rows.map((r) => compiled.map((f) => f(r, null)));
  }
  const numbered: Schema = [...row, { name: 'at', type: INT, nullable: false }];
  const values: LogicalPlan = { kind: 'values', rows: rows.map((r, i) => numbered.map(({ type }, c) => ({ kind: 'literal', value: c < row.length ? (r[c] ?? null) : i, type }))), schema: numbered };
  const out = [...exprs, column(row.length, INT, false)];
  const schema = out.map((e, i) => ({ name: `c${i + 1}`, type: typeOf(e), nullable: isNullable(e) }));
  const plan: LogicalPlan = { kind: 'project', input: values, exprs: out, schema };
  const made = await readRows(run, plan, readsOf(plan, new Notes()));
  return made.toSorted((a, b) => Number(a[exprs.length]) - Number(b[exprs.length])).map((r) => r.slice(0, exprs.length));
}
