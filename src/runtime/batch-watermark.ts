import type { Batch, Schema } from '../common/batch/batch.ts';
import type { I64Column } from '../common/batch/column.ts';
import { SqlError } from '../common/errors.ts';
import { compileWatermark } from '../exec/expr/watermark.ts';
import type { OperatorContext } from '../exec/operator.ts';
import { CalcOperator } from '../exec/operators/calc.ts';
import type { Expr } from '../planner/expr.ts';
import type { PhysicalCalc, PhysicalProps, PhysicalValues } from '../planner/physical.ts';

/** The highest watermark that a batch's rows give, microseconds; rows whose expression fails are reported and give none. */
export function batchWatermark(props: PhysicalProps, expr: Expr, context: OperatorContext): (batch: Batch) => bigint | null {
  const mark = compileWatermark(props.schema, expr);
  const each = new CalcOperator(calcOf(props, props.schema, [expr]), { ...context, output: { emit: () => {}, watermark: () => {} } });
  return (batch) => {
    try {
      return mark(batch, context.eval);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const column = each.apply(batch).columns[0];
      return column?.physical === 'i64' ? highest(column) : null;
    }
  };
}

/** A projection by itself, of rows of `input` to rows of `props`. */
export function calcOf(props: PhysicalProps, input: Schema, exprs: readonly Expr[]): PhysicalCalc {
  const below: PhysicalValues = { kind: 'values', rows: [], props: { ...props, schema: input } };
  return { kind: 'calc', props, input: below, filter: null, exprs };
}

function highest({ values, nulls }: I64Column): bigint | null {
  let max: bigint | null = null;
  values.forEach((v, i) => {
    if ((nulls === null || nulls[i] !== 1) && (max === null || v > max)) max = v;
  });
  return max;
}
