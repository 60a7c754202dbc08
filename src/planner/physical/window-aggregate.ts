import type { Schema } from '../../common/batch/batch.ts';
import type { WindowSpec } from '../logical.ts';
import type { PhysicalAggregateCall, PhysicalPlan, PhysicalWindowAggregate, PhysicalWindowAssign } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { mapDistribution, SINGLE } from './props.ts';

export interface WindowAggregateParts {
  readonly input: PhysicalPlan;
  readonly timeColumn: number;
  readonly window: WindowSpec;
  readonly keys: readonly number[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly windowColumns: PhysicalWindowAggregate['windowColumns'];
  readonly phase: PhysicalWindowAggregate['phase'];
  readonly schema: Schema;
}

/**
 * Output: keys, calls, window columns (partial: keys, partial columns, slice end). Sent once per window, hence append-only;
 * the stream key is the keys with a window column. Without keys all rows meet on one worker.
 */
export function windowAggregate(parts: WindowAggregateParts): PhysicalWindowAggregate {
  const { input, timeColumn, window, keys, calls, windowColumns, phase, schema } = parts;
  const { props } = input;
  const at = keys.length + calls.length;
  const partial = phase === 'partial';
  const times = windowColumns.flatMap((w, i) => (w === 'start' ? [] : [at + i]));
  const key = windowColumns.length === 0 ? null : [...keys.map((_, i) => i), at];
  const distribution = mapDistribution(props.distribution, (i) => {
    const found = keys.indexOf(i);
    return found < 0 ? undefined : found;
  });
  return {
    kind: 'windowAggregate', input, timeColumn, window, keys, calls, windowColumns, phase,
    props: {
      schema,
      streamKey: partial ? null : key,
      changelog: 'append-only',
      watermarkColumns: partial ? [schema.length - 1] : times,
      bounded: props.bounded,
      distribution: keys.length === 0 && !partial ? SINGLE : distribution,
      stateId: stateIdOf('windowAggregate', { timeColumn, window, keys, calls, windowColumns, phase }, [props.stateId]),
    },
  };
}

/** Output: the input's columns, then window_start, window_end, window_time. A HOP repeats a row, once per window. */
export function windowAssign(input: PhysicalPlan, timeColumn: number, window: WindowSpec, schema: Schema): PhysicalWindowAssign {
  const { props } = input;
  const width = props.schema.length;
  const copies = window.kind === 'hop';
  const times = props.watermarkColumns.includes(timeColumn) ? [width + 1, width + 2] : [];
  return {
    kind: 'windowAssign', input, timeColumn, window,
    props: {
      ...props,
      schema,
      streamKey: props.streamKey === null ? null : copies ? [...props.streamKey, width] : props.streamKey,
      watermarkColumns: [...props.watermarkColumns, ...times],
      stateId: stateIdOf('windowAssign', { timeColumn, window }, [props.stateId]),
    },
  };
}
