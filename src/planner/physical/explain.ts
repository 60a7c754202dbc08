import type { ChangelogKind } from '../../connectors/api.ts';
import type { PhysicalPlan } from '../physical.ts';
import { columnList, columnName, describeNode, distributionText } from './describe.ts';
import { inputsOf } from './props.ts';

/** Physical plans as text. */

const MODES: Readonly<Record<ChangelogKind, string>> = { 'append-only': '[I]', retract: '[I,UB,UA,D]', upsert: '[I,UA,D]' };

/** Operators that keep something between barriers. */
const isStateful = (p: PhysicalPlan): boolean => {
  switch (p.kind) {
    case 'groupAggregate':
    case 'windowAggregate':
      return p.phase !== 'partial';
    case 'connectorLookup':
      return p.left.props.changelog !== 'append-only';
    case 'hashJoin':
    case 'intervalJoin':
    case 'versionJoin':
    case 'sessionAssign':
    case 'windowEmit':
    case 'nearestJoin':
    case 'lookupJoin':
    case 'temporalFilter':
    case 'topN':
    case 'firstRow':
    case 'over':
    case 'normalize':
    case 'changelog':
    case 'materialize':
      return true;
    default:
      return false;
  }
};

function tree(root: PhysicalPlan, line: (p: PhysicalPlan) => string, indent: string): string[] {
  const seen = new Set<string>();
  const out: string[] = [];
  const walk = (p: PhysicalPlan, depth: number): void => {
    const again = p.kind === 'shared' && seen.has(p.props.stateId);
    out.push(`${indent.repeat(depth)}${line(p)}${again ? ' (see above)' : ''}`);
    if (again) return;
    seen.add(p.props.stateId);
    for (const input of inputsOf(p)) walk(input, depth + 1);
  };
  walk(root, 0);
  return out;
}

function properties(p: PhysicalPlan, withState: boolean): string {
  const { props } = p;
  const parts: string[] = [props.changelog];
  parts.push(props.streamKey === null ? 'no key' : props.streamKey.length === 0 ? 'one row' : `key ${columnList(props.schema, props.streamKey)}`);
  if (props.watermarkColumns.length > 0) parts.push(`time ${props.watermarkColumns.map((c) => columnName(props.schema, c)).join(', ')}`);
  parts.push(distributionText(props.distribution, props.schema));
  if (props.bounded) parts.push('bounded');
  if (withState && isStateful(p)) parts.push(`state ${props.stateId}`);
  return parts.join('; ');
}

/**
 * EXPLAIN PHYSICAL: an operator a line with changelog kind, stream key, event-time columns, distribution and the name of its
 * state. @param options.state false leaves out the names of state, for plan tests.
 */
export function explainPhysical(plan: PhysicalPlan, options: { readonly state?: boolean } = {}): string {
  return tree(plan, (p) => `${describeNode(p)}  {${properties(p, options.state !== false)}}`, '  ').join('\n');
}

/** EXPLAIN CHANGELOG_MODE: Flink's notation. */
export function explainChangelogMode(plan: PhysicalPlan): string {
  return tree(plan, (p) => `${describeNode(p)}, changelogMode=${MODES[p.props.changelog]}`, '  ').join('\n');
}
