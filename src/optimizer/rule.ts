import type { EvalContext } from '../functions/define.ts';
import type { FunctionLookup } from '../functions/resolve.ts';
import type { LogicalPlan } from '../planner/logical.ts';

/** What a rule may consult. */
export interface RuleContext {
  readonly functions: FunctionLookup;
  /** For constants: zone and the like. Only immutable expressions are evaluated with it. */
  readonly eval: EvalContext;
  /** The target itself waits for the watermark: no source may lose it. */
  readonly eventTime?: boolean;
}

/**
 * One rewriting: the same rows and columns (types and count), by other means. `apply` looks at one node (or, in a stage of
 * direction `whole`, at the root) and never mutates; undefined where it doesn't apply.
 */
export interface Rule {
  /** Kebab-case; shown by EXPLAIN TRACE, and by which the rule can be switched off. */
  readonly name: string;
  /** A sentence: from what to what. */
  readonly doc: string;
  readonly apply: (node: LogicalPlan, cx: RuleContext) => LogicalPlan | undefined;
  /** Of rules in stages of direction `whole` that look at all plans of one job together. */
  readonly applyToSet?: (roots: readonly LogicalPlan[], cx: RuleContext) => readonly LogicalPlan[];
}

/** Rules that run together. Where order matters there is a border between stages. */
export interface Stage {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly direction: 'topDown' | 'bottomUp' | 'whole';
  /** `fixpoint`: until nothing fires any more. */
  readonly repeat: 'once' | 'fixpoint';
}
