import { SqlError } from '../common/errors.ts';
import { BOOLEAN, INT, TEXT } from '../common/types/sql-type.ts';
import { codePointLength, codePointOffset } from '../common/types/text-length.ts';
import { native } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { compileRegex, expandPostgres, type RegexMatch } from './regex.ts';

/** PostgreSQL's regexp_ functions that take a start, a count of matches, and flags. */

function positive(value: number, what: string, least: number): number {
  if (value < least) throw new SqlError('invalid_parameter_value', `invalid value for parameter "${what}": ${value}`);
  return value;
}

function flagsOf(flags: string, name: string): string {
  if (flags.includes('g')) throw new SqlError('invalid_parameter_value', `${name}() does not support the "global" option`);
  return flags;
}

/** Matches that begin at or after a character, from 1. */
function matches(text: string, pattern: string, start: number, flags: string): readonly RegexMatch[] {
  const skipped = codePointOffset(text, positive(start, 'start', 1) - 1);
  const regex = compileRegex(pattern, flags);
  return start - 1 > codePointLength(text) ? [] : [...regex.all(text, skipped)];
}

function replaceNth(text: string, pattern: string, replacement: string, start: number, n: number, flags: string): string {
  const found = matches(text, pattern, start, flags.replaceAll('g', ''));
  positive(n, 'n', 0);
  let out = '';
  let last = 0;
  found.forEach((m, i) => {
    if (n !== 0 && i !== n - 1) return;
    out += text.slice(last, m.index) + expandPostgres(replacement, m);
    last = m.end;
  });
  return out + text.slice(last);
}

function instr(text: string, pattern: string, start: number, n: number, end: number, flags: string, group: number): number {
  if (end !== 0 && end !== 1) throw new SqlError('invalid_parameter_value', `invalid value for parameter "endoption": ${end}`);
  const found = matches(text, pattern, start, flagsOf(flags, 'regexp_instr'));
  const match = found[positive(n, 'n', 1) - 1];
  if (positive(group, 'subexpr', 0) > 0) throw new SqlError('feature_not_supported', 'regexp_instr of a group is not supported', { hint: 'Ask for the match: a subexpression of 0.' });
  return match === undefined ? 0 : codePointLength(text.slice(0, end === 0 ? match.index : match.end)) + 1;
}

const T = 'varchar';
const I = 'int';

/** The overloads of one name by how many of its optional arguments are given. */
const instrs: readonly ScalarOverload[] = [
  native([T, T, I], INT, (s, p, start) => instr(s, p, start, 1, 0, '', 0)),
  native([T, T, I, I], INT, (s, p, start, n) => instr(s, p, start, n, 0, '', 0)),
  native([T, T, I, I, I], INT, (s, p, start, n, end) => instr(s, p, start, n, end, '', 0)),
  native([T, T, I, I, I, T], INT, (s, p, start, n, end, flags) => instr(s, p, start, n, end, flags, 0)),
  native([T, T, I, I, I, T, I], INT, instr),
];

function substr(text: string, pattern: string, start: number, n: number, flags: string, group: number): string | null {
  const found = matches(text, pattern, start, flagsOf(flags, 'regexp_substr'));
  return found[positive(n, 'n', 1) - 1]?.parts[positive(group, 'subexpr', 0)] ?? null;
}

export const regexPositionFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar', name: 'regexp_like',
    overloads: [native([T, T], BOOLEAN, (s, p) => compileRegex(p, '').test(s)), native([T, T, T], BOOLEAN, (s, p, flags) => compileRegex(p, flagsOf(flags, 'regexp_like')).test(s))],
    doc: 'Whether a regular expression matches somewhere, with flags.', examples: [[`regexp_like('Hello World', 'world$', 'i')`, 't']],
  },
  {
    kind: 'scalar', name: 'regexp_replace',
    overloads: [
      native([T, T, T, I], TEXT, (s, p, r, start) => replaceNth(s, p, r, start, 1, '')),
      native([T, T, T, I, I], TEXT, (s, p, r, start, n) => replaceNth(s, p, r, start, n, '')),
      native([T, T, T, I, I, T], TEXT, replaceNth),
    ],
    doc: 'With a start and a number n: the n-th match from there on, all of them when n is 0.',
    examples: [[`regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')`, 'A PostgrXSQL function']],
  },
  {
    kind: 'scalar', name: 'regexp_count', overloads: [native([T, T, I], INT, (s, p, start) => matches(s, p, start, '').length), native([T, T, I, T], INT, (s, p, start, flags) => matches(s, p, start, flagsOf(flags, 'regexp_count')).length)],
    doc: 'From a start on, with flags.', examples: [[`regexp_count('ABCABCAXYaxy', 'A.', 2, 'i')`, '3']],
  },
  { kind: 'scalar', name: 'regexp_instr', overloads: instrs, doc: 'From a start on, of the n-th match; with 1 where it ends; with flags.', examples: [[`regexp_instr('number of your street, town zip, FR', '[^,]+', 1, 2)`, '23']] },
  {
    kind: 'scalar', name: 'regexp_substr',
    overloads: [
      native([T, T, I], TEXT, (s, p, start) => substr(s, p, start, 1, '', 0)),
      native([T, T, I, I], TEXT, (s, p, start, n) => substr(s, p, start, n, '', 0)),
      native([T, T, I, I, T], TEXT, (s, p, start, n, flags) => substr(s, p, start, n, flags, 0)),
      native([T, T, I, I, T, I], TEXT, substr),
    ],
    doc: 'From a start on, the n-th match, with flags, a group of it.',
    examples: [[`regexp_substr('ABCDEFGHI', '(c..)(...)', 1, 1, 'i', 2)`, 'FGH']],
  },
];
