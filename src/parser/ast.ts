import type { Span } from '../common/span.ts';
import type { OrderItem, Query, SelectItem } from './ast-queries.ts';

/**
 * The syntax tree of names, types and expressions, for both dialects. Nothing is resolved here: names are as written, types
 * are names. Every node's `span` is a range of UTF-16 units in the whole text that was handed to the parser.
 * Queries are in `ast-queries.ts`, statements in `ast-statements.ts` and the files that it unites.
 */

/** `name` is as written, without quotes and without folding; an unquoted one may match regardless of case. */
export interface Identifier {
  readonly name: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** A dotted name, from the outermost qualifier to the object: `[catalog, schema, table]`. Never empty. */
export interface ObjectName {
  readonly parts: readonly Identifier[];
  readonly span: Span;
}

// ---------------------------------------------------------------------------------------------------------------- types

/**
 * An unresolved type. `name` is lower case unless quoted, with standard spellings of several words joined by one space:
 * `double precision`, `character varying`, `bit varying`, `timestamp with time zone`, `timestamp without time zone`,
 * `timestamp with local time zone` (also `time ...`). `timestamp_ltz`, `timestamptz`, `int4`, ... stay as written.
 */
export interface TypeName {
  readonly kind: 'type';
  readonly schema: Identifier | null;
  readonly name: string;
  readonly quoted: boolean;
  /** `varchar(10)`, `decimal(10, 2)`, `timestamp(3)`; for an interval the seconds' precision. */
  readonly args: readonly number[];
  /** `ROW<a INT, b STRING>` or `ROW(a INT)`; else null. */
  readonly fields: readonly TypeField[] | null;
  /** `MAP<k, v>`: the key's type. */
  readonly key: TypeName | null;
  /** `ARRAY<t>`, `MULTISET<t>`: the element's type; `MAP<k, v>`: the value's type. */
  readonly element: TypeName | null;
  /** `INTERVAL DAY TO SECOND`. */
  readonly interval: IntervalQualifier | null;
  /** Number of `[]` (or `ARRAY` suffixes) after the type. */
  readonly arrayDims: number;
  /** `t NOT NULL` inside a ROW, ARRAY or CAST: false; `NULL`: true; nothing: null. */
  readonly nullable: boolean | null;
  readonly span: Span;
}

export interface TypeField {
  readonly name: Identifier;
  readonly type: TypeName;
  readonly comment: string | null;
}

/** Upper case, singular: `YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, `SECOND`, `WEEK`, `QUARTER`, `MILLISECOND`, ... */
export type TimeUnit = string;

export interface IntervalQualifier {
  readonly from: TimeUnit;
  /** `DAY TO SECOND` */
  readonly to: TimeUnit | null;
  /** `DAY(3)`: leading precision. */
  readonly leadingPrecision: number | null;
  /** `SECOND(3)`: precision of the fraction. */
  readonly fractionPrecision: number | null;
}

// ---------------------------------------------------------------------------------------------------------- expressions

export type Expr =
  | NameExpr
  | StarExpr
  | LiteralExpr
  | ParamExpr
  | UnaryExpr
  | BinaryExpr
  | LogicalExpr
  | NotExpr
  | IsExpr
  | IsDistinctExpr
  | LikeExpr
  | BetweenExpr
  | InListExpr
  | InQueryExpr
  | QuantifiedExpr
  | ExistsExpr
  | SubqueryExpr
  | ArrayQueryExpr
  | RowExpr
  | ArrayExpr
  | MapExpr
  | CaseExpr
  | CastExpr
  | ExtractExpr
  | AtTimeZoneExpr
  | CollateExpr
  | SubscriptExpr
  | SliceExpr
  | FieldExpr
  | CallExpr
  | SubstringExpr
  | TrimExpr
  | PositionExpr
  | OverlayExpr
  | RoundToExpr
  | JsonFunctionExpr
  | LambdaExpr
  | DefaultExpr;

/** A column, or a dotted path whose split into table, column and fields is the binder's. */
export interface NameExpr {
  readonly kind: 'name';
  readonly parts: readonly Identifier[];
  readonly span: Span;
}

/** `*` (in a select list or `count(*)` is not this), `t.*`, `(x).*`. `qualifier` is a `name` for `t.*`. */
export interface StarExpr {
  readonly kind: 'star';
  readonly qualifier: Expr | null;
  /** `* EXCLUDE (a, b)`: columns left out; only in a select list. */
  readonly exclude?: readonly Identifier[];
  /** `* REPLACE (expr AS a)`: columns given another value; each has an alias. */
  readonly replace?: readonly SelectItem[];
  readonly span: Span;
}

export type LiteralExpr =
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  /** `text` is the digits as written, without underscores; hexadecimal, octal and binary integers are made decimal. */
  | { readonly kind: 'number'; readonly text: string; readonly span: Span }
  /** Decoded: escapes, doubled quotes and `U&` are gone. */
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  /** `X'1f'`: hex digits as written. */
  | { readonly kind: 'bytes'; readonly hex: string; readonly span: Span }
  /** `B'0101'` */
  | { readonly kind: 'bits'; readonly bits: string; readonly span: Span }
  /** `DATE '2024-01-01'`, `TIMESTAMP '...'`, `int4 '42'`: a constant of that type, from its text form. */
  | { readonly kind: 'typedLiteral'; readonly type: TypeName; readonly value: string; readonly span: Span }
  /** `INTERVAL '5' SECOND` (qualifier) or `INTERVAL '5 seconds'` (no qualifier). `negative`: `INTERVAL -'5' DAY`. */
  | {
      readonly kind: 'interval';
      readonly value: string;
      readonly negative: boolean;
      readonly qualifier: IntervalQualifier | null;
      readonly span: Span;
    };

/** `$1` has index 1. */
export interface ParamExpr {
  readonly kind: 'param';
  readonly index: number;
  readonly span: Span;
}

/** `schema` from `OPERATOR(pg_catalog.~)`. `symbol` as written, but `!=` is `<>`. */
export interface Operator {
  readonly symbol: string;
  readonly schema: Identifier | null;
  readonly span: Span;
}

/** Prefix operators: `-`, `+`, `~`, `@`, `|/`, ... */
export interface UnaryExpr {
  readonly kind: 'unary';
  readonly operator: Operator;
  readonly arg: Expr;
  readonly span: Span;
}

/** `OVERLAPS` is here too, with symbol `OVERLAPS` and two row expressions. */
export interface BinaryExpr {
  readonly kind: 'binary';
  readonly operator: Operator;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

/** A chain `a AND b AND c` is one node with three arguments. */
export interface LogicalExpr {
  readonly kind: 'and' | 'or';
  readonly args: readonly Expr[];
  readonly span: Span;
}

export interface NotExpr {
  readonly kind: 'not';
  readonly arg: Expr;
  readonly span: Span;
}

export type IsTest = 'null' | 'true' | 'false' | 'unknown' | 'json' | 'json value' | 'json scalar' | 'json array' | 'json object';

/** `x IS [NOT] test`; `ISNULL` and `NOTNULL` too. */
export interface IsExpr {
  readonly kind: 'is';
  readonly arg: Expr;
  readonly test: IsTest;
  readonly negated: boolean;
  readonly span: Span;
}

export interface IsDistinctExpr {
  readonly kind: 'isDistinct';
  readonly left: Expr;
  readonly right: Expr;
  /** `IS NOT DISTINCT FROM` */
  readonly negated: boolean;
  readonly span: Span;
}

export interface LikeExpr {
  readonly kind: 'like';
  readonly operator: 'like' | 'ilike' | 'similar';
  readonly arg: Expr;
  readonly pattern: Expr;
  readonly escape: Expr | null;
  readonly negated: boolean;
  readonly span: Span;
}

export interface BetweenExpr {
  readonly kind: 'between';
  readonly arg: Expr;
  readonly low: Expr;
  readonly high: Expr;
  readonly symmetric: boolean;
  readonly negated: boolean;
  readonly span: Span;
}

export interface InListExpr {
  readonly kind: 'inList';
  readonly arg: Expr;
  readonly list: readonly Expr[];
  readonly negated: boolean;
  readonly span: Span;
}

export interface InQueryExpr {
  readonly kind: 'inQuery';
  readonly arg: Expr;
  readonly query: Query;
  readonly negated: boolean;
  readonly span: Span;
}

/** `arg op ANY (array)` or `arg op ANY (SELECT ...)`; `SOME` is `any`. Also `LIKE ANY`, with symbols `~~`, `!~~`, `~~*`, `!~~*`. */
export interface QuantifiedExpr {
  readonly kind: 'quantified';
  readonly operator: Operator;
  readonly quantifier: 'any' | 'all';
  readonly arg: Expr;
  /** Exactly one of `array` and `query` is not null. */
  readonly array: Expr | null;
  readonly query: Query | null;
  readonly span: Span;
}

export interface ExistsExpr {
  readonly kind: 'exists';
  readonly query: Query;
  readonly span: Span;
}

/** A scalar subquery. */
export interface SubqueryExpr {
  readonly kind: 'subquery';
  readonly query: Query;
  readonly span: Span;
}

/** `ARRAY(SELECT ...)` */
export interface ArrayQueryExpr {
  readonly kind: 'arrayQuery';
  readonly query: Query;
  readonly span: Span;
}

/** `ROW(a, b)` (explicit) or `(a, b)`. */
export interface RowExpr {
  readonly kind: 'row';
  readonly items: readonly Expr[];
  readonly explicit: boolean;
  readonly span: Span;
}

/** `ARRAY[a, b]`; `ARRAY[[1,2],[3,4]]` has array items. */
export interface ArrayExpr {
  readonly kind: 'array';
  readonly items: readonly Expr[];
  readonly span: Span;
}

/** `MAP[k1, v1, k2, v2]` */
export interface MapExpr {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: Expr; readonly value: Expr }[];
  readonly span: Span;
}

export interface CaseExpr {
  readonly kind: 'case';
  /** `CASE x WHEN ...`; null for the searched form. */
  readonly operand: Expr | null;
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr | null;
  readonly span: Span;
}

/** `CAST(x AS t)`, `x::t`, `TRY_CAST(x AS t)`. */
export interface CastExpr {
  readonly kind: 'cast';
  readonly arg: Expr;
  readonly type: TypeName;
  readonly try: boolean;
  readonly span: Span;
}

/** `EXTRACT(field FROM arg)`; `field` is lower case, as written otherwise (`year`, `isodow`, `epoch`). */
export interface ExtractExpr {
  readonly kind: 'extract';
  readonly field: string;
  readonly arg: Expr;
  readonly span: Span;
}

export interface AtTimeZoneExpr {
  readonly kind: 'atTimeZone';
  readonly arg: Expr;
  /** null: `AT LOCAL`. */
  readonly zone: Expr | null;
  readonly span: Span;
}

export interface CollateExpr {
  readonly kind: 'collate';
  readonly arg: Expr;
  readonly collation: ObjectName;
  readonly span: Span;
}

/** `base[index]` */
export interface SubscriptExpr {
  readonly kind: 'subscript';
  readonly base: Expr;
  readonly index: Expr;
  readonly span: Span;
}

/** `base[lower:upper]` */
export interface SliceExpr {
  readonly kind: 'slice';
  readonly base: Expr;
  readonly lower: Expr | null;
  readonly upper: Expr | null;
  readonly span: Span;
}

/** `(base).field`, and `f(x).field`. */
export interface FieldExpr {
  readonly kind: 'field';
  readonly base: Expr;
  readonly field: Identifier;
  readonly span: Span;
}

/** A function call. Names with no arguments and no parentheses (`CURRENT_TIMESTAMP`, `USER`) are `niladic`. */
/** `(x, y) -> body`, also `=>` and `|x, y| body`: an argument of the functions that take one. */
export interface LambdaExpr {
  readonly kind: 'lambda';
  readonly params: readonly Identifier[];
  readonly body: Expr;
  readonly span: Span;
}

export interface CallExpr {
  readonly kind: 'call';
  readonly name: ObjectName;
  readonly args: readonly FunctionArg[];
  /** `count(*)` */
  readonly star: boolean;
  readonly niladic: boolean;
  readonly distinct: boolean;
  /** `VARIADIC` before the last argument. */
  readonly variadic: boolean;
  /** `agg(x ORDER BY y)` */
  readonly orderBy: readonly OrderItem[];
  /** `WITHIN GROUP (ORDER BY y)` */
  readonly withinGroup: readonly OrderItem[];
  readonly filter: Expr | null;
  /** `IGNORE NULLS` / `RESPECT NULLS` */
  readonly nulls: 'ignore' | 'respect' | null;
  readonly over: WindowSpec | null;
  readonly span: Span;
}

/** One argument of a call. `value` may be a table or a descriptor only in a table function. */
export interface FunctionArg {
  /** `name => value` or `name := value` */
  readonly name: Identifier | null;
  readonly value: Expr | TableArg | DescriptorArg;
}

/** `TABLE t [PARTITION BY ..] [ORDER BY ..]` or `TABLE (query)` as an argument. */
export interface TableArg {
  readonly kind: 'tableArg';
  readonly source: ObjectName | Query;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly span: Span;
}

/** `DESCRIPTOR(a, b)` */
export interface DescriptorArg {
  readonly kind: 'descriptor';
  readonly columns: readonly Identifier[];
  readonly span: Span;
}


/** `OVER w` has only `base`, with `isReference`; `OVER (w ORDER BY x)` has base and parts. */
export interface WindowSpec {
  readonly base: Identifier | null;
  readonly isReference: boolean;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: WindowFrame | null;
  readonly span: Span;
}

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  /** null: `CURRENT ROW`, by the short form without BETWEEN. */
  readonly end: FrameBound | null;
  readonly exclude: 'current row' | 'group' | 'ties' | 'no others' | null;
  readonly span: Span;
}

export type FrameBound =
  | { readonly kind: 'unboundedPreceding' | 'unboundedFollowing' | 'currentRow'; readonly span: Span }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr; readonly span: Span };

/** `SUBSTRING(arg FROM from FOR for)`, `SUBSTRING(arg SIMILAR pattern ESCAPE e)`. The comma form is a plain call. */
export interface SubstringExpr {
  readonly kind: 'substring';
  readonly arg: Expr;
  readonly from: Expr | null;
  readonly for: Expr | null;
  readonly similar: Expr | null;
  readonly escape: Expr | null;
  readonly span: Span;
}

/** `TRIM([BOTH|LEADING|TRAILING] [chars] FROM arg)`; `TRIM(arg)` too, with `chars` null. */
export interface TrimExpr {
  readonly kind: 'trim';
  readonly side: 'both' | 'leading' | 'trailing';
  readonly chars: Expr | null;
  readonly arg: Expr;
  readonly span: Span;
}

/** `POSITION(needle IN haystack)` */
export interface PositionExpr {
  readonly kind: 'position';
  readonly needle: Expr;
  readonly haystack: Expr;
  readonly span: Span;
}

/** `OVERLAY(arg PLACING placing FROM from FOR for)` */
export interface OverlayExpr {
  readonly kind: 'overlay';
  readonly arg: Expr;
  readonly placing: Expr;
  readonly from: Expr;
  readonly for: Expr | null;
  readonly span: Span;
}

/** `FLOOR(arg TO DAY)`, `CEIL(arg TO DAY)` */
export interface RoundToExpr {
  readonly kind: 'roundTo';
  readonly direction: 'floor' | 'ceil';
  readonly arg: Expr;
  readonly unit: TimeUnit;
  readonly span: Span;
}

export type JsonBehavior =
  | { readonly kind: 'null' | 'error' | 'empty array' | 'empty object' | 'true' | 'false' | 'unknown' }
  | { readonly kind: 'default'; readonly value: Expr };

/** The SQL/JSON functions with clauses of their own. A call without any clause is a plain `call` (JSON_EXISTS, JSON_VALUE, ...). */
export interface JsonFunctionExpr {
  readonly kind: 'jsonFunction';
  /** Lower case. */
  readonly name: 'json_value' | 'json_query' | 'json_exists' | 'json_object' | 'json_array' | 'json_objectagg' | 'json_arrayagg';
  /** Document and path, or the elements of `json_array` and `json_arrayagg`. */
  readonly args: readonly Expr[];
  /** `KEY k VALUE v` or `k VALUE v` or `k : v` */
  readonly entries: readonly { readonly key: Expr; readonly value: Expr }[];
  readonly returning: TypeName | null;
  readonly wrapper: 'without' | 'conditional' | 'unconditional' | null;
  readonly onEmpty: JsonBehavior | null;
  readonly onError: JsonBehavior | null;
  readonly onNull: 'null' | 'absent' | null;
  readonly span: Span;
}

/** `DEFAULT` as a value in INSERT or UPDATE. */
export interface DefaultExpr {
  readonly kind: 'default';
  readonly span: Span;
}
