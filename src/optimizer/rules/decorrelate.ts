import { arrayOf, BOOLEAN } from '../../common/types/sql-type.ts';
import { columnsOf, conjunction, FALSE, hasSubquery, isTrue, mapColumns, remapColumns, shiftColumns, splitConjunction, substitute, TRUE } from '../../planner/columns.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalFilter, LogicalJoin, LogicalPlan } from '../../planner/logical.ts';
import { isCorrelated, mapExprChildren, mapOuter, mapOuterInPlan, mapPlanExprs, planExprs } from '../../planner/walk.ts';
import { aggregate, aggregateCall, bigint, call, caseOf, columnOf, filter, firstColumns, identityOf, isNull, join, literal, not, project } from '../build.ts';
import { functionOfLeft } from '../physical/table-function.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { mapInputsSame } from '../tree.ts';
import { joinMarked, joinScalar, joinTo, lifted, meetsOneRow, placed, type Growing } from './attach.ts';
import { overDomain } from './over-domain.ts';
import { keysOf, pullCorrelation, refersOut, type Pulled } from './pull-correlation.ts';
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
    case 'values': {
      const inputs = inner.rows.map((row) => project(ONE_ROW, row, inner.schema.map((f) => f.name)));
      return inputs.length === 1 ? inputs[0] : { kind: 'setOp', op: 'union', all: true, inputs, schema: inner.schema };
    }
    case 'tableFunction': {
      const left = project(ONE_ROW, inner.args, []);
      const args = left.schema.map((f, index): Expr => ({ kind: 'outer', depth: 1, index, type: f.type, nullable: f.nullable }));
      const joined = join('inner', left, { ...inner, args }, [], { lateral: true });
      return { ...project(joined, inner.schema.map((_, i) => columnOf(joined, args.length + i)), inner.schema.map((f) => f.name)), schema: inner.schema };
    }
    default:
      return changed(inner, node);
  }
}

const ONE_ROW: LogicalPlan = { kind: 'values', rows: [[]], schema: [] };

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
    const inner = forExistence(s.plan);
    const p = pullCorrelation(inner, cx, true) ?? overDomain(inner, at.plan, cx);
    if (p === undefined) return undefined;
    if (p.onEmpty !== null) return negated ? FALSE : TRUE;
    // With nothing to join on, their number tells; what an outer scope has to say comes later.
    if (p.conditions.length === 0 && !isCorrelated(p.plan)) return undefined;
    joinTo(at, negated ? 'anti' : 'semi', p.plan, p.conditions);
    return true;
  }
  // As a condition (not as a value with its counts) a row counts once.
  const q = quantified(s, negated, (plan) => pullCorrelation(plan, cx, true) ?? overDomain(plan, at.plan, cx));
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
      const pulled = pullCorrelation(s.plan, cx);
      const p = pulled !== undefined && (meetsOneRow(pulled) || keysOf(pulled.conditions) !== undefined) ? pulled : overDomain(s.plan, at.plan, cx);
      const [output] = p?.outputs ?? [];
      if (p === undefined || output === undefined) return undefined;
      return meetsOneRow(p) ? joinScalar(at, p, output, p.onEmpty?.[0] ?? null) : singleValue(at, p, output, cx);
    }
    case 'exists':
      return existsValue(s, at, cx);
    case 'any':
    case 'all': {
      const q = quantified(s, false, (plan) => pullCorrelation(plan, cx));
      const value = q === undefined ? undefined : valueQuantified(at, q, cx);
      if (value !== undefined) return value;
      const over = quantified(s, false, (plan) => overDomain(plan, at.plan, cx));
      return over === undefined ? undefined : valueQuantified(at, over, cx);
    }
    case 'array':
      return arrayValue(s, at, cx);
  }
}

function existsValue(s: Subquery, at: Growing, cx: RuleContext): Expr | undefined {
  const inner = forExistence(s.plan);
  const pulled = pullCorrelation(inner, cx, true);
  const p = pulled !== undefined && keysOf(pulled.conditions) !== undefined ? pulled : overDomain(inner, at.plan, cx);
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

/** A subquery that may have several rows: their number is kept too, and more than one is an error of the row that asks. */
function singleValue(at: Growing, p: Pulled, output: Expr, cx: RuleContext): Expr | undefined {
  const keys = keysOf(p.conditions);
  if (keys === undefined || p.onEmpty !== null || refersOut(output) || hasSubquery(output)) return undefined;
  const calls = [aggregateCall(cx.functions, 'count', []), aggregateCall(cx.functions, 'any_value', [output])];
  const grouped = aggregate(p.plan, keys.map((k) => k.key), calls, []);
  const first = at.plan.schema.length + keys.length;
  const conditions = keys.map((k, i) => (k.condition.kind === 'call' ? { ...k.condition, args: k.condition.args.map((a) => (a === k.key ? columnOf(grouped, i) : a)) } : k.condition));
  joinTo(at, 'left', grouped, conditions);
  return call(cx.functions, 'single_row_value', [columnOf(at.plan, first + 1), columnOf(at.plan, first)]);
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
  const pulled = pullCorrelation(plan, cx);
  const done = pulled === undefined ? undefined : collect(s, at, pulled, item, order, cx);
  if (done !== undefined) return done;
  const over = overDomain(plan, at.plan, cx);
  return over === undefined ? undefined : collect(s, at, over, item, order, cx);
}

function collect(s: Subquery, at: Growing, p: Pulled, item: Expr, order: readonly SortKey[], cx: RuleContext): Expr | undefined {
  if (p.onEmpty !== null) return undefined;
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
  if (right.length === 0) return node.type === 'left' && !node.lateral ? asLateral(node, own, subs) : node.type === 'right' ? flipped(node) : node.type === 'full' && !node.lateral ? bothHalves(node) : undefined;
  const rest = subs.filter((e) => !right.includes(e));
  return { ...node, right: filter(node.right, right.map((e) => shiftColumns(e, -width))), condition: conjunction([...own, ...rest]) };
}

/** Subqueries that look at the left side of a LEFT JOIN are a filter of the right side, which sees that side's row. */
function asLateral(node: LogicalJoin, own: readonly Expr[], subs: readonly Expr[]): LogicalPlan {
  const width = node.left.schema.length;
  const further = (e: Expr): Expr => mapOuter(e, 1, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  const inside = (e: Expr): Expr =>
    mapColumns(further(e), (c) => (c.index < width ? { kind: 'outer', depth: 1, index: c.index, type: c.type, nullable: c.nullable } : { ...c, index: c.index - width }));
  const right = mapOuterInPlan(node.right, 1, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  return { ...node, right: filter(right, subs.map(inside)), condition: conjunction(own), lateral: true };
}

/** A FULL JOIN as a LEFT JOIN, and the right rows that no left row meets. */
function bothHalves(node: LogicalJoin): LogicalPlan {
  const width = node.left.schema.length;
  const further = (e: Expr): Expr => mapOuter(e, 1, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  const inside = (e: Expr): Expr =>
    mapColumns(further(e), (c) => (c.index < width ? c : { kind: 'outer', depth: 1, index: c.index - width, type: c.type, nullable: c.nullable }));
  const left = mapOuterInPlan(node.left, 1, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  const meets: Expr = { kind: 'subquery', form: 'exists', plan: filter(left, splitConjunction(node.condition).map(inside)), arg: null, compare: null, type: BOOLEAN, span: node.span };
  const alone = filter(node.right, [not(meets)]);
  const padded = project(alone, [...node.left.schema.map((f) => literal(null, f.type)), ...identityOf(alone)], node.schema.map((f) => f.name));
  const first: LogicalPlan = { ...join('left', node.left, node.right, splitConjunction(node.condition), { span: node.span }), schema: node.schema };
  return { kind: 'setOp', op: 'union', all: true, inputs: [first, { ...padded, schema: node.schema }], schema: node.schema };
}

/** A RIGHT JOIN as a LEFT JOIN of the sides changed over. */
function flipped(node: LogicalJoin): LogicalPlan {
  const [l, r] = [node.left.schema.length, node.right.schema.length];
  const condition = node.condition === null ? [] : splitConjunction(remapColumns(node.condition, (c) => (c < l ? c + r : c - l)));
  const made = join('left', node.right, node.left, condition, { span: node.span });
  const order = [...node.left.schema.map((_, i) => r + i), ...node.right.schema.map((_, i) => i)];
  return { ...project(made, order.map((c) => columnOf(made, c)), node.schema.map((f) => f.name)), schema: node.schema };
}

/** `FROM a, LATERAL (SELECT … a.x …)` as a join on what the two have in common. */
export const decorrelateLateral: Rule = {
  name: 'decorrelate-lateral',
  doc: 'A lateral join becomes a plain one on the conditions that referred to the left side.',
  apply(node, cx) {
    if (node.kind !== 'join' || !node.lateral || (node.type !== 'inner' && node.type !== 'left')) return undefined;
    // A function of the left row is run as it stands.
    if (functionOfLeft(node) !== undefined) return undefined;
    const p = pullCorrelation(node.right, cx) ?? overDomain(node.right, node.left, cx);
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

