import { InternalError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import { connectorNamed } from '../connectors/registry.ts';
import type { Output } from '../exec/operator.ts';
import type { PhysicalSource, PhysicalTableInput, PhysicalTableScan } from '../planner/physical.ts';
import { LocalChannel } from './exchange/channel.ts';
import type { InputTarget } from './input.ts';
import type { JobSite } from './job-site.ts';
import { ScanInput } from './scan-input.ts';
import { SourceInput } from './source-input.ts';
import { TableInput } from './table-input.ts';

/** A stored table's log is one split. */
export const TABLE_SPLIT = '0';

/** Where a relation's rows and changes come into a job, once the worker has attached it. */
export interface Scan {
  readonly channel: LocalChannel;
  readonly relation: ObjectId;
  readonly columns: readonly number[];
  readonly snapshotOnly: boolean;
  subscribed: boolean;
}

/** Sends nothing on: of a node whose rows go straight to its input's target. */
const NOWHERE: Output = { emit: () => {}, watermark: () => {} };

/** A connector's rows, from the places of the checkpoint on. */
export function sourceInput(site: JobSite, node: PhysicalSource, target: InputTarget, wake: () => void): SourceInput {
  const { source } = connectorNamed(node.spec.connector);
  if (source === undefined) throw new InternalError(`connector "${node.spec.connector}" cannot be read`);
  const { deploy, host, job, records } = site;
  const id = node.props.stateId;
  const splits = deploy.splits[id] ?? [];
  const prefix = `${id}/`;
  const watermarks = new Map(Object.entries(deploy.watermarks).flatMap(([k, v]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), BigInt(v)] as const] : [])));
  const policy = site.errorPolicy(node);
  const activity = site.activityOf(node);
  return new SourceInput(node, target, source.reader(node.spec, splits, site.connectorContext()), splits, {
    job, wake, watermarks, policy, clock: host.clock, pollRows: host.pollRows, empty: deploy.empty.includes(id),
    active: (soon) => site.active(soon),
    bad: (record) => {
      records.rowsBad++;
      activity.rowsBad++;
      if (policy === 'log') records.refused(record);
    },
    log: (level, message) => site.log(level, message),
    context: site.operatorContext(node, NOWHERE),
  });
}

/** Another relation's rows: the scan tells the worker what to attach. */
export function scanInput({ host }: JobSite, node: PhysicalTableScan, target: InputTarget, wake: () => void): { readonly scan: Scan; readonly input: ScanInput } {
  const channel = new LocalChannel(Infinity);
  return {
    scan: { channel, relation: node.relation, columns: node.columns, snapshotOnly: node.snapshotOnly, subscribed: false },
    input: new ScanInput(node, target, channel, wake, (item) => channel.trySend(item), host),
  };
}

/** A stored table's own log, which the worker puts into the channel. */
export function tableInput(site: JobSite, node: PhysicalTableInput, target: InputTarget, wake: () => void): { readonly channel: LocalChannel; readonly input: TableInput } {
  const { deploy, host } = site;
  const channel = new LocalChannel(Infinity);
  const saved = deploy.watermarks[`${node.props.stateId}/${TABLE_SPLIT}`];
  const input = new TableInput(node, target, channel, {
    wake, clock: host.clock, active: () => site.active(false), owner: host.worker === node.relation % host.parallelism,
    watermark: saved === undefined ? null : BigInt(saved), context: site.operatorContext(node, NOWHERE),
  });
  return { channel, input };
}
