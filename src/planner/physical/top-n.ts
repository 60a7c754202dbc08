import type { Schema } from '../../common/batch/batch.ts';
import { BIGINT } from '../../common/types/sql-type.ts';
import type { TopNNumber } from '../logical.ts';
import type { OrderColumn, PhysicalPlan, PhysicalSort, PhysicalTopN } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

export interface TopNParts {
  readonly input: PhysicalPlan;
  readonly partition: readonly number[];
  readonly order: readonly OrderColumn[];
  readonly offset: number;
  readonly limit: number;
  readonly number: TopNNumber;
  /** The name of the number's column, or null when it isn't kept. */
  readonly rank: string | null;
  readonly closes?: number | null;
}

export function topN(parts: TopNParts): PhysicalTopN {
  const { input, partition, order, offset, limit, number, rank, closes = null } = parts;
  const { props } = input;
  const width = props.schema.length;
  const schema: Schema = rank === null ? props.schema : [...props.schema, { name: rank, type: BIGINT, nullable: false }];
  return {
    kind: 'topN', input, partition, order, offset, limit, number, rank: rank !== null, closes,
    props: {
      ...props,
      schema,
      streamKey: number !== 'rows' ? props.streamKey : limit === 1 ? [...new Set(partition)] : rank !== null ? [...new Set(partition), width] : props.streamKey,
      changelog: 'retract',
      watermarkColumns: props.watermarkColumns.filter((c) => partition.includes(c)),
      stateId: stateIdOf('topN', { partition, order, offset, limit, ...(number === 'rows' ? {} : { number }), rank: rank !== null, ...(closes === null ? {} : { closes }), tie: props.streamKey }, [props.stateId]),
    },
  };
}

/** Of a bounded input; at its end the rows that are left come in order. */
export function sort(input: PhysicalPlan, order: readonly OrderColumn[], offset: number, limit: number): PhysicalSort {
  const { props } = input;
  return {
    kind: 'sort', input, order, offset, limit,
    props: {
      ...props,
      streamKey: limit <= 1 ? [] : props.streamKey,
      changelog: 'append-only',
      watermarkColumns: [],
      stateId: stateIdOf('sort', { order, offset, limit, tie: props.streamKey }, [props.stateId]),
    },
  };
}
