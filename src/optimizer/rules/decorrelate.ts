import { arrayOf } from '../../common/types/sql-type.ts';
import { columnsOf, conjunction, FALSE, hasSubquery, isTrue, shiftColumns, splitConjunction, substitute, TRUE } from '../../planner/columns.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalFilter, LogicalJoin, LogicalPlan } from '../../planner/logical.ts';
import { isCorrelated, mapExprChildren, mapPlanExprs, planExprs } from '../../planner/walk.ts';
import { aggregate, aggregateCall, bigint, call, caseOf, columnOf, filter, firstColumns, identityOf, isNull, join, literal, project } from '../build.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { mapInputsSame } from '../tree.ts';
import { joinMarked, joinScalar, joinTo, lifted, meetsOneRow, placed, type Growing } from './attach.ts';
import { keysOf, pullCorrelation, refersOut } from './pull-correlation.ts';
import { filterQuantified, quantified, valueQuantified } from './quantified.ts';

type Subquery = Expr & { readonly kind: 'subquery' };

/** Subqueries become joins: semi and anti where a filter asks, else left joins that bring their value. */
export const decorrelateSubqueries: Rule = {
  name: 'decorrelate-subqueries',
  doc: 'EXISTS, IN, ANY, ALL, scalar and array subqueries become joins; what no join expresses is left for the evaluator or refused.',
  apply: (node, cx) => unnested(node, cx),
};

function unnested(node: LogicalPlan, cx: RuleContext): LogicalPlan | undefined {
  if (!planExprs(node).some(hasSubquery)) return undefined;
  const inner = withInnerDone(node, cx);
  switch (inner.kind) {
    case 'filter':
      return unnestFilter(inner, cx) ?? changed(inner, node);
    case 'project':
    case 'aggregate': {
      const at: Growing = { plan: inner.input };
      const made = mapPlanExprs(inner, (e) => unnestValue(e, at, cx));
      const left = (p: LogicalPlan): number => planExprs(p).filter(hasSubquery).length;
      if ((at.plan === inner.input && left(made) === left(inner)) || !('input' in made)) return changed(inner, node);
      return { ...made, input: at.plan };
    }
    case 'join':
      return unnestJoin(inner) ?? changed(inner, node);
    default:
      return changed(inner, node);
  }
}

const changed = (now: LogicalPlan, before: LogicalPlan): LogicalPlan | undefined => (now === before ? undefined : now);

/** Subqueries inside subqueries first: their plans are decorrelated against their own surroundings. */
function withInnerDone(node: LogicalPlan, cx: RuleContext): LogicalPlan {
  let any = false;
  const done = (plan: LogicalPlan): LogicalPlan => {
    const made = deep(plan, cx);
    if (made !== plan) any = true;
    return made;
  };
  const visit = (e: Expr): Expr => mapExprChildren(e, visit, done);
  const made = mapPlanExprs(node, visit);
  return any ? made : node;
}

function deep(plan: LogicalPlan, cx: RuleContext): LogicalPlan {
  const below = mapInputsSame(plan, (input) => deep(input, cx));
  const own = unnested(below, cx) ?? below;
  return decorrelateLateral.apply(own, cx) ?? own;
}

function unnestFilter(node: LogicalFilter, cx: RuleContext): LogicalPlan | undefined {
  const parts = splitConjunction(node.condition);
  const plainParts = parts.filter((e) => !hasSubquery(e));
  const at: Growing = { plan: filter(node.input, plainParts) };
  const start = at.plan;
  const stay: Expr[] = [];
  for (const part of parts) {
    if (!hasSubquery(part)) continue;
    const known = filterBy(part, at, cx);
    if (known === true) continue;
    const made = known ?? unnestValue(part, at, cx);
    if (!isTrue(made)) stay.push(made);
  }
  if (at.plan === start && stay.some(hasSubquery) && stay.every((e) => parts.includes(e))) return undefined;
  return firstColumns(filter(at.plan, stay), node.schema);
}

/** A conjunct as a semi or anti join: `true` when done, an expression when that is its value, undefined when it is neither. */
function filterBy(e: Expr, at: Growing, cx: RuleContext): true | Expr | undefined {
  const negated = e.kind === 'not';
  const s = negated ? e.arg : e;
  if (s.kind !== 'subquery') return undefined;
  if (s.form === 'exists') {
    const p = pullCorrelation(forExistence(s.plan), cx, true);
    if (p === undefined) return undefined;
    if (p.onEmpty !== null) return negated ? FALSE : TRUE;
    // With nothing to join on, their number tells; what an outer scope has to say comes later.
    if (p.conditions.length === 0 && !isCorrelated(p.plan)) return undefined;
    joinTo(at, negated ? 'anti' : 'semi', p.plan, p.conditions);
    return true;
  }
  const q = quantified(s, negated, true, cx);
  return q !== undefined && filterQuantified(at, q, cx) ? true : undefined;
}

/** What does not matter to whether there is a row. */
function forExistence(plan: LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case 'project':
    case 'sort':
      return forExistence(plan.input);
    case 'distinct':
      return forExistence(plan.input);
    case 'limit':
      return plan.offset === null && plan.limit?.kind === 'literal' && plan.limit.value !== null && Number(plan.limit.value as bigint | number) > 0 ? forExistence(plan.input) : plan;
    default:
      return plan;
  }
}

/** The expression with its subqueries replaced by columns that are joined to `at`. */
function unnestValue(e: Expr, at: Growing, cx: RuleContext): Expr {
  if (!hasSubquery(e)) return e;
  if (e.kind === 'subquery') {
    const before = at.plan;
    const made = valueOf(e, at, cx);
    if (made === undefined) at.plan = before;
    return made ?? e;
  }
  return mapExprChildren(e, (child) => unnestValue(child, at, cx));
}

function valueOf(s: Subquery, at: Growing, cx: RuleContext): Expr | undefined {
  switch (s.form) {
    case 'scalar': {
      const p = pullCorrelation(s.plan, cx);
      const [output] = p?.outputs ?? [];
      if (p === undefined || output === undefined || !meetsOneRow(p)) return undefined;
      return joinScalar(at, p, output, p.onEmpty?.[0] ?? null);
    }
    case 'exists':
      return existsValue(s, at, cx);
    case 'any':
    case 'all': {
      const q = quantified(s, false, false, cx);
      return q === undefined ? undefined : valueQuantified(at, q, cx);
    }
    case 'array':
      return arrayValue(s, at, cx);
  }
}

function existsValue(s: Subquery, at: Growing, cx: RuleContext): Expr | undefined {
  const p = pullCorrelation(forExistence(s.plan), cx, true);
  if (p === undefined) return undefined;
  if (p.onEmpty !== null) return TRUE;
  if (p.conditions.length === 0) {
    const counted = aggregate(p.plan, [], [aggregateCall(cx.functions, 'count', [])], []);
    const first = at.plan.schema.length;
    joinTo(at, 'left', counted, []);
    return call(cx.functions, '>', [columnOf(at.plan, first), bigint(0)]);
  }
  const keys = keysOf(p.conditions);
  if (keys === undefined) return undefined;
  const grouped = aggregate(p.plan, keys.map((k) => k.key), [], []);
  const conditions = keys.map((k, i) => (k.condition.kind === 'call' ? { ...k.condition, args: k.condition.args.map((a) => (a === k.key ? columnOf(grouped, i) : a)) } : k.condition));
  const { mark } = joinMarked(at, grouped, conditions);
  return isNull(mark, true);
}

/** ARRAY(SELECT … ORDER BY …) as array_agg per outer row. */
function arrayValue(s: Subquery, at: Growing, cx: RuleContext): Expr | undefined {
  let { plan } = s;
  let item: Expr = columnOf(plan, 0);
  if (plan.kind === 'project') {
    item = plan.exprs[0] ?? item;
    plan = plan.input;
  }
  const order: readonly SortKey[] = plan.kind === 'sort' ? plan.keys : [];
  if (plan.kind === 'sort') plan = plan.input;
  const p = pullCorrelation(plan, cx);
  if (p === undefined || p.onEmpty !== null) return undefined;
  const keys = keysOf(p.conditions);
  const value = substitute(item, p.outputs);
  const orderBy = order.map((k) => ({ ...k, expr: substitute(k.expr, p.outputs) }));
  if (keys === undefined || [value, ...orderBy.map((k) => k.expr)].some((e) => refersOut(e) || hasSubquery(e))) return undefined;
  const collected = aggregate(p.plan, keys.map((k) => k.key), [{ ...aggregateCall(cx.functions, 'array_agg', [value]), orderBy, type: s.type }], []);
  const first = at.plan.schema.length;
  const conditions = keys.map((k, i) => (k.condition.kind === 'call' ? { ...k.condition, args: k.condition.args.map((a) => (a === k.key ? columnOf(collected, i) : a)) } : k.condition));
  joinTo(at, 'left', collected, conditions);
  return { kind: 'coalesce', args: [columnOf(at.plan, first + keys.length), literal([], arrayOf(typeOf(value)))], type: s.type };
}

/** Subqueries in a join's condition: above an inner join they are a filter; those of one side are that side's. */
function unnestJoin(node: LogicalJoin): LogicalPlan | undefined {
  const parts = splitConjunction(node.condition);
  const own = parts.filter((e) => !hasSubquery(e));
  const subs = parts.filter(hasSubquery);
  if (node.type === 'inner') return filter({ ...node, condition: conjunction(own) }, subs);
  const width = node.left.schema.length;
  const right = subs.filter((e) => !node.lateral && node.type !== 'right' && node.type !== 'full' && columnsOf(e).every((c) => c >= width));
  if (right.length === 0) return undefined;
  const rest = subs.filter((e) => !right.includes(e));
  return { ...node, right: filter(node.right, right.map((e) => shiftColumns(e, -width))), condition: conjunction([...own, ...rest]) };
}

/** `FROM a, LATERAL (SELECT … a.x …)` as a join on what the two have in common. */
export const decorrelateLateral: Rule = {
  name: 'decorrelate-lateral',
  doc: 'A lateral join becomes a plain one on the conditions that referred to the left side.',
  apply(node, cx) {
    if (node.kind !== 'join' || !node.lateral || (node.type !== 'inner' && node.type !== 'left')) return undefined;
    const p = pullCorrelation(node.right, cx);
    if (p === undefined) return undefined;
    const width = node.left.schema.length;
    const own = splitConjunction(node.condition);
    if (own.some(hasSubquery) || (p.onEmpty !== null && node.type === 'left' && own.length > 0)) return undefined;
    const outputs = p.outputs.map((e) => placed(e, width));
    const conditions = p.conditions.map((e) => placed(e, width));
    const lefts = identityOf(node.left);
    const names = node.schema.map((f) => f.name);
    if (node.type === 'inner' && p.onEmpty === null) {
      const joined = join('inner', node.left, lifted(p.plan), [...conditions, ...own.map((e) => substitute(e, [...lefts, ...outputs]))], { span: node.span });
      return { ...project(joined, [...lefts, ...outputs], names), schema: node.schema };
    }
    const marked = project(lifted(p.plan), [...identityOf(p.plan), TRUE], [...p.plan.schema.map((f) => f.name), 'matched']);
    const ownBelow = p.onEmpty === null ? own.map((e) => substitute(e, [...lefts, ...outputs])) : [];
    const joined = join('left', node.left, marked, [...conditions, ...ownBelow], { span: node.span });
    const mark = columnOf(joined, width + p.plan.schema.length);
    const values = outputs.map((e, i) => {
      const other = p.onEmpty === null ? undefined : placed(p.onEmpty[i] ?? literal(null, typeOf(e)), width);
      if (e.kind === 'column' && other === undefined) return columnOf(joined, e.index);
      return caseOf([{ when: isNull(mark, true), then: e }], other ?? literal(null, typeOf(e)), typeOf(e));
    });
    const made: LogicalPlan = { ...project(joined, [...identityOf(node.left), ...values], names), schema: node.schema };
    return p.onEmpty === null ? made : filter(made, own);
  },
};

