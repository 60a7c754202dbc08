import { BIGINT } from '../../common/types/sql-type.ts';
import { remapColumns, splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalOver, LogicalPlan, LogicalTopN, OverCall, TopNNumber } from '../../planner/logical.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';
import { columnOf, filter, project } from '../build.ts';
import type { Rule } from '../rule.ts';

/** LIMIT, and bounds on ROW_NUMBER(), RANK() and DENSE_RANK(), as Top-N. */

const count = (e: Expr | null): number | null | undefined => {
  if (e === null) return null;
  if (e.kind !== 'literal') return undefined;
  if (e.value === null) return null;
  const n = Number(e.value as bigint | number);
  return Number.isFinite(n) && n >= 0 ? n : undefined;
};

export const limitToTopN: Rule = {
  name: 'limit-to-top-n',
  doc: 'ORDER BY with a constant LIMIT is a Top-N of the whole; WITH TIES lets the peers of its last row in.',
  apply(node) {
    if (node.kind !== 'limit' || node.input.kind !== 'sort') return undefined;
    const limit = count(node.limit);
    const offset = count(node.offset);
    if (limit === undefined || offset === undefined || (limit === null && offset === null)) return undefined;
    const { input, keys } = node.input;
    const number = node.withTies && limit !== null && limit > 0 ? 'withTies' : 'rows';
    return { kind: 'topN', input, partition: [], order: keys, offset: offset ?? 0, limit: limit ?? Infinity, number, rank: false, schema: node.schema };
  },
};

/** Numbers `from < n <= to`. `exact`: the condition says no more than that. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly exact: boolean;
}
const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

const whole = (e: Expr | undefined): number | undefined => {
  if (e?.kind !== 'literal' || (typeof e.value !== 'bigint' && typeof e.value !== 'number')) return undefined;
  const n = Number(e.value);
  return Number.isSafeInteger(n) ? n : undefined;
};

/** Numbers that a condition on the column admits at most; undefined when it is no such condition. */
function range(e: Expr, column: number): Range | undefined {
  const isNumber = (x: Expr | undefined): boolean => x?.kind === 'column' && x.index === column;
  if (e.kind === 'and') {
    const parts = e.args.map((a) => range(a, column));
    const known = parts.filter((p) => p !== undefined);
    if (known.length === 0) return undefined;
    return { from: Math.max(...known.map((p) => p.from)), to: Math.min(...known.map((p) => p.to)), exact: parts.every((p) => p?.exact === true) };
  }
  if (e.kind === 'or') {
    const parts = e.args.map((a) => range(a, column));
    if (parts.length === 0 || parts.includes(undefined)) return undefined;
    const known = parts.filter((p) => p !== undefined);
    return { from: Math.min(...known.map((p) => p.from)), to: Math.max(...known.map((p) => p.to)), exact: false };
  }
  if (e.kind === 'in') {
    const items = e.negated || !isNumber(e.arg) ? [undefined] : e.list.map(whole);
    if (items.includes(undefined)) return undefined;
    const known = items.filter((n) => n !== undefined);
    return { from: Math.min(...known) - 1, to: Math.max(...known), exact: false };
  }
  if (e.kind !== 'call' || e.args.length !== 2) return undefined;
  const [a, b] = e.args;
  const op = isNumber(a) ? e.name : isNumber(b) ? (FLIPPED[e.name] ?? '') : '';
  const n = whole(isNumber(a) ? b : a);
  if (n === undefined) return undefined;
  switch (op) {
    case '=':
      return { from: n - 1, to: n, exact: true };
    case '<':
      return { from: 0, to: n - 1, exact: true };
    case '<=':
      return { from: 0, to: n, exact: true };
    case '>':
      return { from: n, to: Infinity, exact: true };
    case '>=':
      return { from: n - 1, to: Infinity, exact: true };
    default:
      return undefined;
  }
}

const NUMBERS: Readonly<Record<string, TopNNumber>> = { row_number: 'rows', rank: 'rank', dense_rank: 'denseRank' };
const numberOf = (c: OverCall): TopNNumber | undefined => NUMBERS[c.name];

interface Bounds {
  readonly offset: number;
  readonly limit: number;
  readonly number: TopNNumber;
}
function ranked(input: LogicalPlan, call: OverCall, name: string, bounds: Bounds): LogicalTopN {
  return { kind: 'topN', input, partition: call.partition, order: call.order, ...bounds, rank: true, schema: [...input.schema, { name, type: BIGINT, nullable: false }] };
}

interface Bounded {
  /** Positions of the call among the window functions: it may have been written several times. */
  readonly at: readonly number[];
  readonly from: number;
  readonly to: number;
  /** What is left of the conditions. */
  readonly rest: readonly Expr[];
}

/** The call that the conditions bound most tightly. */
function tightest(over: LogicalOver, conditions: readonly Expr[]): Bounded | undefined {
  const width = over.input.schema.length;
  const texts = over.calls.map((c) => canonicalText(c));
  let best: Bounded | undefined;
  over.calls.forEach((call, first) => {
    if (numberOf(call) === undefined || texts.indexOf(texts[first] ?? '') < first) return;
    const at = [...over.calls.keys()].filter((i) => texts[i] === texts[first]);
    let from = 0;
    let to = Infinity;
    const rest: Expr[] = [];
    for (const part of conditions) {
      const r = at.map((i) => range(part, width + i)).find((found) => found !== undefined);
      from = Math.max(from, r?.from ?? 0);
      to = Math.min(to, r?.to ?? Infinity);
      if (r?.exact !== true) rest.push(part);
    }
    if (to < (best?.to ?? Infinity)) best = { at, from, to, rest };
  });
  return best;
}

export const overToTopN: Rule = {
  name: 'over-to-top-n',
  doc: 'A filter that bounds ROW_NUMBER(), RANK() or DENSE_RANK() makes it a Top-N per partition, over the other window functions.',
  apply(node) {
    if (node.kind !== 'filter' || node.input.kind !== 'over') return undefined;
    const over = node.input;
    const found = tightest(over, splitConjunction(node.condition));
    const call = over.calls[found?.at[0] ?? -1];
    const number = call === undefined ? undefined : numberOf(call);
    if (found === undefined || call === undefined || number === undefined) return undefined;
    const { from, to, rest } = found;
    if (to <= from) return { kind: 'values', rows: [], schema: node.schema };
    const width = over.input.schema.length;
    const isOne = (c: number): boolean => found.at.includes(c - width);
    const name = over.schema.find((_, c) => isOne(c))?.name ?? call.name;
    const bounds = { offset: from, limit: to - from, number };
    if (over.calls.length === 1) return filter(ranked(over.input, call, name, bounds), rest);
    // The other functions see all rows of their partitions; the number comes behind them, and is put back.
    const others = over.calls.filter((_, i) => !isOne(width + i));
    const below: LogicalPlan = others.length === 0 ? over.input : { ...over, calls: others, schema: over.schema.filter((_, c) => !isOne(c)) };
    const made = ranked(below, call, name, bounds);
    const moved = (c: number): number => (isOne(c) ? made.schema.length - 1 : c - found.at.filter((i) => width + i < c).length);
    const kept = filter(made, rest.map((e) => remapColumns(e, moved)));
    return project(kept, over.schema.map((_, c) => columnOf(kept, moved(c))), node.schema.map((f) => f.name));
  },
};

export const rowNumberToTopN: Rule = {
  name: 'row-number-to-top-n',
  doc: 'ROW_NUMBER() without a bound is a Top-N of all rows with their number.',
  apply(node) {
    if (node.kind !== 'over' || !node.calls.every((c) => c.name === 'row_number')) return undefined;
    const width = node.input.schema.length;
    let plan = node.input;
    node.calls.forEach((call, i) => {
      plan = ranked(plan, call, node.schema[width + i]?.name ?? 'row_number', { offset: 0, limit: Infinity, number: 'rows' });
    });
    return plan;
  },
};
