import type { Field, Schema } from '../../common/batch/batch.ts';
import type { PhysicalAggregateCall, PhysicalGroupAggregate, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { partialFields } from './partial.ts';
import { columnMapOf, isAppendOnly, mapDistribution, SINGLE } from './props.ts';

export interface GroupAggregateParts {
  readonly input: PhysicalPlan;
  readonly keys: readonly number[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly phase: PhysicalGroupAggregate['phase'];
  readonly emitUpdateBefore: boolean;
  readonly schema: Schema;
  /** Of the original input; `final` can't see it. */
  readonly appendOnlyInput: boolean;
  readonly closes?: PhysicalGroupAggregate['closes'];
}

/** Output: keys, then calls; one row per group, so that the keys are the stream key. */
export function groupAggregate(parts: GroupAggregateParts): PhysicalGroupAggregate {
  const { input, keys, calls, phase, emitUpdateBefore, schema, appendOnlyInput, closes = null } = parts;
  const to = keyMap(keys);
  const { props } = input;
  const streamKey = keys.map((_, i) => i);
  // A pure DISTINCT over inserts only adds rows.
  const inserts = phase === 'partial' || (calls.length === 0 && appendOnlyInput && keys.length > 0);
  return {
    kind: 'groupAggregate', input, keys, calls, phase, appendOnlyInput, emitUpdateBefore, closes,
    props: {
      schema,
      streamKey: phase === 'partial' ? null : streamKey,
      changelog: inserts ? 'append-only' : emitUpdateBefore || keys.length === 0 ? 'retract' : 'upsert',
      // A group whose time key is below the watermark gets no more rows.
      watermarkColumns: keys.flatMap((k, i) => (props.watermarkColumns.includes(k) ? [i] : [])),
      bounded: props.bounded,
      distribution: keys.length === 0 && phase !== 'partial' ? SINGLE : mapDistribution(props.distribution, to),
      stateId: stateIdOf('groupAggregate', { keys, calls, phase, appendOnlyInput, ...(closes === null ? {} : { closes }) }, [props.stateId]),
    },
  };
}

const keyMap = (keys: readonly number[]): ((i: number) => number | undefined) => {
  const at = columnMapOf(keys.map((index) => ({ kind: 'column', index, type: { kind: 'unknown' }, nullable: true })));
  return at;
};

/** The columns of a partial aggregate: keys, then each call's; null when some call has no partial form. */
export function partialSchema(keys: Schema, calls: readonly PhysicalAggregateCall[]): Field[] | null {
  const out: Field[] = [...keys];
  for (const call of calls) {
    const fields = partialFields(call);
    if (fields === null) return null;
    out.push(...fields);
  }
  return out;
}

/** Two phases pay where rows would cross to another worker, and only inserts may be aggregated apart. */
export const canSplit = (input: PhysicalPlan, calls: readonly PhysicalAggregateCall[]): boolean => isAppendOnly(input) && calls.every((c) => partialFields(c) !== null);
