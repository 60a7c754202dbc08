import { InternalError } from '../common/errors.ts';
import { typeEquals } from '../common/types/sql-type.ts';
import { explainPlan } from '../planner/explain.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { planInputs } from '../planner/walk.ts';
import type { Rule, RuleContext, Stage } from './rule.ts';
import { STAGES } from './stages.ts';
import { mapInputsSame } from './tree.ts';

export interface OptimizeOptions extends RuleContext {
  /** Names of rules that must not fire. */
  readonly disabled?: ReadonlySet<string>;
  /** Keep the whole plan's text before and after every rule that fired (EXPLAIN TRACE). */
  readonly trace?: boolean;
  readonly stages?: readonly Stage[];
  /** Milliseconds, for the time per rule; without it nothing is timed. */
  readonly now?: () => number;
}

export interface TraceStep {
  readonly stage: string;
  readonly rule: string;
  /** Text of the node that the rule was applied to. */
  readonly before: string;
  readonly after: string;
}

export interface Optimized {
  readonly plan: LogicalPlan;
  /** How often each rule fired. */
  readonly fired: ReadonlyMap<string, number>;
  readonly millis: ReadonlyMap<string, number>;
  readonly trace: readonly TraceStep[];
  /** Stages that were stopped while rules still fired. */
  readonly unsettled: readonly string[];
}

/** A stage that still changes after so many passes goes round in circles. */
const PASSES = 30;
/** Firings at one place within one pass. */
const FIRINGS = 50;

/** Runs the stages over a bound plan. Errors: InternalError when a rule changes the plan's columns. */
export function optimize(plan: LogicalPlan, options: OptimizeOptions): Optimized {
  const run = new Run(options);
  let current = plan;
  for (const stage of options.stages ?? STAGES) current = run.stage(stage, current);
  return { plan: current, fired: run.fired, millis: run.millis, trace: run.trace, unsettled: run.unsettled };
}

/** As `optimize`, for the plans of one job: what they have in common stays the same in all, and can run once. */
export function optimizeSet(plans: readonly LogicalPlan[], options: OptimizeOptions): readonly Optimized[] {
  const runs = plans.map((plan) => ({ run: new Run(options), plan }));
  for (const stage of options.stages ?? STAGES) {
    const together = stage.rules.filter((r) => r.applyToSet !== undefined && options.disabled?.has(r.name) !== true);
    if (stage.direction !== 'whole' || together.length === 0) {
      for (const r of runs) r.plan = r.run.stage(stage, r.plan);
      continue;
    }
    for (const rule of together) {
      const made = rule.applyToSet?.(runs.map((r) => r.plan), options) ?? [];
      runs.forEach((r, i) => {
        r.plan = r.run.took(stage, rule, r.plan, made[i] ?? r.plan);
      });
    }
  }
  return runs.map(({ run, plan }) => ({ plan, fired: run.fired, millis: run.millis, trace: run.trace, unsettled: run.unsettled }));
}

class Run {
  readonly fired = new Map<string, number>();
  readonly millis = new Map<string, number>();
  readonly trace: TraceStep[] = [];
  readonly unsettled: string[] = [];
  readonly #options: OptimizeOptions;

  constructor(options: OptimizeOptions) {
    this.#options = options;
  }

  stage(stage: Stage, plan: LogicalPlan): LogicalPlan {
    const rules = stage.rules.filter((r) => this.#options.disabled?.has(r.name) !== true);
    let current = plan;
    for (let pass = 0; pass < (stage.repeat === 'once' ? 1 : PASSES); pass++) {
      const next = stage.direction === 'whole' ? this.#here(stage, rules, current) : this.#walk(stage, rules, current);
      if (next === current) return current;
      current = next;
    }
    if (stage.repeat === 'fixpoint') this.unsettled.push(stage.name);
    return current;
  }

  #walk(stage: Stage, rules: readonly Rule[], node: LogicalPlan): LogicalPlan {
    if (stage.direction === 'topDown') {
      const here = this.#here(stage, rules, node);
      return mapInputsSame(here, (input) => this.#walk(stage, rules, input));
    }
    const below = planInputs(node).length === 0 ? node : mapInputsSame(node, (input) => this.#walk(stage, rules, input));
    return this.#here(stage, rules, below);
  }

  #here(stage: Stage, rules: readonly Rule[], node: LogicalPlan): LogicalPlan {
    let current = node;
    for (let n = 0; n < FIRINGS; n++) {
      const next = this.#first(stage, rules, current);
      if (next === undefined) return current;
      current = next;
      if (stage.direction === 'whole') return current;
    }
    return current;
  }

  #first(stage: Stage, rules: readonly Rule[], node: LogicalPlan): LogicalPlan | undefined {
    const { now } = this.#options;
    for (const rule of rules) {
      const start = now?.() ?? 0;
      const made = rule.apply(node, this.#options);
      if (now !== undefined) this.millis.set(rule.name, (this.millis.get(rule.name) ?? 0) + now() - start);
      if (made === undefined || made === node) continue;
      return this.took(stage, rule, node, made);
    }
    return undefined;
  }

  /** Records what a rule did. */
  took(stage: Stage, rule: Rule, before: LogicalPlan, after: LogicalPlan): LogicalPlan {
    if (after === before) return before;
    checkColumns(rule, before, after);
    this.fired.set(rule.name, (this.fired.get(rule.name) ?? 0) + 1);
    if (this.#options.trace === true) this.trace.push({ stage: stage.name, rule: rule.name, before: explainPlan(before), after: explainPlan(after) });
    return after;
  }
}

function checkColumns(rule: Rule, before: LogicalPlan, after: LogicalPlan): void {
  const same = before.schema.length === after.schema.length && before.schema.every((f, i) => typeEquals(f.type, after.schema[i]?.type ?? { kind: 'unknown' }));
  if (!same) throw new InternalError(`rule ${rule.name} changed the columns of a plan: ${columns(before)} became ${columns(after)}`);
}

const columns = (p: LogicalPlan): string => `(${p.schema.map((f) => `${f.name} ${f.type.kind}`).join(', ')})`;
