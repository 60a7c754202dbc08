import type { Row, Value } from '../../common/types/value.ts';
import { BOOLEAN } from '../../common/types/sql-type.ts';
import { all as conjunction, conjuncts, columnsOf, hasSubquery, shiftColumns } from './conditions.ts';
import type { Expr } from '../expr.ts';
import { typeOf, type Evaluator, type OuterRows } from '../interpret.ts';
import type { LogicalJoin } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import type { Compiler, Rows } from './host.ts';
import { PAUSE, type Pausing, type Sliced } from './slices.ts';

interface EquiKeys {
  readonly left: readonly Expr[];
  readonly right: readonly Expr[];
  readonly rest: Expr | null;
}

/** Splits a condition into equalities between the sides, which are hashed, and what is left to be tested. */
function equiKeys(condition: Expr | null, width: number): EquiKeys {
  const left: Expr[] = [];
  const right: Expr[] = [];
  const rest: Expr[] = [];
  for (const part of condition === null ? [] : conjuncts(condition)) {
    const [a, b] = part.kind === 'call' && part.name === '=' && !hasSubquery(part) ? part.args : [];
    if (a !== undefined && b !== undefined) {
      const [x, y] = [side(a, width), side(b, width)];
      if (x === 'left' && y === 'right') {
        left.push(a);
        right.push(shiftColumns(b, -width));
        continue;
      }
      if (x === 'right' && y === 'left') {
        left.push(b);
        right.push(shiftColumns(a, -width));
        continue;
      }
    }
    rest.push(part);
  }
  return { left, right, rest: rest.length === 0 ? null : conjunction(rest) };
}

function side(e: Expr, width: number): 'left' | 'right' | 'both' | 'none' {
  const columns = columnsOf(e);
  if (columns.length === 0) return 'none';
  if (columns.every((i) => i < width)) return 'left';
  return columns.every((i) => i >= width) ? 'right' : 'both';
}

const TRUE: Expr = { kind: 'literal', value: true, type: BOOLEAN };

export function joinRows(c: Compiler, plan: LogicalJoin): Rows {
  return plan.lateral ? lateralRows(c, plan) : hashRows(c, plan);
}

function lateralRows(c: Compiler, plan: LogicalJoin): Rows {
  const left = c.plan(plan.left);
  const right = c.plan(plan.right, true);
  const test = c.expr(plan.condition ?? TRUE);
  const width = plan.right.schema.length;
  return function* (outer) {
    for (const row of left(outer)) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      let matched = false;
      for (const other of right({ row, outer })) {
        if (other === PAUSE || c.slice.spend(1)) yield PAUSE;
        if (other === PAUSE) continue;
        const both = [...row, ...other];
        if (test(both, outer) !== true) continue;
        matched = true;
        if (plan.type === 'semi' || plan.type === 'anti') break;
        yield both;
      }
      if (plan.type === 'left' && !matched) yield [...row, ...nulls(width)];
      if ((plan.type === 'semi' && matched) || (plan.type === 'anti' && !matched)) yield row;
    }
  };
}

interface Entry {
  readonly row: Row;
  matched: boolean;
}

function hashRows(c: Compiler, plan: LogicalJoin): Rows {
  const { left: leftKeys, right: rightKeys, rest } = equiKeys(plan.condition, plan.left.schema.length);
  const left = c.plan(plan.left);
  const right = c.plan(plan.right, true);
  const keyOf = rowKeyOf(leftKeys.map((k) => typeOf(k)));
  const leftAt = leftKeys.map((k) => c.expr(k));
  const rightAt = rightKeys.map((k) => c.expr(k));
  const test = rest === null ? null : c.expr(rest);
  const keyed = leftKeys.length > 0;
  const { type } = plan;
  const keepLeft = type === 'left' || type === 'full';
  const keepRight = type === 'right' || type === 'full';
  const build = buildTable(right, rightAt, keyOf, keyed);
  return function* (outer) {
    const table = yield* build(outer, keepRight);
    for (const row of left(outer)) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      let matched = false;
      const key = keyed ? joinKey(leftAt, row, outer, keyOf) : '';
      for (const entry of (key === null ? undefined : table.get(key)) ?? []) {
        if (c.slice.spend(1)) yield PAUSE;
        const both = [...row, ...entry.row];
        if (test !== null && test(both, outer) !== true) continue;
        matched = true;
        entry.matched = true;
        if (type === 'semi' || type === 'anti') break;
        yield both;
      }
      if (keepLeft && !matched) yield [...row, ...nulls(plan.right.schema.length)];
      if ((type === 'semi' && matched) || (type === 'anti' && !matched)) yield row;
    }
    if (!keepRight) return;
    for (const entries of table.values()) {
      for (const entry of entries) if (!entry.matched) yield [...nulls(plan.left.schema.length), ...entry.row];
    }
  };
}

/** NULL keys match nothing: null. */
function joinKey(at: readonly Evaluator[], row: Row, outer: OuterRows | null, keyOf: (v: readonly Value[]) => string): string | null {
  const values = at.map((f) => f(row, outer));
  return values.includes(null) ? null : keyOf(values);
}

const NO_KEY = '\u0000null';

/** Builds the table, once for as long as the right side gives the same array. */
function buildTable(right: Rows, at: readonly Evaluator[], keyOf: (v: readonly Value[]) => string, keyed: boolean): (outer: OuterRows | null, fresh: boolean) => Pausing<Map<string, Entry[]>> {
  let from: Sliced | undefined;
  let kept: Map<string, Entry[]> | undefined;
  return function* (outer, fresh) {
    const rows = right(outer);
    if (!fresh && kept !== undefined && rows === from) return kept;
    const table = new Map<string, Entry[]>();
    for (const row of rows) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      const key = keyed ? (joinKey(at, row, outer, keyOf) ?? NO_KEY) : '';
      const entries = table.get(key);
      const entry = { row, matched: false };
      if (entries === undefined) table.set(key, [entry]);
      else entries.push(entry);
    }
    from = rows;
    kept = table;
    return table;
  };
}

const nulls = (n: number): Value[] => Array.from({ length: n }, () => null);
