import { SqlError } from '../errors.ts';
import {
  DATE_INFINITY,
  DATE_MAX,
  DATE_MIN,
  DATE_NEG_INFINITY,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MAX,
  TIMESTAMP_MIN,
  TIMESTAMP_NEG_INFINITY,
  daysFromCivil,
  daysInMonth,
  floorDiv,
} from './calendar.ts';
import { roundMicros } from './datetime-text.ts';
import { fromLocal, isTimeZone, parseOffset, toLocal } from './time-zone.ts';

/** What `now`, `today` and zone-less input mean. */
export interface DateTimeInput {
  readonly timeZone: string;
  /** Microseconds since 1970 UTC; without it the words `now`, `today`… are refused. */
  readonly nowMicros?: bigint | undefined;
}

interface Parsed {
  special?: 'infinity' | '-infinity' | 'epoch' | 'now' | 'today' | 'tomorrow' | 'yesterday';
  year?: number;
  month?: number;
  day?: number;
  bc: boolean;
  /** Microseconds in the day; undefined without a time. */
  time?: bigint;
  /** Seconds east of UTC, or a zone's name. */
  zone?: number | string;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const SPECIALS = ['infinity', '-infinity', 'epoch', 'now', 'today', 'tomorrow', 'yesterday'] as const;

const DATE_ISO = /^(\d{3,7})-(\d{1,2})-(\d{1,2})/;
const DATE_SLASH_YMD = /^(\d{4,})\/(\d{1,2})\/(\d{1,2})/;
const DATE_MDY = /^(\d{1,2})[/-](\d{1,2})[/-](\d{2,7})/;
const DATE_COMPACT = /^(\d{4})(\d{2})(\d{2})(?=$|[ T])/;
const DATE_DAY_MONTH = /^(\d{1,2})[- ]([a-z]{3,})[- ,]+(\d{3,7})/;
const DATE_MONTH_DAY = /^([a-z]{3,})[- ]+(\d{1,2})(?:st|nd|rd|th)?,?[- ]+(\d{3,7})(?![:\d])/;
const DATE_YEAR_MONTH = /^(\d{4,})-([a-z]{3,})-(\d{1,2})/;
const TIME = /^t?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d*))?)?(?:\s*(am|pm)(?![a-z]))?/;
const TIME_COMPACT = /^t?(\d{2})(\d{2})(\d{2})(?:\.(\d*))?(?=$|[ +-]|z)/;
const OFFSET = /^(?:utc|gmt)?([+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)(?!\d)/;
const ZONE = /^([a-z][a-z_]*(?:\/[a-z_+\-0-9]+)*)/;

class Reader {
  readonly original: string;
  readonly type: string;
  rest: string;

  constructor(text: string, type: string) {
    this.original = text;
    this.type = type;
    this.rest = text.trim().toLowerCase();
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.rest);
    if (match === null) return undefined;
    this.rest = this.rest.slice(match[0].length).trimStart();
    return match;
  }

  syntax(): SqlError {
    return new SqlError('invalid_datetime_format', `invalid input syntax for type ${this.type}: "${this.original}"`);
  }

  range(): SqlError {
    return new SqlError('datetime_field_overflow', `date/time field value out of range: "${this.original}"`);
  }
}

function monthOf(name: string, r: Reader): number {
  const month = MONTHS.indexOf(name.slice(0, 3)) + 1;
  if (month === 0) throw r.syntax();
  return month;
}

function takeDate(r: Reader, p: Parsed): boolean {
  let m: RegExpExecArray | undefined;
  const set = (year: string | undefined, month: number, day: string | undefined): true => {
    p.year = Number(year);
    p.month = month;
    p.day = Number(day);
    return true;
  };
  if ((m = r.take(DATE_ISO)) !== undefined) return set(m[1], Number(m[2]), m[3]);
  if ((m = r.take(DATE_COMPACT)) !== undefined) return set(m[1], Number(m[2]), m[3]);
  if ((m = r.take(DATE_SLASH_YMD)) !== undefined) return set(m[1], Number(m[2]), m[3]);
  if ((m = r.take(DATE_MDY)) !== undefined) {
    const text = m[3] ?? '';
    const year = Number(text);
    const full = text.length > 2 ? year : year < 70 ? 2000 + year : 1900 + year;
    return set(String(full), Number(m[1]), m[2]);
  }
  if ((m = r.take(DATE_DAY_MONTH)) !== undefined) return set(m[3], monthOf(m[2] ?? '', r), m[1]);
  if ((m = r.take(DATE_YEAR_MONTH)) !== undefined) return set(m[1], monthOf(m[2] ?? '', r), m[3]);
  if ((m = r.take(DATE_MONTH_DAY)) !== undefined) return set(m[3], monthOf(m[1] ?? '', r), m[2]);
  return false;
}

function takeTime(r: Reader, p: Parsed): boolean {
  const m = r.take(TIME) ?? (p.year !== undefined || r.type === 'time' || r.rest.startsWith('t') ? r.take(TIME_COMPACT) : undefined);
  if (m === undefined) return false;
  let hour = Number(m[1]);
  const minute = Number(m[2]);
  const second = Number(m[3] ?? 0);
  if (m[5] !== undefined) {
    if (hour < 1 || hour > 12) throw r.range();
    hour = (hour % 12) + (m[5] === 'pm' ? 12 : 0);
  }
  if (hour > 24 || minute > 59 || second > 60) throw r.range();
  const micro = fractionMicros(m[4] ?? '');
  const time = BigInt(hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + BigInt(micro);
  if (time > MICROS_PER_DAY) throw r.range();
  p.time = time;
  return true;
}

/** Digits after the point of a second, rounded to microseconds, half to even as C's rint does. */
export function fractionMicros(digits: string): number {
  if (digits === '') return 0;
  const micro = Number(digits.slice(0, 6).padEnd(6, '0'));
  const rest = digits.slice(6);
  if (!/[1-9]/.test(rest)) return micro;
  const tie = /^50*$/.test(rest);
  return (tie ? micro % 2 === 1 : rest.charCodeAt(0) >= 53) ? micro + 1 : micro;
}

function takeZone(r: Reader, p: Parsed): boolean {
  const offset = r.take(OFFSET);
  if (offset !== undefined) {
    const seconds = parseOffset(offset[1] ?? '');
    if (seconds === undefined) {
      throw new SqlError('invalid_time_zone_displacement_value', `time zone displacement out of range: "${r.original}"`);
    }
    p.zone = seconds;
    return true;
  }
  const name = ZONE.exec(r.rest)?.[1];
  if (name === undefined || name === 'bc' || name === 'ad') return false;
  if (!isTimeZone(name)) throw new SqlError('invalid_parameter_value', `time zone "${name}" not recognized`);
  r.take(ZONE);
  p.zone = name;
  return true;
}

function parse(text: string, type: string): Parsed {
  const r = new Reader(text, type);
  const p: Parsed = { bc: false };
  const special = SPECIALS.find((s) => s === r.rest || (s.endsWith('infinity') && r.rest === (s === 'infinity' ? '+infinity' : s)));
  if (special !== undefined) return { ...p, special };
  if (r.rest === '') throw r.syntax();
  let steps = 0;
  while (r.rest !== '') {
    if (++steps > 8) throw r.syntax();
    const era = r.take(/^(bc|ad)(?![a-z])/);
    if (era !== undefined) {
      p.bc = era[1] === 'bc';
      continue;
    }
    const weekday = /^([a-z]{3,9})[,. ]+/.exec(r.rest);
    if (weekday !== null && WEEKDAYS.includes((weekday[1] ?? '').slice(0, 3)) && p.year === undefined) {
      r.take(/^([a-z]{3,9})[,. ]+/);
      continue;
    }
    if (p.year === undefined && takeDate(r, p)) continue;
    if (p.time === undefined && takeTime(r, p)) continue;
    if (p.zone === undefined && (p.time !== undefined || p.year !== undefined) && takeZone(r, p)) continue;
    throw r.syntax();
  }
  return p;
}

function daysOf(p: Parsed, r: { readonly text: string }): number {
  const range = (): SqlError => new SqlError('datetime_field_overflow', `date/time field value out of range: "${r.text}"`);
  if (p.year === undefined || p.month === undefined || p.day === undefined) throw range();
  if (p.year === 0) throw range();
  const year = p.bc ? 1 - p.year : p.year;
  if (p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysInMonth(year, p.month)) throw range();
  return daysFromCivil(year, p.month, p.day);
}

const invalid = (type: string, text: string): SqlError =>
  new SqlError('invalid_datetime_format', `invalid input syntax for type ${type}: "${text}"`);

function relativeDay(special: string, cx: DateTimeInput, type: string, text: string): bigint {
  if (cx.nowMicros === undefined) throw invalid(type, text);
  const today = floorDiv(toLocal(cx.nowMicros, cx.timeZone), MICROS_PER_DAY);
  return today + (special === 'tomorrow' ? 1n : special === 'yesterday' ? -1n : 0n);
}

/** Errors: invalid_datetime_format, datetime_field_overflow. */
export function dateFromText(text: string, cx: DateTimeInput): number {
  const p = parse(text, 'date');
  switch (p.special) {
    case 'infinity':
      return DATE_INFINITY;
    case '-infinity':
      return DATE_NEG_INFINITY;
    case 'epoch':
      return 0;
    case undefined:
      break;
    default:
      return Number(relativeDay(p.special, cx, 'date', text));
  }
  if (p.year === undefined) throw invalid('date', text);
  const days = daysOf(p, { text });
  if (days < DATE_MIN || days > DATE_MAX) throw new SqlError('datetime_field_overflow', `date out of range: "${text}"`);
  return days;
}

/** Microseconds since midnight, rounded to `precision` digits. */
export function timeFromText(text: string, precision: number, cx: DateTimeInput): bigint {
  const p = parse(text, 'time');
  if (p.special === 'now' && cx.nowMicros !== undefined) {
    const local = toLocal(cx.nowMicros, cx.timeZone);
    return local - floorDiv(local, MICROS_PER_DAY) * MICROS_PER_DAY;
  }
  if (p.time === undefined) throw invalid('time', text);
  return roundMicros(p.time, precision);
}

/** Microseconds since 1970; a zone in the text is read and ignored, as PostgreSQL does. */
export function timestampFromText(text: string, precision: number, cx: DateTimeInput): bigint {
  return stampFromText(text, precision, cx, false);
}

/** Microseconds since 1970 UTC; text without a zone is in the session's. */
export function timestamptzFromText(text: string, precision: number, cx: DateTimeInput): bigint {
  return stampFromText(text, precision, cx, true);
}

function stampFromText(text: string, precision: number, cx: DateTimeInput, zoned: boolean): bigint {
  const type = zoned ? 'timestamp with time zone' : 'timestamp';
  const p = parse(text, type);
  switch (p.special) {
    case 'infinity':
      return TIMESTAMP_INFINITY;
    case '-infinity':
      return TIMESTAMP_NEG_INFINITY;
    case 'epoch':
      return 0n;
    case 'now':
      if (cx.nowMicros === undefined) throw invalid(type, text);
      return roundMicros(zoned ? cx.nowMicros : toLocal(cx.nowMicros, cx.timeZone), precision);
    case undefined:
      break;
    default: {
      const midnight = relativeDay(p.special, cx, type, text) * MICROS_PER_DAY;
      return zoned ? fromLocal(midnight, cx.timeZone) : midnight;
    }
  }
  if (p.year === undefined) throw invalid(type, text);
  const local = BigInt(daysOf(p, { text })) * MICROS_PER_DAY + (p.time ?? 0n);
  let micros = local;
  if (zoned) {
    if (typeof p.zone === 'number') micros = local - BigInt(p.zone) * MICROS_PER_SECOND;
    else micros = fromLocal(local, p.zone ?? cx.timeZone);
  }
  micros = roundMicros(micros, precision);
  if (micros < TIMESTAMP_MIN || micros > TIMESTAMP_MAX) {
    throw new SqlError('datetime_field_overflow', `timestamp out of range: "${text}"`);
  }
  return micros;
}
