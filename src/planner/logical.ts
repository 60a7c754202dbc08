import type { Schema } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Span } from '../common/span.ts';
import type { Options } from '../connectors/api.ts';
import type { AggregateCall, Expr, SortKey } from './expr.ts';

/**
 * The logical plan: relational algebra over bound expressions, as readonly values. `schema` is the node's output.
 * Column references in a node's expressions count its input's columns (a join's: left ++ right).
 */
export type LogicalPlan =
  | LogicalScan
  | LogicalValues
  | LogicalFilter
  | LogicalProject
  | LogicalAggregate
  | LogicalJoin
  | LogicalAsOfJoin
  | LogicalSetOp
  | LogicalDistinct
  | LogicalSort
  | LogicalLimit
  | LogicalTopN
  | LogicalOver
  | LogicalWindow
  | LogicalWatermark
  | LogicalTableFunction
  | LogicalRecursive
  | LogicalWorkingTable;

/** What a scan reads. */
export type Relation =
  /** A stored table: durable rows, changes by DML. */
  | { readonly kind: 'table'; readonly id: ObjectId; readonly name: string; readonly primaryKey: readonly number[] | null }
  /** A materialized view. `key` identifies its rows, or null for a multiset. */
  | { readonly kind: 'view'; readonly id: ObjectId; readonly name: string; readonly primaryKey: readonly number[] | null }
  /** A connector's table: `physical` are the payload's columns, `metadata` the connector's own; output is physical ++ metadata. */
  | {
      readonly kind: 'connector';
      readonly id: ObjectId;
      readonly name: string;
      readonly connector: string;
      readonly options: Options;
      readonly physical: Schema;
      readonly metadata: readonly string[];
      /** Declared key (NOT ENFORCED), as output columns. */
      readonly primaryKey: readonly number[] | null;
      readonly bounded: boolean;
      /** It finds rows by key. */
      readonly lookup?: boolean;
      /** Physical columns that are in the names of folders. */
      readonly partitionedBy?: readonly string[];
      /** What it delivers: upsert sources need normalisation. */
      readonly changelog: 'append-only' | 'retract' | 'upsert';
    }
  /** A catalog relation, read from `catalog/system` by name (`pg_catalog.pg_class`); snapshots only. */
  | { readonly kind: 'system'; readonly name: string };

export interface LogicalScan {
  readonly kind: 'scan';
  readonly relation: Relation;
  /** Columns of the relation that are output, in order; null is all. Pruning fills it in. */
  readonly projection: readonly number[] | null;
  readonly schema: Schema;
  /** STATE_TTL of a hint, milliseconds: how long what keeps these rows does so; 0 is for ever. */
  readonly ttlMs?: number;
  readonly span?: Span | undefined;
}
export interface LogicalValues {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  readonly schema: Schema;
}
export interface LogicalFilter {
  readonly kind: 'filter';
  readonly input: LogicalPlan;
  readonly condition: Expr;
  readonly schema: Schema;
}
export interface LogicalProject {
  readonly kind: 'project';
  readonly input: LogicalPlan;
  readonly exprs: readonly Expr[];
  readonly schema: Schema;
  /** On a WITH query whose values vary: all nodes with the same object give the same rows, drawn once. Nothing moves through them. */
  readonly once?: Once;
}
/** Identifies a WITH query by being one object. */
export interface Once {
  readonly name: string;
  readonly span: Span;
}
/**
 * Output: group keys, then one column per call. `sets` lists grouping sets as positions in `keys`; null is the plain one.
 * With sets a last INT column has the position of the row's set among them, and keys outside of it are NULL.
 */
export interface LogicalAggregate {
  readonly kind: 'aggregate';
  readonly input: LogicalPlan;
  readonly keys: readonly Expr[];
  readonly sets: readonly (readonly number[])[] | null;
  readonly calls: readonly AggregateCall[];
  readonly schema: Schema;
}
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
/** Output: left ++ right (nullable where padded); semi and anti: left only. `lateral`: the right side sees left columns as `outer`. */
export interface LogicalJoin {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  readonly condition: Expr | null;
  readonly lateral: boolean;
  readonly schema: Schema;
  readonly span?: Span | undefined;
}
/**
 * Each left row with what the right side has at a moment; `left` pads rows without any. Output: left ++ right.
 * `nearest` (ASOF JOIN): of the right rows that the condition and `time`, a comparison of the sides, let pass, the one whose
 * compared value is nearest; of equals the first by all its columns.
 * `version` (FOR SYSTEM_TIME AS OF an event time): the right row's version in force; `time` is `left time >= right time`.
 * `current` (FOR SYSTEM_TIME AS OF PROCTIME()): the right rows of now, as a plain join; a job does not correct them later.
 */
export interface LogicalAsOfJoin {
  readonly kind: 'asOfJoin';
  readonly form: 'nearest' | 'version' | 'current';
  readonly type: 'inner' | 'left';
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  /** Over left ++ right. */
  readonly condition: Expr | null;
  /** Over left ++ right; null for `current`. */
  readonly time: Expr | null;
  /** Of a LOOKUP hint. */
  readonly lookup?: LookupHint;
  readonly schema: Schema;
  readonly span?: Span | undefined;
}
/** How the right side of a lookup join is to be asked; what isn't said is left to the connector's table. */
export interface LookupHint {
  readonly async?: boolean;
  readonly ordered?: boolean;
  readonly capacity?: number;
  readonly timeoutMs?: number;
  /** A look-up that finds nothing is done again, so many times in all. */
  readonly retryMiss?: { readonly delayMs: number; readonly maxAttempts: number };
  /** Left rows of one key go to one worker. */
  readonly shuffle?: boolean;
  readonly span: Span;
}
/** Inputs have equal types. `union` with `all` is a plain concatenation. */
export interface LogicalSetOp {
  readonly kind: 'setOp';
  readonly op: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly inputs: readonly LogicalPlan[];
  readonly schema: Schema;
}
/** `on`: DISTINCT ON keys with the order that picks the row; null is plain DISTINCT. */
export interface LogicalDistinct {
  readonly kind: 'distinct';
  readonly input: LogicalPlan;
  readonly on: readonly Expr[] | null;
  readonly order: readonly SortKey[];
  readonly schema: Schema;
}
export interface LogicalSort {
  readonly kind: 'sort';
  readonly input: LogicalPlan;
  readonly keys: readonly SortKey[];
  readonly schema: Schema;
}
/** Expressions are constants or parameters. */
export interface LogicalLimit {
  readonly kind: 'limit';
  readonly input: LogicalPlan;
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  readonly withTies: boolean;
  readonly schema: Schema;
}
/**
 * What a Top-N bounds: `rows` a row's place (ROW_NUMBER), `rank` one more than the rows before its peers, `denseRank` the place
 * of its peers among groups of peers; `withTies` is `rows` where the last row's peers are let in too.
 */
export type TopNNumber = 'rows' | 'rank' | 'denseRank' | 'withTies';
/**
 * Rows `offset < number <= offset + limit` of each partition, made by a rule from sort + limit, or from row_number/rank <= n.
 * `rank`: the number is output as a last BIGINT column.
 */
export interface LogicalTopN {
  readonly kind: 'topN';
  readonly input: LogicalPlan;
  readonly partition: readonly Expr[];
  readonly order: readonly SortKey[];
  readonly offset: number;
  readonly limit: number;
  readonly number: TopNNumber;
  readonly rank: boolean;
  readonly schema: Schema;
}
export interface OverCall {
  readonly name: string;
  /** Aggregates: overload in the registry; window functions (row_number, rank, lag…): -1. */
  readonly overload: number;
  readonly args: readonly Expr[];
  readonly partition: readonly Expr[];
  readonly order: readonly SortKey[];
  readonly frame: OverFrame | null;
  /** Aggregates: rows of the frame that count; null is all. */
  readonly filter: Expr | null;
  /** Aggregates: equal values of the frame count once. */
  readonly distinct?: true;
  /** lag, lead, first_value, last_value, nth_value: rows with a NULL value are passed over. */
  readonly ignoreNulls: boolean;
  readonly type: Schema[number]['type'];
}
export interface OverFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  /** Rows of the frame that are left out: none, this row, its peers and it, or its peers without it. */
  readonly exclude: 'no others' | 'current row' | 'group' | 'ties';
}
export type FrameBound =
  | { readonly kind: 'unboundedPreceding' | 'unboundedFollowing' | 'currentRow' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr };
/** Output: the input's columns, then one per call. */
export interface LogicalOver {
  readonly kind: 'over';
  readonly input: LogicalPlan;
  readonly calls: readonly OverCall[];
  readonly schema: Schema;
}
/**
 * Sizes in microseconds; `offset` may be negative. `zone`: windows are laid out on this zone's wall clock (null: UTC's), so that
 * a day across a change of clocks has 23 or 25 hours.
 */
export type WindowSpec =
  | { readonly kind: 'tumble'; readonly sizeMicros: bigint; readonly offsetMicros: bigint; readonly zone: string | null }
  | { readonly kind: 'hop'; readonly sizeMicros: bigint; readonly slideMicros: bigint; readonly offsetMicros: bigint; readonly zone: string | null }
  /** Windows of one start, each `stepMicros` longer than the one before, up to `sizeMicros` (a multiple). */
  | { readonly kind: 'cumulate'; readonly sizeMicros: bigint; readonly stepMicros: bigint; readonly offsetMicros: bigint; readonly zone: string | null }
  /** Tumbling windows of whole months, counted from January 1970. */
  | { readonly kind: 'calendar'; readonly months: number; readonly offsetMicros: bigint; readonly zone: string | null }
  /** Rows of equal `keys` (columns of the input) no further apart than the gap, ends included; the end is the last one's time plus the gap. */
  | { readonly kind: 'session'; readonly gapMicros: bigint; readonly keys: readonly number[] };
/** A windowing table function. Output: input ++ window_start, window_end, window_time (end - 1 ms), of the time column's type. */
export interface LogicalWindow {
  readonly kind: 'window';
  readonly input: LogicalPlan;
  readonly timeColumn: number;
  readonly window: WindowSpec;
  readonly schema: Schema;
  readonly span?: Span | undefined;
}
/** WATERMARK FOR column AS expr: passes rows on; `column` becomes an event-time attribute. */
export interface LogicalWatermark {
  readonly kind: 'watermark';
  readonly input: LogicalPlan;
  readonly column: number;
  readonly expr: Expr;
  /** An idle split leaves the minimum after this long; null is never. */
  readonly idleTimeoutMs: number | null;
  readonly alignment: WatermarkAlignment | null;
  readonly schema: Schema;
}
/** A split is not read while its watermark is more than the drift ahead of the lowest in the group's sources of the job. */
export interface WatermarkAlignment {
  readonly group: string;
  readonly maxDriftMs: number;
}
/** FROM generate_series(…), UNNEST(…): arguments may hold `outer` references when lateral. */
export interface LogicalTableFunction {
  readonly kind: 'tableFunction';
  readonly name: string;
  readonly overload: number;
  readonly args: readonly Expr[];
  /** Adds a 1-based BIGINT last column. */
  readonly ordinality: boolean;
  readonly schema: Schema;
}

/**
 * WITH RECURSIVE: the rows of `base`, then again and again those of `step` over the rows found last, until there are none.
 * `all` false (UNION) leaves out rows that were there before. Snapshots only.
 */
export interface LogicalRecursive {
  readonly kind: 'recursive';
  readonly name: string;
  /** Tells the recursions of a statement apart. */
  readonly id: string;
  readonly base: LogicalPlan;
  readonly step: LogicalPlan;
  readonly all: boolean;
  readonly schema: Schema;
  readonly span?: Span | undefined;
}
/** Inside a recursion's step: the rows found last. */
export interface LogicalWorkingTable {
  readonly kind: 'workingTable';
  readonly name: string;
  readonly id: string;
  readonly schema: Schema;
}
