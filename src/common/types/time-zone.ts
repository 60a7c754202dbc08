import { SqlError } from '../errors.ts';
import { MICROS_PER_SECOND, floorDiv } from './calendar.ts';

/**
 * UTC offsets of time zones: IANA names through the runtime's own database, and fixed offsets.
 * An offset is seconds east of UTC.
 */
interface Zone {
  readonly name: string;
  offsetAt(epochSeconds: number): number;
}

const zones = new Map<string, Zone>();
const ZONES_MAX = 1000;
/** Offsets change on quarter hours at most; one look-up per quarter hour and zone is cached. */
const SLOT_SECONDS = 900;
const SLOTS_MAX = 4096;
const DATE_SECONDS_MAX = 8.64e12;

const ABBREVIATIONS: Readonly<Record<string, number>> = {
  utc: 0, gmt: 0, z: 0, zulu: 0, ut: 0, est: -18000, edt: -14400, cst: -21600, cdt: -18000, mst: -25200, mdt: -21600,
  pst: -28800, pdt: -25200, cet: 3600, cest: 7200, eet: 7200, eest: 10800, wet: 0, west: 3600, bst: 3600, ist: 7200,
  jst: 32400, msk: 10800, kst: 32400,
};

function fixed(name: string, offset: number): Zone {
  return { name, offsetAt: () => offset };
}

function iana(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  const slots = new Map<number, number>();
  return {
    name: format.resolvedOptions().timeZone,
    offsetAt(epochSeconds) {
      const slot = Math.floor(epochSeconds / SLOT_SECONDS);
      let offset = slots.get(slot);
      if (offset === undefined) {
        const seconds = Math.max(-DATE_SECONDS_MAX, Math.min(DATE_SECONDS_MAX, epochSeconds));
        const part = format.formatToParts(seconds * 1000).find((p) => p.type === 'timeZoneName')?.value ?? 'GMT';
        offset = parseOffset(part.slice(3)) ?? 0;
        if (slots.size >= SLOTS_MAX) slots.clear();
        slots.set(slot, offset);
      }
      return offset;
    },
  };
}

/** `+05:30`, `-8`, `+0530`, `+05:30:15`: seconds, sign as written; undefined when it is none of these. */
export function parseOffset(text: string): number | undefined {
  if (text === '') return 0;
  const match = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  const seconds = Number(match[4] ?? 0);
  if (hours > 15 || minutes > 59 || seconds > 59) return undefined;
  const total = hours * 3600 + minutes * 60 + seconds;
  return match[1] === '-' ? -total : total;
}

function findZone(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const abbreviated = ABBREVIATIONS[lower];
  let zone: Zone | undefined;
  if (abbreviated !== undefined) zone = fixed(name.toUpperCase(), abbreviated);
  else if (/^[+-]/.test(name)) {
    const offset = parseOffset(name);
    // A bare offset as a zone name is POSIX: positive is west of Greenwich.
    if (offset !== undefined) zone = fixed(name, -offset);
  } else if (/^(utc|gmt)[+-]/i.test(name)) {
    const offset = parseOffset(name.slice(3));
    if (offset !== undefined) zone = fixed(name, -offset);
  } else zone = iana(name);
  if (zone === undefined) return undefined;
  if (zones.size >= ZONES_MAX) zones.clear();
  zones.set(name, zone);
  return zone;
}

export function isTimeZone(name: string): boolean {
  return findZone(name) !== undefined;
}

function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new SqlError('invalid_parameter_value', `time zone "${name}" not recognized`);
  return zone;
}

/** Seconds east of UTC of `zone` at an instant. Errors: invalid_parameter_value for an unknown zone. */
export function zoneOffset(zone: string, utcMicros: bigint): number {
  return zone === 'UTC' ? 0 : zoneOf(zone).offsetAt(Number(floorDiv(utcMicros, MICROS_PER_SECOND)));
}

/** Wall-clock time in `zone` of an instant. */
export function toLocal(utcMicros: bigint, zone: string): bigint {
  return zone === 'UTC' ? utcMicros : utcMicros + BigInt(zoneOffset(zone, utcMicros)) * MICROS_PER_SECOND;
}

/**
 * The instant of a wall-clock time in `zone`. A time that a change of clocks skips is read with the offset before the
 * change; one that occurs twice means standard time (PostgreSQL's choice).
 */
export function fromLocal(localMicros: bigint, zone: string): bigint {
  if (zone === 'UTC') return localMicros;
  const z = zoneOf(zone);
  const seconds = Number(floorDiv(localMicros, MICROS_PER_SECOND));
  const before = z.offsetAt(seconds - 86400);
  const after = z.offsetAt(seconds + 86400);
  let offset = before;
  if (before !== after) {
    const fitsBefore = z.offsetAt(seconds - before) === before;
    const fitsAfter = z.offsetAt(seconds - after) === after;
    if (fitsBefore && fitsAfter) offset = Math.min(before, after);
    else if (fitsAfter) offset = after;
  }
  return localMicros - BigInt(offset) * MICROS_PER_SECOND;
}
