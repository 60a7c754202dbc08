import { SqlError, notSupported } from '../../common/errors.ts';
import { numericFromText } from '../../common/types/numeric-text.ts';
import { compileRegex } from '../regex.ts';
import { isPredicate, METHODS, type JsonPath, type PathExpr, type Predicate, type Step } from './path.ts';

/**
 * SQL/JSON paths as PostgreSQL reads them, and the quoted keys that Flink's have besides (`$['key']`, `$.'key'`).
 * Errors: syntax_error; feature_not_supported for .datetime() and .keyvalue().
 */
const CACHE_MAX = 500;
const cache = new Map<string, JsonPath>();

export function parsePath(text: string): JsonPath {
  let found = cache.get(text);
  if (found === undefined) {
    found = new Parser(text).path();
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(text, found);
  }
  return found;
}

const TOKEN =
  /(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)*')|((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(\$"(?:[^"\\]|\\.)*"|\$[\p{L}_][\p{L}\p{N}_]*)|([\p{L}_][\p{L}\p{N}_$]*)|(\*\*|==|!=|<>|<=|>=|&&|\|\||[-+*/%<>!?@$.,:()[\]{}]))|\s+$/uy;

interface Token {
  readonly kind: 'string' | 'number' | 'variable' | 'word' | 'symbol' | 'end';
  readonly text: string;
}
/** Nesting that no one writes by hand. */
const DEPTH_MAX = 200;

class Parser {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #depth = 0;
  /** Filters and subscripts around the place. */
  #filters = 0;
  #subscripts = 0;

  constructor(source: string) {
    this.#source = source;
    const end = source.trimEnd().length;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < end) {
      const m = TOKEN.exec(source);
      if (m === null) throw this.#invalid();
      const [, double, single, number, variable, word, symbol] = m;
      if (double !== undefined) this.#tokens.push({ kind: 'string', text: unescaped(double) });
      else if (single !== undefined) this.#tokens.push({ kind: 'string', text: unescaped(single) });
      else if (number !== undefined) this.#tokens.push({ kind: 'number', text: number });
      else if (variable !== undefined) this.#tokens.push({ kind: 'variable', text: variable.startsWith('$"') ? unescaped(variable.slice(1)) : variable.slice(1) });
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word });
      else if (symbol !== undefined) this.#tokens.push({ kind: 'symbol', text: symbol });
    }
  }
  #invalid(): SqlError {
    return new SqlError('syntax_error', `invalid JSON path "${this.#source}"`, { hint: 'A path looks like $.key[0].' });
  }
  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }
  #is(text: string, ahead = 0): boolean {
    const t = this.#tokens[this.#at + ahead];
    return t !== undefined && t.kind !== 'string' && (t.kind === 'word' ? t.text.toLowerCase() === text : t.kind === 'symbol' && t.text === text);
  }
  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }
  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#invalid();
  }

  path(): JsonPath {
    const strict = this.#accept('strict');
    if (!strict) this.#accept('lax');
    const root = this.#or();
    if (this.#token.kind !== 'end') throw this.#invalid();
    return { strict, root };
  }

  #or(): PathExpr {
    if (++this.#depth > DEPTH_MAX) throw new SqlError('program_limit_exceeded', 'the JSON path is nested too deeply');
    let left = this.#and();
    while (this.#accept('||')) left = { kind: 'or', left: this.#predicate(left), right: this.#predicate(this.#and()) };
    this.#depth--;
    return left;
  }
  #and(): PathExpr {
    let left = this.#not();
    while (this.#accept('&&')) left = { kind: 'and', left: this.#predicate(left), right: this.#predicate(this.#not()) };
    return left;
  }
  #predicate(e: PathExpr): Predicate {
    if (!isPredicate(e)) throw this.#invalid();
    return e;
  }
  #not(): PathExpr {
    if (this.#accept('!')) {
      // `!` takes a predicate in parentheses or EXISTS.
      if (!this.#is('(') && !this.#is('exists')) throw this.#invalid();
      return { kind: 'not', arg: this.#predicate(this.#comparison()) };
    }
    return this.#comparison();
  }
  #comparison(): PathExpr {
    const left = this.#sum();
    const op = ['==', '!=', '<>', '<=', '>=', '<', '>'].find((o) => this.#is(o));
    if (op !== undefined) {
      this.#at++;
      return { kind: 'compare', op: op === '<>' ? '!=' : (op as '=='), left, right: this.#sum() };
    }
    if (this.#accept('like_regex')) return this.#likeRegex(left);
    if (this.#is('starts') && this.#is('with', 1)) {
      this.#at += 2;
      const t = this.#token;
      this.#at++;
      if (t.kind === 'string') return { kind: 'startsWith', arg: left, prefix: { kind: 'string', value: t.text } };
      if (t.kind === 'variable') return { kind: 'startsWith', arg: left, prefix: { kind: 'variable', name: t.text } };
      throw this.#invalid();
    }
    return left;
  }
  #likeRegex(arg: PathExpr): Predicate {
    const pattern = this.#string();
    const given = this.#accept('flag') ? this.#string() : '';
    if (!/^[ismxq]*$/.test(given)) throw new SqlError('syntax_error', `unrecognized flag character "${/[^ismxq]/.exec(given)?.[0] ?? ''}" in LIKE_REGEX predicate`);
    if (given.includes('x')) throw notSupported('flag "x" (expanded) of like_regex');
    const flags = [given.includes('m') ? (given.includes('s') ? 'w' : 'n') : given.includes('s') ? '' : 'p', ...(given.includes('i') ? ['i'] : []), ...(given.includes('q') ? ['q'] : [])].join('');
    compileRegex(pattern, flags);
    return { kind: 'likeRegex', arg, pattern, flags };
  }
  #string(): string {
    const t = this.#token;
    if (t.kind !== 'string') throw this.#invalid();
    this.#at++;
    return t.text;
  }
  #sum(): PathExpr {
    let left = this.#product();
    while (this.#is('+') || this.#is('-')) left = { kind: 'binary', op: this.#operator(), left, right: this.#product() };
    return left;
  }
  #product(): PathExpr {
    let left = this.#sign();
    while (this.#is('*') || this.#is('/') || this.#is('%')) left = { kind: 'binary', op: this.#operator(), left, right: this.#sign() };
    return left;
  }
  #operator(): '+' {
    const { text } = this.#token;
    this.#at++;
    return text as '+';
  }
  #sign(): PathExpr {
    if (this.#accept('-')) return { kind: 'unary', op: '-', arg: this.#sign() };
    if (this.#accept('+')) return { kind: 'unary', op: '+', arg: this.#sign() };
    return this.#accessed();
  }
  #accessed(): PathExpr {
    const base = this.#primary();
    const steps: Step[] = [];
    for (let step = this.#step(); step !== null; step = this.#step()) steps.push(step);
    return steps.length === 0 ? base : { kind: 'path', base, steps };
  }
  #primary(): PathExpr {
    const t = this.#token;
    this.#at++;
    switch (t.kind) {
      case 'string':
        return { kind: 'string', value: t.text };
      case 'number':
        return { kind: 'number', value: numericFromText(t.text) };
      case 'variable':
        return { kind: 'variable', name: t.text };
      case 'word':
        switch (t.text.toLowerCase()) {
          case 'true':
            return { kind: 'boolean', value: true };
          case 'false':
            return { kind: 'boolean', value: false };
          case 'null':
            return { kind: 'null' };
          case 'last':
            if (this.#subscripts === 0) throw new SqlError('syntax_error', 'LAST is allowed only in array subscripts');
            return { kind: 'last' };
          case 'exists': {
            this.#expect('(');
            const arg = this.#or();
            this.#expect(')');
            return { kind: 'exists', arg };
          }
          default:
            throw this.#invalid();
        }
      case 'symbol':
        if (t.text === '$') return { kind: 'root' };
        if (t.text === '@') {
          if (this.#filters === 0) throw new SqlError('syntax_error', '@ is not allowed in root expressions');
          return { kind: 'current' };
        }
        if (t.text === '(') return this.#parenthesised();
        break;
      default:
        break;
    }
    throw this.#invalid();
  }
  #parenthesised(): PathExpr {
    const inner = this.#or();
    this.#expect(')');
    if (this.#is('is') && this.#is('unknown', 1)) {
      this.#at += 2;
      return { kind: 'isUnknown', arg: this.#predicate(inner) };
    }
    return inner;
  }

  #step(): Step | null {
    if (this.#accept('[')) return this.#subscript();
    if (this.#accept('?')) {
      this.#expect('(');
      this.#filters++;
      const condition = this.#predicate(this.#or());
      this.#filters--;
      this.#expect(')');
      return { kind: 'filter', condition };
    }
    if (!this.#accept('.')) return null;
    if (this.#accept('*')) return { kind: 'anyKey' };
    if (this.#accept('**')) return this.#depths();
    const t = this.#token;
    this.#at++;
    if (t.kind === 'string') return { kind: 'key', key: t.text };
    // `$.$` and keys that begin with a dollar sign are read as a variable's token.
    if (t.kind === 'variable') return { kind: 'key', key: `$${t.text}` };
    if (t.kind !== 'word') throw this.#invalid();
    if (!this.#accept('(')) return { kind: 'key', key: t.text };
    const name = METHODS.find((m) => m === t.text);
    if (name === undefined) throw t.text === 'datetime' || t.text === 'keyvalue' ? notSupported(`JSON path method .${t.text}()`) : this.#invalid();
    this.#expect(')');
    return { kind: 'method', name };
  }
  #depths(): Step {
    if (!this.#accept('{')) return { kind: 'anyDepth', from: 0, to: Infinity };
    const level = (): number => {
      if (this.#accept('last')) return Infinity;
      const t = this.#token;
      this.#at++;
      if (t.kind !== 'number' || !/^\d+$/.test(t.text)) throw this.#invalid();
      return Number(t.text);
    };
    const from = level();
    const to = this.#accept('to') ? level() : from;
    this.#expect('}');
    return { kind: 'anyDepth', from, to };
  }
  #subscript(): Step {
    const t = this.#token;
    if (t.kind === 'string' && this.#is(']', 1)) {
      this.#at += 2;
      return { kind: 'key', key: t.text };
    }
    if (this.#is('*') && this.#is(']', 1)) {
      this.#at += 2;
      return { kind: 'anyItem' };
    }
    const ranges: { from: PathExpr; to: PathExpr | null }[] = [];
    this.#subscripts++;
    do {
      const from = this.#sum();
      ranges.push({ from, to: this.#accept('to') ? this.#sum() : null });
    } while (this.#accept(','));
    this.#subscripts--;
    this.#expect(']');
    return { kind: 'items', ranges };
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
function unescaped(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_all, braces: string | undefined, four: string | undefined, two: string | undefined, c: string | undefined) => {
    const hex = braces ?? four ?? two;
    if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
    return ESCAPES[c ?? ''] ?? c ?? '';
  });
}
