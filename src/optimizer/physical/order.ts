import { SqlError } from '../../common/errors.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import type { LogicalLimit, LogicalSort, LogicalTopN } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { pick, project } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { hashBy, isAppendOnly, SINGLE } from '../../planner/physical/props.ts';
import { firstRow, firstRowSettles } from '../../planner/physical/first-row.ts';
import { sort, topN, type TopNParts } from '../../planner/physical/top-n.ts';
import { Columns } from './columns.ts';
import { identity } from '../../planner/columns.ts';
import { literal } from '../build.ts';
import type { Lowering } from './context.ts';
import { fired } from './firing.ts';
import { limitedSource } from './scan.ts';
import { windowAmong } from './window-columns.ts';

/** ORDER BY, LIMIT and Top-N. */

/** Only the reader of a snapshot sees an order; a set of rows that changes has none. */
export function lowerSort(plan: LogicalSort, cx: Lowering, ordered: boolean): PhysicalPlan {
  const input = cx.lower(plan.input);
  if (!ordered) return input;
  if (!cx.snapshot) {
    cx.notice('ORDER BY without LIMIT has no effect on rows that keep changing: it is left out');
    return input;
  }
  return sorted(input, plan.keys, 0, Infinity);
}

function sorted(below: PhysicalPlan, keys: readonly SortKey[], offset: number, limit: number): PhysicalPlan {
  const { schema } = below.props;
  const columns = new Columns(schema, true);
  const order = columns.order(keys);
  const input = project(below, null, columns.exprs, columns.schema);
  const cut = Number.isFinite(limit) && isAppendOnly(input) && input.props.distribution.kind !== 'single';
  const local = cut ? sort(input, order, 0, offset + limit) : input;
  return pick(sort(placed(local, SINGLE), order, offset, limit), schema.map((_, i) => i));
}

export function lowerLimit(plan: LogicalLimit, cx: Lowering, ordered: boolean): PhysicalPlan {
  const offset = rowCount(plan.offset, 'OFFSET') ?? 0;
  const limit = rowCount(plan.limit, 'LIMIT') ?? Infinity;
  const keys = plan.input.kind === 'sort' ? plan.input.keys : [];
  const below = plan.input.kind === 'sort' ? plan.input.input : plan.input;
  const input = cx.lower(below, ordered && keys.length === 0);
  return plan.withTies && limit > 0 && Number.isFinite(limit) ? withTies(input, keys, offset, limit, cx) : limited(input, keys, offset, limit, cx);
}

/** In order where it is the answer of a snapshot. */
function withTies(input: PhysicalPlan, keys: readonly SortKey[], offset: number, limit: number, cx: Lowering): PhysicalPlan {
  const made = ranked(input, [], keys, { offset, limit, number: 'withTies', rank: null }, cx);
  return cx.snapshot && made.props.bounded ? sorted(made, keys, 0, Infinity) : made;
}

function limited(input: PhysicalPlan, keys: readonly SortKey[], offset: number, limit: number, cx: Lowering): PhysicalPlan {
  if (cx.snapshot) {
    const ending = keys.length === 0 && Number.isFinite(limit) ? (limitedSource(input, offset + limit) ?? input) : input;
    if (ending.props.bounded) return keys.length === 0 && isOrdered(ending) ? again(ending, offset, limit) : sorted(ending, keys, offset, limit);
  }
  return ranked(input, [], keys, { offset, limit, number: 'rows', rank: null }, cx);
}

/** LIMIT over a sorted subquery keeps its order. */
const isOrdered = (p: PhysicalPlan): boolean => p.kind === 'sort' || (p.kind === 'calc' && p.filter === null && isOrdered(p.input));

function again(p: PhysicalPlan, offset: number, limit: number): PhysicalPlan {
  if (p.kind === 'calc') {
    const input = again(p.input, offset, limit);
    return project(input, null, p.exprs, p.props.schema);
  }
  if (p.kind !== 'sort') return p;
  return sort(p.input, p.order, p.offset + offset, Math.max(0, Math.min(limit, p.limit - offset)));
}

export function lowerTopN(plan: LogicalTopN, cx: Lowering): PhysicalPlan {
  const input = cx.lower(plan.input);
  const { partition, order, offset, limit, number } = plan;
  if (partition.length === 0 && !plan.rank) {
    if (number === 'rows') return limited(input, order, offset, limit, cx);
    if (number === 'withTies') return withTies(input, order, offset, limit, cx);
  }
  const first = firstOf(plan, input, cx);
  if (first !== undefined) return first;
  return ranked(input, partition, order, { offset, limit, number, rank: plan.rank ? (plan.schema.at(-1)?.name ?? 'rank') : null }, cx);
}

/** Deduplication by event time, keeping the first row: final at the watermark. */
function firstOf(plan: LogicalTopN, below: PhysicalPlan, cx: Lowering): PhysicalPlan | undefined {
  if (cx.snapshot || plan.offset !== 0 || plan.limit !== 1 || plan.number !== 'rows') return undefined;
  const { schema } = below.props;
  const columns = new Columns(schema, true);
  const groups = plan.partition.map((e) => columns.add(e));
  const order = columns.order(plan.order).filter((o) => !groups.includes(o.column));
  const input = project(below, null, columns.exprs, columns.schema);
  // Per window it waits for the window's end, which frees it.
  if (!firstRowSettles(input, groups, order) || windowAmong(input, groups) !== null) return undefined;
  const made = firstRow(placed(input, hashBy(groups)), groups, order);
  const own = identity(schema);
  const number = plan.schema.slice(schema.length);
  return project(made, null, [...own, ...number.map(({ type }) => literal(1n, type))], [...schema, ...number]);
}

type Bounds = Pick<TopNParts, 'offset' | 'limit' | 'number' | 'rank'>;

function ranked(below: PhysicalPlan, partition: readonly Expr[], keys: readonly SortKey[], bounds: Bounds, cx: Lowering): PhysicalPlan {
  const { schema } = below.props;
  const columns = new Columns(schema, true);
  const groups = partition.map((e) => columns.add(e));
  const order = columns.order(keys);
  const input = project(below, null, columns.exprs, columns.schema);
  const placedInput = placed(input, hashBy(groups));
  const closes = cx.snapshot ? null : windowAmong(placedInput, groups);
  const ranking = topN({ input: placedInput, partition: groups, order, ...bounds, closes: closes?.column ?? null });
  const made = closes === null ? ranking : fired(ranking, closes, cx);
  const own = schema.map((_, i) => i);
  return pick(made, bounds.rank === null ? own : [...own, columns.exprs.length]);
}

/** A LIMIT or OFFSET that is known by now; null is no bound. */
function rowCount(e: Expr | null, what: 'LIMIT' | 'OFFSET'): number | null {
  if (e === null) return null;
  if (e.kind !== 'literal') throw new SqlError('feature_not_supported', `${what} must be a constant in this query`, { hint: 'Write the number, or pass it as a parameter of a plain SELECT.' });
  if (e.value === null) return null;
  const n = Number(e.value as bigint | number);
  if (n < 0) throw new SqlError(what === 'LIMIT' ? 'invalid_row_count_in_limit_clause' : 'invalid_row_count_in_result_offset_clause', `${what} must not be negative`);
  return n;
}
