import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { BIGINT, type SqlType, type TypeKind } from '../../common/types/sql-type.ts';
import { typeNames, typeFromName } from '../../common/types/literal-type.ts';
import { resolveFunction, type ResolvedTable } from '../../functions/resolve.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import type { CallExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { bindAggregate } from './aggregate-calls.ts';
import { positional, type BindExpr } from './positional.ts';
import { finishCall, scalarCall } from './calls.ts';
import { coerce, settle, toBoolean, unify } from './coerce.ts';
import { collectorFor, nothing, type SetCall } from './collect.ts';
import { asJson, bindDialectCall, refuseByName, unitLiteral } from './dialect-calls.ts';
import type { ExprEnv } from './env.ts';
import { exprEquals } from './equal.ts';
import { LAMBDA_FORMS } from '../../functions/lambda.ts';
import { bindLambdaCall } from './lambda-calls.ts';
import { argumentsInOrder } from './named-arguments.ts';
import { HYPOTHETICAL, hypotheticalSet } from './hypothetical-sets.ts';
import { keyOf } from './routines.ts';
import { inlineCall, noteUse, userArguments, userFunctionOf } from './user-functions.ts';
import { bindGroupWindowCall, isGroupWindow } from './group-window-calls.ts';
import { bindWindowCall, isWindowOnly } from './window-calls.ts';

/** Function calls: scalar, aggregate, window and set-returning. */

const SCHEMAS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'millrace_catalog', 'public']);

/** The registry's key of a function name. Errors: undefined_function for another schema. */
export function functionName(call: CallExpr): string {
  const { parts, span } = call.name;
  const last = parts.at(-1);
  const schema = parts.at(-2);
  if (last === undefined || (schema !== undefined && !SCHEMAS.has(schema.name.toLowerCase()))) {
    throw new SqlError('undefined_function', `function ${parts.map((p) => p.name).join('.')} does not exist`, { span });
  }
  // Flink finds functions whatever their case, quoted too; no built-in one has capitals.
  return last.name.toLowerCase();
}

export function bindCall(env: ExprEnv, call: CallExpr, bind: BindExpr): Expr {
  const mine = userFunctionOf(env, call, bind);
  if (mine !== undefined) return bindUserCall(env, mine, call, bind);
  const name = functionName(call);
  const { span } = call;
  if (call.over !== null) return bindWindowCall(env, call, name, call.over, bind);
  if (call.withinGroup.length > 0 && HYPOTHETICAL.has(name)) {
    const collector = collectorFor(env.allowed, 'aggregate', span);
    for (const a of positional(call.args)) collector.directs.push({ expr: bind({ ...env, allowed: nothing('aggregate') }, a), name, span: a.span });
    return bind(env, hypotheticalSet(call, name));
  }
  if (isWindowOnly(name)) {
    throw new SqlError('wrong_object_type', `window function ${name} requires an OVER clause`, { span });
  }
  if (isGroupWindow(name)) return bindGroupWindowCall(env, call, name, bind);
  if (name === 'grouping' || name === 'grouping_id' || name === 'group_id') return bindGrouping(env, call, name, bind);
  const form = LAMBDA_FORMS.get(name);
  if (form !== undefined) return bindLambdaCall(env, call, name, form, bind);
  const special = bindConditional(env, name, call, bind);
  if (special !== undefined) return special;
  const def = env.cx.functions.find(name);
  if (def?.kind === 'aggregate') return bindAggregate(env, call, name, bind);
  if (call.variadic && def?.kind === 'scalar' && def.overloads.some((o) => o.variadic !== undefined)) return bindVariadic(env, call, name, bind);
  plainOnly(call);
  if (def === undefined) refuseByName(name, span);
  const args = argumentsInOrder(name, call.args, span).map((a, i) => unitLiteral(name, i, a) ?? bind(env, name === 'json_array' || name === 'json_object' ? asJson(a) : a));
  const dialect = bindDialectCall(env, call, name, args);
  if (dialect !== undefined) return dialect;
  // date(x), text(x), int4(x): a cast in the shape of a call.
  const [only] = args;
  if (def === undefined && only !== undefined && args.length === 1 && isTypeName(name)) return coerce(env, only, typeFromName(name), 'explicit', span);
  // PostgreSQL's current_timestamp(p) rounds.
  if (args.length === 1 && ROUNDED.has(name)) {
    const precision = only?.kind === 'literal' && typeof only.value === 'number' ? Math.min(only.value, 6) : 6;
    const now = finishCall(env, scalarOf(env, name, [], span), [], span);
    const type = typeOf(now);
    return type.kind === 'timestamptz' || type.kind === 'timestamp' || type.kind === 'time' ? coerce(env, now, { kind: type.kind, precision }, 'explicit', span) : now;
  }
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if (!('columns' in found)) return finishCall(env, scalarOf(env, name, args, span), args, span);
  return collectorFor(env.allowed, 'set', span).set(tableCall(env, found, args, span, false), sameSet);
}

/** `f(a, VARIADIC ARRAY[b, c])` is `f(a, b, c)`. Errors: feature_not_supported for an array that isn't written out. */
function bindVariadic(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): Expr {
  plainOnly({ ...call, variadic: false });
  const args = positional(call.args).map((a) => bind(env, a));
  const last = args.at(-1);
  const type = last === undefined ? undefined : typeOf(last);
  if (type?.kind !== 'array') throw new SqlError('datatype_mismatch', 'VARIADIC argument must be an array', { span: call.span });
  if (last?.kind !== 'array' || type.element.kind === 'array') throw notSupported('VARIADIC of an array that is not written out as a list', call.span, 'Write VARIADIC ARRAY[…], or pass the elements one by one.');
  const all = [...args.slice(0, -1), ...last.items];
  return finishCall(env, scalarOf(env, name, all, call.span), all, call.span);
}

/** The call of a function of the user. */
function bindUserCall(env: ExprEnv, f: FunctionObject, call: CallExpr, bind: BindExpr): Expr {
  const { span } = call;
  noteUse(env, f);
  if (f.form === 'aggregate') return call.over === null ? bindAggregate(env, call, keyOf(f), bind) : bindWindowCall(env, call, keyOf(f), call.over, bind);
  if (call.over !== null) throw new SqlError('wrong_object_type', `OVER specified, but ${f.name} is not a window function nor an aggregate function`, { span });
  plainOnly(call);
  if (f.form === 'table') {
    if (f.language === 'sql') throw notSupported('a table function in SQL in a select list', span, 'Call it in FROM: FROM t CROSS JOIN LATERAL f(…).');
    return collectorFor(env.allowed, 'set', span).set(userTableCall(env, f, call, bind, false), sameSet);
  }
  if (f.language === 'sql') return inlineCall(env, f, call, bind);
  const bound: Expr = { kind: 'call', name: keyOf(f), overload: 0, args: userArguments(env, f, call, bind), type: f.returns, nullable: true, span };
  if (f.volatility !== 'volatile') return env.notes.place(bound, span);
  env.notes.volatile.add(f.name);
  return env.notes.place({ ...bound, draw: env.notes.draw() }, span);
}

/** A table function in JavaScript with its arguments cast. */
export function userTableCall(env: ExprEnv, f: FunctionObject, call: CallExpr, bind: BindExpr, ordinality: boolean): SetCall {
  if (f.volatility === 'volatile') env.notes.volatile.add(f.name);
  const schema = (f.columns ?? []).map((c) => ({ name: c.name, type: c.type, nullable: true }));
  return { name: keyOf(f), overload: 0, args: userArguments(env, f, call, bind), schema: ordinality ? [...schema, { name: 'ordinality', type: BIGINT, nullable: false }] : schema, ordinality };
}

/** GROUPING(a, b) and Flink's GROUPING_ID(a, b), GROUP_ID(): what they are of is checked once the grouping is known. */
function bindGrouping(env: ExprEnv, call: CallExpr, name: string, bind: BindExpr): Expr {
  const { span } = call;
  plainOnly(call);
  const collector = collectorFor(env.allowed, 'grouping', span);
  const args = positional(call.args).map((a) => settle(env, bind(env, a)));
  if ((name === 'group_id') !== (args.length === 0)) throw new SqlError('syntax_error', name === 'group_id' ? 'GROUP_ID takes no arguments' : `${name.toUpperCase()} takes the expressions grouped by`, { span });
  if (args.length > 31) throw new SqlError('statement_too_complex', 'GROUPING must have fewer than 32 arguments', { span });
  return collector.grouping({ args: name === 'group_id' ? null : args, span });
}

const ROUNDED: ReadonlySet<string> = new Set(['current_timestamp', 'localtimestamp', 'current_time', 'localtime']);

function isTypeName(name: string): boolean {
  for (const known of typeNames()) if (known === name) return true;
  return false;
}

function scalarOf(env: ExprEnv, name: string, args: readonly Expr[], span: Span): Parameters<typeof finishCall>[1] {
  const found = resolveFunction(env.cx.functions, name, args.map((a) => typeOf(a)), span);
  if ('columns' in found || found.def.kind !== 'scalar') throw new SqlError('wrong_object_type', `${name} is not a scalar function`, { span });
  return { def: found.def, overload: found.overload, argTypes: found.argTypes, returns: found.returns };
}

/** A set-returning function with its arguments cast. */
export function tableCall(env: ExprEnv, found: ResolvedTable, args: readonly Expr[], span: Span, ordinality: boolean): SetCall {
  const cast = args.map((a, i) => coerce(env, a, found.argTypes[i] ?? typeOf(a), 'implicit', span));
  if (found.def.overloads[found.overload]?.volatility === 'volatile') env.notes.volatile.add(found.def.name);
  const schema = found.columns.map((c) => ({ name: c.name, type: c.type, nullable: true }));
  return { name: found.def.name, overload: found.overload, args: cast, schema: ordinality ? [...schema, { name: 'ordinality', type: BIGINT, nullable: false }] : schema, ordinality };
}

/** Words with a meaning of their own: COALESCE, NULLIF, IF and the like evaluate only what they need. */
function bindConditional(env: ExprEnv, name: string, call: CallExpr, bind: BindExpr): Expr | undefined {
  const { span } = call;
  const args = (): Expr[] => positional(call.args).map((a) => bind(env, a));
  switch (name) {
    case 'coalesce':
    case 'ifnull':
    case 'nvl': {
      if (call.args.length === 0) throw new SqlError('syntax_error', 'COALESCE needs at least one argument', { span });
      const { items, type } = unify(env, args(), 'COALESCE', span);
      return { kind: 'coalesce', args: items, type };
    }
    case 'if': {
      const [when, ...rest] = args();
      if (when === undefined || rest.length !== 2) return undefined;
      const { items, type } = unify(env, rest, 'IF', span);
      const [then, otherwise] = items;
      if (then === undefined || otherwise === undefined) return undefined;
      return { kind: 'case', branches: [{ when: toBoolean(env, when, 'IF', span), then }], otherwise, type };
    }
    case 'nullif': {
      const [a, b, ...more] = args();
      if (a === undefined || b === undefined || more.length > 0) return undefined;
      scalarCall(env, '=', [a, b], span);
      const made = finishCall(env, scalarOf(env, name, [a, b], span), [a, b], span);
      // Of the type of its first argument where the two have an operator of their own, as integers of different widths have.
      return comparedAsTheyAre(typeOf(a), typeOf(b)) ? coerce(env, made, typeOf(a), 'explicit', span) : made;
    }
    case 'greatest':
    case 'least': {
      const { items } = unify(env, args(), name.toUpperCase(), span);
      return finishCall(env, scalarOf(env, name, items, span), items, span);
    }
    default:
      return undefined;
  }
}

const FAMILIES: readonly ReadonlySet<TypeKind>[] = [new Set(['smallint', 'int', 'bigint']), new Set(['real', 'double']), new Set(['date', 'timestamp', 'timestamptz'])];

/** Whether PostgreSQL compares the two without casting either. */
const comparedAsTheyAre = (a: SqlType, b: SqlType): boolean => a.kind !== b.kind && FAMILIES.some((f) => f.has(a.kind) && (f.has(b.kind) || (a.kind === 'real' && b.kind !== 'unknown')));

/** Refuses the clauses of aggregates on other functions. */
export function plainOnly(call: CallExpr): void {
  const name = call.name.parts.map((p) => p.name).join('.');
  const refuse = (what: string): never => {
    throw new SqlError('wrong_object_type', `${what} specified, but ${name} is not an aggregate function`, { span: call.span });
  };
  if (call.star) refuse(`${name}(*)`);
  if (call.distinct) refuse('DISTINCT');
  if (call.withinGroup.length > 0) refuse('WITHIN GROUP');
  if (call.orderBy.length > 0) refuse('ORDER BY');
  if (call.filter !== null) refuse('FILTER');
  if (call.nulls === 'ignore') refuse('IGNORE NULLS');
  if (call.variadic) throw notSupported('VARIADIC', call.span, 'Pass the elements one by one.');
}

const sameSet = (a: SetCall, b: SetCall): boolean =>
  a.name === b.name && a.overload === b.overload && a.args.length === b.args.length && a.args.every((x, i) => b.args[i] !== undefined && exprEquals(x, b.args[i]));
