import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { resolveScalar, type ResolvedScalar } from '../../functions/resolve.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { isClock } from '../clocks.ts';
import { coerce, isNullable } from './coerce.ts';
import type { ExprEnv } from './env.ts';

/** Functions that give NULL only for NULL, so that their results can be known not to be NULL. */
const TOTAL: ReadonlySet<string> = new Set([
  '=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '||', 'mod', 'abs', 'upper', 'lower', 'length', 'extract', 'date_trunc', 'now', 'proctime',
  'concat', '~~', '!~~', '~~*', '!~~*', '~', '!~', '~*', '!~*', 'round', 'floor', 'ceil', 'hour', 'minute', 'second', 'year', 'month', 'date_format', 'coalesce',
]);

/** Volatile, but a job records their values and gives the same ones again after a restart. */
const REPLAYED: ReadonlySet<string> = new Set(['proctime']);

/** A scalar function or operator applied to bound arguments, with the casts its overload needs. */
export function scalarCall(env: ExprEnv, name: string, args: readonly Expr[], span: Span): Expr {
  const types = args.map((a) => typeOf(a));
  const found = resolveScalar(env.cx.functions, name, types, span);
  return finishCall(env, found, args, span);
}

export function finishCall(env: ExprEnv, found: ResolvedScalar, args: readonly Expr[], span: Span): Expr {
  const overload = found.def.overloads[found.overload];
  if (overload?.volatility === 'volatile' && !REPLAYED.has(found.def.name)) env.notes.volatile.add(found.def.name);
  const cast = args.map((arg, i) => coerceArgument(env, arg, found.argTypes[i], span));
  const nullable = found.def.name === 'is_distinct' || found.def.name === 'is_not_distinct' ? false : !TOTAL.has(found.def.name) || cast.some(isNullable);
  const call: Expr & { kind: 'call' } = { kind: 'call', name: found.def.name, overload: found.overload, args: cast, type: found.returns, nullable, span };
  return env.notes.place(overload?.volatility === 'volatile' && !isClock(call) ? { ...call, draw: env.notes.draw() } : call, span);
}

function coerceArgument(env: ExprEnv, arg: Expr, target: SqlType | undefined, span: Span): Expr {
  return target === undefined ? arg : coerce(env, arg, target, 'implicit', span);
}

export const textLiteral = (value: string): Expr => ({ kind: 'literal', value, type: { kind: 'varchar' } });

/** Comparison of two bound values; rows are compared field by field. Errors: undefined_function. */
export function compare(env: ExprEnv, operator: string, left: Expr, right: Expr, span: Span): Expr {
  if (left.kind === 'row' && right.kind === 'row') return compareRows(env, operator, left.items, right.items, span);
  return scalarCall(env, operator, [left, right], span);
}

function compareRows(env: ExprEnv, operator: string, a: readonly Expr[], b: readonly Expr[], span: Span): Expr {
  if (a.length !== b.length) throw new SqlError('syntax_error', 'unequal number of entries in row expressions', { span });
  const pair = (op: string, i: number): Expr => compare(env, op, a[i] as Expr, b[i] as Expr, span);
  const indexes = a.map((_, i) => i);
  switch (operator) {
    case '=':
      return all('and', indexes.map((i) => pair('=', i)));
    case '<>':
      return all('or', indexes.map((i) => pair('<>', i)));
    case '<':
    case '<=':
    case '>':
    case '>=': {
      // (a, b) < (c, d): a < c, or a = c and b < d.
      const strict = operator.slice(0, 1);
      return all('or', indexes.map((i) => {
        const last = i === a.length - 1;
        return all('and', [...indexes.slice(0, i).map((j) => pair('=', j)), pair(last ? operator : strict, i)]);
      }));
    }
    default:
      throw new SqlError('feature_not_supported', `operator ${operator} is not supported for row expressions`, { span, hint: 'Row expressions can be compared by =, <>, <, <=, > and >=.' });
  }
}

export function all(kind: 'and' | 'or', args: readonly Expr[]): Expr {
  const [only] = args;
  return only !== undefined && args.length === 1 ? only : { kind, args };
}
