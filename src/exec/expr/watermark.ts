import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column, I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { builtins } from '../../functions/registry.ts';
import type { EvalContext } from '../../functions/define.ts';
import type { Expr } from '../../planner/expr.ts';
import { compileCalc } from './compile.ts';
import { evaluate } from './interpret.ts';

/** The highest watermark that a batch's rows give, microseconds; null when none has one. Throws what the expression throws. */
export type WatermarkOf = (batch: Batch, cx: EvalContext) => bigint | null;

/**
 * Compiles a watermark's expression over a source's output. One that grows with a single column (`ts - INTERVAL '4' SECOND`)
 * is evaluated for the row with the greatest time alone.
 */
export function compileWatermark(schema: Schema, expr: Expr): WatermarkOf {
  const types = schema.map((f) => f.type);
  const column = growsWith(expr);
  const type = column === null ? undefined : types[column];
  if (column !== null && type !== undefined && (type.kind === 'timestamp' || type.kind === 'timestamptz')) {
    return (batch, cx) => {
      const times = i64(batch.columns[column]);
      const at = rowOfMaximum(times, batch.rowCount);
      if (at < 0) return null;
      const row = types.map((t, k) => (k === column ? readValue(t, times, at) : null));
      const value = evaluate(expr, row, { context: cx });
      return typeof value === 'bigint' ? value : null;
    };
  }
  const calc = compileCalc(types, null, [expr]);
  return (batch, cx) => {
    const marks = i64(calc.run(batch, cx).columns[0]);
    const at = rowOfMaximum(marks, batch.rowCount);
    return at < 0 ? null : (marks.values[at] as bigint);
  };
}

function i64(column: Column | undefined): I64Column {
  if (column?.physical !== 'i64') throw new InternalError('a watermark has another layout');
  return column;
}

/** The column that alone decides the value, growing with it, or null. */
function growsWith(expr: Expr): number | null {
  switch (expr.kind) {
    case 'column':
      return expr.index;
    case 'cast': {
      // Rounding keeps the order.
      const { kind } = expr.type;
      return !expr.try && kind === 'timestamp' && typeKind(expr.arg) === 'timestamp' ? growsWith(expr.arg) : null;
    }
    case 'call': {
      const def = builtins.find(expr.name);
      const overload = def?.kind === 'scalar' ? def.overloads[expr.overload] : undefined;
      const at = overload?.monotonicIn;
      if (at === undefined || !expr.args.every((a, i) => i === at - 1 || a.kind === 'literal')) return null;
      const arg = expr.args[at - 1];
      return arg === undefined ? null : growsWith(arg);
    }
    default:
      return null;
  }
}

const typeKind = (e: Expr): string | null => ('type' in e ? e.type.kind : null);

/** Row of the greatest value, -1 when all are NULL. */
function rowOfMaximum(column: I64Column, n: number): number {
  const { words, nulls } = column;
  let at = -1;
  let high = 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    if (nulls !== null && nulls[i] === 1) continue;
    const h = words[2 * i + 1] as number;
    const l = (words[2 * i] as number) >>> 0;
    if (at >= 0 && (h < high || (h === high && l <= low))) continue;
    at = i;
    high = h;
    low = l;
  }
  return at;
}
