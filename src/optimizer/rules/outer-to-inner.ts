import { splitConjunction } from '../../planner/columns.ts';
import type { JoinType, LogicalJoin } from '../../planner/logical.ts';
import { rejectsNulls } from '../analysis/null-rejecting.ts';
import { filter, joinSchema } from '../build.ts';
import type { Rule } from '../rule.ts';

export const outerToInner: Rule = {
  name: 'outer-to-inner',
  doc: 'An outer join whose padded rows a filter above can not let pass pads no more.',
  apply(node, cx) {
    if (node.kind !== 'filter' || node.input.kind !== 'join') return undefined;
    const { input } = node;
    if (input.type !== 'left' && input.type !== 'right' && input.type !== 'full') return undefined;
    const width = input.left.schema.length;
    const parts = splitConjunction(node.condition);
    const noLeftPads = parts.some((p) => rejectsNulls(p, (i) => i < width, cx.functions));
    const noRightPads = parts.some((p) => rejectsNulls(p, (i) => i >= width, cx.functions));
    const type = narrowed(input.type, noLeftPads, noRightPads);
    if (type === input.type) return undefined;
    const join: LogicalJoin = { ...input, type, schema: joinSchema(type, input.left.schema, input.right.schema) };
    return filter(join, parts);
  },
};

function narrowed(type: JoinType, noLeftPads: boolean, noRightPads: boolean): JoinType {
  const padsLeft = (type === 'right' || type === 'full') && !noLeftPads;
  const padsRight = (type === 'left' || type === 'full') && !noRightPads;
  return padsLeft ? (padsRight ? 'full' : 'right') : padsRight ? 'left' : 'inner';
}
