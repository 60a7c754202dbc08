import { RE2JS } from 're2js';
import type { RegexMatch } from './regex.ts';

/**
 * Patterns on an engine whose time is linear in the text (RE2): slower than the runtime's own by two orders of magnitude, never
 * slower than that. It has no back references and no lookaround.
 */
export interface LinearRegex {
  readonly test: (text: string) => boolean;
  readonly first: (text: string) => RegexMatch | null;
  readonly all: (text: string) => RegexMatch[];
}

const SPACE = '\\t-\\r \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';

/** @param source in JavaScript's unicode syntax. Null where the engine does not have what the pattern asks for. */
export function linearRegex(source: string, flags: string): LinearRegex | null {
  const own = rewritten(source, flags.includes('s'));
  if (own === null) return null;
  const options = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0) | (flags.includes('s') ? RE2JS.DOTALL : 0);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(own, options);
  } catch {
    return null;
  }
  const groups = compiled.groupCount();
  return {
    test: (text) => compiled.matcher(text).find(),
    first: (text) => {
      const matcher = compiled.matcher(text);
      return matcher.find() ? matchOf(matcher, groups) : null;
    },
    all: (text) => {
      const out: RegexMatch[] = [];
      const matcher = compiled.matcher(text);
      while (matcher.find()) out.push(matchOf(matcher, groups));
      return out;
    },
  };
}

function matchOf(matcher: ReturnType<RE2JS['matcher']>, groups: number): RegexMatch {
  const parts: (string | undefined)[] = [];
  for (let g = 0; g <= groups; g++) parts.push(matcher.group(g) ?? undefined);
  return Object.assign(parts, { index: matcher.start(), 0: parts[0] ?? '' });
}

/** Where the two syntaxes differ. Null for lookaround. */
function rewritten(source: string, dotAll: boolean): string | null {
  let out = '';
  let inClass = false;
  const token = /\(\?<!\[\\s\\S\]\)|\(\?!\[\\s\\S\]\)|\(\?<?[=!]|\\u\{([0-9a-fA-F]+)\}|\\u([0-9a-fA-F]{4})|\\.|\[|\]|\.|[^\\[\].()]+|[()]/gsu;
  for (const m of source.matchAll(token)) {
    const [text, long, short] = m;
    const point = long ?? short;
    if (text === '(?<![\\s\\S])') out += '\\A';
    else if (text === '(?![\\s\\S])') out += '\\z';
    else if (text.startsWith('(?') && text !== '(') return null;
    else if (point !== undefined) out += `\\x{${point}}`;
    else if (text === '\\s') out += inClass ? SPACE : `[${SPACE}]`;
    else if (text === '\\S') {
      if (inClass) return null;
      out += `[^${SPACE}]`;
    } else if (text === '\\/') out += '/';
    else if (text === '\\0') out += '\\x00';
    else if (text === '\\v') out += '\\x0b';
    else if (text === '[') {
      inClass = true;
      out += text;
    } else if (text === ']') {
      inClass = false;
      out += text;
    } else if (text === '.' && !inClass && !dotAll) out += '[^\\n\\r\\x{2028}\\x{2029}]';
    else out += text;
  }
  return out;
}
