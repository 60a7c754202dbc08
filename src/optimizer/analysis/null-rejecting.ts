import type { FunctionLookup } from '../../functions/resolve.ts';
import type { Expr } from '../../planner/expr.ts';

/** What an expression gives when some columns are NULL. */
type Outcome = 'null' | 'notTrue' | 'any';

/** Whether the condition can't be TRUE when all of these columns are NULL: padded rows of an outer join don't pass it. */
export function rejectsNulls(condition: Expr, isNullColumn: (index: number) => boolean, functions: FunctionLookup): boolean {
  return outcome(condition, isNullColumn, functions) !== 'any';
}

function outcome(e: Expr, isNullColumn: (index: number) => boolean, functions: FunctionLookup): Outcome {
  const of = (x: Expr): Outcome => outcome(x, isNullColumn, functions);
  switch (e.kind) {
    case 'column':
      return isNullColumn(e.index) ? 'null' : 'any';
    case 'literal':
      return e.value === null ? 'null' : e.value === false ? 'notTrue' : 'any';
    case 'cast':
      return of(e.arg) === 'null' ? 'null' : 'any';
    case 'call': {
      const def = functions.find(e.name);
      const strict = def?.kind === 'scalar' && def.overloads[e.overload]?.nulls === 'strict';
      return strict && e.args.some((a) => of(a) === 'null') ? 'null' : 'any';
    }
    case 'and':
      return e.args.some((a) => of(a) !== 'any') ? 'notTrue' : 'any';
    case 'or':
      return e.args.every((a) => of(a) !== 'any') ? 'notTrue' : 'any';
    case 'not':
    case 'field':
      return of(e.arg) === 'null' ? 'null' : 'any';
    case 'isNull':
      return e.negated && of(e.arg) === 'null' ? 'notTrue' : 'any';
    case 'in':
      return of(e.arg) === 'null' ? 'null' : 'any';
    default:
      return 'any';
  }
}
