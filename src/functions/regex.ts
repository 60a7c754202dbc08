import { SqlError } from '../common/errors.ts';
import { linearRegex, type LinearRegex } from './linear-regex.ts';
import { regexCost } from './regex-cost.ts';

/**
 * Regular expressions of PostgreSQL (advanced) and Java. A pattern runs on the runtime's own engine, which backtracks, where its
 * shape says that this is soon over for the text at hand; else on one whose time is linear. What can't be translated is refused,
 * never matched otherwise.
 */

/** A match: the text and its groups, and where it begins (UTF-16 units). */
export type RegexMatch = readonly (string | undefined)[] & { readonly index: number; readonly 0: string };

export interface Regex {
  test(text: string): boolean;
  first(text: string): RegexMatch | null;
  /** Every match; an empty one moves on by a character. */
  all(text: string): readonly RegexMatch[];
}

const PATTERN_MAX = 10_000;
const INPUT_MAX = 1_000_000;
const CACHE_MAX = 500;
/** Steps that backtracking may take for one text, some ten milliseconds. */
const STEPS_MAX = 4_000_000;
/** Characters that any pattern may be tried on. */
const HOPELESS_MAX = 16;
const cache = new Map<string, Regex>();

const POSIX_CLASS: Readonly<Record<string, string>> = {
  alpha: '\\p{L}', digit: '\\d', alnum: '\\p{L}\\p{N}', upper: '\\p{Lu}', lower: '\\p{Ll}', space: '\\s', blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~', cntrl: '\\x00-\\x1f\\x7f', xdigit: '0-9A-Fa-f', print: '\\x20-\\x7e\\u{a0}-\\u{10ffff}',
  graph: '\\x21-\\x7e\\u{a1}-\\u{10ffff}', word: '\\w',
};

function invalid(detail: string): SqlError {
  return new SqlError('invalid_regular_expression', `invalid regular expression: ${detail}`);
}

export type RegexDialect = 'postgres' | 'java';

/**
 * @param flags PostgreSQL's: `i`, `c`, `n`/`m` (newline-sensitive), `p`, `w`, `s`, `x`, `q`, and `g` for all matches.
 */
export function compileRegex(pattern: string, flags: string, dialect: RegexDialect = 'postgres'): Regex {
  const key = `${dialect}/${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (pattern.length > PATTERN_MAX) throw invalid('regular expression is too complex');
  const compiled = onEngines(compile(pattern, flags.replace('g', ''), dialect));
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

/** The engine is chosen by the text: the shape of the pattern bounds what backtracking takes. */
function onEngines(backtracking: RegExp): Regex {
  const { source, flags } = backtracking;
  const { exponent, repeatsCapture } = regexCost(source, flags.includes('m'));
  const global = new RegExp(source, `${flags}g`);
  let linear: LinearRegex | null | undefined;
  const longest = exponent <= 1 ? INPUT_MAX : exponent === Infinity ? 0 : Math.floor(STEPS_MAX ** (1 / exponent));
  /** The linear engine where it is needed and can do it. */
  const linearFor = (text: string): LinearRegex | null => {
    if (text.length <= longest && !repeatsCapture) return null;
    linear ??= linearRegex(source, flags);
    if (linear === null && text.length > (exponent === Infinity ? HOPELESS_MAX : longest)) {
      throw new SqlError('program_limit_exceeded', `the regular expression may take too long for a text of ${text.length} characters`, {
        hint: 'Without back references, lookahead and lookbehind it takes time in proportion to the text.',
      });
    }
    return linear;
  };
  return {
    test: (text) => linearFor(checked(text))?.test(text) ?? backtracking.test(text),
    first: (text) => {
      const engine = linearFor(checked(text));
      return engine === null ? backtracking.exec(text) : engine.first(text);
    },
    all: (text) => linearFor(checked(text))?.all(text) ?? [...text.matchAll(global)],
  };
}

function compile(pattern: string, flags: string, dialect: RegexDialect): RegExp {
  let source = pattern;
  let js = 'us';
  const add = (flag: string): void => {
    if (!js.includes(flag)) js += flag;
  };
  let literal = false;
  let expanded = false;
  let flagList = flags;
  if (dialect === 'postgres') {
    if (source.startsWith('***=')) {
      literal = true;
      source = source.slice(4);
    } else if (source.startsWith('***:')) source = source.slice(4);
    const embedded = /^\(\?([a-z]+)\)/.exec(source);
    if (embedded !== null) {
      flagList += embedded[1] ?? '';
      source = source.slice(embedded[0].length);
    }
  } else {
    js = 'u';
    const embedded = /^\(\?([a-zA-Z]+)\)/.exec(source);
    if (embedded !== null) {
      source = source.slice(embedded[0].length);
      for (const f of embedded[1] ?? '') {
        if (f === 'i' || f === 'm' || f === 's') add(f);
        else if (f === 'x') expanded = true;
        else if (f !== 'u' && f !== 'U') throw invalid(`unsupported flag "${f}"`);
      }
    }
  }
  for (const f of flagList) {
    switch (f) {
      case 'i':
        add('i');
        break;
      case 'c':
        js = js.replace('i', '');
        break;
      case 'n':
      case 'm':
        js = js.replace('s', '');
        add('m');
        break;
      case 'p':
        js = js.replace('s', '');
        break;
      case 'w':
        add('m');
        break;
      case 's':
        add('s');
        break;
      case 'x':
        expanded = true;
        break;
      case 'q':
        literal = true;
        break;
      case 'g':
        add('g');
        break;
      case 't':
      case 'e':
      case 'b':
        break;
      default:
        throw new SqlError('invalid_parameter_value', `invalid regular expression option: "${f}"`);
    }
  }
  const translated = literal ? source.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : translate(source, expanded, dialect);
  try {
    return new RegExp(translated, js);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message.replace(/^.*: /s, '') : String(error));
  }
}

/** Rewrites what the two syntaxes spell differently from JavaScript's unicode mode. */
function translate(source: string, expanded: boolean, dialect: RegexDialect): string {
  let out = '';
  const points = Array.from(source);
  for (let i = 0; i < points.length; i++) {
    const c = points[i] ?? '';
    if (c === '[') {
      const [text, next] = bracket(points, i, dialect);
      out += text;
      i = next;
    } else if (c === '\\') {
      const next = points[++i];
      if (next === undefined) throw invalid('invalid escape \\ sequence');
      if (next === 'Q' && dialect === 'java') {
        const end = points.join("").indexOf("\\E", points.slice(0, i).join("").length);
        const stop = end < 0 ? points.length : Array.from(points.join('').slice(0, end)).length;
        out += points.slice(i + 1, stop).join('').replace(/[\\^$.*+?()[\]{}|/-]/g, (m) => (m === '-' ? '-' : `\\${m}`));
        i = end < 0 ? points.length : stop + 1;
      } else out += escape(next, dialect);
    } else if (expanded && /\s/.test(c)) continue;
    else if (expanded && c === '#') {
      while (i < points.length && points[i] !== '\n') i++;
    } else if (c === ']') out += '\\]';
    else if (c === '}' && !/\{\d+(?:,\d*)?$/.test(out)) out += '\\}';
    else if (c === '{' && !/^\{\d+(?:,\d*)?\}/.test(points.slice(i, i + 16).join(''))) {
      if (dialect === 'postgres' && /\d/.test(points[i + 1] ?? '')) throw invalid('braces {} not balanced');
      out += '\\{';
    } else if ((c === '+' || c === '*' || c === '?') && dialect === 'java' && points[i + 1] === '+') {
      throw invalid('possessive quantifiers are not supported');
    } else out += c;
  }
  return out;
}

function escape(c: string, dialect: RegexDialect): string {
  if (dialect === 'postgres') {
    switch (c) {
      case 'm':
        return '\\b(?=\\w)';
      case 'M':
        return '\\b(?<=\\w)';
      case 'y':
        return '\\b';
      case 'Y':
        return '\\B';
      case 'A':
        return '(?<![\\s\\S])';
      case 'Z':
        return '(?![\\s\\S])';
      case 'a':
        return '\\x07';
      case 'e':
        return '\\x1b';
      case 'b':
        return '\\x08';
      default:
        break;
    }
  } else {
    switch (c) {
      case 'A':
        return '(?<![\\s\\S])';
      case 'Z':
        return '(?=\\n?(?![\\s\\S]))';
      case 'z':
        return '(?![\\s\\S])';
      case 'h':
        return '[ \\t\\u00a0\\u2000-\\u200a\\u202f\\u205f\\u3000]';
      default:
        break;
    }
  }
  if (/[dDwWsSbBnrtfv0-9xupPk]/.test(c)) return `\\${c}`;
  if (/[A-Za-z]/.test(c)) throw invalid('invalid escape \\ sequence');
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

function bracket(points: readonly string[], start: number, dialect: RegexDialect): [string, number] {
  let out = '[';
  let i = start + 1;
  if (points[i] === '^') {
    out += '^';
    i++;
  }
  let first = true;
  for (; ; i++) {
    const c = points[i];
    if (c === undefined) throw invalid('brackets [] not balanced');
    if (c === ']' && !first) return [`${out}]`, i];
    first = false;
    if (c === '[' && points[i + 1] === ':') {
      const rest = points.slice(i + 2, i + 12).join('');
      const name = /^([a-z]+):\]/.exec(rest)?.[1];
      const cls = name === undefined ? undefined : POSIX_CLASS[name];
      if (cls === undefined || name === undefined) throw invalid('invalid character class');
      out += cls;
      i += name.length + 3;
    } else if (c === '[' && (points[i + 1] === '.' || points[i + 1] === '=')) throw invalid('collating elements are not supported');
    else if (c === '[' && dialect === 'java') throw invalid('nested character classes are not supported');
    else if (c === '&' && points[i + 1] === '&' && dialect === 'java') throw invalid('class intersection is not supported');
    else if (c === '\\') {
      const next = points[++i];
      if (next === undefined) throw invalid('invalid escape \\ sequence');
      if (next === 'a') out += '\\x07';
      else if (next === 'e') out += '\\x1b';
      else if (/[dDwWsSbnrtfv0xupP]/.test(next)) out += `\\${next}`;
      else if (/[A-Za-z]/.test(next)) throw invalid('invalid escape \\ sequence');
      else out += /[\\\]^[-]/.test(next) ? `\\${next}` : next;
    } else out += c === '[' || c === ']' ? `\\${c}` : c;
  }
}

/** The text, once it is short enough to be matched. Errors: program_limit_exceeded. */
function checked(text: string): string {
  if (text.length > INPUT_MAX) {
    throw new SqlError('program_limit_exceeded', `text of ${text.length} characters is too long for a regular expression`, {
      hint: `At most ${INPUT_MAX} characters are matched.`,
    });
  }
  return text;
}

export function regexMatch(text: string, pattern: string, flags: string, dialect: RegexDialect = 'postgres'): RegexMatch | null {
  return compileRegex(pattern, flags, dialect).first(text);
}

export function regexMatchAll(text: string, pattern: string, flags: string, dialect: RegexDialect = 'postgres'): readonly RegexMatch[] {
  return compileRegex(pattern, flags, dialect).all(text);
}

/** Replacement text of PostgreSQL (`\1`, `\&`, `\\`) for one match. */
export function expandPostgres(replacement: string, match: RegexMatch): string {
  return replacement.replace(/\\([0-9&\\])/g, (_all, c: string) => (c === '\\' ? '\\' : (match[c === '&' ? 0 : Number(c)] ?? '')));
}
