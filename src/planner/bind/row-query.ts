import { notSupported } from '../../common/errors.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { Expr } from '../expr.ts';
import type { LogicalPlan } from '../logical.ts';
import { isVolatile } from '../volatility.ts';
import { planExprs, planInputs } from '../walk.ts';
import type { ExprEnv } from './env.ts';

/**
 * A query of one row as an expression for each of its columns, NULL where it has none. The query runs for each, so it must not vary.
 * Errors: feature_not_supported.
 */
export function bindRowQuery(env: ExprEnv, query: Query): Expr[] {
  const plan = env.query.bindQuery(query, { ...env.query, parent: env.scope });
  if (plan.schema.length > 1 && variesInside(plan)) throw notSupported('assigning a query of values that vary to several columns', query.span, 'Assign each column its own subquery.');
  return plan.schema.map((f, i) => {
    const own: LogicalPlan = { kind: 'project', input: plan, exprs: [{ kind: 'column', index: i, type: f.type, nullable: f.nullable }], schema: [f] };
    return { kind: 'subquery', form: 'scalar', plan: own, arg: null, compare: null, type: f.type, span: query.span };
  });
}

const variesInside = (plan: LogicalPlan): boolean => planExprs(plan).some((e) => isVolatile(e)) || planInputs(plan).some(variesInside);
