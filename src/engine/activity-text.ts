import type { OperatorInfo } from '../catalog/system/context.ts';
import { timestampToText } from '../common/types/datetime-text.ts';
import { intervalToText } from '../common/types/interval.ts';
import type { PhysicalPlan, PhysicalSource } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { JobActivity, NodeActivity, SplitStatus } from '../runtime/api.ts';

/** A running job in words: its operators with what they let through, its splits, and why nothing (more) has come out. */
export function activityLines(activity: JobActivity, pausedBelow: readonly string[] = []): string[] {
  const report = new Report(activity);
  const lines: string[] = [];
  for (const plan of activity.plans) lines.push(...report.tree(plan, 1));
  const splits = report.splitLines();
  if (splits.length > 0) lines.push('Splits', ...splits);
  const { state, name } = activity.status;
  const why = [...(state === 'paused' ? [`It is paused: RESUME JOB '${name.replaceAll("'", "''")}' lets it go on.`] : []), ...pausedBelow.map((below) => `It reads "${below}", which is paused.`), ...activity.plans.flatMap((plan) => report.reasons(plan))];
  return [...lines, 'Why', ...[...new Set(why)].map((r) => `  ${r}`)];
}

/** The operators of a running job as rows. */
export function operatorInfos(job: number, { plans, nodes }: JobActivity): OperatorInfo[] {
  const out: OperatorInfo[] = [];
  const seen = new Set<string>();
  const visit = (p: PhysicalPlan, parent: number | null): void => {
    const node = through(p);
    if (seen.has(node.props.stateId)) return;
    seen.add(node.props.stateId);
    const { rowsOut, rowsLate, rowsBad, watermark, waitsFor, expired, bytesOut, busyMs, blockedMs, stateEntries, stateBytes, rowsDealt, rowsDealtMost } = nodes.get(node.props.stateId) ?? NOTHING;
    const inputs = inputsOf(node);
    const rowsIn = inputs.reduce((n, i) => n + (nodes.get(through(i).props.stateId) ?? NOTHING).rowsOut, 0);
    const number = out.length;
    out.push({ jobId: job, number, parent, operator: describeNode(node), rowsIn: BigInt(rowsIn), rowsOut: BigInt(rowsOut), lateRows: BigInt(rowsLate), badRows: BigInt(rowsBad), watermark, waitsFor, expired: BigInt(expired),
      bytesOut: BigInt(bytesOut), busyMs, blockedMs, busiestShare: rowsDealt === 0 ? null : rowsDealtMost / rowsDealt, stateRows: BigInt(stateEntries), stateBytes: BigInt(stateBytes) });
    for (const input of inputs) visit(input, number);
  };
  for (const plan of plans) visit(plan, null);
  return out;
}

export const NOTHING: NodeActivity = {
  rowsOut: 0, rowsDealt: 0, rowsDealtMost: 0, workers: 1, watermark: null, rowsLate: 0, rowsBad: 0, waitsFor: null, expired: 0, bytesOut: 0, busyMs: 0, busiestMs: 0, blockedMs: 0, stateEntries: 0, stateBytes: 0,
};
/** Below so many rows an uneven deal says nothing. */
const SKEW_ROWS_MIN = 1000;

/** Where one worker gets most of the rows: a part of a line, or undefined where the work is shared. */
export function skewOf({ rowsDealt, rowsDealtMost, workers }: NodeActivity): string | undefined {
  const share = rowsDealtMost / Math.max(1, rowsDealt);
  if (workers < 2 || rowsDealt < SKEW_ROWS_MIN || share < Math.min(0.9, 2 / workers)) return undefined;
  return `skewed: one worker of ${workers} gets ${Math.round(share * 100)}% of the rows`;
}
export const time = (micros: bigint): string => timestampToText(micros);
const span = (micros: bigint): string => intervalToText({ months: 0, days: 0, micros });
const rows = (n: number): string => `${n.toLocaleString('en-US')} row${n === 1 ? '' : 's'}`;

class Report {
  readonly #activity: JobActivity;
  readonly #seen = new Set<string>();

  /** Sources with a watermark. */
  readonly #timed: ReadonlySet<string>;

  constructor(activity: JobActivity) {
    this.#activity = activity;
    this.#timed = new Set(activity.plans.flatMap((plan) => [...sourcesOf(plan, (s) => s.watermark !== null)]));
  }

  /** Exchanges and shared subplans are nobody's operators: what leaves the node below them. */
  #of(p: PhysicalPlan): NodeActivity {
    const node = through(p);
    return this.#activity.nodes.get(node.props.stateId) ?? NOTHING;
  }

  tree(plan: PhysicalPlan, depth: number): string[] {
    const node = through(plan);
    const again = this.#seen.has(node.props.stateId);
    this.#seen.add(node.props.stateId);
    const line = `${'  '.repeat(depth)}${describeNode(node)}  {${this.#facts(node)}}${again ? ' (see above)' : ''}`;
    return again ? [line] : [line, ...inputsOf(node).flatMap((input) => this.tree(input, depth + 1))];
  }
  #facts(node: PhysicalPlan): string {
    const { rowsOut, watermark, rowsLate, rowsBad, waitsFor, expired } = this.#of(node);
    const inputs = inputsOf(node);
    const into = inputs.map((i) => this.#of(i).rowsOut.toLocaleString('en-US')).join(' + ');
    const parts = [inputs.length === 0 ? rows(rowsOut) : `${into} in, ${rowsOut.toLocaleString('en-US')} out`];
    if (rowsLate > 0) parts.push(`${rowsLate.toLocaleString('en-US')} late`);
    if (rowsBad > 0) parts.push(`${rowsBad.toLocaleString('en-US')} bad`);
    const skew = skewOf(this.#of(node));
    if (skew !== undefined) parts.push(skew);
    if (expired > 0) parts.push(`${expired.toLocaleString('en-US')} forgotten`);
    if (watermark !== null) parts.push(`watermark ${time(watermark)}`);
    if (waitsFor !== null) parts.push(`waits for ${time(waitsFor)}`);
    return parts.join('; ');
  }

  splitLines(): string[] {
    const { splits } = this.#activity.status;
    return splits.map((s) => {
      const holder = this.#timed.has(s.source) ? holderOf(splits.filter((o) => o.source === s.source)) : undefined;
      const state = s.ended ? 'ended' : s.idle ? 'idle, holds nothing back' : s.watermark === null ? '' : `watermark ${time(s.watermark)}`;
      const held = holder === s ? 'holds the watermark' : holder?.watermark != null && s.watermark !== null && !s.ended && !s.idle ? `${span(s.watermark - holder.watermark)} ahead` : '';
      return `  ${s.source} ${s.split}: ${[rows(s.rows), `position ${s.position}`, state, held].filter((t) => t !== '').join(', ')}`;
    });
  }

  reasons(plan: PhysicalPlan): string[] {
    const found: string[] = [];
    const visited = new Set<string>();
    const visit = (p: PhysicalPlan): void => {
      const node = through(p);
      if (visited.has(node.props.stateId)) return;
      visited.add(node.props.stateId);
      for (const input of inputsOf(node)) visit(input);
      found.push(...this.#reason(node));
    };
    visit(plan);
    if (found.length > 0) return found;
    if (plan.props.bounded || (this.#activity.status.splits.length > 0 && this.#activity.status.splits.every((s) => s.ended))) return ['Every source has ended: nothing more will come.'];
    return [this.#of(plan).rowsOut === 0 ? 'Nothing holds rows back: what has come in so far gives no result.' : 'Nothing holds rows back: all that has come in is there.'];
  }
  #reason(node: PhysicalPlan): string[] {
    const { rowsOut, watermark, rowsLate, rowsBad, waitsFor } = this.#of(node);
    const inputs = inputsOf(node);
    const into = inputs.map((i) => this.#of(i).rowsOut);
    const total = into.reduce((a, b) => a + b, 0);
    const out: string[] = [];
    const name = describeNode(node).split(' ', 1)[0] ?? '';
    switch (node.kind) {
      case 'source': {
        const splits = this.#activity.status.splits.filter((s) => s.source === node.table);
        if (rowsBad > 0) out.push(`${rows(rowsBad)} of "${node.table}" could not be read: SELECT * FROM millrace_catalog.job_errors.`);
        if (rowsOut === 0 && rowsBad === 0) out.push(splits.length === 0 ? `Source "${node.table}" has no splits: nothing is there to be read.` : `Source "${node.table}" has delivered no rows yet.`);
        for (const s of splits) {
          if (node.watermark === null || s.watermark !== null || s.idle || s.ended || rowsOut === 0) continue;
          out.push(`Split ${s.split} of "${node.table}" has had no rows and holds the watermark back. 'scan.watermark.idle-timeout' = '30 s' lets the others go on.`);
        }
        return out;
      }
      case 'tableScan':
        return rowsOut === 0 ? [`"${node.name}" has no rows.`] : [];
      case 'calc':
        if (node.filter !== null && total > 0 && rowsOut === 0) out.push(`The filter${describeNode(node).split(' where').slice(1).join(' where')} lets none of ${rows(total)} pass.`);
        break;
      case 'hashJoin': {
        const empty = into.findIndex((n) => n === 0);
        if (rowsOut > 0 || total === 0) break;
        out.push(empty >= 0 ? `${describeNode(node)}: the ${empty === 0 ? 'left' : 'right'} side has no rows, the other has had ${rows(total)}.` : `${describeNode(node)}: no row of the left (${rows(into[0] ?? 0)}) has found one on the right (${rows(into[1] ?? 0)}).`);
        break;
      }
      default:
        break;
    }
    if (rowsBad > 0) out.push(`${rows(rowsBad)} could not be computed by ${name}: SELECT * FROM millrace_catalog.job_errors.`);
    if (rowsLate > 0) out.push(`${rows(rowsLate)} came too late for ${name}: SELECT * FROM millrace_catalog.late_rows.`);
    if (waitsFor !== null) out.push(this.#waiting(node, name, waitsFor, watermark));
    return out;
  }
  /** What a windowed operator waits for, and who keeps the watermark from getting there. */
  #waiting(node: PhysicalPlan, name: string, waitsFor: bigint, sent: bigint | null): string {
    const below = inputsOf(node).map((i) => this.#of(i).watermark);
    const reached = below.includes(null) ? sent : below.reduce((min, w) => (w !== null && (min === null || w < min) ? w : min), null);
    const holder = holderOf(this.#activity.status.splits.filter((s) => sourcesOf(node).has(s.source)));
    const held = holder === undefined ? this.#holdingScan(node) : `split ${holder.split} of "${holder.source}"`;
    const where = reached === null ? 'there is none yet' : `it is ${time(reached)}, ${span(waitsFor - reached)} behind`;
    return `${name} keeps rows until the watermark reaches ${time(waitsFor)}: ${where}${held === undefined ? '' : `, held by ${held}`}.`;
  }
  /** The table or view with event time below a node whose watermark is lowest, or absent. */
  #holdingScan(node: PhysicalPlan): string | undefined {
    let lowest: { readonly name: string; readonly watermark: bigint | null } | undefined;
    const visit = (p: PhysicalPlan): void => {
      if (p.kind === 'tableScan' && p.props.changelog === 'append-only') {
        const { watermark } = this.#of(p);
        if (lowest === undefined || (lowest.watermark !== null && (watermark === null || watermark < lowest.watermark))) lowest = { name: p.name, watermark };
      }
      for (const input of inputsOf(p)) visit(input);
    };
    visit(node);
    return lowest === undefined ? undefined : `"${lowest.name}"`;
  }
}

/** The operator that sends a plan's rows: exchanges and shared subplans are nobody's work. */
export function through(p: PhysicalPlan): PhysicalPlan {
  return p.kind === 'exchange' || p.kind === 'shared' ? through(p.input) : p;
}

/** The split that the watermark waits for: one without any, else the lowest. */
function holderOf(splits: readonly SplitStatus[]): SplitStatus | undefined {
  const running = splits.filter((s) => !s.idle && !s.ended);
  return running.find((s) => s.watermark === null) ?? running.reduce<SplitStatus | undefined>((low, s) => (low?.watermark == null || (s.watermark !== null && s.watermark < low.watermark) ? s : low), undefined);
}

function sourcesOf(p: PhysicalPlan, wanted: (source: PhysicalSource) => boolean = () => true): Set<string> {
  const found = new Set<string>();
  const visit = (node: PhysicalPlan): void => {
    if (node.kind === 'source' && wanted(node)) found.add(node.table);
    for (const input of inputsOf(node)) visit(input);
  };
  visit(p);
  return found;
}
