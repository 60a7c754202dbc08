import type { PhysicalPlan } from '../physical.ts';

/** The node over mapped inputs; its properties stay as they are. */
export function mapPhysicalInputs(p: PhysicalPlan, f: (input: PhysicalPlan) => PhysicalPlan): PhysicalPlan {
  switch (p.kind) {
    case 'source':
    case 'tableScan':
    case 'tableInput':
    case 'values':
      return p;
    case 'hashJoin':
    case 'intervalJoin':
    case 'versionJoin':
    case 'nearestJoin':
    case 'lookupJoin':
      return { ...p, left: f(p.left), right: f(p.right) };
    case 'connectorLookup':
      return { ...p, left: f(p.left) };
    case 'unionAll':
      return { ...p, inputs: p.inputs.map(f) };
    default:
      return { ...p, input: f(p.input) };
  }
}
