import { InternalError, SqlError, unreachable } from '../../common/errors.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { hashBy, inputsOf, isAppendOnly, sameSet, SINGLE } from '../../planner/physical/props.ts';
import { materialize, result } from '../../planner/physical/roots.ts';
import { forgets, withTtl } from '../../planner/physical/ttl.ts';
import { sort } from '../../planner/physical/top-n.ts';
import type { PhysicalOptions, Planned, Target } from './context.ts';
import { AT_CLOSE, windowEmit } from '../../planner/physical/window-emit.ts';
import { closingBy } from './window-columns.ts';
import { attachSink, placedRows } from './attach-sink.ts';
import { lower } from './lower.ts';
import { shareSubplans } from './share.ts';
import { toUpsert } from './update-before.ts';
import { withRemembered } from './varying.ts';
import { whatUpdates } from './updates.ts';

/**
 * The operators that run an optimized plan for a target: distribution, changelog kinds, keys and names of state settled.
 * Errors: feature_not_supported for what can't be kept up to date; object_not_in_prerequisite_state for a snapshot of an
 * endless source; invalid_table_definition for a sink that can't take the changes.
 */
export function toPhysical(plan: LogicalPlan, target: Target, options: PhysicalOptions = {}): Planned {
  const { plans, notices } = toPhysicalSet([{ plan, target }], options);
  const [only] = plans;
  if (only === undefined) throw new InternalError('a plan without a root');
  return { plan: only, notices };
}

/** Several plans of one job: what they have in common runs once. */
export function toPhysicalSet(
  items: readonly { readonly plan: LogicalPlan; readonly target: Target }[],
  options: PhysicalOptions = {},
): { readonly plans: readonly PhysicalPlan[]; readonly notices: readonly string[] } {
  const notices: string[] = [];
  const roots = items.map(({ plan, target }) => {
    const snapshot = target.kind === 'result' && target.snapshotOnly;
    const onlyInserts = target.kind === 'sink' && target.accepts.every((kind) => kind === 'append-only');
    const lowered = lower(plan, options, snapshot, (text) => notices.push(text), onlyInserts, target.firing ?? null);
    const body = snapshot ? lowered : withTtl(lowered, options.stateTtlMs ?? null);
    const root = attach(body, plan, target, options);
    return snapshot ? root : withRemembered(root, (text) => notices.push(text));
  });
  const shared = shareSubplans(roots);
  const plans = options.dropUpdateBefore === false ? shared : shared.map((root, i) => relaxed(root, (items[i] as (typeof items)[number]).target));
  return { plans, notices: [...new Set(notices)] };
}

function attach(body: PhysicalPlan, plan: LogicalPlan, target: Target, options: PhysicalOptions): PhysicalPlan {
  switch (target.kind) {
    case 'materialize': {
      const final = target.emitOnClose === true ? closed(body, target.name) : body;
      const keys = target.keys === undefined ? final.props.streamKey : target.keys;
      const input = keys !== null ? placed(final, hashBy(keys)) : placedRows(final);
      return materialize(input, target.relation, keys, target.conflict ?? (forgets(final) ? 'forgiving' : 'checked'));
    }
    case 'sink':
      return attachSink(body, target, options.sinks);
    case 'result':
      if (!target.snapshotOnly) return result(placed(body, SINGLE));
      requireEnd(body, plan);
      // Rows that were taken back in between must not be seen.
      return result(isAppendOnly(body) ? placed(body, SINGLE) : sort(placed(body, SINGLE), [], 0, Infinity));
    default:
      return unreachable(target);
  }
}

/** EMIT ON WINDOW CLOSE: results that are final when they appear. Rows with an event time wait until the watermark reaches it. */
function closed(body: PhysicalPlan, name: string): PhysicalPlan {
  if (isAppendOnly(body)) return body;
  const [time] = body.props.watermarkColumns;
  if (time !== undefined) return windowEmit({ input: body, timeColumn: time, ...slackOf(body, time), ...AT_CLOSE });
  throw new SqlError('feature_not_supported', `"${name}" cannot be emitted on window close, because ${whatUpdates(body) ?? 'the query'} produces updates`, {
    hint: 'Group by window_start and window_end of a TUMBLE or HOP window over a column with a watermark.',
  });
}

function slackOf(body: PhysicalPlan, time: number): { readonly slackMicros: bigint; readonly times: readonly number[] } {
  const { slackMicros, times } = closingBy(body, time);
  return { slackMicros, times };
}

function requireEnd(body: PhysicalPlan, plan: LogicalPlan): void {
  if (body.props.bounded) return;
  const endless = findSource(body);
  throw new SqlError('feature_not_supported', `a plain SELECT ends, but table "${endless?.kind === 'source' ? endless.table : '?'}" has no end`, {
    span: plan.kind === 'scan' ? plan.span : undefined,
    hint: 'Add LIMIT to look at some rows; to watch it use SELECT … EMIT CHANGES, SUBSCRIBE, or a materialized view.',
  });
}

function findSource(p: PhysicalPlan): PhysicalPlan | undefined {
  if (p.kind === 'source' && !p.props.bounded) return p;
  for (const input of inputsOf(p)) {
    const found = findSource(input);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A root that overwrites by key does without -U. */
function relaxed(root: PhysicalPlan, target: Target): PhysicalPlan {
  const keys = overwrittenBy(root, target);
  if (keys === null || (root.kind !== 'materialize' && root.kind !== 'sink') || !sameSet(root.input.props.streamKey, keys)) return root;
  const input = toUpsert(root.input);
  if (input === undefined) return root;
  return { ...root, input, props: { ...root.props, changelog: root.kind === 'sink' ? 'upsert' : root.props.changelog } };
}

function overwrittenBy(root: PhysicalPlan, target: Target): readonly number[] | null {
  if (root.kind === 'materialize') return root.keys;
  if (root.kind !== 'sink' || target.kind !== 'sink' || target.accepts.includes('retract') || !target.accepts.includes('upsert')) return null;
  return root.spec.primaryKey;
}
