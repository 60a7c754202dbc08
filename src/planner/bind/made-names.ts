import type { QueryBody } from '../../parser/ast-queries.ts';
import type { LogicalPlan } from '../logical.ts';
import { withNames } from './query.ts';

/**
 * Names for the columns of a query that becomes a relation: `SELECT sum(a), sum(b)` has two of one name, and neither was given. As in
 * Flink such a column is called `EXPR$n`, n being its place from 0. A name that was written stays, whatever else has it.
 */
export function withMadeNames(plan: LogicalPlan, body: QueryBody): LogicalPlan {
  const made = madeUp(body, plan.schema.length);
  const names = plan.schema.map((f, i) => (made.has(i) && plan.schema.some((g, j) => j !== i && g.name === f.name) ? `EXPR$${i}` : f.name));
  return names.every((n, i) => n === plan.schema[i]?.name) ? plan : withNames(plan, names);
}

/** The places of a query's columns that have neither an alias nor the name of a column. Between two stars none is told. */
function madeUp(body: QueryBody, width: number): ReadonlySet<number> {
  if (body.kind === 'query') return madeUp(body.body, width);
  if (body.kind === 'setOperation') return madeUp(body.left, width);
  if (body.kind !== 'select') return new Set();
  const { items } = body;
  const isStar = items.map((i) => i.expr.kind === 'star');
  const first = isStar.indexOf(true);
  const last = isStar.lastIndexOf(true);
  return new Set(
    items.flatMap(({ alias, expr }, i) => {
      if (alias !== null || expr.kind === 'name' || expr.kind === 'field' || expr.kind === 'star') return [];
      if (first < 0 || i < first) return [i];
      return i > last ? [width - items.length + i] : [];
    }),
  );
}
