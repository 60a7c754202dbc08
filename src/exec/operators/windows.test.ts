import { describe, expect, it } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_HOUR, microsOf } from '../../common/types/calendar.ts';
import { Rng } from '../../common/rng.ts';
import { windowsOf } from '../../planner/naive/window.ts';
import type { AlignedWindow } from '../../planner/physical.ts';
import { closingEnds, endInstant, isClosed, localTime, startInstant, windowEnds, windowMath } from './windows.ts';

const second = 1_000_000n;

function spec(rng: Rng, zone: string | null): AlignedWindow {
  const unit = zone === null ? second : 2n * MICROS_PER_HOUR;
  const offsetMicros = BigInt(rng.int(40) - 20) * (zone === null ? 700_000n : MICROS_PER_HOUR);
  const size = BigInt(rng.int(12) + 1) * unit;
  const slide = BigInt(rng.int(12) + 1) * unit;
  switch (rng.int(4)) {
    case 0:
      return { kind: 'tumble', sizeMicros: size, offsetMicros, zone };
    case 1:
      return { kind: 'hop', sizeMicros: size, slideMicros: slide, offsetMicros, zone };
    case 2:
      return { kind: 'cumulate', stepMicros: slide, sizeMicros: slide * BigInt(rng.int(5) + 1), offsetMicros, zone };
    default:
      return { kind: 'calendar', months: rng.int(14) + 1, offsetMicros, zone };
  }
}

describe('window arithmetic', () => {
  it('agrees with the windows enumerated one by one, before 1970 and over changes of clocks', () => {
    const rng = new Rng(7);
    const changes = [microsOf(2024, 3, 10, 10), microsOf(2024, 11, 3, 9), 0n];
    for (let k = 0; k < 3000; k++) {
      const zone = rng.pick([null, 'America/Los_Angeles', 'Europe/Berlin']);
      const s = spec(rng, zone);
      const w = windowMath(s);
      const time = zone === null ? BigInt(rng.int(200) - 100) * 500_000n : rng.pick(changes) + BigInt(rng.int(2000) - 1000) * 97n * second;
      const got = windowEnds(localTime(time, w), w).map((end) => ({ start: startInstant(w.startOf(end), w), end: endInstant(end, w) }));
      expect(got).toEqual(windowsOf(s, time));
      for (const { start, end } of got) expect(start <= time && time < end).toBe(true);
      const slice = w.sliceEnd(localTime(time, w));
      const before = time + BigInt(rng.int(100) - 50) * second;
      const now = before + BigInt(rng.int(60)) * (zone === null ? second : MICROS_PER_HOUR);
      const ends = windowEnds(localTime(time, w), w);
      expect(closingEnds(slice, before, now, w).reverse()).toEqual(ends.filter((e) => isClosed(e, now, w) && !isClosed(e, before, w)));
      expect(closingEnds(slice, null, now, w).reverse()).toEqual(ends.filter((e) => isClosed(e, now, w)));
    }
  });

  it('gives a day 23 or 25 hours where the clocks change', () => {
    const day: AlignedWindow = { kind: 'tumble', sizeMicros: MICROS_PER_DAY, offsetMicros: 0n, zone: 'America/New_York' };
    const hours = (time: bigint): number[] => windowsOf(day, time).map(({ start, end }) => Number((end - start) / MICROS_PER_HOUR));
    expect([microsOf(2024, 3, 10, 12), microsOf(2024, 11, 3, 12), microsOf(2024, 7, 1, 12)].map(hours)).toEqual([[23], [25], [24]]);
    expect(windowsOf(day, microsOf(2024, 3, 10, 4))).toEqual([{ start: microsOf(2024, 3, 9, 5), end: microsOf(2024, 3, 10, 5) }]);
  });

  it('gives months their own length', () => {
    const month: AlignedWindow = { kind: 'calendar', months: 1, offsetMicros: 0n, zone: null };
    expect(windowsOf(month, microsOf(2024, 2, 29, 23))).toEqual([{ start: microsOf(2024, 2, 1), end: microsOf(2024, 3, 1) }]);
    expect(windowsOf({ ...month, months: 3 }, microsOf(1969, 12, 31))).toEqual([{ start: microsOf(1969, 10, 1), end: microsOf(1970, 1, 1) }]);
  });
});
