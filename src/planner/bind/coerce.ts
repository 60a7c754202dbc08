import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { arrayOf, BOOLEAN, BYTEA, INT, TEXT, typeEquals, typeName, type SqlType } from '../../common/types/sql-type.ts';
import { hasLengths, withoutLengths } from '../../common/types/lengths.ts';
import { codePointLength } from '../../common/types/text-length.ts';
import type { Value } from '../../common/types/value.ts';
import { castFunction, requireCast } from '../../functions/casts.ts';
import { commonType, commonTypeOf } from '../../functions/common-type.ts';
import { resolveScalar } from '../../functions/resolve.ts';
import type { CastContext } from '../../functions/types.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { BindContext, Notes } from './context.ts';

/** Making the casts that SQL leaves out. */

export interface Coercing {
  readonly cx: BindContext;
  readonly notes: Notes;
}

/** Whether the value can be NULL, as far as the expression shows. */
export function isNullable(e: Expr): boolean {
  switch (e.kind) {
    case 'column':
    case 'outer':
    case 'call':
      return e.nullable;
    case 'literal':
      return e.value === null;
    case 'param':
    case 'in':
      return true;
    case 'cast':
      return e.try || isNullable(e.arg);
    case 'case':
      return e.otherwise === null || isNullable(e.otherwise) || e.branches.some((b) => isNullable(b.then));
    case 'and':
    case 'or':
      return e.args.some(isNullable);
    case 'coalesce':
      return e.args.every(isNullable);
    case 'not':
      return isNullable(e.arg);
    case 'isNull':
    case 'array':
    case 'row':
      return false;
    case 'field':
    case 'lambda':
      return true;
    case 'subquery':
      return e.form !== 'exists' && e.form !== 'array';
  }
}

/**
 * The expression as a value of `target`.
 * @param column names the column stored into, for the message.
 * Errors: cannot_coerce, datatype_mismatch, and what reading a literal raises.
 */
export function coerce(env: Coercing, e: Expr, target: SqlType, context: CastContext, span?: Span, column?: string): Expr {
  const at = env.notes.placeOf(e)?.span ?? span;
  const keep = (made: Expr): Expr => (at === undefined || made === e ? made : env.notes.place(made, at, env.notes.placeOf(e)?.text));
  if (target.kind === 'unknown') return e;
  if (e.kind === 'param' && e.type.kind === 'unknown') {
    env.cx.params.settle(e.index, context === 'explicit' ? target : unlimited(target));
    const settled = env.cx.params.type(e.index) ?? target;
    return keep(coerce(env, { ...e, type: settled }, target, context, span, column));
  }
  const from = typeOf(e);
  if (typeEquals(from, target)) return e;
  const deeper = target.kind === 'array' && (context === 'explicit' || from.kind === 'unknown') ? ofDepth(target, depthOf(e, from)) : target;
  if (deeper !== target) return coerce(env, coerce(env, e, deeper, 'explicit', span), context === 'explicit' ? deeper : target, context, span, column);
  if (e.kind === 'literal' && from.kind === 'unknown') return keep(readLiteral(env, e.value, target, context, at));
  if (e.kind === 'row' && target.kind === 'row' && e.items.length === target.fields.length) {
    return keep({ kind: 'row', items: e.items.map((item, i) => coerce(env, item, target.fields[i]?.type ?? TEXT, context, span)), type: target });
  }
  if (e.kind === 'array' && target.kind === 'array' && from.kind === 'array' && context !== 'assignment') {
    return keep({ kind: 'array', items: e.items.map((item) => coerce(env, item, target.element, context, span)), type: target });
  }
  requireCast(from, target, context, context === 'explicit' ? (span ?? at) : at, column);
  if (context === 'assignment') {
    const stored = storeText(env, e, from, target, at) ?? storeBytes(env, e, from, target, at) ?? storeElements(env, e, target, at);
    if (stored !== undefined) return keep(stored);
  }
  if (e.kind === 'literal' && foldable(from, target)) return keep(fold(env, e.value, from, target, at));
  return keep({ kind: 'cast', arg: e, type: target, try: false, ...(at === undefined ? {} : { span: at }) });
}

/** How many arrays deep a value is: of a literal, by its braces. */
function depthOf(e: Expr, type: SqlType): number {
  if (type.kind === 'array') return 1 + depthOf(e, type.element);
  if (type.kind !== 'unknown' || e.kind !== 'literal' || typeof e.value !== 'string') return 0;
  return /^\s*(?:(?:\[[^\]]*\])+\s*=\s*)?((?:\{\s*)+)/.exec(e.value)?.[1]?.replaceAll(/\s/g, '').length ?? 0;
}

/** PostgreSQL's int[] has any number of dimensions: a cast to it keeps those that the value has. */
function ofDepth(target: SqlType & { kind: 'array' }, depth: number): SqlType {
  let own = 0;
  let base: SqlType = target;
  for (; base.kind === 'array'; base = base.element) own++;
  if (depth <= own) return target;
  let type: SqlType = target;
  for (let i = own; i < depth; i++) type = arrayOf(type);
  return type;
}

/** A parameter takes a type without the modifiers of the column it meets. */
function unlimited(type: SqlType): SqlType {
  switch (type.kind) {
    case 'decimal':
      return { kind: 'numeric' };
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return { kind: type.kind, precision: 6 };
    default:
      return withoutLengths(type);
  }
}

/** Types whose text form means the same in every session. */
function readsAlike(type: SqlType): boolean {
  switch (type.kind) {
    case 'timestamptz':
    case 'timestamp':
    case 'date':
    case 'time':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return false;
    case 'array':
      return readsAlike(type.element);
    case 'row':
      return type.fields.every((f) => readsAlike(f.type));
    case 'map':
      return readsAlike(type.key) && readsAlike(type.value);
    default:
      return true;
  }
}

/** Words such as 'now' and 'today' depend on when they are read; plain digits don't. */
const PLAIN_TIME = /^\s*[-\d:. T]+\s*$/;

function readLiteral(env: Coercing, value: Value, target: SqlType, context: CastContext, span: Span | undefined): Expr {
  if (value === null) return { kind: 'literal', value: null, type: target };
  if (target.kind === 'varchar' || target.kind === 'char') {
    const text: Expr = { kind: 'literal', value, type: TEXT };
    return coerce(env, text, target, context === 'implicit' ? 'explicit' : context, span);
  }
  if ((target.kind === 'array' || target.kind === 'map' || target.kind === 'row') && context === 'assignment' && hasLengths(target)) return coerce(env, readLiteral(env, value, withoutLengths(target), context, span), target, context, span);
  if (target.kind === 'bytea' && target.length !== undefined) return coerce(env, fold(env, value, { kind: 'unknown' }, BYTEA, span), target, context === 'implicit' ? 'assignment' : context, span);
  const literal: Expr = { kind: 'literal', value, type: { kind: 'unknown' } };
  const fixedTime = (target.kind === 'timestamp' || target.kind === 'date' || target.kind === 'time') && typeof value === 'string' && PLAIN_TIME.test(value);
  if (!fixedTime && !readsAlike(target)) {
    return { kind: 'cast', arg: literal, type: target, try: false, ...(span === undefined ? {} : { span }) };
  }
  return fold(env, value, literal.type, target, span);
}

const NUMBERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'int', 'bigint', 'real', 'double', 'decimal', 'numeric']);

const foldable = (from: SqlType, to: SqlType): boolean => (NUMBERS.has(from.kind) && NUMBERS.has(to.kind)) || (from.kind === 'varchar' && (to.kind === 'varchar' || to.kind === 'char'));

function fold(env: Coercing, value: Value, from: SqlType, to: SqlType, span: Span | undefined): Expr {
  if (value === null) return { kind: 'literal', value: null, type: to };
  try {
    return { kind: 'literal', value: castFunction(from, to)(value, env.cx.eval), type: to };
  } catch (error) {
    throw error instanceof SqlError ? error.at(span) : error;
  }
}

/** Storing a text that is too long is an error, where a written cast would cut it. */
function storeText(env: Coercing, e: Expr, from: SqlType, target: SqlType, span: Span | undefined): Expr | undefined {
  if ((target.kind !== 'varchar' && target.kind !== 'char') || target.length === undefined) return undefined;
  if (from.kind === 'varchar' && target.kind === 'varchar' && from.length !== undefined && from.length <= target.length) return undefined;
  const text = coerce(env, e, TEXT, 'assignment', span);
  const length: Expr = { kind: 'literal', value: target.length, type: INT };
  const { def, overload } = resolveScalar(env.cx.functions, target.kind === 'varchar' ? 'assign_varchar' : 'assign_char', [TEXT, INT], span);
  return { kind: 'call', name: def.name, overload, args: [text, length], type: target, nullable: isNullable(text), ...(span === undefined ? {} : { span }) };
}

/** The same of bytes. */
function storeBytes(env: Coercing, e: Expr, from: SqlType, target: SqlType, span: Span | undefined): Expr | undefined {
  if (target.kind !== 'bytea' || target.length === undefined) return undefined;
  const fixed = target.fixed === true;
  if (!fixed && from.kind === 'bytea' && from.length !== undefined && from.length <= target.length) return undefined;
  const bytes = coerce(env, e, BYTEA, 'assignment', span);
  const args: Expr[] = [bytes, { kind: 'literal', value: target.length, type: INT }, { kind: 'literal', value: fixed, type: BOOLEAN }];
  const { def, overload } = resolveScalar(env.cx.functions, 'assign_bytes', [BYTEA, INT, BOOLEAN], span);
  return { kind: 'call', name: def.name, overload, args, type: target, nullable: isNullable(bytes), ...(span === undefined ? {} : { span }) };
}

/** The same inside of arrays, maps and rows. */
function storeElements(env: Coercing, e: Expr, target: SqlType, span: Span | undefined): Expr | undefined {
  if (!hasLengths(target) || (target.kind !== 'array' && target.kind !== 'map' && target.kind !== 'row')) return undefined;
  const value = coerce(env, e, withoutLengths(target), 'assignment', span);
  const { def, overload } = resolveScalar(env.cx.functions, 'assign_elements', [typeOf(value)], span);
  return { kind: 'call', name: def.name, overload, args: [value], type: target, nullable: isNullable(value), ...(span === undefined ? {} : { span }) };
}

/** Untyped literals and parameters become text: select lists, grouping keys. */
export function settle(env: Coercing, e: Expr): Expr {
  return typeOf(e).kind === 'unknown' ? coerce(env, e, TEXT, 'implicit') : e;
}

/** Errors: datatype_mismatch, `argument of WHERE must be type boolean, not type integer`. */
export function toBoolean(env: Coercing, e: Expr, clause: string, span: Span): Expr {
  const type = typeOf(e);
  if (type.kind === 'boolean') return e;
  if (type.kind === 'unknown') return coerce(env, e, { kind: 'boolean' }, 'implicit', span);
  throw new SqlError('datatype_mismatch', `argument of ${clause} must be type boolean, not type ${typeName(type)}`, { span });
}

/** All expressions as their common type. `what` as in `CASE types integer and text cannot be matched`. */
export function unify(env: Coercing, items: readonly Expr[], what: string, span: Span): { readonly items: Expr[]; readonly type: SqlType } {
  let seen: SqlType = { kind: 'unknown' };
  for (const item of items) {
    const next = commonTypeOf(seen, typeOf(item));
    if (next === undefined) commonType([seen, typeOf(item)], what, env.notes.placeOf(item)?.span ?? span);
    else seen = next;
  }
  if (items.some((e) => outgrows(e, seen))) seen = unlimited(seen);
  const type = seen.kind === 'unknown' ? TEXT : deepSettled(seen);
  return { items: items.map((item) => coerce(env, item, type, 'implicit', span)), type };
}

/** An untyped literal has no length of its own, and must not be cut or filled up to another's. */
const outgrows = (e: Expr, type: SqlType): boolean =>
  e.kind === 'literal' && e.type.kind === 'unknown' && typeof e.value === 'string' && (type.kind === 'bytea' || (type.kind === 'varchar' && type.length !== undefined && codePointLength(e.value) > type.length));

function deepSettled(type: SqlType): SqlType {
  if (type.kind === 'array') return arrayOf(deepSettled(type.element));
  return type.kind === 'unknown' ? TEXT : type;
}
