import type { Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import type { ChangelogKind, LookupSpec, SinkSpec, SourceSpec } from '../connectors/api.ts';
import type { LookupCache } from '../connectors/lookup-options.ts';
import type { Expr } from './expr.ts';
import type { JoinType, TopNNumber, WindowSpec, WatermarkAlignment } from './logical.ts';

/**
 * The physical plan: what the workers run. Plain data (cloned to every worker). Cut at `exchange` nodes into fragments.
 * Changelogs are multisets: identical rows may appear several times, and `streamKey` is null where nothing shorter than
 * the whole row identifies a row.
 */
export type PhysicalPlan =
  | PhysicalSource
  | PhysicalTableScan
  | PhysicalTableInput
  | PhysicalValues
  | PhysicalCalc
  | PhysicalExchange
  | PhysicalGroupAggregate
  | PhysicalWindowAggregate
  | PhysicalClock
  | PhysicalRemember
  | PhysicalEnforce
  | PhysicalWindowAssign
  | PhysicalSessionAssign
  | PhysicalWindowEmit
  | PhysicalWatermarkLag
  | PhysicalTableFunction
  | PhysicalHashJoin
  | PhysicalNearestJoin
  | PhysicalLookupJoin
  | PhysicalConnectorLookup
  | PhysicalTemporalFilter
  | PhysicalIntervalJoin
  | PhysicalVersionJoin
  | PhysicalTopN
  | PhysicalFirstRow
  | PhysicalSort
  | PhysicalOver
  | PhysicalUnionAll
  | PhysicalNormalize
  | PhysicalChangelog
  | PhysicalShared
  | PhysicalMaterialize
  | PhysicalSink
  | PhysicalResult;

export type PhysicalKind = PhysicalPlan['kind'];

/** Derived when the node is built. */
export interface PhysicalProps {
  readonly schema: Schema;
  /** Columns that identify a row of the output, or null: the whole row, with multiplicity. `[]`: at most one row. */
  readonly streamKey: readonly number[] | null;
  /** `upsert`: +U without -U, -D may hold key columns only. Only between a keyed producer and a consumer that allows it. */
  readonly changelog: ChangelogKind;
  /** Event-time columns: no later row has a smaller value than the watermark. */
  readonly watermarkColumns: readonly number[];
  readonly bounded: boolean;
  /** How rows are placed over workers. `any`: no rule; `hash`: by these columns' hash; `single`: worker of key group 0. */
  readonly distribution: Distribution;
  /** Stable name of this node's state: a hash of the plan's shape below and at this node, never a counter. */
  readonly stateId: string;
}
export type Distribution = { readonly kind: 'any' } | { readonly kind: 'single' } | { readonly kind: 'broadcast' } | { readonly kind: 'hash'; readonly keys: readonly number[] };

/** What all nodes have. */
interface PhysicalNode<Kind extends string> {
  readonly kind: Kind;
  readonly props: PhysicalProps;
}
interface Unary<Kind extends string> extends PhysicalNode<Kind> {
  readonly input: PhysicalPlan;
}
interface Binary<Kind extends string> extends PhysicalNode<Kind> {
  readonly left: PhysicalPlan;
  readonly right: PhysicalPlan;
}

/** Reads a connector, computes declared columns and assigns watermarks, per split. */
export interface PhysicalSource extends PhysicalNode<'source'> {
  readonly spec: SourceSpec;
  readonly table: string;
  readonly tableId: ObjectId;
  /** Over the reader's columns: this node's output, in order (computed columns included). */
  readonly exprs: readonly Expr[];
  /** STATE_TTL of a hint, milliseconds, for what keeps this table's rows; 0 is for ever. */
  readonly ttlMs?: number;
  /** `expr` is over the OUTPUT columns; rows whose `column` is NULL are reported and left out. */
  readonly watermark: { readonly column: number; readonly expr: Expr; readonly idleTimeoutMs: number | null; readonly alignment: WatermarkAlignment | null } | null;
}
/** A stored table's or view's snapshot at a barrier, followed (unless `snapshotOnly`) by its changes from then on. */
export interface PhysicalTableScan extends PhysicalNode<'tableScan'> {
  readonly relation: ObjectId;
  readonly name: string;
  readonly columns: readonly number[];
  readonly snapshotOnly: boolean;
  /** As of a source. */
  readonly ttlMs?: number;
}
/** The rows of a stored table's own DML, out of its durable log; only below that table's `materialize`. */
export interface PhysicalTableInput extends PhysicalNode<'tableInput'> {
  readonly relation: ObjectId;
  /** Of an append-only table, whose log is one split. `expr` is over the stored columns. */
  readonly watermark: TableWatermark | null;
  /** What records of the log that lack the last so many columns have in them. */
  readonly added?: readonly Value[];
}
export interface TableWatermark {
  readonly expr: Expr;
  readonly idleTimeoutMs: number | null;
}
export interface PhysicalValues extends PhysicalNode<'values'> {
  readonly rows: readonly (readonly Expr[])[];
}
/** Filter, then project; fused into the consumer's loop where it can be. */
export interface PhysicalCalc extends Unary<'calc'> {
  readonly filter: Expr | null;
  readonly exprs: readonly Expr[];
  /** What a WITH query whose values vary became: every reader takes it as it is. */
  readonly once?: true;
}
export interface PhysicalExchange extends Unary<'exchange'> {
  /** The wanted distribution, over the input's columns (which are the output's). */
  readonly to: Distribution;
}
/** A call with its arguments and filter computed as columns of the input. */
export interface PhysicalAggregateCall {
  readonly name: string;
  readonly overload: number;
  readonly args: readonly number[];
  readonly argTypes: readonly SqlType[];
  readonly distinct: boolean;
  /** A BOOLEAN column of the input, or null. */
  readonly filter: number | null;
  readonly orderBy: readonly OrderColumn[];
  readonly type: SqlType;
}
export interface OrderColumn {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}
export interface GroupClosing {
  readonly key: number;
  readonly slackMicros: bigint;
}
/**
 * Output: keys, then calls. `phase` partial: keys, then each call's partial columns (`partialFields`), as insert-only
 * deltas; final: merges those. No keys and phase single/final: one row, always there.
 */
export interface PhysicalGroupAggregate extends Unary<'groupAggregate'> {
  readonly keys: readonly number[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly phase: 'single' | 'partial' | 'final';
  /** The original input never retracts: min and max need no multiset. */
  readonly appendOnlyInput: boolean;
  /** Whether -U rows must be sent. */
  readonly emitUpdateBefore: boolean;
  /** A group that has not changed for so long, milliseconds, is forgotten. */
  readonly ttlMs?: number;
  /**
   * Groups of a window, updated until it closes: `key` (of `keys`) is its border. They are freed when the
   * watermark has reached it (less `slackMicros`); later rows are late. Null: kept.
   */
  readonly closes?: GroupClosing | null;
}
/** Windows whose borders do not depend on the rows. */
export type AlignedWindow = Exclude<WindowSpec, { kind: 'session' }>;
/**
 * `attached`: rows carry their window's end as the time column; `of` tells its start, null where the end alone doesn't.
 * `session`: of the rows of each key, over once the watermark is the gap past the last.
 */
export type PhysicalWindow = AlignedWindow | { readonly kind: 'attached'; readonly of: AlignedWindow | null } | { readonly kind: 'session'; readonly gapMicros: bigint };
/**
 * Aggregate of windows, final at the watermark. Output: keys, calls, then of window_start, window_end,
 * window_time those named in `windowColumns`, in that order.
 */
export interface PhysicalWindowAggregate extends Unary<'windowAggregate'> {
  readonly timeColumn: number;
  readonly window: PhysicalWindow;
  readonly keys: readonly number[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly windowColumns: readonly ('start' | 'end' | 'time')[];
  /** partial: per slice, before the exchange: keys, partial columns, slice end; final: merges slices into windows. */
  readonly phase: 'single' | 'partial' | 'final';
}
/**
 * Processing time as a time attribute: `column` becomes the time of the clock when the row comes by, and the watermark follows
 * the clock from barrier to barrier, whatever that of the input is.
 */
export interface PhysicalClock extends Unary<'clock'> {
  readonly column: number;
}
/**
 * Values that vary (random numbers, clocks) computed once for each row that comes, and the same ones given when it is taken
 * back. Output: input ++ `exprs`; a row whose expressions fail is reported and left out.
 * `arrival` appends the epoch in which the row came, as BIGINT.
 */
export interface PhysicalRemember extends Unary<'remember'> {
  readonly exprs: readonly Expr[];
  readonly arrival: boolean;
}
/**
 * Rows that a sink's columns can hold: a NULL in one of `notNull` makes the row be refused, or left out silently. Under a key
 * (upsert) the key is deleted instead.
 */
export interface PhysicalEnforce extends Unary<'enforce'> {
  readonly notNull: readonly number[];
  readonly table: string;
  readonly onNull: 'error' | 'drop';
}
/**
 * Decides when changes of a window's rows are sent: what is left of them when the watermark reaches `timeColumn` (less
 * `slackMicros`), hence inserts alone; or `earlyMicros` after a change, by the clock, and, for `latenessMicros` more of the
 * watermark, `lateMicros` after one. The input's watermark lags by the lateness.
 */
export interface PhysicalWindowEmit extends Unary<'windowEmit'> {
  readonly timeColumn: number;
  readonly slackMicros: bigint;
  /** Null: nothing is sent before the watermark. */
  readonly earlyMicros: bigint | null;
  readonly lateMicros: bigint;
  readonly latenessMicros: bigint;
}
/**
 * Allowed lateness: the same rows, and a watermark so far behind the input's. What follows keeps its windows so much longer, and
 * takes rows in that are late by less.
 */
export interface PhysicalWatermarkLag extends Unary<'watermarkLag'> {
  readonly micros: bigint;
}
/** Appends window_start, window_end, window_time; HOP and CUMULATE copy the row into each of its windows. */
export interface PhysicalWindowAssign extends Unary<'windowAssign'> {
  readonly timeColumn: number;
  readonly window: AlignedWindow;
}
/**
 * SESSION windows: appends window_start, window_end, window_time. `final`: rows wait until the watermark (or the end of the
 * input) closes their session; else they are sent at once and again whenever a session's borders move. `closes`: the time has
 * a watermark, which frees sessions that are over.
 */
export interface PhysicalSessionAssign extends Unary<'sessionAssign'> {
  readonly timeColumn: number;
  readonly gapMicros: bigint;
  readonly keys: readonly number[];
  readonly final: boolean;
  readonly closes: boolean;
}
/**
 * A set-returning function of each row, its arguments columns of the input. Output: input ++ the function's columns ++ a
 * BIGINT, the 1-based number of the function's row. `outer` keeps rows for which none passes, padded with NULLs.
 */
export interface PhysicalTableFunction extends Unary<'tableFunction'> {
  readonly name: string;
  readonly overload: number;
  readonly args: readonly number[];
  readonly outer: boolean;
  /** Over the output; decides which of the function's rows count. */
  readonly condition: Expr | null;
}
/** Equi-join; NULL keys never match, but for `nullSafeKeys`. `residual` is over left ++ right. Output as LogicalJoin. */
export interface PhysicalHashJoin extends Binary<'hashJoin'> {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly residual: Expr | null;
  /** Pairs (positions in leftKeys) in which NULL equals NULL. */
  readonly nullSafeKeys?: readonly number[];
  /**
   * Event-time columns among the keys (a window join): state of both sides with a key at or below the watermark is
   * freed. Pairs of positions in leftKeys, or empty.
   */
  readonly windowKeys: readonly number[];
  /** By side: a row that is older, milliseconds, is forgotten; null is never. */
  readonly ttlMs?: readonly [number | null, number | null];
}
/** ASOF JOIN: with the right row of the same keys whose time is nearest among those for which `leftTime operator rightTime` holds. */
export interface PhysicalNearestJoin extends Binary<'nearestJoin'> {
  readonly type: 'inner' | 'left';
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly leftTime: number;
  /** Of the same type as `leftTime`. */
  readonly rightTime: number;
  readonly operator: '<' | '<=' | '>' | '>=';
}
/**
 * Each left row with the right rows of its keys at the end of the epoch in which it came; later changes on the right leave it
 * as it is. Until a bounded right side has ended, left rows wait. `residual` is over left ++ right.
 */
export interface PhysicalLookupJoin extends Binary<'lookupJoin'> {
  readonly type: 'inner' | 'left';
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly residual: Expr | null;
}
/** How rows are looked up in a connector: from its options and the LOOKUP hint. */
export interface Lookups {
  /** Requests under way at a time; 1 where asked one after the other. */
  readonly capacity: number;
  /** Whether left rows keep their order. */
  readonly ordered: boolean;
  /** How long one look-up may take, with all its retries. */
  readonly timeoutMs: number;
  /** Look-ups that find nothing are done again; null: once. */
  readonly retryMiss: { readonly delayMs: number; readonly maxAttempts: number } | null;
  /** Requests that fail are sent again so often. */
  readonly maxRetries: number;
  readonly cache: LookupCache;
}
/**
 * Each left row with the rows that a connector finds for its keys at some moment of the epoch. What was looked up is kept for
 * left rows that may be taken back, and taken back with them.
 */
export interface PhysicalConnectorLookup extends PhysicalNode<'connectorLookup'> {
  readonly left: PhysicalPlan;
  readonly table: string;
  readonly tableId: ObjectId;
  readonly spec: LookupSpec;
  /** What happens to the connector's rows, in order: each step over the columns of the one before. */
  readonly steps: readonly { readonly filter: Expr | null; readonly exprs: readonly Expr[]; readonly schema: Schema }[];
  /** After the steps. */
  readonly right: Schema;
  readonly type: 'inner' | 'left';
  /** In the order of `spec.keys`, of their types. */
  readonly leftKeys: readonly number[];
  /** Over left ++ right. */
  readonly residual: Expr | null;
  readonly lookups: Lookups;
}
/**
 * Join of two append-only inputs whose event times bound each other: rows match where `lowerMicros <= rightTime - leftTime <=
 * upperMicros` and `residual` (which says so exactly) holds. Append-only: padding is sent when the other side's watermark has passed.
 */
export interface PhysicalIntervalJoin extends Binary<'intervalJoin'> {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly residual: Expr | null;
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lowerMicros: bigint;
  readonly upperMicros: bigint;
}
/**
 * Event-time temporal join: each left row with the version of the right row of its keys in force at `leftTime`. The keys
 * identify a right row at any time; `rightTime` says from when on a version is valid. `residual` is over left ++ right.
 */
export interface PhysicalVersionJoin extends Binary<'versionJoin'> {
  readonly type: 'inner' | 'left';
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly leftTime: number;
  readonly rightTime: number;
  readonly residual: Expr | null;
}
/** A column compared with a moment that moves with NOW(). */
export interface TimeBound {
  readonly column: number;
  readonly operator: '<' | '<=' | '>' | '>=';
  /** Without columns, of the column's type; never falls as NOW() rises. */
  readonly moment: Expr;
}
/** Rows for which all bounds hold at the epoch's NOW(): they come and go as it passes, at barriers. */
export interface PhysicalTemporalFilter extends Unary<'temporalFilter'> {
  readonly bounds: readonly TimeBound[];
}
/** Rows `offset < number <= offset + limit` of each partition. Places of peers go by the stream key, else by the whole row. */
export interface PhysicalTopN extends Unary<'topN'> {
  readonly partition: readonly number[];
  readonly order: readonly OrderColumn[];
  readonly offset: number;
  /** Infinity is allowed (OFFSET alone). */
  readonly limit: number;
  readonly number: TopNNumber;
  /** Appends the 1-based number as BIGINT. */
  readonly rank: boolean;
  /** A partition that has not changed for so long, milliseconds, is forgotten. */
  readonly ttlMs?: number;
  /** An event-time column of the partition (a window's border): rows and partitions at or below the watermark are freed. */
  readonly closes: number | null;
}
/** The first row of each partition by an event time, sent once, when the watermark has passed it. Output: the input's columns. */
export interface PhysicalFirstRow extends Unary<'firstRow'> {
  readonly partition: readonly number[];
  /** `time` first, ascending. Ties by the stream key, else by the whole row. */
  readonly order: readonly OrderColumn[];
  readonly time: number;
}
/** A window function with its arguments computed as columns of the input. */
export interface PhysicalOverCall {
  readonly name: string;
  /** Aggregates: overload in the registry; window functions: -1. */
  readonly overload: number;
  readonly args: readonly number[];
  readonly argTypes: readonly SqlType[];
  /** A BOOLEAN column of the input, or null. */
  readonly filter: number | null;
  /** Equal values of the frame count once. */
  readonly distinct?: true;
  readonly ignoreNulls: boolean;
  /** lag, lead: how many rows away, where that is a constant. */
  readonly steps: number | null;
  readonly frame: PhysicalFrame;
  readonly type: SqlType;
}
export interface PhysicalFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: PhysicalFrameBound;
  readonly end: PhysicalFrameBound;
  readonly exclude: 'no others' | 'current row' | 'group' | 'ties';
}
export type PhysicalFrameBound =
  | { readonly kind: 'unboundedPreceding' | 'unboundedFollowing' | 'currentRow' }
  /** `rows` and `groups`: so many before (negative) or after. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** `range`: up to the key that is this column's value in the row whose frame it is. */
  | { readonly kind: 'value'; readonly column: number };
/**
 * Window functions over one window. Output: the input's columns, then one per call. Ties by the stream key, else by the whole
 * row. `onTime`: the first order column is an event time, ascending; rows come out once, when the watermark has passed them.
 */
export interface PhysicalOver extends Unary<'over'> {
  readonly partition: readonly number[];
  readonly order: readonly OrderColumn[];
  readonly calls: readonly PhysicalOverCall[];
  readonly onTime: boolean;
}
/** Bounded input only: sorts at the end. */
export interface PhysicalSort extends Unary<'sort'> {
  readonly order: readonly OrderColumn[];
  readonly offset: number;
  readonly limit: number;
}
export interface PhysicalUnionAll extends PhysicalNode<'unionAll'> {
  readonly inputs: readonly PhysicalPlan[];
}
/** Turns an upsert changelog into a full one: keeps the last row per key. */
export interface PhysicalNormalize extends Unary<'normalize'> {
  readonly keys: readonly number[];
  /** Two rows of a key are an error; by default the later one takes the place of the earlier. */
  readonly checked?: boolean;
  /** A key that has not been written for so long, milliseconds, is forgotten. */
  readonly ttlMs?: number;
}
/** A subplan used at several places of one job: all nodes with the same `stateId` run once. */
export type PhysicalShared = Unary<'shared'>;
/** The changes of its input as rows: number, time of the epoch, op, then the input's columns. */
export interface PhysicalChangelog extends Unary<'changelog'> {
  /** How long the row that tells the last number may go without being written, milliseconds. */
  readonly headMs: number;
}
/** Keeps the rows of a view or stored table, by `keys` (null: multiset), and serves scans. `conflict`: what a repeated key does. */
export interface PhysicalMaterialize extends Unary<'materialize'> {
  readonly relation: ObjectId;
  readonly keys: readonly number[] | null;
  /** `forgiving`: the later row stays, where something below has forgotten the earlier one. */
  readonly conflict: 'checked' | 'overwrite' | 'forgiving';
  /** Rows are forgotten so long after they were written, milliseconds; whoever reads the changes is not told. */
  readonly ttlMs?: number;
  /** What rows of a checkpoint that lack the last so many columns have in them. */
  readonly added?: readonly Value[];
}
export interface PhysicalSink extends Unary<'sink'> {
  readonly spec: SinkSpec;
}
/** Rows go to the session: a SELECT or a subscription. Distribution is single. */
export type PhysicalResult = Unary<'result'>;
