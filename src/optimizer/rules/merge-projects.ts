import { mapColumns, substitute, isIdentity } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { isVolatile } from '../../planner/volatility.ts';
import type { Rule } from '../rule.ts';

/** Whether the upper expressions may take the lower ones in: nothing costly is computed twice, nothing volatile at all. */
export function mergeable(upper: readonly Expr[], lower: readonly Expr[]): boolean {
  if (lower.some((e) => isVolatile(e))) return false;
  const uses = new Map<number, number>();
  for (const e of upper) {
    mapColumns(e, (c) => {
      uses.set(c.index, (uses.get(c.index) ?? 0) + 1);
      return c;
    });
  }
  return lower.every((e, i) => e.kind === 'column' || e.kind === 'literal' || (uses.get(i) ?? 0) <= 1);
}

export const mergeProjects: Rule = {
  name: 'merge-projects',
  doc: 'A projection over a projection is one projection.',
  apply(node) {
    if (node.kind !== 'project' || node.input.kind !== 'project' || !mergeable(node.exprs, node.input.exprs)) return undefined;
    const { exprs } = node.input;
    return { ...node, input: node.input.input, exprs: node.exprs.map((e) => substitute(e, exprs)) };
  },
};

export const removeProject: Rule = {
  name: 'remove-project',
  doc: 'A projection to the same columns under the same names goes.',
  apply: (node) =>
    node.kind === 'project' && isIdentity(node.exprs, node.input.schema.length) && node.schema.every((f, i) => f.name === node.input.schema[i]?.name)
      ? node.input
      : undefined,
};
