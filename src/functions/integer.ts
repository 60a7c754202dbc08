import { SqlError } from '../common/errors.ts';
import { divisionByZero } from '../common/types/numeric-math.ts';

/**
 * Integer arithmetic that fails where PostgreSQL's does. Both the interpreter and generated code call these, so that the
 * two cannot differ; they are small enough for the engine to inline.
 */

export function intOutOfRange(): never {
  throw new SqlError('numeric_value_out_of_range', 'integer out of range');
}
export function smallintOutOfRange(): never {
  throw new SqlError('numeric_value_out_of_range', 'smallint out of range');
}
export function tinyintOutOfRange(): never {
  throw new SqlError('numeric_value_out_of_range', 'tinyint out of range');
}
export function bigintOutOfRange(): never {
  throw new SqlError('numeric_value_out_of_range', 'bigint out of range');
}
export function zeroDivide(): never {
  throw divisionByZero();
}

export const toInt8 = (n: number): number => (n === (n << 24) >> 24 ? n | 0 : tinyintOutOfRange());
export const toInt16 = (n: number): number => (n === (n << 16) >> 16 ? n | 0 : smallintOutOfRange());
export const toInt32 = (n: number): number => (n === (n | 0) ? n | 0 : intOutOfRange());

export const addInt = (a: number, b: number): number => toInt32(a + b);
export const subInt = (a: number, b: number): number => toInt32(a - b);
/** The double product may be inexact, but only where it is out of range anyway. */
export const mulInt = (a: number, b: number): number => toInt32(a * b);
export function divInt(a: number, b: number): number {
  if (b === 0) zeroDivide();
  return toInt32(Math.trunc(a / b));
}
export function modInt(a: number, b: number): number {
  if (b === 0) zeroDivide();
  return a % b | 0;
}
export const negInt = (a: number): number => toInt32(-a);
export const absInt = (a: number): number => toInt32(a < 0 ? -a : a);

export function addBig(a: bigint, b: bigint): bigint {
  const r = BigInt.asIntN(64, a + b);
  if (BigInt.asIntN(64, (a ^ r) & (b ^ r)) < 0n) bigintOutOfRange();
  return r;
}
export function subBig(a: bigint, b: bigint): bigint {
  const r = BigInt.asIntN(64, a - b);
  if (BigInt.asIntN(64, (a ^ b) & (a ^ r)) < 0n) bigintOutOfRange();
  return r;
}
export function mulBig(a: bigint, b: bigint): bigint {
  const product = a * b;
  const r = BigInt.asIntN(64, product);
  if (r !== product) bigintOutOfRange();
  return r;
}
export function divBig(a: bigint, b: bigint): bigint {
  if (b === 0n) zeroDivide();
  const r = a / b;
  if (r === 9223372036854775808n) bigintOutOfRange();
  return r;
}
export function modBig(a: bigint, b: bigint): bigint {
  if (b === 0n) zeroDivide();
  return a % b;
}
export const negBig = (a: bigint): bigint => subBig(0n, a);
export const absBig = (a: bigint): bigint => (a < 0n ? subBig(0n, a) : a);

/** bigint to int32. Errors: numeric_value_out_of_range. */
export function bigToInt(a: bigint): number {
  if (a > 2147483647n || a < -2147483648n) intOutOfRange();
  return Number(a);
}
/** The same from the two words of an int64, without making a bigint. */
export const wordsToInt = (low: number, high: number): number => (high === low >> 31 ? low : intOutOfRange());
/** The nearest double; both words are exact in a double, so the sum rounds once. */
export const wordsToDouble = (low: number, high: number): number => high * 4294967296 + (low >>> 0);
