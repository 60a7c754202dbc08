import { SqlError, notSupported } from '../../common/errors.ts';
import { columnsOf, conjunction, isTrue, remapColumns, splitConjunction } from '../../planner/columns.ts';
import type { LogicalAsOfJoin } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { hashBy, isAppendOnly, isEventTime } from '../../planner/physical/props.ts';
import { versioned } from '../../planner/versioned.ts';
import { versionJoin } from '../../planner/physical/version-join.ts';
import { inequality, ownColumns, plus } from './as-of-parts.ts';
import type { Lowering } from './context.ts';
import { equiKeys, together } from './join.ts';
import { toUpsert } from './update-before.ts';

/** Whether a source's watermark is of this column, so that no version before it is still to come. */
function isWatermarked(p: PhysicalPlan, c: number): boolean {
  if (isEventTime(p, c)) return true;
  switch (p.kind) {
    case 'source':
      return p.watermark?.column === c;
    case 'calc': {
      const e = p.exprs[c];
      return e?.kind === 'column' && isWatermarked(p.input, e.index);
    }
    case 'exchange':
    case 'shared':
      return isWatermarked(p.input, c);
    default:
      return false;
  }
}

/** Every change by key as it comes; a keyed table of the last rows would have dropped those in between. */
function changes(p: PhysicalPlan): PhysicalPlan {
  return isAppendOnly(p) ? p : (toUpsert(p) ?? p);
}

export function lowerVersions(plan: LogicalAsOfJoin, cx: Lowering): PhysicalPlan {
  const width = plan.left.schema.length;
  const right = versioned(plan.right);
  if (right === undefined) {
    throw notSupported('this right side of an event-time temporal join', plan.span, 'It has to be a table with a PRIMARY KEY and a WATERMARK, or the latest row per key of one (ROW_NUMBER() OVER (PARTITION BY key ORDER BY time DESC) = 1). The whole key has to equal columns of the left side; other conditions on it go into ON.');
  }
  // The keys that tell rows apart are looked up; what else is asked for is tested.
  const keyColumns: (number | undefined)[] = right.key.map(() => undefined);
  const rest = splitConjunction(plan.condition).filter((part) => {
    const { left: [l], right: [r] } = equiKeys(part, width);
    const at = l?.kind === 'column' && r?.kind === 'column' ? right.key.indexOf(r.index) : -1;
    if (at < 0 || keyColumns[at] !== undefined) return !isTrue(part);
    keyColumns[at] = columnsOf(l ?? null)[0];
    return false;
  });
  const missing = keyColumns.indexOf(undefined);
  if (missing >= 0) {
    throw new SqlError('feature_not_supported', `the condition of this temporal join does not name "${right.plan.schema[right.key[missing] ?? -1]?.name ?? ''}", of the right side's primary key`, {
      span: plan.span, hint: 'Every column of the key has to equal a column of the left side.',
    });
  }
  const leftKeys = keyColumns.map((k) => k as number);
  const time = inequality(plan);
  const l = plus(cx.lower(plan.left), time.left, 'time');
  const r = plus(changes(cx.lower(right.plan)), time.right, 'time');
  const leftTime = l.at[0] as number;
  const rightTime = r.at[0] as number;
  if (!isAppendOnly(l.plan)) throw notSupported('an event-time temporal join whose left side has updates', plan.span, 'Join before aggregating; to join with the present rows, use FOR SYSTEM_TIME AS OF PROCTIME().');
  if (!cx.snapshot && (!isEventTime(l.plan, leftTime) || !isWatermarked(r.plan, rightTime))) {
    throw notSupported('an event-time temporal join over times without a watermark', plan.span, 'Both tables need WATERMARK FOR the column that the join goes by.');
  }
  const grown = l.plan.props.schema.length;
  const residual = conjunction(rest.map((e) => remapColumns(e, (i) => (i < width ? i : i - width + grown))));
  const [a, b] = leftKeys.length === 0 ? [placed(l.plan, hashBy([])), placed(r.plan, hashBy([]))] : together(l.plan, leftKeys, r.plan, right.key);
  return ownColumns(plan, versionJoin({ left: a, right: b, type: plan.type, leftKeys, rightKeys: right.key, leftTime, rightTime, residual }), grown);
}
