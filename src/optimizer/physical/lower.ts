import { InternalError, notSupported, unreachable } from '../../common/errors.ts';
import type { Expr } from '../../planner/expr.ts';
import type { LogicalFilter, LogicalPlan, Once } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { project } from '../../planner/physical/calc.ts';
import { unionAll } from '../../planner/physical/exchange.ts';
import { values } from '../../planner/physical/leaves.ts';
import { conjunction, identity } from '../../planner/columns.ts';
import { exprChildren, planExprs, planInputs } from '../../planner/walk.ts';
import { isVolatile } from '../../planner/volatility.ts';
import { calc } from '../../planner/physical/calc.ts';
import { lowerAsOfJoin } from './as-of.ts';
import { lowerAggregate } from './aggregate.ts';
import type { Firing, Lowering, PhysicalOptions } from './context.ts';
import { lowerJoin } from './join.ts';
import { lowerOver } from './over.ts';
import { lowerLimit, lowerSort, lowerTopN } from './order.ts';
import { lowerScan, lowerWatermark } from './scan.ts';
import { lowerTimeBounds, timeCondition } from './temporal-filter.ts';
import { functionOfLeft, lowerFunctionAlone } from './table-function.ts';
import { lowerWindow } from './window.ts';

/**
 * A logical plan as physical operators, without a root. Expects what the optimizer's stages leave: no subqueries, no plain
 * DISTINCT, no set operation but UNION ALL, no window functions.
 */
export function lower(plan: LogicalPlan, options: PhysicalOptions, snapshot: boolean, notice: (text: string) => void, clockPerRow = false, firing: Firing | null = null): PhysicalPlan {
  refuseLeftovers(plan);
  const seen = new Set<string>();
  const cx: Lowering = {
    options,
    snapshot,
    firing: snapshot ? null : firing,
    clockPerRow,
    once: new Map(),
    notice(text) {
      if (!seen.has(text)) notice(text);
      seen.add(text);
    },
    lower: (p, ordered = false) => lowerNode(p, cx, ordered),
  };
  return cx.lower(plan, true);
}

function lowerNode(plan: LogicalPlan, cx: Lowering, ordered: boolean): PhysicalPlan {
  switch (plan.kind) {
    case 'scan':
      return lowerScan(plan, cx);
    case 'watermark':
      return lowerWatermark(plan, cx);
    case 'values':
      return values(plan.rows, plan.schema);
    case 'filter':
      return lowerFilter(plan, cx, ordered);
    case 'project': {
      const made = project(cx.lower(plan.input, ordered), null, plan.exprs, plan.schema);
      if (plan.once === undefined) return made;
      requireSame(plan.once, made, cx);
      return made.kind === 'calc' ? { ...made, once: true } : made;
    }
    case 'aggregate':
      return lowerAggregate(plan, cx);
    case 'join':
      return lowerJoin(plan, cx);
    case 'asOfJoin':
      return lowerAsOfJoin(plan, cx);
    case 'window':
      return lowerWindow(plan, cx);
    case 'sort':
      return lowerSort(plan, cx, ordered);
    case 'limit':
      return lowerLimit(plan, cx, ordered);
    case 'topN':
      return lowerTopN(plan, cx);
    case 'setOp':
      if (plan.op === 'union' && plan.all) return unionAll(plan.inputs.map((p) => cx.lower(p)), plan.schema);
      throw new InternalError(`${plan.op} was not rewritten`);
    case 'distinct':
      throw new InternalError('DISTINCT was not rewritten');
    case 'over':
      return lowerOver(plan, cx);
    case 'tableFunction':
      return lowerFunctionAlone(plan);
    case 'recursive':
    case 'workingTable':
      throw notSupported('WITH RECURSIVE in a job', plan.kind === 'recursive' ? plan.span : undefined, 'Recursion runs in a plain SELECT; in a view, unroll it to a fixed depth with joins.');
    default:
      return unreachable(plan);
  }
}

function lowerFilter(plan: LogicalFilter, cx: Lowering, ordered: boolean): PhysicalPlan {
  const input = cx.lower(plan.input, ordered);
  const found = cx.snapshot ? undefined : timeCondition(plan.condition);
  const leaves = found?.bounds.some((b) => b.operator.startsWith('>')) === true;
  const timed = leaves && cx.clockPerRow ? undefined : found;
  const condition = timed === undefined ? plan.condition : conjunction(timed.rest);
  const exprs = identity(input.props.schema);
  const plain = condition !== null && isVolatile(condition) ? calc(input, condition, exprs, plan.schema) : project(input, condition, exprs, plan.schema);
  return timed === undefined ? plain : lowerTimeBounds(plain, timed.bounds);
}

/** Equal subplans run once: all readings of a WITH query whose values vary must have become equal ones. */
function requireSame(once: Once, made: PhysicalPlan, cx: Lowering): void {
  const before = cx.once.get(once);
  cx.once.set(once, made.props.stateId);
  if (before !== undefined && before !== made.props.stateId) {
    throw notSupported(`reading WITH query "${once.name}" twice, whose values vary`, once.span, 'Put it into a materialized view.');
  }
}

/** What no rule could turn into joins is refused with its position, rather than answered wrongly. */
function refuseLeftovers(plan: LogicalPlan): void {
  for (const e of planExprs(plan)) refuseIn(e);
  const correlated = plan.kind === 'join' ? functionOfLeft(plan) : undefined;
  if (plan.kind === 'join' && correlated !== undefined) {
    for (const e of [...correlated.args, ...correlated.outputs, ...correlated.conditions]) refuseIn(e);
    return refuseLeftovers(plan.left);
  }
  for (const input of planInputs(plan)) refuseLeftovers(input);
}

function refuseIn(e: Expr): void {
  if (e.kind === 'subquery') {
    throw notSupported('this subquery in a job', e.span, 'Write it as a join; what stands in the way may be a LIMIT by an expression, or a value that varies, such as random().');
  }
  if (e.kind === 'outer') throw notSupported('this correlated subquery in a job', undefined, 'Write it as a join, without LIMIT by an expression and random values inside.');
  for (const child of exprChildren(e)) refuseIn(child);
}
