import { SqlError } from '../common/errors.ts';
import { nearestHint } from '../common/did-you-mean.ts';
import type { Span } from '../common/span.ts';
import type { Identifier, ObjectName } from '../parser/ast.ts';

/**
 * The rule for names: they keep their case. A quoted reference matches exactly; an unquoted one exactly first, else the one
 * name that differs only in case.
 */

export const DEFAULT_DATABASE = 'millrace';
export const DEFAULT_SCHEMA = 'public';
/** Schemas that exist in every database and hold what the server itself shows. */
export const SYSTEM_SCHEMAS: readonly string[] = ['pg_catalog', 'information_schema', 'millrace_catalog'];

/** Where one-part names are looked up. */
export interface NameScope {
  readonly database: string;
  readonly searchPath: readonly string[];
  /** Whose temporary objects are seen. */
  readonly session: number;
}

export type Match = { readonly kind: 'one'; readonly name: string } | { readonly kind: 'none' } | { readonly kind: 'several'; readonly names: readonly string[] };

/** Which of `names` the identifier means. */
export function matchName(id: Pick<Identifier, 'name' | 'quoted'>, names: Iterable<string>): Match {
  const lower = id.name.toLowerCase();
  const near: string[] = [];
  for (const name of names) {
    if (name === id.name) return { kind: 'one', name };
    if (!id.quoted && name.toLowerCase() === lower && !near.includes(name)) near.push(name);
  }
  const [first, second] = near;
  if (first === undefined) return { kind: 'none' };
  return second === undefined ? { kind: 'one', name: first } : { kind: 'several', names: near };
}

/** True when the identifier could mean `name`, alone. */
export function sameName(id: Pick<Identifier, 'name' | 'quoted'>, name: string): boolean {
  return id.name === name || (!id.quoted && id.name.toLowerCase() === name.toLowerCase());
}

/** `a.b.c` as written, for messages. */
export function nameText(name: ObjectName): string {
  return name.parts.map((p) => p.name).join('.');
}

export interface SplitName {
  readonly database: Identifier | null;
  readonly schema: Identifier | null;
  readonly object: Identifier;
}

/** Errors: syntax_error for more than three parts, as PostgreSQL's. */
export function splitName(name: ObjectName): SplitName {
  const { parts } = name;
  const object = parts.at(-1);
  if (object === undefined || parts.length > 3) {
    throw new SqlError('syntax_error', `improper relation name (too many dotted names): ${nameText(name)}`, { span: name.span });
  }
  return { database: parts.length === 3 ? (parts[0] ?? null) : null, schema: parts.length >= 2 ? (parts[parts.length - 2] ?? null) : null, object };
}

export function undefinedRelation(text: string, span: Span | undefined, candidates: Iterable<string>): SqlError {
  const last = text.split('.').at(-1) ?? text;
  return new SqlError('undefined_table', `relation "${text}" does not exist`, { span, hint: nearestHint(last, candidates) });
}

export function ambiguousName(what: string, id: Identifier, names: readonly string[]): SqlError {
  return new SqlError(what === 'column' ? 'ambiguous_column' : 'ambiguous_alias', `${what} name "${id.name}" is ambiguous`, {
    span: id.span,
    hint: `Write one of ${names.map((n) => `"${n}"`).join(', ')} in double quotes.`,
  });
}

/** An identifier quoted when it has to be, for SQL text that is shown. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
