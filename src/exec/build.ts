import { InternalError } from '../common/errors.ts';
import type { PhysicalKind, PhysicalPlan } from '../planner/physical.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { BestRowOperator, wantsBestRow } from './operators/best-row.ts';
import { CalcOperator } from './operators/calc.ts';
import { ClockOperator } from './operators/clock.ts';
import { EnforceOperator } from './operators/enforce.ts';
import { FirstRowOperator } from './operators/first-row.ts';
import { ConnectorLookupOperator } from './operators/connector-lookup.ts';
import { GroupAggregateOperator } from './operators/group-aggregate.ts';
import { HashJoinOperator } from './operators/hash-join.ts';
import { MaterializeOperator } from './operators/materialize.ts';
import { IntervalJoinOperator } from './operators/interval-join.ts';
import { LookupJoinOperator } from './operators/lookup-join.ts';
import { NearestJoinOperator } from './operators/nearest-join.ts';
import { NormalizeOperator, UnionAllOperator, ValuesOperator } from './operators/simple.ts';
import { OnTimeOverOperator } from './operators/over-on-time.ts';
import { OverOperator } from './operators/over.ts';
import { RememberOperator } from './operators/remember.ts';
import { SessionAggregateOperator } from './operators/session-aggregate.ts';
import { SessionAssignOperator } from './operators/session-assign.ts';
import { ChangelogOperator } from './operators/changelog.ts';
import { SortOperator } from './operators/sort.ts';
import { TemporalFilterOperator } from './operators/temporal-filter.ts';
import { TableFunctionOperator } from './operators/table-function.ts';
import { TopNOperator } from './operators/top-n.ts';
import { VersionJoinOperator } from './operators/version-join.ts';
import { WindowAggregateOperator } from './operators/window-aggregate.ts';
import { WatermarkLagOperator } from './operators/watermark-lag.ts';
import { WindowEmitOperator } from './operators/window-emit.ts';
import { WindowAssignOperator } from './operators/window-assign.ts';

type NodeOf<K extends PhysicalKind> = Extract<PhysicalPlan, { kind: K }>;

/** Nodes that the runtime runs itself: they cross workers, wait for the world outside, or share a subplan. */
export type RuntimeKind = 'source' | 'tableScan' | 'tableInput' | 'exchange' | 'shared' | 'sink' | 'result';

const BUILDERS: { readonly [K in Exclude<PhysicalKind, RuntimeKind>]: (node: NodeOf<K>, context: OperatorContext) => Operator } = {
  values: (node, context) => new ValuesOperator(node, context),
  calc: (node, context) => new CalcOperator(node, context),
  groupAggregate: (node, context) => new GroupAggregateOperator(node, context),
  windowAggregate: (node, context) => (node.window.kind === 'session' ? new SessionAggregateOperator(node, node.window.gapMicros, context) : new WindowAggregateOperator(node, context)),
  windowAssign: (node, context) => new WindowAssignOperator(node, context),
  clock: (node, context) => new ClockOperator(node, context),
  remember: (node, context) => new RememberOperator(node, context),
  enforce: (node, context) => new EnforceOperator(node, context),
  watermarkLag: (node, context) => new WatermarkLagOperator(node, context),
  windowEmit: (node, context) => new WindowEmitOperator(node, context),
  sessionAssign: (node, context) => new SessionAssignOperator(node, context),
  tableFunction: (node, context) => new TableFunctionOperator(node, context),
  hashJoin: (node, context) => new HashJoinOperator(node, context),
  nearestJoin: (node, context) => new NearestJoinOperator(node, context),
  lookupJoin: (node, context) => new LookupJoinOperator(node, context),
  connectorLookup: (node, context) => new ConnectorLookupOperator(node, context),
  firstRow: (node, context) => new FirstRowOperator(node, context),
  topN: (node, context) => (wantsBestRow(node) ? new BestRowOperator(node, context) : new TopNOperator(node, context)),
  temporalFilter: (node, context) => new TemporalFilterOperator(node, context),
  intervalJoin: (node, context) => new IntervalJoinOperator(node, context),
  versionJoin: (node, context) => new VersionJoinOperator(node, context),
  over: (node, context) => (node.onTime ? new OnTimeOverOperator(node, context) : new OverOperator(node, context)),
  sort: (node, context) => new SortOperator(node, context),
  unionAll: (node, context) => new UnionAllOperator(node, context),
  normalize: (node, context) => new NormalizeOperator(node, context),
  materialize: (node, context) => new MaterializeOperator(node, context, node.ttlMs ?? null),
  changelog: (node, context) => new ChangelogOperator(node, context),
};

/** The operator of one node; its inputs are the node's inputs in order, as ports 0, 1… */
export function buildOperator(node: PhysicalPlan, context: OperatorContext): Operator {
  switch (node.kind) {
    case 'source':
    case 'tableScan':
    case 'tableInput':
    case 'exchange':
    case 'shared':
    case 'sink':
    case 'result':
      throw new InternalError(`a ${node.kind} node has no operator of its own`);
    default: {
      const build = BUILDERS[node.kind] as (node: PhysicalPlan, context: OperatorContext) => Operator;
      return build(node, context);
    }
  }
}
