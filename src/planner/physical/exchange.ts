import type { Distribution, PhysicalExchange, PhysicalPlan, PhysicalShared, PhysicalUnionAll } from '../physical.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { stateIdOf } from './canonical.ts';
import { ANY, satisfies, SINGLE } from './props.ts';

export function exchange(input: PhysicalPlan, to: Distribution): PhysicalExchange {
  return { kind: 'exchange', input, to, props: { ...input.props, distribution: to, stateId: stateIdOf('exchange', to, [input.props.stateId]) } };
}

/** The input placed as wanted, moved only where it isn't yet. */
export const placed = (input: PhysicalPlan, to: Distribution): PhysicalPlan => (satisfies(input.props.distribution, to) ? input : exchange(input, to));

/** A multiset sum: no key survives; event times must be so in every input. */
export function unionAll(inputs: readonly PhysicalPlan[], schema: Schema): PhysicalUnionAll {
  const all = inputs.map((i) => i.props);
  const single = all.every((p) => p.distribution.kind === 'single');
  return {
    kind: 'unionAll', inputs,
    props: {
      schema,
      streamKey: all.length === 1 ? (all[0]?.streamKey ?? null) : null,
      changelog: all.every((p) => p.changelog === 'append-only') ? 'append-only' : 'retract',
      watermarkColumns: schema.flatMap((_, c) => (all.every((p) => p.watermarkColumns.includes(c)) ? [c] : [])),
      bounded: all.every((p) => p.bounded),
      distribution: single ? SINGLE : ANY,
      stateId: stateIdOf('unionAll', null, all.map((p) => p.stateId)),
    },
  };
}

export function shared(input: PhysicalPlan): PhysicalShared {
  return { kind: 'shared', input, props: { ...input.props, stateId: stateIdOf('shared', null, [input.props.stateId]) } };
}
