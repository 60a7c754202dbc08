import { describe, expect, it } from 'vitest';
import { numericFromText } from '../common/types/numeric-text.ts';
import { numberToChar } from './to-char.ts';

/** Expected texts are PostgreSQL 15's. */
describe('to_char of numbers', () => {
  it.each([
    ['485', '999', ' 485'], ['-485', '999', '-485'], ['485', '9 9 9', ' 4 8 5'], ['1485', '9,999', ' 1,485'], ['148.5', '999.999', ' 148.500'], ['148.5', 'FM999.999', '148.5'],
    ['148.5', 'FM999.990', '148.500'], ['3148.5', '9G999D999', ' 3,148.500'], ['-485', '999S', '485-'], ['-485', '999MI', '485-'], ['485', '999MI', '485 '], ['485', 'FM999MI', '485'],
    ['485', 'PL999', '+ 485'], ['485', 'SG999', '+485'], ['-485', 'SG999', '-485'], ['-485', '9SG99', '4-85'], ['-485', '999PR', '<485>'], ['485', 'L999', '$ 485'],
    ['485', 'RN', '        CDLXXXV'], ['485', 'FMRN', 'CDLXXXV'], ['5.2', 'FMRN', 'V'], ['482', '999th', ' 482nd'], ['485', '"Good number:"999', 'Good number: 485'],
    ['485.8', '"Pre:"999" Post:" .999', 'Pre: 485 Post: .800'], ['12', '99V999', ' 12000'], ['12.4', '99V999', ' 12400'], ['12.45', '99V9', ' 125'], ['0.0004859', '9.99EEEE', ' 4.86e-04'],
    ['0.1', '0.9', ' 0.1'], ['-0.1', '99.99', '  -.10'], ['-0.1', 'FM9.99', '-.1'], ['0', 'FM9.9', '0.'], ['12', '9', ' #'], ['4000', 'FMRN', '###############'], ['1', '42', '42'],
  ])('%s by %s', (value, template, text) => {
    expect(numberToChar(numericFromText(value), template)).toBe(text);
  });

  it('refuses templates that contradict themselves', () => {
    expect(() => numberToChar(numericFromText('1'), '9.9.9')).toThrow('multiple decimal points');
    expect(() => numberToChar(numericFromText('1'), 'S9S')).toThrow('cannot use "S" twice');
    expect(() => numberToChar(numericFromText('1'), '9EEEE9')).toThrow('"EEEE" must be the last pattern used');
  });
});
