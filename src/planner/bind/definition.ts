import type { Schema } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { DEFAULT_SCHEMA, SYSTEM_SCHEMAS, sameName, splitName } from '../../catalog/names.ts';
import type { RelationObject } from '../../catalog/objects.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { Expr as Ast, Identifier, ObjectName } from '../../parser/ast.ts';
import type { CreateFlags, OptionItem } from '../../parser/ast-objects.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { BoundNothing } from '../statement.ts';
import { someExpr } from '../walk.ts';
import { coerce } from './coerce.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import type { Scope } from './scope.ts';
import { exprEnv } from './sources.ts';

/** What the CREATE statements share. */

export interface NewName {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly session: number | null;
  /** What has this very name already. */
  readonly existing: RelationObject | null;
  /** An index has it. */
  readonly indexed: boolean;
}

/** Where a new relation goes. Errors: invalid_schema_name, insufficient_privilege for the system's schemas. */
export function newName(env: QueryEnv, name: ObjectName, temporary: boolean): NewName {
  const { catalog, scope } = env.cx;
  const parts = catalog.located(name, scope);
  const { database } = parts;
  const schema = schemaFor(env, database, parts.schema, name);
  const session = temporary ? scope.session : null;
  return {
    database, schema, name: parts.object.name, session,
    existing: catalog.relationNamed(database, schema, parts.object.name, session) ?? uncommitted(catalog.relationNamed(database, schema, parts.object.name, scope.session)),
    indexed: [session, scope.session].some((of) => {
      const index = catalog.indexNamed(database, schema, parts.object.name, of);
      return index !== undefined && (of === session || index.uncommitted === true);
    }),
  };
}

/** What this transaction block has made counts as there. */
const uncommitted = (object: RelationObject | undefined): RelationObject | null => (object?.uncommitted === true ? object : null);

function schemaFor(env: QueryEnv, database: string, schema: Identifier | null, name: ObjectName): string {
  const { catalog, scope } = env.cx;
  if (schema === null) {
    const first = scope.searchPath.find((s) => catalog.schemaNamed(database, s) !== undefined) ?? DEFAULT_SCHEMA;
    if (catalog.schemaNamed(database, first) === undefined) {
      throw new SqlError('invalid_schema_name', 'no schema has been selected to create in', { span: name.span });
    }
    return first;
  }
  if (SYSTEM_SCHEMAS.some((s) => sameName(schema, s))) {
    throw new SqlError('insufficient_privilege', `permission denied to create "${schema.name}.${splitName(name).object.name}"`, { span: name.span, detail: 'System catalog modifications are currently disallowed.' });
  }
  const found = catalog.findSchema(database, schema);
  if (found === undefined) throw new SqlError('invalid_schema_name', `schema "${schema.name}" does not exist`, { span: schema.span });
  return found.name;
}

/** IF NOT EXISTS, OR REPLACE, or the error. Errors: duplicate_table, wrong_object_type. */
export function checkExisting(at: NewName, flags: CreateFlags, tag: string, kinds: readonly RelationObject['kind'][], span: Span): { readonly skip: BoundNothing | null; readonly replaces: ObjectId | null } {
  const { existing } = at;
  if (existing === null && !at.indexed) return { skip: null, replaces: null };
  if (flags.ifNotExists) return { skip: { kind: 'nothing', tag, notices: [`relation "${at.name}" already exists, skipping`] }, replaces: null };
  if (!flags.orReplace) throw new SqlError('duplicate_table', `relation "${at.name}" already exists`, { span });
  if (existing === null || !kinds.includes(existing.kind)) throw new SqlError('wrong_object_type', `"${at.name}" is not a ${tag.replace('CREATE ', '').toLowerCase()}`, { span });
  return { skip: null, replaces: existing.id };
}

export interface GivenOptions {
  readonly options: Record<string, string>;
  readonly secrets: readonly ObjectId[];
}

/** WITH options as a record. A secret stays a reference: `secret:<name>`. Errors: syntax_error for a repeated key. */
export function givenOptions(env: QueryEnv, items: readonly OptionItem[]): GivenOptions {
  const options: Record<string, string> = {};
  const secrets: ObjectId[] = [];
  for (const item of items) {
    if (item.key in options) throw new SqlError('syntax_error', `option "${item.key}" specified more than once`, { span: item.span });
    if (item.secret) {
      const id = { name: item.value ?? '', quoted: false, span: item.valueSpan };
      const secret = env.cx.catalog.findSecret({ parts: [id], span: item.valueSpan }, env.cx.scope);
      if (secret === undefined) throw new SqlError('undefined_object', `secret "${item.value ?? ''}" does not exist`, { span: item.valueSpan });
      secrets.push(secret.id);
      options[item.key] = `secret:${secret.name}`;
    } else options[item.key] = item.value ?? 'true';
  }
  return { options, secrets };
}

/** `FORMAT upsert ENCODE json` (RisingWave) in the words of WITH options. Upserts of Kafka are a connector of their own. */
export function formatOptions(f: { readonly format: string; readonly encode: string }, own: Readonly<Record<string, string>>, extra: Readonly<Record<string, string>>): Record<string, string> {
  const encode = f.encode.toLowerCase();
  const format = f.format.toLowerCase();
  if (format === 'upsert' && own['connector'] === 'kafka') return { ...own, ...extra, connector: 'upsert-kafka', 'key.format': encode, 'value.format': encode };
  return { ...own, ...extra, format: format === 'plain' || format === 'upsert' ? encode : `${format}-${encode}` };
}

/** Puts the position of the option named in the message, or of the whole list, on an error of the option checks. */
export function locatedOptions<T>(items: readonly OptionItem[], run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const named = items.find((i) => error.message.includes(`"${i.key}"`));
    const valued = items.find((i) => i.value !== null && i.value !== '' && error.message.includes(`"${i.value}"`));
    throw error.at(named?.span ?? valued?.valueSpan ?? items[0]?.span);
  }
}

/** The source text of a part of the statement. */
export const sourceText = (env: QueryEnv, span: Span): string => env.cx.text.slice(span.start, span.end);

/** An expression of a definition (default, computed column, watermark). Subqueries are refused. */
function definitionExpr(env: QueryEnv, e: Ast, scope: Scope, what: string): Expr {
  const bound = bindExpr(exprEnv(env, scope, what), e);
  if (someExpr(bound, (x) => x.kind === 'subquery')) throw new SqlError('feature_not_supported', `cannot use subquery in ${what}`, { span: e.span });
  if (someExpr(bound, (x) => x.kind === 'param')) throw new SqlError('undefined_parameter', `parameters are not allowed in ${what}`, { span: e.span });
  return bound;
}

export function definitionOf(env: QueryEnv, e: Ast, scope: Scope, what: string, type: SqlType | null, columnName: string): { readonly expr: Expr; readonly type: SqlType } {
  const bound = definitionExpr(env, e, scope, what);
  if (type === null) {
    const own = typeOf(bound);
    return { expr: bound, type: own.kind === 'unknown' ? { kind: 'varchar' } : own };
  }
  return { expr: coerce(env, bound, type, 'assignment', e.span, columnName), type };
}

/** Errors: duplicate_column. */
export function requireDistinctNames(columns: Schema | readonly { readonly name: string }[], span: (i: number) => Span | undefined): void {
  const seen = new Set<string>();
  for (const [i, c] of columns.entries()) {
    if (seen.has(c.name)) throw new SqlError('duplicate_column', `column "${c.name}" specified more than once`, { span: span(i) });
    seen.add(c.name);
  }
}
