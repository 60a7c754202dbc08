import { SqlError } from '../../common/errors.ts';
import { didYouMean } from '../../common/did-you-mean.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { matchName, sameName } from '../../catalog/names.ts';
import type { Identifier, NameExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';

/** What names mean at one place of a query: the columns of the current row, and the enclosing scopes. */

export interface ScopeColumn {
  readonly name: string;
  /** Position in the row. */
  readonly index: number;
  readonly type: SqlType;
  readonly nullable: boolean;
}

/** One item of FROM under its alias. */
export interface ScopeRelation {
  readonly name: string;
  /** Where an unaliased table lives, so that `public.t.a` works. */
  readonly schema: string | null;
  readonly columns: readonly ScopeColumn[];
  /** OID for `tableoid`, or null. */
  readonly oid: number | null;
}

export interface Scope {
  /** Columns that `*` shows and bare names mean, in order; columns merged by USING stand once. */
  readonly columns: readonly ScopeColumn[];
  readonly relations: readonly ScopeRelation[];
  /** Columns in the row. */
  readonly width: number;
  readonly parent: Scope | null;
  /** Relations that may not be named here, with the reason. */
  readonly blocked?: readonly string[];
}

export const EMPTY_SCOPE: Scope = { columns: [], relations: [], width: 0, parent: null };

export type Found =
  | { readonly kind: 'column'; readonly column: ScopeColumn; readonly rest: readonly Identifier[]; readonly text: string }
  | { readonly kind: 'relation'; readonly relation: ScopeRelation }
  | { readonly kind: 'tableoid'; readonly oid: number };

/** The expression for a column found `depth` scopes further out. */
export function columnAt(column: ScopeColumn, depth: number): Expr {
  const { index, type, nullable } = column;
  return depth === 0 ? { kind: 'column', index, type, nullable } : { kind: 'outer', depth, index, type, nullable };
}

/**
 * What a dotted name means, seen from `scope` outwards.
 * Errors: undefined_column, ambiguous_column, undefined_table.
 */
export function resolveName(scope: Scope, name: NameExpr): { readonly found: Found; readonly depth: number } {
  let depth = 0;
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = lookHere(at, name);
    if (found !== undefined) return { found, depth };
    depth++;
  }
  throw missing(scope, name);
}

/** As `resolveName`, undefined when there is none. */
export function findName(scope: Scope, name: NameExpr): Found | undefined {
  return lookHere(scope, name);
}

function lookHere(scope: Scope, name: NameExpr): Found | undefined {
  const [first, second, third] = name.parts;
  if (first === undefined) return undefined;
  if (second === undefined) {
    const column = pickColumn(scope.columns, first);
    if (column !== undefined) return { kind: 'column', column, rest: [], text: columnText(scope, column) };
    const relation = pickRelation(scope, first);
    return relation === undefined ? undefined : { kind: 'relation', relation };
  }
  const relation = pickRelation(scope, first);
  if (relation !== undefined) {
    const column = pickColumn(relation.columns, second);
    if (column !== undefined) return { kind: 'column', column, rest: name.parts.slice(2), text: `${relation.name}.${column.name}` };
    if (second.name === 'tableoid' && relation.oid !== null) return { kind: 'tableoid', oid: relation.oid };
  }
  if (third !== undefined) {
    const qualified = scope.relations.find((r) => r.schema !== null && sameName(first, r.schema) && sameName(second, r.name));
    const column = qualified === undefined ? undefined : pickColumn(qualified.columns, third);
    if (qualified !== undefined && column !== undefined) return { kind: 'column', column, rest: name.parts.slice(3), text: `${qualified.name}.${column.name}` };
  }
  // A field of a row column: bid.price.
  const column = pickColumn(scope.columns, first);
  if (column?.type.kind === 'row') {
    return { kind: 'column', column, rest: name.parts.slice(1), text: columnText(scope, column) };
  }
  return undefined;
}

function columnText(scope: Scope, column: ScopeColumn): string {
  const owner = scope.relations.find((r) => r.columns.includes(column));
  return owner === undefined ? column.name : `${owner.name}.${column.name}`;
}

/** Errors: ambiguous_column. */
export function pickColumn(columns: readonly ScopeColumn[], id: Identifier): ScopeColumn | undefined {
  let exact: ScopeColumn | undefined;
  for (const c of columns) {
    if (c.name !== id.name) continue;
    if (exact !== undefined) throw new SqlError('ambiguous_column', `column reference "${id.name}" is ambiguous`, { span: id.span });
    exact = c;
  }
  if (exact !== undefined || id.quoted) return exact;
  const near = columns.filter((c) => c.name.toLowerCase() === id.name.toLowerCase());
  if (near.length > 1) {
    const names = new Set(near.map((c) => c.name));
    throw new SqlError('ambiguous_column', `column reference "${id.name}" is ambiguous`, {
      span: id.span,
      hint: names.size > 1 ? `Write one of ${[...names].map((n) => `"${n}"`).join(', ')} in double quotes.` : undefined,
    });
  }
  return near[0];
}

function pickRelation(scope: Scope, id: Identifier): ScopeRelation | undefined {
  const match = matchName(id, scope.relations.map((r) => r.name));
  if (match.kind !== 'one') return undefined;
  const found = scope.relations.filter((r) => r.name === match.name);
  if (found.length > 1) throw new SqlError('ambiguous_alias', `table reference "${id.name}" is ambiguous`, { span: id.span });
  return found[0];
}

/** The relation of `t.*`. Errors: undefined_table. */
export function relationOf(scope: Scope, name: NameExpr): { readonly relation: ScopeRelation; readonly depth: number } | undefined {
  const last = name.parts.at(-1);
  if (last === undefined) return undefined;
  let depth = 0;
  for (let at: Scope | null = scope; at !== null; at = at.parent, depth++) {
    const schema = name.parts.at(-2);
    const relation =
      schema === undefined ? pickRelation(at, last) : at.relations.find((r) => r.schema !== null && sameName(schema, r.schema) && sameName(last, r.name));
    if (relation !== undefined) return { relation, depth };
  }
  return undefined;
}

function missing(scope: Scope, name: NameExpr): SqlError {
  const [first, second] = name.parts;
  const text = name.parts.map((p) => p.name).join('.');
  if (first === undefined) return new SqlError('undefined_column', 'column does not exist', { span: name.span });
  const chain = [...scopes(scope)];
  if (second === undefined) {
    const owner = chain.flatMap((s) => s.blocked ?? []);
    const near = didYouMean(first.name, chain.flatMap((s) => s.columns.map((c) => c.name)));
    return new SqlError('undefined_column', `column "${text}" does not exist`, { span: name.span, hint: nearHint(chain, near, owner) });
  }
  const relation = chain.map((s) => s.relations.find((r) => sameName(first, r.name))).find((r) => r !== undefined);
  if (relation === undefined) {
    if (chain.some((s) => s.blocked?.some((b) => sameName(first, b)) === true)) {
      return new SqlError('undefined_table', `invalid reference to FROM-clause entry for table "${first.name}"`, {
        span: name.span,
        detail: `There is an entry for table "${first.name}", but it cannot be referenced from this part of the query.`,
        hint: 'Write LATERAL before the subquery to let it see the tables to its left.',
      });
    }
    const near = didYouMean(first.name, chain.flatMap((s) => s.relations.map((r) => r.name)));
    return new SqlError('undefined_table', `missing FROM-clause entry for table "${first.name}"`, {
      span: name.span,
      hint: near === undefined ? undefined : `Perhaps you meant to reference the table alias "${near}".`,
    });
  }
  const near = didYouMean(second.name, relation.columns.map((c) => c.name));
  return new SqlError('undefined_column', `column ${text} does not exist`, {
    span: name.span,
    hint: near === undefined ? undefined : `Perhaps you meant to reference the column "${relation.name}.${near}".`,
  });
}

function nearHint(chain: readonly Scope[], near: string | undefined, blocked: readonly string[]): string | undefined {
  if (near === undefined) return blocked.length > 0 ? 'Write LATERAL before the subquery to let it see the tables to its left.' : undefined;
  const owner = chain.flatMap((s) => s.relations).find((r) => r.columns.some((c) => c.name === near));
  return `Perhaps you meant to reference the column "${owner === undefined ? near : `${owner.name}.${near}`}".`;
}

function* scopes(scope: Scope): Iterable<Scope> {
  for (let at: Scope | null = scope; at !== null; at = at.parent) yield at;
}
