import { BIGINT } from '../../common/types/sql-type.ts';
import { splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalOver, LogicalPlan, LogicalTopN, OverCall } from '../../planner/logical.ts';
import { filter } from '../build.ts';
import type { Rule } from '../rule.ts';

/** LIMIT and ROW_NUMBER() as Top-N. */

const count = (e: Expr | null): number | null | undefined => {
  if (e === null) return null;
  if (e.kind !== 'literal') return undefined;
  if (e.value === null) return null;
  const n = Number(e.value as bigint | number);
  return Number.isFinite(n) && n >= 0 ? n : undefined;
};

export const limitToTopN: Rule = {
  name: 'limit-to-top-n',
  doc: 'ORDER BY with a constant LIMIT is a Top-N of the whole.',
  apply(node) {
    if (node.kind !== 'limit' || node.withTies || node.input.kind !== 'sort') return undefined;
    const limit = count(node.limit);
    const offset = count(node.offset);
    if (limit === undefined || offset === undefined || (limit === null && offset === null)) return undefined;
    const { input, keys } = node.input;
    return { kind: 'topN', input, partition: [], order: keys, offset: offset ?? 0, limit: limit ?? Infinity, rank: false, schema: node.schema };
  },
};

/** Numbers `from < n <= to` that a condition on the row number admits; undefined when it is no such condition. */
function range(e: Expr, column: number): { readonly from: number; readonly to: number } | undefined {
  if (e.kind !== 'call' || e.args.length !== 2) return undefined;
  const [a, b] = e.args;
  if (a === undefined || b === undefined) return undefined;
  const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
  const isNumber = (x: Expr): boolean => x.kind === 'column' && x.index === column;
  const [op, bound] = isNumber(a) ? [e.name, b] : isNumber(b) ? [flipped[e.name] ?? '', a] : ['', b];
  if (bound.kind !== 'literal' || bound.value === null || (typeof bound.value !== 'bigint' && typeof bound.value !== 'number')) return undefined;
  const n = Number(bound.value);
  if (!Number.isSafeInteger(n)) return undefined;
  switch (op) {
    case '=':
      return { from: n - 1, to: n };
    case '<':
      return { from: 0, to: n - 1 };
    case '<=':
      return { from: 0, to: n };
    case '>':
      return { from: n, to: Infinity };
    case '>=':
      return { from: n - 1, to: Infinity };
    default:
      return undefined;
  }
}

const isRowNumber = (c: OverCall | undefined): c is OverCall => c?.name === 'row_number';

const ranked = (over: LogicalOver, input: LogicalPlan, call: OverCall, name: string, offset: number, limit: number): LogicalTopN => ({
  kind: 'topN', input, partition: call.partition, order: call.order, offset, limit, rank: true,
  schema: [...input.schema, { name, type: over.schema.at(-1)?.type ?? BIGINT, nullable: false }],
});

export const overToTopN: Rule = {
  name: 'over-to-top-n',
  doc: 'A filter that bounds ROW_NUMBER() makes it a Top-N per partition.',
  apply(node) {
    if (node.kind !== 'filter' || node.input.kind !== 'over') return undefined;
    const over = node.input;
    const [call] = over.calls;
    if (over.calls.length !== 1 || !isRowNumber(call)) return undefined;
    const column = over.input.schema.length;
    let from = 0;
    let to = Infinity;
    const rest: Expr[] = [];
    for (const part of splitConjunction(node.condition)) {
      const r = range(part, column);
      if (r === undefined) rest.push(part);
      else {
        from = Math.max(from, r.from);
        to = Math.min(to, r.to);
      }
    }
    if (to === Infinity) return undefined;
    if (to <= from) return { kind: 'values', rows: [], schema: node.schema };
    return filter(ranked(over, over.input, call, over.schema.at(-1)?.name ?? 'row_number', from, to - from), rest);
  },
};

export const rowNumberToTopN: Rule = {
  name: 'row-number-to-top-n',
  doc: 'ROW_NUMBER() without a bound is a Top-N of all rows with their number.',
  apply(node) {
    if (node.kind !== 'over' || !node.calls.every(isRowNumber)) return undefined;
    const width = node.input.schema.length;
    let plan = node.input;
    node.calls.forEach((call, i) => {
      plan = ranked(node, plan, call, node.schema[width + i]?.name ?? 'row_number', 0, Infinity);
    });
    return plan;
  },
};

