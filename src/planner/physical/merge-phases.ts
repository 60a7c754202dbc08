import type { PhysicalPlan } from '../physical.ts';
import { exchange } from './exchange.ts';
import { hashBy } from './props.ts';
import { mapPhysicalInputs } from './walk.ts';

/**
 * The same plan for one worker: aggregates in two phases become one, as there is nobody to save rows from being sent to.
 * Properties, state ids and the layout of states stay those of the final phase, so that a checkpoint taken by one form of
 * the plan restores into the other.
 */
export function mergePhases(plan: PhysicalPlan): PhysicalPlan {
  const done = new Map<PhysicalPlan, PhysicalPlan>();
  const merge = (node: PhysicalPlan): PhysicalPlan => {
    let made = done.get(node);
    if (made === undefined) done.set(node, (made = mapPhysicalInputs(mergeNode(node), merge)));
    return made;
  };
  return merge(plan);
}

function mergeNode(node: PhysicalPlan): PhysicalPlan {
  if (node.kind !== 'groupAggregate' && node.kind !== 'windowAggregate') return node;
  if (node.phase !== 'final' || node.input.kind !== 'exchange') return node;
  const first = node.input.input;
  // The exchange stays in the plan: it says by which hash the state is cut into key groups.
  if (node.kind === 'groupAggregate' && first.kind === 'groupAggregate' && first.phase === 'partial') {
    return { ...node, phase: 'single', input: exchange(first.input, hashBy(first.keys)), keys: first.keys, calls: first.calls };
  }
  if (node.kind === 'windowAggregate' && first.kind === 'windowAggregate' && first.phase === 'partial') {
    return { ...node, phase: 'single', input: exchange(first.input, hashBy(first.keys)), keys: first.keys, calls: first.calls, timeColumn: first.timeColumn };
  }
  return node;
}
