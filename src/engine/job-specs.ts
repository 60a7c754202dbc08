import type { MaterializedViewObject, SinkObject, TableObject } from '../catalog/objects.ts';
import { CatalogSnapshot } from '../catalog/snapshot.ts';
import { systemRelations } from '../catalog/system/registry.ts';
import { InternalError } from '../common/errors.ts';
import { jobId } from '../common/ids.ts';
import type { EvalContext } from '../functions/define.ts';
import { builtins } from '../functions/registry.ts';
import { planQuery, planSet } from '../optimizer/plan.ts';
import { parseStatement } from '../parser/parser.ts';
import { Params, type BindContext } from '../planner/bind/context.ts';
import { bindStatement } from '../planner/bind/statement.ts';
import { relationPlan, renamed } from '../planner/bind/tables.ts';
import { topEnv } from '../planner/bind/query.ts';
import { substitute } from '../planner/columns.ts';
import type { PhysicalPlan, TableWatermark } from '../planner/physical.ts';
import { changelog } from '../planner/physical/changelog.ts';
import { materialize } from '../planner/physical/roots.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import { storedTable } from '../planner/physical/stored-table.ts';
import { mapPhysicalInputs } from '../planner/physical/walk.ts';
import type { BoundInsert, BoundQuery } from '../planner/statement.ts';
import type { JobSpec } from '../runtime/api.ts';
import type { Core } from './core.ts';
import { addedValues } from './added-columns.ts';
import { requireNoCycle } from './cycles.ts';
import { requireSkippable } from './sink-cut.ts';
import { firingOf } from './firing.ts';
import { IDLE_OPTION, LENGTH_OPTION, lengthRule } from './job-settings.ts';
import type { JobMeta } from './persist.ts';
import { connectors, planOptions, revealed, sinkTarget, storedKey, storedSchema } from './planning.ts';

/** From a catalog object to the job that runs it: the same way when it is created and after a restart. */

export type JobObject = TableObject | MaterializedViewObject | SinkObject;

export interface PlannedJob {
  readonly spec: JobSpec;
  readonly notices: readonly string[];
  readonly warnings: readonly string[];
}

/** A job sees no session: only the zone that was set when it was made. */
function jobEval(meta: JobMeta): EvalContext {
  return { nowMicros: meta.createdAt, procMicros: meta.createdAt, timeZone: meta.timeZone, watermark: null, random: () => 0.5 };
}

export function jobBindContext(core: Core, object: JobObject, meta: JobMeta): BindContext {
  return {
    catalog: catalogOf(core, object, meta), system: systemRelations, functions: builtins, connectors, eval: jobEval(meta), text: object.kind === 'table' ? '' : object.sql, params: new Params(),
    scope: { database: object.database, searchPath: object.searchPath, session: object.session ?? 0 },
    idleTimeoutMs: idleTimeout(object), user: object.owner, redefining: object.id, lengths: lengthRule(object.options[LENGTH_OPTION]),
  };
}

/** The catalog, with the tables that have been altered under the job as they were when it was started. */
function catalogOf(core: Core, object: JobObject, meta: JobMeta): CatalogSnapshot {
  const now = object.session === null ? core.catalog.snapshot() : core.catalog.snapshotFor(object.session);
  return meta.tables.length === 0 ? now : new CatalogSnapshot(now.version, now.nextId, new Map([...now.objects, ...meta.tables.map((t) => [t.id, t] as const)]));
}

function idleTimeout(object: JobObject): number | null {
  const ms = Number(object.options[IDLE_OPTION] ?? '30000');
  return ms > 0 ? ms : null;
}

/** Errors: those of binding and planning. */
export function planJob(core: Core, object: JobObject, meta: JobMeta): PlannedJob {
  const made = plansOf(core, object, meta);
  const plans = made.plans.map((p) => withSecrets(core, p));
  requireNoCycle(core, object.id, object.name, plans);
  for (const p of made.skipsBeginning === true ? plans : []) requireSkippable(p);
  const spec: JobSpec = {
    ...(made.skipsBeginning === true ? { skipsBeginning: true } : {}), id: jobId(object.id), name: object.name, plans, timeZone: meta.timeZone, errorPolicy: meta.errorPolicy, seed: meta.seed, schema: plans[0]?.props.schema ?? [], paused: meta.paused,
  };
  return { spec, notices: made.notices, warnings: [...new Set(plans.flatMap((p) => growthWarnings(p)))] };
}

interface Plans {
  readonly skipsBeginning?: boolean;
  readonly plans: readonly PhysicalPlan[];
  readonly notices: readonly string[];
}

function plansOf(core: Core, object: JobObject, meta: JobMeta): Plans {
  switch (object.kind) {
    case 'table':
      return { plans: [storedTable(object.id, storedSchema(object), storedKey(object), watermarkOf(core, object, meta), addedValues(object))], notices: [] };
    case 'materializedView': {
      const query = viewQuery(core, object, meta);
      const emitOnClose = query.emit === 'on window close' || query.emit === 'final';
      const planned = planQuery(query.plan, { kind: 'materialize', relation: object.id, name: object.name, emitOnClose, firing: firingOf(query.emit, (n) => object.options[n]) }, planOptions(core, jobEval(meta), (n) => object.options[n]));
      if (object.subscription === undefined) return { plans: [planned.plan], notices: planned.notices };
      // Instead of the rows their changes are kept.
      if (planned.plan.kind !== 'materialize') throw new InternalError('a subscription without rows');
      const { retentionMs } = object.subscription;
      const kept = materialize(changelog(planned.plan.input, Math.ceil(retentionMs / 3)), object.id, [0], 'overwrite');
      return { plans: [{ ...kept, ttlMs: retentionMs }], notices: [] };
    }
    case 'sink': {
      const bound = bindStatement(parseStatement(object.sql), jobBindContext(core, object, meta));
      const inserts = bound.kind === 'insert' ? [bound] : bound.kind === 'statementSet' ? bound.inserts : bound.kind === 'createSink' ? [bound.insert] : [];
      if (inserts.length === 0) throw new InternalError(`"${object.name}" is no insert`);
      return { ...planInserts(core, inserts, jobEval(meta), object.options, `${object.id.toString(36)}x${meta.createdAt.toString(36)}`), skipsBeginning: bound.kind === 'createSink' && bound.skipsBeginning };
    }
  }
}

/** A stored table's watermark, its computed columns put in. Rows that may be deleted or changed keep to no order of time. */
function watermarkOf(core: Core, table: TableObject, meta: JobMeta): TableWatermark | null {
  if (!table.appendOnly || table.watermark === null) return null;
  const plan = relationPlan(topEnv(jobBindContext(core, table, meta)), table, {}, { start: 0, end: 0 });
  if (plan.kind !== 'watermark') throw new InternalError(`the watermark of "${table.name}" is not above its rows`);
  const { input, expr, idleTimeoutMs } = plan;
  return { expr: input.kind === 'project' ? substitute(expr, input.exprs) : expr, idleTimeoutMs };
}

/** Errors: feature_not_supported for what a stored table can't take of a job. */
export function planInserts(core: Core, inserts: readonly BoundInsert[], evalContext: EvalContext, options: Readonly<Record<string, string>> = {}, run = ''): Plans {
  const items = inserts.map((insert) => ({ plan: insert.plan, target: { ...sinkTarget(insert, run), firing: firingOf(insert.emit, (n) => options[n]) } }));
  const { plans, notices } = planSet(items, planOptions(core, evalContext, (n) => options[n]));
  return { plans: apart(plans), notices };
}

/** The same INSERT twice is two sinks. */
function apart(plans: readonly PhysicalPlan[]): PhysicalPlan[] {
  const count = new Map<string, number>();
  return plans.map((p) => {
    const id = p.props.stateId;
    const n = (count.get(id) ?? 0) + 1;
    count.set(id, n);
    return n === 1 ? p : { ...p, props: { ...p.props, stateId: `${id}~${n}` } };
  });
}

/** The query of a view, under the columns that were settled when it was made. */
export function viewQuery(core: Core, object: MaterializedViewObject, meta: JobMeta): BoundQuery {
  const bound = bindStatement(parseStatement(object.sql), jobBindContext(core, object, meta));
  if (bound.kind !== 'query') throw new InternalError(`"${object.name}" is no query`);
  return { ...bound, plan: object.subscription === undefined ? renamed(bound.plan, object.columns) : bound.plan };
}

/** Secrets are put in last: no plan that is shown or hashed holds them. */
export function withSecrets(core: Core, plan: PhysicalPlan): PhysicalPlan {
  switch (plan.kind) {
    case 'source':
      return { ...plan, spec: { ...plan.spec, options: revealed(core, plan.spec.options, core.catalog.snapshot().object(plan.tableId)?.dependsOn ?? []) } };
    case 'connectorLookup':
      return { ...plan, left: withSecrets(core, plan.left), spec: { ...plan.spec, options: revealed(core, plan.spec.options, core.catalog.snapshot().object(plan.tableId)?.dependsOn ?? []) } };
    case 'sink':
      return { ...plan, input: withSecrets(core, plan.input), spec: { ...plan.spec, options: revealed(core, plan.spec.options, [...core.secrets.keys()]) } };
    default:
      return mapPhysicalInputs(plan, (input) => withSecrets(core, input));
  }
}
