import type { PhysicalClock, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { inputsOf } from './props.ts';

/** Output: the input's columns, `column` being processing time. The input's own event time is not followed any further. */
export function clock(input: PhysicalPlan, column: number): PhysicalClock {
  const { props } = input;
  return {
    kind: 'clock', input, column,
    props: { ...props, watermarkColumns: [column], stateId: stateIdOf('clock', { column }, [props.stateId]) },
  };
}

/** Whether the watermark of the plan's output follows the clock: what waits for it has to be woken by time. */
export const followsClock = (p: PhysicalPlan): boolean => p.kind === 'clock' || inputsOf(p).some(followsClock);
