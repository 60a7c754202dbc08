import type { PhysicalPlan, PhysicalTemporalFilter, TimeBound } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

/** A row goes when its moment has passed; it may only be late, and never goes, under upper bounds alone. */
const expires = (b: TimeBound): boolean => b.operator.startsWith('>');

/** It has no end of its own: rows go on leaving when no more come. */
export function temporalFilter(input: PhysicalPlan, bounds: readonly TimeBound[]): PhysicalTemporalFilter {
  const { props } = input;
  return {
    kind: 'temporalFilter', input, bounds,
    props: {
      ...props,
      changelog: props.changelog === 'append-only' && !bounds.some(expires) ? 'append-only' : 'retract',
      watermarkColumns: [],
      bounded: false,
      stateId: stateIdOf('temporalFilter', { bounds }, [props.stateId]),
    },
  };
}
