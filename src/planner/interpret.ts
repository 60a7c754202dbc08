import { InternalError, SqlError, unreachable } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Row, Value } from '../common/types/value.ts';
import { castFunction } from '../functions/casts.ts';
import type { EvalContext } from '../functions/define.ts';
import type { FunctionLookup } from '../functions/resolve.ts';
import type { Expr, LambdaCall } from './expr.ts';
import { overElements } from './lambda.ts';
import type { LogicalPlan } from './logical.ts';
import { keyOf } from './row-key.ts';

/**
 * The interpreter of bound expressions: the meaning that compiled code must agree with. An expression becomes a closure
 * once; look-ups and conversions are settled then, not per row.
 */

/** Rows of the enclosing scopes, the nearest first: an `outer` expression of depth 1 reads `row`, of depth 2 `outer.row`. */
export interface OuterRows {
  readonly row: Row;
  readonly outer: OuterRows | null;
}

export interface InterpretContext {
  readonly functions: FunctionLookup;
  /** Read at every evaluation, so that a caller may replace it between batches. */
  readonly eval: EvalContext;
  /** Values of `$1`…; already of the types the binder gave them. */
  readonly params: readonly Value[];
  /** How a subquery gives its rows, prepared once; without it subqueries are an InternalError. */
  readonly subquery?: (plan: LogicalPlan) => (outer: OuterRows) => Iterable<Row>;
}

export type Evaluator = (row: Row, outer: OuterRows | null) => Value;

/** One evaluation. Errors: what the functions raise, with the call's position. */
export function evaluate(expr: Expr, row: Row, cx: InterpretContext): Value {
  return compileExpr(expr, cx)(row, null);
}

/** An expression's static type. */
export function typeOf(expr: Expr): SqlType {
  switch (expr.kind) {
    case 'and':
    case 'or':
    case 'not':
    case 'isNull':
    case 'in':
      return { kind: 'boolean' };
    default:
      return expr.type;
  }
}

export function compileExpr(expr: Expr, cx: InterpretContext): Evaluator {
  switch (expr.kind) {
    case 'column': {
      const { index } = expr;
      return (row) => row[index] ?? null;
    }
    case 'outer':
      return outerColumn(expr.depth, expr.index);
    case 'literal': {
      const { value } = expr;
      return () => value;
    }
    case 'param': {
      const { index } = expr;
      return () => {
        const value = cx.params[index];
        if (value === undefined) throw new SqlError('undefined_parameter', `there is no parameter $${index + 1}`);
        return value;
      };
    }
    case 'call':
      return compileCall(expr, cx);
    case 'cast':
      return compileCast(expr, cx);
    case 'case': {
      const branches = expr.branches.map((b) => ({ when: compileExpr(b.when, cx), then: compileExpr(b.then, cx) }));
      const otherwise = expr.otherwise === null ? null : compileExpr(expr.otherwise, cx);
      return (row, outer) => {
        for (const b of branches) if (b.when(row, outer) === true) return b.then(row, outer);
        return otherwise === null ? null : otherwise(row, outer);
      };
    }
    case 'and':
    case 'or':
      return compileLogical(expr.kind === 'or', expr.args.map((a) => compileExpr(a, cx)));
    case 'not': {
      const arg = compileExpr(expr.arg, cx);
      return (row, outer) => {
        const v = arg(row, outer);
        return v === null ? null : v !== true;
      };
    }
    case 'isNull': {
      const arg = compileExpr(expr.arg, cx);
      const { negated } = expr;
      // A row of NULLs is NULL, and is NOT NULL only when no field is.
      if (typeOf(expr.arg).kind === 'row') {
        return (row, outer) => {
          const v = arg(row, outer);
          const fields = v === null ? null : (v as Value[]);
          return negated ? fields !== null && fields.every((f) => f !== null) : fields === null || fields.every((f) => f === null);
        };
      }
      return (row, outer) => (arg(row, outer) === null) !== negated;
    }
    case 'coalesce': {
      const args = expr.args.map((a) => compileExpr(a, cx));
      return (row, outer) => {
        for (const arg of args) {
          const v = arg(row, outer);
          if (v !== null) return v;
        }
        return null;
      };
    }
    case 'in':
      return compileIn(expr, cx);
    case 'array':
    case 'row': {
      const items = expr.items.map((i) => compileExpr(i, cx));
      return (row, outer) => items.map((i) => i(row, outer));
    }
    case 'field': {
      const arg = compileExpr(expr.arg, cx);
      const { index } = expr;
      return (row, outer) => {
        const v = arg(row, outer);
        return v === null ? null : ((v as Value[])[index] ?? null);
      };
    }
    case 'lambda':
      return compileLambda(expr, cx);
    case 'subquery':
      return compileSubquery(expr, cx);
    default:
      return unreachable(expr);
  }
}

function outerColumn(depth: number, index: number): Evaluator {
  return (_row, outer) => {
    let at = outer;
    for (let i = 1; i < depth; i++) at = at?.outer ?? null;
    if (at === null) throw new InternalError(`no outer row at depth ${depth}`);
    return at.row[index] ?? null;
  };
}

function located<T>(span: Span | undefined, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof SqlError) throw error.at(span);
    throw error;
  }
}

function compileCall(expr: Expr & { kind: 'call' }, cx: InterpretContext): Evaluator {
  const def = cx.functions.find(expr.name);
  if (def?.kind !== 'scalar') throw new InternalError(`no scalar function ${expr.name}`);
  const overload = def.overloads[expr.overload];
  if (overload === undefined) throw new InternalError(`no overload ${expr.overload} of ${expr.name}`);
  const args = expr.args.map((a) => compileExpr(a, cx));
  const types = expr.args.map(typeOf);
  const { type, span } = expr;
  const strict = overload.nulls === 'strict';
  return (row, outer) => {
    // Every argument is computed before NULLs are looked at, as in PostgreSQL: f(NULL, 1/0) fails.
    const values = args.map((arg) => arg(row, outer));
    if (strict && values.includes(null)) return null;
    if (span === undefined) return overload.eval(values, cx.eval, types, type);
    return located(span, () => overload.eval(values, cx.eval, types, type));
  };
}

function compileLambda(expr: LambdaCall, cx: InterpretContext): Evaluator {
  const args = expr.args.map((a) => compileExpr(a, cx));
  const captured = expr.captured.map((c) => compileExpr(c, cx));
  const bodies = expr.bodies.map((b) => compileExpr(b.expr, cx));
  return (row, outer) => {
    const [list = null, initial = null] = args.map((arg) => arg(row, outer));
    const held = captured.map((c) => c(row, outer));
    if (list === null) return null;
    return located(expr.span, () => overElements(expr, list as Value[], initial, (body, params) => bodies[body]?.([...params, ...held], null) ?? null));
  };
}

function compileCast(expr: Expr & { kind: 'cast' }, cx: InterpretContext): Evaluator {
  const arg = compileExpr(expr.arg, cx);
  const convert = castFunction(typeOf(expr.arg), expr.type);
  const { span } = expr;
  if (expr.try) {
    return (row, outer) => {
      const v = arg(row, outer);
      if (v === null) return null;
      try {
        return convert(v, cx.eval);
      } catch (error) {
        if (error instanceof SqlError) return null;
        throw error;
      }
    };
  }
  return (row, outer) => {
    const v = arg(row, outer);
    return v === null ? null : located(span, () => convert(v, cx.eval));
  };
}

/** Three-valued: OR stops at TRUE, AND at FALSE; a NULL seen on the way makes the rest NULL. */
function compileLogical(stop: boolean, args: readonly Evaluator[]): Evaluator {
  return (row, outer) => {
    let unknown = false;
    for (const arg of args) {
      const v = arg(row, outer);
      if (v === stop) return stop;
      if (v === null) unknown = true;
    }
    return unknown ? null : !stop;
  };
}

function compileIn(expr: Expr & { kind: 'in' }, cx: InterpretContext): Evaluator {
  const arg = compileExpr(expr.arg, cx);
  const key = keyOf(typeOf(expr.arg));
  const { negated } = expr;
  const fixed = new Set<string>();
  let fixedNull = false;
  const varying: Evaluator[] = [];
  for (const item of expr.list) {
    if (item.kind !== 'literal') varying.push(compileExpr(item, cx));
    else if (item.value === null) fixedNull = true;
    else fixed.add(key(item.value));
  }
  return (row, outer) => {
    const v = arg(row, outer);
    if (v === null) return null;
    const k = key(v);
    if (fixed.has(k)) return !negated;
    let unknown = fixedNull;
    for (const item of varying) {
      const w = item(row, outer);
      if (w === null) unknown = true;
      else if (key(w) === k) return !negated;
    }
    return unknown ? null : negated;
  };
}

function compileSubquery(expr: Expr & { kind: 'subquery' }, cx: InterpretContext): Evaluator {
  if (cx.subquery === undefined) throw new InternalError('subquery where none can be run');
  const run = cx.subquery(expr.plan);
  const { span } = expr;
  switch (expr.form) {
    case 'scalar':
      return (row, outer) => {
        let found: Row | undefined;
        for (const r of run({ row, outer })) {
          if (found !== undefined) {
            throw new SqlError('cardinality_violation', 'more than one row returned by a subquery used as an expression', { span });
          }
          found = r;
        }
        return found?.[0] ?? null;
      };
    case 'exists':
      return (row, outer) => {
        for (const _ of run({ row, outer })) return true;
        return false;
      };
    case 'array':
      return (row, outer) => Array.from(run({ row, outer }), (r) => r[0] ?? null);
    case 'any':
    case 'all': {
      const compare = expr.compare;
      if (compare?.kind !== 'call') throw new InternalError('quantified subquery without a comparison');
      // The comparison's first argument is over the outer row, its second over the subquery's.
      const [leftExpr, rightExpr] = compare.args;
      if (leftExpr === undefined || rightExpr === undefined) throw new InternalError('comparison without two arguments');
      const left = compileExpr(leftExpr, cx);
      const right = compileExpr(rightExpr, cx);
      const pair = (index: 0 | 1, e: Expr): Expr => ({ kind: 'column', index, type: typeOf(e), nullable: true });
      const test = compileExpr({ ...compare, args: [pair(0, leftExpr), pair(1, rightExpr)] }, cx);
      const stop = expr.form === 'any';
      return (row, outer) => {
        const here: OuterRows = { row, outer };
        const a = left(row, outer);
        let unknown = false;
        for (const r of run(here)) {
          const v = test([a, right(r, here)], here);
          if (v === stop) return stop;
          if (v === null) unknown = true;
        }
        return unknown ? null : !stop;
      };
    }
  }
}

