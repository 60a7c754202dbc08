import { RE2JS } from 're2js';
import { SqlError, notSupported } from '../common/errors.ts';
import { ANY_CHAR, complement } from './char-set.ts';
import { endsAtEnd, hasLazy, longestWithin, mayStopShort, mixesPreferences, preference, programSize, repeatsCapture } from './regex-analysis.ts';
import { JAVA_DOT, NEWLINE } from './regex-classes.ts';
import { mapNodes, regexToJs, regexToRe2, someNode } from './regex-emit.ts';
import { parseRegex } from './regex-syntax.ts';
import { invalidRegex, type RegexDialect, type RegexNode, type SyntaxOptions } from './regex-tree.ts';

/**
 * Regular expressions of PostgreSQL (advanced) and Java.
 *
 * A pattern is parsed once. The runtime's backtracking engine matches it on texts short enough that its worst case, derived
 * from the pattern, stays within a step budget; longer texts go to RE2, linear in the text (and some twenty times slower
 * per character). Look-around and back references, which RE2 doesn't have, are matched up to a larger budget, then refused.
 *
 * PostgreSQL prefers the longest match (or the shortest, by the first quantifier) where Java and RE2 prefer the first by
 * order of alternatives: where the two may differ, the longest is asked of RE2.
 */

const PATTERN_MAX = 10_000;
const INPUT_MAX = 1_000_000;
/** Characters and anchors, counted repetitions written out: PostgreSQL calls such patterns too complex, too. */
const SIZE_MAX = 100_000;
/** Size times text that the linear engine takes on: a second or two at worst. */
const LINEAR_MAX = 20_000_000;
const CACHE_MAX = 500;
/** Steps; about a millisecond and a half. */
const BUDGET = 1_000_000;
/** For patterns that only backtracking can match; under a tenth of a second. */
const BUDGET_ALONE = 50_000_000;

const cache = new Map<string, Regex>();

/** A match: the whole at 0, then the groups; `undefined` for a group that took no part. */
export interface RegexMatch {
  readonly index: number;
  readonly end: number;
  /** The whole, then groups. */
  readonly parts: readonly (string | undefined)[];
}

/** One compiled pattern. */
export class Regex {
  readonly #js: RegExp;
  readonly #from: RegExp;
  readonly #re2: RE2JS | undefined;
  readonly #re2Longest: RE2JS | undefined;
  /** Texts up to this length are matched by backtracking. */
  readonly #jsMax: number;
  /** Texts up to this length are matched at all. */
  readonly #textMax: number;
  /** Backtracking's first match is the one that the dialect wants. */
  readonly #inOrder: boolean;
  readonly #longest: boolean;
  /** RE2 knows no Java line ends: it may be asked about texts that this doesn't match. */
  readonly #lineEnds: RegExp | undefined;
  readonly #uniform: Regex | undefined;
  readonly #sticky: RegExp | undefined;
  #groups: number | undefined;

  constructor(node: RegexNode, dialect: RegexDialect) {
    const size = programSize(node);
    if (size > SIZE_MAX) throw invalidRegex('regular expression is too complex');
    this.#textMax = Math.min(INPUT_MAX, Math.floor(LINEAR_MAX / Math.max(1, size)));
    this.#js = toRegExp(node, 'u');
    this.#from = toRegExp(node, 'gu');
    const postgres = dialect === 'postgres';
    const mixed = postgres && mixesPreferences(node) && !endsAtEnd(node);
    const longest = postgres && !hasLazy(node) && !endsAtEnd(node) && mayStopShort(node);
    this.#inOrder = !longest && !mixed && !repeatsCapture(node);
    this.#longest = longest;
    const source = regexToRe2(node);
    this.#re2 = source === undefined ? undefined : toRe2(source, 0);
    this.#re2Longest = longest && source !== undefined ? toRe2(source, RE2JS.LONGEST_MATCH) : undefined;
    this.#jsMax = longestWithin(node, this.#re2 === undefined ? BUDGET_ALONE : BUDGET);
    this.#lineEnds = !postgres && someNode(node, (n) => n.kind === 'anchor' && (n.anchor === 'lineStart' || n.anchor === 'lineEnd' || n.anchor === 'beforeLastNewline')) ? /[\r\u0085\u2028\u2029]|\n$/u : undefined;
    if (mixed) {
      // First the extent, as the whole prefers; then how the parts share it.
      if (someNode(node, (n) => n.kind === 'look' || (n.kind === 'anchor' && n.anchor !== 'textStart'))) {
        throw notSupported('a regular expression that mixes greedy and non-greedy quantifiers with look-around or word ends');
      }
      const lazy = preference(node) === 'lazy';
      this.#uniform = new Regex(mapNodes(node, (n) => (n.kind === 'repeat' ? { ...n, lazy } : n)), dialect);
      this.#sticky = toRegExp({ kind: 'seq', items: [{ kind: 'group', capture: false, body: node }, { kind: 'anchor', anchor: 'textEnd' }] }, 'uy');
    } else {
      this.#uniform = undefined;
      this.#sticky = undefined;
    }
  }

  /** How many capturing groups the pattern has. */
  get groups(): number {
    this.#groups ??= (new RegExp(`${this.#js.source}|`, this.#js.flags).exec('')?.length ?? 1) - 1;
    return this.#groups;
  }

  /** Whether the pattern matches somewhere. Errors: program_limit_exceeded. */
  test(text: string): boolean {
    if (text.length <= this.#jsMax) return this.#js.test(text);
    return this.#linear(text, this.#re2).matcher(text).find();
  }

  /** The first match that starts at `from` or later. Errors: program_limit_exceeded. */
  exec(text: string, from = 0): RegexMatch | null {
    if (this.#uniform !== undefined && this.#sticky !== undefined) {
      const extent = this.#uniform.exec(text, from);
      if (extent === null) return null;
      if (text.length > this.#jsMax) throw tooLong(text, this.#jsMax);
      this.#sticky.lastIndex = extent.index;
      const shared = this.#sticky.exec(text.slice(0, extent.end));
      return shared === null ? extent : matchOf(shared);
    }
    if (this.#inOrder && text.length <= this.#jsMax) {
      if (from === 0) {
        const found = this.#js.exec(text);
        return found === null ? null : matchOf(found);
      }
      this.#from.lastIndex = from;
      const found = this.#from.exec(text);
      return found === null ? null : matchOf(found);
    }
    const engine = this.#longest ? this.#re2Longest : this.#re2;
    if (!this.#inOrder && engine === undefined) {
      throw notSupported('this regular expression', undefined, 'Look-around or back references beside alternatives that may match more or less, or repeated groups, can’t be told apart as PostgreSQL and Java do.');
    }
    // The cheap engine tells most texts without any match.
    if (!this.#inOrder && from === 0 && text.length <= this.#jsMax && !this.#js.test(text)) return null;
    const matcher = this.#linear(text, engine).matcher(text);
    if (!matcher.find(from)) return null;
    const parts: (string | undefined)[] = [];
    for (let i = 0; i <= matcher.groupCount(); i++) parts.push(matcher.group(i) ?? undefined);
    return { index: matcher.start(), end: matcher.end(), parts };
  }

  /** Every match; after an empty one the search moves on by a character. */
  *all(text: string, from = 0): Generator<RegexMatch> {
    for (let at = from; at <= text.length; ) {
      const found = this.exec(text, at);
      if (found === null) return;
      yield found;
      at = found.end > found.index ? found.end : found.end + ((text.codePointAt(found.end) ?? 0) > 0xffff ? 2 : 1);
    }
  }

  #linear(text: string, engine: RE2JS | undefined): RE2JS {
    if (text.length > this.#textMax) throw tooLong(text, this.#textMax);
    if (engine === undefined) throw tooLong(text, this.#jsMax);
    if (this.#lineEnds !== undefined && text.length > this.#jsMax && this.#lineEnds.test(text)) throw tooLong(text, this.#jsMax);
    return engine;
  }
}

const matchOf = (found: RegExpExecArray): RegexMatch => ({ index: found.index, end: found.index + found[0].length, parts: found });

function tooLong(text: string, max: number): SqlError {
  return new SqlError('program_limit_exceeded', `text of ${text.length} characters is too long for this regular expression`, {
    hint: `At most ${max} characters are matched.`,
  });
}

function toRegExp(node: RegexNode, flags: string): RegExp {
  try {
    return new RegExp(regexToJs(node), flags);
  } catch (error) {
    throw invalidRegex(error instanceof Error ? error.message.replace(/^.*: /s, '') : String(error));
  }
}

function toRe2(source: string, flags: number): RE2JS | undefined {
  try {
    return RE2JS.compile(source, flags);
  } catch {
    return undefined;
  }
}

/**
 * @param flags PostgreSQL's: `i`, `c`, `n`/`m` (newline-sensitive), `p`, `w`, `s`, `x`, `q`, and `g`, which is the caller's matter.
 * Errors: invalid_regular_expression, invalid_parameter_value for a flag, feature_not_supported.
 */
export function compileRegex(pattern: string, flags: string, dialect: RegexDialect = 'postgres'): Regex {
  const key = `${dialect}/${flags}/${pattern}`;
  let found = cache.get(key);
  if (found === undefined) {
    if (pattern.length > PATTERN_MAX) throw invalidRegex('regular expression is too complex');
    found = compile(pattern, flags, dialect);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(key, found);
  }
  return found;
}

function compile(pattern: string, flags: string, dialect: RegexDialect): Regex {
  let source = pattern;
  let flagList = flags;
  let literal = false;
  if (dialect === 'postgres') {
    if (source.startsWith('***=')) {
      literal = true;
      source = source.slice(4);
    } else if (source.startsWith('***:')) source = source.slice(4);
    const embedded = /^\(\?([a-z]+)\)/.exec(source);
    if (embedded !== null && !literal) {
      flagList += embedded[1] ?? '';
      source = source.slice(embedded[0].length);
    }
  }
  const unknown = Array.from(flagList).find((f) => !'gicnmpwsxtebq'.includes(f));
  if (unknown !== undefined) throw new SqlError('invalid_parameter_value', `invalid regular expression option: "${unknown}"`);
  const java: SyntaxOptions = { dialect, ignoreCase: false, lines: false, dot: JAVA_DOT, classesWithoutNewline: false, expanded: false };
  let options: SyntaxOptions = dialect === 'java' ? java : { ...java, dot: ANY_CHAR };
  for (const f of flagList) {
    if (f === 'q') literal = true;
    else if (f !== 'g') options = withFlag(options, f);
  }
  const chars = literal ? Array.from(source, (c) => parseLiteral(c, options)) : undefined;
  const node: RegexNode = chars === undefined ? parseRegex(source, options) : { kind: 'seq', items: chars };
  return new Regex(dialect === 'postgres' ? mapNodes(node, longestLiteralFirst) : node, dialect);
}

const parseLiteral = (c: string, options: SyntaxOptions): RegexNode => {
  const point = c.codePointAt(0) ?? 0;
  return { kind: 'chars', of: { ranges: [[point, point]], properties: [], negated: false }, ignoreCase: options.ignoreCase };
};

function withFlag(options: SyntaxOptions, f: string): SyntaxOptions {
  const noNewline = complement(NEWLINE);
  switch (f) {
    case 'i':
      return { ...options, ignoreCase: true };
    case 'c':
      return { ...options, ignoreCase: false };
    case 'n':
    case 'm':
      return { ...options, lines: true, dot: noNewline, classesWithoutNewline: true };
    case 'p':
      return { ...options, lines: false, dot: noNewline, classesWithoutNewline: true };
    case 'w':
      return { ...options, lines: true, dot: ANY_CHAR, classesWithoutNewline: false };
    case 's':
      return { ...options, lines: false, dot: ANY_CHAR, classesWithoutNewline: false };
    case 'x':
      return { ...options, expanded: true };
    case 't':
      return { ...options, expanded: false };
    case 'e':
      return options;
    default:
      throw notSupported('a basic regular expression (flag b)');
  }
}

/** Of literal alternatives PostgreSQL prefers the longer ones. */
function longestLiteralFirst(node: RegexNode): RegexNode {
  if (node.kind !== 'alt') return node;
  const length = (n: RegexNode): number => (n.kind === 'chars' ? 1 : n.kind === 'seq' && n.items.every((i) => i.kind === 'chars') ? n.items.length : -1);
  const lengths = node.options.map(length);
  if (lengths.includes(-1)) return node;
  return { ...node, options: node.options.toSorted((a, b) => length(b) - length(a)) };
}

export function regexMatch(text: string, pattern: string, flags: string, dialect: RegexDialect = 'postgres'): RegexMatch | null {
  return compileRegex(pattern, flags, dialect).exec(text);
}

export function regexMatchAll(text: string, pattern: string, flags: string, dialect: RegexDialect = 'postgres'): RegexMatch[] {
  return [...compileRegex(pattern, flags, dialect).all(text)];
}

/** Replacement text of PostgreSQL (`\1`, `\&`, `\\`) for one match. */
export function expandPostgres(replacement: string, match: RegexMatch): string {
  return replacement.replace(/\\([0-9&\\])/g, (_all, c: string) => (c === '\\' ? '\\' : (match.parts[c === '&' ? 0 : Number(c)] ?? '')));
}
