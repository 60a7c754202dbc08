import type { Expr } from './expr.ts';
import type { LogicalPlan } from './logical.ts';

/** What kind of time a value is: it comes from a column with a watermark, or is the moment of processing. */
export type TimeOrigin = 'event' | 'processing' | 'none';

const PROCESSING: ReadonlySet<string> = new Set(['proctime', 'now']);

/** Follows an expression over a plan's rows down to where its value is made. */
export function timeOrigin(e: Expr, plan: LogicalPlan): TimeOrigin {
  switch (e.kind) {
    case 'call':
      return PROCESSING.has(e.name) ? 'processing' : 'none';
    case 'cast':
      return e.type.kind === 'timestamp' || e.type.kind === 'timestamptz' ? timeOrigin(e.arg, plan) : 'none';
    case 'column':
      return columnOrigin(e.index, plan);
    default:
      return 'none';
  }
}

function columnOrigin(c: number, p: LogicalPlan): TimeOrigin {
  switch (p.kind) {
    case 'project':
      return origin(p.exprs[c], p.input);
    case 'aggregate':
      return origin(p.keys[c], p.input);
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
      return columnOrigin(c, p.input);
    case 'watermark':
      return c === p.column ? 'event' : columnOrigin(c, p.input);
    case 'topN':
    case 'over':
      return c < p.input.schema.length ? columnOrigin(c, p.input) : 'none';
    case 'window':
      return columnOrigin(c < p.input.schema.length ? c : p.timeColumn, p.input);
    case 'join':
    case 'asOfJoin': {
      const width = p.left.schema.length;
      return c < width ? columnOrigin(c, p.left) : columnOrigin(c - width, p.right);
    }
    case 'setOp': {
      const [first, ...others] = p.inputs.map((i) => columnOrigin(c, i));
      return first !== undefined && others.every((o) => o === first) ? first : 'none';
    }
    default:
      return 'none';
  }
}

const origin = (e: Expr | undefined, plan: LogicalPlan): TimeOrigin => (e === undefined ? 'none' : timeOrigin(e, plan));
