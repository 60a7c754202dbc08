import type { SqlType, TypeKind } from '../common/types/sql-type.ts';
import type { Interval, Json, Numeric, Value } from '../common/types/value.ts';
import type { ArgType, Emit, EmitContext, EmitValue, EvalContext, ScalarFunction, ScalarOverload, Volatility } from './define.ts';

/** Short ways to write a table entry whose interpreter and generated code call one and the same function. */

/** The JS value of an argument of a declared kind. */
type JsOf<K> = K extends 'boolean'
  ? boolean
  : K extends 'bigint' | 'time' | 'timestamp' | 'timestamptz'
    ? bigint
    : K extends 'tinyint' | 'smallint' | 'int' | 'date' | 'oid' | 'regclass' | 'regtype' | 'regproc' | 'regnamespace' | 'real' | 'double'
      ? number
      : K extends 'numeric' | 'decimal'
        ? Numeric
        : K extends 'varchar' | 'char' | 'name' | 'json' | 'internalchar' | 'unknown'
          ? string
          : K extends 'bytea' | 'uuid'
            ? Uint8Array
            : K extends 'interval'
              ? Interval
              : K extends 'jsonb'
                ? Json
                : K extends { readonly array: TypeKind } | 'anyarray' | 'array' | 'row'
                  ? Value[]
                  : Value;

export type JsArgs<A extends readonly ArgType[]> = { readonly [I in keyof A]: JsOf<A[I]> };

export interface Extra {
  readonly oid?: number;
  readonly volatility?: Volatility;
  readonly emit?: Emit;
  readonly monotonicIn?: number;
}

type AnyFunction = (...args: readonly Value[]) => Value;

/** Kinds whose generated form is the same JS value as in `Value`. */
const SAME_FORM = (arg: ArgType): boolean =>
  typeof arg === 'object' || !['boolean', 'decimal', 'any', 'anynonarray', 'anyelement', 'anyarray'].includes(arg);

/** A strict overload computed by `fn` from its arguments alone. */
export function native<const A extends readonly ArgType[]>(
  args: A,
  returns: ScalarOverload['returns'],
  fn: (...args: JsArgs<A>) => Value,
  extra: Extra = {},
): ScalarOverload {
  const plain = fn as unknown as AnyFunction;
  const emit = extra.emit ?? (args.every(SAME_FORM) && typeof returns === 'object' && returns.kind !== 'decimal' ? callEmit(plain, returns) : undefined);
  return { args, returns, volatility: 'immutable', nulls: 'strict', eval: (values) => plain(...values), ...extra, ...(emit === undefined ? {} : { emit }) };
}

/** The same, when the context decides too (time zone, session): stable unless said otherwise. */
export function contextual<const A extends readonly ArgType[]>(
  args: A,
  returns: ScalarOverload['returns'],
  fn: (cx: EvalContext, ...args: JsArgs<A>) => Value,
  extra: Extra = {},
): ScalarOverload {
  const plain = fn as unknown as (cx: EvalContext, ...args: readonly Value[]) => Value;
  const direct = args.every(SAME_FORM) && typeof returns === 'object' && returns.kind !== 'decimal' && returns.kind !== 'boolean';
  const emit: Emit | undefined =
    extra.emit ?? (direct ? (values, cx) => `${cx.constant(plain)}(${[cx.context, ...values.map((v) => v.code)].join(', ')})` : undefined);
  return { args, returns, volatility: 'stable', nulls: 'strict', eval: (values, cx) => plain(cx, ...values), ...extra, ...(emit === undefined ? {} : { emit }) };
}

/** Generated code that calls `fn`. */
export function callEmit(fn: unknown, returns: SqlType): Emit {
  return (values, cx) => {
    const call = `${cx.constant(fn)}(${values.map((v) => v.code).join(', ')})`;
    return returns.kind === 'boolean' ? `(${call} ? 1 : 0)` : call;
  };
}

/** Generated code from a template over the arguments' code. */
export const template =
  (make: (...args: string[]) => string): Emit =>
  (values) =>
    make(...values.map((v) => v.code));

/** The JS string of a text literal's code, or undefined when the code is not a literal. */
export function literalText(value: EmitValue): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"$/.test(value.code)) return undefined;
  try {
    const decoded: unknown = JSON.parse(value.code);
    return typeof decoded === 'string' ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Code for the `Numeric` of a decimal argument in either layout. */
export function numericCode(value: EmitValue, cx: EmitContext, fromScaled: (unscaled: bigint, scale: number) => Numeric): string {
  if (value.type.kind === 'decimal' && value.type.precision <= 18) return `${cx.constant(fromScaled)}(${value.code}, ${value.type.scale})`;
  return value.code;
}

/** A type rule: the type of the n-th argument. */
export const typeOfArgument =
  (n: number) =>
  (args: readonly SqlType[]): SqlType =>
    args[n] ?? { kind: 'varchar' };

/** A function by its overloads; `doc` and `examples` go into the reference. */
export const scalar = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: ScalarFunction['examples'] = [], aliases: readonly string[] = []): ScalarFunction => ({ kind: 'scalar', name, aliases, overloads, doc, examples });

/** The same, called by an operator sign. */
export const operator = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: ScalarFunction['examples']): ScalarFunction => ({ kind: 'scalar', name, operator: true, overloads, doc, examples });
