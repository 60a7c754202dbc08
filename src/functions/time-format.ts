import { SqlError, notSupported } from '../common/errors.ts';
import { MICROS_PER_SECOND, dayOfWeek, dayOfYear, daysInMonth, fieldsOf, isoWeek, microsOf, type Fields } from '../common/types/calendar.ts';
import { offsetText, two } from '../common/types/datetime-text.ts';

/** Java's date patterns (DATE_FORMAT, TO_TIMESTAMP) and PostgreSQL's (to_char, to_date), compiled once per pattern. */

const MONTH_NAMES = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Text of one field; `offset` is the zone's, in seconds. */
type Part = (f: Fields, offset: number) => string;
export type DateFormatter = (local: bigint, offset?: number) => string;

const CACHE_MAX = 200;
const javaCache = new Map<string, DateFormatter>();
const postgresCache = new Map<string, DateFormatter>();

function cached(cache: Map<string, DateFormatter>, pattern: string, make: (pattern: string) => DateFormatter): DateFormatter {
  let found = cache.get(pattern);
  if (found === undefined) {
    found = make(pattern);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(pattern, found);
  }
  return found;
}

const padded = (n: number, width: number): string => (n < 0 ? `-${String(-n).padStart(width, '0')}` : String(n).padStart(width, '0'));

function joinParts(parts: readonly Part[], datesOnly: boolean): DateFormatter {
  const format = (local: bigint, offset: number): string => {
    const f = fieldsOf(local);
    let out = '';
    for (const part of parts) out += part(f, offset);
    return out;
  };
  if (!datesOnly) return (local, offset = 0) => format(local, offset);
  // Most rows of a stream fall on the same day: its text is kept.
  let from = 1n;
  let to = 0n;
  let text = '';
  return (local) => {
    if (local < from || local >= to) {
      text = format(local, 0);
      const f = fieldsOf(local);
      from = microsOf(f.year, f.month, f.day);
      to = from + 86_400_000_000n;
    }
    return text;
  };
}

const literal =
  (text: string): Part =>
  () =>
    text;

/** DATE_FORMAT's formatter of a Java pattern. Errors: invalid_parameter_value for a letter without a meaning. */
export function javaFormatter(pattern: string): DateFormatter {
  return cached(javaCache, pattern, () => {
    const parts: Part[] = [];
    let datesOnly = true;
    for (const token of javaTokens(pattern)) {
      if (typeof token === 'string') parts.push(literal(token));
      else {
        parts.push(javaPart(token.letter, token.count));
        if (!'yuMLdDEwQGe'.includes(token.letter)) datesOnly = false;
      }
    }
    return joinParts(parts, datesOnly);
  });
}

interface JavaToken {
  readonly letter: string;
  readonly count: number;
}

function javaTokens(pattern: string): (string | JavaToken)[] {
  const out: (string | JavaToken)[] = [];
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i] ?? '';
    if (c === "'") {
      let text = '';
      i++;
      if (pattern[i] === "'") {
        out.push("'");
        i++;
        continue;
      }
      while (i < pattern.length) {
        if (pattern[i] === "'") {
          if (pattern[i + 1] !== "'") break;
          i++;
        }
        text += pattern[i];
        i++;
      }
      if (i >= pattern.length) throw new SqlError('invalid_parameter_value', `unterminated quote in date pattern "${pattern}"`);
      i++;
      out.push(text);
    } else if (/[A-Za-z]/.test(c)) {
      let count = 1;
      while (pattern[i + count] === c) count++;
      out.push({ letter: c, count });
      i += count;
    } else {
      out.push(c);
      i++;
    }
  }
  return out;
}

const eraYear = (year: number): number => (year > 0 ? year : 1 - year);

function javaPart(letter: string, n: number): Part {
  switch (letter) {
    case 'y':
      return n === 2 ? (f) => two(eraYear(f.year) % 100) : (f) => padded(eraYear(f.year), n);
    case 'u':
      return (f) => padded(f.year, n);
    case 'M':
    case 'L':
      if (n >= 4) return (f) => MONTH_NAMES[f.month - 1] ?? '';
      if (n === 3) return (f) => (MONTH_NAMES[f.month - 1] ?? '').slice(0, 3);
      return (f) => padded(f.month, n);
    case 'd':
      return (f) => padded(f.day, n);
    case 'D':
      return (f) => padded(dayOfYear(f.days, f.year), n);
    case 'E':
      return (f) => (n >= 4 ? (DAY_NAMES[dayOfWeek(f.days)] ?? '') : (DAY_NAMES[dayOfWeek(f.days)] ?? '').slice(0, 3));
    case 'Q':
      return (f) => padded(Math.floor((f.month - 1) / 3) + 1, n);
    case 'w':
      return (f) => padded(isoWeek(f.days).week, n);
    case 'G':
      return (f) => (f.year > 0 ? 'AD' : 'BC');
    case 'H':
      return (f) => padded(f.hour, n);
    case 'k':
      return (f) => padded(f.hour || 24, n);
    case 'h':
      return (f) => padded(f.hour % 12 || 12, n);
    case 'K':
      return (f) => padded(f.hour % 12, n);
    case 'm':
      return (f) => padded(f.minute, n);
    case 's':
      return (f) => padded(f.second, n);
    case 'S':
      return (f) => String(f.micro).padStart(6, '0').padEnd(9, '0').slice(0, n);
    case 'a':
      return (f) => (f.hour < 12 ? 'AM' : 'PM');
    case 'X':
      return (_f, offset) => (offset === 0 ? 'Z' : isoOffset(offset, n === 3));
    case 'x':
      return (_f, offset) => isoOffset(offset, n === 3);
    case 'Z':
      return (_f, offset) => isoOffset(offset, false);
    default:
      throw new SqlError('invalid_parameter_value', `date pattern letter "${letter}" is not supported`, {
        hint: 'Letters: y u M d D E Q w G H k h K m s S a X x Z; quote other text.',
      });
  }
}

function isoOffset(seconds: number, colon: boolean): string {
  const n = Math.abs(seconds);
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(n / 3600))}${colon ? ':' : ''}${two(Math.floor(n / 60) % 60)}`;
}

/** Reads a wall-clock time by a Java pattern; undefined when the text does not fit or names no real time. */
export function javaParse(text: string, pattern: string): { readonly local: bigint; readonly offset: number | undefined } | undefined {
  let at = 0;
  let year = 1970;
  let month = 1;
  let day = 1;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let micro = 0;
  let pm: boolean | undefined;
  let offset: number | undefined;
  const tokens = javaTokens(pattern);
  for (const [index, token] of tokens.entries()) {
    if (typeof token === 'string') {
      if (!text.startsWith(token, at)) return undefined;
      at += token.length;
      continue;
    }
    const { letter, count } = token;
    if (letter === 'a') {
      const word = text.slice(at, at + 2).toUpperCase();
      if (word !== 'AM' && word !== 'PM') return undefined;
      pm = word === 'PM';
      at += 2;
      continue;
    }
    if ((letter === 'M' || letter === 'L') && count >= 3) {
      const name = /^[A-Za-z]+/.exec(text.slice(at))?.[0] ?? '';
      const found = MONTH_NAMES.findIndex((m) => (count === 3 ? m.slice(0, 3) : m).toLowerCase() === name.toLowerCase());
      if (found < 0) return undefined;
      month = found + 1;
      at += name.length;
      continue;
    }
    if (letter === 'E') {
      at += /^[A-Za-z]+/.exec(text.slice(at))?.[0].length ?? 0;
      continue;
    }
    if (letter === 'X' || letter === 'x' || letter === 'Z') {
      const found = /^(?:Z|([+-])(\d{2}):?(\d{2})?)/.exec(text.slice(at));
      if (found === null) return undefined;
      offset = found[1] === undefined ? 0 : (Number(found[2]) * 3600 + Number(found[3] ?? 0) * 60) * (found[1] === '-' ? -1 : 1);
      at += found[0].length;
      continue;
    }
    // A field right before another one has its exact width, else as many digits as there are.
    const next = tokens[index + 1];
    const glued = next !== undefined && typeof next !== 'string';
    const width = glued || letter === 'S' ? count : Math.max(count, 10);
    const digits = new RegExp(`^\\d{1,${width}}`).exec(text.slice(at))?.[0];
    if (digits === undefined || (glued && digits.length < count)) return undefined;
    at += digits.length;
    const n = Number(digits);
    switch (letter) {
      case 'y':
      case 'u':
        year = count === 2 && digits.length === 2 ? 2000 + n : n;
        break;
      case 'M':
      case 'L':
        month = n;
        break;
      case 'd':
        day = n;
        break;
      case 'H':
        hour = n;
        break;
      case 'k':
        hour = n % 24;
        break;
      case 'h':
        hour = n % 12;
        break;
      case 'K':
        hour = n;
        break;
      case 'm':
        minute = n;
        break;
      case 's':
        second = n;
        break;
      case 'S':
        micro = Number(digits.slice(0, 6).padEnd(6, '0'));
        break;
      default:
        throw notSupported(`reading date pattern letter "${letter}"`);
    }
  }
  if (at !== text.length) return undefined;
  if (pm === true) hour += 12;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return { local: microsOf(year, month, day, hour, minute, second, micro), offset };
}

/** PostgreSQL's template patterns, longest first. */
const PG_PATTERNS = [
  'HH24', 'HH12', 'HH', 'MI', 'SSSSS', 'SSSS', 'SS', 'MS', 'US', 'FF1', 'FF2', 'FF3', 'FF4', 'FF5', 'FF6', 'A.M.', 'P.M.', 'AM', 'PM',
  'Y,YYY', 'YYYY', 'YYY', 'YY', 'Y', 'IYYY', 'IYY', 'IY', 'IDDD', 'ID', 'IW', 'I', 'B.C.', 'A.D.', 'BC', 'AD', 'MONTH', 'MON', 'MM', 'DAY', 'DY',
  'DDD', 'DD', 'D', 'WW', 'W', 'CC', 'J', 'Q', 'RM', 'TZH', 'TZM', 'TZ', 'OF',
].sort((a, b) => b.length - a.length);

export interface PgToken {
  /** Upper-case pattern. */
  readonly pattern: string;
  /** As written, for its case. */
  readonly written: string;
  readonly fill: boolean;
  /** `th` or `TH` as written, or empty. */
  readonly ordinal: string;
}

/** A template in pieces: texts and patterns. */
export function pgTokens(template: string): (string | PgToken)[] {
  const out: (string | PgToken)[] = [];
  for (let i = 0; i < template.length; ) {
    if (template[i] === '"') {
      const end = template.indexOf('"', i + 1);
      out.push(template.slice(i + 1, end < 0 ? undefined : end));
      i = end < 0 ? template.length : end + 1;
      continue;
    }
    let at = i;
    const fm = template.slice(at, at + 2).toUpperCase() === 'FM';
    if (fm) at += 2;
    const rest = template.slice(at).toUpperCase();
    const pattern = PG_PATTERNS.find((p) => rest.startsWith(p));
    if (pattern === undefined) {
      out.push(template[i] ?? '');
      i++;
      continue;
    }
    let end = at + pattern.length;
    const ordinal = /^(?:th|TH)/.exec(template.slice(end))?.[0] ?? '';
    const written = template.slice(at, end);
    end += ordinal.length;
    out.push({ pattern, written, fill: !fm, ordinal });
    i = end;
  }
  return out;
}

/** The case of a name: as its pattern's first two letters are written. */
export function nameCase(name: string, written: string): string {
  if (written === written.toUpperCase()) return name.toUpperCase();
  return written[0] === written[0]?.toUpperCase() ? name : name.toLowerCase();
}

export function ordinalSuffix(n: number, upper: boolean): string {
  const tens = Math.abs(n) % 100;
  const suffix = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][Math.abs(n) % 10] ?? 'th');
  return upper ? suffix.toUpperCase() : suffix;
}

export const ROMAN: readonly string[] = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'];

/** to_char's formatter of a template. */
export function postgresFormatter(template: string): DateFormatter {
  return cached(postgresCache, template, () => joinParts(pgTokens(template).map((t) => (typeof t === 'string' ? literal(t) : pgPart(t))), false));
}

function pgPart(t: PgToken): Part {
  const number = (fn: (f: Fields) => number, width: number): Part => {
    return (f) => {
      const n = fn(f);
      const text = t.fill ? padded(n, width) : String(n);
      return t.ordinal === '' ? text : text + ordinalSuffix(n, t.ordinal === 'TH');
    };
  };
  const name = (fn: (f: Fields) => string, width: number): Part => {
    return (f) => nameCase(fn(f), t.written).padEnd(t.fill ? width : 0);
  };
  switch (t.pattern) {
    case 'HH24':
      return number((f) => f.hour, 2);
    case 'HH12':
    case 'HH':
      return number((f) => f.hour % 12 || 12, 2);
    case 'MI':
      return number((f) => f.minute, 2);
    case 'SS':
      return number((f) => f.second, 2);
    case 'MS':
      return number((f) => Math.floor(f.micro / 1000), 3);
    case 'US':
      return number((f) => f.micro, 6);
    case 'SSSS':
    case 'SSSSS':
      return number((f) => f.hour * 3600 + f.minute * 60 + f.second, 1);
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6': {
      const digits = Number(t.pattern[2]);
      return (f) => String(f.micro).padStart(6, '0').slice(0, digits);
    }
    case 'AM':
    case 'PM':
      return (f) => nameCase(f.hour < 12 ? 'AM' : 'PM', t.written === t.written.toLowerCase() ? 'am' : 'AM');
    case 'A.M.':
    case 'P.M.':
      return (f) => nameCase(f.hour < 12 ? 'A.M.' : 'P.M.', t.written === t.written.toLowerCase() ? 'a.m.' : 'A.M.');
    case 'Y,YYY':
      return (f) => `${Math.floor(eraYear(f.year) / 1000)},${String(eraYear(f.year) % 1000).padStart(3, '0')}`;
    case 'YYYY':
      return number((f) => eraYear(f.year), 4);
    case 'YYY':
      return number((f) => eraYear(f.year) % 1000, 3);
    case 'YY':
      return number((f) => eraYear(f.year) % 100, 2);
    case 'Y':
      return number((f) => eraYear(f.year) % 10, 1);
    case 'IYYY':
      return number((f) => eraYear(isoWeek(f.days).year), 4);
    case 'IYY':
      return number((f) => isoWeek(f.days).year % 1000, 3);
    case 'IY':
      return number((f) => isoWeek(f.days).year % 100, 2);
    case 'I':
      return number((f) => isoWeek(f.days).year % 10, 1);
    case 'BC':
    case 'AD':
      return (f) => nameCase(f.year > 0 ? 'AD' : 'BC', t.written === t.written.toLowerCase() ? 'ad' : 'AD');
    case 'B.C.':
    case 'A.D.':
      return (f) => (f.year > 0 ? 'A.D.' : 'B.C.');
    case 'MONTH':
      return name((f) => MONTH_NAMES[f.month - 1] ?? '', 9);
    case 'MON':
      return name((f) => (MONTH_NAMES[f.month - 1] ?? '').slice(0, 3), 0);
    case 'MM':
      return number((f) => f.month, 2);
    case 'DAY':
      return name((f) => DAY_NAMES[dayOfWeek(f.days)] ?? '', 9);
    case 'DY':
      return name((f) => (DAY_NAMES[dayOfWeek(f.days)] ?? '').slice(0, 3), 0);
    case 'DDD':
      return number((f) => dayOfYear(f.days, f.year), 3);
    case 'IDDD':
      return number((f) => (isoWeek(f.days).week - 1) * 7 + (dayOfWeek(f.days) || 7), 3);
    case 'DD':
      return number((f) => f.day, 2);
    case 'D':
      return number((f) => dayOfWeek(f.days) + 1, 1);
    case 'ID':
      return number((f) => dayOfWeek(f.days) || 7, 1);
    case 'WW':
      return number((f) => Math.floor((dayOfYear(f.days, f.year) - 1) / 7) + 1, 2);
    case 'W':
      return number((f) => Math.floor((f.day - 1) / 7) + 1, 1);
    case 'IW':
      return number((f) => isoWeek(f.days).week, 2);
    case 'CC':
      return number((f) => Math.floor((f.year + 99) / 100), 2);
    case 'J':
      return number((f) => f.days + 2440588, 1);
    case 'Q':
      return number((f) => Math.floor((f.month - 1) / 3) + 1, 1);
    case 'RM':
      return (f) => nameCase(ROMAN[f.month - 1] ?? '', t.written).padEnd(t.fill ? 4 : 0);
    case 'TZ':
    case 'OF':
      return (_f, offset) => offsetText(offset);
    case 'TZH':
      return (_f, offset) => offsetText(offset).slice(0, 3);
    case 'TZM':
      return (_f, offset) => two(Math.floor(Math.abs(offset) / 60) % 60);
    default:
      throw notSupported(`template pattern "${t.written}"`);
  }
}

/** Reads a wall-clock time by a PostgreSQL template (to_date, to_timestamp). Errors: invalid_datetime_format, datetime_field_overflow. */
export function postgresParse(text: string, template: string): { readonly local: bigint; readonly offset: number | undefined } {
  let at = 0;
  let year: number | undefined;
  let month = 1;
  let day = 1;
  let dayNumber: number | undefined;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let micros = 0n;
  let pm: boolean | undefined;
  let bc = false;
  let offset: number | undefined;
  let west = false;
  const bad = (pattern: string, got: string): SqlError =>
    new SqlError('invalid_datetime_format', `invalid value "${got}" for "${pattern}"`, { detail: 'Value must be an integer.' });
  const tokens = pgTokens(template);
  for (const [index, token] of tokens.entries()) {
    if (at >= text.length) break;
    if (typeof token === 'string') {
      if (/\s/.test(token)) while (/\s/.test(text[at] ?? '')) at++;
      else if (!/[A-Za-z0-9]/.test(text[at] ?? '') || token === text[at]) at++;
      continue;
    }
    while (/\s/.test(text[at] ?? '')) at++;
    const { pattern } = token;
    const word = (names: readonly string[]): number => {
      const rest = text.slice(at).toLowerCase();
      const found = names.findIndex((n) => rest.startsWith(n.toLowerCase()));
      if (found < 0) throw new SqlError('invalid_datetime_format', `invalid value "${text.slice(at, at + 3)}" for "${token.written}"`, { detail: 'The given value did not match any of the allowed values for this field.' });
      at += names[found]?.length ?? 0;
      return found;
    };
    if (pattern === 'AM' || pattern === 'PM') {
      pm = word(['AM', 'PM']) === 1;
      continue;
    }
    if (pattern === 'BC' || pattern === 'AD') {
      bc = word(['AD', 'BC']) === 1;
      continue;
    }
    if (pattern === 'MONTH') {
      month = word(MONTH_NAMES) + 1;
      continue;
    }
    if (pattern === 'MON') {
      month = word(MONTH_NAMES.map((m) => m.slice(0, 3))) + 1;
      continue;
    }
    if (pattern === 'DAY' || pattern === 'DY') {
      word(pattern === 'DAY' ? DAY_NAMES : DAY_NAMES.map((d) => d.slice(0, 3)));
      continue;
    }
    const zone = pattern === 'TZH' ? /^[+-]?\d{1,2}/.exec(text.slice(at))?.[0] : undefined;
    if (zone !== undefined) {
      offset = Number(zone) * 3600;
      west = zone.startsWith('-');
      at += zone.length;
      continue;
    }
    const next = tokens[index + 1];
    const glued = next !== undefined && (typeof next !== 'string' || /\d/.test(next));
    const width = glued ? (FIXED_WIDTH[pattern] ?? pattern.length) : pattern === 'YYYY' || pattern === 'US' || pattern === 'J' ? 9 : (FIXED_WIDTH[pattern] ?? pattern.length);
    const digits = new RegExp(`^[+-]?\\d{1,${width}}`).exec(text.slice(at))?.[0];
    if (digits === undefined) throw bad(token.written, text.slice(at, at + pattern.length));
    at += digits.length;
    const n = Number(digits);
    switch (pattern) {
      case 'YYYY':
      case 'IYYY':
        year = n;
        break;
      case 'YYY':
      case 'YY':
      case 'Y':
        year = n < 70 ? 2000 + n : n < 100 ? 1900 + n : n < 520 ? 2000 + n : 1000 + n;
        break;
      case 'MM':
        month = n;
        break;
      case 'DD':
        day = n;
        break;
      case 'DDD':
        dayNumber = n;
        break;
      case 'HH24':
        hour = n;
        break;
      case 'HH':
      case 'HH12':
        if (n < 1 || n > 12) {
          throw new SqlError('datetime_field_overflow', `hour "${n}" is invalid for the 12-hour clock`, { hint: 'Use the 24-hour clock, or give an hour between 1 and 12.' });
        }
        hour = n % 12;
        break;
      case 'MI':
        minute = n;
        break;
      case 'SS':
        second = n;
        break;
      case 'MS':
        micros = BigInt(digits.padEnd(3, '0')) * 1000n;
        break;
      case 'US':
      case 'FF1':
      case 'FF2':
      case 'FF3':
      case 'FF4':
      case 'FF5':
      case 'FF6':
        micros = BigInt(digits.padEnd(6, '0').slice(0, 6));
        break;
      case 'SSSS':
      case 'SSSSS':
        hour = Math.floor(n / 3600);
        minute = Math.floor(n / 60) % 60;
        second = n % 60;
        break;
      case 'D':
      case 'ID':
      case 'Q':
        break;
      case 'TZM':
        offset = (offset ?? 0) + (west ? -60 : 60) * n;
        break;
      default:
        throw notSupported(`reading template pattern "${token.written}"`);
    }
  }
  if (pm === true) hour += 12;
  // A template without a year means year 1 BC … as to_date('', '') does: 0001-01-01 BC.
  let astronomical = year === undefined ? 0 : bc ? 1 - year : year;
  if (year !== undefined && year <= 0 && !bc) astronomical = year === 0 ? 0 : year + 1;
  const range = (): SqlError => new SqlError('datetime_field_overflow', `date/time field value out of range: "${text}"`);
  if (hour > 23 || minute > 59 || second > 59) throw range();
  if (dayNumber !== undefined) {
    return { local: microsOf(astronomical, 1, 1, hour, minute, second) + BigInt(dayNumber - 1) * 86_400n * MICROS_PER_SECOND + micros, offset };
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(astronomical, month)) throw range();
  return { local: microsOf(astronomical, month, day, hour, minute, second) + micros, offset };
}

const FIXED_WIDTH: Readonly<Record<string, number>> = { TZM: 2, HH24: 2, HH12: 2, HH: 2, SSSSS: 5, SSSS: 5, MS: 3, US: 6, FF1: 1, FF2: 2, FF3: 3, FF4: 4, FF5: 5, FF6: 6, IYYY: 4, YYYY: 4, J: 7 };

/** Whether a pattern is Java's: it mixes `yy` with `MM`, or `HH` with `mm`. One in a single case is PostgreSQL's. */
export const isJavaPattern = (pattern: string): boolean => /yy.*MM|MM.*yy|HH.?mm/.test(pattern) && !/YY|HH24|HH12|MI/.test(pattern);
