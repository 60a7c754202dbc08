import type { Schema } from '../../common/batch/batch.ts';
import { InternalError } from '../../common/errors.ts';
import type { LogicalAggregate } from '../../planner/logical.ts';
import type { GroupClosing, PhysicalPlan } from '../../planner/physical.ts';
import { project } from '../../planner/physical/calc.ts';
import { exchange } from '../../planner/physical/exchange.ts';
import { canSplit, groupAggregate, partialSchema } from '../../planner/physical/group-aggregate.ts';
import { hashBy, isAppendOnly, satisfies } from '../../planner/physical/props.ts';
import { identity } from '../../planner/columns.ts';
import { closingKey, lowerAttachedWindow } from './attached-window.ts';
import { closingBy } from './window-columns.ts';
import { Columns } from './columns.ts';
import type { Lowering } from './context.ts';
import { fired } from './firing.ts';
import { placeCall } from './place-call.ts';
import { lowerWindowAggregate } from './window.ts';

export function lowerAggregate(plan: LogicalAggregate, cx: Lowering): PhysicalPlan {
  if (plan.sets !== null) throw new InternalError('GROUPING SETS were not rewritten');
  const windowed = lowerWindowAggregate(plan, cx);
  if (windowed !== undefined) return windowed;
  const below = cx.lower(plan.input);
  return lowerAttachedWindow(plan, below, cx) ?? firing(plan, below, cx) ?? lowerGroups(plan, below, cx, null);
}

/** An aggregate per window whose results are sent before the watermark closes it, or still after that. */
function firing(plan: LogicalAggregate, below: PhysicalPlan, cx: Lowering): PhysicalPlan | undefined {
  const closing = cx.firing === null ? undefined : closingKey(plan, below);
  if (closing === undefined) return undefined;
  const groups = lowerGroups(plan, below, cx, closing);
  return fired(groups, closingBy(groups, closing.key), cx);
}

function lowerGroups(plan: LogicalAggregate, below: PhysicalPlan, cx: Lowering, closes: GroupClosing | null): PhysicalPlan {
  const columns = new Columns(below.props.schema);
  const keys = plan.keys.map((k, i) => columns.add(k, plan.schema[i]?.name));
  const calls = plan.calls.map((c) => placeCall(c, columns));
  // A row needs some column to exist.
  if (columns.exprs.length === 0) for (const e of identity(below.props.schema).slice(0, 1)) columns.add(e);
  const input = project(below, null, columns.exprs, columns.schema);
  const wanted = hashBy(keys);
  const parts = { keys, calls, emitUpdateBefore: true, schema: plan.schema, appendOnlyInput: isAppendOnly(input), closes };
  if (satisfies(input.props.distribution, wanted)) return groupAggregate({ ...parts, input, phase: 'single' });
  const keySchema: Schema = keys.map((k) => input.props.schema[k] as Schema[number]);
  const partial = cx.options.twoPhase === false || !canSplit(input, calls) ? null : partialSchema(keySchema, calls);
  if (partial === null) return groupAggregate({ ...parts, input: exchange(input, wanted), phase: 'single' });
  const first = groupAggregate({ ...parts, input, phase: 'partial', schema: partial });
  const own = keys.map((_, i) => i);
  return groupAggregate({ ...parts, input: exchange(first, hashBy(own)), keys: own, phase: 'final' });
}
