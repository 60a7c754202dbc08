import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { BOOLEAN, TEXT, arrayOf } from '../../common/types/sql-type.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import type { Expr as Ast, QuantifiedExpr } from '../../parser/ast.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { Value } from '../../common/types/value.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import { mapOuter, mapExprChildren } from '../walk.ts';
import { all, compare, scalarCall } from './calls.ts';
import { coerce } from './coerce.ts';
import type { ExprEnv } from './env.ts';

/** Subqueries in expressions, and comparisons with all elements of an array. */

function bindInside(env: ExprEnv, query: Query): LogicalPlan {
  return env.query.bindQuery(query, { ...env.query, parent: env.scope });
}

export function bindExists(env: ExprEnv, query: Query): Expr {
  return { kind: 'subquery', form: 'exists', plan: bindInside(env, query), arg: null, compare: null, type: BOOLEAN, span: query.span };
}

/** Errors: syntax_error unless the query has one column. */
export function bindScalarQuery(env: ExprEnv, query: Query, form: 'scalar' | 'array', span: Span): Expr {
  const plan = bindInside(env, query);
  const [only] = plan.schema;
  if (only === undefined || plan.schema.length !== 1) throw new SqlError('syntax_error', 'subquery must return only one column', { span });
  return { kind: 'subquery', form, plan, arg: null, compare: null, type: form === 'array' ? arrayOf(only.type) : only.type, span };
}

export function bindInQuery(env: ExprEnv, arg: Expr, query: Query, negated: boolean, span: Span): Expr {
  return quantify(env, arg, negated ? '<>' : '=', negated ? 'all' : 'any', bindInside(env, query), span);
}

/** `arg op ANY|ALL (query)`. A row is compared inside the subquery, where both sides are at hand. */
function quantify(env: ExprEnv, arg: Expr, operator: string, form: 'any' | 'all', plan: LogicalPlan, span: Span): Expr {
  if (arg.kind === 'row') {
    if (plan.schema.length !== arg.items.length) {
      throw new SqlError('syntax_error', `subquery has too ${plan.schema.length < arg.items.length ? 'few' : 'many'} columns`, { span });
    }
    const left = arg.items.map((item) => fromInside(item));
    const right = plan.schema.map((f, i): Expr => ({ kind: 'column', index: i, type: f.type, nullable: f.nullable }));
    const test = compare(env, operator, { ...arg, items: left }, { kind: 'row', items: right, type: { kind: 'row', fields: plan.schema.map((f) => ({ name: f.name, type: f.type })) } }, span);
    const tested: LogicalPlan = { kind: 'project', input: plan, exprs: [test], schema: [{ name: 'matches', type: BOOLEAN, nullable: true }] };
    return quantify(env, { kind: 'literal', value: true, type: BOOLEAN }, '=', form, tested, span);
  }
  const [only] = plan.schema;
  if (only === undefined || plan.schema.length !== 1) throw new SqlError('syntax_error', 'subquery has too many columns', { span });
  const compared = compare(env, operator, arg, { kind: 'column', index: 0, type: only.type, nullable: only.nullable }, span);
  if (compared.kind !== 'call' || typeOf(compared).kind !== 'boolean') {
    throw new SqlError('datatype_mismatch', 'op ANY/ALL (array) requires operator to yield boolean', { span });
  }
  return { kind: 'subquery', form, plan, arg: compared.args[0] ?? arg, compare: compared, type: BOOLEAN, span };
}

/** An expression over the current row as the inside of a subquery sees it. */
export function fromInside(e: Expr): Expr {
  if (e.kind === 'column') return { kind: 'outer', depth: 1, index: e.index, type: e.type, nullable: e.nullable };
  if (e.kind === 'outer') return { ...e, depth: e.depth + 1 };
  return mapExprChildren(e, fromInside, (plan) => shiftPlan(plan));
}

function shiftPlan(plan: LogicalPlan): LogicalPlan {
  const probe: Expr = { kind: 'subquery', form: 'exists', plan, arg: null, compare: null, type: BOOLEAN };
  // Inside the subquery its own outer row moves one scope further out.
  const moved = mapOuter(probe, 0, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  return moved.kind === 'subquery' ? moved.plan : plan;
}

/** `arg op ANY (array)` and `arg op ANY (query)`. Errors: wrong_object_type for what is neither. */
export function bindQuantified(env: ExprEnv, arg: Expr, e: QuantifiedExpr, bind: (e: Ast) => Expr): Expr {
  const { symbol } = e.operator;
  const at = e.operator.span;
  if (e.query !== null) return quantify(env, arg, symbol, e.quantifier, bindInside(env, e.query), at);
  if (e.array === null) throw new SqlError('syntax_error', 'ANY and ALL take an array or a query', { span: e.span });
  const list = bindArrayOperand(env, arg, bind(e.array), e.array.span);
  // A written-out list is compared item by item.
  if (list.kind === 'array') return anyOf(env, arg, symbol, e.quantifier, list.items, at);
  if (list.kind === 'literal' && Array.isArray(list.value)) {
    const type = typeOf(list);
    const element = type.kind === 'array' ? type.element : TEXT;
    return anyOf(env, arg, symbol, e.quantifier, list.value.map((v): Expr => ({ kind: 'literal', value: v as Value, type: element })), at);
  }
  const inside = fromInside(list);
  const found = resolveFunction(env.cx.functions, 'unnest', [typeOf(list)], e.span);
  if (!('columns' in found)) throw new SqlError('wrong_object_type', 'op ANY/ALL (array) requires array on right side', { span: e.span });
  const plan: LogicalPlan = {
    kind: 'tableFunction', name: found.def.name, overload: found.overload, args: [inside], ordinality: false,
    schema: found.columns.map((c) => ({ name: c.name, type: c.type, nullable: true })),
  };
  // A NULL array gives NULL, where an empty one gives FALSE.
  const test = quantify(env, arg, symbol, e.quantifier, plan, at);
  return { kind: 'case', branches: [{ when: { kind: 'isNull', arg: list, negated: false }, then: { kind: 'literal', value: null, type: BOOLEAN } }], otherwise: test, type: BOOLEAN };
}

function bindArrayOperand(env: ExprEnv, arg: Expr, list: Expr, span: Span): Expr {
  const type = typeOf(list);
  if (type.kind === 'unknown') {
    const element = typeOf(arg);
    return coerce(env, list, arrayOf(element.kind === 'unknown' ? TEXT : element), 'implicit', span);
  }
  if (type.kind !== 'array') throw new SqlError('wrong_object_type', 'op ANY/ALL (array) requires array on right side', { span });
  return list;
}

function anyOf(env: ExprEnv, arg: Expr, symbol: string, quantifier: 'any' | 'all', items: readonly Expr[], span: Span): Expr {
  if (items.length === 0) return { kind: 'literal', value: quantifier === 'all', type: BOOLEAN };
  const tests = items.map((item) => (symbol === '=' || symbol === '<>' ? compare(env, symbol, arg, item, span) : scalarCall(env, symbol, [arg, item], span)));
  return all(quantifier === 'any' ? 'or' : 'and', tests);
}
