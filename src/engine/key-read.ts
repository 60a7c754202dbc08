import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import type { Row, Value } from '../common/types/value.ts';
import { splitConjunction } from '../planner/columns.ts';
import type { Expr } from '../planner/expr.ts';
import type { LogicalFilter, LogicalPlan, LogicalScan } from '../planner/logical.ts';
import { evaluatePlan } from '../planner/naive.ts';
import { eachNode } from '../planner/bind/reads.ts';
import { rowKeyOf } from '../planner/row-key.ts';
import { abortable } from './abort.ts';
import type { Run } from './run.ts';
import { mapScans } from './planning.ts';
import { naiveHost } from './snapshot.ts';

/** Keys that one look-up may name: a longer list is better scanned. */
const KEYS_MAX = 64;

/**
 * The rows of an optimized plan that reads one stored table or view by its whole key (`WHERE id = 7`, `id IN (…)`): the rows
 * are looked up where they lie, and the rest of the plan is evaluated over them. Undefined where the plan is another.
 */
export async function keyRead(run: Run, plan: LogicalPlan): Promise<Iterable<Row> | undefined> {
  const found = keyedScan(plan);
  if (found === undefined) return undefined;
  const { scan, columns, keys } = found;
  if (scan.relation.kind !== 'table' && scan.relation.kind !== 'view') return undefined;
  const { projection, schema } = scan;
  const output = projection ?? schema.map((_, i) => i);
  const batch = batchFromRows(columns.flatMap((c) => schema[output.indexOf(c)] ?? []), keys);
  const rows = await abortable(run.core.runtime.readKeys(scan.relation.id, { columns, keys: batch, output }), run.signal);
  if (rows === null) return undefined;
  const read = rowsFromBatch(schema, rows);
  return evaluatePlan(mapScans(plan, (s) => ({ ...s, projection: null })), naiveHost(run, () => read));
}

interface KeyedScan {
  readonly scan: LogicalScan;
  /** Columns of the relation. */
  readonly columns: readonly number[];
  readonly keys: readonly Row[];
}

function keyedScan(plan: LogicalPlan): KeyedScan | undefined {
  const scans: LogicalScan[] = [];
  const filters: LogicalFilter[] = [];
  eachNode(plan, (p) => {
    if (p.kind === 'scan') scans.push(p);
    else if (p.kind === 'filter' && p.input.kind === 'scan') filters.push(p);
  });
  const [scan] = scans;
  const [filter] = filters;
  if (scans.length !== 1 || scan === undefined || filter?.input !== scan) return undefined;
  const { relation } = scan;
  if ((relation.kind !== 'table' && relation.kind !== 'view') || relation.primaryKey === null || relation.primaryKey.length === 0) return undefined;
  const values = new Map<number, readonly Value[]>();
  for (const e of splitConjunction(filter.condition)) {
    const fixed = fixedTo(e);
    if (fixed === undefined) continue;
    const column = scan.projection === null ? fixed.column : scan.projection[fixed.column];
    const before = column === undefined ? undefined : values.get(column);
    if (column !== undefined && (before === undefined || before.length > fixed.values.length)) values.set(column, fixed.values);
  }
  let keys: Row[] = [[]];
  for (const column of relation.primaryKey) {
    const own = values.get(column);
    if (own === undefined || keys.length * own.length > KEYS_MAX) return undefined;
    keys = keys.flatMap((key) => own.map((v) => [...key, v]));
  }
  const types = relation.primaryKey.map((c) => scan.schema[scan.projection === null ? c : scan.projection.indexOf(c)]?.type ?? { kind: 'unknown' as const });
  const textOf = rowKeyOf(types);
  return { scan, columns: relation.primaryKey, keys: [...new Map(keys.map((key) => [textOf(key), key])).values()] };
}

/** The column of the scan that a conjunct fixes, and the values it may have. NULL equals nothing. */
function fixedTo(e: Expr): { readonly column: number; readonly values: readonly Value[] } | undefined {
  if (e.kind === 'in' && !e.negated && e.arg.kind === 'column') {
    const values = e.list.flatMap((x) => (x.kind === 'literal' ? [x.value] : []));
    return values.length === e.list.length ? { column: e.arg.index, values: values.filter((v) => v !== null) } : undefined;
  }
  if (e.kind !== 'call' || e.name !== '=') return undefined;
  const [a, b] = e.args;
  const [column, literal] = a?.kind === 'column' ? [a, b] : [b, a];
  return column?.kind === 'column' && literal?.kind === 'literal' ? { column: column.index, values: literal.value === null ? [] : [literal.value] } : undefined;
}
