import type { SqlType } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { daysFromCivil, MICROS_PER_DAY, parseUuid } from './text.ts';

/** Thrown by readers of single values; the message completes "cannot read field …: ". */
export class ValueError extends Error {}

const RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** An exact number from JSON or SQL number text; null when it is none. */
export function parseNumeric(text: string): Numeric | null {
  const m = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text);
  if (m === null) return null;
  const whole = m[2] ?? '';
  const fraction = m[3] ?? '';
  if (whole === '' && fraction === '') return null;
  const exponent = Number(m[4] ?? '0');
  let unscaled = BigInt(`${whole}${fraction}`);
  if (m[1] === '-') unscaled = -unscaled;
  const scale = fraction.length - exponent;
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 };
}

/** Fits an exact number to DECIMAL(p, s), rounding half away from zero; null on overflow (Flink gives NULL). */
export function fitDecimal(n: Numeric, precision: number, scale: number): Numeric | null {
  let unscaled = n.unscaled;
  if (n.scale > scale) {
    const divisor = 10n ** BigInt(n.scale - scale);
    const half = divisor / 2n;
    unscaled = unscaled >= 0n ? (unscaled + half) / divisor : -((-unscaled + half) / divisor);
  } else unscaled *= 10n ** BigInt(scale - n.scale);
  const limit = 10n ** BigInt(precision);
  return unscaled > -limit && unscaled < limit ? { unscaled, scale } : null;
}

/** An integer of the type's range from text, without passing through a double. A fraction is cut only when it is zero. */
export function parseInteger(kind: 'tinyint' | 'smallint' | 'int' | 'bigint', text: string): bigint {
  const n = /^-?\d+$/.test(text) ? { unscaled: BigInt(text), scale: 0 } : parseNumeric(text);
  if (n === null) throw new ValueError(`"${text}" is not a number`);
  const fit = fitDecimal(n, 60, 0);
  if (fit === null || fit.unscaled * 10n ** BigInt(n.scale) !== n.unscaled) throw new ValueError(`"${text}" is not an integer`);
  const [min, max] = RANGE[kind] as readonly [bigint, bigint];
  if (fit.unscaled < min || fit.unscaled > max) throw new ValueError(`"${text}" is out of range for ${kind}`);
  return fit.unscaled;
}

const truncate = (micros: bigint, precision: number): bigint => {
  if (precision >= 6) return micros;
  const unit = 10n ** BigInt(6 - precision);
  const rest = micros % unit;
  return micros - (rest < 0n ? rest + unit : rest);
};

function timeParts(h: string, m: string, s: string | undefined, f: string | undefined): bigint | null {
  const [hh, mm, ss] = [Number(h), Number(m), Number(s ?? '0')];
  if (hh > 23 || mm > 59 || ss > 59) return null;
  return BigInt(hh * 3600 + mm * 60 + ss) * 1_000_000n + BigInt((f ?? '').slice(0, 6).padEnd(6, '0'));
}

export type TimestampStandard = 'SQL' | 'ISO-8601';

/**
 * A timestamp in Flink's two standards: `yyyy-MM-dd HH:mm:ss.s{9}` (local: with a final `Z`) or
 * `yyyy-MM-ddTHH:mm:ss.s{9}` (local: `Z` or an offset). Digits past microseconds are cut, as TIMESTAMP has no more.
 */
export function parseTimestamp(text: string, precision: number, local: boolean, standard: TimestampStandard | 'any'): bigint {
  const m = /^([+-]?\d{4,6})-(\d{2})-(\d{2})([ T])(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text);
  const fail = (): ValueError => new ValueError(`"${text}" is not a timestamp in the ${standard === 'any' ? 'SQL or ISO-8601' : standard} standard`);
  if (m === null) throw fail();
  if (standard !== 'any' && (m[4] === 'T') !== (standard === 'ISO-8601')) throw fail();
  const zone = m[9];
  if (!local && zone !== undefined && standard !== 'any') throw fail();
  if (local && zone === undefined && standard !== 'any') throw fail();
  const days = daysFromCivil(Number(m[1]), Number(m[2]), Number(m[3]));
  const time = timeParts(m[5] ?? '', m[6] ?? '', m[7], m[8]);
  if (days === null || time === null) throw fail();
  let micros = BigInt(days) * MICROS_PER_DAY + time;
  if (local && zone !== undefined && zone !== 'Z') {
    const [hh, mm] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || '0')];
    micros -= BigInt((zone.startsWith('-') ? -1 : 1) * (hh * 60 + mm)) * 60_000_000n;
  }
  return truncate(micros, precision);
}

export function parseTime(text: string, precision: number): bigint {
  const m = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?Z?$/.exec(text);
  const t = m === null ? null : timeParts(m[1] ?? '', m[2] ?? '', m[3], m[4]);
  if (t === null) throw new ValueError(`"${text}" is not a time`);
  return truncate(t, precision);
}

export function parseDate(text: string): number {
  const m = /^([+-]?\d{4,6})-(\d{2})-(\d{2})$/.exec(text);
  const days = m === null ? null : daysFromCivil(Number(m[1]), Number(m[2]), Number(m[3]));
  if (days === null) throw new ValueError(`"${text}" is not a date`);
  return days;
}

/** A value of a scalar type from its text form: for CSV, generators and text in JSON. Throws ValueError. */
export function parseScalar(type: SqlType, text: string, standard: TimestampStandard | 'any' = 'any'): Value {
  switch (type.kind) {
    case 'boolean': {
      const t = text.trim().toLowerCase();
      if (t !== 'true' && t !== 'false') throw new ValueError(`"${text}" is not a boolean`);
      return t === 'true';
    }
    case 'tinyint':
    case 'smallint':
    case 'int':
      return Number(parseInteger(type.kind, text.trim()));
    case 'bigint':
      return parseInteger('bigint', text.trim());
    case 'real':
    case 'double': {
      const t = text.trim();
      const n = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(t) ? Number(t) : t === 'NaN' ? Number.NaN : t === 'Infinity' || t === '+Infinity' ? Infinity : t === '-Infinity' ? -Infinity : undefined;
      if (n === undefined) throw new ValueError(`"${text}" is not a number`);
      return type.kind === 'real' ? Math.fround(n) : n;
    }
    case 'decimal': {
      const n = parseNumeric(text.trim());
      if (n === null) throw new ValueError(`"${text}" is not a number`);
      const fit = fitDecimal(n, type.precision, type.scale);
      if (fit === null) throw new ValueError(`"${text}" is out of range for decimal(${type.precision}, ${type.scale})`);
      return fit;
    }
    case 'numeric': {
      const n = parseNumeric(text.trim());
      if (n === null) throw new ValueError(`"${text}" is not a number`);
      return n;
    }
    case 'date':
      return parseDate(text.trim());
    case 'time':
      return parseTime(text.trim(), type.precision);
    case 'timestamp':
    case 'timestamptz':
      return parseTimestamp(text.trim(), type.precision, type.kind === 'timestamptz', standard);
    case 'uuid': {
      const u = parseUuid(text.trim());
      if (u === null) throw new ValueError(`"${text}" is not a uuid`);
      return u;
    }
    case 'char':
      return text + ' '.repeat(Math.max(0, type.length - [...text].length));
    // As in Flink, a declared length is not enforced on what a source reads.
    case 'varchar':
    case 'name':
    case 'json':
    case 'unknown':
      return text;
    default:
      throw new ValueError(`a value of type ${type.kind} cannot be read from plain text`);
  }
}
