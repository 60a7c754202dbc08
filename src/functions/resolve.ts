import { nearestHint } from '../common/did-you-mean.ts';
import { SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import { asDecimal } from '../common/types/decimal-rules.ts';
import { withoutLengths } from '../common/types/lengths.ts';
import { BYTEA, TEXT, typeEquals, typeName, type SqlType, type TypeKind } from '../common/types/sql-type.ts';
import { commonTypeOf } from './common-type.ts';
import type { AggregateFunction, ArgType, FunctionDef, ScalarFunction, TableFunction } from './define.ts';
import { canCast, categoryOf, isPreferred, type Category } from './types.ts';

/**
 * PostgreSQL's choice among overloads: exact match, then the most exact arguments, then preferred types, then a guess for
 * untyped literals. Source: PostgreSQL 15 documentation, 10.2 and 10.3 (operator and function type resolution).
 */

export interface ResolvedScalar {
  readonly def: ScalarFunction;
  readonly overload: number;
  /** What each argument must be cast to; the same object when no cast is needed. */
  readonly argTypes: readonly SqlType[];
  readonly returns: SqlType;
}
export interface ResolvedAggregate {
  readonly def: AggregateFunction;
  readonly overload: number;
  readonly argTypes: readonly SqlType[];
  readonly returns: SqlType;
}
export interface ResolvedTable {
  readonly def: TableFunction;
  readonly overload: number;
  readonly argTypes: readonly SqlType[];
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
}
export type Resolved = ResolvedScalar | ResolvedAggregate | ResolvedTable;

/** Where functions are found; implemented by registry.ts. */
export interface FunctionLookup {
  find(name: string): FunctionDef | undefined;
  names(): Iterable<string>;
}

interface Signature {
  readonly args: readonly ArgType[];
  readonly variadic?: ArgType;
}

interface Candidate {
  readonly index: number;
  /** One per argument, variadic ones repeated. */
  readonly args: readonly ArgType[];
}

const isOperatorName = (name: string): boolean => !/^[a-z_]/.test(name);

/**
 * @param name lower case; operators by their symbol.
 * @param args the arguments' types; `unknown` for untyped literals and NULL.
 * Errors: undefined_function, ambiguous_function, datatype_mismatch.
 */
export function resolveFunction(lookup: FunctionLookup, name: string, args: readonly SqlType[], span?: Span): Resolved {
  const def = lookup.find(name);
  if (def === undefined) throw undefinedFunction(lookup, name, args, span, false);
  const overload = chooseOverload(def.overloads, name, args);
  if (overload === 'none') throw undefinedFunction(lookup, name, args, span, true);
  if (overload === 'ambiguous') throw ambiguous(name, args, span);
  const argTypes = targetTypes(overload.args, args);
  switch (def.kind) {
    case 'scalar':
      return { def, overload: overload.index, argTypes, returns: returnType(def.overloads[overload.index]?.returns, argTypes) };
    case 'aggregate':
      return { def, overload: overload.index, argTypes, returns: returnType(def.overloads[overload.index]?.returns, argTypes) };
    case 'table':
      return { def, overload: overload.index, argTypes, columns: def.overloads[overload.index]?.returns(argTypes) ?? [] };
  }
}

/** As `resolveFunction`, for names that must be scalar (operators, LIKE, comparison). */
export function resolveScalar(lookup: FunctionLookup, name: string, args: readonly SqlType[], span?: Span): ResolvedScalar {
  const found = resolveFunction(lookup, name, args, span);
  if (found.def.kind === 'scalar' && 'returns' in found) return { ...found, def: found.def };
  throw new SqlError('wrong_object_type', `${name}(${args.map(typeName).join(', ')}) is not a scalar function`, { span });
}

function returnType(rule: SqlType | ((args: readonly SqlType[]) => SqlType) | undefined, args: readonly SqlType[]): SqlType {
  if (typeof rule === 'function') return rule(args);
  return rule ?? TEXT;
}

function describe(name: string, args: readonly SqlType[]): string {
  const [a, b] = args;
  if (isOperatorName(name) && a !== undefined) {
    return b === undefined ? `operator ${name} ${typeName(a)}` : `operator ${typeName(a)} ${name} ${typeName(b)}`;
  }
  return `function ${name}(${args.map(typeName).join(', ')})`;
}

function undefinedFunction(lookup: FunctionLookup, name: string, args: readonly SqlType[], span: Span | undefined, exists: boolean): SqlError {
  const operator = isOperatorName(name);
  const what = operator ? describe(name, args).replace('operator ', 'operator does not exist: ') : `${describe(name, args)} does not exist`;
  const casts = `No ${operator ? 'operator' : 'function'} matches the given name and argument types. You might need to add explicit type casts.`;
  const near = exists || operator ? undefined : nearestHint(name, lookup.names());
  return new SqlError('undefined_function', what, { span, hint: near ?? casts });
}

function ambiguous(name: string, args: readonly SqlType[], span: Span | undefined): SqlError {
  const operator = isOperatorName(name);
  const text = operator ? describe(name, args).replace('operator ', 'operator is not unique: ') : `${describe(name, args)} is not unique`;
  return new SqlError('ambiguous_function', text, {
    span,
    hint: `Could not choose a best candidate ${operator ? 'operator' : 'function'}. You might need to add explicit type casts.`,
  });
}

function expand(signature: Signature, count: number): readonly ArgType[] | undefined {
  const { args, variadic } = signature;
  if (variadic === undefined) return args.length === count ? args : undefined;
  if (count < args.length) return undefined;
  return [...args, ...Array.from({ length: count - args.length }, () => variadic)];
}

const kindOf = (arg: ArgType): TypeKind | undefined =>
  typeof arg === 'object' ? 'array' : arg === 'any' || arg === 'anynonarray' || arg === 'anyelement' || arg === 'anyarray' ? undefined : arg;

function isExact(arg: ArgType, type: SqlType): boolean {
  if (typeof arg === 'object') return type.kind === 'array' && type.element.kind === arg.array;
  return arg === type.kind;
}

/** DECIMAL is PostgreSQL's numeric with a modifier: where only numeric is offered it is nearly exact. */
function closeness(arg: ArgType, type: SqlType): number {
  if (isExact(arg, type)) return 1;
  return arg === 'numeric' && type.kind === 'decimal' ? 0.9 : 0;
}

function accepts(arg: ArgType, type: SqlType): boolean {
  // An untyped literal has no precision or length of its own: it is read as numeric or text, never cut to a DECIMAL(p, s) or CHAR(n).
  if (type.kind === 'unknown') return arg !== 'decimal' && arg !== 'char';
  if (arg === 'any' || arg === 'anyelement' || arg === type.kind) return true;
  if (arg === 'anynonarray') return type.kind !== 'array';
  if (arg === 'anyarray') return type.kind === 'array';
  if (typeof arg === 'object') return type.kind === 'array' && canCast(type.element, defaultType(arg.array), 'implicit');
  return canCast(type, defaultType(arg), 'implicit');
}

/** Polymorphic arguments must have one element type. */
function consistent(candidate: Candidate, types: readonly SqlType[]): boolean {
  return elementType(candidate.args, types) !== 'conflict';
}

function elementType(args: readonly ArgType[], types: readonly SqlType[]): SqlType | undefined | 'conflict' {
  let element: SqlType | undefined;
  for (const [i, arg] of args.entries()) {
    const type = types[i];
    if (type === undefined || type.kind === 'unknown') continue;
    let mine: SqlType | undefined;
    if (arg === 'anyelement') mine = type;
    else if (arg === 'anyarray' && type.kind === 'array') mine = type.element;
    if (mine === undefined) continue;
    const next: SqlType | undefined = element === undefined ? mine : commonTypeOf(element, mine);
    if (next === undefined) return 'conflict';
    element = next;
  }
  // An untyped literal must not be cut or filled up to the others' length.
  if (element?.kind === 'bytea' && args.some((arg, i) => arg === 'anyelement' && types[i]?.kind === 'unknown')) return BYTEA;
  return element;
}

/** The type an argument of this kind has when the caller's value has another kind. */
function defaultType(kind: TypeKind): SqlType {
  switch (kind) {
    case 'decimal':
      return { kind, precision: 38, scale: 18 };
    case 'char':
      return { kind, length: 1 };
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return { kind, precision: 6 };
    case 'array':
      return { kind, element: TEXT };
    case 'map':
      return { kind, key: TEXT, value: TEXT };
    case 'row':
      return { kind, fields: [] };
    default:
      return { kind };
  }
}

function targetTypes(args: readonly ArgType[], types: readonly SqlType[]): readonly SqlType[] {
  const found = elementType(args, types);
  const element = found === undefined || found === 'conflict' ? TEXT : roomFor(found, args, types);
  return types.map((type, i) => {
    const arg = args[i];
    if (arg === undefined || arg === 'any' || arg === 'anynonarray') return type.kind === 'unknown' ? TEXT : type;
    if (arg === 'anyelement') return element;
    if (arg === 'anyarray') return { kind: 'array', element };
    if (typeof arg === 'object') return isExact(arg, type) ? type : { kind: 'array', element: defaultType(arg.array) };
    if (type.kind === arg) return type;
    if (arg === 'decimal') return asDecimal(type) ?? defaultType(arg);
    if (arg === 'varchar' && type.kind === 'char') return TEXT;
    return defaultType(arg);
  });
}

/** Without the element's length where another argument may be longer: nothing is to be cut. */
function roomFor(element: SqlType, args: readonly ArgType[], types: readonly SqlType[]): SqlType {
  const fits = types.every((type, i) => {
    if (args[i] === 'anyelement') return typeEquals(type, element);
    return args[i] !== 'anyarray' || (type.kind === 'array' && typeEquals(type.element, element));
  });
  return fits ? element : withoutLengths(element);
}

function chooseOverload(overloads: readonly Signature[], name: string, types: readonly SqlType[]): Candidate | 'none' | 'ambiguous' {
  const all: Candidate[] = [];
  for (const [index, signature] of overloads.entries()) {
    const args = expand(signature, types.length);
    if (args !== undefined) all.push({ index, args });
  }
  const exact = all.find((c) => c.args.every((arg, i) => isExact(arg, types[i] ?? TEXT)));
  if (exact !== undefined) return exact;
  const operator = isOperatorName(name);
  const guess = operator ? sameTypeGuess(all, types) : undefined;
  if (guess !== undefined) return guess;
  // PostgreSQL's regclass has no operators of its own: a text meets a number as such, not as a table's name.
  const asTable = (arg: ArgType, type: SqlType): boolean => operator && arg === 'regclass' && type.kind === 'varchar';
  const viable = all.filter((c) => c.args.every((arg, i) => accepts(arg, types[i] ?? TEXT) && !asTable(arg, types[i] ?? TEXT)) && consistent(c, types));
  if (viable.length === 0) return 'none';
  return narrow(viable, types);
}

/** `known op 'literal'`: the literal has the other side's type, when there is such an operator. */
function sameTypeGuess(all: readonly Candidate[], types: readonly SqlType[]): Candidate | undefined {
  const [a, b] = types;
  if (a === undefined || b === undefined || (a.kind === 'unknown') === (b.kind === 'unknown')) return undefined;
  const known = a.kind === 'unknown' ? b : a;
  const wanted: SqlType = known.kind === 'decimal' ? { kind: 'numeric' } : known.kind === 'char' ? TEXT : known;
  return all.find((c) => c.args.every((arg) => isExact(arg, wanted)));
}

function narrow(viable: readonly Candidate[], types: readonly SqlType[]): Candidate | 'ambiguous' {
  let left = best(viable, (c) => c.args.reduce((sum, arg, i) => sum + closeness(arg, types[i] ?? TEXT), 0));
  if (left.length === 1) return left[0] ?? 'ambiguous';
  left = best(left, (c) =>
    count(c, (arg, i) => {
      const type = types[i] ?? TEXT;
      const kind = kindOf(arg);
      if (isExact(arg, type)) return true;
      return type.kind !== 'unknown' && kind !== undefined && isPreferred(kind) && categoryOf(kind) === categoryOf(type.kind);
    }),
  );
  if (left.length === 1) return left[0] ?? 'ambiguous';
  left = byUnknowns(left, types);
  if (left.length === 1) return left[0] ?? 'ambiguous';
  const known = types.filter((t) => t.kind !== 'unknown');
  const [first] = known;
  if (first !== undefined && known.length < types.length && known.every((t) => t.kind === first.kind)) {
    const same = left.filter((c) => c.args.every((arg) => accepts(arg, first)));
    if (same.length === 1) return same[0] ?? 'ambiguous';
  }
  // Concrete overloads win over polymorphic ones.
  const concrete = left.filter((c) => c.args.every((arg) => kindOf(arg) !== undefined));
  if (concrete.length === 1) return concrete[0] ?? 'ambiguous';
  return 'ambiguous';
}

/** Guesses the category of untyped literals: string if any candidate takes one there, else the one all agree on. */
function byUnknowns(left: readonly Candidate[], types: readonly SqlType[]): readonly Candidate[] {
  let kept = left;
  for (const [i, type] of types.entries()) {
    if (type.kind !== 'unknown') continue;
    const categories = new Set<Category | undefined>();
    for (const c of kept) {
      const kind = kindOf(c.args[i] ?? 'any');
      categories.add(kind === undefined ? undefined : categoryOf(kind));
    }
    const chosen: Category | undefined = categories.has('S') ? 'S' : categories.size === 1 ? [...categories][0] : undefined;
    if (chosen === undefined) return left;
    const fitting = kept.filter((c) => {
      const kind = kindOf(c.args[i] ?? 'any');
      return kind !== undefined && categoryOf(kind) === chosen;
    });
    if (fitting.length === 0) return left;
    const preferred = fitting.filter((c) => isPreferred(kindOf(c.args[i] ?? 'any') ?? 'unknown'));
    kept = preferred.length > 0 ? preferred : fitting;
  }
  return kept;
}

function count(c: Candidate, test: (arg: ArgType, i: number) => boolean): number {
  let n = 0;
  for (const [i, arg] of c.args.entries()) if (test(arg, i)) n++;
  return n;
}

function best(candidates: readonly Candidate[], score: (c: Candidate) => number): readonly Candidate[] {
  let top = -1;
  let kept: Candidate[] = [];
  for (const c of candidates) {
    const s = score(c);
    if (s > top) {
      top = s;
      kept = [c];
    } else if (s === top) kept.push(c);
  }
  return kept;
}
