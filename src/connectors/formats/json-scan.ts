/**
 * Scanning JSON in bytes. Every function takes a place and returns the place behind what it read, or -1 when this is not
 * plain valid JSON: the caller then reads the row again the slow, exact way.
 */

const QUOTE = 34;
const BACKSLASH = 92;

export function skipSpace(d: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = d[at] as number;
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    at++;
  }
  return at;
}

/** Bit 0: an escape was met; bit 1: a byte above 127. Set by `stringEnd`; one scan at a time. */
export const seen = { flags: 0 };

/** `at` is behind the opening quote; returns the place of the closing one. */
export function stringEnd(d: Uint8Array, at: number, end: number): number {
  let high = 0;
  while (at < end) {
    const c = d[at] as number;
    if (c === QUOTE) {
      seen.flags = high >>> 6;
      return at;
    }
    if (c < 32) return -1;
    if (c === BACKSLASH) return escapedEnd(d, at, end, high);
    high |= c & 128;
    at++;
  }
  return -1;
}

function escapedEnd(d: Uint8Array, at: number, end: number, high: number): number {
  while (at < end) {
    const c = d[at] as number;
    if (c === QUOTE) {
      seen.flags = (high >>> 6) | 1;
      return at;
    }
    if (c < 32) return -1;
    high |= c & 128;
    if (c !== BACKSLASH) {
      at++;
      continue;
    }
    const e = at + 1 < end ? (d[at + 1] as number) : 0;
    if (e === 117) {
      for (let i = 2; i < 6; i++) {
        const h = at + i < end ? (d[at + i] as number) | 32 : 0;
        if (!((h >= 48 && h <= 57) || (h >= 97 && h <= 102))) return -1;
      }
      at += 6;
    } else if (e === QUOTE || e === BACKSLASH || e === 47 || e === 98 || e === 102 || e === 110 || e === 114 || e === 116) at += 2;
    else return -1;
  }
  return -1;
}

/** A whole number token by JSON's grammar. */
export function numberEnd(d: Uint8Array, at: number, end: number): number {
  if (d[at] === 45) at++;
  if (at >= end) return -1;
  let c = d[at] as number;
  if (c === 48) at++;
  else if (c >= 49 && c <= 57) {
    while (at < end && isDigit(d[at] as number)) at++;
  } else return -1;
  if (at < end && d[at] === 46) {
    at++;
    if (at >= end || !isDigit(d[at] as number)) return -1;
    while (at < end && isDigit(d[at] as number)) at++;
  }
  if (at < end) {
    c = d[at] as number;
    if (c === 101 || c === 69) {
      at++;
      if (at < end && (d[at] === 43 || d[at] === 45)) at++;
      if (at >= end || !isDigit(d[at] as number)) return -1;
      while (at < end && isDigit(d[at] as number)) at++;
    }
  }
  return at;
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57;

export const isTrue = (d: Uint8Array, at: number, end: number): boolean => at + 4 <= end && d[at] === 116 && d[at + 1] === 114 && d[at + 2] === 117 && d[at + 3] === 101;
export const isFalse = (d: Uint8Array, at: number, end: number): boolean => at + 5 <= end && d[at] === 102 && d[at + 1] === 97 && d[at + 2] === 108 && d[at + 3] === 115 && d[at + 4] === 101;
export const isNull = (d: Uint8Array, at: number, end: number): boolean => at + 4 <= end && d[at] === 110 && d[at + 1] === 117 && d[at + 2] === 108 && d[at + 3] === 108;

/** Skips any value, checking its syntax. Sets bit 1 of `high.flags` when it holds bytes above 127. */
export function skipValue(d: Uint8Array, at: number, end: number, high: { flags: number }, depth: number): number {
  if (depth > 64) return -1;
  const c = at < end ? (d[at] as number) : 0;
  if (c === QUOTE) {
    const close = stringEnd(d, at + 1, end);
    if (close < 0) return -1;
    high.flags |= seen.flags;
    return close + 1;
  }
  if (c === 123 || c === 91) {
    const close = c + 2;
    at = skipSpace(d, at + 1, end);
    if (at < end && d[at] === close) return at + 1;
    for (;;) {
      if (c === 123) {
        if (at >= end || d[at] !== QUOTE) return -1;
        const q = stringEnd(d, at + 1, end);
        if (q < 0) return -1;
        high.flags |= seen.flags;
        at = skipSpace(d, q + 1, end);
        if (at >= end || d[at] !== 58) return -1;
        at = skipSpace(d, at + 1, end);
      }
      at = skipValue(d, at, end, high, depth + 1);
      if (at < 0) return -1;
      at = skipSpace(d, at, end);
      if (at >= end) return -1;
      if (d[at] === close) return at + 1;
      if (d[at] !== 44) return -1;
      at = skipSpace(d, at + 1, end);
    }
  }
  if (isTrue(d, at, end) || isNull(d, at, end)) return at + 4;
  if (isFalse(d, at, end)) return at + 5;
  return numberEnd(d, at, end);
}
