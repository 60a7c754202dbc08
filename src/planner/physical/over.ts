import type { Schema } from '../../common/batch/batch.ts';
import type { OrderColumn, PhysicalFrame, PhysicalOver, PhysicalOverCall, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { isAppendOnly, isEventTime } from './props.ts';

export interface OverParts {
  readonly input: PhysicalPlan;
  readonly partition: readonly number[];
  readonly order: readonly OrderColumn[];
  readonly calls: readonly PhysicalOverCall[];
  /** Of the input's columns and the calls' results. */
  readonly schema: Schema;
  /** Rows come out while they may still change, also where they could wait for the watermark. */
  readonly early: boolean;
}

/** Functions whose value no later row changes, where their frames end at the row. */
const BACKWARD: ReadonlySet<string> = new Set(['row_number', 'rank', 'dense_rank', 'lag']);
const FRAMED: ReadonlySet<string> = new Set(['first_value', 'last_value', 'nth_value']);

const isFramed = ({ name, overload }: PhysicalOverCall): boolean => overload >= 0 || FRAMED.has(name);
const looksBack = ({ name, steps }: PhysicalOverCall): boolean => BACKWARD.has(name) && (name !== 'lag' || (steps !== null && steps >= 0));
const endsAtRow = ({ unit, end }: PhysicalFrame): boolean => end.kind === 'currentRow' || (unit !== 'range' && end.kind === 'offset' && end.offset <= 0);

export function over(parts: OverParts): PhysicalOver {
  const { input, partition, order, calls, schema } = parts;
  const { props } = input;
  const [first] = order;
  const timed = first !== undefined && !first.descending && isEventTime(input, first.column);
  const settled = calls.every((c) => (isFramed(c) ? endsAtRow(c.frame) : looksBack(c)));
  const onTime = !parts.early && timed && settled && isAppendOnly(input);
  return {
    kind: 'over', input, partition, order, calls, onTime,
    props: {
      ...props,
      schema,
      changelog: onTime ? 'append-only' : 'retract',
      watermarkColumns: onTime && first !== undefined ? [first.column] : [],
      stateId: stateIdOf('over', { partition, order, calls, onTime, tie: props.streamKey }, [props.stateId]),
    },
  };
}

/** Whether a row emitted in order of time needs only rows shortly before it. */
export function keepsLittle(call: PhysicalOverCall): boolean {
  if (!isFramed(call)) return call.name === 'lag' && !call.ignoreNulls;
  const { start } = call.frame;
  return start.kind === 'offset' || start.kind === 'value' || start.kind === 'currentRow';
}
