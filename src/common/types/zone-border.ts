import { MICROS_PER_DAY } from './calendar.ts';
import { toLocal, zoneOffset } from './time-zone.ts';

/**
 * Where a wall-clock span begins and ends in time. A change of clocks repeats or skips an hour: a span that begins in the
 * repeated hour begins with its first occurrence, one that ends in it ends with its second; a border that is skipped lies at
 * the change. A span that ends where the repeated hour begins ends with the first occurrence, for the second is after it.
 */

const SECOND = 1_000_000n;
const instant = (local: bigint, offset: number): bigint => local - BigInt(offset) * SECOND;

/** The offsets in force around a wall-clock time, the larger (which gives the earlier instant) first. */
function offsets(local: bigint, zone: string): readonly [number, number] {
  const a = zoneOffset(zone, local - MICROS_PER_DAY);
  const b = zoneOffset(zone, local + MICROS_PER_DAY);
  return a > b ? [a, b] : [b, a];
}

/** The change of clocks between two instants whose offsets differ: the first instant of the later one. */
function changeBetween(from: bigint, to: bigint, zone: string): bigint {
  const before = zoneOffset(zone, from);
  let low = from;
  let high = to;
  while (high - low > 1n) {
    const mid = (low + high) / 2n;
    if (zoneOffset(zone, mid) === before) low = mid;
    else high = mid;
  }
  return high;
}

/** The first instant at which the wall clock shows `local` or later. */
export function firstInstant(local: bigint, zone: string): bigint {
  const [large, small] = offsets(local, zone);
  const early = instant(local, large);
  if (large === small || toLocal(early, zone) === local) return early;
  const late = instant(local, small);
  if (toLocal(late, zone) === local) return late;
  return changeBetween(early, late, zone);
}

/** The end of all instants at which the wall clock shows a time before `local`, of those around it. */
export function lastInstant(local: bigint, zone: string): bigint {
  const [large, small] = offsets(local, zone);
  const late = instant(local, small);
  if (large === small) return late;
  if (toLocal(late, zone) === local && toLocal(late - 1n, zone) < local) return late;
  return firstInstant(local, zone);
}
