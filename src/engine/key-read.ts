import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import type { IndexObject } from '../catalog/objects.ts';
import type { Row, Value } from '../common/types/value.ts';
import { splitConjunction } from '../planner/columns.ts';
import type { Expr } from '../planner/expr.ts';
import type { LogicalFilter, LogicalPlan, LogicalScan } from '../planner/logical.ts';
import { evaluateSlices, type Sliced } from '../planner/naive.ts';
import { eachNode } from '../planner/bind/reads.ts';
import { rowKeyOf } from '../planner/row-key.ts';
import { abortable } from './abort.ts';
import type { Run } from './run.ts';
import { enforcedUniques, mapScans } from './planning.ts';
import { naiveHost } from './snapshot.ts';

/** Keys that one look-up may name: a longer list is better scanned. */
const KEYS_MAX = 64;

/**
 * The rows of an optimized plan that reads one stored table or view by its whole key (`WHERE id = 7`, `id IN (…)`): the rows
 * are looked up where they lie, and the rest of the plan is evaluated over them. Undefined where the plan is another.
 */
export async function keyRead(run: Run, plan: LogicalPlan): Promise<Sliced | undefined> {
  const found = keyedScan(plan) ?? indexedScan(run, plan);
  if (found === undefined) return undefined;
  const { scan, columns, keys, index } = found;
  if (scan.relation.kind !== 'table' && scan.relation.kind !== 'view') return undefined;
  const { projection, schema } = scan;
  const output = projection ?? schema.map((_, i) => i);
  const batch = batchFromRows(columns.flatMap((c) => schema[output.indexOf(c)] ?? []), keys);
  const wanted = { columns, keys: batch, output };
  const { runtime } = run.core;
  const got = index === null ? runtime.readKeys(scan.relation.id, wanted).then((one) => (one === null ? null : [one])) : runtime.readIndex(scan.relation.id, wanted);
  const rows = await abortable(got, run.signal);
  if (rows === null) return undefined;
  // Rows that only hash alike are left out by the plan's own condition.
  const read = rows.flatMap((part) => rowsFromBatch(schema, part));
  return evaluateSlices(mapScans(plan, (s) => ({ ...s, projection: null })), naiveHost(run, () => read));
}

/** An index, or that of a UNIQUE constraint. */
export type NamedIndex = Pick<IndexObject, 'name' | 'columns'>;

interface KeyedScan {
  readonly scan: LogicalScan;
  /** Columns of the relation. */
  readonly columns: readonly number[];
  readonly keys: readonly Row[];
  /** The index that finds the rows; null for the key. */
  readonly index: NamedIndex | null;
}

/** The index that a read of the plan goes through; for EXPLAIN. */
export const indexUsed = (run: Run, plan: LogicalPlan): NamedIndex | undefined => (keyedScan(plan) === undefined ? indexedScan(run, plan)?.index : undefined) ?? undefined;

/** A scan whose condition fixes the relation's key. */
function keyedScan(plan: LogicalPlan): KeyedScan | undefined {
  const fixed = fixedScan(plan);
  if (fixed === undefined || fixed.relation.primaryKey === null || fixed.relation.primaryKey.length === 0) return undefined;
  return withKeys(fixed, fixed.relation.primaryKey, null);
}

/** A scan whose condition fixes all columns of an index: of several the one with most columns. */
function indexedScan(run: Run, plan: LogicalPlan): KeyedScan | undefined {
  const fixed = fixedScan(plan);
  if (fixed === undefined || fixed.values.size === 0) return undefined;
  const { catalog } = run.session;
  const object = catalog.object(fixed.relation.id);
  if (object?.kind !== 'table' && object?.kind !== 'materializedView') return undefined;
  const names = object.columns.filter((c) => !('kind' in c) || c.kind === 'physical').map((c) => c.name);
  const uniques = object.kind === 'table' ? enforcedUniques(object).map((u): NamedIndex => ({ name: u.name, columns: u.columns.map((i) => object.columns[i]?.name ?? '') })) : [];
  for (const index of [...catalog.indexesOf(object.id), ...uniques].toSorted((a, b) => b.columns.length - a.columns.length)) {
    const found = withKeys(fixed, index.columns.map((c) => names.indexOf(c)), index);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface FixedScan {
  readonly scan: LogicalScan;
  readonly relation: Extract<LogicalScan['relation'], { kind: 'table' | 'view' }>;
  /** By column of the relation: the values it may have. */
  readonly values: ReadonlyMap<number, readonly Value[]>;
}

function fixedScan(plan: LogicalPlan): FixedScan | undefined {
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
  if (relation.kind !== 'table' && relation.kind !== 'view') return undefined;
  const values = new Map<number, readonly Value[]>();
  for (const e of splitConjunction(filter.condition)) {
    const fixed = fixedTo(e);
    if (fixed === undefined) continue;
    const column = scan.projection === null ? fixed.column : scan.projection[fixed.column];
    const before = column === undefined ? undefined : values.get(column);
    if (column !== undefined && (before === undefined || before.length > fixed.values.length)) values.set(column, fixed.values);
  }
  return { scan, relation, values };
}

function withKeys({ scan, values }: FixedScan, columns: readonly number[], index: NamedIndex | null): KeyedScan | undefined {
  let keys: Row[] = [[]];
  for (const column of columns) {
    const own = values.get(column);
    if (own === undefined || keys.length * own.length > KEYS_MAX) return undefined;
    keys = keys.flatMap((key) => own.map((v) => [...key, v]));
  }
  const types = columns.map((c) => scan.schema[scan.projection === null ? c : scan.projection.indexOf(c)]?.type ?? { kind: 'unknown' as const });
  const textOf = rowKeyOf(types);
  return { scan, columns, index, keys: [...new Map(keys.map((key) => [textOf(key), key])).values()] };
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
