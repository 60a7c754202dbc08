import type { PhysicalIntervalJoin } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { hashJoin, type HashJoinParts } from './hash-join.ts';

/** Both inputs only insert, and so does the result: padding comes when nothing can match any more. */
export function intervalJoin(parts: HashJoinParts & Pick<PhysicalIntervalJoin, 'leftTime' | 'rightTime' | 'lowerMicros' | 'upperMicros'>): PhysicalIntervalJoin {
  const { left, right, type, leftKeys, rightKeys, residual, leftTime, rightTime, lowerMicros, upperMicros } = parts;
  const { props } = hashJoin(parts);
  const width = left.props.schema.length;
  // Padding makes the other side's times NULL, which no watermark speaks of.
  const times = { inner: [leftTime, width + rightTime], left: [leftTime], right: [width + rightTime], full: [], semi: [leftTime], anti: [leftTime] };
  return {
    kind: 'intervalJoin', left, right, type, leftKeys, rightKeys, residual, leftTime, rightTime, lowerMicros, upperMicros,
    props: {
      ...props,
      changelog: 'append-only',
      watermarkColumns: times[type],
      stateId: stateIdOf('intervalJoin', { type, leftKeys, rightKeys, residual, leftTime, rightTime, lowerMicros, upperMicros }, [left.props.stateId, right.props.stateId]),
    },
  };
}
