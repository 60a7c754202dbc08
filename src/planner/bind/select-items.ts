import { sameName } from '../../catalog/names.ts';
import { SqlError } from '../../common/errors.ts';
import type { Expr as Ast, Identifier, StarExpr } from '../../parser/ast.ts';
import type { QueryBody, SelectItem } from '../../parser/ast-queries.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { settle } from './coerce.ts';
import type { ExprEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { columnAt, findName, relationOf } from './scope.ts';
import { relationStarText, starText } from './stars.ts';

/** One output column of a select list; `ast` is null for those of a star. */
export interface Item {
  readonly name: string;
  readonly expr: Expr;
  readonly ast: Ast | null;
}

/** The select list with its stars written out, bound. Errors: undefined_table for `t.*`. */
export function expandItems(env: ExprEnv, items: readonly SelectItem[], typed: boolean): Item[] {
  return items.flatMap((item) => {
    if (item.expr.kind === 'star') return changedStar(env, item.expr, expandStar(env, item.expr));
    const bound = bindExpr(env, item.expr);
    const expr = typed ? settle(env, bound) : bound;
    return [{ name: item.alias?.name ?? outputName(item.expr), expr, ast: item.expr }];
  });
}

/** `* EXCLUDE (…) REPLACE (…)`. Errors: undefined_column for a name that the star doesn't give. */
function changedStar(env: ExprEnv, star: StarExpr, items: Item[]): Item[] {
  const { exclude = [], replace = [] } = star;
  const known = (id: Identifier): Identifier => {
    if (items.some((i) => sameName(id, i.name))) return id;
    throw new SqlError('undefined_column', `column "${id.name}" does not exist`, { span: id.span, hint: 'EXCLUDE and REPLACE name columns that the * stands for.' });
  };
  const gone = exclude.map(known);
  const values = replace.map((r) => ({ id: known(r.alias as Identifier), expr: settle(env, bindExpr(env, r.expr)), ast: r.expr }));
  return items.flatMap((item) => {
    if (gone.some((id) => sameName(id, item.name))) return [];
    const value = values.find((v) => sameName(v.id, item.name));
    return [value === undefined ? item : { name: item.name, expr: value.expr, ast: value.ast }];
  });
}

function expandStar(env: ExprEnv, star: StarExpr): Item[] {
  const { qualifier, span } = star;
  if (qualifier === null) {
    env.notes.stars.push({ span, text: starText(env.scope) });
    return env.scope.columns.map((c) => ({ name: c.name, expr: env.notes.place(columnAt(c, 0), span, c.name), ast: null }));
  }
  if (qualifier.kind === 'name') {
    const found = relationOf(env.scope, qualifier);
    if (found !== undefined) {
      const { relation, depth } = found;
      if (depth === 0) env.notes.stars.push({ span, text: relationStarText(env.scope, relation) });
      return relation.columns.map((c) => ({ name: c.name, expr: env.notes.place(columnAt(c, depth), span, `${relation.name}.${c.name}`), ast: null }));
    }
    if (qualifier.parts.length === 1 && findName(env.scope, qualifier) === undefined) {
      throw new SqlError('undefined_table', `missing FROM-clause entry for table "${qualifier.parts[0]?.name ?? ''}"`, { span });
    }
  }
  const row = bindExpr(env, qualifier);
  const type = typeOf(row);
  if (type.kind !== 'row') throw new SqlError('wrong_object_type', 'a row is needed before .*', { span });
  return type.fields.map((f, index) => ({
    name: f.name,
    expr: row.kind === 'row' && row.items[index] !== undefined ? row.items[index] : { kind: 'field', arg: row, index, type: f.type },
    ast: null,
  }));
}

/** What PostgreSQL calls an output column without an alias. */
export function outputName(e: Ast): string {
  switch (e.kind) {
    case 'name':
      return e.parts.at(-1)?.name ?? '?column?';
    case 'field':
      return e.field.name;
    case 'call': {
      const last = e.name.parts.at(-1);
      return last === undefined ? '?column?' : last.quoted ? last.name : last.name.toLowerCase();
    }
    case 'cast': {
      const inner = outputName(e.arg);
      return inner === '?column?' ? castName(e.type.name) : inner;
    }
    case 'typedLiteral':
      return castName(e.type.name);
    case 'interval':
      return 'interval';
    case 'collate':
    case 'subscript':
    case 'slice':
      return outputName(e.kind === 'collate' ? e.arg : e.base);
    case 'case': {
      const other = e.otherwise === null ? '?column?' : outputName(e.otherwise);
      return other === '?column?' || e.otherwise?.kind !== 'name' ? 'case' : other;
    }
    case 'exists':
      return 'exists';
    case 'arrayQuery':
    case 'array':
      return 'array';
    case 'row':
      return 'row';
    case 'map':
      return 'map';
    case 'boolean':
      return 'bool';
    case 'extract':
      return 'extract';
    case 'atTimeZone':
      return 'timezone';
    case 'substring':
      return 'substring';
    case 'trim':
      return e.side === 'both' ? 'btrim' : e.side === 'leading' ? 'ltrim' : 'rtrim';
    case 'position':
      return 'position';
    case 'overlay':
      return 'overlay';
    case 'roundTo':
      return e.direction;
    case 'jsonFunction':
      return e.name;
    case 'subquery':
      return queryName(e.query.body);
    default:
      return '?column?';
  }
}

function queryName(body: QueryBody): string {
  if (body.kind !== 'select') return '?column?';
  const [item] = body.items;
  return item === undefined ? '?column?' : (item.alias?.name ?? outputName(item.expr));
}

const CAST_NAMES: Readonly<Record<string, string>> = {
  int: 'int4', integer: 'int4', bigint: 'int8', smallint: 'int2', real: 'float4', 'double precision': 'float8', double: 'float8', boolean: 'bool',
  'character varying': 'varchar', character: 'bpchar', char: 'bpchar', decimal: 'numeric', 'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz', 'timestamp with local time zone': 'timestamptz', string: 'text',
};
const castName = (name: string): string => CAST_NAMES[name] ?? name;
