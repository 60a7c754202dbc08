import type { Interval, Numeric } from '../common/types/value.ts';

/** Text forms of values as Flink's connectors write them. */

export const MICROS_PER_DAY = 86_400_000_000n;

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** Year, month, day of a day count since 1970-01-01, proleptic Gregorian. */
export function civilFromDays(days: number): readonly [number, number, number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return [yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - Math.floor((153 * mp + 2) / 5) + 1];
}

/** Days since 1970-01-01, or null when the date does not exist. */
export function daysFromCivil(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1) return null;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  if (day > last) return null;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719_468;
}

export function dateText(days: number): string {
  const [y, m, d] = civilFromDays(days);
  const year = y < 0 ? `-${pad(-y, 4)}` : y > 9999 ? `+${y}` : pad(y, 4);
  return `${year}-${pad(m, 2)}-${pad(d, 2)}`;
}

/**
 * A time of day from microseconds since midnight.
 * @param style `java`: seconds left out when zero, fraction in groups of three; `sql`: seconds always, fraction without
 * trailing zeros.
 */
export function timeText(micros: bigint, style: 'java' | 'sql'): string {
  const us = Number(micros);
  const s = Math.floor(us / 1e6);
  const frac = us - s * 1e6;
  const hm = `${pad(Math.floor(s / 3600), 2)}:${pad(Math.floor(s / 60) % 60, 2)}`;
  if (style === 'java' && s % 60 === 0 && frac === 0) return hm;
  const base = `${hm}:${pad(s % 60, 2)}`;
  if (frac === 0) return base;
  const digits = pad(frac, 6);
  return `${base}.${style === 'java' ? (frac % 1000 === 0 ? digits.slice(0, 3) : digits) : digits.replace(/0+$/, '')}`;
}

/** Splits microseconds since 1970 into days and microseconds of the day. */
export function splitMicros(micros: bigint): readonly [number, bigint] {
  let days = micros / MICROS_PER_DAY;
  let rest = micros % MICROS_PER_DAY;
  if (rest < 0n) {
    rest += MICROS_PER_DAY;
    days -= 1n;
  }
  return [Number(days), rest];
}

export function timestampText(micros: bigint, separator: ' ' | 'T', style: 'java' | 'sql'): string {
  const [days, rest] = splitMicros(micros);
  return `${dateText(days)}${separator}${timeText(rest, style)}`;
}

/** Plain decimal notation with all digits of the scale. */
export function numericText(n: Numeric): string {
  if (n.special !== undefined) return n.special;
  const negative = n.unscaled < 0n;
  const digits = (negative ? -n.unscaled : n.unscaled).toString().padStart(n.scale + 1, '0');
  const text = n.scale === 0 ? digits : `${digits.slice(0, -n.scale)}.${digits.slice(-n.scale)}`;
  return negative ? `-${text}` : text;
}

/** Java's `Double.toString`: at least one fractional digit, exponents outside [1e-3, 1e7). */
export function javaDouble(v: number): string {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? 'NaN' : v > 0 ? 'Infinity' : '-Infinity';
  if (v === 0) return Object.is(v, -0) ? '-0.0' : '0.0';
  const abs = Math.abs(v);
  if (abs >= 1e-3 && abs < 1e7) {
    const s = String(v);
    return s.includes('.') ? s : `${s}.0`;
  }
  const [mantissa = '', exponent = '0'] = v.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** The shortest decimal that reads back as the same float32. */
export function float32Text(v: number): number {
  if (!Number.isFinite(v)) return v;
  for (let p = 6; p <= 9; p++) {
    const s = Number(v.toPrecision(p));
    if (Math.fround(s) === Math.fround(v)) return s;
  }
  return v;
}

export function intervalText(i: Interval): string {
  const [y, m] = [Math.trunc(i.months / 12), i.months % 12];
  return `${y} years ${m} months ${i.days} days ${timeTextSigned(i.micros)}`;
}
const timeTextSigned = (us: bigint): string => (us < 0n ? `-${timeText(-us, 'sql')}` : timeText(us, 'sql'));

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** 16 bytes, or null when the text is no UUID. */
export function parseUuid(text: string): Uint8Array | null {
  const m = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i.exec(text);
  return m === null ? null : Uint8Array.from(Buffer.from(m.slice(1).join(''), 'hex'));
}
