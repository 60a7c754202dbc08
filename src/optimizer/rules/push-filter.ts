import { columnsOf, conjunction, hasSubquery, isTrue, mapColumns, shiftColumns, splitConjunction, substitute } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalFilter, LogicalJoin, LogicalPlan } from '../../planner/logical.ts';
import { exprEquals } from '../../planner/bind/equal.ts';
import { isVolatile } from '../../planner/volatility.ts';
import { filter, joinSchema } from '../build.ts';
import type { Rule } from '../rule.ts';

/** Conditions go towards the rows: each rule knows one kind of node to pass. Volatile conditions stay where they are. */

interface Split {
  readonly below: readonly Expr[];
  readonly stay: readonly Expr[];
}

function split(parts: readonly Expr[], goes: (e: Expr) => boolean): Split | undefined {
  const movable = (e: Expr): boolean => !isVolatile(e) && goes(e);
  const below = parts.filter(movable);
  return below.length === 0 ? undefined : { below, stay: parts.filter((e) => !movable(e)) };
}

const within = (e: Expr, allowed: (column: number) => boolean): boolean => columnsOf(e).every(allowed);

/** `push(input, parts)` gives the new plan below what stays, or undefined. */
function pushing(name: string, doc: string, push: (input: LogicalPlan, parts: readonly Expr[], node: LogicalFilter) => { readonly plan: LogicalPlan; readonly stay: readonly Expr[] } | undefined): Rule {
  return {
    name,
    doc,
    apply(node) {
      if (node.kind !== 'filter') return undefined;
      const made = push(node.input, splitConjunction(node.condition), node);
      return made === undefined ? undefined : filter(made.plan, made.stay);
    },
  };
}

export const pushFilterProject: Rule = pushing('push-filter-project', 'A filter goes below a projection, over what its columns are made of.', (input, parts) => {
  if (input.kind !== 'project' || input.once !== undefined) return undefined;
  const fixed = input.exprs.map((e) => !isVolatile(e) && !hasSubquery(e));
  const cut = split(parts, (e) => within(e, (c) => fixed[c] === true));
  if (cut === undefined) return undefined;
  return { plan: { ...input, input: filter(input.input, cut.below.map((e) => substitute(e, input.exprs))) }, stay: cut.stay };
});

/** Through nodes that pass rows on as they are, or that drop rows whole groups at a time. */
export const pushFilterUnary: Rule = pushing('push-filter-unary', 'A filter goes below DISTINCT, sorting, windows, Top-N and OVER, where it takes whole groups away.', (input, parts) => {
  const keep = passes(input);
  if (keep === undefined || !('input' in input)) return undefined;
  const cut = split(parts, keep);
  return cut === undefined ? undefined : { plan: { ...input, input: filter(input.input, cut.below) }, stay: cut.stay };
});

/** Which conditions may pass the node. */
function passes(p: LogicalPlan): ((e: Expr) => boolean) | undefined {
  switch (p.kind) {
    case 'sort':
      return () => true;
    case 'distinct':
      return p.on === null ? () => true : (e) => within(e, (c) => p.on?.some((k) => k.kind === 'column' && k.index === c) === true);
    case 'window':
      // Rows that are left out of a session would break it up.
      if (p.window.kind === 'session') return ((keys) => (e) => within(e, (c) => keys.includes(c)))(p.window.keys);
      return (e) => within(e, (c) => c < p.input.schema.length);
    case 'topN':
      return (e) => within(e, (c) => p.partition.some((k) => k.kind === 'column' && k.index === c));
    case 'over':
      return (e) => within(e, (c) => p.calls.every((call) => call.partition.some((k) => k.kind === 'column' && k.index === c)));
    default:
      return undefined;
  }
}

export const pushFilterAggregate: Rule = pushing('push-filter-aggregate', 'A filter on group keys is applied before the aggregate.', (input, parts) => {
  if (input.kind !== 'aggregate' || input.keys.length === 0 || input.sets !== null) return undefined;
  // Without a column it would let the groups of no row through.
  const cut = split(parts, (e) => columnsOf(e).length > 0 && within(e, (c) => input.keys[c] !== undefined && !isVolatile(input.keys[c])));
  return cut === undefined ? undefined : { plan: { ...input, input: filter(input.input, cut.below.map((e) => substitute(e, input.keys))) }, stay: cut.stay };
});

export const pushFilterSetOp: Rule = pushing('push-filter-set-op', 'A filter on a set operation is applied to each side.', (input, parts) => {
  if (input.kind !== 'setOp') return undefined;
  const cut = split(parts, () => true);
  if (cut === undefined) return undefined;
  const nullable = (p: LogicalPlan, e: Expr): Expr => mapColumns(e, (c) => ({ ...c, nullable: p.schema[c.index]?.nullable ?? true }));
  return { plan: { ...input, inputs: input.inputs.map((p) => filter(p, cut.below.map((e) => nullable(p, e)))) }, stay: cut.stay };
});

/** Which sides of a join a condition above it may go to. */
export const pushFilterJoin: Rule = pushing('push-filter-join', 'A filter on one side of a join is applied to that side; one on both becomes a join condition.', (input, parts) => {
  if (input.kind !== 'join') return undefined;
  const { type } = input;
  const width = input.left.schema.length;
  const toLeft = type === 'inner' || type === 'left' || type === 'semi' || type === 'anti';
  const toRight = (type === 'inner' || type === 'right') && !input.lateral;
  const isLeft = (e: Expr): boolean => toLeft && within(e, (c) => c < width);
  const isRight = (e: Expr): boolean => toRight && columnsOf(e).length > 0 && within(e, (c) => c >= width);
  const cut = split(parts, (e) => isLeft(e) || isRight(e) || type === 'inner');
  if (cut === undefined) return undefined;
  const left = cut.below.filter(isLeft);
  const right = cut.below.filter((e) => !isLeft(e) && isRight(e));
  const here = cut.below.filter((e) => !isLeft(e) && !isRight(e));
  const plan: LogicalJoin = {
    ...input,
    left: filter(input.left, left),
    right: filter(input.right, right.map((e) => shiftColumns(e, -width))),
    condition: conjunction([...splitConjunction(input.condition), ...here]),
  };
  return { plan, stay: cut.stay };
});

export const pushFilterAsOf: Rule = pushing('push-filter-as-of', 'A filter on the left side of an as-of join is applied to that side; what the right side shows hangs on all of its rows. Equalities of the sides of an inner look-up or temporal join become its condition.', (input, parts) => {
  if (input.kind !== 'asOfJoin') return undefined;
  const width = input.left.schema.length;
  const isLeft = (e: Expr): boolean => within(e, (c) => c < width);
  const isKey = (e: Expr): boolean => input.form !== 'nearest' && input.type === 'inner' && e.kind === 'call' && e.name === '=' && columnsOf(e).some((c) => c < width) && columnsOf(e).some((c) => c >= width);
  const cut = split(parts, (e) => isLeft(e) || isKey(e));
  if (cut === undefined) return undefined;
  const keys = cut.below.filter((e) => !isLeft(e));
  return {
    plan: { ...input, left: filter(input.left, cut.below.filter(isLeft)), condition: keys.length === 0 ? input.condition : conjunction([...splitConjunction(input.condition), ...keys]) },
    stay: cut.stay,
  };
});

/** A join condition on one side alone, where it can't change which rows are padded. */
export const pushJoinCondition: Rule = {
  name: 'push-join-condition',
  doc: 'A join condition on one side alone becomes a filter of that side.',
  apply(node) {
    if (node.kind !== 'join' || node.condition === null) return undefined;
    const { type } = node;
    const width = node.left.schema.length;
    const toLeft = type === 'inner' || type === 'right' || type === 'semi';
    const toRight = (type === 'inner' || type === 'left' || type === 'semi' || type === 'anti') && !node.lateral;
    const parts = splitConjunction(node.condition);
    const free = (e: Expr): boolean => !isVolatile(e) && columnsOf(e).length > 0;
    const left = parts.filter((e) => free(e) && toLeft && within(e, (c) => c < width));
    const right = parts.filter((e) => free(e) && toRight && within(e, (c) => c >= width));
    if (left.length === 0 && right.length === 0) return parts.length === 0 && node.condition !== null ? { ...node, condition: null } : undefined;
    const rest = parts.filter((e) => !left.includes(e) && !right.includes(e) && !isTrue(e));
    const newLeft = filter(node.left, left);
    const newRight = filter(node.right, right.map((e) => shiftColumns(e, -width)));
    return { ...node, left: newLeft, right: newRight, condition: conjunction(rest), schema: joinSchema(type, newLeft.schema, newRight.schema) };
  },
};

/** A conjunct of every alternative is a conjunct of the whole: (a AND b) OR (a AND c) is a AND (b OR c). */
export const factorDisjunction: Rule = {
  name: 'factor-disjunction',
  doc: 'What all branches of an OR have in common stands beside it, where a join can use it.',
  apply(node) {
    if (node.kind !== 'filter' && node.kind !== 'join') return undefined;
    const parts = splitConjunction(node.condition);
    const made = parts.flatMap(factored);
    return made.length === parts.length ? undefined : { ...node, condition: conjunction(made) as Expr };
  },
};

function factored(e: Expr): Expr[] {
  if (e.kind !== 'or' || isVolatile(e)) return [e];
  const branches = e.args.map(splitConjunction);
  const common = (branches[0] ?? []).filter((c) => branches.every((b) => b.some((x) => exprEquals(x, c))));
  if (common.length === 0) return [e];
  const rest = branches.map((b) => conjunction(b.filter((x) => !common.some((c) => exprEquals(c, x)))));
  const open = rest.filter((r) => r !== null);
  // A branch that is nothing but the common part makes the OR true.
  if (open.length < rest.length) return common;
  return [...common, { kind: 'or', args: open }];
}
