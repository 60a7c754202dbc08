import { stripTypeScriptTypes } from 'node:module';
import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import { head, isModule, wrapped } from '../../functions/user/guest.ts';
import { checkLoads } from '../../functions/user/javascript.ts';
import { routineKey, type UserRoutine } from '../../functions/user/routine.ts';

/** Users' functions in JavaScript, from the catalog to the plans. */

type Body = Pick<FunctionObject, 'name' | 'params' | 'returns' | 'columns' | 'form' | 'sql' | 'source' | 'strict' | 'volatility' | 'memoryBytes' | 'steps'>;

export function routineFor(f: Body): UserRoutine {
  const { name, params, form, source, sql, strict, volatility, memoryBytes, steps } = f;
  return { kind: form, name, params, returns: f.columns ?? [{ name, type: f.returns }], source: source ?? sql, strict, volatility, memoryBytes, steps };
}

/** What plans call the function. */
export const keyOf = (f: Body): string => routineKey(routineFor(f));

/**
 * TypeScript without its types; every other character stays where it was.
 * Errors: syntax_error, with the place in the statement.
 */
export function withoutTypes(kind: UserRoutine['kind'], params: UserRoutine['params'], source: string, span: Span): string {
  const module = isModule(source);
  const text = module ? source : wrapped(kind, params, source);
  const before = module ? 0 : head(kind, params, source).length;
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' }).slice(before, before + source.length);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).split('\n').find((line) => line.trim() !== '') ?? '';
    throw new SqlError('syntax_error', `the function's body is no TypeScript: ${message.trim()}`, { span, hint: 'Types are taken away; enums, namespaces and decorators are not translated.' });
  }
}

/** Loads the body in a sandbox. Errors: syntax_error, external_routine_exception, with the place in the statement. */
export function checkRoutine(routine: UserRoutine, body: { readonly span: Span; readonly text: string } | null): void {
  const failed = checkLoads(routine);
  if (failed === null) return;
  const { error, place } = failed;
  const span = body === null || place === undefined ? undefined : spanOf(body.span, body.text, place);
  throw new SqlError(error.message.includes('SyntaxError') ? 'syntax_error' : error.condition, error.message, { detail: error.detail, hint: error.hint, span });
}

/** The place of a line and column of a literal's text in the statement; undefined where escapes may have moved it. */
function spanOf(literal: Span, statement: string, { line, column }: { readonly line: number; readonly column: number }): Span | undefined {
  const text = statement.slice(literal.start, literal.end);
  const quote = /^\$[^$]*\$/.exec(text)?.[0] ?? (text.startsWith("'") && !text.slice(1, -1).includes("''") ? "'" : undefined);
  if (quote === undefined) return undefined;
  const lines = text.slice(quote.length, -quote.length).split('\n');
  if (line > lines.length) return { start: literal.end - quote.length, end: literal.end };
  const start = literal.start + quote.length + lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0) + column - 1;
  return { start: Math.min(start, literal.end - 1), end: Math.min(start + 1, literal.end) };
}
