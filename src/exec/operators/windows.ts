import type { WindowSpec } from '../../planner/logical.ts';

/** Arithmetic of TUMBLE and HOP windows; times in microseconds, negative ones included. */

export function floorMod(a: bigint, b: bigint): bigint {
  const r = a % b;
  return r < 0n ? r + b : r;
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

export interface WindowMath {
  readonly size: bigint;
  readonly slide: bigint;
  readonly offset: bigint;
  /** The longest step that both borders of every window fall on. */
  readonly slice: bigint;
}

export function windowMath(spec: WindowSpec): WindowMath {
  const slide = spec.kind === 'hop' ? spec.slideMicros : spec.sizeMicros;
  return { size: spec.sizeMicros, slide, offset: spec.offsetMicros, slice: gcd(spec.sizeMicros, slide) };
}

/** End of the slice of length `step` that holds `time`. */
export const sliceEnd = (time: bigint, step: bigint, offset: bigint): bigint => time - floorMod(time - offset, step) + step;

/** Start of the last window that holds `time`; a hop with gaps (slide > size) may have none. */
export const lastStart = (time: bigint, w: WindowMath): bigint => time - floorMod(time - w.offset, w.slide);

/** Starts of the windows that hold `time`, ascending. */
export function windowStarts(time: bigint, w: WindowMath): bigint[] {
  const out: bigint[] = [];
  for (let start = lastStart(time, w); start > time - w.size; start -= w.slide) out.push(start);
  return out.reverse();
}

/** A window is over when the watermark reaches its last millisecond. */
export const isClosed = (end: bigint, watermark: bigint): boolean => watermark >= end - 1000n;
