import { notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { columnsOf } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { clock } from '../../planner/physical/clock.ts';
import { isAppendOnly } from '../../planner/physical/props.ts';
import type { Lowering } from './context.ts';

const isClockCall = (e: Expr): boolean => (e.kind === 'call' && e.name === 'proctime') || (e.kind === 'cast' && isClockCall(e.arg));

/**
 * The plan with PROCTIME() taken out of a column that is nothing else, followed through projections and filters; undefined where
 * the column is another. The time is that of the place where it is used, not of where it was declared.
 */
function withoutClock(plan: LogicalPlan, column: number): LogicalPlan | undefined {
  switch (plan.kind) {
    case 'project': {
      const e = plan.exprs[column];
      if (e === undefined) return undefined;
      if (isClockCall(e)) return { ...plan, exprs: plan.exprs.map((x, i) => (i === column ? { kind: 'literal', value: 0n, type: typeOf(e) } : x)) };
      if (e.kind !== 'column') return undefined;
      const input = withoutClock(plan.input, e.index);
      return input === undefined ? undefined : { ...plan, input };
    }
    case 'filter':
    case 'watermark': {
      // A condition needs the value before it is known.
      if (plan.kind === 'filter' && columnsOf(plan.condition).includes(column)) return undefined;
      const input = withoutClock(plan.input, column);
      return input === undefined ? undefined : { ...plan, input };
    }
    case 'join': {
      const width = plan.left.schema.length;
      if (plan.condition !== null && columnsOf(plan.condition).includes(column)) return undefined;
      if (plan.lateral || plan.type === 'full' || (column < width ? plan.type === 'right' : plan.type === 'left')) return undefined;
      const side = column < width ? withoutClock(plan.left, column) : withoutClock(plan.right, column - width);
      if (side === undefined) return undefined;
      return column < width ? { ...plan, left: side } : { ...plan, right: side };
    }
    case 'setOp': {
      if (plan.op !== 'union' || !plan.all) return undefined;
      const inputs = plan.inputs.map((p) => withoutClock(p, column));
      return inputs.some((p) => p === undefined) ? undefined : { ...plan, inputs: inputs as LogicalPlan[] };
    }
    default:
      return undefined;
  }
}

/**
 * The input of an operation over time, lowered; processing time becomes a time attribute there.
 * Errors: feature_not_supported for processing time over rows that may be taken back, when it would be another time.
 */
export function lowerTimed(plan: LogicalPlan, timeColumn: number, span: Span | undefined, cx: Lowering): PhysicalPlan {
  const clockless = cx.snapshot ? undefined : withoutClock(plan, timeColumn);
  if (clockless === undefined) return cx.lower(plan);
  const input = cx.lower(clockless);
  if (isAppendOnly(input)) return clock(input, timeColumn);
  throw notSupported('processing time over rows that may be updated or deleted', span, 'A row that is taken back would leave another window than it came into. Use a column with a watermark, or a time kept with the row.');
}
