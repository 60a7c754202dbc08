import type { Schema } from '../../common/batch/batch.ts';
import type { PhysicalAggregateCall, PhysicalPlan, PhysicalWindow, PhysicalWindowAggregate, PhysicalSessionAssign, PhysicalWindowAssign } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { mapDistribution, SINGLE } from './props.ts';

export interface WindowAggregateParts {
  readonly input: PhysicalPlan;
  readonly timeColumn: number;
  readonly window: PhysicalWindow;
  readonly keys: readonly number[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly windowColumns: PhysicalWindowAggregate['windowColumns'];
  readonly phase: PhysicalWindowAggregate['phase'];
  readonly schema: Schema;
}

/** Whether a window's start tells its end. */
export function oneEnd(w: PhysicalWindow): boolean {
  if (w.kind === 'attached') return w.of !== null && oneEnd(w.of);
  return w.kind !== 'cumulate' && w.kind !== 'session';
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
  // Windows of one start may have several ends, not the other way round; a session's start is among the keys.
  const border = windowColumns.findIndex((w) => oneEnd(window) || w !== 'start');
  const key = border < 0 ? null : [...keys.map((_, i) => i), at + border];
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
      // Slices end on the windows' own clock.
      watermarkColumns: !partial ? times : !('zone' in window) || window.zone === null ? [schema.length - 1] : [],
      bounded: props.bounded,
      distribution: keys.length === 0 && !partial ? SINGLE : distribution,
      stateId: stateIdOf('windowAggregate', { timeColumn, window, keys, calls, windowColumns, phase }, [props.stateId]),
    },
  };
}

/** Output: the input's columns, then window_start, window_end, window_time. A HOP or CUMULATE repeats a row, once per window. */
export function windowAssign(input: PhysicalPlan, timeColumn: number, window: PhysicalWindowAssign['window'], schema: Schema): PhysicalWindowAssign {
  const { props } = input;
  const width = props.schema.length;
  const copy = window.kind === 'hop' ? [width] : window.kind === 'cumulate' ? [width + 1] : [];
  const times = props.watermarkColumns.includes(timeColumn) ? [width + 1, width + 2] : [];
  return {
    kind: 'windowAssign', input, timeColumn, window,
    props: {
      ...props,
      schema,
      streamKey: props.streamKey === null ? null : [...props.streamKey, ...copy],
      watermarkColumns: [...props.watermarkColumns, ...times],
      stateId: stateIdOf('windowAssign', { timeColumn, window }, [props.stateId]),
    },
  };
}

/** Output: the input's columns, then window_start, window_end, window_time; each row once, in its session. */
export function sessionAssign(parts: Pick<PhysicalSessionAssign, 'input' | 'timeColumn' | 'gapMicros' | 'keys' | 'final' | 'closes'>, schema: Schema): PhysicalSessionAssign {
  const { input, timeColumn, gapMicros, keys, final, closes } = parts;
  const { props } = input;
  const width = props.schema.length;
  return {
    kind: 'sessionAssign', ...parts,
    props: {
      ...props,
      schema,
      changelog: final ? 'append-only' : 'retract',
      // Rows wait for their session: of the times only the session's own still lie ahead.
      watermarkColumns: closes ? [width + 1, width + 2] : [],
      stateId: stateIdOf('sessionAssign', { timeColumn, gapMicros, keys, final, closes }, [props.stateId]),
    },
  };
}
