import { notSupported } from '../../common/errors.ts';
import type { CallExpr, Expr as Ast, JsonFunctionExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { bindAggregate, type BindExpr } from './aggregate-calls.ts';
import { scalarCall } from './calls.ts';
import { coerce } from './coerce.ts';
import type { ExprEnv } from './env.ts';
import { bindType } from './types.ts';

/** The SQL/JSON functions with clauses of their own, as calls of plain functions. */
export function bindJsonFunction(env: ExprEnv, e: JsonFunctionExpr, bindIn: BindExpr): Expr {
  const bind = (x: Ast): Expr => bindIn(env, x);
  const { span } = e;
  const refuse = (what: string, hint: string): never => {
    throw notSupported(`${what} in ${e.name.toUpperCase()}`, span, hint);
  };
  const aggregated = (name: string, args: readonly Ast[]): Expr => {
    const call: CallExpr = {
      kind: 'call', name: { parts: [{ name, quoted: false, span }], span }, args: args.map((value) => ({ name: null, value })), star: false, niladic: false, distinct: false,
      variadic: false, orderBy: [], withinGroup: [], filter: null, nulls: null, over: null, span,
    };
    const value = bindAggregate(env, call, name, bindIn);
    return e.returning === null ? value : coerce(env, value, bindType(e.returning), 'explicit', span);
  };
  const plain = (behavior: typeof e.onEmpty): boolean => behavior === null || behavior.kind === 'null';
  switch (e.name) {
    case 'json_value':
    case 'json_query':
    case 'json_exists': {
      if (!plain(e.onEmpty)) refuse('ON EMPTY', 'Wrap the call in COALESCE.');
      if (!plain(e.onError) && !(e.name === 'json_exists' && e.onError?.kind === 'false')) refuse('ON ERROR', 'The functions give NULL where the path fails.');
      if (e.wrapper !== null && e.wrapper !== 'without') refuse('a wrapper', 'Use jsonb_path_query_array.');
      const value = scalarCall(env, e.name, e.args.map(bind), span);
      return e.returning === null ? value : coerce(env, value, bindType(e.returning), 'explicit', span);
    }
    case 'json_object': {
      if (e.onNull === 'absent') refuse('ABSENT ON NULL', 'Use jsonb_strip_nulls around it.');
      return scalarCall(env, 'json_object', e.entries.flatMap((x) => [bind(x.key), bind(x.value)]), span);
    }
    case 'json_array': {
      const args = e.args.map(bind);
      if (e.onNull !== 'null' && args.length > 0) return scalarCall(env, 'json_array', args, span);
      return scalarCall(env, e.onNull === 'null' ? 'json_build_array' : 'json_array', args, span);
    }
    case 'json_objectagg':
      return aggregated(e.onNull === 'absent' ? 'json_objectagg_without_nulls' : e.name, e.entries.flatMap((x) => [x.key, x.value]));
    case 'json_arrayagg':
      return aggregated(e.onNull === 'null' ? 'json_arrayagg_with_nulls' : e.name, e.args);
  }
}

