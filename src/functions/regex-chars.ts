import { notSupported } from '../common/errors.ts';
import { charSet, complement, intersection, union, type CharSet } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';
import { DIGIT, HORIZONTAL, JAVA_CLASS, POSIX_CLASS, SPACE, SPACE_ASCII, VERTICAL, WORD } from './regex-classes.ts';
import { invalidRegex, type CharClass } from './regex-tree.ts';

interface Items {
  ranges: CharSet;
  properties: string[];
}

/** Escapes of characters and classes, and classes in brackets. */
export class CharReader {
  readonly #cursor: PatternCursor;
  readonly #java: boolean;

  constructor(cursor: PatternCursor, java: boolean) {
    this.#cursor = cursor;
    this.#java = java;
  }

  /** `\d`, `\p{..}` and the like; undefined when the escape is one character's. */
  classEscape(c: string): CharClass | undefined {
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
    const m = this.#cursor.match(/^(?:\{\^?(\w+)(?:=(\w+))?\}|([A-Z]))/, 60);
    if (m === null) throw invalidRegex('unknown character property');
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
  charEscape(c: string): string {
    const simple: Readonly<Record<string, string>> = { a: '\x07', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t' };
    const known = simple[c];
    if (known !== undefined) return known;
    if (!this.#java && c === 'v') return '\v';
    if (!this.#java && c === 'b') return '\b';
    if (!this.#java && c === 'B') return '\\';
    const hex = (pattern: RegExp): string => {
      const m = this.#cursor.match(pattern, 12);
      if (m === null) throw invalidRegex('invalid escape \\ sequence');
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
      case 'c':
        return String.fromCodePoint((this.#cursor.take().codePointAt(0) ?? 0) & 31);
      case '0': {
        const digits = this.#cursor.match(/^[0-7]{0,3}/, 3)?.[0] ?? '';
        return String.fromCodePoint(digits === '' ? 0 : Number.parseInt(digits, 8));
      }
      default:
        break;
    }
    if (/[A-Za-z]/.test(c)) throw invalidRegex('invalid escape \\ sequence');
    return c;
  }

  /** After `[`: up to and past `]`. */
  bracketClass(): CharClass {
    const negated = this.#cursor.peek() === '^';
    if (negated) this.#cursor.skip();
    const items: Items = { ranges: [], properties: [] };
    let meet: CharSet | undefined;
    const add = (cls: CharClass): void => {
      if (cls.negated && cls.properties.length > 0) throw notSupported('a negated property inside a class of a regular expression');
      items.ranges = union(items.ranges, cls.negated ? complement(cls.ranges) : cls.ranges);
      items.properties.push(...cls.properties);
    };
    for (let first = true; ; first = false) {
      const c = this.#cursor.peek();
      if (c === '') throw invalidRegex('brackets [] not balanced');
      if (c === ']' && (!first || this.#java)) {
        this.#cursor.skip();
        break;
      }
      if (this.#java && this.#cursor.startsWith('&&')) {
        this.#cursor.skip(2);
        if (items.properties.length > 0) throw notSupported('an intersection of properties in a regular expression');
        meet = meet === undefined ? items.ranges : intersection(meet, items.ranges);
        items.ranges = [];
        continue;
      }
      if (this.#java && c === '[') {
        this.#cursor.skip();
        add(this.bracketClass());
        continue;
      }
      if (c === '[' && this.#cursor.peek(1) === ':') {
        const m = this.#cursor.match(/^\[:([a-z]+):\]/, 14);
        const cls = m === null ? undefined : POSIX_CLASS[m[1] ?? ''];
        if (cls === undefined) throw invalidRegex('invalid character class');
        add({ ...cls, negated: false });
        continue;
      }
      const low = this.#bracketItem();
      if (typeof low !== 'string') {
        add(low);
        continue;
      }
      const from = low.codePointAt(0) ?? 0;
      if (this.#cursor.peek() === '-' && this.#cursor.peek(1) !== ']' && this.#cursor.peek(1) !== '') {
        this.#cursor.skip();
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
    const c = this.#cursor.take();
    if (c === '[' && (this.#cursor.peek() === '.' || this.#cursor.peek() === '=')) throw notSupported('a collating element in a regular expression');
    if (c !== '\\') return c;
    const next = this.#cursor.peek();
    if (next === '') throw invalidRegex('invalid escape \\ sequence');
    this.#cursor.skip();
    return this.classEscape(next) ?? this.charEscape(next);
  }
}
