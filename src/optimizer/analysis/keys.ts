import { unreachable } from '../../common/errors.ts';
import { columnsOf, splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalJoin, LogicalPlan } from '../../planner/logical.ts';
import { fullJoinKey } from '../../planner/physical/full-join-key.ts';

/**
 * Sets of columns that identify a row of the plan's result: no two rows agree in all of a set (NULL counts as a value).
 * `[]` says that there is at most one row. Only what certainly holds is derived; an unenforced key of an append-only source
 * is not believed.
 */
export function uniqueKeys(plan: LogicalPlan): readonly (readonly number[])[] {
  return minimal(derive(plan));
}

export const isAtMostOneRow = (plan: LogicalPlan): boolean => uniqueKeys(plan).some((k) => k.length === 0);

/** Whether the columns determine the row. */
export const isUniqueBy = (plan: LogicalPlan, columns: readonly number[]): boolean => uniqueKeys(plan).some((k) => k.every((c) => columns.includes(c)));

const KEYS_MAX = 8;

function minimal(keys: readonly (readonly number[])[]): (readonly number[])[] {
  const sets = keys.map((k) => [...new Set(k)].sort((a, b) => a - b));
  const kept = sets.filter((k, i) => !sets.some((o, j) => j !== i && o.every((c) => k.includes(c)) && (o.length < k.length || j < i)));
  return kept.slice(0, KEYS_MAX);
}

function mapped(keys: readonly (readonly number[])[], to: (c: number) => number): number[][] {
  return keys.map((k) => k.map(to)).filter((k) => !k.includes(-1));
}

/** Columns that a condition fixes to one value. */
function fixedBy(condition: Expr | null): number[] {
  return splitConjunction(condition).flatMap((e) => {
    if (e.kind !== 'call' || e.name !== '=') return [];
    const [a, b] = e.args;
    if (a?.kind === 'column' && b !== undefined && columnsOf(b).length === 0 && (b.kind === 'literal' || b.kind === 'param' || b.kind === 'outer')) return [a.index];
    if (b?.kind === 'column' && a !== undefined && columnsOf(a).length === 0 && (a.kind === 'literal' || a.kind === 'param' || a.kind === 'outer')) return [b.index];
    return [];
  });
}

const columnAt = (exprs: readonly Expr[]) => (c: number): number => exprs.findIndex((e) => e.kind === 'column' && e.index === c);

const one = (e: Expr | null): boolean => e?.kind === 'literal' && e.value !== null && Number(e.value as bigint | number) <= 1;

function derive(p: LogicalPlan): readonly (readonly number[])[] {
  switch (p.kind) {
    case 'scan': {
      const { relation } = p;
      if (relation.kind === 'system' || relation.primaryKey === null) return [];
      if (relation.kind === 'connector' && relation.changelog !== 'upsert') return [];
      return mapped([relation.primaryKey], (c) => (p.projection === null ? c : p.projection.indexOf(c)));
    }
    case 'values':
      return p.rows.length <= 1 ? [[]] : [];
    case 'filter': {
      const fixed = fixedBy(p.condition);
      return uniqueKeys(p.input).map((k) => k.filter((c) => !fixed.includes(c)));
    }
    case 'project':
      return mapped(uniqueKeys(p.input), columnAt(p.exprs));
    case 'aggregate': {
      if (p.sets !== null) return [];
      const all = p.keys.flatMap((k, i) => (k.kind === 'literal' ? [] : [i]));
      const below = mapped(uniqueKeys(p.input), columnAt(p.keys));
      return [p.keys.length === 0 ? [] : all, ...below];
    }
    case 'join':
      return joinKeys(p);
    case 'asOfJoin':
      return p.form === 'current' ? joinKeys({ ...p, kind: 'join', lateral: false }) : uniqueKeys(p.left);
    case 'setOp':
      if (p.op === 'union' && p.all) return [];
      if (p.op === 'union') return [p.schema.map((_, i) => i)];
      return [...(p.all ? [] : [p.schema.map((_, i) => i)]), ...uniqueKeys(p.inputs[0] ?? p)];
    case 'distinct': {
      const own = p.on === null ? [p.schema.map((_, i) => i)] : p.on.every((e) => e.kind === 'column') ? [p.on.map((e) => (e.kind === 'column' ? e.index : -1))] : [];
      return [...own, ...uniqueKeys(p.input)];
    }
    case 'limit':
      return [...(one(p.limit) && !p.withTies ? [[]] : []), ...uniqueKeys(p.input)];
    case 'topN': {
      const partition = p.partition.map((e) => (e.kind === 'column' ? e.index : -1));
      const known = !partition.includes(-1);
      return [...(known && p.limit <= 1 && p.number === 'rows' ? [partition] : []), ...(known && p.rank && p.number === 'rows' ? [[...partition, p.input.schema.length]] : []), ...uniqueKeys(p.input)];
    }
    case 'window': {
      const start = p.input.schema.length;
      const copy = p.window.kind === 'hop' ? [start] : p.window.kind === 'cumulate' ? [start + 1] : [];
      return uniqueKeys(p.input).map((k) => [...k, ...copy]);
    }
    case 'sort':
    case 'over':
    case 'watermark':
      return uniqueKeys(p.input);
    case 'tableFunction':
      return p.ordinality ? [[p.schema.length - 1]] : [];
    case 'recursive':
      return p.all ? [] : [p.schema.map((_, i) => i)];
    case 'workingTable':
      return [];
    default:
      return unreachable(p);
  }
}

function joinKeys(p: LogicalJoin): (readonly number[])[] {
  const left = uniqueKeys(p.left);
  if (p.type === 'semi' || p.type === 'anti') return [...left];
  const width = p.left.schema.length;
  // A lateral right side is unique per left row only.
  const right = uniqueKeys(p.right).map((k) => k.map((c) => c + width));
  const pairs = left.flatMap((l) => right.map((r) => [...l, ...r]));
  const both = p.type === 'full' ? pairs.map((k) => fullJoinKey(k, [...p.left.schema, ...p.right.schema])).filter((k) => k !== null) : pairs;
  const equal = splitConjunction(p.condition).flatMap((e) => (e.kind === 'call' && (e.name === '=' || e.name === 'is_not_distinct') && e.args.every((a) => a.kind === 'column') ? [e.args.map((a) => (a.kind === 'column' ? a.index : -1))] : []));
  const joined = (side: (c: number) => boolean): number[] => equal.flatMap((pair) => pair.filter(side));
  const within = (keys: readonly (readonly number[])[], columns: readonly number[]): boolean => keys.some((k) => k.every((c) => columns.includes(c)));
  const oneRight = within(right, joined((c) => c >= width));
  const oneLeft = within(left, joined((c) => c < width));
  return [
    ...both,
    ...((p.type === 'inner' || p.type === 'left') && oneRight ? left : []),
    ...((p.type === 'inner' || p.type === 'right') && oneLeft && !p.lateral ? right : []),
  ];
}
