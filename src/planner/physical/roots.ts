import type { ObjectId } from '../../common/ids.ts';
import type { Value } from '../../common/types/value.ts';
import type { SinkSpec } from '../../connectors/api.ts';
import type { PhysicalMaterialize, PhysicalNormalize, PhysicalPlan, PhysicalResult, PhysicalSink } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

/** The last row per key; the output is a full changelog. */
export function normalize(input: PhysicalPlan, keys: readonly number[]): PhysicalNormalize {
  const { props } = input;
  return {
    kind: 'normalize', input, keys,
    props: { ...props, streamKey: keys, changelog: 'retract', watermarkColumns: [], stateId: stateIdOf('normalize', { keys, types: props.schema.map((f) => f.type) }, [props.stateId]) },
  };
}

/**
 * Keeps the rows of `relation`; what it sends on is the epoch's net change.
 * @param added what rows from before the last so many columns were there hold in them; these have no part in the state's name.
 */
export function materialize(input: PhysicalPlan, relation: ObjectId, keys: readonly number[] | null, conflict: PhysicalMaterialize['conflict'], added: readonly Value[] = []): PhysicalMaterialize {
  const { props } = input;
  const inserts = props.changelog === 'append-only' && conflict === 'checked';
  return {
    kind: 'materialize', input, relation, keys, conflict, ...(added.length === 0 ? {} : { added }),
    props: {
      ...props,
      streamKey: keys,
      changelog: inserts ? 'append-only' : 'retract',
      stateId: stateIdOf('materialize', { relation, keys, types: props.schema.slice(0, props.schema.length - added.length).map((f) => f.type) }, [props.stateId]),
    },
  };
}

export function sink(input: PhysicalPlan, spec: SinkSpec): PhysicalSink {
  const { props } = input;
  return { kind: 'sink', input, spec, props: { ...props, stateId: stateIdOf('sink', { table: spec.table, connector: spec.connector, options: spec.options, ...(spec.stored === undefined ? {} : { stored: spec.stored }) }, [props.stateId]) } };
}

export function result(input: PhysicalPlan): PhysicalResult {
  const { props } = input;
  return { kind: 'result', input, props: { ...props, stateId: stateIdOf('result', null, [props.stateId]) } };
}
