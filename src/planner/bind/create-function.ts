import { SqlError, notSupported } from '../../common/errors.ts';
import { BIGINT, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import { nameText } from '../../catalog/names.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import type { CreateFunctionStatement } from '../../parser/ast-statements.ts';
import type { Expr as Ast } from '../../parser/ast.ts';
import { parseExpression, parseStatement } from '../../parser/parser.ts';
import type { BoundCreate, BoundNothing } from '../statement.ts';
import { newName } from './definition.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { bindBody, signature } from './user-functions.ts';
import { bindType } from './types.ts';

interface Definition {
  readonly params: FunctionObject['params'];
  readonly returns: SqlType;
  readonly sql: string;
}

/** Java classes of well-known programs, so that their scripts run as they are. */
const CLASSES: Readonly<Record<string, Definition>> = {
  'com.github.nexmark.flink.udf.CountChar': {
    params: [{ name: 's', type: TEXT }, { name: 'c', type: TEXT }], returns: BIGINT, sql: "char_length(s) - char_length(replace(s, substring(c, 1, 1), ''))",
  },
};

/** CREATE FUNCTION … LANGUAGE sql: one expression, which is put in the place of each call. */
export function bindCreateFunction(env: QueryEnv, s: CreateFunctionStatement): BoundCreate | BoundNothing {
  const tag = 'CREATE FUNCTION';
  if (s.aggregate) throw notSupported('CREATE AGGREGATE', s.span, 'Use the built-in aggregates.');
  if (s.returnsTable !== null) throw notSupported('a function that returns a table', s.span, 'Create a view.');
  const at = newName(env, s.name, s.temporary);
  const existing = env.cx.catalog.functionNamed(at.database, at.schema, at.name, at.session);
  if (existing !== undefined) {
    if (s.ifNotExists) return { kind: 'nothing', tag, notices: [`function "${at.name}" already exists, skipping`] };
    throw existing.session === null && s.orReplace
      ? notSupported('CREATE OR REPLACE of a function that is there', s.span, 'DROP it and create it anew.')
      : new SqlError('duplicate_function', `function "${at.name}" already exists with same argument types`, { span: s.name.span, hint: 'A name has one function.' });
  }
  if (env.cx.functions.find(at.name.toLowerCase()) !== undefined) {
    throw new SqlError('duplicate_function', `function "${at.name}" is built in`, { span: s.name.span, hint: 'Give yours another name.' });
  }
  const made = definitionOf(s);
  const names = made.params.flatMap((p) => (p.name === null ? [] : [p.name]));
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined) throw new SqlError('invalid_function_definition', `parameter name "${twice}" used more than once`, { span: s.span });
  const body = { name: at.name, searchPath: env.cx.scope.searchPath, ...made };
  try {
    bindBody(env, body, parseExpression(made.sql), bindExpr, s.name.span);
  } catch (error) {
    throw error instanceof SqlError ? error.at(s.bodySpan ?? s.span) : error;
  }
  const object: Omit<FunctionObject, 'id'> = {
    ...body, kind: 'function', database: at.database, schema: at.schema, session: at.session ?? (env.notes.temporary ? env.cx.scope.session : null), comment: null, owner: env.cx.user,
    dependsOn: [...env.notes.reads], strict: s.nullInput === 'strict',
  };
  return { kind: 'create', tag, object, replaces: null, source: null, secret: null, withNoData: false, notices: [] };
}

function definitionOf(s: CreateFunctionStatement): Definition {
  if (s.body === null) throw new SqlError('invalid_function_definition', 'no function body specified', { span: s.span });
  if (s.params === null) {
    const known = CLASSES[s.body];
    if (known !== undefined) return known;
    throw notSupported('a function in Java or Scala', s.bodySpan ?? s.span, 'Write it in SQL: CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT a + 1 $$.');
  }
  if (s.language !== null && s.language !== 'sql') throw notSupported(`a function in language "${s.language}"`, s.span, 'Write it in SQL: LANGUAGE sql.');
  if (s.returns === null) throw new SqlError('invalid_function_definition', 'function result type must be specified', { span: s.span });
  const params = s.params.map((p) => {
    if (p.default !== null) throw notSupported('a default of a parameter', p.default.span, 'Pass all arguments.');
    return { name: p.name?.name ?? null, type: bindType(p.type) };
  });
  const returns = bindType(s.returns);
  return { params, returns, sql: bodyExpression(s, s.body, signature(nameText(s.name), params)) };
}

/** The one expression of `SELECT expression`. */
function bodyExpression(s: CreateFunctionStatement, body: string, what: string): string {
  const span = s.bodySpan ?? s.span;
  let item: Ast;
  try {
    const statement = parseStatement(body);
    const select = statement.kind === 'queryStatement' ? statement.query.body : null;
    const [only, second] = select?.kind === 'select' ? select.items : [];
    if (statement.kind !== 'queryStatement' || select?.kind !== 'select' || only === undefined) throw notSupported(`a body of ${what} that is no SELECT`, span, 'Write SELECT and one expression over the parameters.');
    if (second !== undefined) throw new SqlError('invalid_function_definition', `return type mismatch in function ${what}`, { span, detail: 'Final statement must return exactly one column.' });
    const { query } = statement;
    const more = select.from.length > 0 || select.where !== null || select.groupBy !== null || select.having !== null || select.distinct || query.with !== null || query.orderBy.length > 0 || query.limit !== null || query.offset !== null;
    if (more) throw notSupported(`a body of ${what} with more than one expression`, span, 'Write SELECT and one expression over the parameters.');
    item = only.expr;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SqlError(error.condition, error.message, { span, detail: error.detail, hint: error.hint });
  }
  return body.slice(item.span.start, item.span.end);
}
