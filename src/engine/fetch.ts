import { rowsFromBatch } from '../common/batch/builder.ts';
import type { Schema } from '../common/batch/batch.ts';
import { InternalError } from '../common/errors.ts';
import { INT } from '../common/types/sql-type.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Row } from '../common/types/value.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { planQuery } from '../optimizer/plan.ts';
import { column, type Expr } from '../planner/expr.ts';
import { eachNode } from '../planner/bind/reads.ts';
import type { LogicalPlan, LogicalScan } from '../planner/logical.ts';
import { evaluatePlan, evaluateSlices, type PlanHost, type Sliced } from '../planner/naive.ts';
import type { Reads } from '../planner/statement.ts';
import { viewQuery } from './job-specs.ts';
import { endingNow, readOptions } from './planning.ts';
import { naiveHost, snapshotRows } from './snapshot.ts';
import type { Run } from './run.ts';
import { systemRows } from './system-rows.ts';

/** Evaluating over fetched rows: plans no job can run, and reads of a transaction's own writes. */

/** Of the relations read, those whose rows the transaction block has changed, views included. */
export function dirtyRelations(run: Run, reads: Reads): ReadonlySet<ObjectId> {
  const written = run.session.transaction?.writes;
  const dirty = new Set<ObjectId>();
  if (written === undefined || written.size === 0) return dirty;
  const snapshot = run.session.catalog;
  for (const id of reads.objects) if (standsOn(snapshot, id, (x) => (written.get(x)?.changes.length ?? 0) > 0)) dirty.add(id);
  return dirty;
}

function standsOn(catalog: CatalogSnapshot, id: ObjectId, test: (id: ObjectId) => boolean): boolean {
  if (test(id)) return true;
  const object = catalog.object(id);
  return object !== undefined && object.kind !== 'table' && object.dependsOn.some((d) => standsOn(catalog, d, test));
}

/** The plan's rows, evaluated here. `dirty` relations show the transaction's own writes. */
export async function fetched(run: Run, plan: LogicalPlan, dirty: ReadonlySet<ObjectId>): Promise<Sliced> {
  const views = new Map<ObjectId, LogicalPlan>();
  const leaves = new Map<string, LogicalScan>();
  const collect = (p: LogicalPlan): void => {
    eachNode(p, (node) => {
      if (node.kind !== 'scan' || node.relation.kind === 'system') return;
      const { relation } = node;
      if (relation.kind === 'view' && dirty.has(relation.id)) {
        if (views.has(relation.id)) return;
        const query = viewPlan(run, relation.id);
        views.set(relation.id, query);
        collect(query);
      } else leaves.set(leafKey(node), node);
    });
  };
  collect(plan);
  const rows = await fetchLeaves(run, [...leaves.values()]);
  const system = systemRows(run.session);
  const scan = (node: LogicalScan): Iterable<Row> => {
    if (node.relation.kind === 'system') return system(node);
    const view = views.get(node.relation.id);
    if (view !== undefined) return evaluatePlan(view, host);
    const found = rows.get(leafKey(node)) ?? [];
    const own = node.relation.kind === 'table' ? run.session.transaction?.writes.get(node.relation.id) : undefined;
    return own === undefined ? found : own.over(found);
  };
  const host: PlanHost = naiveHost(run, scan);
  return evaluateSlices(plan, host);
}

function viewPlan(run: Run, id: ObjectId): LogicalPlan {
  const object = run.session.catalog.object(id);
  const entry = run.core.jobs.entries.get(id);
  if (object?.kind !== 'materializedView' || entry === undefined) throw new InternalError(`no view ${id}`);
  return endingNow(viewQuery(run.core, object, entry.meta).plan);
}

const leafKey = (scan: LogicalScan): string =>
  scan.relation.kind === 'connector' ? `${scan.relation.id} ${JSON.stringify(scan.relation.options)}` : scan.relation.kind === 'system' ? '' : String(scan.relation.id);

/** All columns of a scan's relation. */
const whole = (scan: LogicalScan): LogicalScan => {
  if (scan.projection !== null) throw new InternalError('a pruned scan where a bound plan was expected');
  return scan;
};

/**
 * The rows of several relations at one epoch: one job gives them all, each row with the number of its relation and its columns
 * at their place among everybody's.
 */
async function fetchLeaves(run: Run, leaves: readonly LogicalScan[]): Promise<ReadonlyMap<string, Row[]>> {
  const out = new Map<string, Row[]>(leaves.map((l) => [leafKey(l), []]));
  if (leaves.length === 0) return out;
  const fields = leaves.flatMap((l) => whole(l).schema.map((f) => ({ ...f, nullable: true })));
  const schema: Schema = [{ name: 'relation', type: INT, nullable: false }, ...fields];
  let from = 0;
  const starts: number[] = [];
  const inputs = leaves.map((leaf, n): LogicalPlan => {
    const start = from;
    starts.push(start);
    from += leaf.schema.length;
    const exprs = fields.map((f, i): Expr => {
      const own = i >= start && i < start + leaf.schema.length ? leaf.schema[i - start] : undefined;
      return own === undefined ? { kind: 'literal', value: null, type: f.type } : column(i - start, own.type, own.nullable);
    });
    return { kind: 'project', input: leaf, exprs: [{ kind: 'literal', value: n, type: INT }, ...exprs], schema };
  });
  const [only] = inputs;
  const plan: LogicalPlan = inputs.length === 1 && only !== undefined ? only : { kind: 'setOp', op: 'union', all: true, inputs, schema };
  const source = snapshotRows(run, planQuery(plan, { kind: 'result', snapshotOnly: true }, readOptions(run)).plan, schema);
  try {
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      for (const row of rowsFromBatch(schema, batch)) {
        const leaf = leaves[Number(row[0])];
        if (leaf === undefined) throw new InternalError('a row of no relation');
        const at = 1 + (starts[Number(row[0])] ?? 0);
        out.get(leafKey(leaf))?.push(row.slice(at, at + leaf.schema.length));
      }
    }
  } finally {
    await source.close();
  }
  return out;
}
