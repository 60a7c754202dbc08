import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearRegex } from './linear-regex.ts';
import { regexCost } from './regex-cost.ts';
import { compileRegex, regexMatch, regexMatchAll } from './regex.ts';

describe('the cost of backtracking', () => {
  it.each([
    ['abc', 1], ['^abc$', 0], ['(&|^)channel_id=([^&]*)', 1], ['a*b', 2], ['.*a.*b.*c', 4], ['^.*@.*$', 2], ['[a-z]+@[a-z]+\\.com', 3], ['(?:ab)*c', 2], ['(foo|bar)+x', 2],
    ['(a+)+$', Infinity], ['(a|a)*b', Infinity], ['(a|ab)*c', Infinity], ['([a-z]+\\d?)*x', Infinity], ['(x+x+)+y', Infinity], ['(?:a?){20}a', Infinity], ['a{2,500}b', 2], ['a{3}b', 1],
  ])('%s is %d', (source, exponent) => {
    expect(regexCost(source, false).exponent).toBe(exponent);
  });

  it('knows captures that are repeated', () => {
    expect(regexCost('(?:(a)|b)*', false).repeatsCapture).toBe(true);
    expect(regexCost('(a)(b+)', false).repeatsCapture).toBe(false);
  });
});

const groups = (text: string, pattern: string): unknown[] => [...(regexMatch(text, pattern, '') ?? [])];

describe('regular expressions', () => {
  it.each(['(a+)+$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a|aa)+$', '(.*a){25}', '^(a?){30}a{30}$'])('%s ends soon on a text made for it', (pattern) => {
    const matches = pattern.startsWith('(.*a)');
    expect(regexMatch(`${'a'.repeat(3000)}!`, pattern, '') !== null).toBe(matches);
    expect(regexMatch(`${'x'.repeat(3000)}!`, pattern, '')).toBeNull();
  });

  it('hold what the last repetition captured, as PostgreSQL and Java have it', () => {
    expect(groups('ab', '(?:(a)|b)*')).toEqual(['ab', 'a']);
    expect(groups('aXbX', '(?:([a-z])X)+')).toEqual(['aXbX', 'b']);
  });

  it('with back references or lookaround are refused where they may take too long', () => {
    expect(groups('abcabc', '(abc)\\1')).toEqual(['abcabc', 'abc']);
    expect(groups('price: 10', '\\d+(?!\\d)')).toEqual(['10']);
    expect(() => regexMatch('a'.repeat(100), '(a+)+\\1$', '')).toThrow('may take too long');
  });

  it('match the same on both engines', () => {
    const atom = fc.constantFrom('a', 'b', 'é', '.', '[ab]', '[^a]', '\\d', '\\s', '\\w', '\\b', '^', '$', '\\.', '(a)', '(?:ab)', '(a|b)', '(b|)', '\\p{L}', '[a\\s]', '\\u{e9}');
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '*?', '+?', '{2}', '{1,2}');
    const pattern = fc.array(fc.tuple(atom, quantifier).map(([a, q]) => (/^(?:\^|\$|\\b)$/.test(a) ? a : a + q)), { minLength: 1, maxLength: 5 }).map((p) => p.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', 'é', ' ', '\n', '1', '.', '😀'), { maxLength: 8 }).map((t) => t.join(''));
    fc.assert(
      fc.property(pattern, text, fc.constantFrom('u', 'us', 'ium'), (source, given, flags) => {
        if (regexCost(source, false).repeatsCapture) return;
        const linear = linearRegex(source, flags);
        expect(linear, source).not.toBeNull();
        const wanted = [...given.matchAll(new RegExp(source, `${flags}g`))].map((m) => [m.index, ...m]);
        expect(linear?.all(given).map((m) => [m.index, ...m])).toEqual(wanted);
        expect(linear?.test(given)).toBe(wanted.length > 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('find every match in long texts', () => {
    const text = 'user@example.com '.repeat(500);
    expect(regexMatchAll(text, '([a-z]+)@([a-z]+)\\.com', '').length).toBe(500);
    expect(compileRegex('(\\w+\\s?)+!', '').test(text)).toBe(false);
  });
});
