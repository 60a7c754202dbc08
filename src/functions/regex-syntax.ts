import { notSupported } from '../common/errors.ts';
import { ANY_CHAR, charsOf, union, without, type CharSet } from './char-set.ts';
import { PatternCursor } from './pattern-cursor.ts';
import { CharReader } from './regex-chars.ts';
import { JAVA_DOT, NEWLINE, VERTICAL } from './regex-classes.ts';
import { invalidRegex, type Anchor, type RegexNode, type SyntaxOptions } from './regex-tree.ts';

/** Reads PostgreSQL's advanced regular expressions and Java's into one tree. */

const DUP_MAX_POSTGRES = 255;
/** Groups in groups: what reads the tree calls itself as deep. */
const DEPTH_MAX = 250;
const GROUP_NAME = /^<([A-Za-z][A-Za-z0-9]*)>/;

/** Errors: invalid_regular_expression; feature_not_supported for what neither engine here can match. */
export function parseRegex(source: string, options: SyntaxOptions): RegexNode {
  return new RegexReader(source, options).whole();
}

/** One pass over the pattern's code points. */
class RegexReader {
  readonly #cursor: PatternCursor;
  readonly #chars: CharReader;
  readonly #java: boolean;
  readonly #names = new Map<string, number>();
  #o: SyntaxOptions;
  #groups = 0;
  #depth = 0;

  constructor(source: string, options: SyntaxOptions) {
    this.#java = options.dialect === 'java';
    this.#cursor = new PatternCursor(this.#java ? unquoted(source) : source);
    this.#chars = new CharReader(this.#cursor, this.#java);
    this.#o = options;
  }

  whole(): RegexNode {
    const node = this.#alternatives();
    if (!this.#cursor.done) throw invalidRegex('parentheses () not balanced');
    return node;
  }

  #alternatives(): RegexNode {
    const before = this.#o;
    const options = [this.#sequence()];
    while (this.#cursor.peek() === '|') {
      this.#cursor.skip();
      options.push(this.#sequence());
    }
    this.#o = before;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: 'alt', options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const c = this.#cursor.peek();
      if (c === '' || c === '|' || c === ')') break;
      if (this.#o.expanded && this.#skipSpace()) continue;
      const atom = this.#atom();
      if (atom !== undefined) items.push(this.#quantified(atom));
    }
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: 'seq', items };
  }

  #skipSpace(): boolean {
    if (/\s/.test(this.#cursor.peek())) this.#cursor.skip();
    else if (this.#cursor.peek() === '#') while (!this.#cursor.done && this.#cursor.peek() !== '\n') this.#cursor.skip();
    else return false;
    return true;
  }

  #one(ranges: CharSet, properties: readonly string[] = [], negated = false): RegexNode {
    return { kind: 'chars', of: { ranges, properties, negated }, ignoreCase: this.#o.ignoreCase };
  }

  #atom(): RegexNode | undefined {
    const c = this.#cursor.take();
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        return this.#one(this.#o.dot);
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
        if (this.#java || /[0-9]/.test(this.#cursor.peek())) throw invalidRegex('quantifier operand invalid');
        return this.#one(charsOf(c));
      default:
        return this.#one(charsOf(c));
    }
  }

  #quantified(atom: RegexNode): RegexNode {
    if (this.#o.expanded) while (this.#skipSpace()) continue;
    let node = atom;
    for (let first = true; ; first = false) {
      const range = this.#quantifier();
      if (range === undefined) return node;
      if (!first || (node.kind === 'anchor' && !this.#java)) throw invalidRegex('quantifier operand invalid');
      let lazy = false;
      if (this.#cursor.peek() === '?') {
        lazy = true;
        this.#cursor.skip();
      } else if (this.#java && this.#cursor.peek() === '+') throw notSupported('a possessive quantifier in a regular expression');
      node = { kind: 'repeat', body: node, min: range[0], max: range[1], lazy };
    }
  }

  #quantifier(): readonly [number, number] | undefined {
    const c = this.#cursor.peek();
    if (c === '*' || c === '+' || c === '?') {
      this.#cursor.skip();
      return c === '*' ? [0, Infinity] : c === '+' ? [1, Infinity] : [0, 1];
    }
    if (c !== '{') return undefined;
    const m = this.#cursor.match(/^\{(\d+)(?:(,)(\d*))?\}/, 24);
    if (m === null) {
      if (this.#java || /^\d/.test(this.#cursor.peek(1))) throw invalidRegex('invalid repetition count(s)');
      return undefined;
    }
    const min = Number(m[1]);
    const max = m[2] === undefined ? min : m[3] === '' ? Infinity : Number(m[3]);
    if (max < min || (!this.#java && (min > DUP_MAX_POSTGRES || (max !== Infinity && max > DUP_MAX_POSTGRES)))) throw invalidRegex('invalid repetition count(s)');
    return [min, max];
  }

  #group(): RegexNode | undefined {
    if (this.#cursor.peek() !== '?') {
      this.#groups++;
      return { kind: 'group', capture: true, body: this.#closed() };
    }
    this.#cursor.skip();
    for (const open of ['=', '!', '<=', '<!'] as const) {
      if (!this.#cursor.startsWith(open)) continue;
      this.#cursor.skip(open.length);
      return { kind: 'look', open: `(?${open}`, body: this.#closed() };
    }
    if (this.#cursor.peek() === ':') {
      this.#cursor.skip();
      return { kind: 'group', capture: false, body: this.#closed() };
    }
    if (this.#cursor.peek() === '#' && !this.#java) {
      while (this.#cursor.peek() !== '' && this.#cursor.peek() !== ')') this.#cursor.skip();
      this.#cursor.skip();
      return undefined;
    }
    if (!this.#java) throw invalidRegex('quantifier operand invalid');
    const name = this.#cursor.match(GROUP_NAME, 100);
    if (name !== null) {
      this.#groups++;
      this.#names.set(name[1] ?? '', this.#groups);
      return { kind: 'group', capture: true, body: this.#closed() };
    }
    const flags = this.#cursor.match(/^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/, 100);
    if (flags === null) throw this.#cursor.peek() === '>' ? notSupported('an atomic group in a regular expression') : invalidRegex('unknown group');
    const before = this.#o;
    this.#o = javaFlags(javaFlags(before, flags[1] ?? '', true), flags[2] ?? '', false);
    if (flags[3] === ')') return undefined;
    const body = this.#closed();
    this.#o = before;
    return { kind: 'group', capture: false, body };
  }

  #closed(): RegexNode {
    if (++this.#depth > DEPTH_MAX) throw invalidRegex('regular expression is too complex');
    const body = this.#alternatives();
    this.#depth--;
    if (this.#cursor.peek() !== ')') throw invalidRegex('parentheses () not balanced');
    this.#cursor.skip();
    return body;
  }

  #escape(): RegexNode | undefined {
    const c = this.#cursor.peek();
    if (c === '') throw invalidRegex('invalid escape \\ sequence');
    this.#cursor.skip();
    const anchors: Readonly<Record<string, Anchor>> = this.#java
      ? { A: 'textStart', Z: 'beforeLastNewline', z: 'textEnd', b: 'boundary', B: 'noBoundary' }
      : { A: 'textStart', Z: 'textEnd', m: 'wordStart', M: 'wordEnd', y: 'boundary', Y: 'noBoundary' };
    const anchor = anchors[c];
    if (anchor !== undefined) return { kind: 'anchor', anchor };
    if (/[1-9]/.test(c)) {
      let digits = c;
      while (/[0-9]/.test(this.#cursor.peek()) && Number(digits + this.#cursor.peek()) <= this.#groups) {
        digits += this.#cursor.peek();
        this.#cursor.skip();
      }
      if (Number(digits) > this.#groups) throw invalidRegex('invalid backreference number');
      return { kind: 'back', group: Number(digits) };
    }
    if (this.#java && c === 'k') {
      const name = this.#cursor.match(GROUP_NAME, 100);
      const group = this.#names.get(name?.[1] ?? '');
      if (name === null || group === undefined) throw invalidRegex('unknown group name');
      return { kind: 'back', group };
    }
    if (this.#java && c === 'R') {
      const crlf: RegexNode = { kind: 'seq', items: [this.#one([[13, 13]]), this.#one([[10, 10]])] };
      return { kind: 'group', capture: false, body: { kind: 'alt', options: [crlf, this.#one(VERTICAL)] } };
    }
    const cls = this.#chars.classEscape(c);
    if (cls !== undefined) return this.#one(cls.ranges, cls.properties, cls.negated);
    return this.#one(charsOf(this.#chars.charEscape(c)));
  }

  #bracket(): RegexNode {
    const cls = this.#chars.bracketClass();
    let { ranges } = cls;
    if (cls.negated && this.#o.classesWithoutNewline) ranges = union(ranges, NEWLINE);
    return this.#one(ranges, cls.properties, cls.negated);
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
