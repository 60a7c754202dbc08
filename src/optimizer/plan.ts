import type { LogicalPlan } from '../planner/logical.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { PhysicalOptions, Planned, Target } from './physical/context.ts';
import { toPhysical, toPhysicalSet } from './physical/to-physical.ts';
import { optimize, optimizeSet, type OptimizeOptions } from './optimizer.ts';

/** From a bound plan to one that runs. */

export interface PlanOptions extends OptimizeOptions {
  readonly physical?: PhysicalOptions;
}

/** One query for one target. Parameters have to be in place already (`withParams`). Errors: those of `toPhysical`. */
export function planQuery(plan: LogicalPlan, target: Target, options: PlanOptions): Planned {
  return toPhysical(optimize(plan, forTargets(options, [target])).plan, target, options.physical);
}

/** What the targets ask of the optimizer. */
export const forTargets = (options: PlanOptions, targets: readonly Target[]): PlanOptions =>
  targets.some((t) => t.kind === 'sink' && t.eventTime === true) ? { ...options, eventTime: true } : options;

/** The statements of a set as one job: sources and common subplans run once. */
export function planSet(
  items: readonly { readonly plan: LogicalPlan; readonly target: Target }[],
  options: PlanOptions,
): { readonly plans: readonly PhysicalPlan[]; readonly notices: readonly string[] } {
  const optimized = optimizeSet(items.map((i) => i.plan), forTargets(options, items.map((i) => i.target)));
  return toPhysicalSet(items.map(({ plan, target }, i) => ({ plan: optimized[i]?.plan ?? plan, target })), options.physical);
}
