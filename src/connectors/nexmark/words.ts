import { mix32 } from '../random.ts';

/** The strings of the Nexmark generator: built once a process into shared buffers, referenced by (offset, length). */
export interface Words {
  readonly data: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
}

const encoder = new TextEncoder();

function pack(items: readonly string[]): Words {
  const offsets = new Int32Array(items.length);
  const lengths = new Int32Array(items.length);
  const data = encoder.encode(items.join(''));
  let at = 0;
  items.forEach((s, i) => {
    offsets[i] = at;
    lengths[i] = encoder.encode(s).length;
    at += lengths[i];
  });
  return { data, offsets, lengths };
}

const lazy = <T>(make: () => T): (() => T) => {
  let value: T | undefined;
  return () => (value ??= make());
};

const FIRST = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const LAST = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const CITIES = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'];
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];

export const personNames: () => Words = lazy(() => pack(FIRST.flatMap((f) => LAST.map((l) => `${f} ${l}`))));
export const cities: () => Words = lazy(() => pack(CITIES));
export const states: () => Words = lazy(() => pack(STATES));

const CHANNELS = 10_000;
/** Channels 0..3 are the hot ones. */
export const HOT_CHANNELS = 4;
export const CHANNEL_COUNT: number = HOT_CHANNELS + CHANNELS;
export const channels: () => Words = lazy(() =>
  pack(['Google', 'Facebook', 'Baidu', 'Apple', ...Array.from({ length: CHANNELS }, (_, i) => `channel-${i}`)]),
);

/** A word of `[a-z]` and `special`, of 3 to `max - 1` characters. */
function word(key: number, max: number, special: string): string {
  const length = 3 + ((mix32(key, 0, 11) >>> 0) % (max - 3));
  let s = '';
  for (let i = 1; i <= length; i++) {
    const r = mix32(key, i, 12) >>> 0;
    s += r % 13 === 0 ? special : String.fromCharCode(97 + ((r >>> 8) % 26));
  }
  const trimmed = s.trim();
  return trimmed === '' ? 'x' : trimmed;
}

const reverseBits = (x: number): number => {
  let r = 0;
  for (let i = 0; i < 32; i++) r |= ((x >>> i) & 1) << (31 - i);
  return r;
};

/** One URL per channel, nine in ten with `channel_id`; the hot ones without. */
export const urls: () => Words = lazy(() =>
  pack(
    Array.from({ length: CHANNEL_COUNT }, (_, i) => {
      const base = `https://www.nexmark.com/${word(i * 3, 5, '_')}/${word(i * 3 + 1, 5, '_')}/${word(i * 3 + 2, 5, '_')}/item.htm?query=1`;
      return i >= HOT_CHANNELS && (mix32(i, 1, 13) >>> 0) % 10 > 0 ? `${base}&channel_id=${Math.abs(reverseBits(i - HOT_CHANNELS))}` : base;
    }),
  ),
);

export const emails: () => Words = lazy(() => pack(Array.from({ length: 8192 }, (_, i) => `${word(i, 7, '.')}@${word(i + 9_000, 5, '.')}.com`)));
export const creditCards: () => Words = lazy(() =>
  pack(
    Array.from({ length: 8192 }, (_, i) =>
      [0, 1, 2, 3].map((k) => String((mix32(i, k, 14) >>> 0) % 10_000).padStart(4, '0')).join(' '),
    ),
  ),
);
export const itemNames: () => Words = lazy(() => pack(Array.from({ length: 8192 }, (_, i) => word(i + 20_000, 20, ' '))));
export const descriptions: () => Words = lazy(() => pack(Array.from({ length: 8192 }, (_, i) => word(i + 30_000, 100, ' '))));

/** Letters that `extra` columns cut their slices from. */
export const FILLER_BYTES: number = 1 << 20;
export const filler: () => Uint8Array = lazy(() => {
  const data = new Uint8Array(FILLER_BYTES);
  for (let i = 0; i < FILLER_BYTES; i++) data[i] = 97 + ((mix32(7, i, 15) >>> 0) % 26);
  return data;
});
