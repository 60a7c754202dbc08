import type { Schema } from '../../common/batch/batch.ts';
import type { Expr } from '../expr.ts';
import type { JoinType } from '../logical.ts';
import type { Distribution, PhysicalHashJoin, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { fullJoinKey } from './full-join-key.ts';
import { ANY, isAppendOnly, isEventTime, isSubset } from './props.ts';

export interface HashJoinParts {
  readonly left: PhysicalPlan;
  readonly right: PhysicalPlan;
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly residual: Expr | null;
  /** Pairs of keys in which NULL equals NULL; none by default. */
  readonly nullSafeKeys?: readonly number[];
  readonly schema: Schema;
}

/** At most one row of the input for each value of these columns. */
const isUniqueOn = (p: PhysicalPlan, columns: readonly number[]): boolean => p.props.streamKey !== null && isSubset(p.props.streamKey, columns);

export function hashJoin(parts: HashJoinParts): PhysicalHashJoin {
  const { left, right, type, leftKeys, rightKeys, residual, nullSafeKeys = [], schema } = parts;
  const width = left.props.schema.length;
  const windowKeys = leftKeys.flatMap((l, i) => (isEventTime(left, l) && isEventTime(right, rightKeys[i] ?? -1) ? [i] : []));
  const leftOnly = type === 'semi' || type === 'anti';
  const inserts = isAppendOnly(left) && isAppendOnly(right) && (type === 'inner' || type === 'semi');
  // Padding makes the other side's times NULL, which no watermark speaks of.
  const leftTimes = type === 'right' || type === 'full' ? [] : windowKeys.map((i) => leftKeys[i] as number);
  const rightTimes = leftOnly || type === 'left' || type === 'full' ? [] : windowKeys.map((i) => width + (rightKeys[i] as number));
  return {
    kind: 'hashJoin', left, right, type, leftKeys, rightKeys, residual, windowKeys, ...(nullSafeKeys.length === 0 ? {} : { nullSafeKeys }),
    props: {
      schema,
      streamKey: keyOfJoin(parts),
      changelog: inserts ? 'append-only' : 'retract',
      watermarkColumns: [...new Set([...leftTimes, ...rightTimes])],
      bounded: left.props.bounded && right.props.bounded,
      distribution: distributionOf(parts),
      stateId: stateIdOf('hashJoin', { type, leftKeys, rightKeys, residual, windowKeys, ...(nullSafeKeys.length === 0 ? {} : { nullSafeKeys }) }, [left.props.stateId, right.props.stateId]),
    },
  };
}

/** A side that has at most one row per join key adds nothing to the other side's key, where it isn't padded itself. */
function keyOfJoin(parts: HashJoinParts): readonly number[] | null {
  const { left, right, type, leftKeys, rightKeys } = parts;
  const width = left.props.schema.length;
  const a = left.props.streamKey;
  const b = right.props.streamKey?.map((k) => k + width) ?? null;
  if (type === 'semi' || type === 'anti') return a;
  if ((type === 'inner' || type === 'left') && a !== null && isUniqueOn(right, rightKeys)) return a;
  if ((type === 'inner' || type === 'right') && b !== null && isUniqueOn(left, leftKeys)) return b;
  if (a === null || b === null) return null;
  return type === 'full' ? fullJoinKey([...a, ...b], [...left.props.schema, ...right.props.schema]) : [...a, ...b];
}

/** Padded rows keep their own side's place: the hash of the other side's key would be that of NULL. */
function distributionOf(parts: HashJoinParts): Distribution {
  const { left, right, type } = parts;
  const width = left.props.schema.length;
  const d = left.props.distribution;
  if (d.kind === 'single' || d.kind === 'broadcast') return right.props.distribution.kind === 'single' ? { kind: 'single' } : ANY;
  if (d.kind === 'any' || type === 'full') return ANY;
  if (type !== 'right') return d;
  const r = right.props.distribution;
  return r.kind === 'hash' ? { kind: 'hash', keys: r.keys.map((k) => k + width) } : ANY;
}
