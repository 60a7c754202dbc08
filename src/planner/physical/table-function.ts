import type { Schema } from '../../common/batch/batch.ts';
import type { Expr } from '../expr.ts';
import type { PhysicalPlan, PhysicalTableFunction } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

export interface TableFunctionParts {
  readonly input: PhysicalPlan;
  readonly name: string;
  readonly overload: number;
  readonly args: readonly number[];
  readonly outer: boolean;
  readonly condition: Expr | null;
  readonly schema: Schema;
}

/** Output: the input's columns, the function's, then the 1-based number of the function's row (NULL in a padded row). */
export function tableFunction(parts: TableFunctionParts): PhysicalTableFunction {
  const { input, name, overload, args, outer, condition, schema } = parts;
  const { props } = input;
  return {
    kind: 'tableFunction', ...parts,
    props: {
      ...props,
      schema,
      // Update pairs fall apart, as the two halves may have any number of rows.
      changelog: props.changelog,
      streamKey: props.streamKey === null ? null : [...props.streamKey, schema.length - 1],
      stateId: stateIdOf('tableFunction', { name, overload, args, outer, condition }, [props.stateId]),
    },
  };
}
