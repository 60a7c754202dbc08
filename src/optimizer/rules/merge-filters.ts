import { splitConjunction, isNeverTrue } from '../../planner/columns.ts';
import { filter } from '../build.ts';
import type { Rule } from '../rule.ts';

export const mergeFilters: Rule = {
  name: 'merge-filters',
  doc: 'A filter over a filter is one filter; one that is always true goes.',
  apply(node) {
    if (node.kind !== 'filter') return undefined;
    const parts = splitConjunction(node.condition);
    if (parts.length === 0) return node.input;
    return node.input.kind === 'filter' ? filter(node.input.input, [...splitConjunction(node.input.condition), ...parts]) : undefined;
  },
};

export const emptyFilter: Rule = {
  name: 'empty-filter',
  doc: 'What a filter that is never true lets pass is no row at all.',
  apply: (node) => (node.kind === 'filter' && splitConjunction(node.condition).some(isNeverTrue) ? { kind: 'values', rows: [], schema: node.schema } : undefined),
};
