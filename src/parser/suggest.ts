import type { IToken } from 'chevrotain';
import * as T from './tokens.ts';

/** Words that a syntax error may be about, most likely first. */
const CLAUSE_WORDS = [
  'SELECT', 'FROM', 'WHERE', 'GROUP', 'ORDER', 'HAVING', 'LIMIT', 'INSERT', 'INTO', 'VALUES', 'UPDATE', 'DELETE', 'CREATE', 'TABLE', 'VIEW', 'MATERIALIZED',
  'ALTER', 'DROP', 'JOIN', 'INNER', 'UNION', 'DISTINCT', 'BETWEEN', 'PRIMARY', 'WATERMARK', 'EXPLAIN', 'DESCRIBE', 'SHOW', 'EXECUTE', 'STATEMENT', 'BEGIN',
  'COMMIT', 'ROLLBACK', 'PARTITION', 'INTERVAL', 'SUBSCRIBE', 'EMIT', 'CHANGES', 'FUNCTION', 'DATABASE', 'SCHEMA', 'CATALOG', 'CONNECTION', 'SECRET', 'INDEX', 'SINK',
  'TRUNCATE', 'FETCH', 'DECLARE', 'PREPARE', 'WITH', 'CROSS', 'RIGHT', 'USING', 'OFFSET', 'EXCEPT', 'INTERSECT', 'OVERWRITE', 'RETURNING', 'WINDOW', 'QUALIFY', 'METADATA', 'EXISTS',
];

/** "Perhaps you meant" for a misspelt keyword at the offending token, or in one of the two before it. */
export function suggestKeyword(tokens: readonly IToken[], offending: number): string | undefined {
  for (const at of [offending, offending - 1, offending - 2]) {
    const token = tokens[at];
    if (token?.tokenType !== T.Name || token.image.length < 4) continue;
    const word = token.image.toUpperCase();
    const found = CLAUSE_WORDS.find((candidate) => isSlip(word, candidate));
    if (found !== undefined) return `Perhaps you meant "${found}" instead of "${token.image}".`;
  }
  return undefined;
}

/** True when one letter is missing, added, changed, or swapped with its neighbour. */
export function isSlip(word: string, target: string): boolean {
  if (word === target || Math.abs(word.length - target.length) > 1) return false;
  let at = 0;
  while (at < word.length && word[at] === target[at]) at++;
  const rest = (text: string, from: number): string => text.slice(from);
  if (word.length > target.length) return rest(word, at + 1) === rest(target, at);
  if (word.length < target.length) return rest(word, at) === rest(target, at + 1);
  const swapped = word[at] === target[at + 1] && word[at + 1] === target[at] && rest(word, at + 2) === rest(target, at + 2);
  return swapped || rest(word, at + 1) === rest(target, at + 1);
}
