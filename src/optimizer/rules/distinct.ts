import { identityOf } from '../build.ts';
import type { Rule } from '../rule.ts';

export const distinctToAggregate: Rule = {
  name: 'distinct-to-aggregate',
  doc: 'DISTINCT groups by all columns.',
  apply: (node) =>
    node.kind === 'distinct' && node.on === null && node.schema.length > 0
      ? { kind: 'aggregate', input: node.input, keys: identityOf(node.input), sets: null, calls: [], schema: node.schema }
      : undefined,
};

export const distinctOnToTopN: Rule = {
  name: 'distinct-on-to-top-n',
  doc: 'DISTINCT ON keeps the first row of each partition.',
  apply: (node) =>
    node.kind === 'distinct' && node.on !== null
      ? { kind: 'topN', input: node.input, partition: node.on, order: node.order, offset: 0, limit: 1, number: 'rows', rank: false, schema: node.schema }
      : undefined,
};
