import { SqlError } from '../../common/errors.ts';
import { evaluatePlan } from '../../planner/naive.ts';
import type { Row } from '../../common/types/value.ts';
import { literal } from '../build.ts';
import type { Rule } from '../rule.ts';

/** More rows than this are not worth being part of a plan. */
const ROWS_MAX = 100_000;

export const tableFunctionValues: Rule = {
  name: 'table-function-values',
  doc: 'A set-returning function of constants becomes its rows.',
  apply(node, cx) {
    if (node.kind !== 'tableFunction' || !node.args.every((e) => e.kind === 'literal' || (e.kind === 'array' && e.items.every((i) => i.kind === 'literal')))) return undefined;
    const def = cx.functions.find(node.name);
    if (def?.kind !== 'table' || def.overloads[node.overload]?.volatility !== 'immutable') return undefined;
    const rows: Row[] = [];
    try {
      for (const row of evaluatePlan(node, { functions: cx.functions, eval: cx.eval, params: [], scan: () => [] })) {
        if (rows.push(row) > ROWS_MAX) return undefined;
      }
    } catch (error) {
      if (error instanceof SqlError) return undefined;
      throw error;
    }
    return { kind: 'values', rows: rows.map((r) => r.map((v, i) => literal(v, node.schema[i]?.type ?? { kind: 'unknown' }))), schema: node.schema };
  },
};
