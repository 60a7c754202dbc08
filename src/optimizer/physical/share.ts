import type { PhysicalPlan } from '../../planner/physical.ts';
import { shared } from '../../planner/physical/exchange.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { mapPhysicalInputs } from '../../planner/physical/walk.ts';

/**
 * Marks what several consumers of a job have in common: subplans of one `stateId` become `shared` nodes and run once. Needed
 * for correctness too, since names of state are unique within a job.
 */
export function shareSubplans(roots: readonly PhysicalPlan[]): PhysicalPlan[] {
  const uses = new Map<string, number>();
  const seen = new Set<string>();
  // Each distinct node counts once, however often it occurs itself.
  const count = (p: PhysicalPlan): void => {
    if (seen.has(p.props.stateId)) return;
    seen.add(p.props.stateId);
    for (const input of inputsOf(p)) {
      uses.set(input.props.stateId, (uses.get(input.props.stateId) ?? 0) + 1);
      count(input);
    }
  };
  roots.forEach(count);
  const made = new Map<string, PhysicalPlan>();
  const rebuild = (p: PhysicalPlan): PhysicalPlan => {
    let node = made.get(p.props.stateId);
    if (node === undefined) {
      const plain = mapPhysicalInputs(p, rebuild);
      node = (uses.get(p.props.stateId) ?? 0) > 1 ? shared(plain) : plain;
      made.set(p.props.stateId, node);
    }
    // Names of columns may differ between uses.
    return node.props.schema === p.props.schema ? node : { ...node, props: { ...node.props, schema: p.props.schema } };
  };
  return roots.map(rebuild);
}
