import type { Value } from '../../common/types/value.ts';
import { columnsOf, hasSubquery, identity, shiftColumns, splitConjunction, substitute } from '../../planner/columns.ts';
import type { AggregateCall, Expr, SortKey } from '../../planner/expr.ts';
import type { LogicalAggregate, LogicalJoin, LogicalPlan } from '../../planner/logical.ts';
import { mapAggregateCall, mapOuter, mapOuterInPlan, mapPlanExprs } from '../../planner/walk.ts';
import { aggregate, columnOf, filter, join, literal, project } from '../build.ts';
import type { RuleContext } from '../rule.ts';

/**
 * A plan freed of references to the row around it (`outer` of depth 1). Joined with that row on `conditions` it gives what the
 * correlated plan gives for it.
 */
export interface Pulled {
  readonly plan: LogicalPlan;
  /** The original columns, over `plan`'s columns and the outer row. */
  readonly outputs: readonly Expr[];
  /** Over `plan`'s columns and the outer row. */
  readonly conditions: readonly Expr[];
  /** An aggregate without GROUP BY has a row even where nothing matches: its columns then, over the outer row. */
  readonly onEmpty: readonly Expr[] | null;
}

/** Whether an expression over the inner row refers to the row just outside. */
export const refersOut = (e: Expr): boolean => {
  let found = false;
  mapOuter(e, 1, (ref, level) => {
    if (ref.depth === level) found = true;
    return ref;
  });
  return found;
};

function planRefersOut(p: LogicalPlan): boolean {
  let found = false;
  mapOuterInPlan(p, 1, (ref, level) => {
    if (ref.depth === level) found = true;
    return ref;
  });
  return found;
}

const plain = (plan: LogicalPlan): Pulled => ({ plan, outputs: identity(plan.schema), conditions: [], onEmpty: null });

/**
 * Undefined where the correlation is of a kind that no join expresses.
 * @param existence it only matters whether there is a row: a row may come several times.
 */
export function pullCorrelation(plan: LogicalPlan, cx: RuleContext, existence = false): Pulled | undefined {
  if (!planRefersOut(plan)) return plain(plan);
  switch (plan.kind) {
    case 'filter':
      return pullFilter(plan, cx, existence);
    case 'project': {
      const below = pullCorrelation(plan.input, cx, existence);
      if (below === undefined || plan.exprs.some(hasSubquery)) return undefined;
      const over = (outputs: readonly Expr[]): Expr[] => plan.exprs.map((e) => substitute(e, outputs));
      return { ...below, outputs: over(below.outputs), onEmpty: below.onEmpty === null ? null : over(below.onEmpty) };
    }
    case 'aggregate':
      return pullAggregate(plan, cx);
    case 'join':
      return pullJoin(plan, cx, existence);
    case 'sort':
      return pullCorrelation(plan.input, cx, existence);
    case 'values': {
      const [row] = plan.rows;
      // One row of expressions over the outer row.
      if (row === undefined || plan.rows.length !== 1 || row.some(hasSubquery)) return undefined;
      return { plan: { kind: 'values', rows: [[]], schema: [] }, outputs: row, conditions: [], onEmpty: null };
    }
    case 'distinct':
    case 'topN':
    case 'limit':
      return pullTop(plan, cx);
    default:
      return undefined;
  }
}

function pullFilter(plan: LogicalPlan & { kind: 'filter' }, cx: RuleContext, existence: boolean): Pulled | undefined {
  const below = pullCorrelation(plan.input, cx, existence);
  if (below === undefined || below.onEmpty !== null || hasSubquery(plan.condition)) return undefined;
  const parts = splitConjunction(plan.condition).map((e) => substitute(e, below.outputs));
  const own = parts.filter((e) => !refersOut(e));
  return { ...below, plan: filter(below.plan, own), conditions: [...below.conditions, ...parts.filter(refersOut)] };
}

/** An equality between the inner row (first) and the outer one (second). */
export function innerOuter(e: Expr): readonly [Expr, Expr] | undefined {
  if (e.kind !== 'call' || (e.name !== '=' && e.name !== 'is_not_distinct') || e.args.length !== 2) return undefined;
  const [a, b] = e.args;
  if (a === undefined || b === undefined) return undefined;
  const inner = (x: Expr): boolean => !refersOut(x) && columnsOf(x).length > 0;
  const outer = (x: Expr): boolean => refersOut(x) && columnsOf(x).length === 0;
  return inner(a) && outer(b) ? [a, b] : inner(b) && outer(a) ? [b, a] : undefined;
}

/** The plan's conditions as keys, when all are equalities. */
export function keysOf(conditions: readonly Expr[]): readonly { readonly key: Expr; readonly condition: Expr }[] | undefined {
  const out: { key: Expr; condition: Expr }[] = [];
  for (const condition of conditions) {
    const pair = innerOuter(condition);
    if (pair === undefined) return undefined;
    out.push({ key: pair[0], condition });
  }
  return out;
}

/** The condition with its inner side read from column `at` of the new plan. */
function rekeyed(condition: Expr, key: Expr, at: Expr): Expr {
  return condition.kind === 'call' ? { ...condition, args: condition.args.map((a) => (a === key ? at : a)) } : condition;
}

/** What a call gives over no rows. */
export function valueOnEmpty(call: AggregateCall, cx: RuleContext): Expr {
  const def = cx.functions.find(call.name);
  const overload = def?.kind === 'aggregate' ? def.overloads[call.overload] : undefined;
  const value: Value = overload === undefined ? null : overload.result(overload.init(), call.type, call.args.map((a) => ('type' in a ? a.type : { kind: 'boolean' })));
  return literal(value, call.type);
}

function pullAggregate(plan: LogicalAggregate, cx: RuleContext): Pulled | undefined {
  const below = pullCorrelation(plan.input, cx);
  if (below === undefined || below.onEmpty !== null || plan.sets !== null) return undefined;
  const keys = keysOf(below.conditions);
  if (keys === undefined) return undefined;
  const own = plan.keys.map((k) => substitute(k, below.outputs));
  const calls = plan.calls.map((c) => mapAggregateCall(c, (e) => substitute(e, below.outputs)));
  const parts: Expr[] = [...own];
  for (const c of calls) mapAggregateCall(c, (e) => (parts.push(e), e));
  if (parts.some((e) => refersOut(e) || hasSubquery(e))) return undefined;
  const made = aggregate(below.plan, [...keys.map((k) => k.key), ...own], calls, [...keys.map((_, i) => `outer_key${i + 1}`), ...plan.schema.map((f) => f.name)]);
  return {
    plan: made,
    outputs: plan.schema.map((_, i) => columnOf(made, keys.length + i)),
    conditions: keys.map((k, i) => rekeyed(k.condition, k.key, columnOf(made, i))),
    onEmpty: plan.keys.length === 0 ? plan.calls.map((c) => valueOnEmpty(c, cx)) : null,
  };
}

function pullJoin(plan: LogicalJoin, cx: RuleContext, existence: boolean): Pulled | undefined {
  if (plan.lateral || (plan.condition !== null && hasSubquery(plan.condition))) return undefined;
  const left = pullCorrelation(plan.left, cx, existence);
  const right = pullCorrelation(plan.right, cx, existence);
  if (left === undefined || right === undefined || left.onEmpty !== null || right.onEmpty !== null) return undefined;
  const leftOnly = plan.type === 'semi' || plan.type === 'anti';
  // Padding and existence are decided inside: what they look at must not depend on the outer row.
  const type = plan.type === 'semi' && existence ? 'inner' : plan.type;
  const keepsRight = type === 'inner';
  if (!keepsRight && (right.conditions.length > 0 || right.outputs.some(refersOut))) return undefined;
  if (plan.type === 'right' || plan.type === 'full') return undefined;
  const width = left.plan.schema.length;
  const outputs = [...left.outputs, ...right.outputs.map((e) => shiftColumns(e, width))];
  const parts = splitConjunction(plan.condition).map((e) => substitute(e, outputs));
  const out = parts.filter(refersOut);
  if (out.length > 0 && type !== 'inner') return undefined;
  return {
    plan: join(type, left.plan, right.plan, parts.filter((e) => !refersOut(e)), { span: plan.span }),
    outputs: leftOnly ? left.outputs : outputs,
    conditions: [...left.conditions, ...right.conditions.map((e) => shiftColumns(e, width)), ...out],
    onEmpty: null,
  };
}

/** DISTINCT and LIMIT work per outer row: per value of the columns that equal it. */
function pullTop(plan: LogicalPlan & { kind: 'distinct' | 'topN' | 'limit' }, cx: RuleContext): Pulled | undefined {
  const sorted = plan.kind === 'limit' && plan.input.kind === 'sort' ? plan.input : null;
  const below = pullCorrelation(sorted?.input ?? plan.input, cx);
  if (below === undefined || below.onEmpty !== null || below.outputs.some(refersOut)) return undefined;
  const own: Expr[] = (sorted?.keys ?? []).map((k) => k.expr);
  mapPlanExprs(plan, (e) => (own.push(e), e));
  if (own.some((e) => refersOut(e) || hasSubquery(e))) return undefined;
  const keys = keysOf(below.conditions);
  if (keys === undefined) return undefined;
  const flat = project(below.plan, [...below.outputs, ...keys.map((k) => k.key)], [...plan.input.schema.map((f) => f.name), ...keys.map((_, i) => `outer_key${i + 1}`)]);
  const width = below.outputs.length;
  const partition = keys.map((_, i) => columnOf(flat, width + i));
  const made = perKey(plan, flat, partition, sorted?.keys ?? []);
  if (made === undefined) return undefined;
  const ranked = plan.kind === 'topN' && plan.rank ? [columnOf(made, width + keys.length)] : [];
  return {
    plan: made,
    outputs: [...below.outputs.map((_, i) => columnOf(made, i)), ...ranked],
    conditions: keys.map((k, i) => rekeyed(k.condition, k.key, columnOf(made, width + i))),
    onEmpty: null,
  };
}

function perKey(plan: LogicalPlan & { kind: 'distinct' | 'topN' | 'limit' }, input: LogicalPlan, partition: readonly Expr[], order: readonly SortKey[]): LogicalPlan | undefined {
  if (plan.kind === 'distinct') return { ...plan, input, on: plan.on === null ? null : [...plan.on, ...partition], schema: input.schema };
  if (plan.kind === 'topN') {
    const number = plan.rank ? plan.schema.slice(-1) : [];
    return { ...plan, input, partition: [...plan.partition, ...partition], schema: [...input.schema, ...number] };
  }
  const rows = (e: Expr | null, none: number): number | undefined => (e === null ? none : e.kind === 'literal' && e.value !== null ? Number(e.value as bigint | number) : undefined);
  const limit = rows(plan.limit, Infinity);
  const offset = rows(plan.offset, 0);
  if (limit === undefined || offset === undefined) return undefined;
  const number = plan.withTies && limit > 0 && Number.isFinite(limit) ? 'withTies' : 'rows';
  return { kind: 'topN', input, partition, order, offset, limit, number, rank: false, schema: input.schema };
}
