/**
 * How long a backtracking engine may take for a pattern: at worst about length ** exponent steps. A pattern whose choices
 * multiply without bound has the exponent Infinity. An upper bound, from the pattern's shape alone.
 */
export interface RegexCost {
  readonly exponent: number;
  /** A group that is captured within a repetition, or that may be left out or empty: engines differ in what it holds at the end. */
  readonly repeatsCapture: boolean;
}

interface Shape {
  /** Repetitions that may end anywhere, each multiplying the work by the length. */
  readonly free: number;
  readonly exponential: boolean;
  /** Nothing in it can match in two ways: no repetition, no choice. */
  readonly rigid: boolean;
  readonly captures: boolean;
  readonly repeatsCapture: boolean;
  /** What it can begin with when that is one literal character; null otherwise. */
  readonly first: string | null;
  /** Single character, class or escape. */
  readonly single: boolean;
  /** Its last part is a repetition, which costs nothing when the pattern ends with it. */
  readonly endsFree: number;
  /** May match nothing. */
  readonly nullable: boolean;
}

const ATOM: Shape = { free: 0, exponential: false, rigid: true, captures: false, repeatsCapture: false, first: null, single: true, endsFree: 0, nullable: false };
const EMPTY: Shape = { ...ATOM, single: false, nullable: true };
/** Optional parts beyond so many may combine too often. */
const OPTIONAL_MAX = 8;

/** @param source in JavaScript's unicode syntax. */
export function regexCost(source: string, multiline: boolean): RegexCost {
  const parser = new Parser(source);
  const shape = parser.alternatives();
  const anchored = !multiline && /^(?:\^|\(\?<!\[\\s\\S\]\))/.test(source) && !/(?<!\\)\|/.test(source);
  const exponential = shape.exponential || parser.optional > OPTIONAL_MAX || !parser.done;
  return { exponent: exponential ? Infinity : shape.free - shape.endsFree + (anchored ? 0 : 1), repeatsCapture: shape.repeatsCapture };
}

class Parser {
  readonly #text: string;
  #at = 0;
  optional = 0;

  constructor(text: string) {
    this.#text = text;
  }
  get done(): boolean {
    return this.#at >= this.#text.length;
  }
  #peek(): string {
    return this.#text[this.#at] ?? '';
  }
  #accept(token: RegExp): RegExpExecArray | null {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  alternatives(): Shape {
    const parts = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    // Alternatives that begin with different characters are no choice.
    const firsts = parts.map((p) => p.first);
    const told = !firsts.includes(null) && new Set(firsts).size === firsts.length;
    return {
      free: Math.max(...parts.map((p) => p.free)), exponential: parts.some((p) => p.exponential), rigid: told && parts.every((p) => p.rigid), captures: parts.some((p) => p.captures),
      repeatsCapture: parts.some((p) => p.repeatsCapture), first: null, single: false, endsFree: Math.min(...parts.map((p) => p.endsFree)), nullable: parts.some((p) => p.nullable),
    };
  }
  #sequence(): Shape {
    let all = EMPTY;
    let empty = true;
    while (!this.done && this.#peek() !== '|' && this.#peek() !== ')') {
      const part = this.#repeated();
      all = {
        free: all.free + part.free, exponential: all.exponential || part.exponential, rigid: all.rigid && part.rigid, captures: all.captures || part.captures,
        repeatsCapture: all.repeatsCapture || part.repeatsCapture, first: empty ? part.first : all.first, single: false, endsFree: part.endsFree, nullable: all.nullable && part.nullable,
      };
      empty = false;
    }
    return all;
  }
  #repeated(): Shape {
    const atom = this.#atom();
    const found = this.#accept(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y);
    if (found === null) return atom;
    const [text, low, comma, high] = found;
    const most = low === undefined ? (text.startsWith('?') ? 1 : Infinity) : comma === '' ? Number(low) : high === '' ? Infinity : Number(high);
    const repeatsCapture = atom.repeatsCapture || (atom.captures && (most > 1 || atom.nullable));
    const nullable = atom.nullable || low === undefined ? !text.startsWith('+') || atom.nullable : Number(low) === 0;
    if (low !== undefined && comma === '') return { ...atom, first: null, single: false, repeatsCapture, nullable, exponential: atom.exponential || (!atom.rigid && Number(low) > 1) };
    if (most === 1) {
      this.optional++;
      return { ...atom, rigid: false, first: null, single: false, repeatsCapture, nullable, endsFree: 0 };
    }
    // Of something that matches in one way only, a repetition has as many ends as the text has places.
    return { free: atom.free + 1, exponential: atom.exponential || !atom.rigid, rigid: false, captures: atom.captures, repeatsCapture, first: null, single: false, endsFree: atom.rigid ? 1 : 0, nullable };
  }
  #atom(): Shape {
    if (this.#accept(/\((?:\?:|\?[=!]|\?<[=!]|\?<[A-Za-z_]\w*>)?/y) !== null) {
      const open = this.#text.slice(0, this.#at);
      const inner = this.alternatives();
      this.#at++;
      if (/\(\?<?[=!]$/.test(open)) {
        // Looked at anew at every place.
        const plain = /\(\?<?[=!]$/.test(open) && /^(?:\[\\s\\S\]|\\w|\\n\?\(\?!\[\\s\\S\]\))\)/.test(this.#text.slice(open.length));
        return { ...EMPTY, free: plain ? 0 : inner.free + 1, exponential: inner.exponential, rigid: true, captures: inner.captures };
      }
      return { ...inner, single: false, captures: inner.captures || !open.endsWith('(?:') };
    }
    if (this.#accept(/\[(?:\\.|[^\]\\])*\]/ys) !== null) return ATOM;
    // A back reference may match much.
    if (this.#accept(/\\[1-9]\d*|\\k<\w+>/y) !== null) return { ...ATOM, free: 1, single: false };
    if (this.#accept(/\\[bB]|[\^$]/y) !== null) return EMPTY;
    const escape = this.#accept(/\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|.)/ys);
    if (escape !== null) return /^\\[^\w\s]$/.test(escape[0]) ? { ...ATOM, first: escape[0][1] ?? null } : ATOM;
    const c = this.#accept(/./ysu);
    return c === null || c[0] === '.' ? ATOM : { ...ATOM, first: c[0] };
  }
}
