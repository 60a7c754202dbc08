import type { SqlType } from '../../common/types/sql-type.ts';
import { ValueError, type TimestampStandard } from '../parse-value.ts';
import { daysFromCivil } from '../text.ts';
import type { ColumnWriter } from './column-writer.ts';
import { convertJson, type JsonReadOptions } from './json-convert.ts';
import { isFalse, isNull, isTrue, numberEnd, seen, skipValue, stringEnd } from './json-scan.ts';
import { parseJsonTree } from './json-tree.ts';
import { unescaped } from './json-unescape.ts';

/** Reads one value straight into its column: returns the place behind it, or -1 to have the row read the slow way. */
export type FieldReader = (d: Buffer, at: number, end: number, w: ColumnWriter, row: number, high: { flags: number }) => number;

const TWO32 = 0x1_0000_0000;
const POW10 = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const INT_LIMIT: Readonly<Record<string, number>> = { tinyint: 127, smallint: 32767, int: 2147483647 };

const nullAt = (w: ColumnWriter, row: number, at: number): number => {
  w.setNull(row);
  return at + 4;
};

/** A plain integer of at most 15 digits; its value in `number.value`. */
const number = { value: 0, fraction: 0 };

/** `-?digits[.digits]` of at most 15 digits in all, exact in a double; -1 for anything else (exponents, more digits). */
function plainNumber(d: Uint8Array, at: number, end: number, fractionMax: number): number {
  const negative = d[at] === 45;
  if (negative) at++;
  const start = at;
  let v = 0;
  let c = 0;
  while (at < end && (c = (d[at] as number) - 48) >= 0 && c <= 9) {
    v = v * 10 + c;
    at++;
  }
  let digits = at - start;
  if (digits === 0 || digits > 15 || (digits > 1 && d[start] === 48)) return -1;
  let fraction = 0;
  if (at < end && d[at] === 46) {
    const point = ++at;
    while (at < end && (c = (d[at] as number) - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      at++;
    }
    fraction = at - point;
    digits += fraction;
    if (fraction === 0 || digits > 15 || fraction > fractionMax) return -1;
  }
  if (at < end && ((d[at] as number) | 32) === 101) return -1;
  number.value = negative ? -v : v;
  number.fraction = fraction;
  return at;
}

function writeWords(ints: Int32Array, row: number, v: number): void {
  const hi = Math.floor(v / TWO32);
  ints[2 * row] = v - hi * TWO32;
  ints[2 * row + 1] = hi;
}

const text: FieldReader = (d, at, end, w, row, high) => {
  if (d[at] === 34) {
    const close = stringEnd(d, at + 1, end);
    if (close < 0) return -1;
    high.flags |= seen.flags & 2;
    if ((seen.flags & 1) !== 0) {
      w.setBytes(row, unescaped(d, at + 1, close));
      return close + 1;
    }
    w.offsets[row] = at + 1;
    w.lengths[row] = close - at - 1;
    w.clearNull(row);
    return close + 1;
  }
  if (isNull(d, at, end)) return nullAt(w, row, at);
  const stop = isTrue(d, at, end) ? at + 4 : isFalse(d, at, end) ? at + 5 : numberEnd(d, at, end);
  if (stop < 0) return -1;
  w.offsets[row] = at;
  w.lengths[row] = stop - at;
  w.clearNull(row);
  return stop;
};

const bool: FieldReader = (d, at, end, w, row) => {
  if (isTrue(d, at, end)) {
    w.bools[row] = 1;
    w.clearNull(row);
    return at + 4;
  }
  if (isFalse(d, at, end)) {
    w.bools[row] = 0;
    w.clearNull(row);
    return at + 5;
  }
  return isNull(d, at, end) ? nullAt(w, row, at) : -1;
};

const integer = (limit: number): FieldReader => (d, at, end, w, row) => {
  if (d[at] === 110) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
  const stop = plainNumber(d, at, end, 0);
  if (stop < 0 || number.value > limit || number.value < -limit - 1) return -1;
  w.ints[row] = number.value;
  w.clearNull(row);
  return stop;
};

/** An integer of 16 to 18 digits: two halves, each exact in a double, put together in words. */
function longInteger(d: Uint8Array, at: number, end: number, w: ColumnWriter, row: number): number {
  const negative = d[at] === 45;
  const start = negative ? at + 1 : at;
  let p = start;
  while (p < end && (d[p] as number) >= 48 && (d[p] as number) <= 57) p++;
  const digits = p - start;
  if (digits < 16 || digits > 18 || d[start] === 48) return -1;
  if (p < end && (d[p] === 46 || ((d[p] as number) | 32) === 101)) return -1;
  let head = 0;
  let tail = 0;
  for (let i = start; i < p - 9; i++) head = head * 10 + (d[i] as number) - 48;
  for (let i = p - 9; i < p; i++) tail = tail * 10 + (d[i] as number) - 48;
  // 10^9 = 15258 * 2^16 + 51712: all products stay below 2^53.
  const upper = head * 15_258;
  const lower = (upper % 65_536) * 65_536 + head * 51_712 + tail;
  let hi = Math.floor(upper / 65_536) + Math.floor(lower / TWO32);
  let lo = lower % TWO32;
  if (negative) {
    hi = lo === 0 ? -hi : -hi - 1;
    lo = lo === 0 ? 0 : TWO32 - lo;
  }
  w.ints[2 * row] = lo;
  w.ints[2 * row + 1] = hi;
  w.clearNull(row);
  return p;
}

const bigint: FieldReader = (d, at, end, w, row) => {
  if (d[at] === 110) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
  const stop = plainNumber(d, at, end, 0);
  if (stop < 0) return longInteger(d, at, end, w, row);
  writeWords(w.ints, row, number.value);
  w.clearNull(row);
  return stop;
};

const decimal = (precision: number, scale: number): FieldReader => {
  const limit = 10 ** Math.min(precision, 15);
  return (d, at, end, w, row) => {
    if (d[at] === 110) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
    const stop = plainNumber(d, at, end, scale);
    if (stop < 0) return -1;
    const v = number.value * (POW10[scale - number.fraction] as number);
    if (v >= limit || v <= -limit) return -1;
    writeWords(w.ints, row, v);
    w.clearNull(row);
    return stop;
  };
};

/** At most 15 digits over a power of ten up to 10^15: the division rounds once, so the result is the nearest double. */
const double = (single: boolean): FieldReader => (d, at, end, w, row) => {
  if (d[at] === 110) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
  const negativeZero = d[at] === 45;
  const stop = plainNumber(d, at, end, 15);
  if (stop < 0 || (negativeZero && number.value === 0)) {
    const close = numberEnd(d, at, end);
    if (close < 0) return -1;
    const exact = Number(d.toString('latin1', at, close));
    w.doubles[row] = single ? Math.fround(exact) : exact;
    w.clearNull(row);
    return close;
  }
  const v = number.value / (POW10[number.fraction] as number);
  w.doubles[row] = single ? Math.fround(v) : v;
  w.clearNull(row);
  return stop;
};

/** Two digits at a place, or NaN-like negative when they are none. */
const two = (d: Uint8Array, at: number): number => {
  const a = (d[at] as number) - 48;
  const b = (d[at + 1] as number) - 48;
  return a < 0 || a > 9 || b < 0 || b > 9 ? -1000 : a * 10 + b;
};

const lastDate = { year: 0, month: 0, day: 0, days: 0 };
/** Days of `yyyy-MM-dd`, or NaN. The last date is remembered: neighbours mostly share it. */
export function dateAt(d: Uint8Array, at: number): number {
  if (d[at + 4] !== 45 || d[at + 7] !== 45) return Number.NaN;
  const year = two(d, at) * 100 + two(d, at + 2);
  const month = two(d, at + 5);
  const day = two(d, at + 8);
  if (year === lastDate.year && month === lastDate.month && day === lastDate.day) return lastDate.days;
  if (year < 0 || month < 0 || day < 0) return Number.NaN;
  const days = daysFromCivil(year, month, day);
  if (days === null) return Number.NaN;
  lastDate.year = year;
  lastDate.month = month;
  lastDate.day = day;
  lastDate.days = days;
  return days;
}

const date: FieldReader = (d, at, end, w, row) => {
  if (d[at] !== 34) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
  if (at + 12 > end || d[at + 11] !== 34) return -1;
  const days = dateAt(d, at + 1);
  if (Number.isNaN(days)) return -1;
  w.ints[row] = days;
  w.clearNull(row);
  return at + 12;
};

const timestamp = (precision: number, local: boolean, standard: TimestampStandard): FieldReader => {
  const separator = standard === 'SQL' ? 32 : 84;
  const unit = 10 ** (6 - Math.min(6, precision));
  return (d, at, end, w, row) => {
    if (d[at] !== 34) return isNull(d, at, end) ? nullAt(w, row, at) : -1;
    if (at + 21 > end || d[at + 11] !== separator || d[at + 14] !== 58 || d[at + 17] !== 58) return -1;
    const days = dateAt(d, at + 1);
    const h = two(d, at + 12);
    const m = two(d, at + 15);
    const s = two(d, at + 18);
    if (Number.isNaN(days) || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) return -1;
    let p = at + 20;
    let micros = 0;
    if (d[p] === 46) {
      p++;
      let digits = 0;
      let c = 0;
      while (p < end && (c = (d[p] as number) - 48) >= 0 && c <= 9) {
        if (digits < 6) micros = micros * 10 + c;
        digits++;
        p++;
      }
      if (digits === 0 || digits > 9) return -1;
      for (; digits < 6; digits++) micros *= 10;
      if (unit > 1) micros -= micros % unit;
    }
    if (local) {
      if (d[p] !== 90) return -1;
      p++;
    }
    if (p >= end || d[p] !== 34) return -1;
    // Below 2^53 for the years 1684 to 2255; others go the exact way.
    const v = days * 86_400_000_000 + (h * 3600 + m * 60 + s) * 1_000_000 + micros;
    if (!Number.isSafeInteger(v)) return -1;
    writeWords(w.ints, row, v);
    w.clearNull(row);
    return p + 1;
  };
};

const slow: FieldReader = () => -1;

/** Types kept as values: only the member's own bytes are parsed again, exactly. */
const nested = (type: SqlType, o: JsonReadOptions): FieldReader => (d, at, end, w, row, high) => {
  const flags = { flags: 0 };
  const stop = skipValue(d, at, end, flags, 0);
  if (stop < 0) return -1;
  // Invalid UTF-8 shows in the check of the whole message.
  high.flags |= flags.flags & 2;
  try {
    w.set(row, convertJson(type, parseJsonTree(d.toString('utf8', at, stop)), o));
  } catch (e) {
    if (e instanceof ValueError) return -1;
    throw e;
  }
  return stop;
};

/** The reader of a type. Types without a fast way always send their row the slow one. */
export function fieldReader(type: SqlType, o: JsonReadOptions): FieldReader {
  switch (type.kind) {
    case 'varchar':
    case 'name':
    case 'unknown':
      return text;
    case 'boolean':
      return bool;
    case 'tinyint':
    case 'smallint':
    case 'int':
      return integer(INT_LIMIT[type.kind] as number);
    case 'bigint':
      return bigint;
    case 'real':
    case 'double':
      return double(type.kind === 'real');
    case 'decimal':
      return type.precision <= 18 ? decimal(type.precision, type.scale) : slow;
    case 'date':
      return date;
    case 'timestamp':
    case 'timestamptz':
      return timestamp(type.precision, type.kind === 'timestamptz', o.standard);
    case 'row':
    case 'array':
    case 'map':
    case 'jsonb':
      return nested(type, o);
    default:
      return slow;
  }
}
