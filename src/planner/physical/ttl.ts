import type { PhysicalPlan } from '../physical.ts';
import { inputsOf } from './props.ts';
import { mapPhysicalInputs } from './walk.ts';

/**
 * State that is forgotten when it has not been written for a time (`table.exec.state.ttl`, STATE_TTL): of groups, joins,
 * Top-N partitions and normalised keys. Windows free their state by the watermark, and take no part.
 */
export function withTtl(p: PhysicalPlan, usualMs: number | null): PhysicalPlan {
  const inner = mapPhysicalInputs(p, (input) => withTtl(input, usualMs));
  switch (inner.kind) {
    case 'groupAggregate': {
      const ttlMs = ttlOf(inner.input, usualMs);
      return ttlMs === null || inner.phase === 'partial' || inner.keys.length === 0 || inner.closes != null ? inner : { ...inner, ttlMs, props: marked(inner) };
    }
    case 'topN': {
      const ttlMs = usualMs;
      return ttlMs === null || inner.partition.length === 0 || inner.closes !== null ? inner : { ...inner, ttlMs, props: marked(inner) };
    }
    case 'normalize':
      return usualMs === null ? inner : { ...inner, ttlMs: usualMs, props: marked(inner) };
    case 'hashJoin': {
      const sides = [ttlOf(inner.left, usualMs), ttlOf(inner.right, usualMs)] as const;
      return sides.every((t) => t === null) || inner.windowKeys.length > 0 ? inner : { ...inner, ttlMs: sides, props: marked(inner) };
    }
    default:
      return inner;
  }
}

/** Entries have another layout with their times. */
const marked = (p: PhysicalPlan): PhysicalPlan['props'] => ({ ...p.props, stateId: `${p.props.stateId}t` });

/** A hint on the table that the rows come from goes before the setting. */
function ttlOf(p: PhysicalPlan, usualMs: number | null): number | null {
  switch (p.kind) {
    case 'source':
    case 'tableScan':
      return hinted(p.ttlMs, usualMs);
    case 'calc':
    case 'exchange':
    case 'normalize':
    case 'windowAssign':
      return ttlOf(p.input, usualMs);
    case 'groupAggregate':
      return p.phase === 'partial' ? ttlOf(p.input, usualMs) : usualMs;
    default:
      return usualMs;
  }
}

/** A hint of 0 keeps the state for ever. */
const hinted = (ttlMs: number | undefined, usualMs: number | null): number | null => (ttlMs === undefined ? usualMs : ttlMs === 0 ? null : ttlMs);

/** Whether something below forgets: a row may then be inserted again under a key that was never deleted. */
export function forgets(p: PhysicalPlan): boolean {
  return ('ttlMs' in p && p.ttlMs !== undefined && p.kind !== 'source' && p.kind !== 'tableScan') || inputsOf(p).some(forgets);
}
