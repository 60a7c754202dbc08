import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { arrayOf, BOOLEAN, NUMERIC, TEXT, typeEquals, typeName, type SqlType } from '../../common/types/sql-type.ts';
import { commonTypeOf } from '../../functions/common-type.ts';
import { lambdaShapes, type LambdaForm } from '../../functions/lambda.ts';
import type { CallExpr, Expr as Ast, LambdaExpr } from '../../parser/ast.ts';
import type { Expr, LambdaCall } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { parameterTypes } from '../lambda.ts';
import { isClock } from '../clocks.ts';
import { mapExprChildren, someExpr } from '../walk.ts';
import { coerce, settle, toBoolean } from './coerce.ts';
import { nothing } from './collect.ts';
import type { ExprEnv } from './env.ts';
import { exprEquals } from './equal.ts';
import { positional, type BindExpr } from './positional.ts';
import type { Scope } from './scope.ts';

/**
 * Functions that take lambdas. A lambda's parameters are a scope within that of the call; what its body reads of the outer one is
 * captured: computed once per row, and handed to the body beside its parameters.
 */

/** Errors: datatype_mismatch, undefined_function, feature_not_supported for subqueries in lambdas. */
export function bindLambdaCall(env: ExprEnv, call: CallExpr, name: string, form: LambdaForm, bind: BindExpr): Expr {
  const { span } = call;
  const given = positional(call.args);
  const [listAst] = given;
  const plain = form === 'reduce' ? 2 : 1;
  const lambdas = given.slice(plain);
  if (listAst === undefined || lambdas.length === 0 || lambdas.length > 2 || call.star || call.distinct || call.orderBy.length > 0 || call.filter !== null) throw shape(name, form, span);
  const over = collection(env, bind(env, listAst), name, listAst.span);
  const overType = typeOf(over);
  const [body, second] = lambdas;
  if ((second !== undefined) !== (form === 'transform' && overType.kind === 'map')) throw shape(name, form, span, overType);
  const capture = new Capture();
  const bound = (ast: Ast | undefined, carried: SqlType): Expr => boundBody(env, ast, name, parameterTypes(form, overType, carried), bind, span);
  const made = (args: readonly Expr[], bodies: readonly Expr[], type: SqlType): LambdaCall => {
    const exprs = bodies.map((b, i) => ({ params: (lambdas[i] as LambdaExpr).params.map((p) => p.name), expr: capture.close(b, (lambdas[i] as LambdaExpr).params.length) }));
    return { kind: 'lambda', name, form, args, captured: capture.exprs, bodies: exprs, type, span };
  };
  switch (form) {
    case 'transform': {
      const bodies = lambdas.map((l) => bound(l, TEXT));
      const [first, values] = bodies.map(typeOf);
      return made([over], bodies, first !== undefined && values !== undefined ? { kind: 'map', key: first, value: values } : arrayOf(first ?? TEXT));
    }
    case 'reduce': {
      const initial = settle(env, bind(env, given[1] as Ast));
      const carried = carry(env, initial, (type) => bound(body, type), name, body?.span ?? span);
      return made([over, carried.initial], [carried.body], typeOf(carried.initial));
    }
    case 'filter':
      return made([over], [toBoolean(env, bound(body, TEXT), name.toUpperCase(), body?.span ?? span)], overType);
    case 'any':
    case 'all':
    case 'none':
      return made([over], [toBoolean(env, bound(body, TEXT), name.toUpperCase(), body?.span ?? span)], BOOLEAN);
  }
}

function collection(env: ExprEnv, e: Expr, name: string, span: Span): Expr {
  const type = typeOf(e);
  if (type.kind === 'array') return type.element.kind === 'unknown' ? coerce(env, e, arrayOf(TEXT), 'explicit', span) : e;
  if (type.kind === 'map') return e;
  throw new SqlError('datatype_mismatch', `${name} needs an array or a map, not type ${typeName(type)}`, { span });
}

/** A body over the lambda's scope: parameters are its columns, everything outside of it is `outer`. */
function boundBody(env: ExprEnv, ast: Ast | undefined, name: string, types: readonly SqlType[], bind: BindExpr, span: Span): Expr {
  if (ast?.kind !== 'lambda') throw new SqlError('undefined_function', `${name} needs a lambda here`, { span: ast?.span ?? span, hint: `Write ${types.length === 1 ? 'x' : `(${['x', 'y', 'z'].slice(0, types.length).join(', ')})`} -> and an expression.` });
  if (ast.params.length !== types.length) {
    throw new SqlError('undefined_function', `the lambda of ${name} takes ${types.length} ${types.length === 1 ? 'parameter' : 'parameters'}, not ${ast.params.length}`, { span: ast.span });
  }
  const twice = ast.params.find((p, i) => ast.params.findIndex((q) => q.name === p.name) < i);
  if (twice !== undefined) throw new SqlError('duplicate_alias', `parameter name "${twice.name}" used more than once`, { span: twice.span });
  const columns = ast.params.map((p, index) => ({ name: p.name, index, type: types[index] ?? TEXT, nullable: true }));
  const scope: Scope = { columns, relations: [], width: columns.length, parent: env.scope };
  const inner: ExprEnv = { ...env, scope, allowed: nothing('a lambda') };
  const body = settle(inner, bind(inner, ast.body));
  if (someExpr(body, (e) => e.kind === 'subquery')) throw notSupported('a subquery in a lambda', ast.body.span, 'Compute it in FROM, and name its column in the lambda.');
  return body;
}

/** How often the carried value's type may grow with what the lambda gives. */
const ROUNDS_MAX = 4;

/** The type of the carried value is one that holds what it begins with and what the lambda gives. */
function carry(env: ExprEnv, initial: Expr, bound: (type: SqlType) => Expr, name: string, span: Span): { readonly initial: Expr; readonly body: Expr } {
  let type = typeOf(initial);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const body = bound(type);
    const given = typeOf(body);
    if (typeEquals(given, type)) return { initial: coerce(env, initial, type, 'implicit', span), body };
    const common = commonTypeOf(type, given);
    if (common === undefined) throw new SqlError('datatype_mismatch', `${name} begins with type ${typeName(type)} and its lambda gives type ${typeName(given)}`, { span });
    const next = unbounded(common);
    if (typeEquals(next, type)) return { initial: coerce(env, initial, type, 'implicit', span), body: coerce(env, body, type, 'implicit', span) };
    type = next;
  }
  throw new SqlError('datatype_mismatch', `${name} has no type that holds what its lambda gives`, { span, hint: 'Cast the body of the lambda to the type of the second argument.' });
}

/** Lengths and digits would grow with every element. */
const unbounded = (type: SqlType): SqlType => (type.kind === 'decimal' ? NUMERIC : type.kind === 'varchar' || type.kind === 'char' ? TEXT : type);

/** What the bodies of one call read outside of themselves. */
class Capture {
  readonly exprs: Expr[] = [];

  /** The body over its parameters and the captured expressions. */
  close(e: Expr, width: number): Expr {
    switch (e.kind) {
      case 'outer':
      case 'param':
        return this.#column(lifted(e), width);
      case 'call':
        // Clocks are read once, and where rules about them look.
        if (isClock(e) && !someExpr(e, (x) => x.kind === 'column')) return this.#column(lifted(e), width);
        break;
      default:
    }
    return mapExprChildren(e, (child) => this.close(child, width));
  }

  #column(e: Expr, width: number): Expr {
    let at = this.exprs.findIndex((known) => exprEquals(known, e));
    if (at < 0) at = this.exprs.push(e) - 1;
    return { kind: 'column', index: width + at, type: typeOf(e), nullable: true };
  }
}

/** An expression of the body, without its parameters, over the row of the call. */
function lifted(e: Expr): Expr {
  if (e.kind !== 'outer') return mapExprChildren(e, lifted);
  const { index, type, nullable, depth } = e;
  return depth === 1 ? { kind: 'column', index, type, nullable } : { ...e, depth: depth - 1 };
}

function shape(name: string, form: LambdaForm, span: Span, over?: SqlType): SqlError {
  const [array, map] = lambdaShapes(form);
  return new SqlError('undefined_function', `${name} does not take these arguments`, { span, hint: `Write ${name}${over?.kind === 'map' ? map : array}.` });
}
