import type { Span } from '../common/span.ts';
import type { CallExpr, Expr, Identifier, ObjectName, TableArg, TypeName, WindowSpec } from './ast.ts';

/** The syntax tree of queries, with what stands in FROM. */

/** A whole query. A parenthesised body keeps its own ORDER BY and LIMIT by being a nested `query`. */
export interface Query {
  readonly kind: 'query';
  readonly with: WithClause | null;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  /** null: no limit (`LIMIT ALL` too). */
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  /** `FETCH FIRST n ROWS WITH TIES` */
  readonly withTies: boolean;
  readonly emit: EmitClause | null;
  /** `FOR UPDATE` and the like, which change nothing here. */
  readonly locking: readonly LockingClause[];
  readonly span: Span;
}

export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

export interface WithClause {
  readonly recursive: boolean;
  readonly tables: readonly CommonTable[];
  readonly span: Span;
}

export interface CommonTable {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly materialized: boolean | null;
  readonly query: Query;
  readonly span: Span;
}

export interface SetOperation {
  readonly kind: 'setOperation';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  /** CORRESPONDING: columns meet by name, these or (empty) all that both sides have. */
  readonly corresponding?: readonly Identifier[];
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly span: Span;
}

export interface Values {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  readonly span: Span;
}

/** `TABLE t` */
export interface TableQuery {
  readonly kind: 'tableQuery';
  readonly name: ObjectName;
  readonly span: Span;
}

export interface Select {
  readonly kind: 'select';
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  /** `DISTINCT ON (...)`; empty without ON. */
  readonly distinctOn: readonly Expr[];
  readonly items: readonly SelectItem[];
  /** Comma-separated items, each possibly a tree of joins; empty without FROM. */
  readonly from: readonly TableRef[];
  readonly where: Expr | null;
  /** null: no GROUP BY clause. `GROUP BY ()` has one element of kind `empty`. */
  readonly groupBy: readonly GroupingElement[] | null;
  /** `GROUP BY DISTINCT`: equal grouping sets count once. */
  readonly groupByDistinct?: boolean;
  readonly having: Expr | null;
  readonly windows: readonly { readonly name: Identifier; readonly spec: WindowSpec }[];
  readonly qualify: Expr | null;
  readonly span: Span;
}

/** `expr` may be a `star`. */
export interface SelectItem {
  readonly expr: Expr;
  readonly alias: Identifier | null;
  readonly span: Span;
}

export type GroupingElement =
  | { readonly kind: 'expr'; readonly expr: Expr; readonly span: Span }
  | { readonly kind: 'empty'; readonly span: Span }
  /** `GROUP BY ALL`: every item of the select list without an aggregate. */
  | { readonly kind: 'all'; readonly span: Span }
  /** Each set is a list of expressions: `ROLLUP (a, (b, c))` has sets `[[a], [b, c]]`. */
  | { readonly kind: 'rollup' | 'cube'; readonly sets: readonly (readonly Expr[])[]; readonly span: Span }
  | { readonly kind: 'groupingSets'; readonly elements: readonly GroupingElement[]; readonly span: Span }
  /** `(a, b)` as one set, inside GROUPING SETS. */
  | { readonly kind: 'set'; readonly exprs: readonly Expr[]; readonly span: Span };

export interface OrderItem {
  readonly expr: Expr;
  readonly direction: 'asc' | 'desc' | null;
  readonly nulls: 'first' | 'last' | null;
  readonly span: Span;
}

export interface EmitClause {
  readonly mode: 'changes' | 'on window close' | 'final';
  readonly span: Span;
}

export interface LockingClause {
  readonly strength: 'update' | 'no key update' | 'share' | 'key share';
  readonly of: readonly ObjectName[];
  readonly wait: 'nowait' | 'skip locked' | null;
}

/** One hint of a `/*+ ... *\/` block. `name` upper case. `STATE_TTL('a'='1d')` has options, `BROADCAST(t)` has args. */
export interface Hint {
  readonly name: string;
  readonly args: readonly string[];
  readonly options: readonly { readonly key: string; readonly value: string }[];
  readonly span: Span;
}

export type TableRef = NamedTable | SubqueryTable | FunctionTable | UnnestTable | WindowTable | JoinTable | MatchRecognizeTable;

/** `columnDefs` is for functions that return records: `AS t(a int, b text)`. */
export interface TableAlias {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly columnDefs: readonly { readonly name: Identifier; readonly type: TypeName }[];
  readonly span: Span;
}

export interface NamedTable {
  readonly kind: 'table';
  readonly name: ObjectName;
  /** `/*+ OPTIONS('k'='v') *\/` */
  readonly hints: readonly Hint[];
  /** `FOR SYSTEM_TIME AS OF expr` */
  readonly asOf: Expr | null;
  readonly sample: TableSample | null;
  readonly alias: TableAlias | null;
  readonly span: Span;
}

export interface TableSample {
  readonly method: Identifier;
  readonly args: readonly Expr[];
  readonly repeatable: Expr | null;
}

export interface SubqueryTable {
  readonly kind: 'subqueryTable';
  readonly query: Query;
  readonly lateral: boolean;
  readonly alias: TableAlias | null;
  readonly span: Span;
}

/** `f(a)`, `TABLE(f(a))`, `LATERAL TABLE(f(a))` in FROM. */
export interface FunctionTable {
  readonly kind: 'functionTable';
  readonly call: CallExpr;
  readonly lateral: boolean;
  readonly withOrdinality: boolean;
  readonly alias: TableAlias | null;
  readonly span: Span;
}

export interface UnnestTable {
  readonly kind: 'unnest';
  readonly args: readonly Expr[];
  readonly lateral: boolean;
  readonly withOrdinality: boolean;
  readonly alias: TableAlias | null;
  readonly span: Span;
}

/**
 * A windowing table function, whichever way it was spelt: `TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE))`,
 * with named arguments, or `TUMBLE(t, ts, INTERVAL '10 minutes')`.
 */
export interface WindowTable {
  readonly kind: 'windowTable';
  readonly window: 'tumble' | 'hop' | 'cumulate' | 'session';
  /** The input, with `PARTITION BY` for a session. */
  readonly input: TableArg;
  /** The time column; qualified names are not allowed. */
  readonly timeColumn: Identifier;
  /** TUMBLE, HOP, CUMULATE: the window's size; SESSION: the gap. */
  readonly size: Expr;
  /** HOP: slide; CUMULATE: step; else null. */
  readonly step: Expr | null;
  readonly offset: Expr | null;
  readonly alias: TableAlias | null;
  readonly span: Span;
}

export interface JoinTable {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly natural: boolean;
  /** `ASOF JOIN` */
  readonly asof: boolean;
  /** `MATCH_CONDITION (..)` of an ASOF join; null where the inequality stands in ON. */
  readonly match: Expr | null;
  readonly left: TableRef;
  readonly right: TableRef;
  readonly on: Expr | null;
  /** Empty without USING. */
  readonly using: readonly Identifier[];
  readonly usingAlias: Identifier | null;
  /** The join itself may be parenthesised and aliased: `(a JOIN b ON ..) AS j`. */
  readonly alias: TableAlias | null;
  readonly span: Span;
}

export interface MatchRecognizeTable {
  readonly kind: 'matchRecognize';
  readonly input: TableRef;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly { readonly expr: Expr; readonly alias: Identifier }[];
  readonly rowsPerMatch: 'one' | 'all';
  readonly afterMatch: AfterMatch;
  readonly pattern: Pattern;
  /** `WITHIN interval` */
  readonly within: Expr | null;
  readonly subsets: readonly { readonly name: Identifier; readonly variables: readonly Identifier[] }[];
  readonly define: readonly { readonly name: Identifier; readonly condition: Expr }[];
  readonly alias: TableAlias | null;
  readonly span: Span;
}

export type AfterMatch =
  | { readonly kind: 'pastLastRow' | 'toNextRow' }
  | { readonly kind: 'toFirst' | 'toLast'; readonly variable: Identifier };

export type Pattern =
  | { readonly kind: 'variable'; readonly name: Identifier; readonly span: Span }
  | { readonly kind: 'sequence' | 'alternation'; readonly items: readonly Pattern[]; readonly span: Span }
  | { readonly kind: 'repeat'; readonly item: Pattern; readonly min: number; readonly max: number | null; readonly reluctant: boolean; readonly span: Span };
