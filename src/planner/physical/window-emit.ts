import type { PhysicalWindowEmit } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { exchange } from './exchange.ts';

type Parts = Pick<PhysicalWindowEmit, 'input' | 'timeColumn' | 'slackMicros' | 'earlyMicros' | 'lateMicros' | 'latenessMicros'>;

/** Columns that the window's rows are known to be complete by, none of which has passed while they wait. */
interface Times {
  readonly times: readonly number[];
}

/** When the rows of a window are sent: once, as it closes. */
export const AT_CLOSE: Pick<Parts, 'earlyMicros' | 'lateMicros' | 'latenessMicros'> = { earlyMicros: null, lateMicros: 0n, latenessMicros: 0n };

/** Output: the input's rows and key. */
export function windowEmit(parts: Parts & Times): PhysicalWindowEmit {
  // A change has to meet those it cancels, whatever the number of workers was then.
  const placed = parts.input.props.distribution.kind === 'any';
  const input = placed ? exchange(parts.input, { kind: 'hash', keys: parts.input.props.schema.map((_, i) => i) }) : parts.input;
  const { timeColumn, slackMicros, earlyMicros, lateMicros, latenessMicros } = parts;
  const { props } = input;
  return {
    kind: 'windowEmit', input, timeColumn, slackMicros, earlyMicros, lateMicros, latenessMicros,
    props: {
      ...props,
      changelog: earlyMicros === null && latenessMicros === 0n ? 'append-only' : 'retract',
      watermarkColumns: [...new Set([timeColumn, ...parts.times])],
      stateId: stateIdOf('windowEmit', { timeColumn, slackMicros, earlyMicros, lateMicros, latenessMicros }, [props.stateId]),
    },
  };
}
