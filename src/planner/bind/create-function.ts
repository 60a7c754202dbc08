import { nearestHint } from '../../common/did-you-mean.ts';
import { SqlError, notSupported } from '../../common/errors.ts';
import { BIGINT, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import { nameText } from '../../catalog/names.ts';
import { signatureKey, signatureOf } from '../../catalog/signature.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import type { Expr as Ast } from '../../parser/ast.ts';
import type { CreateFunctionStatement } from '../../parser/ast-objects.ts';
import { parseExpression, parseStatement } from '../../parser/parser.ts';
import type { BoundCreate, BoundNothing } from '../statement.ts';
import { givenOptions, newName } from './definition.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { checkRoutine, routineFor, withoutTypes } from './routines.ts';
import { bindTableBody } from './table-bodies.ts';
import { bindBody, signature } from './user-functions.ts';
import { bindType } from './types.ts';

type Definition = Pick<FunctionObject, 'params' | 'returns' | 'columns' | 'language' | 'form' | 'sql' | 'source' | 'memoryBytes' | 'steps'>;

const SQL: Pick<Definition, 'language' | 'form' | 'columns' | 'source' | 'memoryBytes' | 'steps'> = { language: 'sql', form: 'scalar', columns: null, source: null, memoryBytes: 0, steps: 0 };

/** Java classes of well-known programs, so that their scripts run as they are. */
const CLASSES: Readonly<Record<string, Definition>> = {
  'com.github.nexmark.flink.udf.CountChar': {
    ...SQL, params: [{ name: 's', type: TEXT }, { name: 'c', type: TEXT }], returns: BIGINT, sql: "char_length(s) - char_length(replace(s, substring(c, 1, 1), ''))",
  },
};

/**
 * CREATE FUNCTION and CREATE AGGREGATE. In SQL: one expression, or a table function's query, which is put in the place of each
 * call. In JavaScript and TypeScript: see `functions/user`.
 */
export function bindCreateFunction(env: QueryEnv, s: CreateFunctionStatement): BoundCreate | BoundNothing {
  const tag = s.aggregate ? 'CREATE AGGREGATE' : 'CREATE FUNCTION';
  const at = newName(env, s.name, s.temporary);
  const named = env.cx.catalog.functionsNamed(at.database, at.schema, at.name, at.session);
  const wanted = s.params === null ? null : signatureKey(s.params.map((p) => bindType(p.type)));
  const existing = wanted === null ? named[0] : named.find((f) => signatureOf(f) === wanted);
  if (existing !== undefined) {
    if (s.ifNotExists) return { kind: 'nothing', tag, notices: [`function "${at.name}" already exists, skipping`] };
    if (!s.orReplace) throw new SqlError('duplicate_function', `function "${at.name}" already exists with same argument types`, { span: s.name.span, hint: 'CREATE OR REPLACE changes it; functions of one name have different parameters.' });
    if ((existing.form === 'aggregate') !== s.aggregate) throw new SqlError('wrong_object_type', `cannot change what kind of routine "${at.name}" is`, { span: s.name.span, hint: 'DROP it first.' });
  }
  if (env.cx.functions.find(at.name.toLowerCase()) !== undefined) {
    throw new SqlError('duplicate_function', `function "${at.name}" is built in`, { span: s.name.span, hint: 'Give yours another name.' });
  }
  const made = definitionOf(env, s);
  const unlike = named.find((f) => f !== existing && f.form !== made.form);
  if (unlike !== undefined) throw notSupported(`${FORM_NAMES[made.form]} of the name of ${FORM_NAMES[unlike.form]}`, s.name.span, 'Give yours another name.');
  const names = made.params.flatMap((p) => (p.name === null ? [] : [p.name]));
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined) throw new SqlError('invalid_function_definition', `parameter name "${twice}" used more than once`, { span: s.span });
  // A sandbox shows the same for the same arguments unless it is told otherwise.
  const volatility = s.volatility ?? (made.language === 'sql' ? 'volatile' : 'immutable');
  const body = { name: at.name, searchPath: env.cx.scope.searchPath, strict: s.nullInput === 'strict', volatility, ...made };
  check(env, s, body);
  const object: Omit<FunctionObject, 'id'> = {
    ...body, kind: 'function', database: at.database, schema: at.schema, session: at.session ?? (env.notes.temporary ? env.cx.scope.session : null), comment: existing?.comment ?? null, owner: env.cx.user,
    dependsOn: [...env.notes.reads],
  };
  return { kind: 'create', tag, object, replaces: existing?.id ?? null, source: null, secret: null, withNoData: false, notices: [] };
}

const FORM_NAMES: Readonly<Record<FunctionObject['form'], string>> = { scalar: 'a function', table: 'a table function', aggregate: 'an aggregate' };

function check(env: QueryEnv, s: CreateFunctionStatement, body: Omit<FunctionObject, 'id' | 'kind' | 'database' | 'schema' | 'session' | 'comment' | 'owner' | 'dependsOn'>): void {
  try {
    if (body.language !== 'sql') checkRoutine(routineFor(body), s.bodySpan === null ? null : { span: s.bodySpan, text: env.cx.text });
    else if (body.form === 'table') bindTableBody(env, body, s.name.span);
    else bindBody(env, body, parseExpression(body.sql), bindExpr, s.name.span);
  } catch (error) {
    throw error instanceof SqlError ? error.at(s.bodySpan ?? s.span) : error;
  }
}

function definitionOf(env: QueryEnv, s: CreateFunctionStatement): Definition {
  if (s.body === null) throw new SqlError('invalid_function_definition', 'no function body specified', { span: s.span });
  if (s.resources.length > 0 && s.params !== null) throw notSupported('USING', s.span, 'Write the body in $$ … $$.');
  if (s.params === null) {
    const known = CLASSES[s.body];
    if (known !== undefined) return known;
    throw notSupported('a function in Java or Scala', s.bodySpan ?? s.span, 'Write it in SQL: CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS $$ SELECT a + 1 $$, or in JavaScript.');
  }
  const language = s.language ?? 'sql';
  const params = s.params.map((p) => {
    if (p.default !== null) throw notSupported('a default of a parameter', p.default.span, 'Pass all arguments.');
    return { name: p.name?.name ?? null, type: bindType(p.type) };
  });
  const table = tableColumns(s);
  if (table === null && s.returns === null) throw new SqlError('invalid_function_definition', 'function result type must be specified', { span: s.span });
  const form = s.aggregate ? 'aggregate' : table === null ? 'scalar' : 'table';
  const returns = s.returns === null ? rowOf(table ?? []) : bindType(s.returns);
  const shape = { params, returns, columns: table, form } as const;
  switch (language) {
    case 'sql':
      if (s.aggregate) throw notSupported('an aggregate in SQL', s.span, 'Write it in JavaScript: LANGUAGE javascript.');
      if (s.options.length > 0) throw new SqlError('invalid_function_definition', 'a function in SQL has no options', { span: s.options[0]?.span });
      if (form === 'table') return { ...SQL, ...shape, sql: s.body };
      return { ...SQL, ...shape, sql: bodyExpression(s, s.body, signature(nameText(s.name), params)) };
    case 'javascript':
    case 'typescript': {
      if (s.aggregate && table !== null) throw new SqlError('invalid_function_definition', 'an aggregate gives one value', { span: s.span });
      // What a row gave when it came would not be what it gives when it is taken back.
      if (form !== 'scalar' && s.volatility === 'volatile') throw notSupported(`a VOLATILE ${form === 'table' ? 'table function' : 'aggregate'}`, s.span, 'Pass what varies, such as random(), as an argument.');
      const source = language === 'typescript' ? withoutTypes(form, params, s.body, s.bodySpan ?? s.span) : s.body;
      return { ...shape, language, sql: s.body, source, ...limitsOf(env, s) };
    }
    default:
      throw notSupported(`a function in language "${language}"`, s.span, 'Write it in SQL, JavaScript or TypeScript: LANGUAGE javascript.');
  }
}

function tableColumns(s: CreateFunctionStatement): NonNullable<FunctionObject['columns']> | null {
  if (s.returnsTable !== null) {
    const columns = s.returnsTable.map((c) => ({ name: c.name.name, type: bindType(c.type) }));
    const twice = columns.find((c, i) => columns.findIndex((d) => d.name === c.name) < i);
    if (twice !== undefined) throw new SqlError('invalid_function_definition', `parameter name "${twice.name}" used more than once`, { span: s.span });
    return columns;
  }
  if (!s.setOf || s.returns === null) return null;
  const type = bindType(s.returns);
  return type.kind === 'row' && type.fields.length > 0 ? type.fields : [{ name: s.name.parts.at(-1)?.name ?? 'value', type }];
}

const rowOf = (columns: NonNullable<FunctionObject['columns']>): SqlType => (columns.length === 1 && columns[0] !== undefined ? columns[0].type : { kind: 'row', fields: columns });

const MEGABYTE = 1 << 20;
/** What an option or setting of a function is called, and between what it lies. */
const LIMITS = { 'max-steps': [10_000, 2_000_000_000], 'max-memory': [2, 2048] } as const;

/** The options, else the session's settings. Errors: undefined_parameter, invalid_parameter_value. */
function limitsOf(env: QueryEnv, s: CreateFunctionStatement): { readonly memoryBytes: number; readonly steps: number } {
  const { options } = givenOptions(env, s.options);
  for (const item of s.options) {
    if (!(item.key in LIMITS)) throw new SqlError('invalid_parameter_value', `unrecognized option "${item.key}" of a function`, { span: item.span, hint: nearestHint(item.key, Object.keys(LIMITS)) ?? `Options are ${Object.keys(LIMITS).join(' and ')}.` });
  }
  const limit = (key: keyof typeof LIMITS, otherwise: number): number => {
    const text = options[key] ?? env.cx.eval.session?.setting(`function.${key}`) ?? String(otherwise);
    const n = Number(text);
    const [min, max] = LIMITS[key];
    if (!/^\d+$/.test(text) || n < min || n > max) throw new SqlError('invalid_parameter_value', `invalid value for option "${key}": "${text}"`, { span: s.options.find((i) => i.key === key)?.valueSpan, hint: `It is a whole number from ${min} to ${max}.` });
    return n;
  };
  return { steps: limit('max-steps', 10_000_000), memoryBytes: limit('max-memory', 32) * MEGABYTE };
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
