import { SqlError } from '../common/errors.ts';
import { BOOLEAN, INT, TEXT, arrayOf } from '../common/types/sql-type.ts';
import { codePointLength } from '../common/types/text-length.ts';
import type { Value } from '../common/types/value.ts';
import { literalText, native } from './build.ts';
import type { Emit, FunctionDef, ScalarOverload } from './define.ts';
import { compileLike, similarToRegex, type Matcher } from './like.ts';
import { compileRegex, expandPostgres, regexMatch, regexMatchAll, type Regex, type RegexMatch } from './regex.ts';
import type { RegexDialect } from './regex-tree.ts';

/** LIKE, SIMILAR TO and regular expressions, as operators and functions. */

const CACHE_MAX = 500;
const matchers = new Map<string, Matcher>();

function likeMatcher(pattern: string, escape: string, ignoreCase: boolean): Matcher {
  const key = `${ignoreCase ? 'i' : 'c'}${escape}\u0000${pattern}`;
  let matcher = matchers.get(key);
  if (matcher === undefined) {
    matcher = compileLike(pattern, escape, ignoreCase);
    if (matchers.size >= CACHE_MAX) matchers.clear();
    matchers.set(key, matcher);
  }
  return matcher;
}

/** A literal pattern is compiled once; another through the cache. */
function likeEmit(ignoreCase: boolean, negated: boolean): Emit {
  return ([text, pattern, escape], cx) => {
    const constant = pattern === undefined ? undefined : literalText(pattern);
    const escapeText = escape === undefined ? '\\' : literalText(escape);
    let call: string;
    if (constant !== undefined && escapeText !== undefined) {
      let matcher: Matcher;
      try {
        matcher = compileLike(constant, escapeText, ignoreCase);
      } catch (error) {
        matcher = () => {
          throw error;
        };
      }
      call = `${cx.constant(matcher)}(${text?.code})`;
    } else {
      call = `${cx.constant(likeMatcher)}(${pattern?.code}, ${escape?.code ?? '"\\\\"'}, ${ignoreCase})(${text?.code})`;
    }
    return negated ? `(${call} ? 0 : 1)` : `(${call} ? 1 : 0)`;
  };
}

function like(name: string, ignoreCase: boolean, negated: boolean, spelled: string, example: readonly [string, string]): FunctionDef {
  const test = (text: string, pattern: string, escape: string): boolean => likeMatcher(pattern, escape, ignoreCase)(text) !== negated;
  const emit = likeEmit(ignoreCase, negated);
  return {
    kind: 'scalar',
    name,
    operator: true,
    overloads: [
      native(['varchar', 'varchar'], BOOLEAN, (text, pattern) => test(text, pattern, '\\'), { emit }),
      native(['varchar', 'varchar', 'varchar'], BOOLEAN, test, { emit }),
    ],
    doc: `\`${spelled}\`: \`%\` stands for any text, \`_\` for one character; an optional third argument is the escape character (backslash by default).`,
    examples: [example],
  };
}

function regexOperator(name: string, flags: string, negated: boolean, doc: string, example: readonly [string, string]): FunctionDef {
  const test = (text: string, pattern: string): boolean => compileRegex(pattern, flags).test(text) !== negated;
  const emit: Emit = ([text, pattern], cx) => {
    const constant = pattern === undefined ? undefined : literalText(pattern);
    if (constant === undefined) return `(${cx.constant(test)}(${text?.code}, ${pattern?.code}) ? 1 : 0)`;
    let regex: Regex | undefined;
    const literal = (s: string): boolean => (regex ??= compileRegex(constant, flags)).test(s) !== negated;
    return `(${cx.constant(literal)}(${text?.code}) ? 1 : 0)`;
  };
  return { kind: 'scalar', name, operator: true, overloads: [native(['varchar', 'varchar'], BOOLEAN, test, { emit })], doc, examples: [example] };
}

function similar(text: string, pattern: string, escape: string): boolean {
  return compileRegex(similarToRegex(pattern, escape), '').test(text);
}

/** `substring(text from pattern)`: the first group, or the whole match. */
function substringPattern(text: string, pattern: string): string | null {
  const match = regexMatch(text, pattern, '');
  return match === null ? null : (match.parts[match.parts.length > 1 ? 1 : 0] ?? null);
}

function regexpReplace(text: string, pattern: string, replacement: string, flags: string): string {
  const all = flags.includes('g');
  const matches = all ? regexMatchAll(text, pattern, flags) : [regexMatch(text, pattern, flags)];
  let out = '';
  let last = 0;
  for (const m of matches) {
    if (m === null) continue;
    out += text.slice(last, m.index) + expandPostgres(replacement, m);
    last = m.end;
  }
  return out + text.slice(last);
}

const groupsOf = ({ parts }: RegexMatch): Value[] => (parts.length > 1 ? parts.slice(1) : parts).map((g): Value => g ?? null);

/** The pieces between matches; empty matches at the start, the end or right after another split nothing. */
export function regexpSplit(text: string, pattern: string, flags: string): Value[] {
  if (flags.includes('g')) throw new SqlError('invalid_parameter_value', 'splitting by a regular expression does not support the "global" option', { hint: 'It splits at every match.' });
  const out: Value[] = [];
  let last = 0;
  let previousEnd = 0;
  for (const m of regexMatchAll(text, pattern, flags)) {
    const { end } = m;
    if (m.index < text.length && end > previousEnd) {
      out.push(text.slice(last, m.index));
      last = end;
    }
    previousEnd = end;
  }
  out.push(text.slice(last));
  return out;
}

function regexpInstr(text: string, pattern: string, dialect: RegexDialect): number {
  const match = regexMatch(text, pattern, '', dialect);
  return match === null ? 0 : codePointLength(text.slice(0, match.index)) + 1;
}

const texts = (name: string, overloads: readonly ScalarOverload[], doc: string, examples: FunctionDef['examples'], aliases: readonly string[] = []): FunctionDef => ({
  kind: 'scalar',
  name,
  aliases,
  overloads,
  doc,
  examples,
});

export const patternFunctions: readonly FunctionDef[] = [
  like('~~', false, false, 'text LIKE pattern', [`'abc' ~~ 'a%'`, 't']),
  like('!~~', false, true, 'text NOT LIKE pattern', [`'abc' !~~ '_b_'`, 'f']),
  like('~~*', true, false, 'text ILIKE pattern', [`'ABC' ~~* 'a%'`, 't']),
  like('!~~*', true, true, 'text NOT ILIKE pattern', [`'ABC' !~~* 'a%'`, 'f']),
  texts(
    'similar_to',
    [
      native(['varchar', 'varchar'], BOOLEAN, (s, p) => similar(s, p, '\\')),
      native(['varchar', 'varchar', 'varchar'], BOOLEAN, similar),
    ],
    '`text SIMILAR TO pattern`: LIKE’s wildcards with `| * + ? {} () []`.',
    [[`similar_to('abc', '%(b|d)%')`, 't']],
  ),
  regexOperator('~', '', false, 'Whether a regular expression matches somewhere.', [`'thomas' ~ 't.*ma'`, 't']),
  regexOperator('!~', '', true, 'Whether a regular expression matches nowhere.', [`'thomas' !~ 'x'`, 't']),
  regexOperator('~*', 'i', false, 'As ~, ignoring case.', [`'thomas' ~* 'T.*ma'`, 't']),
  regexOperator('!~*', 'i', true, 'As !~, ignoring case.', [`'thomas' !~* 'T.*ma'`, 'f']),
  texts(
    'substring',
    [native(['varchar', 'varchar'], TEXT, substringPattern, { oid: 2073 })],
    'With a pattern: the first group of the first match, or the match; NULL when there is none.',
    [[`substring('foobar', 'o(.)b')`, 'o']],
  ),
  texts(
    'regexp_replace',
    [
      native(['varchar', 'varchar', 'varchar'], TEXT, (s, p, r) => regexpReplace(s, p, r, ''), { oid: 2284 }),
      native(['varchar', 'varchar', 'varchar', 'varchar'], TEXT, regexpReplace, { oid: 2285 }),
    ],
    'Replaces the first match, or every one with the flag g (PostgreSQL’s rule); `\\1` and `\\&` stand for a group and the match.',
    [[`regexp_replace('Thomas', '.[mN]a.', 'M')`, 'ThM'], [`regexp_replace('abc', '(b)', '<\\1>', 'g')`, 'a<b>c']],
  ),
  texts(
    'regexp_match',
    [
      native(['varchar', 'varchar'], arrayOf(TEXT), (s, p) => first(s, p, '')),
      native(['varchar', 'varchar', 'varchar'], arrayOf(TEXT), first),
    ],
    'The groups of the first match, or the match, as an array; NULL when there is none.',
    [[`regexp_match('foobarbequebaz', '(bar)(beque)')`, '{bar,beque}']],
  ),
  texts(
    'regexp_count',
    [
      native(['varchar', 'varchar'], INT, (s, p) => regexMatchAll(s, p, '').length),
    ],
    'How often a regular expression matches.',
    [[`regexp_count('ABCABCAXYaxy', 'A.')`, '3']],
  ),
  texts('regexp_instr', [native(['varchar', 'varchar'], INT, (s, p) => regexpInstr(s, p, 'postgres'))], 'Where the first match starts, from 1; 0 when there is none.', [
    [`regexp_instr('ABCDEF', 'C(.)')`, '3'],
  ]),
  texts('regexp_substr', [native(['varchar', 'varchar'], TEXT, (s, p) => regexMatch(s, p, '')?.parts[0] ?? null)], 'The first match; NULL when there is none.', [
    [`regexp_substr('ABCDEF', 'C.')`, 'CD'],
  ]),
  texts(
    'regexp_split_to_array',
    [native(['varchar', 'varchar'], arrayOf(TEXT), (s, p) => regexpSplit(s, p, '')), native(['varchar', 'varchar', 'varchar'], arrayOf(TEXT), regexpSplit)],
    'The pieces between matches.',
    [[`regexp_split_to_array('hello world', '\\s+')`, '{hello,world}']],
  ),
];

function first(text: string, pattern: string, flags: string): Value {
  const match = regexMatch(text, pattern, flags);
  return match === null ? null : groupsOf(match);
}

/** Every match's groups, for regexp_matches. */
export function regexpMatches(text: string, pattern: string, flags: string): Value[][] {
  if (!flags.includes('g')) {
    const match = regexMatch(text, pattern, flags);
    return match === null ? [] : [groupsOf(match)];
  }
  return regexMatchAll(text, pattern, flags).map(groupsOf);
}

