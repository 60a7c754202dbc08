import type { PhysicalVersionJoin } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

/** Each left row once, when both watermarks have passed its time; the left time goes on. */
export function versionJoin(parts: Omit<PhysicalVersionJoin, 'kind' | 'props'>): PhysicalVersionJoin {
  const { left, right, ...own } = parts;
  return {
    kind: 'versionJoin', ...parts,
    props: {
      schema: [...left.props.schema, ...right.props.schema.map((f) => ({ ...f, nullable: f.nullable || parts.type === 'left' }))],
      streamKey: left.props.streamKey,
      changelog: 'append-only',
      watermarkColumns: [parts.leftTime],
      bounded: left.props.bounded && right.props.bounded,
      distribution: left.props.distribution,
      stateId: stateIdOf('versionJoin', own, [left.props.stateId, right.props.stateId]),
    },
  };
}
