import { describe, expect, it } from 'vitest';
import { JAVA_DOT } from './regex-classes.ts';
import { parseRegex } from './regex-syntax.ts';
import { worstSteps } from './regex-analysis.ts';
import { compileRegex, regexMatch, regexMatchAll } from './regex.ts';

const match = (pattern: string, text: string, flags = ''): readonly (string | undefined)[] | undefined => {
  const found = regexMatch(text, pattern, flags);
  return found === null ? undefined : [...found.parts];
};
const java = (pattern: string, text: string): readonly (string | undefined)[] | undefined => {
  const found = regexMatch(text, pattern, '', 'java');
  return found === null ? undefined : [...found.parts];
};
const steps = (pattern: string, n: number): number =>
  worstSteps(parseRegex(pattern, { dialect: 'java', ignoreCase: false, lines: false, dot: JAVA_DOT, classesWithoutNewline: false, expanded: false }), n);

describe('PostgreSQL regular expressions', () => {
  it('prefer the longest match, whatever the order of alternatives', () => {
    expect(match('foo|foobar', 'a foobar')).toEqual(['foobar']);
    expect(match('a*(ab)*', 'aab')).toEqual(['aab', 'ab']);
    expect(match('(a|ab)(c|bcd)(d*)', 'abcd')).toEqual(['abcd', 'ab', 'c', 'd']);
  });

  it('prefer the shortest one when the first quantifier is non-greedy (the manual’s examples)', () => {
    expect(match('Y*([0-9]{1,3})', 'XY1234Z')).toEqual(['Y123', '123']);
    expect(match('Y*?([0-9]{1,3})', 'XY1234Z')).toEqual(['Y1', '1']);
    expect(match('(.*)(\\d+)(.*)', 'abc01234xyz')).toEqual(['abc01234xyz', 'abc0123', '4', 'xyz']);
    expect(match('(.*?)(\\d+)(.*)', 'abc01234xyz')).toEqual(['abc01234xyz', 'abc', '01234', 'xyz']);
  });

  it('know classes, constraints and flags', () => {
    expect(match('[[:digit:]]+[[:space:]]\\y', 'a 12 b')).toEqual(['12 ']);
    expect(match('^b', 'a\nb')).toBeUndefined();
    expect(match('^b$', 'a\nb\nc', 'n')).toEqual(['b']);
    expect(match('a.b', 'a\nb')).toEqual(['a\nb']);
    expect(match('a.b', 'a\nb', 'p')).toBeUndefined();
    expect(match('(?i)ABC', 'xabc')).toEqual(['abc']);
    expect(match('***=a.b', 'aXb a.b')).toEqual(['a.b']);
    expect(match('a  b # note', 'ab', 'x')).toEqual(['ab']);
    expect(match('(\\w)\\1', 'hello')).toEqual(['ll', 'l']);
  });

  it('are refused when they are not well formed', () => {
    expect(() => match('a{2,1}', '')).toThrow('invalid regular expression: invalid repetition count(s)');
    expect(() => match('*a', '')).toThrow('quantifier operand invalid');
    expect(() => match('(a', '')).toThrow('parentheses () not balanced');
    expect(() => match('[a', '')).toThrow('brackets [] not balanced');
    expect(() => match('a', '', 'k')).toThrow('invalid regular expression option: "k"');
  });
});

describe('a pattern of thousands of parts', () => {
  // The analysis was quadratic in their number, at each of its lengths: half a minute.
  it('is compiled and matched', () => {
    expect(compileRegex('x*y*z*'.repeat(1000), '').test('x')).toBe(true);
    expect(compileRegex(Array.from({ length: 4000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('|'), '').test('\u4e02')).toBe(true);
  });

  it('is refused where it grows or nests too far', () => {
    expect(() => compileRegex('x{255}'.repeat(1000), '')).toThrow('invalid regular expression: regular expression is too complex');
    expect(() => compileRegex(`${'('.repeat(2000)}x${')'.repeat(2000)}`, '')).toThrow('invalid regular expression: regular expression is too complex');
    expect(() => compileRegex('x*y*z*'.repeat(1000), '').test('x'.repeat(5000))).toThrow('too long for this regular expression');
  });
});

describe('Java regular expressions', () => {
  it('prefer the first match by order', () => {
    expect(java('foo|foobar', 'a foobar')).toEqual(['foo']);
    expect(java('(?<key>\\w+)=(?<value>\\w+)', 'x=1')).toEqual(['x=1', 'x', '1']);
  });

  it('know nested classes, intersections, quotes and inline flags', () => {
    expect(java('[a-z&&[^aeiou]]+', 'aeibcd')).toEqual(['bcd']);
    expect(java('[a[0-9]]+', 'xa1')).toEqual(['a1']);
    expect(java('\\Qa.b\\E+', 'a.bb')).toEqual(['a.bb']);
    expect(java('a(?i)b', 'aB')).toEqual(['aB']);
    expect(java('a(?i:b)c', 'aBC')).toBeUndefined();
    expect(java('\\p{Alpha}+\\p{Punct}', '1ab!')).toEqual(['ab!']);
    expect(java('b$', 'ab\n')).toEqual(['b']);
  });
});

it('holds what the last repetition captured', () => {
  expect(match('(?:(a)|b)*', 'ab')).toEqual(['ab', 'a']);
  expect(java('(?:([a-z])X)+', 'aXbX')).toEqual(['aXbX', 'b']);
  expect(java('(?:(a)|b)*', 'ab')).toEqual(['ab', 'a']);
  expect(match('(a*)?', 'b')).toEqual(['', '']);
});

describe('time', () => {
  it.each(['(a+)+$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a|aa)+$', '(.*a){25}', '^(a?){30}a{30}$'])('is short on a text made for %s', (pattern) => {
    expect(regexMatch(`${'a'.repeat(3000)}!`, pattern, '', 'java') !== null).toBe(pattern.startsWith('(.*a)'));
    expect(regexMatch(`${'x'.repeat(3000)}!`, pattern, '', 'java')).toBeNull();
    expect(regexMatch(`${'x'.repeat(3000)}!`, pattern, '')).toBeNull();
  });

  it('is bounded: patterns that explode in a backtracking engine are matched in linear time', () => {
    const text = 'a'.repeat(50_000);
    expect(match('(a+)+b', text)).toBeUndefined();
    expect(java('(a|aa)+$', `${text}b`)).toBeUndefined();
    expect(java('(x+x+)+y', 'x'.repeat(20_000))).toBeUndefined();
    expect(compileRegex('(a*)*b', '').test(text)).toBe(false);
  });

  it('is bounded by refusing long texts where only backtracking can match', () => {
    expect(match('(?=(a+)+b)a', 'aaaa')).toBeUndefined();
    expect(() => compileRegex('(a+)+\\1b', '').test('a'.repeat(5000))).toThrow('too long for this regular expression');
  });

  it('is foreseen by the pattern', () => {
    expect(steps('^abc', 1000)).toBeLessThan(10);
    expect(steps('\\w+=', 1000)).toBeLessThan(3e6);
    expect(steps('^\\w+=\\w+$', 1000)).toBeLessThan(5000);
    expect(steps('(a|b)*c', 1000)).toBeLessThan(1e7);
    expect(steps('(a+)+b', 100)).toBeGreaterThan(1e20);
  });
});

it('matches after an empty match', () => {
  expect(regexMatchAll('a😀b', 'x*', '').map((m) => m.index)).toEqual([0, 1, 3, 4]);
});
