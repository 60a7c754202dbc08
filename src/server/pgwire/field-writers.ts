import { civilFromDays } from '../../common/types/calendar.ts';

/**
 * Fields of a DataRow, written without JS strings where the value allows: each writes at `p` and gives the place behind.
 * The caller has made room and writes the length word afterwards.
 */

const ZERO = 48;
const PAIRS = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  PAIRS[2 * i] = ZERO + Math.floor(i / 10);
  PAIRS[2 * i + 1] = ZERO + (i % 10);
}

/** Bytes of the longest output of each fixed writer. */
export const INT_WIDTH = 20;
export const FLOAT_WIDTH = 26;
export const DECIMAL_WIDTH = 24;
export const TIMESTAMP_WIDTH = 32;

function digitCount(v: number): number {
  if (v < 1e8) {
    if (v < 1e4) return v < 100 ? (v < 10 ? 1 : 2) : v < 1000 ? 3 : 4;
    return v < 1e6 ? (v < 1e5 ? 5 : 6) : v < 1e7 ? 7 : 8;
  }
  let n = 9;
  for (let limit = 1e9; v >= limit; limit *= 10) n++;
  return n;
}

/** An integer of magnitude up to 2^53. */
export function writeInteger(b: Uint8Array, p: number, value: number): number {
  let v = value;
  if (v < 0) {
    b[p++] = 45;
    v = -v;
  }
  return writeDigits(b, p, v, digitCount(v));
}

/** `count` digits of a non-negative integer, zeros in front. */
function writeDigits(b: Uint8Array, p: number, value: number, count: number): number {
  let v = value;
  const end = p + count;
  let at = end;
  while (v >= 2147483648) {
    const q = Math.floor(v / 100);
    const pair = (v - q * 100) * 2;
    b[--at] = PAIRS[pair + 1] as number;
    b[--at] = PAIRS[pair] as number;
    v = q;
  }
  let i = v | 0;
  while (at - p >= 2) {
    const q = (i / 100) | 0;
    const pair = (i - q * 100) * 2;
    b[--at] = PAIRS[pair + 1] as number;
    b[--at] = PAIRS[pair] as number;
    i = q;
  }
  if (at > p) b[--at] = ZERO + (i % 10);
  return end;
}

/** ASCII text. */
export function writeAscii(b: Uint8Array, p: number, text: string): number {
  for (let i = 0; i < text.length; i++) b[p + i] = text.charCodeAt(i);
  return p + text.length;
}

const SAFE_HIGH = 0x1fffff;

/** A 64-bit integer of two words. */
export function writeInt64(b: Uint8Array, p: number, low: number, high: number): number {
  if (high >= -SAFE_HIGH && high <= SAFE_HIGH) return writeInteger(b, p, high * 4294967296 + (low >>> 0));
  return writeAscii(b, p, ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString());
}

/** A scaled 64-bit number with `scale` digits behind the point. */
export function writeDecimal(b: Uint8Array, p: number, low: number, high: number, scale: number, divisor: number): number {
  if (scale === 0) return writeInt64(b, p, low, high);
  if (high < -SAFE_HIGH || high > SAFE_HIGH) {
    const v = (BigInt(high) << 32n) | BigInt(low >>> 0);
    const digits = (v < 0n ? -v : v).toString().padStart(scale + 1, '0');
    const at = digits.length - scale;
    return writeAscii(b, p, `${v < 0n ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`);
  }
  let v = high * 4294967296 + (low >>> 0);
  if (v < 0) {
    b[p++] = 45;
    v = -v;
  }
  const whole = Math.floor(v / divisor);
  p = writeDigits(b, p, whole, digitCount(whole));
  b[p++] = 46;
  return writeDigits(b, p, v - whole * divisor, scale);
}

/** A DOUBLE that prints without an exponent, in JavaScript as in PostgreSQL; others take the slow way. */
export const isPlainDouble = (v: number): boolean => (v >= 1e-4 && v < 1e15) || (v <= -1e-4 && v > -1e15) || Object.is(v, 0);

export function writeDouble(b: Uint8Array, p: number, v: number): number {
  return v === Math.trunc(v) ? writeInteger(b, p, v) : writeAscii(b, p, String(v));
}

const DAY_MICROS = 86_400_000_000;
let cachedDay = Number.NaN;
const cachedText = new Uint8Array(11);

/** Whether a timestamp's microseconds are exact as a double (the years 1685 to 2255), which `writeTimestamp` needs. */
export const isPlainTimestamp = (high: number): boolean => high > -SAFE_HIGH && high < SAFE_HIGH;

/** `YYYY-MM-DD HH:MM:SS[.ffffff]` of microseconds since 1970. */
export function writeTimestamp(b: Uint8Array, p: number, low: number, high: number): number {
  const micros = high * 4294967296 + (low >>> 0);
  const day = Math.floor(micros / DAY_MICROS);
  if (day !== cachedDay) {
    const c = civilFromDays(day);
    writeDigits(cachedText, 0, c.year, 4);
    cachedText[4] = 45;
    writeDigits(cachedText, 5, c.month, 2);
    cachedText[7] = 45;
    writeDigits(cachedText, 8, c.day, 2);
    cachedText[10] = 32;
    cachedDay = day;
  }
  for (let i = 0; i < 11; i++) b[p + i] = cachedText[i] as number;
  p += 11;
  const rest = micros - day * DAY_MICROS;
  const seconds = Math.floor(rest / 1_000_000);
  let fraction = rest - seconds * 1_000_000;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  p = writeDigits(b, p, hours, 2);
  b[p++] = 58;
  p = writeDigits(b, p, minutes - hours * 60, 2);
  b[p++] = 58;
  p = writeDigits(b, p, seconds - minutes * 60, 2);
  if (fraction === 0) return p;
  let digits = 6;
  while (fraction % 10 === 0) {
    fraction /= 10;
    digits--;
  }
  b[p++] = 46;
  return writeDigits(b, p, fraction, digits);
}

/** Bytes of a column; a loop is faster than `set` for short ones. */
export function copyBytes(b: Uint8Array, p: number, from: Uint8Array, at: number, length: number): number {
  if (length > 24) b.set(from.subarray(at, at + length), p);
  else for (let i = 0; i < length; i++) b[p + i] = from[at + i] as number;
  return p + length;
}

export function putInt32(b: Uint8Array, p: number, v: number): number {
  b[p] = v >>> 24;
  b[p + 1] = v >>> 16;
  b[p + 2] = v >>> 8;
  b[p + 3] = v;
  return p + 4;
}

/** 2000-01-01, where binary timestamps begin, in microseconds since 1970. */
const BINARY_EPOCH = 946_684_800_000_000;

/** Whether a timestamp counted from 2000 is exact as a double, too. */
export const isPlainBinaryTimestamp = (high: number): boolean => high > -1_870_000 && high < SAFE_HIGH;

/** A binary timestamp of microseconds since 1970. */
export function putTimestamp(b: Uint8Array, p: number, low: number, high: number): number {
  const micros = high * 4294967296 + (low >>> 0) - BINARY_EPOCH;
  const top = Math.floor(micros / 4294967296);
  putInt32(b, p, top);
  return putInt32(b, p + 4, micros - top * 4294967296);
}
