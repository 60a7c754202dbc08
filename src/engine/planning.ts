import type { ObjectId } from '../common/ids.ts';
import type { TableObject, UniqueKey } from '../catalog/objects.ts';
import { connectorNamed, maskedOptions, resolveOptions, schemaFromOptions } from '../connectors/registry.ts';
import type { Options, SinkSpec } from '../connectors/api.ts';
import { InternalError, SqlError, notSupported } from '../common/errors.ts';
import type { EvalContext } from '../functions/define.ts';
import { builtins } from '../functions/registry.ts';
import type { Target } from '../optimizer/physical/context.ts';
import type { PlanOptions } from '../optimizer/plan.ts';
import type { ConnectorRegistry } from '../planner/bind/context.ts';
import type { Expr } from '../planner/expr.ts';
import type { LogicalPlan, LogicalScan } from '../planner/logical.ts';
import type { BoundInsert } from '../planner/statement.ts';
import { mapExprChildren, mapInputs, mapPlanExprs } from '../planner/walk.ts';
import type { Core } from './core.ts';
import type { Run } from './run.ts';
import { physicalSettings, readSettings, type SettingOf } from './job-settings.ts';

/** What planning is given, and plans and targets made fit for it. */

export const connectors: ConnectorRegistry = { resolveOptions, schemaFromOptions, maskedOptions };

/** @param setting of the session or, for a job, those it was started with. */
export function planOptions(core: Core, evalContext: EvalContext, setting: SettingOf): PlanOptions {
  return { functions: builtins, eval: evalContext, physical: { ...physicalSettings(setting), relation: (id) => core.jobs.facts(id) } };
}

/** What planning a statement that reads once is given. */
export function readOptions(run: Pick<Run, 'core' | 'eval' | 'session'>): PlanOptions {
  return planOptions(run.core, run.eval, readSettings((name) => run.session.settings.text(name)));
}

/** The plan with every scan replaced, those of subqueries included. */
export function mapScans(plan: LogicalPlan, change: (scan: LogicalScan) => LogicalPlan): LogicalPlan {
  if (plan.kind === 'scan') return change(plan);
  const inner = (p: LogicalPlan): LogicalPlan => mapScans(p, change);
  const expr = (e: Expr): Expr => mapExprChildren(e, expr, inner);
  return mapInputs(mapPlanExprs(plan, expr), inner);
}

/** For a plain SELECT: sources that could go on for ever but have an end at this moment are read up to it. */
export function endingNow(plan: LogicalPlan): LogicalPlan {
  return mapScans(plan, (scan) => {
    const { relation } = scan;
    if (relation.kind !== 'connector' || relation.bounded) return scan;
    const options = boundedOptions(relation.connector, relation.options);
    return options === undefined ? scan : { ...scan, relation: { ...relation, bounded: true, options } };
  });
}

function boundedOptions(connector: string, options: Options): Options | undefined {
  if (connector === 'kafka' || connector === 'upsert-kafka') return { ...options, 'scan.bounded.mode': 'latest-offset' };
  if (connector !== 'filesystem') return undefined;
  const { 'source.monitor-interval': _watched, ...rest } = options;
  return rest;
}

/** The value of an option that names a secret among `owners`. Errors: undefined_object. */
export function revealed(core: Core, options: Options, owners: readonly ObjectId[]): Options {
  if (!Object.values(options).some((v) => v.startsWith('secret:'))) return options;
  const { objects } = core.catalog.snapshot();
  // A connection's secrets are those of whoever uses it.
  const all = owners.flatMap((o) => (objects.get(o)?.kind === 'connection' ? (objects.get(o)?.dependsOn ?? []) : [o]));
  return Object.fromEntries(Object.entries(options).map(([key, value]) => {
    if (!value.startsWith('secret:')) return [key, value];
    const name = value.slice('secret:'.length);
    const id = all.find((o) => objects.get(o)?.kind === 'secret' && objects.get(o)?.name === name);
    const text = id === undefined ? undefined : core.secrets.get(id);
    if (text === undefined) throw new SqlError('undefined_object', `secret "${name}" does not exist`);
    return [key, text];
  }));
}

/** Where the rows of an INSERT go that is a job. @param run names the job's run, for INSERT OVERWRITE. */
export function sinkTarget(insert: BoundInsert, run = ''): Target {
  const { target, columns } = insert;
  if (target.connector === null) return tableTarget(insert);
  const { options } = insert;
  const connector = connectorNamed(options['connector'] ?? '');
  if (connector.sink === undefined) throw new InternalError(`connector ${connector.name} has no sink`);
  if (insert.overwrite && connector.sink.overwrites !== true) throw notSupported(`INSERT OVERWRITE of connector "${connector.name}"`, undefined, 'Files and stored tables can be overwritten; append with INSERT INTO.');
  const schema = columns.map((at, i) => {
    const c = target.columns[at];
    const field = insert.plan.schema[i];
    if (c === undefined || field === undefined) throw new InternalError('an insert without its columns');
    return { name: c.name, type: c.type, nullable: c.nullable };
  });
  const metadata = columns.flatMap((at, i) => {
    const c = target.columns[at];
    return c?.kind === 'metadata' ? [{ column: i, key: c.key }] : [];
  });
  const primaryKey = target.primaryKey?.columns.map((k) => columns.indexOf(k)) ?? [];
  const partitionedBy = target.partitionedBy.map((name) => schema.findIndex((c) => c.name === name));
  const spec: SinkSpec = { connector: connector.name, options, schema, metadata, primaryKey, table: target.name, ...(insert.overwrite ? { overwrite: run } : {}), ...(partitionedBy.length === 0 ? {} : { partitionedBy }) };
  return { kind: 'sink', spec, accepts: connector.sink.accepts(spec), onConflict: conflictOf(insert), eventTime: connector.sink.eventTime?.(spec) ?? false };
}

/** A stored table takes rows, and where it has a key changes of them by key. Errors: feature_not_supported for what a job can't keep to. */
function tableTarget({ target, conflict, overwrite, returning }: BoundInsert): Target {
  if (target.session !== null) throw notSupported('a job that writes a temporary table', undefined, 'Write a table that stays.');
  if (overwrite) throw notSupported('INSERT OVERWRITE of a stored table by a job', undefined, 'Run it as a statement of its own, from what ends.');
  if (returning !== null) throw notSupported('RETURNING from a job', undefined, 'Read the table.');
  if (conflict !== null) throw notSupported(`ON CONFLICT in a job that writes stored table "${target.name}"`, undefined, 'The newest row of a key takes the place of the one before.');
  const [unique] = enforcedUniques(target);
  if (unique !== undefined) throw notSupported(`a job that writes a table with the constraint UNIQUE "${unique.name}"`, undefined, 'Make the columns its primary key, or INSERT from what ends.');
  const key = storedKey(target) ?? [];
  if (key.length > 0 && target.appendOnly) throw notSupported(`a job that writes an APPEND ONLY table with a primary key`, undefined, 'Rows of one key would replace each other: create the table without one of the two.');
  const spec: SinkSpec = { connector: 'table', options: {}, schema: storedSchema(target), metadata: [], primaryKey: key, table: target.name, stored: target.id };
  return { kind: 'sink', spec, accepts: key.length > 0 ? ['append-only', 'upsert'] : ['append-only'], onConflict: null, eventTime: false };
}

const conflictOf = ({ conflict }: BoundInsert): 'error' | 'nothing' | 'deduplicate' | null => (conflict === null || conflict.action === 'update' ? null : conflict.action);

/** The columns a stored table keeps. */
export const storedSchema = (table: TableObject): { readonly name: string; readonly type: TableObject['columns'][number]['type']; readonly nullable: boolean }[] =>
  table.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));

/** The key as positions in the stored columns, or null. */
export const storedKey = (table: TableObject): number[] | null => (table.primaryKey === null ? null : storedPositions(table, table.primaryKey.columns));

/** Positions in the declared columns as positions in the stored ones. */
export function storedPositions(table: TableObject, columns: readonly number[]): number[] {
  let n = 0;
  const at = table.columns.map((c) => (c.kind === 'physical' ? n++ : -1));
  return columns.map((k) => at[k] ?? -1);
}

/** UNIQUE constraints that are kept here. */
export const enforcedUniques = (table: TableObject): readonly UniqueKey[] => (table.connector === null ? (table.uniques ?? []) : []);
