import type { PhysicalPlan } from '../physical.ts';
import { describeNode } from './describe.ts';
import { inputsOf } from './props.ts';

/** What may surprise in a plan that runs on and on, beside state that grows for ever. A sentence each; the root's first. */
export function planAdvice(root: PhysicalPlan): string[] {
  const out = new Set<string>();
  const seen = new Set<PhysicalPlan>();
  const walk = (p: PhysicalPlan): void => {
    if (seen.has(p)) return;
    seen.add(p);
    const text = adviceOn(p);
    if (text !== undefined) out.add(text);
    for (const input of inputsOf(p)) walk(input);
  };
  if (root.kind !== 'result' || !root.props.bounded) walk(root);
  return [...out];
}

const endless = (p: PhysicalPlan): boolean => (p.kind === 'source' && !p.props.bounded) || inputsOf(p).some(endless);

function adviceOn(p: PhysicalPlan): string | undefined {
  if (p.kind === 'source' && p.watermark !== null && !p.props.bounded && (p.watermark.idleTimeoutMs ?? 0) <= 0) {
    return `a split of "${p.table}" without rows holds back the watermark for ever; 'scan.watermark.idle-timeout' of the table, or the setting table.exec.source.idle-timeout, lets it go on without`;
  }
  if (p.kind === 'materialize' && p.keys === null && p.input.props.changelog !== 'append-only') {
    return 'the rows have no key: whole rows are kept and compared, and none can be looked up by key; select a key of the inputs as well';
  }
  if (p.kind === 'exchange' && p.to.kind === 'single' && endless(p.input) && p.input.kind !== 'groupAggregate') {
    const what = p.input.kind === 'exchange' ? 'its rows' : `the rows of ${describeNode(p.input)}`;
    return `${what} all meet on one worker; a key to partition or group by would spread the work`;
  }
  return undefined;
}
