import { compareValues } from '../common/types/compare.ts';
import { TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { typeOfArgument } from './build.ts';
import type { EvalContext, ScalarOverload } from './define.ts';

/** What functions over arrays share. Subscripts start at 1; NULL elements equal one another, as in IS NOT DISTINCT FROM. */

export const elementOf = (type: SqlType | undefined): SqlType => (type?.kind === 'array' ? type.element : TEXT);

export function same(a: Value, b: Value, type: SqlType): boolean {
  return a === null || b === null ? a === b : compareValues(a, b, type) === 0;
}

export type ArrayEval = (list: Value[], element: SqlType, rest: readonly Value[], cx: EvalContext) => Value;

/** An overload whose first argument is the array. */
export function onArray(rest: readonly ScalarOverload['args'][number][], returns: ScalarOverload['returns'], fn: ArrayEval, nulls: 'strict' | 'custom' = 'strict'): ScalarOverload {
  return {
    args: ['anyarray', ...rest],
    returns,
    volatility: 'immutable',
    nulls,
    eval: ([list = null, ...others], cx, types) => (list === null ? null : fn(list as Value[], elementOf(types[0]), others, cx)),
  };
}

export const sameArray: (args: readonly SqlType[]) => SqlType = typeOfArgument(0);
export const elementType = ([a]: readonly SqlType[]): SqlType => elementOf(a);
