import { SqlError } from '../common/errors.ts';

/** LIKE and SIMILAR TO. LIKE never backtracks exponentially: it is matched by hand, not by a regular expression. */

export type Matcher = (text: string) => boolean;

type Piece = string | 'one' | 'any';

interface Token {
  readonly kind: 'literal' | 'one' | 'any';
  readonly text: string;
}

function tokens(pattern: string, escape: string): Token[] {
  const out: Token[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') out.push({ kind: 'literal', text: literal });
    literal = '';
  };
  const points = Array.from(pattern);
  for (let i = 0; i < points.length; i++) {
    const c = points[i] ?? '';
    if (c === escape && escape !== '') {
      const next = points[++i];
      if (next === undefined) throw new SqlError('invalid_escape_sequence', 'LIKE pattern must not end with escape character');
      literal += next;
    } else if (c === '%' || c === '_') {
      flush();
      const kind = c === '%' ? 'any' : 'one';
      if (kind === 'any' && out.at(-1)?.kind === 'any') continue;
      out.push({ kind, text: '' });
    } else literal += c;
  }
  flush();
  return out;
}

/** The matcher of a pattern; the common shapes (`x`, `x%`, `%x`, `%x%`) are plain string operations. */
export function compileLike(pattern: string, escape: string, ignoreCase: boolean): Matcher {
  const list = tokens(ignoreCase ? pattern.toLowerCase() : pattern, ignoreCase ? escape.toLowerCase() : escape);
  const matcher = shape(list);
  return ignoreCase ? (text) => matcher(text.toLowerCase()) : matcher;
}

function shape(list: readonly Token[]): Matcher {
  const kinds = list.map((t) => t.kind).join(' ');
  const literal = list.find((t) => t.kind === 'literal')?.text ?? '';
  switch (kinds) {
    case '':
      return (text) => text === '';
    case 'any':
      return () => true;
    case 'literal':
      return (text) => text === literal;
    case 'literal any':
      return (text) => text.startsWith(literal);
    case 'any literal':
      return (text) => text.endsWith(literal);
    case 'any literal any':
      return (text) => text.includes(literal);
    default:
      return general(list);
  }
}

/** Greedy matching with one restart point, the last `%`: O(text × pattern) at worst. */
function general(list: readonly Token[]): Matcher {
  const pieces: Piece[] = list.flatMap((t): Piece[] => (t.kind === 'literal' ? [t.text] : [t.kind]));
  const isWild = list.map((t) => t.kind);
  return (text) => {
    let at = 0;
    let i = 0;
    let starPiece = -1;
    let starAt = 0;
    for (;;) {
      if (i === pieces.length) {
        if (at === text.length) return true;
      } else {
        const kind = isWild[i];
        if (kind === 'any') {
          starPiece = i;
          starAt = at;
          i++;
          continue;
        }
        if (kind === 'one' && at < text.length) {
          at += width(text, at);
          i++;
          continue;
        }
        const literal = pieces[i] ?? '';
        if (kind === 'literal' && text.startsWith(literal, at)) {
          at += literal.length;
          i++;
          continue;
        }
      }
      if (starPiece < 0 || starAt >= text.length) return false;
      starAt += width(text, starAt);
      at = starAt;
      i = starPiece + 1;
    }
  };
}

function width(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length ? 2 : 1;
}

/** SIMILAR TO's pattern as the source of a regular expression over the whole text. */
export function similarToRegex(pattern: string, escape: string): string {
  let out = '^(?:';
  const points = Array.from(pattern);
  let inClass = false;
  let separators = 0;
  for (let i = 0; i < points.length; i++) {
    const c = points[i] ?? '';
    if (c === escape && escape !== '') {
      const next = points[++i];
      if (next === undefined) throw new SqlError('invalid_escape_sequence', 'invalid escape string');
      if (next === '"' && !inClass) {
        // Parts the pattern as SUBSTRING reads it: alternatives stay within their part.
        if (++separators > 2) throw new SqlError('invalid_use_of_escape_character', 'SQL regular expression may not contain more than two escape-double-quote separators');
        out += ')(?:';
        continue;
      }
      out += next.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    } else if (inClass) {
      if (c === ']') inClass = false;
      out += c === '\\' ? '\\\\' : c;
    } else if (c === '[') {
      inClass = true;
      out += c;
    } else if (c === '%') out += '.*';
    else if (c === '_') out += '.';
    else if (c === '(') out += '(?:';
    else if (c === '.' || c === '^' || c === '$' || c === '\\') out += `\\${c}`;
    else out += c;
  }
  return `${out})$`;
}
