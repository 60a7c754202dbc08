import { SqlError } from '../common/errors.ts';
import { typeOfArgument } from './build.ts';
import type { FunctionDef } from './define.ts';

/** What a plan needs where a subquery has become a join. */
export const subqueryFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: 'single_row_value',
    overloads: [
      {
        args: ['anyelement', 'bigint'],
        returns: typeOfArgument(0),
        volatility: 'immutable',
        nulls: 'custom',
        eval: ([value = null, rows = null]) => {
          if (rows !== null && (rows as bigint) > 1n) throw new SqlError('cardinality_violation', 'more than one row returned by a subquery used as an expression');
          return value;
        },
      },
    ],
    doc: 'The value of a scalar subquery, given with the number of its rows; an error when there are several. Plans of subqueries use it.',
    examples: [['single_row_value(5, 1)', '5']],
  },
];
