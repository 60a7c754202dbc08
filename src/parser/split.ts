import type { Span } from '../common/span.ts';
import type { TokenType } from 'chevrotain';
import * as T from './tokens.ts';

const { K } = T;

/** One statement's tokens. `terminator` is the `;` after it, if there is one. */
export interface StatementTokens {
  readonly tokens: T.SqlToken[];
  readonly terminator: T.SqlToken | null;
  readonly span: Span;
}

/**
 * Cuts tokens at each `;` between statements. The `;` inside `BEGIN STATEMENT SET; ... END` and `EXECUTE STATEMENT SET
 * BEGIN ... END` does not end a statement. Empty statements are dropped.
 */
export function splitStatements(tokens: readonly T.SqlToken[]): StatementTokens[] {
  const statements: StatementTokens[] = [];
  let start = 0;
  while (start < tokens.length) {
    const end = statementEnd(tokens, start);
    const part = tokens.slice(start, end);
    const [first, last] = [part[0], part.at(-1)];
    if (first !== undefined && last !== undefined) {
      statements.push({ tokens: part, terminator: tokens[end] ?? null, span: { start: first.startOffset, end: last.endOffset + 1 } });
    }
    start = end + 1;
  }
  return statements;
}

/** The index of the `;` that ends the statement at `start`, or the number of tokens. */
function statementEnd(tokens: readonly T.SqlToken[], start: number): number {
  let inSet = false;
  let cases = 0;
  for (let i = start; i < tokens.length; i++) {
    const type = tokens[i]?.tokenType;
    if (type === T.Semi && !inSet) return i;
    if (type === K.STATEMENT && !inSet && opensSet(tokens, start, i)) inSet = true;
    else if (inSet && type === K.CASE) cases++;
    else if (inSet && type === K.END) {
      if (cases > 0) cases--;
      else inSet = false;
    }
  }
  return tokens.length;
}

const BEFORE_SET: ReadonlySet<TokenType> = new Set([K.BEGIN, K.EXECUTE, K.FOR, K.EXPLAIN]);

/** True when the STATEMENT at `at` begins a statement set: `[EXPLAIN ..] {BEGIN | EXECUTE | FOR | EXPLAIN ..} STATEMENT SET {; | BEGIN}`. */
function opensSet(tokens: readonly T.SqlToken[], start: number, at: number): boolean {
  if (tokens[at + 1]?.tokenType !== K.SET) return false;
  const next = tokens[at + 2]?.tokenType;
  if (next !== T.Semi && next !== K.BEGIN) return false;
  const before = tokens[at - 1]?.tokenType;
  return before !== undefined && (BEFORE_SET.has(before) || tokens[start]?.tokenType === K.EXPLAIN);
}
