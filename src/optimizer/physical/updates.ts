import type { PhysicalPlan } from '../../planner/physical.ts';
import { inputsOf } from '../../planner/physical/props.ts';

const JOINS = { inner: 'join', left: 'LEFT JOIN', right: 'RIGHT JOIN', full: 'FULL JOIN', semi: 'IN or EXISTS', anti: 'NOT IN or NOT EXISTS' } as const;

const names = (p: PhysicalPlan, columns: readonly number[]): string => columns.map((c) => p.props.schema[c]?.name ?? `#${c + 1}`).join(', ');

/** The operator, in the user's words, that makes updates out of inserts, e.g. `the aggregate GROUP BY city`. */
export function whatUpdates(p: PhysicalPlan): string | undefined {
  if (p.props.changelog === 'append-only') return undefined;
  // The lowest one: those above only pass on what it started.
  for (const input of inputsOf(p)) {
    const below = whatUpdates(input);
    if (below !== undefined) return below;
  }
  switch (p.kind) {
    case 'groupAggregate':
      return p.keys.length === 0 ? 'the aggregate without GROUP BY' : `the aggregate GROUP BY ${names(p, p.keys.map((_, i) => i))}`;
    case 'hashJoin':
      return `the ${JOINS[p.type]}`;
    case 'temporalFilter':
      return 'the condition on NOW()';
    case 'nearestJoin':
      return 'the ASOF JOIN';
    case 'topN':
      return p.partition.length === 0 ? 'LIMIT' : `the Top-N per ${names(p.input, p.partition)}`;
    case 'over':
      return `the window function ${p.calls[0]?.name ?? ''}()`;
    case 'tableScan':
      return `table "${p.name}", whose rows may be updated and deleted,`;
    case 'source':
      return `table "${p.table}", whose messages update earlier ones,`;
    default:
      return `the operator ${p.kind}`;
  }
}

/** Whether an aggregate could be bounded by windows instead. */
export function usesAggregate(p: PhysicalPlan): boolean {
  return p.kind === 'groupAggregate' || inputsOf(p).some(usesAggregate);
}
