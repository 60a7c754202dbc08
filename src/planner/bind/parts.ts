import type { Schema } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import { BIGINT, BOOLEAN, INT } from '../../common/types/sql-type.ts';
import { resolveScalar, type FunctionLookup } from '../../functions/resolve.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import { mapExprChildren, mapOuterInPlan, mapOverCall } from '../walk.ts';
import { isNullable } from './coerce.ts';
import { fromInside } from './subqueries.ts';
import { partOf, type Collector, type GroupingCall, type SetCall } from './collect.ts';
import type { Notes } from './context.ts';
import { exprEquals } from './equal.ts';

/** How a SELECT is grouped, for what stands above it. */
export interface Grouped {
  readonly keys: readonly Expr[];
  readonly sets: readonly (readonly number[])[] | null;
  /** How many aggregate calls there are. */
  readonly calls: number;
  readonly groupings: readonly GroupingCall[];
}

/**
 * An expression over an aggregate's input, as one over its output: keys and calls become columns.
 * Errors: grouping_error for a column that is neither grouped nor aggregated.
 */
export function aboveAggregate(notes: Notes, grouped: Grouped, e: Expr): Expr {
  const { keys } = grouped;
  const at = keys.findIndex((k) => exprEquals(k, e));
  if (at >= 0 && e.kind !== 'literal') return keyColumn(grouped, at);
  if (e.kind === 'column') {
    const part = partOf(e.index);
    if (part.part === 'aggregate') return column(keys.length + part.at, e.type, e.nullable);
    if (part.part === 'grouping') return groupingValue(grouped, part.at);
    if (part.part !== 'column') return e;
    const place = notes.placeOf(e);
    throw new SqlError('grouping_error', `column "${place?.text ?? `#${e.index + 1}`}" must appear in the GROUP BY clause or be used in an aggregate function`, { span: place?.span });
  }
  const inner = (plan: LogicalPlan): LogicalPlan =>
    mapOuterInPlan(plan, 1, (ref, level) => {
      if (ref.depth !== level) return ref;
      const key = keys.findIndex((k) => k.kind === 'column' && k.index === ref.index);
      if (key >= 0) return { ...ref, index: key };
      throw new SqlError('grouping_error', `subquery uses ungrouped column "${notes.placeOf(ref)?.text ?? `#${ref.index + 1}`}" from outer query`, { span: notes.placeOf(ref)?.span });
    });
  return rememberPlace(notes, e, mapExprChildren(e, (child) => aboveAggregate(notes, grouped, child), inner));
}

/** A constant of the select list that GROUPING SETS group by, named there by its position or name: NULL in the sets without it. */
export function groupedConstant(grouped: Grouped, e: Expr): Expr | undefined {
  if (grouped.sets === null || e.kind !== 'literal') return undefined;
  const at = grouped.keys.findIndex((k) => exprEquals(k, e));
  return at < 0 ? undefined : keyColumn(grouped, at);
}

function keyColumn({ keys, sets }: Grouped, at: number): Expr {
  const key = keys[at] as Expr;
  return column(at, typeOf(key), isNullable(key) || (sets?.some((s) => !s.includes(at)) ?? false));
}

/** A bit for each argument that is not grouped by in the row's set; GROUP_ID tells equal sets apart. */
function groupingValue(grouped: Grouped, at: number): Expr {
  const { keys, sets, calls, groupings } = grouped;
  const call = groupings[at] as GroupingCall;
  const positions = call.args?.map((a) => {
    const key = keys.findIndex((k) => exprEquals(k, a));
    if (key < 0) throw new SqlError('grouping_error', 'arguments to GROUPING must be grouping expressions of the associated query level', { span: call.span });
    return key;
  });
  const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((k) => b.includes(k));
  const valueOf = (set: readonly number[], n: number): number =>
    positions === undefined ? (sets ?? []).slice(0, n).filter((s) => same(s, set)).length : positions.reduce((bits, key) => bits * 2 + (set.includes(key) ? 0 : 1), 0);
  const literal = (value: number): Expr => ({ kind: 'literal', value, type: INT });
  if (sets === null) return literal(0);
  const id = column(keys.length + calls, INT, false);
  const values = sets.map(valueOf);
  const branches = [...new Set(values)].map((value) => ({
    when: { kind: 'in', arg: id, list: values.flatMap((v, n) => (v === value ? [literal(n)] : [])), negated: false } as const,
    then: literal(value),
  }));
  return branches.length === 1 ? literal(values[0] ?? 0) : { kind: 'case', branches, otherwise: null, type: INT };
}

function rememberPlace(notes: Notes, from: Expr, to: Expr): Expr {
  const place = notes.placeOf(from);
  return place === undefined ? to : notes.place(to, place.span, place.text);
}

export interface PlacedParts {
  /** The input with the window functions' columns behind its own. */
  readonly overPlan: LogicalPlan;
  readonly hasSets: boolean;
  /** Adds the set-returning functions of the select list. */
  readonly withSets: (plan: LogicalPlan) => LogicalPlan;
  /** An expression over the input, as one over what `withSets` gives. */
  readonly map: (e: Expr) => Expr;
}

/**
 * Places window functions, then set-returning functions, above `plan`. `below` maps their arguments onto it. A set-returning function
 * of another one's rows runs above it, each depth by itself.
 */
export function aboveParts(functions: FunctionLookup, collector: Collector, plan: LogicalPlan, below: (e: Expr) => Expr): PlacedParts {
  const width = plan.schema.length;
  const windows = collector.windows.map((c) => mapOverCall(c, below));
  const overPlan: LogicalPlan =
    windows.length === 0
      ? plan
      : { kind: 'over', input: plan, calls: windows, schema: [...plan.schema, ...windows.map((c) => ({ name: c.name, type: c.type, nullable: true }))] };
  const setBase = width + windows.length;
  const map = (e: Expr): Expr => {
    if (e.kind !== 'column') return mapExprChildren(e, map);
    const { part, at } = partOf(e.index);
    if (part === 'window') return { ...e, index: width + at };
    return part === 'set' ? { ...e, index: setBase + (placeOf.get(at) ?? at) } : e;
  };
  const levels = byDepth(collector.sets);
  const placeOf = new Map(levels.flat().flatMap(({ call, first }) => call.schema.map((_, i) => first + i)).map((at, place) => [at, place]));
  const placed = ({ call }: CollectedSet): SetCall => ({ ...call, args: call.args.map((a) => map(below(a))) });
  const withSets = (input: LogicalPlan): LogicalPlan => levels.reduce((made, calls) => addSets(functions, made, calls.map(placed)), input);
  return { overPlan, hasSets: collector.sets.length > 0, withSets, map };
}

type CollectedSet = Collector['sets'][number];

/** Set-returning calls by how deep they are nested: those of none, those of their rows, and so on. A call comes behind those in its arguments. */
function byDepth(sets: readonly CollectedSet[]): CollectedSet[][] {
  const levels: CollectedSet[][] = [];
  for (const set of sets) {
    const inside = set.call.args.flatMap(setColumns);
    const depth = 1 + levels.findLastIndex((calls) => calls.some(({ call, first }) => inside.some((at) => at >= first && at < first + call.schema.length)));
    (levels[depth] ??= []).push(set);
  }
  return levels;
}

/** Columns of set-returning calls that an expression reads. */
function setColumns(e: Expr): number[] {
  const found: number[] = [];
  const visit = (x: Expr): Expr => {
    if (x.kind !== 'column') return mapExprChildren(x, visit);
    const { part, at } = partOf(x.index);
    if (part === 'set') found.push(at);
    return x;
  };
  visit(e);
  return found;
}

/** One row of `left` for each row of the functions, which run in step: the shorter ones are filled up with NULLs. */
function addSets(functions: FunctionLookup, left: LogicalPlan, calls: readonly SetCall[]): LogicalPlan {
  const [first, ...others] = calls;
  if (first === undefined) return left;
  const right = others.length === 0 ? tableFunction(first, false) : inStep(functions, calls.map((c) => tableFunction(c, true)), false);
  return { kind: 'join', type: 'inner', left, right, condition: null, lateral: true, schema: [...left.schema, ...right.schema] };
}

/** The rows of several plans side by side; each ends with its rows' numbers, which stay when `ordinality` is asked for. */
export function inStep(functions: FunctionLookup, plans: readonly LogicalPlan[], ordinality: boolean): LogicalPlan {
  const made = plans.reduce((a, b) => zip(functions, a, b));
  if (ordinality) return made;
  return project(made, made.schema.slice(0, -1).map((f, i) => column(i, f.type, true)), made.schema.slice(0, -1));
}

function tableFunction(call: SetCall, ordinality: boolean): LogicalPlan {
  const schema = ordinality ? [...call.schema, { name: 'ordinality', type: BIGINT, nullable: false }] : call.schema;
  return { kind: 'tableFunction', name: call.name, overload: call.overload, args: call.args.map(fromInside), ordinality, schema };
}

const project = (input: LogicalPlan, exprs: readonly Expr[], schema: Schema): LogicalPlan => ({ kind: 'project', input, exprs, schema });

/** Two plans side by side, row by row of their last column, the ordinality, which is again the last. */
function zip(functions: FunctionLookup, a: LogicalPlan, b: LogicalPlan): LogicalPlan {
  const [m, n] = [a.schema.length - 1, b.schema.length - 1];
  const [x, y] = [column(m, BIGINT, true), column(m + 1 + n, BIGINT, true)];
  const { def, overload } = resolveScalar(functions, '=', [BIGINT, BIGINT]);
  const condition: Expr = { kind: 'call', name: def.name, overload, args: [x, y], type: BOOLEAN, nullable: true };
  const schema = [...a.schema, ...b.schema].map((f) => ({ ...f, nullable: true }));
  const join: LogicalPlan = { kind: 'join', type: 'full', left: a, right: b, condition, lateral: false, schema };
  const kept = schema.flatMap((f, i) => (i === m || i === m + 1 + n ? [] : [{ f, e: column(i, f.type, true) }]));
  const ordinality: Expr = { kind: 'coalesce', args: [x, y], type: BIGINT };
  return project(join, [...kept.map((k) => k.e), ordinality], [...kept.map((k) => k.f), { name: 'ordinality', type: BIGINT, nullable: true }]);
}
