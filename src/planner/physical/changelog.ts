import type { Schema } from '../../common/batch/batch.ts';
import { BIGINT, TEXT, TIMESTAMPTZ } from '../../common/types/sql-type.ts';
import type { PhysicalChangelog, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { placed } from './exchange.ts';
import { SINGLE } from './props.ts';

/** What stands before the columns of a relation whose changes are kept. */
export const CHANGELOG_COLUMNS: Schema = [
  { name: '$token', type: BIGINT, nullable: false },
  { name: '$at', type: TIMESTAMPTZ, nullable: true },
  { name: '$op', type: TEXT, nullable: true },
];

/** The changes of a relation as rows, numbered from 1 without a gap; one task gives the numbers. */
export function changelog(input: PhysicalPlan, headMs: number): PhysicalChangelog {
  const { props } = input;
  const schema: Schema = [...CHANGELOG_COLUMNS, ...props.schema.map((f) => ({ ...f, nullable: true }))];
  return {
    kind: 'changelog', input: placed(input, SINGLE), headMs,
    props: {
      schema, streamKey: [0], changelog: 'append-only', watermarkColumns: [], bounded: props.bounded, distribution: SINGLE,
      stateId: stateIdOf('changelog', { types: schema.map((f) => f.type) }, [props.stateId]),
    },
  };
}
