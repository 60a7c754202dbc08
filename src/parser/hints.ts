import type { Span } from '../common/span.ts';
import type { Hint } from './ast-queries.ts';

const SPACE = /[\s,]*/y;
const NAME = /[A-Za-z_]\w*/y;
const ARGUMENT = /\s*(?:'((?:[^']|'')*)'|"([^"]*)"|`([^`]*)`|([\w.$-]+))\s*/y;

/**
 * Reads the inside of `/*+ A('k'='v'), B(x, y), C *\/`. Text that is not a list of hints is a comment to both Flink's
 * planner and Postgres's, and gives none.
 */
export function parseHints(text: string, span: Span): readonly Hint[] {
  const hints: Hint[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(SPACE);
    if (at >= text.length) return hints;
    const name = take(NAME);
    if (name === null) return [];
    const args: string[] = [];
    const options: { key: string; value: string }[] = [];
    while (text[at] === ' ') at++;
    if (text[at] === '(') {
      at++;
      while (text[at] !== ')') {
        const first = unquote(take(ARGUMENT));
        if (first === null) return [];
        if (text[at] === '=') {
          at++;
          const value = unquote(take(ARGUMENT));
          if (value === null) return [];
          options.push({ key: first, value });
        } else args.push(first);
        if (text[at] === ',') at++;
        else if (text[at] !== ')') return [];
      }
      at++;
    }
    hints.push({ name: name[0].toUpperCase(), args, options, span });
  }
}

function unquote(match: RegExpExecArray | null): string | null {
  if (match === null) return null;
  return match[1]?.replaceAll("''", "'") ?? match[2] ?? match[3] ?? match[4] ?? null;
}
