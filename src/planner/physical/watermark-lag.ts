import type { PhysicalPlan, PhysicalWatermarkLag } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { inputsOf } from './props.ts';

/** Output: the input's rows and properties. */
export function watermarkLag(input: PhysicalPlan, micros: bigint): PhysicalWatermarkLag {
  const { props } = input;
  return { kind: 'watermarkLag', input, micros, props: { ...props, stateId: stateIdOf('watermarkLag', { micros }, [props.stateId]) } };
}

/** By how much the plan's watermark is behind that of its sources, at most. */
export function lagOf(p: PhysicalPlan): bigint {
  let most = 0n;
  for (const input of inputsOf(p)) {
    const lag = lagOf(input);
    if (lag > most) most = lag;
  }
  return p.kind === 'watermarkLag' ? most + p.micros : most;
}
