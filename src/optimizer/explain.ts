import { unreachable } from '../common/errors.ts';
import { explainPlan } from '../planner/explain.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { explainChangelogMode, explainPhysical } from '../planner/physical/explain.ts';
import { explainGraph } from '../planner/physical/graph.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import { explainTrace } from './explain-trace.ts';
import type { Target } from './physical/context.ts';
import { toPhysical } from './physical/to-physical.ts';
import { optimize } from './optimizer.ts';
import { forTargets, type PlanOptions } from './plan.ts';

/** The stages that EXPLAIN can show of a bound query. */
export const EXPLAIN_STAGES = ['logical', 'trace', 'optimized', 'physical', 'changelog_mode', 'graph', 'dot', 'mermaid'] as const;
export type ExplainStage = (typeof EXPLAIN_STAGES)[number];

/**
 * A query's plan at one stage, as lines of text. The physical stages end with notices and warnings of state that grows for ever.
 * Errors: those of planning, for the physical stages.
 */
export function explainQuery(plan: LogicalPlan, target: Target, stage: ExplainStage, options: PlanOptions): string {
  if (stage === 'logical') return explainPlan(plan, { types: true });
  const optimized = optimize(plan, { ...forTargets(options, [target]), trace: stage === 'trace' });
  if (stage === 'trace') return explainTrace(optimized);
  if (stage === 'optimized') return explainPlan(optimized.plan, { types: true });
  const made = toPhysical(optimized.plan, target, options.physical);
  switch (stage) {
    case 'physical':
      return withRemarks(explainPhysical(made.plan), made.notices, growthWarnings(made.plan));
    case 'changelog_mode':
      return withRemarks(explainChangelogMode(made.plan), made.notices, []);
    case 'graph':
      return explainGraph(made.plan);
    case 'dot':
    case 'mermaid':
      return explainGraph(made.plan, stage);
    default:
      return unreachable(stage);
  }
}

const withRemarks = (text: string, notices: readonly string[], warnings: readonly string[]): string =>
  [text, ...notices.map((n) => `NOTICE: ${n}`), ...warnings.map((w) => `WARNING: ${w}`)].join('\n');
