import { SqlError } from '../errors.ts';
import { MICROS_PER_DAY } from './calendar.ts';
import { fractionMicros } from './datetime-parse.ts';
import { makeInterval, outOfRange, roundHalfEven } from './interval.ts';
import type { Interval } from './value.ts';

/** Units by every spelling PostgreSQL and Flink accept: [months, days, microseconds] of one. */
const UNITS: Readonly<Record<string, readonly [number, number, number]>> = (() => {
  const table: Record<string, readonly [number, number, number]> = Object.create(null) as Record<string, readonly [number, number, number]>;
  const add = (names: string, months: number, days: number, micros: number): void => {
    for (const name of names.split(' ')) table[name] = [months, days, micros];
  };
  add('millennium millennia millenniums mil mils', 12000, 0, 0);
  add('century centuries c cent', 1200, 0, 0);
  add('decade decades dec decs', 120, 0, 0);
  add('year years y yr yrs', 12, 0, 0);
  add('quarter quarters', 3, 0, 0);
  add('month months mon mons', 1, 0, 0);
  add('week weeks w', 0, 7, 0);
  add('day days d', 0, 1, 0);
  add('hour hours h hr hrs', 0, 0, 3_600_000_000);
  add('minute minutes m min mins', 0, 0, 60_000_000);
  add('second seconds s sec secs', 0, 0, 1_000_000);
  add('millisecond milliseconds ms msec msecs', 0, 0, 1000);
  add('microsecond microseconds us usec usecs', 0, 0, 1);
  return table;
})();

/** Field range of an SQL interval literal, largest first: `INTERVAL '1 02:03' DAY TO MINUTE`. */
export type IntervalField =
  | 'millennium' | 'century' | 'decade' | 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'microsecond';

class Sum {
  months = 0;
  days = 0;
  micros = 0n;

  add(whole: string, fraction: string, unit: readonly [number, number, number], negative: boolean): void {
    const sign = negative ? -1 : 1;
    const n = Number(whole || '0');
    this.months += sign * n * unit[0];
    this.days += sign * n * unit[1];
    this.micros += BigInt(sign) * BigInt(whole || '0') * BigInt(unit[2]);
    if (fraction === '') return;
    const part = sign * Number(`0.${fraction}`);
    if (unit[0] >= 12) this.months += roundHalfEven(part * unit[0]);
    else if (unit[0] > 0) this.#fractionDays(part * unit[0] * 30);
    else if (unit[1] > 0) this.#fractionDays(part * unit[1]);
    else this.micros += BigInt(roundHalfEven(part * unit[2]));
  }

  #fractionDays(days: number): void {
    const whole = Math.trunc(days);
    this.days += whole;
    this.micros += BigInt(roundHalfEven((days - whole) * Number(MICROS_PER_DAY)));
  }

  time(hours: string, minutes: string, seconds: string, fraction: string, negative: boolean): void {
    const total = (BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fractionMicros(fraction));
    this.micros += negative ? -total : total;
  }
}

const UNIT = /^\s*([+-]?)\s*(\d*)(?:\.(\d*))?\s*([a-z]+)/;
const CLOCK = /^\s*([+-]?)\s*(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?(?=$|\s|[a-z+-])/;
const CLOCK_FRACTION = /^\s*([+-]?)\s*(\d+):(\d{1,2})\.(\d+)(?=$|\s)/;
const YEAR_MONTH = /^\s*([+-]?)\s*(\d+)-(\d{1,2})(?=$|\s)/;
const BARE = /^\s*([+-]?)\s*(\d*)(?:\.(\d*))?(?=$|\s)/;
const ISO = /^[+-]?p/;

/**
 * Parses PostgreSQL's interval text: `1 year 2 mons 3 days 04:05:06.7`, `1-2 3 4:05:06`, ISO 8601 `P1Y2M3DT4H`, `@ 1 hour
 * ago`. `from` and `to` give a bare number its unit and say how to read `1:2`.
 * Errors: invalid_datetime_format, datetime_field_overflow.
 */
export function intervalFromText(text: string, from?: IntervalField, to?: IntervalField): Interval {
  const invalid = (): SqlError => new SqlError('invalid_datetime_format', `invalid input syntax for type interval: "${text}"`);
  const sum = new Sum();
  let rest = text.trim().toLowerCase();
  if (rest === '') throw invalid();
  if (ISO.test(rest)) isoInterval(rest, sum, invalid);
  else {
    let ago = false;
    if (rest.startsWith('@')) rest = rest.slice(1).trimStart();
    if (/\sago$/.test(rest)) {
      ago = true;
      rest = rest.slice(0, -3).trimEnd();
    }
    parseParts(rest, sum, from, to, invalid);
    if (ago) {
      sum.months = -sum.months;
      sum.days = -sum.days;
      sum.micros = -sum.micros;
    }
  }
  try {
    return makeInterval(sum.months || 0, sum.days || 0, sum.micros);
  } catch (error) {
    if (error instanceof SqlError) throw new SqlError('datetime_field_overflow', `interval field value out of range: "${text}"`);
    throw error;
  }
}

/** Every field at most once. */
function parseParts(input: string, sum: Sum, from: IntervalField | undefined, to: IntervalField | undefined, invalid: () => SqlError): void {
  let rest = input;
  // SQL standard form: one leading minus covers all parts when no other sign appears.
  const seen = new Set<string>();
  const once = (...fields: readonly (readonly number[])[]): void => {
    for (const field of fields.map(String)) {
      if (seen.has(field)) throw invalid();
      seen.add(field);
    }
  };
  const [YEAR, MONTH, HOUR, MINUTE, SECOND] = [[12, 0, 0], [1, 0, 0], [0, 0, 3_600_000_000], [0, 0, 60_000_000], [0, 0, 1_000_000]] as const;
  const allNegative = /^-\d+(-\d+)?( \d+)?( \d+:)/.test(rest) && !/\s[+-]/.test(rest);
  for (let steps = 0; rest !== ''; steps++) {
    if (steps > 32) throw invalid();
    let m: RegExpExecArray | null;
    if ((m = YEAR_MONTH.exec(rest)) !== null) {
      const negative = m[1] === '-' || allNegative;
      once(YEAR, MONTH);
      sum.add(m[2] ?? '', '', [12, 0, 0], negative);
      sum.add(m[3] ?? '', '', [1, 0, 0], negative);
    } else if ((m = CLOCK_FRACTION.exec(rest)) !== null) {
      once(MINUTE, SECOND);
      sum.time('0', m[2] ?? '0', m[3] ?? '0', m[4] ?? '', m[1] === '-' || allNegative);
    } else if ((m = CLOCK.exec(rest)) !== null) {
      const negative = m[1] === '-' || allNegative;
      once(HOUR, MINUTE, SECOND);
      if (Number(m[3]) > 59 || Number(m[4] ?? 0) > 60) throw outOfRange();
      if (m[4] === undefined && to === 'second' && from !== 'day' && from !== 'hour') sum.time('0', m[2] ?? '0', m[3] ?? '0', '', negative);
      else sum.time(m[2] ?? '0', m[3] ?? '0', m[4] ?? '0', m[5] ?? '', negative);
    } else if ((m = UNIT.exec(rest)) !== null && ((m[2] ?? '') !== '' || (m[3] ?? '') !== '')) {
      const unit = UNITS[m[4] ?? ''];
      if (unit === undefined) throw invalid();
      once(unit);
      sum.add(m[2] ?? '', m[3] ?? '', unit, m[1] === '-');
    } else if ((m = BARE.exec(rest)) !== null && ((m[2] ?? '') !== '' || (m[3] ?? '') !== '')) {
      const later = rest.slice(m[0].length).trim();
      // `3 4:05:06`, `3 4` DAY TO HOUR: days before a clock; otherwise the literal's last field, or seconds.
      const dayFirst = /^[+-]?\d+:/.test(later) || (to === 'hour' && /^[+-]?\d+$/.test(later));
      const name = dayFirst ? 'day' : (to ?? from ?? 'second');
      const unit = UNITS[name] ?? [0, 0, 1_000_000];
      once(unit);
      sum.add(m[2] ?? '', m[3] ?? '', unit, m[1] === '-' || allNegative);
    } else throw invalid();
    rest = rest.slice(m[0].length).trimStart();
  }
}

function isoInterval(text: string, sum: Sum, invalid: () => SqlError): void {
  let inTime = false;
  const outer = text.startsWith('-');
  let rest = text.replace(/^[+-]?p/, '');
  if (rest === '') throw invalid();
  while (rest !== '') {
    if (rest.startsWith('t') && !inTime) {
      inTime = true;
      rest = rest.slice(1);
      continue;
    }
    const m = /^([+-]?)(\d*)(?:\.(\d*))?([ymwdhs])/.exec(rest);
    if (m === null || ((m[2] ?? '') === '' && (m[3] ?? '') === '')) throw invalid();
    const letter = m[4] ?? '';
    const name = letter === 'm' ? (inTime ? 'minute' : 'month') : letter;
    const unit = UNITS[name];
    if (unit === undefined) throw invalid();
    sum.add(m[2] ?? '', m[3] ?? '', unit, (m[1] === '-') !== outer);
    rest = rest.slice(m[0].length);
  }
}
