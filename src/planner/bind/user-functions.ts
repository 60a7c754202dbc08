import { isTemporary } from '../../catalog/objects.ts';
import { InternalError, SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import type { CallExpr, Expr as Ast } from '../../parser/ast.ts';
import { parseExpression } from '../../parser/parser.ts';
import type { ArgType, ScalarFunction } from '../../functions/define.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { isVolatile } from '../volatility.ts';
import { mapExprChildren, someExpr } from '../walk.ts';
import { positional, type BindExpr } from './positional.ts';
import { coerce, isNullable } from './coerce.ts';
import { Collector, nothing } from './collect.ts';
import { Notes, Params } from './context.ts';
import type { ExprEnv, QueryEnv } from './env.ts';
import type { Scope } from './scope.ts';

/** Functions of the user in SQL: a call becomes the body with the arguments in the places of the parameters. */

/** Functions within functions: a replaced one could call itself by a detour. */
const DEPTH_MAX = 32;
let depth = 0;

/**
 * The user's function that a call means; undefined for the server's own, which none can hide. Among several of one name the
 * arguments' types choose, as among the server's. Errors: undefined_function, ambiguous_function.
 */
export function userFunctionOf(env: ExprEnv, call: CallExpr, bind: BindExpr): FunctionObject | undefined {
  const { cx, notes } = env;
  const { parts } = call.name;
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && cx.functions.find(only.quoted ? only.name : only.name.toLowerCase()) !== undefined) return undefined;
  const all = cx.catalog.findFunctions(call.name, cx.scope);
  if (all.length <= 1) return all[0];
  const known = notes.chosen.get(call);
  if (known !== undefined) return known;
  // Bound for their types alone: what they hold is collected when they are bound for the call.
  const probe: ExprEnv = { ...env, allowed: { clause: env.allowed.clause, collector: new Collector(), aggregates: true, windows: true, sets: true } };
  const found = chosenOf(all, positional(call.args).map((a) => typeOf(bind(probe, a))), call.span);
  notes.chosen.set(call, found);
  return found;
}

function chosenOf(all: readonly FunctionObject[], types: readonly SqlType[], span: Span): FunctionObject {
  const name = all[0]?.name ?? '';
  const def: ScalarFunction = {
    kind: 'scalar', name, doc: '', examples: [],
    overloads: all.map((f) => ({ args: f.params.map((p) => argumentOf(p.type)), returns: f.returns, volatility: f.volatility, nulls: 'custom', eval: () => null })),
  };
  const { overload } = resolveFunction({ find: () => def, names: () => [name] }, name, types, span);
  const found = all[overload];
  if (found === undefined) throw new InternalError(`no overload ${overload} of ${name}`);
  return found;
}

const argumentOf = (type: SqlType): ArgType => (type.kind === 'array' ? { array: type.element.kind } : type.kind);

/** Notes that the statement stands on the function. */
export function noteUse(env: Pick<ExprEnv, 'notes'>, f: FunctionObject): void {
  env.notes.reads.add(f.id);
  if (isTemporary(f)) env.notes.temporary = true;
}

/** The call's arguments as the types of the parameters. Errors: undefined_function, datatype_mismatch. */
export function userArguments(env: ExprEnv, f: FunctionObject, call: CallExpr, bind: BindExpr): Expr[] {
  const given = positional(call.args).map((a) => bind(env, a));
  if (given.length !== f.params.length || call.star) {
    const types = f.params.map((p) => typeName(p.type)).join(', ');
    throw new SqlError('undefined_function', `function ${f.name} takes ${f.params.length} arguments, not ${given.length}`, { span: call.span, hint: `It was created as ${f.name}(${types}).` });
  }
  return f.params.map((p, i) => coerce(env, given[i] as Expr, p.type, 'implicit', call.args[i]?.value.span ?? call.span));
}

/** The call of a function in SQL as an expression. */
export function inlineCall(env: ExprEnv, found: FunctionObject, call: CallExpr, bind: BindExpr): Expr {
  const args = userArguments(env, found, call, bind);
  const body = bindBody(env.query, found, parsedBody(found), bind, call.span);
  for (const [i, arg] of args.entries()) {
    if (isVolatile(arg, env.cx.functions) && usesOf(body, i) !== 1) {
      throw notSupported(`a volatile argument of function ${found.name}`, call.args[i]?.value.span, 'The function\'s body uses it more than once, or never: compute the argument in a subquery first.');
    }
  }
  const value = placed(body, args, call.span);
  const tested = args.filter(isNullable);
  if (!found.strict || tested.length === 0) return value;
  const tests = tested.map((arg): Expr => ({ kind: 'isNull', arg, negated: false }));
  const [only] = tests;
  const when: Expr = only !== undefined && tests.length === 1 ? only : { kind: 'or', args: tests };
  return { kind: 'case', branches: [{ when, then: { kind: 'literal', value: null, type: found.returns } }], otherwise: value, type: found.returns };
}

function parsedBody(f: FunctionObject): Ast {
  try {
    return parseExpression(f.sql);
  } catch (error) {
    throw inDefinition(f.name, error);
  }
}

type Definition = Pick<FunctionObject, 'name' | 'params' | 'returns' | 'searchPath' | 'sql'>;

/**
 * The body over the parameters: columns of a row of arguments, or $1, $2….
 * Errors: those of binding, without a position, naming the function; feature_not_supported for subqueries.
 */
export function bindBody(env: QueryEnv, f: Definition, body: Ast, bind: BindExpr, span: Span): Expr {
  const columns = f.params.flatMap((p, index) => (p.name === null ? [] : [{ name: p.name, index, type: p.type, nullable: true }]));
  const scope: Scope = { columns, relations: [{ name: f.name, schema: null, columns, oid: null }], width: f.params.length, parent: null };
  const cx = { ...env.cx, scope: { ...env.cx.scope, searchPath: f.searchPath }, text: f.sql, params: new Params(f.params.map((p) => p.type)) };
  const notes = new Notes(env.notes);
  return nested(f.name, span, () => {
    try {
      const inner: QueryEnv = { ...env, cx, notes, parent: null, tables: null };
      const bound = coerce({ cx, notes }, bind({ cx, notes, scope, allowed: nothing('a function'), query: inner, windows: new Map() }, body), f.returns, 'assignment', body.span);
      if (someExpr(bound, (e) => e.kind === 'subquery')) throw notSupported('a subquery in a function', body.span, 'Pass its value as an argument.');
      for (const id of notes.reads) env.notes.reads.add(id);
      for (const v of notes.volatile) env.notes.volatile.add(v);
      if (notes.temporary) env.notes.temporary = true;
      return bound;
    } catch (error) {
      throw inDefinition(f.name, error);
    }
  });
}

/** Binds within a function. Errors: invalid_recursion. */
export function nested<T>(name: string, span: Span, body: () => T): T {
  if (depth >= DEPTH_MAX) throw new SqlError('invalid_recursion', `function ${name} calls itself`, { span, hint: 'Functions in SQL are put in the place of their calls, so that none can call itself.' });
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}

export function inDefinition(name: string, error: unknown): unknown {
  if (!(error instanceof SqlError) || error.condition === 'invalid_recursion') return error;
  return new SqlError(error.condition, error.message, { detail: error.detail ?? `The error is in the definition of function ${name}.`, hint: error.hint });
}

const isParameter = (e: Expr, i: number): boolean => (e.kind === 'column' || e.kind === 'param') && e.index === i;

function usesOf(body: Expr, i: number): number {
  let n = 0;
  someExpr(body, (e) => {
    if (isParameter(e, i)) n++;
    return false;
  });
  return n;
}

/** The body with arguments put in; what may fail in it is reported at the call. */
function placed(e: Expr, args: readonly Expr[], span: Span): Expr {
  if (e.kind === 'column' || e.kind === 'param') return args[e.index] ?? e;
  const here: Expr = e.kind === 'call' || e.kind === 'cast' ? { ...e, span } : e;
  return mapExprChildren(here, (child) => placed(child, args, span));
}

/** Names of parameters and results for messages. */
export const signature = (name: string, params: readonly { readonly type: SqlType }[]): string => `${name}(${params.map((p) => typeName(p.type)).join(', ')})`;
