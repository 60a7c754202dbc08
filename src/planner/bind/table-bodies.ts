import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import { parseStatement } from '../../parser/parser.ts';
import type { Query } from '../../parser/ast-queries.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import { coerce } from './coerce.ts';
import { Notes, Params } from './context.ts';
import type { QueryEnv } from './env.ts';
import type { Scope } from './scope.ts';
import { inDefinition, nested } from './user-functions.ts';

/** Table functions in SQL: a call becomes the query, beside the row of its arguments. */

type Definition = Pick<FunctionObject, 'name' | 'params' | 'returns' | 'columns' | 'searchPath' | 'sql'>;

/** The query with the parameters as the columns of the enclosing row. Errors: those of binding, naming the function. */
export function bindTableBody(env: QueryEnv, f: Definition, span: Span): LogicalPlan {
  const columns = f.params.flatMap((p, index) => (p.name === null ? [] : [{ name: p.name, index, type: p.type, nullable: true }]));
  const scope: Scope = { columns, relations: [{ name: f.name, schema: null, columns, oid: null }], width: f.params.length, parent: null };
  const params = new Params();
  const cx = { ...env.cx, scope: { ...env.cx.scope, searchPath: f.searchPath }, text: f.sql, params };
  const notes = new Notes(env.notes);
  return nested(f.name, span, () => {
    try {
      const inner: QueryEnv = { ...env, cx, notes, parent: scope, tables: null };
      const plan = typed(inner, f, env.bindQuery(queryOf(f), inner));
      if (params.all().length > 0) throw notSupported('$1 in a table function in SQL', undefined, 'Give the parameters names.');
      for (const id of notes.reads) env.notes.reads.add(id);
      for (const v of notes.volatile) env.notes.volatile.add(v);
      if (notes.temporary) env.notes.temporary = true;
      return plan;
    } catch (error) {
      throw inDefinition(f.name, error);
    }
  });
}

function queryOf(f: Definition): Query {
  const statement = parseStatement(f.sql);
  if (statement.kind !== 'queryStatement') throw notSupported(`a body of function ${f.name} that is no query`, undefined, 'Write one SELECT.');
  return statement.query;
}

/** The query's columns as the declared ones. */
function typed(env: QueryEnv, f: Definition, plan: LogicalPlan): LogicalPlan {
  const wanted = f.columns ?? [];
  if (plan.schema.length !== wanted.length) {
    throw new SqlError('invalid_function_definition', `return type mismatch in function ${f.name}`, { detail: `Final statement returns ${plan.schema.length} columns where ${wanted.length} are declared.` });
  }
  const exprs = wanted.map((w, i): Expr => {
    const given = plan.schema[i];
    if (given === undefined) throw new SqlError('invalid_function_definition', `return type mismatch in function ${f.name}`);
    return coerce({ cx: env.cx, notes: env.notes }, column(i, given.type, given.nullable), w.type, 'assignment', { start: 0, end: 0 });
  });
  return { kind: 'project', input: plan, exprs, schema: wanted.map((w, i) => ({ name: w.name, type: typeOf(exprs[i] as Expr), nullable: true })) };
}
