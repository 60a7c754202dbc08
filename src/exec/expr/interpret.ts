import { InternalError, SqlError, notSupported, unreachable } from '../../common/errors.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { BOOLEAN, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { castFunction } from '../../functions/casts.ts';
import type { EvalContext, ScalarOverload } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import type { Expr } from '../../planner/expr.ts';
import { overElements } from '../../planner/lambda.ts';

export type SubqueryExpr = Extract<Expr, { kind: 'subquery' }>;

/** What an expression may refer to besides its row. */
export interface EvalEnv {
  readonly context: EvalContext;
  /** Values of `$1`… */
  readonly params?: readonly Value[];
  /** Rows of the enclosing queries: depth 1 is `outer[0]`. */
  readonly outer?: readonly Row[];
  /** Answers a subquery for the current row; absent where none may occur. */
  readonly subquery?: (expr: SubqueryExpr, row: Row, env: EvalEnv) => Value;
}

/** The type of any bound expression. */
export function typeOf(expr: Expr): SqlType {
  switch (expr.kind) {
    case 'and':
    case 'or':
    case 'not':
    case 'isNull':
    case 'in':
      return BOOLEAN;
    default:
      return expr.type;
  }
}

/** The overload a call was bound to. */
export function overloadOf(name: string, overload: number): ScalarOverload {
  const def = builtins.find(name);
  const found = def?.kind === 'scalar' ? def.overloads[overload] : undefined;
  if (found === undefined) throw new InternalError(`no overload ${overload} of function "${name}"`);
  return found;
}

/**
 * The reference evaluator: the value of `expr` for one row. Generated code is tested against it and falls back on it.
 * AND, OR, CASE, COALESCE and IN evaluate from left to right and only as far as needed.
 */
export function evaluate(expr: Expr, row: Row, env: EvalEnv): Value {
  switch (expr.kind) {
    case 'column':
      return row[expr.index] ?? null;
    case 'outer':
      return env.outer?.[expr.depth - 1]?.[expr.index] ?? null;
    case 'literal':
      return expr.value;
    case 'param':
      if (env.params === undefined || expr.index >= env.params.length) throw new SqlError('undefined_parameter', `there is no parameter $${expr.index + 1}`);
      return env.params[expr.index] ?? null;
    case 'call': {
      const overload = overloadOf(expr.name, expr.overload);
      // All arguments first: an error in one counts even where another is NULL.
      const args = expr.args.map((arg) => evaluate(arg, row, env));
      if (overload.nulls === 'strict' && args.includes(null)) return null;
      try {
        return overload.eval(args, env.context, expr.args.map(typeOf), expr.type);
      } catch (error) {
        throw error instanceof SqlError ? error.at(expr.span) : error;
      }
    }
    case 'cast': {
      const value = evaluate(expr.arg, row, env);
      if (value === null) return null;
      try {
        return castFunction(typeOf(expr.arg), expr.type)(value, env.context);
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        if (expr.try) return null;
        throw error.at(expr.span);
      }
    }
    case 'case':
      for (const branch of expr.branches) if (evaluate(branch.when, row, env) === true) return evaluate(branch.then, row, env);
      return expr.otherwise === null ? null : evaluate(expr.otherwise, row, env);
    case 'and':
    case 'or': {
      const decides = expr.kind === 'or';
      let unknown = false;
      for (const arg of expr.args) {
        const value = evaluate(arg, row, env);
        if (value === decides) return decides;
        if (value === null) unknown = true;
      }
      return unknown ? null : !decides;
    }
    case 'not': {
      const value = evaluate(expr.arg, row, env);
      return value === null ? null : value !== true;
    }
    case 'isNull':
      return (evaluate(expr.arg, row, env) === null) !== expr.negated;
    case 'coalesce':
      for (const arg of expr.args) {
        const value = evaluate(arg, row, env);
        if (value !== null) return value;
      }
      return null;
    case 'in': {
      const value = evaluate(expr.arg, row, env);
      if (value === null) return null;
      const compare = comparatorOf(typeOf(expr.arg));
      let unknown = false;
      for (const item of expr.list) {
        const other = evaluate(item, row, env);
        if (other === null) unknown = true;
        else if (compare(value, other) === 0) return !expr.negated;
      }
      return unknown ? null : expr.negated;
    }
    case 'array':
    case 'row':
      return expr.items.map((item) => evaluate(item, row, env));
    case 'field': {
      const value = evaluate(expr.arg, row, env);
      return value === null ? null : ((value as Value[])[expr.index] ?? null);
    }
    case 'lambda': {
      const [list = null, initial = null] = expr.args.map((arg) => evaluate(arg, row, env));
      const held = expr.captured.map((c) => evaluate(c, row, env));
      if (list === null) return null;
      try {
        return overElements(expr, list as Value[], initial, (body, params) => evaluate(expr.bodies[body]?.expr ?? expr, [...params, ...held], env));
      } catch (error) {
        throw error instanceof SqlError ? error.at(expr.span) : error;
      }
    }
    case 'subquery':
      if (env.subquery === undefined) throw notSupported('this subquery', expr.span);
      return env.subquery(expr, row, env);
    default:
      return unreachable(expr);
  }
}

/** Columns an expression reads, each once, ascending. */
export function columnsOf(exprs: readonly Expr[]): number[] {
  const found = new Set<number>();
  const visit = (expr: Expr | null): void => {
    if (expr === null) return;
    if (expr.kind === 'column') found.add(expr.index);
    forEachChild(expr, visit);
  };
  exprs.forEach(visit);
  return [...found].sort((a, b) => a - b);
}

export function forEachChild(expr: Expr, visit: (child: Expr) => void): void {
  switch (expr.kind) {
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
      expr.args.forEach(visit);
      return;
    case 'cast':
    case 'not':
    case 'isNull':
    case 'field':
      visit(expr.arg);
      return;
    case 'case':
      for (const b of expr.branches) {
        visit(b.when);
        visit(b.then);
      }
      if (expr.otherwise !== null) visit(expr.otherwise);
      return;
    case 'in':
      visit(expr.arg);
      expr.list.forEach(visit);
      return;
    case 'array':
    case 'row':
      expr.items.forEach(visit);
      return;
    case 'lambda':
      expr.args.forEach(visit);
      expr.captured.forEach(visit);
      return;
    case 'subquery':
      if (expr.arg !== null) visit(expr.arg);
      return;
    case 'column':
    case 'outer':
    case 'literal':
    case 'param':
      return;
    default:
      unreachable(expr);
  }
}
