import { INT } from '../../common/types/sql-type.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import { aggregate, columnOf, literal } from '../build.ts';
import type { Rule } from '../rule.ts';

/**
 * What lies below is the same in every branch and runs once. The set of no keys is an aggregate without GROUP BY, which has
 * its row even where there is nothing to aggregate, and a set with a window's columns is a windowed aggregate.
 */
export const groupingSetsToUnion: Rule = {
  name: 'grouping-sets-to-union',
  doc: 'GROUPING SETS, ROLLUP and CUBE become one aggregate for each set, told apart by a constant.',
  apply(node) {
    if (node.kind !== 'aggregate' || node.sets === null) return undefined;
    const { input, keys, calls, schema } = node;
    const width = keys.length;
    const inputs = node.sets.map((set, n) => {
      const made = aggregate(input, set.map((k) => keys[k] as Expr), calls, [...set.map((k) => schema[k]?.name ?? ''), ...schema.slice(width, -1).map((f) => f.name)]);
      const exprs = [
        ...keys.map((k, i) => (set.includes(i) ? columnOf(made, set.indexOf(i)) : literal(null, typeOf(k)))),
        ...calls.map((_, i) => columnOf(made, set.length + i)),
        literal(n, INT),
      ];
      return { kind: 'project', input: made, exprs, schema } as const;
    });
    return { kind: 'setOp', op: 'union', all: true, inputs, schema };
  },
};
