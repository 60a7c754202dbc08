import { BIGINT } from '../../common/types/sql-type.ts';
import { FALSE, TRUE } from '../../planner/columns.ts';
import type { LogicalPlan, LogicalSetOp } from '../../planner/logical.ts';
import { aggregate, aggregateCall, bigint, call, columnOf, filter, firstColumns, identityOf, not, project } from '../build.ts';
import type { Rule, RuleContext } from '../rule.ts';

export const unionToDistinct: Rule = {
  name: 'union-to-distinct',
  doc: 'UNION is UNION ALL without duplicates.',
  apply: (node) =>
    node.kind === 'setOp' && node.op === 'union' && !node.all
      ? { kind: 'distinct', input: { ...node, all: true }, on: null, order: [], schema: node.schema }
      : undefined,
};

export const flattenUnion: Rule = {
  name: 'flatten-union',
  doc: 'UNION ALL of UNION ALL is one node; inputs without rows go.',
  apply(node) {
    if (node.kind !== 'setOp' || node.op !== 'union' || !node.all) return undefined;
    const flat = node.inputs.flatMap((p) => (p.kind === 'setOp' && p.op === 'union' && p.all ? p.inputs : [p]));
    const inputs = flat.filter((p) => p.kind !== 'values' || p.rows.length > 0);
    const [first] = inputs;
    if (first === undefined) return { kind: 'values', rows: [], schema: node.schema };
    if (inputs.length === 1) return firstColumns(first, node.schema);
    return inputs.length === node.inputs.length && inputs.every((p, i) => p === node.inputs[i]) ? undefined : { ...node, inputs };
  },
};

export const countSetOperation: Rule = {
  name: 'count-set-operation',
  doc: 'INTERSECT and EXCEPT count how often each row is on either side; with ALL its occurrences are numbered first.',
  apply(node, cx) {
    if (node.kind !== 'setOp' || node.op === 'union') return undefined;
    const [first, ...others] = node.inputs;
    if (first === undefined || others.length === 0) return undefined;
    let left: LogicalPlan = first;
    for (const right of others) left = counted(node, left, right, cx);
    return firstColumns(left, node.schema);
  },
};

/** The occurrences of each row numbered from 1, as a last column. */
function numbered(plan: LogicalPlan): LogicalPlan {
  const schema = [...plan.schema, { name: 'occurrence', type: BIGINT, nullable: false }];
  return { kind: 'topN', input: plan, partition: identityOf(plan), order: [], offset: 0, limit: Infinity, number: 'rows', rank: true, schema };
}

function counted(node: LogicalSetOp, a: LogicalPlan, b: LogicalPlan, cx: RuleContext): LogicalPlan {
  const sides = [a, b].map((side, i) => {
    const rows = node.all ? numbered(side) : side;
    return project(rows, [...identityOf(rows), i === 0 ? TRUE : FALSE], [...rows.schema.map((f) => f.name), 'is_left']);
  });
  const [l, r] = sides;
  if (l === undefined || r === undefined) return a;
  const schema = l.schema.map((f, i) => ({ ...f, nullable: f.nullable || (r.schema[i]?.nullable ?? true) }));
  const both: LogicalPlan = { kind: 'setOp', op: 'union', all: true, inputs: sides, schema };
  const flag = columnOf(both, schema.length - 1);
  const keys = identityOf(both).slice(0, -1);
  const grouped = aggregate(
    both,
    keys,
    [aggregateCall(cx.functions, 'count', [], { filter: flag }), aggregateCall(cx.functions, 'count', [], { filter: not(flag) })],
    [...schema.slice(0, -1).map((f) => f.name), 'on_left', 'on_right'],
  );
  const onLeft = columnOf(grouped, keys.length);
  const onRight = columnOf(grouped, keys.length + 1);
  const zero = bigint(0);
  const kept = filter(grouped, [call(cx.functions, '>', [onLeft, zero]), call(cx.functions, node.op === 'intersect' ? '>' : '=', [onRight, zero])]);
  return firstColumns(kept, node.schema.map((f, i) => ({ ...f, nullable: a.schema[i]?.nullable ?? f.nullable })));
}

