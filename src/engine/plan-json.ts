import type { PhysicalPlan } from '../planner/physical.ts';
import { describeNode, distributionText } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { NodeActivity } from '../runtime/api.ts';
import { through } from './activity-text.ts';

/** A plan as EXPLAIN (FORMAT JSON) shows it: PostgreSQL's keys where it has them, so that its tools can draw it. */
export interface PlanJson {
  readonly 'Node Type': string;
  readonly [key: string]: unknown;
}

const words = (kind: string): string => kind.replace(/[A-Z]/g, (c) => ` ${c}`).replace(/^./, (c) => c.toUpperCase());

/** @param nodes what the operators have done, for ANALYZE; then exchanges, which nobody counts, are left out. */
export function planJson(plan: PhysicalPlan, nodes?: ReadonlyMap<string, NodeActivity>): PlanJson {
  const node = nodes === undefined ? plan : through(plan);
  const { schema, changelog, streamKey, watermarkColumns, distribution, stateId, bounded } = node.props;
  const name = (c: number): string => schema[c]?.name ?? `#${c}`;
  const done = nodes?.get(stateId);
  const inputs = inputsOf(node);
  return {
    'Node Type': words(node.kind),
    ...(node.kind === 'tableScan' ? { 'Relation Name': node.name } : node.kind === 'source' ? { 'Relation Name': node.table } : {}),
    'Description': describeNode(node),
    'Output': schema.map((f) => f.name),
    'Changelog': changelog,
    'Stream Key': streamKey?.map(name) ?? null,
    'Time Columns': watermarkColumns.map(name),
    'Distribution': distributionText(distribution, schema),
    'Bounded': bounded,
    'State': stateId,
    ...(done === undefined ? {} : {
      'Actual Rows': done.rowsOut, 'Actual Loops': 1, 'Actual Total Time': Math.round(done.busyMs * 1000) / 1000, 'Bytes': done.bytesOut, 'Blocked Time': Math.round(done.blockedMs * 1000) / 1000,
      'State Entries': done.stateEntries, 'State Bytes': done.stateBytes, 'Late Rows': done.rowsLate, 'Bad Rows': done.rowsBad,
    }),
    ...(inputs.length === 0 ? {} : { 'Plans': inputs.map((i) => planJson(i, nodes)) }),
  };
}
