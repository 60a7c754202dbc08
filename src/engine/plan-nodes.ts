import type { PhysicalPlan } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';

/** An operator of a plan as plain data; `predecessors` are ids of other nodes. */
export interface PlanNode {
  readonly id: number;
  readonly type: string;
  readonly contents: string;
  readonly changelog: string;
  readonly state: string;
  readonly predecessors: readonly number[];
}

/** The operators of a plan, inputs first, each once. */
export function planNodes(root: PhysicalPlan): PlanNode[] {
  const out: PlanNode[] = [];
  const known = new Map<PhysicalPlan, number>();
  const walk = (p: PhysicalPlan): number => {
    const seen = known.get(p);
    if (seen !== undefined) return seen;
    const predecessors = inputsOf(p).map(walk);
    const id = out.length + 1;
    known.set(p, id);
    out.push({ id, type: p.kind, contents: describeNode(p), changelog: p.props.changelog, state: p.props.stateId, predecessors });
    return id;
  };
  walk(root);
  return out;
}
