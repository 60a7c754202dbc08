import { firingOf } from './firing.ts';
import { SqlError, notSupported } from '../common/errors.ts';
import type { Target } from '../optimizer/physical/context.ts';
import { optimize } from '../optimizer/optimizer.ts';
import { explainQuery, type ExplainStage } from '../optimizer/explain.ts';
import { planQuery, type PlanOptions } from '../optimizer/plan.ts';
import { objectId } from '../common/ids.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import { planAdvice } from '../planner/physical/advice.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import type { BoundExplain, BoundStatement } from '../planner/statement.ts';
import { analyzeQuery } from './analyze.ts';
import type { StatementResult } from './api.ts';
import { endingNow, planOptions, sinkTarget } from './planning.ts';
import { isContinuous } from './prepared.ts';
import { explained, explainOptions, jsonResult, type ExplainOptions } from './explain-options.ts';
import { planJson } from './plan-json.ts';
import { planNodes } from './plan-nodes.ts';
import { indexUsed } from './key-read.ts';
import type { Run } from './run.ts';
import { storesOnly } from './statement-sets.ts';

interface Part {
  readonly title: string | null;
  readonly plan: LogicalPlan;
  readonly target: Target;
  /** Evaluated here, without operators. */
  readonly interpreted: boolean;
}

/** EXPLAIN at any stage: one row a line, or one document. */
export async function explain(run: Run, bound: BoundExplain): Promise<StatementResult> {
  const options = explainOptions(bound.options);
  if (options.analyze) return await analyzeQuery(run, bound, options);
  if (options.stage === 'ast') {
    const text = JSON.stringify(bound.ast, (key, value: unknown) => (key.toLowerCase().endsWith('span') ? undefined : value), 2);
    return options.json ? jsonResult(JSON.parse(text)) : explained(text.split('\n'));
  }
  const { stage } = options;
  const parts = partsOf(run, bound.statement);
  return options.json ? jsonResult(parts.map((p) => documentOf(run, p))) : explained(parts.flatMap((p) => shown(run, p, stage, options)));
}

function planned(run: Run, part: Part): ReturnType<typeof planQuery> {
  return planQuery(part.plan, part.target, optionsOf(run));
}
function optionsOf(run: Run): PlanOptions {
  return planOptions(run.core, run.eval, (name) => run.session.settings.text(name));
}

function shown(run: Run, part: Part, stage: ExplainStage, wanted: ExplainOptions): string[] {
  const chosen = part.interpreted && stage !== 'trace' && stage !== 'optimized' ? 'logical' : stage;
  const lines = explainQuery(part.plan, part.target, chosen, optionsOf(run)).split('\n');
  if (!part.interpreted && (stage === 'physical' || stage === 'changelog_mode')) lines.push(...adviceOf(run, part, wanted));
  const index = part.interpreted || stage !== 'physical' || part.target.kind !== 'result' ? undefined : indexUsed(run, optimize(part.plan, optionsOf(run)).plan);
  if (index !== undefined) lines.push(`Read by index ${index.name} (${index.columns.join(', ')}), without a job.`);
  return part.title === null ? lines : [part.title, ...lines.map((l) => `  ${l}`)];
}

/** What would grow for ever is said of every plan; PLAN_ADVICE says it in the plan, and more. */
function adviceOf(run: Run, part: Part, wanted: ExplainOptions): string[] {
  const { plan, notices } = planned(run, part);
  const warnings = growthWarnings(plan);
  const out: string[] = [];
  if (wanted.advice) {
    const all = adviceList(plan, notices);
    out.push('', 'Advice:', ...(all.length === 0 ? ['  none'] : all.map((a) => `  ${a}`)));
  } else for (const w of warnings) run.session.notice('WARNING', w);
  if (wanted.nodes) out.push('', ...JSON.stringify({ nodes: planNodes(plan) }, null, 2).split('\n'));
  return out;
}
const adviceList = (plan: PhysicalPlan, notices: readonly string[]): string[] => [...growthWarnings(plan).map((w) => `[WARNING] ${w}`), ...[...notices, ...planAdvice(plan)].map((n) => `[ADVICE] ${n}`)];

function documentOf(run: Run, part: Part): object {
  const { plan, notices } = planned(run, part);
  return { ...(part.title === null ? {} : { 'Statement': part.title }), 'Plan': planJson(plan), 'Advice': adviceList(plan, notices) };
}

/** Whether a query gives an answer and ends. One that doesn't is explained as the continuous query that it is with EMIT CHANGES. */
function ends(run: Run, part: Part, bounded: boolean): boolean {
  if (bounded || part.interpreted) return true;
  try {
    planned(run, part);
    return true;
  } catch (error) {
    if (error instanceof SqlError && error.condition === 'feature_not_supported') return false;
    throw error;
  }
}

function partsOf(run: Run, s: BoundStatement): Part[] {
  switch (s.kind) {
    case 'query': {
      const part = (continuous: boolean): Part => ({ title: null, plan: continuous ? s.plan : endingNow(s.plan), target: { kind: 'result', snapshotOnly: !continuous, firing: firingOf(s.emit, (n) => run.session.settings.text(n)) }, interpreted: s.reads.objects.length === 0 || s.reads.system });
      return [part(isContinuous(run.session, s) || !ends(run, part(false), s.reads.bounded))];
    }
    case 'subscribe':
      return [{ title: null, plan: s.plan, target: { kind: 'result', snapshotOnly: false }, interpreted: false }];
    case 'create': {
      if (s.source === null) break;
      const emitOnClose = s.source.emit === 'on window close' || s.source.emit === 'final';
      const target: Target = s.object.kind === 'materializedView' ? { kind: 'materialize', relation: objectId(run.core.catalog.snapshot().nextId), name: s.object.name, emitOnClose, firing: firingOf(s.source.emit, (n) => run.session.settings.text(n)) } : { kind: 'result', snapshotOnly: true };
      return [{ title: null, plan: s.source.plan, target, interpreted: false }];
    }
    case 'insert':
      if (s.mode === 'job') return [{ title: null, plan: s.plan, target: { ...sinkTarget(s), firing: firingOf(s.emit, (n) => run.session.settings.text(n)) }, interpreted: false }];
      return [{ title: `Insert into ${s.target.name}`, plan: endingNow(s.plan), target: { kind: 'result', snapshotOnly: true }, interpreted: s.reads.objects.length === 0 }];
    case 'update':
    case 'delete':
      return [{ title: `${s.kind === 'update' ? 'Update' : 'Delete from'} ${s.target.name}`, plan: s.plan, target: { kind: 'result', snapshotOnly: true }, interpreted: false }];
    case 'createSink':
      return partsOf(run, s.insert);
    case 'statementSet':
      return s.inserts.flatMap((i) => partsOf(run, storesOnly(s) ? i : { ...i, mode: 'job' }).map((p) => ({ ...p, title: `Insert into ${i.target.name}` })));
    default:
      break;
  }
  throw notSupported('EXPLAIN of this statement', undefined, 'Queries, INSERT, UPDATE, DELETE, CREATE MATERIALIZED VIEW and statement sets can be explained.');
}
