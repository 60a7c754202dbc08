import {
  DATE_INFINITY,
  DATE_NEG_INFINITY,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  TIMESTAMP_NEG_INFINITY,
  civilFromDays,
  fieldsOf,
} from './calendar.ts';
import { toLocal, zoneOffset } from './time-zone.ts';

/** Text of dates and times, PostgreSQL's ISO DateStyle. */

const TWO: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
export const two = (n: number): string => TWO[n] ?? String(n);

function yearText(year: number): string {
  const shown = year > 0 ? year : 1 - year;
  return shown < 1000 ? String(shown).padStart(4, '0') : String(shown);
}

/** `.5`, `.000001`: no trailing zeros; empty for 0. */
export function fractionText(micro: number): string {
  if (micro === 0) return '';
  let digits = 6;
  let value = micro;
  while (value % 10 === 0) {
    value /= 10;
    digits--;
  }
  return `.${String(value).padStart(digits, '0')}`;
}

export function dateToText(days: number): string {
  if (days === DATE_INFINITY) return 'infinity';
  if (days === DATE_NEG_INFINITY) return '-infinity';
  const { year, month, day } = civilFromDays(days);
  return `${yearText(year)}-${two(month)}-${two(day)}${year > 0 ? '' : ' BC'}`;
}

export function timeToText(micros: bigint): string {
  const n = Number(micros);
  const seconds = Math.floor(n / 1_000_000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fractionText(n % 1_000_000)}`;
}

export function timestampToText(micros: bigint): string {
  return stamp(micros, '');
}

export function timestamptzToText(micros: bigint, zone: string): string {
  if (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_NEG_INFINITY) return stamp(micros, '');
  return stamp(toLocal(micros, zone), offsetText(zoneOffset(zone, micros)));
}

function stamp(micros: bigint, suffix: string): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity';
  if (micros === TIMESTAMP_NEG_INFINITY) return '-infinity';
  const f = fieldsOf(micros);
  const time = `${two(f.hour)}:${two(f.minute)}:${two(f.second)}${fractionText(f.micro)}`;
  return `${yearText(f.year)}-${two(f.month)}-${two(f.day)} ${time}${suffix}${f.year > 0 ? '' : ' BC'}`;
}

/** `+00`, `+05:30`, `-04:56:02`. */
export function offsetText(seconds: number): string {
  const n = Math.abs(seconds);
  const minutes = Math.floor(n / 60) % 60;
  const rest = n % 60;
  const tail = rest !== 0 ? `:${two(minutes)}:${two(rest)}` : minutes !== 0 ? `:${two(minutes)}` : '';
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(n / 3600))}${tail}`;
}

/** Microseconds of the last of `precision` digits of a second. */
const UNITS: readonly bigint[] = Array.from({ length: 6 }, (_, digits) => MICROS_PER_SECOND / 10n ** BigInt(digits));

/** Rounds to `precision` digits of a second, half away from zero. */
export function roundMicros(micros: bigint, precision: number): bigint {
  if (precision >= 6 || micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_NEG_INFINITY) return micros;
  const unit = UNITS[precision] as bigint;
  if (micros % unit === 0n) return micros;
  const half = unit / 2n;
  return micros >= 0n ? ((micros + half) / unit) * unit : -((-micros + half) / unit) * unit;
}
