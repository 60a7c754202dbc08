import { SqlError } from '../common/errors.ts';
import type { Interval } from '../common/types/value.ts';
import { ROMAN, nameCase, ordinalSuffix, pgTokens, type PgToken } from './time-format.ts';

/**
 * to_char of an interval: hours may exceed a day, days a month; months are years and months. Patterns that name a day of a
 * calendar are refused, as PostgreSQL refuses them.
 */
export function intervalToChar({ months, days, micros }: Interval, template: string): string {
  const negative = micros < 0n;
  const total = negative ? -micros : micros;
  const sign = negative ? -1 : 1;
  const seconds = Number(total / 1_000_000n);
  const fields: Fields = {
    year: Math.trunc(months / 12), month: months % 12, day: days, hour: sign * Math.floor(seconds / 3600), minute: sign * (Math.floor(seconds / 60) % 60), second: sign * (seconds % 60),
    micro: sign * Number(total % 1_000_000n),
  };
  return pgTokens(template).map((t) => (typeof t === 'string' ? t : part(fields, t))).join('');
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
}

/** Clock, month and year fields have their width without the sign, the others with it, as in PostgreSQL. */
const padded = (n: number, width: number, signApart: boolean): string => (n < 0 ? `-${String(-n).padStart(signApart ? width : width - 1, '0')}` : String(n).padStart(width, '0'));
const SIGN_APART: ReadonlySet<string> = new Set(['HH24', 'HH12', 'HH', 'MI', 'SS', 'YYYY', 'YYY', 'YY', 'Y', 'MM']);

function part(f: Fields, t: PgToken): string {
  const number = (n: number, width: number): string => {
    const text = t.fill ? padded(n, width, SIGN_APART.has(t.pattern)) : String(n);
    return t.ordinal === '' ? text : text + ordinalSuffix(n, t.ordinal === 'TH');
  };
  const lower = t.written === t.written.toLowerCase();
  const morning = f.hour % 24 < 12;
  const yearDay = (f.year * 12 + f.month) * 30 + f.day;
  switch (t.pattern) {
    case 'HH24':
      return number(f.hour, 2);
    case 'HH12':
    case 'HH':
      return number(f.hour % 12 === 0 ? 12 : f.hour % 12, 2);
    case 'MI':
      return number(f.minute, 2);
    case 'SS':
      return number(f.second, 2);
    case 'MS':
      return number(Math.trunc(f.micro / 1000), 3);
    case 'US':
      return number(f.micro, 6);
    case 'SSSS':
    case 'SSSSS':
      return number(f.hour * 3600 + f.minute * 60 + f.second, 1);
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6':
      return padded(Math.trunc(f.micro / 10 ** (6 - Number(t.pattern[2]))), Number(t.pattern[2]), false);
    case 'AM':
    case 'PM':
      return nameCase(morning ? 'AM' : 'PM', lower ? 'am' : 'AM');
    case 'A.M.':
    case 'P.M.':
      return nameCase(morning ? 'A.M.' : 'P.M.', lower ? 'a.m.' : 'A.M.');
    case 'Y,YYY':
      return `${Math.trunc(f.year / 1000)},${padded(f.year % 1000, 3, false)}`;
    case 'YYYY':
      return number(f.year, 4);
    case 'YYY':
      return number(f.year % 1000, 3);
    case 'YY':
      return number(f.year % 100, 2);
    case 'Y':
      return number(f.year % 10, 1);
    case 'MM':
      return number(f.month, 2);
    case 'DDD':
      return number(yearDay, 3);
    case 'DD':
      return number(f.day, 2);
    case 'WW':
      return number(Math.trunc((yearDay - 1) / 7) + 1, 2);
    case 'W':
      return number(Math.trunc((f.day - 1) / 7) + 1, 1);
    case 'CC':
      return number(Math.trunc(f.year / 100), 2);
    case 'Q':
      return f.month === 0 ? '' : number(Math.trunc((f.month - 1) / 3) + 1, 1);
    case 'RM': {
      if (f.month === 0 && f.year === 0) return '';
      const month = f.month === 0 ? (f.year < 0 ? 1 : 12) : f.month < 0 ? 13 + f.month : f.month;
      const roman = ROMAN[month - 1] ?? '';
      return nameCase(roman, t.written).padEnd(t.fill ? 4 : 0);
    }
    default:
      throw new SqlError('invalid_datetime_format', 'invalid format specification for an interval value', { hint: 'Intervals are not tied to specific calendar dates.' });
  }
}
