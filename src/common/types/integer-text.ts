import { SqlError } from '../errors.ts';

const INTEGER = /^[+-]?\d+$/;

function invalid(text: string, type: string): SqlError {
  return new SqlError('invalid_text_representation', `invalid input syntax for type ${type}: "${text}"`);
}

function outOfRange(text: string, type: string): SqlError {
  return new SqlError('numeric_value_out_of_range', `value "${text}" is out of range for type ${type}`);
}

/** Errors: invalid_text_representation, numeric_value_out_of_range. */
export function intFromText(text: string, min: number, max: number, type: string): number {
  const trimmed = text.trim();
  if (!INTEGER.test(trimmed)) throw invalid(text, type);
  const n = Number(trimmed);
  if (n < min || n > max) throw outOfRange(text, type);
  return n === 0 ? 0 : n;
}

export function bigintFromText(text: string): bigint {
  const trimmed = text.trim();
  if (!INTEGER.test(trimmed)) throw invalid(text, 'bigint');
  if (trimmed.length > 60 && trimmed.replace(/^[+-]?0*/, '').length > 20) throw outOfRange(text, 'bigint');
  const n = BigInt(trimmed.startsWith('+') ? trimmed.slice(1) : trimmed);
  if (n !== BigInt.asIntN(64, n)) throw outOfRange(text, 'bigint');
  return n;
}

const WORDS: readonly [string, boolean, number][] = [
  ['true', true, 1], ['false', false, 1], ['yes', true, 1], ['no', false, 1], ['on', true, 2], ['off', false, 2],
];

export function booleanFromText(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word === '1') return true;
  if (word === '0') return false;
  for (const [full, value, least] of WORDS) {
    if (word.length >= least && full.startsWith(word)) return value;
  }
  throw invalid(text, 'boolean');
}
