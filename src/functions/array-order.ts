import { SqlError } from '../common/errors.ts';
import { compareValues } from '../common/types/compare.ts';
import { numericAdd } from '../common/types/numeric-math.ts';
import { ZERO } from '../common/types/numeric-text.ts';
import { BIGINT, DOUBLE, NUMERIC, type SqlType } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { scalar } from './build.ts';
import type { FunctionDef } from './define.ts';
import { elementOf, elementType, onArray, sameArray, type ArrayEval } from './elements.ts';
import { addBig } from './integer.ts';

/** Sorting arrays, their extremes and sums. */

function sorted(list: readonly Value[], type: SqlType, descending: boolean, nullsFirst = !descending): Value[] {
  return [...list].sort((a, b) => {
    if (a === null || b === null) return a === b ? 0 : (a === null) === nullsFirst ? -1 : 1;
    const c = compareValues(a, b, type);
    return descending ? -c : c;
  });
}

function extreme(sign: 1 | -1): ArrayEval {
  return (list, type) => {
    let best: Value = null;
    for (const v of list) if (v !== null && (best === null || Math.sign(compareValues(v, best, type)) === sign)) best = v;
    return best;
  };
}

export const arrayOrderFunctions: readonly FunctionDef[] = [
  scalar('array_sort', [onArray([], sameArray, (list, type) => sorted(list, type, false)), onArray(['boolean'], sameArray, (list, type, [ascending = null]) => sorted(list, type, ascending === false)), onArray(['boolean', 'boolean'], sameArray, (list, type, [ascending = null, nullsFirst = null]) => sorted(list, type, ascending === false, nullsFirst === true))], 'In order, NULLs first; `false` for descending, NULLs last; a third argument says whether NULLs come first.', [['array_sort(array[3,1,2])', '{1,2,3}'], ['array_sort(array[3,null,1], true, false)', '{1,3,NULL}']]),
  scalar('array_max', [onArray([], elementType, extreme(1))], 'The largest element.', [['array_max(array[1,3,2])', '3']]),
  scalar('array_min', [onArray([], elementType, extreme(-1))], 'The smallest element.', [['array_min(array[3,1,2])', '1']]),
  scalar(
    'array_sum',
    [onArray([], (types) => sumType(elementOf(types[0])), sumOf)],
    'The sum of the elements that are not NULL; NULL when there are none.',
    [['array_sum(array[1, 2, null])', '3'], ['array_sum(array[1.5, 2])', '3.5']],
  ),
];

/** The type of a sum of elements. Errors: undefined_function for elements that are no numbers. */
function sumType(element: SqlType): SqlType {
  switch (element.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return BIGINT;
    case 'real':
    case 'double':
      return DOUBLE;
    case 'decimal':
    case 'numeric':
      return NUMERIC;
    default:
      throw new SqlError('undefined_function', 'array_sum needs an array of numbers');
  }
}

function sumOf(list: readonly Value[], element: SqlType): Value {
  const values = list.filter((v) => v !== null);
  if (values.length === 0) return null;
  const { kind } = sumType(element);
  if (kind === 'bigint') return values.reduce<bigint>((sum, v) => addBig(sum, BigInt(v as number | bigint)), 0n);
  if (kind === 'double') return values.reduce<number>((sum, v) => sum + (v as number), 0);
  return values.reduce<Numeric>((sum, v) => numericAdd(sum, v as Numeric), ZERO);
}
