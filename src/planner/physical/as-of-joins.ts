import type { Schema } from '../../common/batch/batch.ts';
import type { Distribution, PhysicalConnectorLookup, PhysicalLookupJoin, PhysicalNearestJoin, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { ANY, isSubset } from './props.ts';

/** Nodes of the joins that look up each left row's partner. */

const sides = (left: PhysicalPlan, right: PhysicalPlan): readonly string[] => [left.props.stateId, right.props.stateId];

const schemaOf = (left: PhysicalPlan, right: PhysicalPlan, type: 'inner' | 'left'): Schema => [
  ...left.props.schema,
  ...right.props.schema.map((f) => ({ ...f, nullable: f.nullable || type === 'left' })),
];

/** Rows stay where the left one was. */
const distributionOf = (left: PhysicalPlan): Distribution => (left.props.distribution.kind === 'broadcast' ? ANY : left.props.distribution);

/** A left row has one partner at most. */
export function nearestJoin(parts: Omit<PhysicalNearestJoin, 'kind' | 'props'>): PhysicalNearestJoin {
  const { left, right, ...own } = parts;
  return {
    kind: 'nearestJoin', ...parts,
    props: {
      schema: schemaOf(left, right, parts.type),
      streamKey: left.props.streamKey,
      changelog: 'retract',
      watermarkColumns: [],
      bounded: left.props.bounded && right.props.bounded,
      distribution: distributionOf(left),
      stateId: stateIdOf('nearestJoin', own, sides(left, right)),
    },
  };
}

export function lookupJoin(parts: Omit<PhysicalLookupJoin, 'kind' | 'props'>): PhysicalLookupJoin {
  const { left, right, ...own } = parts;
  const a = left.props.streamKey;
  const b = right.props.streamKey;
  const one = b !== null && isSubset(b, parts.rightKeys);
  return {
    kind: 'lookupJoin', ...parts,
    props: {
      schema: schemaOf(left, right, parts.type),
      streamKey: a === null ? null : one ? a : b === null ? null : [...a, ...b.map((k) => k + left.props.schema.length)],
      changelog: left.props.changelog,
      watermarkColumns: left.props.watermarkColumns,
      bounded: left.props.bounded && right.props.bounded,
      distribution: distributionOf(left),
      stateId: stateIdOf('lookupJoin', own, sides(left, right)),
    },
  };
}

/** What a connector finds is nobody's promise: no key of its rows is believed. Options, which may change, are no part of the name of the state. */
export function connectorLookup(parts: Omit<PhysicalConnectorLookup, 'kind' | 'props'>): PhysicalConnectorLookup {
  const { left, right, type, spec, steps, leftKeys, residual, tableId } = parts;
  const own = { tableId, type, steps: steps.map(({ filter, exprs }) => ({ filter, exprs })), leftKeys, residual, keys: spec.keys, projection: spec.projection, metadata: spec.metadata };
  return {
    kind: 'connectorLookup', ...parts,
    props: {
      schema: [...left.props.schema, ...right.map((f) => ({ ...f, nullable: f.nullable || type === 'left' }))],
      streamKey: null,
      changelog: left.props.changelog,
      watermarkColumns: left.props.watermarkColumns,
      bounded: left.props.bounded,
      distribution: distributionOf(left),
      stateId: stateIdOf('connectorLookup', own, [left.props.stateId]),
    },
  };
}
