import { notSupported } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { builtins } from '../../functions/registry.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { Expr } from '../../planner/expr.ts';
import type { FrameBound, LogicalOver, OverCall, OverFrame } from '../../planner/logical.ts';
import type { PhysicalFrame, PhysicalFrameBound, PhysicalOverCall, PhysicalPlan } from '../../planner/physical.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';
import { pick, project } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { over } from '../../planner/physical/over.ts';
import { hashBy } from '../../planner/physical/props.ts';
import { call as callOf } from '../build.ts';
import { Columns } from './columns.ts';
import type { Lowering } from './context.ts';
import { guarded } from './place-call.ts';

const DEFAULT_FRAME: OverFrame = { unit: 'range', start: { kind: 'unboundedPreceding' }, end: { kind: 'currentRow' }, exclude: 'no others' };

/** Window functions: one operator for all calls over the same window, one above the other for several. */
export function lowerOver(plan: LogicalOver, cx: Lowering): PhysicalPlan {
  const width = plan.input.schema.length;
  const windows = [...Map.groupBy(plan.calls.map((call, at) => ({ call, at })), ({ call }) => canonicalText([call.partition, call.order])).values()];
  let below = cx.lower(plan.input);
  /** Where each call's result is, among those made so far. */
  const placedAt: number[] = [];
  windows.forEach((calls, n) => {
    below = oneWindow(below, calls.map(({ call }) => call), calls.map(({ at }) => plan.schema[width + at]?.name ?? 'over'), cx);
    const first = width + windows.slice(0, n).reduce((sum, w) => sum + w.length, 0);
    calls.forEach(({ at }, i) => (placedAt[at] = first + i));
  });
  return pick(below, [...plan.input.schema.map((_, i) => i), ...placedAt]);
}

/** The input's columns, then the calls' results. */
function oneWindow(below: PhysicalPlan, calls: readonly OverCall[], names: readonly string[], cx: Lowering): PhysicalPlan {
  const { schema } = below.props;
  const [window] = calls;
  const columns = new Columns(schema, true);
  const partition = (window?.partition ?? []).map((e) => columns.add(e));
  const order = columns.order(window?.order ?? []);
  const made = calls.map((c): PhysicalOverCall => ({
    name: c.name, overload: c.overload, args: c.args.map((a) => columns.add(guarded(a, c.filter))), argTypes: c.args.map(typeOf), filter: c.filter === null ? null : columns.add(c.filter),
    ...(c.distinct === true ? { distinct: true } : {}), ignoreNulls: c.ignoreNulls, steps: stepsOf(c), frame: frameOf(c, columns), type: c.type,
  }));
  const input = project(below, null, columns.exprs, columns.schema);
  const results = calls.map((c, i) => ({ name: names[i] ?? c.name, type: c.type, nullable: true }));
  const node = over({ input: placed(input, hashBy(partition)), partition, order, calls: made, schema: [...columns.schema, ...results], early: cx.snapshot });
  return pick(node, [...schema.map((_, i) => i), ...results.map((_, i) => columns.schema.length + i)]);
}

function stepsOf({ name, args }: OverCall): number | null {
  if (name !== 'lag' && name !== 'lead') return null;
  const offset = args[1];
  if (offset === undefined) return 1;
  return offset.kind === 'literal' && offset.value !== null ? Number(offset.value as bigint | number) : null;
}

function frameOf(call: OverCall, columns: Columns): PhysicalFrame {
  const { unit, exclude } = call.frame ?? DEFAULT_FRAME;
  return { unit, exclude, start: boundOf(call, 'start', unit, columns), end: boundOf(call, 'end', unit, columns) };
}

function boundOf(call: OverCall, which: 'start' | 'end', unit: OverFrame['unit'], columns: Columns): PhysicalFrameBound {
  const bound: FrameBound = (call.frame ?? DEFAULT_FRAME)[which];
  if (!('offset' in bound)) return { kind: bound.kind };
  const { offset } = bound;
  if (offset.kind !== 'literal' || offset.value === null) throw notSupported('a window frame whose offset is no constant', undefined, 'Write the number of rows or the interval itself.');
  if (unit !== 'range') return { kind: 'offset', offset: Number(offset.value as bigint | number) * (bound.kind === 'preceding' ? -1 : 1) };
  const [key] = call.order;
  if (key === undefined) throw notSupported('RANGE with an offset without ORDER BY');
  const name = (bound.kind === 'preceding') === key.descending ? '+' : '-';
  const edge = asType(callOf(builtins, name, [key.expr, offset]), typeOf(key.expr));
  return { kind: 'value', column: columns.add(isInfinite(offset) ? withoutNaN(edge, key.expr, which === 'start' ? key.descending : !key.descending) : edge) };
}

function isInfinite({ value }: Expr & { kind: 'literal' }): boolean {
  return value === Infinity || (typeof value === 'object' && value !== null && 'special' in value && value.special === 'Infinity');
}

/** An infinite offset from an infinite key on the other side: every number is within it, NaN is not. */
function withoutNaN(edge: Expr, key: Expr, positive: boolean): Expr {
  const type = typeOf(key);
  const exact = type.kind === 'decimal' || type.kind === 'numeric';
  const special = (name: 'NaN' | 'Infinity' | '-Infinity'): Expr => ({ kind: 'literal', value: exact ? { unscaled: 0n, scale: 0, special: name } : Number(name), type });
  const isNaN = (e: Expr): Expr => callOf(builtins, '=', [e, special('NaN')]);
  const lost: Expr = { kind: 'and', args: [isNaN(edge), { kind: 'not', arg: isNaN(key) }] };
  return { kind: 'case', branches: [{ when: lost, then: special(positive ? 'Infinity' : '-Infinity') }], otherwise: edge, type };
}

function asType(e: Expr, type: SqlType): Expr {
  return canonicalText(typeOf(e)) === canonicalText(type) ? e : { kind: 'cast', arg: e, type, try: false };
}
