import { InternalError } from '../../common/errors.ts';
import { BIGINT } from '../../common/types/sql-type.ts';
import { conjunction, identity, isIdentity, isTrue, mapColumns, shiftColumns, splitConjunction, substitute } from '../../planner/columns.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { column, type Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalJoin, LogicalPlan, LogicalTableFunction } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { project, withColumns } from '../../planner/physical/calc.ts';
import { values } from '../../planner/physical/leaves.ts';
import { tableFunction } from '../../planner/physical/table-function.ts';
import { mapOuter } from '../../planner/walk.ts';
import { caseOf, isNull, literal } from '../build.ts';
import type { Lowering } from './context.ts';

/** A lateral join with a set-returning function, taken apart. Without references to the row outside: those are columns now. */
export interface FunctionOfLeft {
  readonly call: LogicalTableFunction;
  /** Over the left row. */
  readonly args: readonly Expr[];
  /** The right side's columns, over left ++ function (with its number). */
  readonly outputs: readonly Expr[];
  /** Over left ++ function. */
  readonly conditions: readonly Expr[];
}

/** Undefined where the right side is more than a function under projections and filters. */
export function functionOfLeft(plan: LogicalJoin): FunctionOfLeft | undefined {
  if (!plan.lateral || (plan.type !== 'inner' && plan.type !== 'left')) return undefined;
  const right = rightSide(plan.right, plan.left.schema.length);
  if (right === undefined) return undefined;
  const all = [...identity(plan.left.schema), ...right.outputs];
  const own = splitConjunction(plan.condition).filter((e) => !isTrue(e));
  return { ...right, conditions: [...right.conditions, ...own.map((e) => substitute(e, all))] };
}

/** A reference to the left row becomes its column. */
const here = (e: Expr): Expr => mapOuter(e, 1, (ref) => (ref.depth === 1 ? column(ref.index, ref.type, ref.nullable) : { ...ref, depth: ref.depth - 1 }));

function rightSide(p: LogicalPlan, width: number): FunctionOfLeft | undefined {
  switch (p.kind) {
    case 'tableFunction':
      return { call: p, args: p.args.map(here), outputs: p.schema.map((f, i) => column(width + i, f.type, f.nullable)), conditions: [] };
    case 'project': {
      const below = rightSide(p.input, width);
      return below === undefined ? undefined : { ...below, outputs: p.exprs.map((e) => over(e, below.outputs, width)) };
    }
    case 'filter': {
      const below = rightSide(p.input, width);
      return below === undefined ? undefined : { ...below, conditions: [...below.conditions, ...splitConjunction(p.condition).map((e) => over(e, below.outputs, width))] };
    }
    default:
      return undefined;
  }
}

/** An expression over the right side's row and the left row outside, over both. */
const over = (e: Expr, outputs: readonly Expr[], width: number): Expr =>
  mapColumns(here(shiftColumns(e, width)), (c) => (c.index < width ? c : (outputs[c.index - width] ?? c)));

/** One row for each left row and row of the function; in a LEFT JOIN at least one. */
export const lowerFunctionJoin = (plan: LogicalJoin, f: FunctionOfLeft, cx: Lowering): PhysicalPlan => expand(cx.lower(plan.left), plan, f);

function expand(left: PhysicalPlan, plan: LogicalJoin, f: FunctionOfLeft): PhysicalPlan {
  const input = withColumns(left, f.args.map((expr, i) => ({ expr, field: { name: `argument${i + 1}`, type: typeOf(expr), nullable: isNullable(expr) } })));
  const width = plan.left.schema.length;
  const grown = input.plan.props.schema.length;
  const outer = plan.type === 'left';
  const fields = f.call.schema.slice(0, f.call.schema.length - (f.call.ordinality ? 1 : 0)).map((c) => ({ ...c, nullable: true }));
  const schema = [...input.plan.props.schema, ...fields, { name: 'ordinality', type: BIGINT, nullable: outer }];
  const moved = (e: Expr): Expr => substitute(e, [...identity(plan.left.schema), ...schema.slice(grown).map((c, i) => column(grown + i, c.type, c.nullable))]);
  const condition = conjunction(f.conditions.map(moved));
  const made = tableFunction({ input: input.plan, name: f.call.name, overload: f.call.overload, args: input.at, outer, condition: outer ? condition : null, schema });
  const number = column(schema.length - 1, BIGINT, outer);
  const outputs = f.outputs.map((e): Expr => {
    const value = moved(e);
    if (!outer || value.kind === 'column') return value;
    return caseOf([{ when: isNull(number, true), then: value }], literal(null, typeOf(value)), typeOf(value));
  });
  const exprs: Expr[] = [...identity(plan.left.schema), ...outputs];
  if (width === grown && (outer || condition === null) && isIdentity(exprs, schema.length)) return made;
  return project(made, outer ? null : condition, exprs, plan.schema);
}

/** A function of constants that was not worth being written out as rows. */
export function lowerFunctionAlone(call: LogicalTableFunction): PhysicalPlan {
  const left: LogicalPlan = { kind: 'values', rows: [[]], schema: [] };
  const plan: LogicalJoin = { kind: 'join', type: 'inner', left, right: call, condition: null, lateral: true, schema: call.schema, span: undefined };
  const f = functionOfLeft(plan);
  if (f === undefined) throw new InternalError('a function is one of no row');
  return expand(values(left.rows, left.schema), plan, f);
}
