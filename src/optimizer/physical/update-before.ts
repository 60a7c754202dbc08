import type { PhysicalPlan } from '../../planner/physical.ts';
import { isSubset } from '../../planner/physical/props.ts';

/**
 * Lets what lies below a keyed consumer send upserts: aggregates leave out -U, upsert sources go without normalisation.
 * Only through operators that keep the key together; a shared subplan has other consumers and stays as it is.
 * @returns the plan, or undefined where nothing changes.
 */
export function toUpsert(p: PhysicalPlan): PhysicalPlan | undefined {
  const { props } = p;
  if (props.streamKey === null || props.streamKey.length === 0) return undefined;
  switch (p.kind) {
    case 'groupAggregate':
      if (p.phase === 'partial' || props.changelog !== 'retract') return undefined;
      return { ...p, emitUpdateBefore: false, props: { ...props, changelog: 'upsert' } };
    case 'normalize':
      return p.input.props.changelog === 'upsert' ? p.input : undefined;
    case 'calc': {
      const input = toUpsert(p.input);
      return input === undefined ? undefined : { ...p, input, props: { ...props, changelog: 'upsert' } };
    }
    case 'exchange': {
      // All changes of a key have to take one way, in order.
      if (p.to.kind !== 'single' && !(p.to.kind === 'hash' && isSubset(p.to.keys, props.streamKey))) return undefined;
      const input = toUpsert(p.input);
      return input === undefined ? undefined : { ...p, input, props: { ...props, changelog: 'upsert' } };
    }
    default:
      return undefined;
  }
}
