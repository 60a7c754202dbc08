import { hasOuter, hasSubquery, substitute } from '../../planner/columns.ts';
import { isVolatile } from '../../planner/volatility.ts';
import type { Rule } from '../rule.ts';

export const projectValues: Rule = {
  name: 'project-values',
  doc: 'A projection of constant rows gives constant rows.',
  apply(node) {
    if (node.kind !== 'project' || node.input.kind !== 'values' || node.once !== undefined) return undefined;
    const { rows } = node.input;
    if (node.exprs.some((e) => isVolatile(e) || hasSubquery(e) || hasOuter(e)) || rows.some((r) => r.some((e) => isVolatile(e)))) return undefined;
    return { kind: 'values', rows: rows.map((row) => node.exprs.map((e) => substitute(e, row))), schema: node.schema };
  },
};
