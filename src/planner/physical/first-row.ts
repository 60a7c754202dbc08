import type { OrderColumn, PhysicalFirstRow, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { isAppendOnly, isEventTime } from './props.ts';

/**
 * Whether the first row of each partition can be told by the watermark, and never changes then: over rows that only come, in
 * the order of their event time. Where a partition is of one window, that window's close tells more.
 */
export function firstRowSettles(input: PhysicalPlan, partition: readonly number[], order: readonly OrderColumn[]): boolean {
  const [first] = order;
  return first !== undefined && !first.descending && isEventTime(input, first.column) && isAppendOnly(input) && partition.length > 0 && !partition.some((c) => isEventTime(input, c));
}

export function firstRow(input: PhysicalPlan, partition: readonly number[], order: readonly OrderColumn[]): PhysicalFirstRow {
  const { props } = input;
  const time = order[0]?.column ?? 0;
  return {
    kind: 'firstRow', input, partition, order, time,
    props: {
      ...props,
      streamKey: [...new Set(partition)],
      changelog: 'append-only',
      watermarkColumns: [time],
      stateId: stateIdOf('firstRow', { partition, order, tie: props.streamKey }, [props.stateId]),
    },
  };
}
