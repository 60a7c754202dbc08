import { SqlError, notSupported } from '../common/errors.ts';
import { ANY_CHAR, charSet, charsOf, complement, intersection, union, without, type CharSet } from './char-set.ts';

/** Reads PostgreSQL's advanced regular expressions and Java's into one tree. */

export type RegexDialect = 'postgres' | 'java';

/** One character: explicit ranges, and properties (`\p{L}`) that only an engine knows. */
export interface CharClass {
  readonly ranges: CharSet;
  /** Source of property escapes, as both engines spell them. */
  readonly properties: readonly string[];
  readonly negated: boolean;
}

export type Anchor = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'beforeLastNewline' | 'boundary' | 'noBoundary' | 'wordStart' | 'wordEnd';

export type RegexNode =
  | { readonly kind: 'chars'; readonly of: CharClass; readonly ignoreCase: boolean }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'look'; readonly open: '(?=' | '(?!' | '(?<=' | '(?<!'; readonly body: RegexNode }
  | { readonly kind: 'group'; readonly capture: boolean; readonly body: RegexNode }
  | { readonly kind: 'seq'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'alt'; readonly options: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'back'; readonly group: number };

export interface SyntaxOptions {
  readonly dialect: RegexDialect;
  readonly ignoreCase: boolean;
  /** `^` and `$` match at lines. */
  readonly lines: boolean;
  /** What `.` and negated classes leave out. */
  readonly dot: CharSet;
  /** PostgreSQL's newline-sensitive modes: negated classes leave out the newline too. */
  readonly classesWithoutNewline: boolean;
  readonly expanded: boolean;
}

export function invalidRegex(detail: string): SqlError {
  return new SqlError('invalid_regular_expression', `invalid regular expression: ${detail}`);
}

const DIGIT: CharSet = [[48, 57]];
const ALPHA: CharSet = [[65, 90], [97, 122]];
const WORD: CharSet = [[48, 57], [65, 90], [95, 95], [97, 122]];
const SPACE_ASCII: CharSet = [[9, 13], [32, 32]];
/** White space without the no-break forms, as C libraries class it. */
const SPACE: CharSet = [[9, 13], [32, 32], [0x1680, 0x1680], [0x2000, 0x2006], [0x2008, 0x200a], [0x2028, 0x2029], [0x205f, 0x205f], [0x3000, 0x3000]];
const HORIZONTAL: CharSet = [[9, 9], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x180e, 0x180e], [0x2000, 0x200a], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000]];
const VERTICAL: CharSet = [[10, 13], [0x85, 0x85], [0x2028, 0x2029]];
const PUNCT: CharSet = [[33, 47], [58, 64], [91, 96], [123, 126]];
const HEX: CharSet = [[48, 57], [65, 70], [97, 102]];
export const NEWLINE: CharSet = [[10, 10]];
/** Java's line terminators. */
export const JAVA_DOT: CharSet = complement([[10, 10], [13, 13], [0x85, 0x85], [0x2028, 0x2029]]);

interface Items {
  ranges: CharSet;
  properties: string[];
}

const POSIX_CLASS: Readonly<Record<string, Items>> = {
  alpha: { ranges: ALPHA, properties: ['\\p{L}'] },
  digit: { ranges: DIGIT, properties: [] },
  alnum: { ranges: union(ALPHA, DIGIT), properties: ['\\p{L}', '\\p{N}'] },
  upper: { ranges: [[65, 90]], properties: ['\\p{Lu}'] },
  lower: { ranges: [[97, 122]], properties: ['\\p{Ll}'] },
  space: { ranges: SPACE, properties: [] },
  blank: { ranges: [[9, 9], [32, 32]], properties: [] },
  punct: { ranges: PUNCT, properties: [] },
  cntrl: { ranges: [[0, 31], [127, 127]], properties: [] },
  xdigit: { ranges: HEX, properties: [] },
  print: { ranges: [[0x20, 0x7e], [0xa0, 0x10ffff]], properties: [] },
  graph: { ranges: [[0x21, 0x7e], [0xa1, 0x10ffff]], properties: [] },
  word: { ranges: WORD, properties: [] },
};

const JAVA_CLASS: Readonly<Record<string, CharSet>> = {
  Lower: [[97, 122]], Upper: [[65, 90]], ASCII: [[0, 127]], Alpha: ALPHA, Digit: DIGIT, Alnum: union(ALPHA, DIGIT), Punct: PUNCT, Graph: [[33, 126]],
  Print: [[32, 126]], Blank: [[9, 9], [32, 32]], Cntrl: [[0, 31], [127, 127]], XDigit: HEX, Space: SPACE_ASCII,
};

const DUP_MAX_POSTGRES = 255;

/** Errors: invalid_regular_expression; feature_not_supported for what neither engine here can match. */
export function parseRegex(source: string, options: SyntaxOptions): RegexNode {
  return new RegexReader(source, options).whole();
}

/** One pass over the pattern's code points. */
class RegexReader {
  readonly #points: readonly string[];
  readonly #java: boolean;
  readonly #names = new Map<string, number>();
  #o: SyntaxOptions;
  #at = 0;
  #groups = 0;

  constructor(source: string, options: SyntaxOptions) {
    this.#java = options.dialect === 'java';
    this.#points = Array.from(this.#java ? unquoted(source) : source);
    this.#o = options;
  }

  whole(): RegexNode {
    const node = this.#alternatives();
    if (this.#at < this.#points.length) throw invalidRegex('parentheses () not balanced');
    return node;
  }

  #peek(offset = 0): string {
    return this.#points[this.#at + offset] ?? '';
  }

  #startsWith(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#peek(i) !== text[i]) return false;
    return true;
  }

  #alternatives(): RegexNode {
    const before = this.#o;
    const options = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      options.push(this.#sequence());
    }
    this.#o = before;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: 'alt', options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const c = this.#peek();
      if (c === '' || c === '|' || c === ')') break;
      if (this.#o.expanded && this.#skipSpace()) continue;
      const atom = this.#atom();
      if (atom !== undefined) items.push(this.#quantified(atom));
    }
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: 'seq', items };
  }

  #skipSpace(): boolean {
    if (/\s/.test(this.#peek())) this.#at++;
    else if (this.#peek() === '#') while (this.#at < this.#points.length && this.#points[this.#at] !== '\n') this.#at++;
    else return false;
    return true;
  }

  #chars(ranges: CharSet, properties: readonly string[] = [], negated = false): RegexNode {
    return { kind: 'chars', of: { ranges, properties, negated }, ignoreCase: this.#o.ignoreCase };
  }

  #atom(): RegexNode | undefined {
    const c = this.#peek();
    this.#at++;
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        return this.#chars(this.#o.dot);
      case '^':
        return { kind: 'anchor', anchor: this.#o.lines ? 'lineStart' : 'textStart' };
      case '$':
        return { kind: 'anchor', anchor: this.#o.lines ? 'lineEnd' : this.#java ? 'beforeLastNewline' : 'textEnd' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw invalidRegex('quantifier operand invalid');
      case '{':
        if (this.#java || /[0-9]/.test(this.#peek())) throw invalidRegex('quantifier operand invalid');
        return this.#chars(charsOf(c));
      default:
        return this.#chars(charsOf(c));
    }
  }

  #quantified(atom: RegexNode): RegexNode {
    if (this.#o.expanded) while (this.#skipSpace()) continue;
    let node = atom;
    for (let first = true; ; first = false) {
      const range = this.#quantifier();
      if (range === undefined) return node;
      if (!first && !this.#java) throw invalidRegex('quantifier operand invalid');
      if (!first) throw invalidRegex('quantifier operand invalid');
      if (node.kind === 'anchor' && !this.#java) throw invalidRegex('quantifier operand invalid');
      let lazy = false;
      if (this.#peek() === '?') {
        lazy = true;
        this.#at++;
      } else if (this.#java && this.#peek() === '+') throw notSupported('a possessive quantifier in a regular expression');
      node = { kind: 'repeat', body: node, min: range[0], max: range[1], lazy };
    }
  }

  #quantifier(): readonly [number, number] | undefined {
    const c = this.#peek();
    if (c === '*' || c === '+' || c === '?') {
      this.#at++;
      return c === '*' ? [0, Infinity] : c === '+' ? [1, Infinity] : [0, 1];
    }
    if (c !== '{') return undefined;
    const text = this.#points.slice(this.#at, this.#at + 24).join('');
    const m = /^\{(\d+)(?:(,)(\d*))?\}/.exec(text);
    if (m === null) {
      if (this.#java || /^\{\d/.test(text)) throw invalidRegex('invalid repetition count(s)');
      return undefined;
    }
    this.#at += m[0].length;
    const min = Number(m[1]);
    const max = m[2] === undefined ? min : m[3] === '' ? Infinity : Number(m[3]);
    if (max < min || (!this.#java && (min > DUP_MAX_POSTGRES || (max !== Infinity && max > DUP_MAX_POSTGRES)))) throw invalidRegex('invalid repetition count(s)');
    return [min, max];
  }

  #group(): RegexNode | undefined {
    if (this.#peek() !== '?') {
      this.#groups++;
      return { kind: 'group', capture: true, body: this.#closed() };
    }
    this.#at++;
    for (const open of ['=', '!', '<=', '<!'] as const) {
      if (!this.#startsWith(open)) continue;
      this.#at += open.length;
      return { kind: 'look', open: `(?${open}`, body: this.#closed() };
    }
    if (this.#peek() === ':') {
      this.#at++;
      return { kind: 'group', capture: false, body: this.#closed() };
    }
    if (this.#peek() === '#' && !this.#java) {
      while (this.#peek() !== '' && this.#peek() !== ')') this.#at++;
      this.#at++;
      return undefined;
    }
    if (!this.#java) throw invalidRegex('quantifier operand invalid');
    const rest = this.#points.slice(this.#at, this.#at + 100).join('');
    const name = /^<([A-Za-z][A-Za-z0-9]*)>/.exec(rest);
    if (name !== null) {
      this.#at += name[0].length;
      this.#groups++;
      this.#names.set(name[1] ?? '', this.#groups);
      return { kind: 'group', capture: true, body: this.#closed() };
    }
    const flags = /^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(rest);
    if (flags === null) throw this.#peek() === '>' ? notSupported('an atomic group in a regular expression') : invalidRegex('unknown group');
    this.#at += flags[0].length;
    const before = this.#o;
    this.#o = javaFlags(javaFlags(before, flags[1] ?? '', true), flags[2] ?? '', false);
    if (flags[3] === ')') return undefined;
    const body = this.#closed();
    this.#o = before;
    return { kind: 'group', capture: false, body };
  }

  #closed(): RegexNode {
    const body = this.#alternatives();
    if (this.#peek() !== ')') throw invalidRegex('parentheses () not balanced');
    this.#at++;
    return body;
  }

  #escape(): RegexNode | undefined {
    const c = this.#peek();
    if (c === '') throw invalidRegex('invalid escape \\ sequence');
    this.#at++;
    const anchors: Readonly<Record<string, Anchor>> = this.#java
      ? { A: 'textStart', Z: 'beforeLastNewline', z: 'textEnd', b: 'boundary', B: 'noBoundary' }
      : { A: 'textStart', Z: 'textEnd', m: 'wordStart', M: 'wordEnd', y: 'boundary', Y: 'noBoundary' };
    const anchor = anchors[c];
    if (anchor !== undefined) return { kind: 'anchor', anchor };
    if (/[1-9]/.test(c)) {
      let digits = c;
      while (/[0-9]/.test(this.#peek()) && Number(digits + this.#peek()) <= this.#groups) {
        digits += this.#peek();
        this.#at++;
      }
      if (Number(digits) > this.#groups) throw invalidRegex('invalid backreference number');
      return { kind: 'back', group: Number(digits) };
    }
    if (this.#java && c === 'k') {
      const name = /^<([A-Za-z][A-Za-z0-9]*)>/.exec(this.#points.slice(this.#at, this.#at + 100).join(''));
      const group = this.#names.get(name?.[1] ?? '');
      if (name === null || group === undefined) throw invalidRegex('unknown group name');
      this.#at += name[0].length;
      return { kind: 'back', group };
    }
    if (this.#java && c === 'R') {
      const crlf: RegexNode = { kind: 'seq', items: [this.#chars([[13, 13]]), this.#chars([[10, 10]])] };
      return { kind: 'group', capture: false, body: { kind: 'alt', options: [crlf, this.#chars(VERTICAL)] } };
    }
    const cls = this.#classEscape(c);
    if (cls !== undefined) return this.#chars(cls.ranges, cls.properties, cls.negated);
    return this.#chars(charsOf(this.#charEscape(c)));
  }

  /** `\d`, `\p{..}` and the like; undefined when the escape is one character's. */
  #classEscape(c: string): CharClass | undefined {
    const of = (ranges: CharSet, negated = false): CharClass => ({ ranges: negated ? complement(ranges) : ranges, properties: [], negated: false });
    const upper = c === c.toUpperCase();
    switch (c) {
      case 'd':
      case 'D':
        return of(DIGIT, upper);
      case 'w':
      case 'W':
        return of(WORD, upper);
      case 's':
      case 'S':
        return of(this.#java ? SPACE_ASCII : SPACE, upper);
      case 'h':
      case 'H':
        return this.#java ? of(HORIZONTAL, upper) : undefined;
      case 'v':
      case 'V':
        return this.#java ? of(VERTICAL, upper) : undefined;
      case 'p':
      case 'P':
        return this.#java ? this.#property(upper) : undefined;
      default:
        return undefined;
    }
  }

  #property(negated: boolean): CharClass {
    const m = /^(?:\{\^?(\w+)(?:=(\w+))?\}|([A-Z]))/.exec(this.#points.slice(this.#at, this.#at + 60).join(''));
    if (m === null) throw invalidRegex('unknown character property');
    this.#at += m[0].length;
    const name = m[1] ?? m[3] ?? '';
    const ascii = JAVA_CLASS[name];
    if (ascii !== undefined) return { ranges: negated ? complement(ascii) : ascii, properties: [], negated: false };
    const escape = negated ? '\\P' : '\\p';
    if (m[2] !== undefined) return { ranges: [], properties: [`${escape}{${m[2]}}`], negated: false };
    const plain = name.startsWith('Is') ? name.slice(2) : name;
    const spelled = /^[A-Z][a-z]?$/.test(plain) || plain === 'Alphabetic' ? `${escape}{${plain}}` : `${escape}{Script=${plain}}`;
    return { ranges: [], properties: [spelled], negated: false };
  }

  /** The character that an escape stands for. */
  #charEscape(c: string): string {
    const simple: Readonly<Record<string, string>> = { a: '\x07', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t' };
    const known = simple[c];
    if (known !== undefined) return known;
    if (!this.#java && c === 'v') return '\v';
    if (!this.#java && c === 'b') return '\b';
    if (!this.#java && c === 'B') return '\\';
    const hex = (pattern: RegExp): string => {
      const m = pattern.exec(this.#points.slice(this.#at, this.#at + 12).join(''));
      if (m === null) throw invalidRegex('invalid escape \\ sequence');
      this.#at += m[0].length;
      const point = Number.parseInt(m[1] ?? m[2] ?? '', 16);
      if (point > 0x10ffff) throw invalidRegex('invalid escape \\ sequence');
      return String.fromCodePoint(point);
    };
    switch (c) {
      case 'x':
        return this.#java ? hex(/^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/) : hex(/^([0-9A-Fa-f]{1,8})/);
      case 'u':
        return hex(/^([0-9A-Fa-f]{4})/);
      case 'U':
        if (!this.#java) return hex(/^([0-9A-Fa-f]{8})/);
        break;
      case 'c': {
        const control = this.#peek();
        this.#at++;
        return String.fromCodePoint((control.codePointAt(0) ?? 0) & 31);
      }
      case '0': {
        const digits = /^[0-7]{0,3}/.exec(this.#points.slice(this.#at, this.#at + 3).join(''))?.[0] ?? '';
        this.#at += digits.length;
        return String.fromCodePoint(digits === '' ? 0 : Number.parseInt(digits, 8));
      }
      default:
        break;
    }
    if (/[A-Za-z]/.test(c)) throw invalidRegex('invalid escape \\ sequence');
    return c;
  }

  #bracket(): RegexNode {
    const cls = this.#bracketClass();
    let { ranges } = cls;
    if (cls.negated && this.#o.classesWithoutNewline) ranges = union(ranges, NEWLINE);
    return this.#chars(ranges, cls.properties, cls.negated);
  }

  /** After `[`: up to and past `]`. */
  #bracketClass(): CharClass {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const items: Items = { ranges: [], properties: [] };
    let meet: CharSet | undefined;
    const add = (cls: CharClass): void => {
      if (cls.negated && cls.properties.length > 0) throw notSupported('a negated property inside a class of a regular expression');
      items.ranges = union(items.ranges, cls.negated ? complement(cls.ranges) : cls.ranges);
      items.properties.push(...cls.properties);
    };
    for (let first = true; ; first = false) {
      const c = this.#peek();
      if (c === '') throw invalidRegex('brackets [] not balanced');
      if (c === ']' && (!first || this.#java)) {
        this.#at++;
        break;
      }
      if (this.#java && this.#startsWith('&&')) {
        this.#at += 2;
        if (items.properties.length > 0) throw notSupported('an intersection of properties in a regular expression');
        meet = meet === undefined ? items.ranges : intersection(meet, items.ranges);
        items.ranges = [];
        continue;
      }
      if (this.#java && c === '[') {
        this.#at++;
        add(this.#bracketClass());
        continue;
      }
      if (c === '[' && this.#peek(1) === ':') {
        const m = /^\[:([a-z]+):\]/.exec(this.#points.slice(this.#at, this.#at + 14).join(''));
        const cls = m === null ? undefined : POSIX_CLASS[m[1] ?? ''];
        if (m === null || cls === undefined) throw invalidRegex('invalid character class');
        this.#at += m[0].length;
        add({ ...cls, negated: false });
        continue;
      }
      const low = this.#bracketItem();
      if (typeof low !== 'string') {
        add(low);
        continue;
      }
      const from = low.codePointAt(0) ?? 0;
      if (this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '') {
        this.#at++;
        const high = this.#bracketItem();
        const to = typeof high === 'string' ? (high.codePointAt(0) ?? 0) : -1;
        if (to < from) throw invalidRegex('invalid character range');
        items.ranges = union(items.ranges, [[from, to]]);
      } else items.ranges = union(items.ranges, [[from, from]]);
    }
    if (meet !== undefined) {
      if (items.properties.length > 0) throw notSupported('an intersection of properties in a regular expression');
      items.ranges = intersection(meet, items.ranges);
    }
    return { ranges: charSet(items.ranges), properties: items.properties, negated };
  }

  #bracketItem(): string | CharClass {
    const c = this.#peek();
    this.#at++;
    if (c === '[' && (this.#peek() === '.' || this.#peek() === '=')) throw notSupported('a collating element in a regular expression');
    if (c !== '\\') return c;
    const next = this.#peek();
    if (next === '') throw invalidRegex('invalid escape \\ sequence');
    this.#at++;
    return this.#classEscape(next) ?? this.#charEscape(next);
  }
}

/** Java's `\Q…\E`, character by character. */
const unquoted = (source: string): string =>
  source.replace(/((?:^|[^\\])(?:\\\\)*)\\Q([\s\S]*?)(?:\\E|$)/g, (_all, before: string, text: string) => before + text.replace(/[^A-Za-z0-9\s]/gu, '\\$&'));

function javaFlags(options: SyntaxOptions, flags: string, on: boolean): SyntaxOptions {
  let out = options;
  for (const f of flags) {
    if (f === 'i') out = { ...out, ignoreCase: on };
    else if (f === 'm') out = { ...out, lines: on };
    else if (f === 's') out = { ...out, dot: on ? ANY_CHAR : JAVA_DOT };
    else if (f === 'x') out = { ...out, expanded: on };
    else if (f === 'd') out = { ...out, dot: without(ANY_CHAR, NEWLINE) };
    else if (f !== 'u' && f !== 'U') throw invalidRegex(`unknown flag "${f}"`);
  }
  return out;
}
