import { firingOf } from './firing.ts';
import { SqlError, notSupported } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { TEXT } from '../common/types/sql-type.ts';
import type { Target } from '../optimizer/physical/context.ts';
import { EXPLAIN_STAGES, explainQuery, type ExplainStage } from '../optimizer/explain.ts';
import { planQuery, type PlanOptions } from '../optimizer/plan.ts';
import { objectId } from '../common/ids.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import type { BoundExplain, BoundStatement } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { endingNow, planOptions, sinkTarget } from './planning.ts';
import { isContinuous } from './prepared.ts';
import { rowsOf } from './rows.ts';
import { planNodes } from './plan-nodes.ts';
import type { Run } from './run.ts';

const SCHEMA: Schema = [{ name: 'QUERY PLAN', type: TEXT, nullable: false }];

interface Part {
  readonly title: string | null;
  readonly plan: LogicalPlan;
  readonly target: Target;
  /** Evaluated here, without operators. */
  readonly interpreted: boolean;
}

/** EXPLAIN at any stage: one row a line. */
export function explain(run: Run, bound: BoundExplain): StatementResult {
  const stage = stageOf(bound);
  const lines = stage === 'ast' ? JSON.stringify(bound.ast, (key, value: unknown) => (key.toLowerCase().endsWith('span') ? undefined : value), 2).split('\n') : partsOf(run, bound.statement).flatMap((p) => shown(run, p, stage, bound.options.map((o) => o.name)));
  return { kind: 'rows', schema: SCHEMA, rows: rowsOf(SCHEMA, lines.map((l) => [l])), live: false, tag: () => 'EXPLAIN' };
}

function shown(run: Run, part: Part, stage: ExplainStage, extras: readonly string[]): string[] {
  const options = planOptions(run.core, run.eval, (name) => run.session.settings.text(name));
  const chosen = part.interpreted && stage !== 'trace' && stage !== 'optimized' ? 'logical' : stage;
  const lines = explainQuery(part.plan, part.target, chosen, options).split('\n');
  if (!part.interpreted && (stage === 'physical' || stage === 'changelog_mode')) lines.push(...adviceOf(run, part, options, extras));
  return part.title === null ? lines : [part.title, ...lines.map((l) => `  ${l}`)];
}

/** What would grow for ever is said of every plan; PLAN_ADVICE says it in the plan, and JSON_EXECUTION_PLAN adds the operators as JSON. */
function adviceOf(run: Run, part: Part, options: PlanOptions, extras: readonly string[]): string[] {
  const { plan, notices } = planQuery(part.plan, part.target, options);
  const warnings = growthWarnings(plan);
  const out: string[] = [];
  if (extras.includes('PLAN_ADVICE')) {
    const all = [...warnings.map((w) => `[WARNING] ${w}`), ...notices.map((n) => `[ADVICE] ${n}`)];
    out.push('', 'Advice:', ...(all.length === 0 ? ['  none'] : all.map((a) => `  ${a}`)));
  } else for (const w of warnings) run.session.notice('WARNING', w);
  if (extras.includes('JSON_EXECUTION_PLAN')) out.push('', ...JSON.stringify({ nodes: planNodes(plan) }, null, 2).split('\n'));
  return out;
}

const IGNORED = ['COSTS', 'VERBOSE', 'BUFFERS', 'TIMING', 'SUMMARY', 'SETTINGS', 'WAL', 'ESTIMATED_COST', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'];

function stageOf(bound: BoundExplain): ExplainStage | 'ast' {
  let stage: ExplainStage | 'ast' = 'physical';
  for (const { name, value } of bound.options) {
    const lower = name.toLowerCase();
    const known = EXPLAIN_STAGES.find((s) => s === lower);
    if (known !== undefined) stage = known;
    else if (lower === 'ast') stage = 'ast';
    else if (lower === 'analyze') {
      if (value === null || /^(true|on|1)$/i.test(value)) throw notSupported('EXPLAIN ANALYZE', undefined, 'Run the query, and see millrace_catalog.jobs for the rows of a running job.');
    } else if (lower === 'format') stage = formatOf(value ?? '', stage);
    else if (!IGNORED.includes(name)) throw new SqlError('syntax_error', `unrecognized EXPLAIN option "${lower}"`, { hint: `The stages are AST, ${EXPLAIN_STAGES.map((s) => s.toUpperCase()).join(', ')}.` });
  }
  return stage;
}

function formatOf(value: string, stage: ExplainStage | 'ast'): ExplainStage | 'ast' {
  const lower = value.toLowerCase();
  if (lower === 'text') return stage;
  if (lower === 'dot' || lower === 'mermaid') return lower;
  throw notSupported(`EXPLAIN (FORMAT ${value.toUpperCase()})`, undefined, 'The formats are TEXT, DOT and MERMAID.');
}

function partsOf(run: Run, s: BoundStatement): Part[] {
  switch (s.kind) {
    case 'query': {
      const continuous = isContinuous(run.session, s);
      return [{ title: null, plan: continuous ? s.plan : endingNow(s.plan), target: { kind: 'result', snapshotOnly: !continuous, firing: firingOf(s.emit, (n) => run.session.settings.text(n)) }, interpreted: s.reads.objects.length === 0 || s.reads.system }];
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
      if (s.target.connector !== null) return [{ title: null, plan: s.plan, target: { ...sinkTarget(s), firing: firingOf(s.emit, (n) => run.session.settings.text(n)) }, interpreted: false }];
      return [{ title: `Insert into ${s.target.name}`, plan: endingNow(s.plan), target: { kind: 'result', snapshotOnly: true }, interpreted: s.reads.objects.length === 0 }];
    case 'update':
    case 'delete':
      return [{ title: `${s.kind === 'update' ? 'Update' : 'Delete from'} ${s.target.name}`, plan: s.plan, target: { kind: 'result', snapshotOnly: true }, interpreted: false }];
    case 'statementSet':
      return s.inserts.flatMap((i) => partsOf(run, i).map((p) => ({ ...p, title: `Insert into ${i.target.name}` })));
    default:
      break;
  }
  throw notSupported('EXPLAIN of this statement', undefined, 'Queries, INSERT, UPDATE, DELETE, CREATE MATERIALIZED VIEW and statement sets can be explained.');
}
