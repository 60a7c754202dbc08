import type { SqlType, TypeKind } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';

/**
 * How a function or aggregate is declared: once, here in tables. Overload resolution, pg_proc, constant folding, the
 * interpreter, the compiler, the reference documentation and the tests made from examples all read the same entry.
 */

/** What an evaluation may depend on besides its arguments. Handed in: nothing in the data plane reads a clock. */
export interface EvalContext {
  /** NOW(): a continuous query's epoch time or a statement's start, microseconds since 1970 UTC. */
  readonly nowMicros: bigint;
  /** PROCTIME(): the time of the batch, microseconds since 1970 UTC. */
  readonly procMicros: bigint;
  /** IANA name of the session or job zone. */
  readonly timeZone: string;
  /** The current watermark, or null before the first. */
  readonly watermark: bigint | null;
  /** Uniform in [0, 1), seeded. */
  readonly random: () => number;
  /** Settings, roles and catalog look-ups for `stable` catalog functions; absent inside jobs. */
  readonly session?: SessionFacts;
}

/** What catalog functions (`current_schema`, `pg_get_userbyid`, `'t'::regclass`…) ask of the session. */
export interface SessionFacts {
  readonly user: string;
  readonly database: string;
  readonly searchPath: readonly string[];
  readonly backendPid: number;
  setting(name: string): string | undefined;
  setSetting(name: string, value: string, local: boolean): void;
  /** OID of a relation by its text form, or undefined. */
  relationOid(text: string): number | undefined;
  relationName(oid: number): string | undefined;
  typeOid(text: string): number | undefined;
  /** OID of a function by its name, for casts to regproc; of a schema, for casts to regnamespace. */
  procOid?(text: string): number | undefined;
  namespaceOid?(text: string): number | undefined;
  /** pg_cancel_backend and pg_terminate_backend; false when there is no such session. */
  signalBackend?(pid: number, terminate: boolean): boolean;
  /** setseed: random() begins anew. */
  seedRandom?(seed: number): void;
  /** Text from the catalog by kind: view definition, comment, constraint… */
  describe(what: 'viewdef' | 'constraintdef' | 'indexdef' | 'expr' | 'comment' | 'user' | 'namespace' | 'proc', oid: number, sub: number): string | null;
}

/** An argument's declared type: a kind (any modifiers), or a polymorphic placeholder as in PostgreSQL. */
export type ArgType = TypeKind | 'any' | 'anynonarray' | 'anyelement' | 'anyarray' | { readonly array: TypeKind };

export type Volatility = 'immutable' | 'stable' | 'volatile';

/** A value inside generated code. `code` is a local's name or a literal, free of side effects, safe to repeat. */
export interface EmitValue {
  readonly type: SqlType;
  /**
   * JS expression for the value: bool 0/1 number, i32 number, i64 bigint, f64 number, boxed the Value.
   * For `bytes` types it is a JS string (or Uint8Array for raw bytes), decoded on first use.
   */
  readonly code: string;
  /** For `bytes` types held by reference: locals naming buffer, offset and length, without decoding. */
  readonly ref?: { readonly data: string; readonly offset: string; readonly length: string };
  /** For i64 columns read straight from a batch: expressions for the low and high int32 words. */
  readonly words?: { readonly low: string; readonly high: string };
}

export interface EmitContext {
  /** Makes `value` reachable in generated code and returns the local's name. */
  constant(value: unknown): string;
  /** A fresh local's name; declare it in `statement`. */
  local(hint: string): string;
  /** Adds a statement before the expression's use. */
  statement(code: string): void;
  /** Name of the EvalContext in generated code. */
  readonly context: string;
}

/** Generated code for a call; arguments are known to be non-NULL when `nulls` is `strict`. Returns a JS expression. */
export type Emit = (args: readonly EmitValue[], cx: EmitContext, returns: SqlType) => string;

export interface ScalarOverload {
  /** pg_proc.oid when PostgreSQL has this very function; else assigned from 100000 up. */
  readonly oid?: number;
  readonly args: readonly ArgType[];
  /** The type of further arguments, repeated. */
  readonly variadic?: ArgType;
  readonly returns: SqlType | ((args: readonly SqlType[]) => SqlType);
  readonly volatility: Volatility;
  /** `strict`: NULL in, NULL out, and `eval` never sees a NULL. `custom`: `eval` handles NULLs. */
  readonly nulls: 'strict' | 'custom';
  /** The reference. Argument values are laid out as `Value` says. */
  readonly eval: (args: readonly Value[], cx: EvalContext, types: readonly SqlType[], returns: SqlType) => Value;
  /** Fast path; without it generated code calls `eval`. Must agree with `eval` (property-tested). */
  readonly emit?: Emit;
  /** Never NULL when no argument is NULL: the result's column needs no NULLs. Absent means that it may be. */
  readonly total?: true;
  /** Grows with its argument (1-based index): carries watermarks through, e.g. floor(ts to hour). */
  readonly monotonicIn?: number;
}

export interface ScalarFunction {
  readonly kind: 'scalar';
  /** Lower case; operators use their symbol, e.g. `+`, `||`, `~`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly operator?: boolean;
  readonly overloads: readonly ScalarOverload[];
  readonly doc: string;
  /** `[SQL expression, expected text form]`; NULL is spelled null. Each is run as a test. */
  readonly examples: readonly (readonly [string, string | null])[];
}

/**
 * An aggregate, as the reference works on it; `exec` has columnar kernels for those with `kernel`.
 * `retract: null` (min, max) makes the planner keep the multiset of inputs unless the input is append-only.
 */
export interface AggregateOverload {
  readonly oid?: number;
  readonly args: readonly ArgType[];
  readonly returns: SqlType | ((args: readonly SqlType[]) => SqlType);
  /** Rows with a NULL argument are not counted in (all but count(*), array_agg). */
  readonly skipsNulls: boolean;
  readonly init: () => unknown;
  readonly insert: (state: unknown, args: readonly Value[], types: readonly SqlType[]) => unknown;
  readonly retract: ((state: unknown, args: readonly Value[], types: readonly SqlType[]) => unknown) | null;
  /** Adds a partial state; null where partials don't exist (no two-phase plan). */
  readonly merge: ((a: unknown, b: unknown) => unknown) | null;
  readonly result: (state: unknown, returns: SqlType, types: readonly SqlType[]) => Value;
  /** The columnar kernel family in exec/operators/aggregate. */
  readonly kernel?: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'bool_and' | 'bool_or';
}

export interface AggregateFunction {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly overloads: readonly AggregateOverload[];
  readonly doc: string;
  readonly examples: readonly (readonly [string, string | null])[];
}

/** Set-returning: one row of values per result row. */
export interface TableFunction {
  readonly kind: 'table';
  readonly name: string;
  readonly overloads: readonly {
    readonly oid?: number;
    readonly args: readonly ArgType[];
    readonly variadic?: ArgType;
    readonly returns: (args: readonly SqlType[]) => readonly { readonly name: string; readonly type: SqlType }[];
    readonly volatility: Volatility;
    readonly eval: (args: readonly Value[], cx: EvalContext, types: readonly SqlType[]) => Iterable<readonly Value[]>;
  }[];
  readonly doc: string;
  readonly examples: readonly (readonly [string, string | null])[];
}

export type FunctionDef = ScalarFunction | AggregateFunction | TableFunction;
