import { unreachable } from '../../common/errors.ts';
import { columnsOf, remapColumns } from '../../planner/columns.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import type { LogicalAsOfJoin, LogicalJoin, LogicalPlan, LogicalScan } from '../../planner/logical.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';
import { mapAggregateCall, mapOuterInPlan, mapOverCall, planInputs } from '../../planner/walk.ts';
import { columnOf, joinSchema } from '../build.ts';
import type { Rule } from '../rule.ts';

/** A plan with some columns gone, and where the others are now. */
interface Pruned {
  readonly plan: LogicalPlan;
  readonly at: (column: number) => number;
}

const same = (i: number): number => i;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const union = (...sets: readonly (readonly number[])[]): number[] => [...new Set(sets.flat())].sort((a, b) => a - b);
const indexIn = (kept: readonly number[]) => (i: number): number => kept.indexOf(i);

export const pruneColumns: Rule = {
  name: 'prune-columns',
  doc: 'Columns, aggregates and row numbers that nobody reads are not computed; sources decode only what is left.',
  apply: (root) => pruned([root])[0],
  applyToSet: pruned,
};

function pruned(roots: readonly LogicalPlan[]): LogicalPlan[] {
  const common = new Common(roots);
  // What the uses of a common subplan ask for together is known once each of them has asked.
  for (let pass = 0; pass < PASSES && common.changed; pass++) {
    common.changed = false;
    for (const root of roots) prune(root, range(root.schema.length), common);
  }
  return roots.map((root) => exactly(prune(root, range(root.schema.length), common), range(root.schema.length), root.schema));
}

const PASSES = 5;

/** Subplans that occur several times keep what any of their uses reads, so that they stay the same and run once. */
class Common {
  changed = true;
  readonly #texts = new Map<LogicalPlan, string>();
  readonly #needs = new Map<string, readonly number[]>();

  constructor(roots: readonly LogicalPlan[]) {
    const counts = new Map<string, number>();
    const visit = (p: LogicalPlan): void => {
      for (const input of planInputs(p)) visit(input);
      if (!isWorthSharing(p)) return;
      const text = canonicalText(p);
      this.#texts.set(p, text);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    };
    roots.forEach(visit);
    for (const [p, text] of this.#texts) {
      if ((counts.get(text) ?? 0) < 2) this.#texts.delete(p);
    }
  }

  widened(p: LogicalPlan, need: readonly number[]): readonly number[] {
    const text = this.#texts.get(p);
    if (text === undefined) return need;
    const before = this.#needs.get(text) ?? [];
    const after = union(before, need);
    if (after.length !== before.length) {
      this.#needs.set(text, after);
      this.changed = true;
    }
    return after;
  }
}

/** Nodes that keep rows or groups; and sources, which have to be read once for all parts of a job to see the same rows. */
const KEPT: ReadonlySet<string> = new Set(['aggregate', 'join', 'asOfJoin', 'topN', 'over', 'distinct', 'watermark']);
const isWorthSharing = (p: LogicalPlan): boolean => KEPT.has(p.kind) || (p.kind === 'scan' && p.relation.kind === 'connector');

/** Precisely these columns, in this order. */
function exactly(p: Pruned, need: readonly number[], schema: LogicalPlan['schema']): LogicalPlan {
  if (p.plan.schema.length === need.length && need.every((c, i) => p.at(c) === i)) return p.plan;
  const exprs = need.map((c) => columnOf(p.plan, p.at(c)));
  return { kind: 'project', input: p.plan, exprs, schema: need.map((c, i) => ({ name: schema[c]?.name ?? '', type: schema[c]?.type ?? { kind: 'unknown' }, nullable: p.plan.schema[p.at(need[i] ?? 0)]?.nullable ?? true })) };
}

/** Drops what neither the reader nor the node above asks for, where rows are kept for long: before joins and Top-N. */
function narrow(input: LogicalPlan, need: readonly number[], cx: Common): Pruned {
  const made = prune(input, need, cx);
  if (made.plan.schema.length <= Math.max(1, need.length)) return made;
  if (need.length > 0) return { plan: exactly(made, need, input.schema), at: indexIn(need) };
  // Nobody reads a column: any that is there will do.
  const any = cheapest(made.plan);
  return { plan: { kind: 'project', input: made.plan, exprs: [columnOf(made.plan, any)], schema: made.plan.schema.slice(any, any + 1) }, at: made.at };
}

const atLeastOne = (need: readonly number[], p: LogicalPlan): readonly number[] => (need.length > 0 || p.schema.length === 0 ? need : [cheapest(p)]);

/** A row needs some column to be counted by: one of fixed width. */
function cheapest(p: LogicalPlan): number {
  const cheap = p.schema.findIndex((f) => f.type.kind === 'boolean' || f.type.kind === 'int' || f.type.kind === 'bigint' || f.type.kind === 'smallint');
  return Math.max(0, cheap);
}

const remap = (at: (c: number) => number) => (e: Expr): Expr => remapColumns(e, at);
const sortKeys = (keys: readonly SortKey[], at: (c: number) => number): SortKey[] => keys.map((k) => ({ ...k, expr: remapColumns(k.expr, at) }));

function prune(p: LogicalPlan, asked: readonly number[], cx: Common): Pruned {
  const need = cx.widened(p, asked);
  switch (p.kind) {
    case 'scan':
      return pruneScan(p, need);
    case 'values': {
      const kept = atLeastOne(need, p);
      if (kept.length === p.schema.length) return { plan: p, at: same };
      return { plan: { ...p, rows: p.rows.map((r) => kept.map((c) => r[c] as Expr)), schema: kept.map((c) => p.schema[c] as (typeof p.schema)[number]) }, at: indexIn(kept) };
    }
    case 'filter': {
      const input = prune(p.input, union(need, columnsOf(p.condition)), cx);
      if (input.plan === p.input) return { plan: p, at: same };
      return { plan: { ...p, input: input.plan, condition: remapColumns(p.condition, input.at), schema: input.plan.schema }, at: input.at };
    }
    case 'project': {
      const kept = p.once === undefined ? atLeastOne(need, p) : range(p.schema.length);
      const exprs = kept.map((c) => p.exprs[c] as Expr);
      const input = prune(p.input, columnsOf(...exprs), cx);
      if (input.plan === p.input && kept.length === p.exprs.length) return { plan: p, at: same };
      return { plan: { ...p, input: input.plan, exprs: exprs.map(remap(input.at)), schema: kept.map((c) => p.schema[c] as (typeof p.schema)[number]) }, at: indexIn(kept) };
    }
    case 'aggregate':
      return pruneAggregate(p, need, cx);
    case 'join':
      return pruneJoin(p, need, cx);
    case 'asOfJoin':
      return pruneAsOf(p, need, cx);
    case 'setOp': {
      const kept = p.op === 'union' && p.all ? atLeastOne(need, p) : range(p.schema.length);
      const inputs = p.inputs.map((i) => exactly(prune(i, kept, cx), kept, i.schema));
      if (inputs.every((i, n) => i === p.inputs[n])) return { plan: p, at: same };
      return { plan: { ...p, inputs, schema: kept.map((c) => p.schema[c] as (typeof p.schema)[number]) }, at: indexIn(kept) };
    }
    case 'distinct': {
      if (p.on === null) return below(p, range(p.schema.length), cx, (input) => ({ ...p, input: input.plan, schema: input.plan.schema }));
      return below(p, union(need, columnsOf(...p.on, ...p.order.map((k) => k.expr))), cx, ({ plan, at }) => ({ ...p, input: plan, on: p.on?.map(remap(at)) ?? null, order: sortKeys(p.order, at), schema: plan.schema }));
    }
    case 'sort':
      return below(p, union(need, columnsOf(...p.keys.map((k) => k.expr))), cx, ({ plan, at }) => ({ ...p, input: plan, keys: sortKeys(p.keys, at), schema: plan.schema }));
    case 'limit':
      return below(p, need, cx, ({ plan }) => ({ ...p, input: plan, schema: plan.schema }));
    case 'topN': {
      const width = p.input.schema.length;
      const rank = p.rank && need.includes(width);
      // All rows, and their number is not read.
      if (!rank && p.offset === 0 && p.limit === Infinity) return prune(p.input, need, cx);
      const input = narrow(p.input, union(need.filter((c) => c < width), columnsOf(...p.partition, ...p.order.map((k) => k.expr))), cx);
      if (input.plan === p.input && rank === p.rank) return { plan: p, at: same };
      const number = p.schema[width];
      const plan: LogicalPlan = {
        ...p, input: input.plan, partition: p.partition.map(remap(input.at)), order: sortKeys(p.order, input.at), rank,
        schema: rank && number !== undefined ? [...input.plan.schema, number] : input.plan.schema,
      };
      return { plan, at: (c) => (c === width ? input.plan.schema.length : input.at(c)) };
    }
    case 'over': {
      const width = p.input.schema.length;
      const kept = p.calls.flatMap((_, i) => (need.includes(width + i) ? [i] : []));
      const own = need.filter((c) => c < width);
      if (kept.length === 0) return prune(p.input, own, cx);
      const used: Expr[] = [];
      for (const i of kept) mapOverCall(p.calls[i] as (typeof p.calls)[number], (e) => (used.push(e), e));
      const input = prune(p.input, union(own, columnsOf(...used)), cx);
      if (input.plan === p.input && kept.length === p.calls.length) return { plan: p, at: same };
      const calls = kept.map((i) => mapOverCall(p.calls[i] as (typeof p.calls)[number], remap(input.at)));
      const grown = input.plan.schema.length;
      return {
        plan: { ...p, input: input.plan, calls, schema: [...input.plan.schema, ...kept.map((i) => p.schema[width + i] as (typeof p.schema)[number])] },
        at: (c) => (c < width ? input.at(c) : grown + kept.indexOf(c - width)),
      };
    }
    case 'window': {
      const width = p.input.schema.length;
      const { window } = p;
      const session = window.kind === 'session';
      const input = prune(p.input, union(need.filter((c) => c < width), [p.timeColumn, ...(session ? window.keys : [])]), cx);
      if (input.plan === p.input) return { plan: p, at: same };
      const grown = input.plan.schema.length;
      const placed = session ? { ...window, keys: window.keys.map(input.at) } : window;
      return { plan: { ...p, input: input.plan, window: placed, timeColumn: input.at(p.timeColumn), schema: [...input.plan.schema, ...p.schema.slice(width)] }, at: (c) => (c < width ? input.at(c) : grown + c - width) };
    }
    case 'watermark':
      return below(p, union(need, [p.column], columnsOf(p.expr)), cx, ({ plan, at }) => ({ ...p, input: plan, column: at(p.column), expr: remapColumns(p.expr, at), schema: plan.schema }));
    case 'tableFunction':
    case 'recursive':
    case 'workingTable':
      return { plan: p, at: same };
    default:
      return unreachable(p);
  }
}

/** A node whose output is its input's columns. */
function below<P extends LogicalPlan & { readonly input: LogicalPlan }>(p: P, need: readonly number[], cx: Common, make: (input: Pruned) => LogicalPlan): Pruned {
  const input = prune(p.input, need, cx);
  return input.plan === p.input ? { plan: p, at: same } : { plan: make(input), at: input.at };
}

function pruneScan(p: LogicalScan, need: readonly number[]): Pruned {
  const { relation } = p;
  // An upsert's columns include its key: the rest of the row says nothing without it. Change logs may be taken by key as well.
  const key = relation.kind === 'connector' && relation.changelog !== 'append-only' ? (relation.primaryKey ?? []).map((k) => (p.projection === null ? k : p.projection.indexOf(k))) : [];
  const kept = union(atLeastOne(need, p), key);
  if (kept.length === p.schema.length) return { plan: p, at: same };
  return {
    plan: { ...p, projection: kept.map((c) => p.projection?.[c] ?? c), schema: kept.map((c) => p.schema[c] as (typeof p.schema)[number]) },
    at: indexIn(kept),
  };
}

function pruneAggregate(p: LogicalPlan & { kind: 'aggregate' }, need: readonly number[], cx: Common): Pruned {
  const width = p.keys.length;
  const asked = p.calls.flatMap((_, i) => (need.includes(width + i) ? [i] : []));
  const calls = asked.length === 0 && width === 0 ? p.calls.slice(0, 1).map((_, i) => i) : asked;
  const used: Expr[] = [...p.keys];
  for (const i of calls) mapAggregateCall(p.calls[i] as (typeof p.calls)[number], (e) => (used.push(e), e));
  const input = prune(p.input, columnsOf(...used), cx);
  if (input.plan === p.input && calls.length === p.calls.length) return { plan: p, at: same };
  return {
    plan: {
      ...p, input: input.plan, keys: p.keys.map(remap(input.at)),
      calls: calls.map((i) => mapAggregateCall(p.calls[i] as (typeof p.calls)[number], remap(input.at))),
      schema: [...p.schema.slice(0, width), ...calls.map((i) => p.schema[width + i] as (typeof p.schema)[number])],
    },
    at: (c) => (c < width ? c : width + calls.indexOf(c - width)),
  };
}

/** The right side of a lateral join reads columns of the left one, by position, as `outer`; its own are left alone. */
function pruneLateral(p: LogicalJoin, need: readonly number[], cx: Common): Pruned {
  const width = p.left.schema.length;
  const used = union(need, p.condition === null ? [] : columnsOf(p.condition)).filter((c) => c < width);
  mapOuterInPlan(p.right, 1, (ref, level) => {
    if (ref.depth === level) used.push(ref.index);
    return ref;
  });
  const left = narrow(p.left, union(used), cx);
  if (left.plan === p.left) return { plan: p, at: same };
  const grown = left.plan.schema.length;
  const at = (c: number): number => (c < width ? left.at(c) : grown + c - width);
  const right = mapOuterInPlan(p.right, 1, (ref, level) => (ref.depth === level ? { ...ref, index: left.at(ref.index) } : ref));
  return {
    plan: { ...p, left: left.plan, right, condition: p.condition === null ? null : remapColumns(p.condition, at), schema: joinSchema(p.type, left.plan.schema, right.schema) },
    at,
  };
}

function pruneJoin(p: LogicalJoin, need: readonly number[], cx: Common): Pruned {
  const width = p.left.schema.length;
  if (p.lateral) return pruneLateral(p, need, cx);
  const used = union(need, p.condition === null ? [] : columnsOf(p.condition));
  const left = narrow(p.left, used.filter((c) => c < width), cx);
  const right = narrow(p.right, used.filter((c) => c >= width).map((c) => c - width), cx);
  if (left.plan === p.left && right.plan === p.right) return { plan: p, at: same };
  const grown = left.plan.schema.length;
  const at = (c: number): number => (c < width ? left.at(c) : grown + right.at(c - width));
  return {
    plan: { ...p, left: left.plan, right: right.plan, condition: p.condition === null ? null : remapColumns(p.condition, at), schema: joinSchema(p.type, left.plan.schema, right.plan.schema) },
    at,
  };
}

function pruneAsOf(p: LogicalAsOfJoin, need: readonly number[], cx: Common): Pruned {
  const width = p.left.schema.length;
  // Equal right rows are told apart by all their columns, so that the choice does not hang on what is read: only those of the nearest one stay.
  const kept = p.form === 'nearest' ? range(p.right.schema.length).map((c) => c + width) : [];
  const used = union(need, columnsOf(p.condition, p.time), kept);
  const left = narrow(p.left, used.filter((c) => c < width), cx);
  const right = narrow(p.right, used.filter((c) => c >= width).map((c) => c - width), cx);
  if (left.plan === p.left && right.plan === p.right) return { plan: p, at: same };
  const grown = left.plan.schema.length;
  const at = (c: number): number => (c < width ? left.at(c) : grown + right.at(c - width));
  return {
    plan: {
      ...p, left: left.plan, right: right.plan,
      condition: p.condition === null ? null : remapColumns(p.condition, at), time: p.time === null ? null : remapColumns(p.time, at),
      schema: joinSchema(p.type, left.plan.schema, right.plan.schema),
    },
    at,
  };
}
