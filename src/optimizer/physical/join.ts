import type { Schema } from '../../common/batch/batch.ts';
import { notSupported } from '../../common/errors.ts';
import { NUMERIC, TIMESTAMP, physicalOf, typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { commonTypeOf } from '../../functions/common-type.ts';
import { columnsOf, conjunction, hasSubquery, isTrue, remapColumns, shiftColumns, splitConjunction } from '../../planner/columns.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalJoin } from '../../planner/logical.ts';
import type { Distribution, PhysicalHashJoin, PhysicalPlan } from '../../planner/physical.ts';
import { pick, withColumns } from '../../planner/physical/calc.ts';
import { exchange, placed } from '../../planner/physical/exchange.ts';
import { hashJoin } from '../../planner/physical/hash-join.ts';
import { intervalJoin } from '../../planner/physical/interval-join.ts';
import { hashBy, inputsOf, isAppendOnly, isEventTime, SINGLE } from '../../planner/physical/props.ts';
import { isVolatile } from '../../planner/volatility.ts';
import type { Lowering } from './context.ts';
import { fired } from './firing.ts';
import { timeRange, type TimeRange } from './time-bounds.ts';
import { closingBy } from './window-columns.ts';
import { functionOfLeft, lowerFunctionJoin } from './table-function.ts';

interface EquiKeys {
  /** Over the left input. */
  readonly left: readonly Expr[];
  /** Over the right input. */
  readonly right: readonly Expr[];
  /** Over left ++ right. */
  readonly rest: readonly Expr[];
  /** Pairs compared by IS NOT DISTINCT FROM. */
  readonly nullSafe: readonly number[];
}

/** Equalities between the sides, with casts where the layouts differ; the rest is tested per pair. */
export function equiKeys(condition: Expr | null, width: number): EquiKeys {
  const left: Expr[] = [];
  const right: Expr[] = [];
  const rest: Expr[] = [];
  const nullSafe: number[] = [];
  for (const part of splitConjunction(condition)) {
    const pair = sides(part, width);
    if (pair === undefined) rest.push(part);
    else {
      if (part.kind === 'call' && part.name === 'is_not_distinct') nullSafe.push(left.length);
      left.push(pair[0]);
      right.push(shiftColumns(pair[1], -width));
    }
  }
  return { left, right, rest, nullSafe };
}

function sides(e: Expr, width: number): readonly [Expr, Expr] | undefined {
  if (e.kind !== 'call' || (e.name !== '=' && e.name !== 'is_not_distinct') || e.args.length !== 2 || hasSubquery(e) || isVolatile(e)) return undefined;
  const [a, b] = e.args;
  if (a === undefined || b === undefined) return undefined;
  const side = (x: Expr): 'left' | 'right' | undefined => {
    const columns = columnsOf(x);
    if (columns.length === 0) return undefined;
    return columns.every((c) => c < width) ? 'left' : columns.every((c) => c >= width) ? 'right' : undefined;
  };
  if (side(a) === 'left' && side(b) === 'right') return sameLayout(a, b);
  if (side(a) === 'right' && side(b) === 'left') return sameLayout(b, a);
  return undefined;
}

const plainCast = (e: Expr, type: SqlType): Expr => (typeEquals(typeOf(e), type) ? e : { kind: 'cast', arg: e, type, try: false });

/** Keys are compared column by column: both need one layout and one scale. */
export function sameLayout(a: Expr, b: Expr): readonly [Expr, Expr] | undefined {
  const x = typeOf(a);
  const y = typeOf(b);
  const agree = (s: SqlType, t: SqlType): boolean => s.kind === t.kind && physicalOf(s) === physicalOf(t) && (s.kind !== 'decimal' || t.kind !== 'decimal' || s.scale === t.scale);
  if (agree(x, y)) return [a, b];
  const exact = (t: SqlType): boolean => t.kind === 'decimal' || t.kind === 'numeric';
  const common = exact(x) || exact(y) ? NUMERIC : commonTypeOf(x, y);
  if (common === undefined || common.kind === 'unknown' || (common.kind === 'numeric' && (x.kind === 'double' || y.kind === 'double' || x.kind === 'real' || y.kind === 'real'))) return undefined;
  return [plainCast(a, common), plainCast(b, common)];
}

export function lowerJoin(plan: LogicalJoin, cx: Lowering): PhysicalPlan {
  const correlated = functionOfLeft(plan);
  if (correlated !== undefined) return lowerFunctionJoin(plan, correlated, cx);
  if (plan.lateral) {
    throw notSupported('this LATERAL join', plan.span, 'Only lateral queries that can be turned into a plain join are run continuously; write it as a join with a condition.');
  }
  const width = plan.left.schema.length;
  const keys = equiKeys(plan.condition, width);
  const left = withKeys(cx.lower(plan.left), keys.left);
  const right = withKeys(cx.lower(plan.right), keys.right);
  const grown = left.plan.props.schema.length;
  const rest = keys.rest.filter((e) => !isTrue(e));
  const residual = conjunction(rest.map((e) => remapColumns(e, (i) => (i < width ? i : i - width + grown))));
  const range = cx.snapshot || keys.nullSafe.length > 0 ? undefined : rangeBetween(plan, left, right);
  const alone = (): [PhysicalPlan, PhysicalPlan] => (range === undefined ? oneWorker(plan, left.plan, right.plan, cx) : [placed(left.plan, SINGLE), placed(right.plan, SINGLE)]);
  const [l, r] = keys.left.length === 0 ? alone() : together(left.plan, left.at, right.plan, right.at);
  const leftOnly = plan.type === 'semi' || plan.type === 'anti';
  const schema = leftOnly ? l.props.schema : padded(l.props.schema, r.props.schema, plan.type);
  const parts = { left: l, right: r, type: plan.type, leftKeys: left.at, rightKeys: right.at, residual, nullSafeKeys: keys.nullSafe, schema };
  const made = range === undefined ? atClose(hashJoin(parts), cx) : intervalJoin({ ...parts, leftTime: range.left, rightTime: range.right, lowerMicros: range.lower, upperMicros: range.upper });
  const kept = [...plan.left.schema.map((_, i) => i), ...(leftOnly ? [] : plan.right.schema.map((_, i) => grown + i))];
  const out = pick(made, kept);
  return { ...out, props: { ...out.props, schema: plan.schema } };
}

/** Rows of a window join that may still find a partner wait for the watermark, so that what is sent is final. */
function atClose(join: PhysicalHashJoin, cx: Lowering): PhysicalPlan {
  const [key] = join.windowKeys;
  if (key === undefined || cx.snapshot || isAppendOnly(join)) return join;
  const left = join.leftKeys[key] as number;
  const right = join.rightKeys[key] as number;
  const width = join.left.props.schema.length;
  if (join.type !== 'full') {
    const isRight = join.type === 'right';
    const { slackMicros, times, column } = isRight ? closingBy(join.right, right) : closingBy(join.left, left);
    const at = (c: number): number => (isRight ? width + c : c);
    return fired(join, { column: at(column), slackMicros, times: times.map(at) }, cx);
  }
  // Either side may be missing, not both.
  const [l, r] = [left, width + right].map((index) => ({ kind: 'column' as const, index, type: join.props.schema[index]?.type ?? TIMESTAMP, nullable: true }));
  if (l === undefined || r === undefined) return join;
  const made = withColumns(join, [{ expr: { kind: 'coalesce', args: [l, r], type: l.type }, field: { name: 'window_end', type: l.type, nullable: true } }]);
  return fired(made.plan, { column: made.at[0] as number, slackMicros: closingBy(join.left, left).slackMicros, times: [] }, cx);
}

/** Times that bound each other, of rows that only come: neither side's need be kept for ever. */
function rangeBetween(plan: LogicalJoin, left: Keyed, right: Keyed): TimeRange | undefined {
  if (!isAppendOnly(left.plan) || !isAppendOnly(right.plan)) return undefined;
  // Rows of equal times are a window join's.
  if (left.at.some((l, i) => isEventTime(left.plan, l) && isEventTime(right.plan, right.at[i] ?? -1))) return undefined;
  const width = plan.left.schema.length;
  return timeRange(plan.condition, width, (c) => (c < width ? isEventTime(left.plan, c) : isEventTime(right.plan, c - width)));
}

interface Keyed {
  readonly plan: PhysicalPlan;
  readonly at: readonly number[];
}

function padded(left: Schema, right: Schema, type: LogicalJoin['type']): Schema {
  const l = type === 'right' || type === 'full';
  const r = type === 'left' || type === 'full';
  return [...left.map((f) => (l ? { ...f, nullable: true } : f)), ...right.map((f) => (r ? { ...f, nullable: true } : f))];
}

export function withKeys(input: PhysicalPlan, keys: readonly Expr[]): { readonly plan: PhysicalPlan; readonly at: readonly number[] } {
  return withColumns(input, keys.map((expr, i) => ({ expr, field: { name: `key${i + 1}`, type: typeOf(expr), nullable: isNullable(expr) } })));
}

/** Both sides placed by the same keys; a side that already is, by some of them, stays where it is. */
export function together(left: PhysicalPlan, leftKeys: readonly number[], right: PhysicalPlan, rightKeys: readonly number[]): [PhysicalPlan, PhysicalPlan] {
  const same = (d: Distribution, own: readonly number[], other: readonly number[]): Distribution | undefined => {
    if (d.kind !== 'hash') return undefined;
    const at = d.keys.map((k) => own.indexOf(k));
    return at.includes(-1) ? undefined : hashBy(at.map((i) => other[i] as number));
  };
  const l = left.props.distribution;
  const r = right.props.distribution;
  if (l.kind === 'single' && r.kind === 'single') return [left, right];
  const forRight = same(l, leftKeys, rightKeys);
  if (forRight !== undefined) return [left, exactly(right, forRight)];
  const forLeft = same(r, rightKeys, leftKeys);
  if (forLeft !== undefined) return [exactly(left, forLeft), right];
  return [exchange(left, hashBy(leftKeys)), exchange(right, hashBy(rightKeys))];
}

function exactly(input: PhysicalPlan, to: Distribution): PhysicalPlan {
  const d = input.props.distribution;
  const same = d.kind === 'hash' && to.kind === 'hash' && d.keys.length === to.keys.length && d.keys.every((k, i) => k === to.keys[i]);
  return same ? input : exchange(input, to);
}

/**
 * Without an equality every row meets every row: right for one row on a side, for data that ends, and for what is kept
 * anyway (stored tables and views), whose size the user knows.
 */
function oneWorker(plan: LogicalJoin, left: PhysicalPlan, right: PhysicalPlan, cx: Lowering): [PhysicalPlan, PhysicalPlan] {
  const oneRow = (p: PhysicalPlan): boolean => p.props.streamKey?.length === 0;
  const ends = left.props.bounded && right.props.bounded;
  if (!ends && !oneRow(left) && !oneRow(right)) {
    if (isStored(left) && isStored(right)) {
      cx.notice('a join without an equality compares every row of one side with every row of the other, on one worker; its cost is the product of their sizes');
      return [placed(left, SINGLE), placed(right, SINGLE)];
    }
    throw notSupported(
      plan.condition === null ? 'a cross join in a continuous query' : 'a join without an equality between the two sides in a continuous query',
      plan.span,
      'Every row would have to be compared with every other for ever. Add a condition such as a.key = b.key, aggregate one side to a single row, or join stored tables and views.',
    );
  }
  return [placed(left, SINGLE), placed(right, SINGLE)];
}

/** No endless source: only tables, views and data that ends. */
const isStored = (p: PhysicalPlan): boolean => (p.kind === 'source' ? p.props.bounded : inputsOf(p).every(isStored));
