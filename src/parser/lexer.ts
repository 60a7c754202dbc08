import type { TokenType } from 'chevrotain';
import { SqlError } from '../common/errors.ts';
import { decodeEscapes, decodeUnicodeEscapes } from './escapes.ts';
import * as T from './tokens.ts';

/** Tokens up to the end, or up to the first lexical error. */
export interface LexResult {
  readonly tokens: readonly T.SqlToken[];
  readonly error: SqlError | null;
}

const OPERATOR_CHARS = '+-*/<>=~!@#%^&|?';
const PUNCTUATION: Readonly<Record<string, TokenType>> = {
  '(': T.LParen, ')': T.RParen, '[': T.LBracket, ']': T.RBracket, '{': T.LBrace, '}': T.RBrace, ',': T.Comma, ';': T.Semi, '.': T.Dot,
};
/** Sticky patterns, tried at a position. */
const SPACE = /\s*/y;
const WORD = /[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*/uy;
const NUMBER = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*(?:\.(?!\.)(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const PARAM = /\$\d+/y;
const UESCAPE = /\s*UESCAPE\s*'([^'])'/iy;
const COMMENT_EDGE = /\/\*|\*\//g;
const CONTINUATION = /[^\S\n]*\n\s*'/y;

/**
 * Splits `sql` into tokens by PostgreSQL's lexical rules (its manual, section 4.1), with Flink's backtick names and
 * `/*+ hints *\/` besides. Runs in one pass, O(length).
 */
export function tokenize(sql: string): LexResult {
  const scanner = new Scanner(sql);
  let error: SqlError | null = null;
  try {
    scanner.run();
  } catch (thrown) {
    if (!(thrown instanceof SqlError)) throw thrown;
    error = thrown;
  }
  return { tokens: scanner.tokens, error };
}

class Scanner {
  readonly tokens: T.SqlToken[] = [];
  private readonly sql: string;
  private pos = 0;
  /** How many `<` of `ARRAY<`, `MAP<`, `ROW<`, `STRUCT<`, `MULTISET<` are open: `>>` then closes two. */
  private angleDepth = 0;

  constructor(sql: string) {
    this.sql = sql;
  }

  run(): void {
    for (;;) {
      this.skip(SPACE);
      if (this.pos >= this.sql.length) return;
      this.next();
    }
  }

  private next(): void {
    const { sql, pos } = this;
    const c = sql[pos] ?? '';
    const d = sql[pos + 1] ?? '';
    if (c === '-' && d === '-') this.lineComment();
    else if (c === '/' && d === '*') this.blockComment();
    else if (c === "'") this.string(T.StringLit, pos, 1, (raw) => raw);
    else if (c === '"' || c === '`') this.quotedName(c, pos, pos + 1, (raw) => raw);
    else if (c === '$') this.dollar();
    else if ((c >= '0' && c <= '9') || (c === '.' && d >= '0' && d <= '9')) this.number();
    else if (c === ':') this.colon(d);
    else if (c === '.' && d === '.') this.push(T.Op, pos, pos + 2, '..');
    else if (PUNCTUATION[c] !== undefined) this.punctuation(c, PUNCTUATION[c]);
    else if (OPERATOR_CHARS.includes(c)) this.operator();
    else this.word();
  }

  private push(tokenType: TokenType, start: number, end: number, payload: string): void {
    // One shape for all tokens, the one chevrotain's own lexer makes.
    this.tokens.push({ image: this.sql.slice(start, end), startOffset: start, endOffset: end - 1, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0, tokenType, payload });
    this.pos = end;
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.pos;
    if (pattern.test(this.sql)) this.pos = pattern.lastIndex;
  }

  /** The text `pattern` matches at `at`, or null. */
  private match(pattern: RegExp, at: number): string | null {
    pattern.lastIndex = at;
    return pattern.exec(this.sql)?.[0] ?? null;
  }

  private fail(message: string, start: number): SqlError {
    const text = this.sql.slice(start);
    return new SqlError('syntax_error', `${message} at or near "${text}"`, { span: { start, end: this.sql.length } });
  }

  private lineComment(): void {
    const end = this.sql.indexOf('\n', this.pos);
    this.pos = end < 0 ? this.sql.length : end + 1;
  }

  private blockComment(): void {
    const { sql } = this;
    const start = this.pos;
    let depth = 0;
    COMMENT_EDGE.lastIndex = start;
    do {
      const edge = COMMENT_EDGE.exec(sql);
      if (edge === null) throw this.fail('unterminated /* comment', start);
      depth += edge[0] === '/*' ? 1 : -1;
    } while (depth > 0);
    const at = COMMENT_EDGE.lastIndex;
    this.pos = at;
    if (sql[start + 2] === '+') this.hint(start, at);
  }

  /** A `/*+ ... *\/` counts where hints may stand: after SELECT, and, with OPTIONS, after a name; elsewhere it is a comment. */
  private hint(start: number, end: number): void {
    const text = this.sql.slice(start + 3, end - 2);
    const before = this.tokens.at(-1);
    if (before === undefined) return;
    const afterName = before.tokenType === T.Name || before.tokenType === T.QuotedName || /^[a-z]\w*$/i.test(before.image);
    if (before.tokenType === T.K.SELECT || (afterName && /^\s*OPTIONS\s*\(/i.test(text))) this.push(T.Hint, start, end, text);
  }

  /** A quoted string whose quote is at `start + prefix - 1`; adjacent strings on further lines are joined, as the standard says. */
  private string(type: TokenType, start: number, prefix: number, decode: (raw: string) => string, escapes = false): void {
    const { sql } = this;
    const parts: string[] = [];
    let at = start + prefix;
    let from = at;
    for (;;) {
      const c = sql[at];
      if (c === undefined) throw this.fail('unterminated quoted string', start);
      if (c === '\\' && escapes) at += 2;
      else if (c !== "'") at++;
      else if (sql[at + 1] === "'") {
        parts.push(sql.slice(from, at + 1));
        at += 2;
        from = at;
      } else {
        parts.push(sql.slice(from, at));
        at++;
        const more = this.match(CONTINUATION, at);
        if (more === null) break;
        at += more.length;
        from = at;
      }
    }
    this.push(type, start, at, decode(parts.join('')));
  }

  private quotedName(quote: string, start: number, from: number, decode: (raw: string) => string): void {
    const { sql } = this;
    let at = from;
    for (;;) {
      at = sql.indexOf(quote, at);
      if (at < 0) throw this.fail('unterminated quoted identifier', start);
      if (sql[at + 1] !== quote) break;
      at += 2;
    }
    if (at === from) throw new SqlError('syntax_error', `zero-length delimited identifier at or near "${sql.slice(start, at + 1)}"`, { span: { start, end: at + 1 } });
    this.push(T.QuotedName, start, at + 1, decode(sql.slice(from, at).replaceAll(quote + quote, quote)));
  }

  private dollar(): void {
    const { sql, pos } = this;
    const param = this.match(PARAM, pos);
    if (param !== null) return this.push(T.Param, pos, pos + param.length, param.slice(1));
    const tag = this.match(DOLLAR_TAG, pos);
    if (tag === null) throw this.unexpected();
    const end = sql.indexOf(tag, pos + tag.length);
    if (end < 0) throw this.fail('unterminated dollar-quoted string', pos);
    this.push(T.StringLit, pos, end + tag.length, sql.slice(pos + tag.length, end));
  }

  private number(): void {
    const { pos } = this;
    const image = this.match(NUMBER, pos) ?? '';
    const end = pos + image.length;
    const junk = this.match(WORD, end);
    if (junk !== null) {
      const near = image + [...junk][0];
      throw new SqlError('syntax_error', `trailing junk after numeric literal at or near "${near}"`, { span: { start: pos, end: end + junk.length } });
    }
    const digits = image.replaceAll('_', '');
    this.push(T.NumberLit, pos, end, /^0[xob]/i.test(digits) ? BigInt(digits).toString() : digits);
  }

  private colon(next: string): void {
    const { pos } = this;
    if (next === ':') this.push(T.DoubleColon, pos, pos + 2, '::');
    else if (next === '=') this.push(T.ColonEq, pos, pos + 2, ':=');
    else this.push(T.Colon, pos, pos + 1, ':');
  }

  private punctuation(c: string, type: TokenType): void {
    if (c === ';') this.angleDepth = 0;
    this.push(type, this.pos, this.pos + 1, c);
  }

  private operator(): void {
    const { sql, pos } = this;
    let end = pos;
    while (end < sql.length && OPERATOR_CHARS.includes(sql[end] ?? ' ')) {
      const pair = sql.slice(end, end + 2);
      if (end > pos && (pair === '--' || pair === '/*')) break;
      end++;
    }
    let image = sql.slice(pos, end);
    if (image[0] === '>' && this.angleDepth > 0) {
      if (/^>+$/.test(image)) image = '>';
      this.angleDepth--;
    } else if (image === '<' && /^(?:ARRAY|MAP|ROW|STRUCT|MULTISET)$/i.test(this.tokens.at(-1)?.image ?? '')) this.angleDepth++;
    // An operator of several characters may end in + or - only if it has one that no arithmetic operator has.
    while (image.length > 1 && /[+-]$/.test(image) && !/[~!@#%^&|?]/.test(image)) image = image.slice(0, -1);
    const type = T.OPERATOR_TYPES.get(image) ?? T.Op;
    this.push(type, pos, pos + image.length, image === '!=' ? '<>' : image);
  }

  private word(): void {
    const { sql, pos } = this;
    const word = this.match(WORD, pos);
    if (word === null) throw this.unexpected();
    const next = sql[pos + word.length];
    if (next === "'" && word.length === 1 && this.prefixedString(word.toUpperCase(), pos)) return;
    if (next === '&' && (word === 'U' || word === 'u') && this.unicode(pos)) return;
    const type = T.keywordType(word.toUpperCase()) ?? T.Name;
    this.push(type, pos, pos + word.length, word);
  }

  /** `E'..'`, `X'..'`, `B'..'`, `N'..'`. */
  private prefixedString(prefix: string, start: number): boolean {
    const span = { start, end: start + 1 };
    if (prefix === 'E') this.string(T.StringLit, start, 2, (raw) => decodeEscapes(raw, span), true);
    else if (prefix === 'N') this.string(T.StringLit, start, 2, (raw) => raw);
    else if (prefix === 'X') this.string(T.BytesLit, start, 2, (raw) => this.digits(raw, /^[0-9a-fA-F]*$/, 'hexadecimal', start));
    else if (prefix === 'B') this.string(T.BitsLit, start, 2, (raw) => this.digits(raw, /^[01]*$/, 'binary', start));
    else return false;
    return true;
  }

  private digits(raw: string, allowed: RegExp, what: string, start: number): string {
    const bad = [...raw].find((c) => !allowed.test(c));
    if (bad === undefined) return raw;
    throw new SqlError('invalid_text_representation', `"${bad}" is not a valid ${what} digit`, { span: { start, end: start + raw.length + 3 } });
  }

  /** `U&'..'` and `U&".."`, with an optional UESCAPE. */
  private unicode(start: number): boolean {
    const quote = this.sql[start + 2];
    if (quote !== "'" && quote !== '"') return false;
    if (quote === "'") this.string(T.StringLit, start, 3, (raw) => raw);
    else this.quotedName('"', start, start + 3, (raw) => raw);
    const token = this.tokens.pop();
    if (token === undefined) return false;
    UESCAPE.lastIndex = this.pos;
    const clause = UESCAPE.exec(this.sql);
    const end = clause === null ? this.pos : UESCAPE.lastIndex;
    this.push(token.tokenType, start, end, decodeUnicodeEscapes(token.payload, clause?.[1] ?? '\\', { start, end }));
    return true;
  }

  private unexpected(): SqlError {
    const { pos } = this;
    const c = String.fromCodePoint(this.sql.codePointAt(pos) ?? 0);
    return new SqlError('syntax_error', `syntax error at or near "${c}"`, { span: { start: pos, end: pos + c.length } });
  }
}
