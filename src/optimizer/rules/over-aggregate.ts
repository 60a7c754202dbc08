import { isNullable } from '../../planner/bind/coerce.ts';
import { columnsOf } from '../../planner/columns.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';
import type { LogicalPlan, OverCall } from '../../planner/logical.ts';
import { aggregate, call, columnOf, identityOf, join, project } from '../build.ts';
import { shiftColumns } from '../../planner/columns.ts';
import type { Rule } from '../rule.ts';

/** An aggregate over the whole partition, the same for all its rows. */
const isWhole = (c: OverCall): boolean =>
  c.overload >= 0 && c.order.length === 0 && (c.frame === null || (c.frame.exclude === 'no others' && c.frame.start.kind === 'unboundedPreceding' && (c.frame.end.kind === 'unboundedFollowing' || c.frame.unit === 'range')));

export const overAggregateToJoin: Rule = {
  name: 'over-aggregate-to-join',
  doc: 'An aggregate OVER whole partitions, whose keys are never NULL, is a join with the aggregate by those keys.',
  apply(node, cx) {
    if (node.kind !== 'over') return undefined;
    const [first] = node.calls;
    if (first === undefined || !node.calls.every(isWhole)) return undefined;
    const partition = canonicalText(first.partition);
    if (node.calls.some((c) => canonicalText(c.partition) !== partition)) return undefined;
    const keys = first.partition;
    // NULL keys would meet nothing in a join, though they are a partition of their own.
    if (keys.some(isNullable) || keys.some((k) => columnsOf(k).length === 0)) return undefined;
    const calls = node.calls.map((c) => ({ name: c.name, overload: c.overload, args: c.args, distinct: false, filter: c.filter, orderBy: [], type: c.type, nullable: true }));
    const grouped = aggregate(node.input, keys, calls, []);
    const width = node.input.schema.length;
    const conditions = keys.map((k, i) => call(cx.functions, '=', [k, shiftColumns(columnOf(grouped, i), width)]));
    const joined: LogicalPlan = join('inner', node.input, grouped, conditions);
    const results = calls.map((_, i) => columnOf(joined, width + keys.length + i));
    return { ...project(joined, [...identityOf(node.input), ...results], node.schema.map((f) => f.name)), schema: node.schema };
  },
};
