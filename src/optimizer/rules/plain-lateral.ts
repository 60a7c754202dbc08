import { isCorrelated } from '../../planner/walk.ts';
import { functionOfLeft } from '../physical/table-function.ts';
import type { Rule } from '../rule.ts';

export const plainLateral: Rule = {
  name: 'plain-lateral',
  doc: 'A lateral join whose right side does not look at the left row any more, such as a function written out as its rows, is a plain one.',
  apply(node) {
    if (node.kind !== 'join' || !node.lateral || isCorrelated(node.right) || functionOfLeft(node) !== undefined) return undefined;
    return { ...node, lateral: false };
  },
};
