import type { PhysicalPlan } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { JobActivity, NodeActivity } from '../runtime/api.ts';
import { NOTHING, skewOf, through, time } from './activity-text.ts';

/** Running operators with rows, bytes, time and state. */

export const msText = (ms: number): string => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`);
const count = (n: number): string => n.toLocaleString('en-US');
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
export function bytesText(bytes: number): string {
  let n = bytes;
  let unit = 0;
  while (n >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? n : n.toFixed(n < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/**
 * A tree of the operators, then what the sources' splits have read.
 * @param periodMs how long the counts took; null when that is not known: then no rates.
 */
export function analyzedLines(activity: JobActivity, periodMs: number | null): string[] {
  const seen = new Set<string>();
  const of = (p: PhysicalPlan): NodeActivity => activity.nodes.get(through(p).props.stateId) ?? NOTHING;
  const whole = [...activity.nodes.values()].reduce((ms, n) => ms + n.busyMs, 0);
  const walk = (p: PhysicalPlan, depth: number): string[] => {
    const node = through(p);
    const { stateId } = node.props;
    const again = seen.has(stateId);
    seen.add(stateId);
    const inputs = inputsOf(node);
    const line = `${'  '.repeat(depth)}${describeNode(node)}  {${facts(of(node), inputs.map(of), { whole, periodMs })}}${again ? ' (see above)' : ''}`;
    return again ? [line] : [line, ...inputs.flatMap((i) => walk(i, depth + 1))];
  };
  const trees = activity.plans.flatMap((plan) => walk(plan, 1));
  const splits = activity.status.splits.map((s) => `  ${s.source} ${s.split}: ${count(s.rows)} rows, position ${s.position}${s.ended ? ', ended' : s.idle ? ', idle' : ''}`);
  return [...trees, ...(splits.length === 0 ? [] : ['Splits', ...splits]), `Busy: ${msText(whole)}`];
}

function facts(n: NodeActivity, inputs: readonly NodeActivity[], { whole, periodMs }: { readonly whole: number; readonly periodMs: number | null }): string {
  const into = inputs.length === 0 ? '' : `${inputs.map((i) => count(i.rowsOut)).join(' + ')} in, `;
  const parts = [`${into}${count(n.rowsOut)} out${n.bytesOut === 0 ? '' : `, ~${bytesText(n.bytesOut)}`}`];
  if (periodMs !== null && periodMs > 0) parts.push(`${count(Math.round((n.rowsOut * 1000) / periodMs))} rows/s`);
  parts.push(`busy ${msText(n.busyMs)}${whole === 0 ? '' : ` (${Math.round((100 * n.busyMs) / whole)}%)`}${n.busiestMs < n.busyMs ? `, busiest worker ${msText(n.busiestMs)}` : ''}`);
  const skew = skewOf(n);
  if (skew !== undefined) parts.push(skew);
  if (n.blockedMs > 0) parts.push(`waited for room ${msText(n.blockedMs)}`);
  if (n.stateEntries > 0) parts.push(`state ${count(n.stateEntries)} entries, ${bytesText(n.stateBytes)}`);
  if (n.rowsLate > 0) parts.push(`${count(n.rowsLate)} late`);
  if (n.rowsBad > 0) parts.push(`${count(n.rowsBad)} bad`);
  if (n.expired > 0) parts.push(`${count(n.expired)} forgotten`);
  if (n.watermark !== null) parts.push(`watermark ${time(n.watermark)}`);
  return parts.join('; ');
}

/** What was done from one look to the next; what is kept is as of the second. A restart in between begins at zero. */
export function activityBetween(before: JobActivity, after: JobActivity): JobActivity {
  const nodes = new Map<string, NodeActivity>();
  for (const [id, b] of after.nodes) {
    const a = before.nodes.get(id) ?? NOTHING;
    const since = (of: (n: NodeActivity) => number): number => (of(b) >= of(a) ? of(b) - of(a) : of(b));
    nodes.set(id, {
      ...b, rowsOut: since((n) => n.rowsOut), rowsLate: since((n) => n.rowsLate), rowsBad: since((n) => n.rowsBad), expired: since((n) => n.expired),
      bytesOut: since((n) => n.bytesOut), busyMs: since((n) => n.busyMs), busiestMs: since((n) => n.busiestMs), blockedMs: since((n) => n.blockedMs),
    });
  }
  return { ...after, nodes };
}
