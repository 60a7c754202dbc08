import { InternalError } from '../../common/errors.ts';
import { daysFromCivil, fieldsOf, floorDiv, floorMod, MICROS_PER_DAY } from '../../common/types/calendar.ts';
import { toLocal } from '../../common/types/time-zone.ts';
import { firstInstant, lastInstant } from '../../common/types/zone-border.ts';
import type { AlignedWindow, PhysicalWindow } from '../../planner/physical.ts';

/**
 * Arithmetic of aligned windows; times in microseconds, negative ones included. Windows lie on a wall clock (UTC's unless they
 * have a zone) and are named by their end there. Rows are put into slices, the longest spans that no window's border divides.
 */
export interface WindowMath {
  readonly zone: string | null;
  /** Every slice is one window, and the other way round. */
  readonly whole: boolean;
  /** Between the ends of the windows that hold a slice; 0 where there is one at most. */
  readonly step: bigint;
  /** The slice that holds a wall-clock time. */
  sliceEnd(time: bigint): bigint;
  sliceStart(end: bigint): bigint;
  /** End of the last window that holds the slice; before the slice's own where none does. */
  lastEnd(sliceEnd: bigint): bigint;
  startOf(windowEnd: bigint): bigint;
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** Size and slide; a tumbling window slides by its size. */
function sliding(size: bigint, slide: bigint, offset: bigint, zone: string | null): WindowMath {
  const slice = gcd(size, slide);
  return {
    zone, whole: slice === size && slide === size, step: slide,
    sliceEnd: (time) => time - floorMod(time - offset, slice) + slice,
    sliceStart: (end) => end - slice,
    lastEnd: (end) => end - slice - floorMod(end - slice - offset, slide) + size,
    startOf: (end) => end - size,
  };
}

function cumulating(size: bigint, step: bigint, offset: bigint, zone: string | null): WindowMath {
  const startOf = (end: bigint): bigint => end - step - floorMod(end - step - offset, size);
  return {
    zone, whole: false, step, startOf,
    sliceEnd: (time) => time - floorMod(time - offset, step) + step,
    sliceStart: (end) => end - step,
    lastEnd: (end) => startOf(end) + size,
  };
}

/** Microseconds of the first day of a month; months count from January 1970. */
function monthStart(month: number): bigint {
  const year = Math.floor(month / 12);
  return BigInt(daysFromCivil(1970 + year, month - year * 12 + 1, 1)) * MICROS_PER_DAY;
}

function monthly(months: number, offset: bigint, zone: string | null): WindowMath {
  const first = (time: bigint): number => {
    const { year, month } = fieldsOf(time - offset);
    return Math.floor(((year - 1970) * 12 + month - 1) / months) * months;
  };
  const startOf = (end: bigint): bigint => monthStart(first(end - 1n)) + offset;
  return {
    zone, whole: true, step: 0n, startOf,
    sliceEnd: (time) => monthStart(first(time) + months) + offset,
    sliceStart: startOf,
    lastEnd: (end) => end,
  };
}

/** Rows that carry their window's end as their time. */
function attached(of: AlignedWindow | null): WindowMath {
  const base = of === null ? null : windowMath(of);
  const same = (time: bigint): bigint => time;
  const startOf = (end: bigint): bigint => {
    if (base === null) return end;
    const local = base.zone === null ? end : toLocal(end - 1n, base.zone) + 1n;
    return startInstant(base.startOf(local), base);
  };
  return { zone: null, whole: true, step: 0n, startOf, sliceEnd: same, sliceStart: same, lastEnd: same };
}

export function windowMath(spec: PhysicalWindow): WindowMath {
  switch (spec.kind) {
    case 'tumble':
      return sliding(spec.sizeMicros, spec.sizeMicros, spec.offsetMicros, spec.zone);
    case 'hop':
      return sliding(spec.sizeMicros, spec.slideMicros, spec.offsetMicros, spec.zone);
    case 'cumulate':
      return cumulating(spec.sizeMicros, spec.stepMicros, spec.offsetMicros, spec.zone);
    case 'calendar':
      return monthly(spec.months, spec.offsetMicros, spec.zone);
    case 'attached':
      return attached(spec.of);
    case 'session':
      throw new InternalError('a session depends on its rows');
  }
}

export const localTime = (time: bigint, w: WindowMath): bigint => (w.zone === null ? time : toLocal(time, w.zone));
/** The instants of a window's borders. */
export const startInstant = (start: bigint, w: WindowMath): bigint => (w.zone === null ? start : firstInstant(start, w.zone));
export const endInstant = (end: bigint, w: WindowMath): bigint => (w.zone === null ? end : lastInstant(end, w.zone));

/** Ends of the windows that hold a wall-clock time, ascending. */
export function windowEnds(time: bigint, w: WindowMath): bigint[] {
  const slice = w.sliceEnd(time);
  const out: bigint[] = [];
  for (let end = w.lastEnd(slice); end >= slice; end -= w.step) {
    out.push(end);
    if (w.step === 0n) break;
  }
  return out.reverse();
}

/** A window is over when the watermark reaches its last millisecond. */
export const isClosed = (end: bigint, watermark: bigint, w: WindowMath): boolean => watermark >= endInstant(end, w) - 1000n;

/** Ends of the windows holding the slice that close as the watermark goes from `before` (null: none yet) to `now`. */
export function closingEnds(slice: bigint, before: bigint | null, now: bigint, w: WindowMath): bigint[] {
  const last = w.lastEnd(slice);
  // What closes after `now` is skipped in one go; a wall clock is not a day off.
  const latest = now + (w.zone === null ? 1000n : MICROS_PER_DAY);
  let end = w.step === 0n || last <= latest ? last : last + floorDiv(latest - last, w.step) * w.step;
  const out: bigint[] = [];
  for (; end >= slice; end -= w.step) {
    if (before !== null && isClosed(end, before, w)) break;
    if (isClosed(end, now, w)) out.push(end);
    if (w.step === 0n) break;
  }
  return out;
}

/** The first end of a window holding the slice that is still open; null when none is. */
export function firstOpenEnd(slice: bigint, watermark: bigint | null, w: WindowMath): bigint | null {
  const last = w.lastEnd(slice);
  if (last < slice || (watermark !== null && isClosed(last, watermark, w))) return null;
  if (w.step === 0n) return last;
  let end = last - ((last - slice) / w.step) * w.step;
  while (watermark !== null && isClosed(end, watermark, w)) end += w.step;
  return end;
}

/** When a clock's watermark, a millisecond behind the clock, reaches what is waited for. */
export const wakeAfter = (waitsFor: bigint | null): bigint | null => (waitsFor === null ? null : waitsFor + 1000n);
