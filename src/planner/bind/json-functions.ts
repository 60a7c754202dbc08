import { BOOLEAN, INT, TEXT } from '../../common/types/sql-type.ts';
import type { CallExpr, Expr as Ast, JsonFunctionExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { bindAggregate } from './aggregate-calls.ts';
import type { BindExpr } from './positional.ts';
import { scalarCall, textLiteral } from './calls.ts';
import { coerce } from './coerce.ts';
import { asJson } from './dialect-calls.ts';
import type { ExprEnv } from './env.ts';
import { bindType } from './types.ts';

/** The SQL/JSON functions with clauses of their own, as calls of plain functions. */
export function bindJsonFunction(env: ExprEnv, e: JsonFunctionExpr, bindIn: BindExpr): Expr {
  const bind = (x: Ast): Expr => bindIn(env, x);
  const { span } = e;
  const aggregated = (name: string, args: readonly Ast[]): Expr => {
    const call: CallExpr = {
      kind: 'call', name: { parts: [{ name, quoted: false, span }], span }, args: args.map((value) => ({ name: null, value })), star: false, niladic: false, distinct: false,
      variadic: false, orderBy: [], withinGroup: [], filter: null, nulls: null, over: null, span,
    };
    const value = bindAggregate(env, call, name, bindIn);
    return e.returning === null ? value : coerce(env, value, bindType(e.returning), 'explicit', span);
  };
  switch (e.name) {
    case 'json_value':
    case 'json_query':
    case 'json_exists':
      return withClauses(env, e, bind);
    case 'json_object': {
      return scalarCall(env, e.onNull === 'absent' ? 'json_object_without_nulls' : 'json_object', e.entries.flatMap((x) => [bind(x.key), bind(asJson(x.value))]), span);
    }
    case 'json_array': {
      const args = e.args.map((x) => bind(asJson(x)));
      if (e.onNull !== 'null' && args.length > 0) return scalarCall(env, 'json_array', args, span);
      return scalarCall(env, e.onNull === 'null' ? 'json_build_array' : 'json_array', args, span);
    }
    case 'json_objectagg':
      return aggregated(e.onNull === 'absent' ? 'json_objectagg_without_nulls' : e.name, e.entries.flatMap((x) => [x.key, asJson(x.value)]));
    case 'json_arrayagg':
      return aggregated(e.onNull === 'null' ? 'json_arrayagg_with_nulls' : e.name, e.args.map(asJson));
  }
}


/** JSON_VALUE, JSON_QUERY and JSON_EXISTS with what they give where there is nothing, or an error. */
function withClauses(env: ExprEnv, e: JsonFunctionExpr, bind: (x: Ast) => Expr): Expr {
  const { span } = e;
  const args = e.args.map(bind);
  const isWrapped = e.name === 'json_query' && e.wrapper !== null && e.wrapper !== 'without';
  const plain = isWrapped ? (e.wrapper === 'conditional' ? 'json_query_wrapped_if_needed' : 'json_query_wrapped') : e.name;
  const type = e.returning !== null ? bindType(e.returning) : e.name === 'json_exists' ? BOOLEAN : TEXT;
  const structured = e.name === 'json_query' && (type.kind === 'array' || type.kind === 'row' || type.kind === 'map');
  const cast = (x: Expr): Expr => {
    if (e.returning === null) return x;
    return structured ? scalarCall(env, 'json_as', [{ kind: 'literal', value: null, type }, coerce(env, x, { kind: 'jsonb' }, 'explicit', span)], span) : coerce(env, x, type, 'explicit', span);
  };
  const value = cast(scalarCall(env, plain, args, span));
  if (e.onEmpty === null && (e.onError === null || (e.name === 'json_exists' && e.onError.kind === 'false')) && e.name !== 'json_exists') return value;
  const state = scalarCall(env, isWrapped ? 'json_wrapped_state' : `${e.name}_state`, args, span);
  const isState = (n: number): Expr => scalarCall(env, '=', [state, { kind: 'literal', value: n, type: INT }], span);
  const given = (behavior: JsonFunctionExpr['onEmpty'], what: string): Expr => {
    switch (behavior?.kind ?? (e.name === 'json_exists' ? 'false' : 'null')) {
      case 'default':
        return coerce(env, behavior?.kind === 'default' ? bind(behavior.value) : textLiteral(''), type, 'assignment', span);
      case 'error':
        return coerce(env, scalarCall(env, 'json_clause_error', [textLiteral(what)], span), type, 'explicit', span);
      case 'empty array':
        return cast(textLiteral('[]'));
      case 'empty object':
        return cast(textLiteral('{}'));
      case 'true':
        return { kind: 'literal', value: true, type: BOOLEAN };
      case 'false':
        return { kind: 'literal', value: false, type: BOOLEAN };
      default:
        return { kind: 'literal', value: null, type };
    }
  };
  const name = e.name.toUpperCase();
  const branches = e.name === 'json_exists'
    ? [{ when: isState(2), then: given(e.onError, `${name}: the path cannot be followed`) }, { when: isState(1), then: { kind: 'literal', value: false, type: BOOLEAN } as const }]
    : [{ when: isState(1), then: given(e.onEmpty, `${name}: the path leads nowhere`) }, { when: isState(2), then: given(e.onError, `${name}: the path does not lead to one ${e.name === 'json_value' ? 'scalar' : 'object or array'}`) }];
  const otherwise: Expr = e.name === 'json_exists' ? { kind: 'case', branches: [{ when: isState(0), then: { kind: 'literal', value: true, type: BOOLEAN } }], otherwise: null, type: BOOLEAN } : value;
  return { kind: 'case', branches, otherwise, type };
}
