import type { Schema } from '../../common/batch/batch.ts';
import { SqlError, notSupported } from '../../common/errors.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { SourceSpec } from '../../connectors/api.ts';
import { columnsOf, identity, remapColumns, substitute } from '../../planner/columns.ts';
import { column, type Expr } from '../../planner/expr.ts';
import type { LogicalPlan, LogicalScan, LogicalWatermark } from '../../planner/logical.ts';
import type { PhysicalPlan, PhysicalSource } from '../../planner/physical.ts';
import { pick } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { source, tableScan } from '../../planner/physical/leaves.ts';
import { hashBy } from '../../planner/physical/props.ts';
import { normalize } from '../../planner/physical/roots.ts';
import { isVolatile } from '../../planner/volatility.ts';
import type { ConnectorRelation, Lowering } from './context.ts';

/** A scan with the projection and watermark directly above it: one source node. */
interface Sourced {
  readonly scan: LogicalScan & { readonly relation: ConnectorRelation };
  readonly exprs: readonly Expr[];
  readonly schema: Schema;
  readonly watermark: LogicalWatermark | null;
}

function sourced(plan: LogicalPlan): Sourced | undefined {
  switch (plan.kind) {
    case 'scan': {
      const { relation } = plan;
      return relation.kind === 'connector' ? { scan: { ...plan, relation }, exprs: identity(plan.schema), schema: plan.schema, watermark: null } : undefined;
    }
    case 'project': {
      const below = sourced(plan.input);
      if (below === undefined || below.watermark !== null || below.exprs.some((e) => isVolatile(e))) return undefined;
      return { ...below, exprs: plan.exprs.map((e) => substitute(e, below.exprs)), schema: plan.schema };
    }
    case 'watermark': {
      const below = sourced(plan.input);
      return below === undefined || below.watermark !== null ? undefined : { ...below, watermark: plan };
    }
    default:
      return undefined;
  }
}

export function lowerWatermark(plan: LogicalWatermark, cx: Lowering): PhysicalPlan {
  const found = sourced(plan);
  if (found !== undefined) return lowerSource(found, cx);
  // A stored table's watermark comes with its changes; one whose rows may change has none.
  const input = cx.lower(plan.input);
  const table = storedBelow(plan.input);
  if (cx.snapshot || table === undefined || cx.options.relation?.(table)?.eventTime !== true) return input;
  return { ...input, props: { ...input.props, watermarkColumns: [plan.column] } };
}

function storedBelow(plan: LogicalPlan): ObjectId | undefined {
  switch (plan.kind) {
    case 'scan':
      return plan.relation.kind === 'table' ? plan.relation.id : undefined;
    case 'project':
    case 'filter':
      return storedBelow(plan.input);
    default:
      return undefined;
  }
}

export function lowerScan(scan: LogicalScan, cx: Lowering): PhysicalPlan {
  const { relation } = scan;
  switch (relation.kind) {
    case 'connector':
      return lowerSource({ scan: { ...scan, relation }, exprs: identity(scan.schema), schema: scan.schema, watermark: null }, cx);
    case 'system':
      throw notSupported(`a job over the catalog relation "${relation.name}"`, scan.span, 'Select from it with a plain SELECT.');
    default: {
      const columns = scan.projection ?? scan.schema.map((_, i) => i);
      const { changelog = 'retract', watermarkColumns = [] } = cx.options.relation?.(relation.id) ?? {};
      const made = tableScan({ relation: relation.id, name: relation.name, columns, schema: scan.schema, primaryKey: relation.primaryKey, snapshotOnly: cx.snapshot, changelog, watermarkColumns });
      return scan.ttlMs === undefined ? made : { ...made, ttlMs: scan.ttlMs };
    }
  }
}

function lowerSource(found: Sourced, cx: Lowering): PhysicalPlan {
  const { relation } = found.scan;
  const byKey = relation.changelog === 'upsert' || normalizesChanges(found, relation, cx);
  const keyed = byKey ? withKey(found, relation) : { exprs: found.exprs, schema: found.schema, key: null };
  const read = readerColumns(found, keyed.exprs, relation);
  const spec: SourceSpec = {
    connector: relation.connector, options: relation.options, physical: relation.physical,
    projection: read.physical,
    ...(relation.partitionedBy === undefined ? {} : { partitionedBy: relation.partitionedBy }),
    metadata: read.metadata.map((m) => ({ key: relation.metadata[m.position - relation.physical.length] ?? '', type: m.type })),
  };
  const plain = source({
    spec, table: relation.name, tableId: relation.id,
    exprs: keyed.exprs.map((e) => remapColumns(e, (i) => read.at.get(i) ?? i)),
    schema: keyed.schema,
    watermark: found.watermark === null || cx.snapshot ? null : { column: found.watermark.column, expr: found.watermark.expr, idleTimeoutMs: found.watermark.idleTimeoutMs, alignment: found.watermark.alignment },
    changelog: relation.changelog,
    bounded: relation.bounded || (cx.snapshot && (cx.options.ends?.(relation) ?? false)),
    key: keyed.key,
  });
  const made = found.scan.ttlMs === undefined ? plain : { ...plain, ttlMs: found.scan.ttlMs };
  if (keyed.key === null) return made;
  const full = normalize(placed(made, hashBy(keyed.key)), keyed.key);
  return pick(full, found.schema.map((_, i) => i));
}

/**
 * A change log is taken by its key where the same change may come twice (`table.exec.source.cdc-events-duplicate`), and where a
 * column tells something of the message: what takes a row back is another message than that which brought it.
 */
function normalizesChanges(found: Sourced, relation: ConnectorRelation, cx: Lowering): boolean {
  if (relation.changelog !== 'retract') return false;
  const ofMessage = columnsOf(...found.exprs).some((i) => (found.scan.projection?.[i] ?? i) >= relation.physical.length);
  if (ofMessage && relation.primaryKey === null) {
    throw notSupported(`a metadata column of "${relation.name}", whose messages change earlier rows,`, found.scan.span, 'Declare PRIMARY KEY (…) NOT ENFORCED, by which rows are then told apart, or leave the column out.');
  }
  return relation.primaryKey !== null && (ofMessage || cx.options.changesRepeat === true);
}

/** An upsert source's key has to be among its columns: that is what its changes refer to. */
function withKey(found: Sourced, relation: ConnectorRelation): { readonly exprs: readonly Expr[]; readonly schema: Schema; readonly key: number[] } {
  if (relation.primaryKey === null) throw new SqlError('invalid_table_definition', `table "${relation.name}" sends upserts and needs a PRIMARY KEY`, { span: found.scan.span });
  const exprs = [...found.exprs];
  const schema = [...found.schema];
  const { projection } = found.scan;
  const key = relation.primaryKey.map((k) => {
    const index = projection === null ? k : projection.indexOf(k);
    const field = found.scan.schema[index];
    if (field === undefined) throw new SqlError('internal_error', `the key of "${relation.name}" was pruned away`);
    const at = exprs.findIndex((e) => e.kind === 'column' && e.index === index);
    if (at >= 0) return at;
    schema.push(field);
    return exprs.push(column(index, field.type, field.nullable)) - 1;
  });
  return { exprs, schema, key };
}

interface ReaderColumns {
  /** Positions in `physical`. */
  readonly physical: readonly number[];
  readonly metadata: readonly { readonly position: number; readonly type: Schema[number]['type'] }[];
  /** Scan output column → reader column. */
  readonly at: ReadonlyMap<number, number>;
}

function readerColumns(found: Sourced, exprs: readonly Expr[], relation: ConnectorRelation): ReaderColumns {
  const { projection, schema } = found.scan;
  const used = columnsOf(...exprs).map((index) => ({ index, position: projection?.[index] ?? index, type: schema[index]?.type ?? { kind: 'unknown' as const } }));
  const physical = used.filter((c) => c.position < relation.physical.length).sort((a, b) => a.position - b.position);
  const metadata = used.filter((c) => c.position >= relation.physical.length);
  return { physical: physical.map((c) => c.position), metadata, at: new Map([...physical, ...metadata].map((c, i) => [c.index, i])) };
}

/** Sets a row limit on an endless source whose rows all reach the result, which makes it end. */
export function limitedSource(plan: PhysicalPlan, rows: number): PhysicalPlan | undefined {
  if (plan.props.bounded || plan.props.changelog !== 'append-only') return undefined;
  if (plan.kind === 'calc' && plan.filter === null) {
    const input = limitedSource(plan.input, rows);
    return input === undefined ? undefined : { ...plan, input, props: { ...plan.props, bounded: true } };
  }
  if (plan.kind !== 'source') return undefined;
  const limited: PhysicalSource = { ...plan, spec: { ...plan.spec, limit: rows }, props: { ...plan.props, bounded: true } };
  return limited;
}

