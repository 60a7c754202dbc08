import { isIdentity, substitute } from '../../planner/columns.ts';
import { mergeable } from '../../planner/volatility.ts';
import type { Rule } from '../rule.ts';

export const mergeProjects: Rule = {
  name: 'merge-projects',
  doc: 'A projection over a projection is one projection.',
  apply(node) {
    if (node.kind !== 'project' || node.input.kind !== 'project' || node.input.once !== undefined || !mergeable(node.exprs, node.input.exprs)) return undefined;
    const { exprs } = node.input;
    return { ...node, input: node.input.input, exprs: node.exprs.map((e) => substitute(e, exprs)) };
  },
};

export const removeProject: Rule = {
  name: 'remove-project',
  doc: 'A projection to the same columns under the same names goes.',
  apply: (node) =>
    node.kind === 'project' && node.once === undefined && isIdentity(node.exprs, node.input.schema.length) && node.schema.every((f, i) => f.name === node.input.schema[i]?.name)
      ? node.input
      : undefined,
};
