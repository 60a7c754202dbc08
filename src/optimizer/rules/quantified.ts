import { BIGINT, BOOLEAN } from '../../common/types/sql-type.ts';
import { SqlError } from '../../common/errors.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { hasSubquery, isTrue, splitConjunction, substitute } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import { fromInside } from '../../planner/bind/subqueries.ts';
import { FALSE, NULL_BOOLEAN, TRUE } from '../../planner/columns.ts';
import { aggregate, aggregateCall, and, bigint, call, caseOf, columnOf, isNull, literal, not, or } from '../build.ts';
import type { RuleContext } from '../rule.ts';
import { joinMarked, joinScalar, joinTo, type Growing } from './attach.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import { keysOf, refersOut, type Pulled } from './pull-correlation.ts';

type Subquery = Expr & { readonly kind: 'subquery' };

/** `x op ANY (…)` and `x op ALL (…)`, taken apart. `x` is over the current row, `y` over the pulled plan. */
interface Quantified {
  readonly form: 'any' | 'all';
  readonly op: string;
  readonly x: Expr;
  readonly y: Expr;
  readonly pulled: Pulled;
}

const NEGATED: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };

/** @param pull frees the subquery's plan of the outer row. */
export function quantified(s: Subquery, negated: boolean, pull: (plan: LogicalPlan) => Pulled | undefined): Quantified | undefined {
  const { compare } = s;
  if ((s.form !== 'any' && s.form !== 'all') || compare?.kind !== 'call') return undefined;
  const [x, right] = compare.args;
  const op = negated ? NEGATED[compare.name] : compare.name;
  if (x === undefined || right === undefined || op === undefined || NEGATED[op] === undefined || hasSubquery(x)) return undefined;
  const pulled = pull(s.plan);
  if (pulled === undefined) return undefined;
  const y = substitute(right, pulled.outputs);
  return { form: negated ? (s.form === 'any' ? 'all' : 'any') : s.form, op, x, y, pulled };
}

/** As a condition of a filter, where NULL counts as FALSE: semi and anti joins. False where no such join will do. */
export function filterQuantified(at: Growing, q: Quantified, cx: RuleContext): boolean {
  const { pulled, x, y } = q;
  if (pulled.onEmpty !== null) return false;
  const inside = fromInside(x);
  // A comparison of rows is made inside: TRUE = ANY (the rows' comparison).
  if (q.op === '=' && isTrue(x)) {
    const tested = q.form === 'any' ? y : isNullable(y) ? undefined : negation(y);
    if (tested === undefined) return false;
    joinTo(at, q.form === 'any' ? 'semi' : 'anti', pulled.plan, [...pulled.conditions, ...splitConjunction(tested)]);
    return true;
  }
  if (q.form === 'any') {
    if (q.op !== '=' && keysOf(pulled.conditions)?.length !== pulled.conditions.length) return false;
    if (q.op !== '=' && pulled.conditions.length === 0) return false;
    joinTo(at, 'semi', pulled.plan, [...pulled.conditions, call(cx.functions, q.op, [inside, y])]);
    return true;
  }
  if (q.op !== '<>') return false;
  const keys = keysOf(pulled.conditions);
  const strict = !isNullable(x) && !isNullable(y);
  if (!strict && (keys === undefined || refersOut(y))) return false;
  joinTo(at, 'anti', pulled.plan, [...pulled.conditions, call(cx.functions, '=', [inside, y])]);
  if (strict) return true;
  // A NULL on either side leaves the answer open, unless there is nothing to compare with.
  const { total, known } = joinCounts(at, q, [], cx);
  const none = call(cx.functions, '=', [total, bigint(0)]);
  const complete = isNullable(y) ? [call(cx.functions, '=', [known, total])] : [];
  at.plan = { kind: 'filter', input: at.plan, condition: or(none, and(isNull(x, true), ...complete)), schema: at.plan.schema };
  return true;
}

/** NOT, carried down to the comparisons. */
function negation(e: Expr): Expr {
  if (e.kind === 'or' || e.kind === 'and') return { kind: e.kind === 'or' ? 'and' : 'or', args: e.args.map(negation) };
  const op = e.kind === 'call' && e.args.length === 2 ? NEGATED[e.name] : undefined;
  return op === undefined || e.kind !== 'call' ? not(e) : { ...e, name: op };
}

const BOOLEAN_EXTREMES = { min: 'bool_and', max: 'bool_or' } as const;

interface Counts {
  readonly total: Expr;
  readonly known: Expr;
  readonly extremes: readonly Expr[];
}

/** Joins the number of rows to compare with, of those not NULL, and the wanted extremes. */
function joinCounts(at: Growing, q: Quantified, extremes: readonly ('min' | 'max')[], cx: RuleContext): Counts {
  const { pulled, y } = q;
  const keys = keysOf(pulled.conditions) ?? [];
  const calls = [aggregateCall(cx.functions, 'count', []), aggregateCall(cx.functions, 'count', [y]), ...extremes.map((name) => aggregateCall(cx.functions, typeOf(y).kind === 'boolean' ? BOOLEAN_EXTREMES[name] : name, [y]))];
  const grouped = aggregate(pulled.plan, keys.map((k) => k.key), calls, []);
  const first = at.plan.schema.length;
  const conditions = keys.map((k, i) => (k.condition.kind === 'call' ? { ...k.condition, args: k.condition.args.map((a) => (a === k.key ? columnOf(grouped, i) : a)) } : k.condition));
  joinTo(at, 'left', grouped, conditions);
  const column = (i: number): Expr => columnOf(at.plan, first + keys.length + i);
  const zeroed = (e: Expr): Expr => (keys.length === 0 ? e : { kind: 'coalesce', args: [e, bigint(0)], type: BIGINT });
  return { total: zeroed(column(0)), known: zeroed(column(1)), extremes: extremes.map((_, i) => column(2 + i)) };
}

/** As a value: three-valued, from counts, extremes and matches that are joined to the row. Undefined where that can't be done. */
export function valueQuantified(at: Growing, q: Quantified, cx: RuleContext): Expr | undefined {
  const { pulled, x, y } = q;
  if (pulled.onEmpty !== null) {
    // One row always: the comparison with it.
    const scalar = joinScalar(at, pulled, y, substituteEmpty(q));
    return call(cx.functions, q.op, [x, scalar]);
  }
  if (refersOut(y) || keysOf(pulled.conditions) === undefined) return undefined;
  // ALL is the negation of ANY by the opposite comparison.
  if (q.form === 'all') {
    const any = valueQuantified(at, { ...q, form: 'any', op: NEGATED[q.op] ?? q.op }, cx);
    return any === undefined ? undefined : not(any);
  }
  try {
    return anyValue(at, q, cx);
  } catch (error) {
    // A type without an order has no min and max.
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

function substituteEmpty(q: Quantified): Expr {
  const { pulled, y } = q;
  const type = 'type' in y ? y.type : BOOLEAN;
  if (y.kind === 'column' && pulled.onEmpty !== null) {
    const at = pulled.outputs.findIndex((o) => o.kind === 'column' && o.index === y.index);
    return pulled.onEmpty[at] ?? literal(null, type);
  }
  return literal(null, type);
}

function anyValue(at: Growing, q: Quantified, cx: RuleContext): Expr {
  const { x, y, op } = q;
  const compared = (other: Expr): Expr => call(cx.functions, op, [x, other]);
  const before = { ...at };
  let counts: Counts;
  let isTrue: Expr;
  if (op === '=') {
    counts = joinCounts(at, q, [], cx);
    const keys = keysOf(q.pulled.conditions) ?? [];
    const values = aggregate(q.pulled.plan, [...keys.map((k) => k.key), y], [], []);
    const conditions = keys.map((k, i) => (k.condition.kind === 'call' ? { ...k.condition, args: k.condition.args.map((a) => (a === k.key ? columnOf(values, i) : a)) } : k.condition));
    const { mark } = joinMarked(at, values, [...conditions, call(cx.functions, '=', [fromInside(x), columnOf(values, keys.length)])]);
    isTrue = isNull(mark, true);
  } else {
    try {
      counts = joinCounts(at, q, op === '<>' ? ['min', 'max'] : op === '<' || op === '<=' ? ['max'] : ['min'], cx);
    } catch (error) {
      at.plan = before.plan;
      throw error;
    }
    isTrue = or(...counts.extremes.map(compared));
  }
  const nothing = call(cx.functions, '=', [counts.total, bigint(0)]);
  const open = or(...(isNullable(x) ? [isNull(x)] : []), call(cx.functions, '<', [counts.known, counts.total]));
  return caseOf([{ when: nothing, then: FALSE }, { when: isTrue, then: TRUE }, { when: open, then: NULL_BOOLEAN }], FALSE, BOOLEAN);
}
