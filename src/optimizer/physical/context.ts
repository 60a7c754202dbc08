import type { ObjectId } from '../../common/ids.ts';
import type { ChangelogKind, SinkSpec } from '../../connectors/api.ts';
import type { LogicalPlan, Once, Relation } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';

/** When results of windows are sent: `earlyMicros` by the clock after a change (null: not before the watermark), and for how long after it. */
export interface Firing {
  readonly earlyMicros: bigint | null;
  readonly lateMicros: bigint;
  readonly latenessMicros: bigint;
}

/** Where a plan's rows go. Without `firing`, results of windows are sent once, at the watermark. */
export type Target = Destination & { readonly firing?: Firing | undefined };
type Destination =
  /**
   * A view or stored table. `keys` undefined: the view's own, derived from the query (the stream key, or null for a
   * multiset); it is found in the plan's root node. A stored table says its declared key and what a repeated one does.
   */
  | { readonly kind: 'materialize'; readonly relation: ObjectId; readonly name: string; readonly keys?: readonly number[] | null; readonly conflict?: 'checked' | 'overwrite'; /** EMIT ON WINDOW CLOSE: only results that never change. */ readonly emitOnClose?: boolean }
  /** `accepts`: what the connector takes for this spec. */
  | { readonly kind: 'sink'; readonly spec: SinkSpec; /** ON CONFLICT: what becomes of two rows of one key; null: nothing was said. */ readonly onConflict?: 'error' | 'nothing' | 'deduplicate' | null; readonly accepts: readonly ChangelogKind[]; /** It wants the watermark. */ readonly eventTime?: boolean }
  /** A session. `snapshotOnly`: the rows that are there now, in the order asked for; else a changelog without end. */
  | { readonly kind: 'result'; readonly snapshotOnly: boolean };

export type ConnectorRelation = Extract<Relation, { kind: 'connector' }>;

/** What is known of a stored table or view beyond its plan node. */
export interface RelationFacts {
  /** Changes it will send: a view over inserts only sends inserts. */
  readonly changelog: ChangelogKind;
  /** A stored table that sends the watermark it declares. */
  readonly eventTime?: boolean;
  /** A view's columns that its watermark speaks of. */
  readonly watermarkColumns?: readonly number[];
}

export interface PhysicalOptions {
  /** Absent: stored relations may send any change. */
  readonly relation?: (id: ObjectId) => RelationFacts | undefined;
  /** Whether a snapshot of the connector comes to an end; by default where the relation is bounded. */
  readonly ends?: (relation: ConnectorRelation) => boolean;
  /** `table.exec.state.ttl` in milliseconds; null or absent: state is kept for ever. */
  readonly stateTtlMs?: number | null;
  /** `table.exec.source.cdc-events-duplicate`: a change log with a key may say the same twice. */
  readonly changesRepeat?: boolean;
  /** Absent: as by default. */
  readonly sinks?: SinkRules;
  /** Off: every aggregate in one phase. */
  readonly twoPhase?: boolean;
  /** Off: aggregates always send -U. */
  readonly dropUpdateBefore?: boolean;
}

/** Flink's settings of sinks, `table.exec.sink.*`. */
export interface SinkRules {
  /** Whether rows that meet in a sink's key are all kept: `auto` where the query does not keep them apart. */
  readonly materialize: 'auto' | 'none' | 'force';
  /** A NULL in a column that is NOT NULL: the row is refused as the job's errors are, or left out silently. */
  readonly onNull: 'error' | 'drop';
  /** Such rows have to be told apart by an ON CONFLICT. */
  readonly requireOnConflict: boolean;
}

/** A finished plan with what the user should be told (NOTICE). */
export interface Planned {
  readonly plan: PhysicalPlan;
  readonly notices: readonly string[];
}

/** What lowering carries along. */
export interface Lowering {
  readonly options: PhysicalOptions;
  /** The query ends with the data that is there now. */
  readonly snapshot: boolean;
  /** Null: results of windows are final. */
  readonly firing: Firing | null;
  /** The result can take nothing back: where rows would leave as NOW() passes, that is tested when they come, and never again. */
  readonly clockPerRow: boolean;
  /** The operator that each WITH query whose values vary became. */
  readonly once: Map<Once, string>;
  notice(text: string): void;
  /** @param ordered the order of rows still matters to the reader of the result. */
  lower(plan: LogicalPlan, ordered?: boolean): PhysicalPlan;
}
