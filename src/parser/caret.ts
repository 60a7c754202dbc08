import type { SqlError } from '../common/errors.ts';

/** Longest part of a source line that is shown; longer ones are cut around the error. */
const WIDTH_MAX = 120;

/**
 * The error with the source line it lies in and carets under the place, as a terminal shows it:
 *
 *     ERROR:  syntax error at or near "FORM"
 *     LINE 1: SELECT a FORM t
 *                      ^^^^
 *     HINT:  Perhaps you meant "FROM" instead of "FORM".
 */
export function renderError(error: SqlError, sql: string): string {
  const lines = [`ERROR:  ${error.message}`];
  if (error.span !== undefined) lines.push(...caretLines(sql, error.span.start, error.span.end));
  if (error.detail !== undefined) lines.push(`DETAIL:  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT:  ${error.hint}`);
  return lines.join('\n');
}

function caretLines(sql: string, start: number, end: number): string[] {
  const at = Math.min(start, sql.length);
  const lineStart = sql.lastIndexOf('\n', at - 1) + 1;
  const newline = sql.indexOf('\n', at);
  const lineEnd = newline < 0 ? sql.length : newline;
  const number = sql.slice(0, lineStart).split('\n').length;
  // A window of the line around the error, when the line is long.
  const from = lineEnd - lineStart <= WIDTH_MAX ? lineStart : Math.max(lineStart, Math.min(at - WIDTH_MAX / 2, lineEnd - WIDTH_MAX));
  const to = Math.min(lineEnd, from + WIDTH_MAX);
  const prefix = `LINE ${number}: ${from > lineStart ? '...' : ''}`;
  const text = `${prefix}${sql.slice(from, to)}${to < lineEnd ? '...' : ''}`;
  const carets = '^'.repeat(Math.max(1, Math.min(end, to) - at));
  // Tabs stay tabs, so that the caret stands under its character.
  const indent = ' '.repeat(prefix.length) + sql.slice(from, at).replaceAll(/[^\t]/g, ' ');
  return [text.trimEnd(), indent + carets];
}
