import type { Batch } from '../../src/common/batch/batch.ts';
import type { BytesColumn, Column, I64Column } from '../../src/common/batch/column.ts';
import { IntTable, grownF64 } from './int-table.ts';

/**
 * The Nexmark queries as one would write them by hand for these very inputs: no plan, no NULLs, no retraction, no state
 * that could be saved or sent to another worker, keys taken to be small positive integers.
 */
export interface Loop {
  /** The columns read from each table, in order. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  make(): { batch(table: string, batch: Batch): void; epoch(): void; end(): number };
}

const i64 = (c: Column | undefined): I64Column => {
  if (c?.physical !== 'i64') throw new Error('a BIGINT column has another layout');
  return c;
};
const bytes = (c: Column | undefined): BytesColumn => {
  if (c?.physical !== 'bytes') throw new Error('a text column has another layout');
  return c;
};
const low = (c: I64Column, i: number): number => c.words[2 * i] as number;
const micros = (c: I64Column, i: number): number => (c.words[2 * i + 1] as number) * 4294967296 + ((c.words[2 * i] as number) >>> 0);

const q0: Loop = {
  reads: { bid: ['auction', 'bidder', 'price', 'dateTime', 'extra'] },
  make() {
    let out = 0;
    return { batch: (_, b) => { out += b.rowCount; }, epoch: () => undefined, end: () => out };
  },
};

const q1: Loop = {
  reads: q0.reads,
  make() {
    let out = 0;
    return {
      batch(_, b) {
        const { values } = i64(b.columns[2]);
        const prices = new BigInt64Array(b.rowCount);
        for (let i = 0; i < b.rowCount; i++) prices[i] = (values[i] as bigint) * 908n;
        out += prices.length;
      },
      epoch: () => undefined,
      end: () => out,
    };
  },
};

const q2: Loop = {
  reads: { bid: ['auction', 'price'] },
  make() {
    let out = 0;
    return {
      batch(_, b) {
        const auction = i64(b.columns[0]);
        const price = i64(b.columns[1]);
        const a = new BigInt64Array(b.rowCount);
        const p = new BigInt64Array(b.rowCount);
        let o = 0;
        for (let i = 0; i < b.rowCount; i++) {
          if (low(auction, i) % 123 !== 0) continue;
          a[o] = auction.values[i] as bigint;
          p[o++] = price.values[i] as bigint;
        }
        out += o;
      },
      epoch: () => undefined,
      end: () => out,
    };
  },
};

const q3: Loop = {
  reads: { auction: ['id', 'seller', 'category'], person: ['id', 'name', 'city', 'state'] },
  make() {
    const keys = new IntTable(1 << 16);
    /** Per key, the auction added last plus one; per auction the one before. */
    let heads = new Int32Array(1 << 16);
    let next = new Int32Array(1 << 16);
    let ids = new Float64Array(1 << 16);
    let auctions = 0;
    /** Per key the person's number plus one. */
    let people = new Int32Array(1 << 16);
    let count = 0;
    let arena = new Uint8Array(1 << 20);
    let used = 0;
    let spans = new Int32Array(6 << 14);
    let out = 0;
    const outIds: number[] = [];
    const room = (key: number): void => {
      if (key < heads.length) return;
      heads = grown(heads);
      people = grown(people);
    };
    const keep = (c: BytesColumn, i: number, at: number): void => {
      const length = c.lengths[i] as number;
      const from = c.offsets[i] as number;
      if (used + length > arena.length) {
        const bigger = new Uint8Array(arena.length * 2);
        bigger.set(arena);
        arena = bigger;
      }
      for (let k = 0; k < length; k++) arena[used + k] = c.data[from + k] as number;
      spans[at] = used;
      spans[at + 1] = length;
      used += length;
    };
    return {
      batch(table, b) {
        outIds.length = 0;
        if (table === 'auction') {
          const [id, seller, category] = b.columns.map((c) => i64(c)) as [I64Column, I64Column, I64Column];
          for (let i = 0; i < b.rowCount; i++) {
            if (low(category, i) !== 10) continue;
            const key = keys.add(low(seller, i));
            room(key);
            if (auctions === next.length) {
              next = grown(next);
              ids = grownF64(ids, auctions + 1);
            }
            ids[auctions] = low(id, i);
            next[auctions] = heads[key] as number;
            heads[key] = ++auctions;
            if (people[key] !== 0) outIds.push(low(id, i));
          }
        } else {
          const id = i64(b.columns[0]);
          const [name, city, state] = [bytes(b.columns[1]), bytes(b.columns[2]), bytes(b.columns[3])];
          for (let i = 0; i < b.rowCount; i++) {
            const at = state.offsets[i] as number;
            const code = ((state.data[at] as number) << 8) | (state.data[at + 1] as number);
            if (state.lengths[i] !== 2 || (code !== 0x4f52 && code !== 0x4944 && code !== 0x4341)) continue;
            const key = keys.add(low(id, i));
            room(key);
            if (6 * count + 6 > spans.length) spans = grown(spans);
            keep(name, i, 6 * count);
            keep(city, i, 6 * count + 2);
            keep(state, i, 6 * count + 4);
            people[key] = ++count;
            for (let a = heads[key] as number; a !== 0; a = next[a - 1] as number) outIds.push(ids[a - 1] as number);
          }
        }
        out += outIds.length;
      },
      epoch: () => undefined,
      end: () => out,
    };
  },
};

const grown = (a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
};

const SECOND = 1e6;
const q5: Loop = {
  reads: { bid: ['auction', 'dateTime'] },
  make() {
    interface Slice { readonly keys: IntTable; counts: Float64Array<ArrayBuffer>; ids: Float64Array<ArrayBuffer> }
    const slices = new Map<number, Slice>();
    let fired = -Infinity;
    let out = 0;
    const sliceOf = (end: number): Slice => {
      let s = slices.get(end);
      if (s === undefined) slices.set(end, (s = { keys: new IntTable(1 << 12), counts: new Float64Array(1 << 12), ids: new Float64Array(1 << 12) }));
      return s;
    };
    const add = (s: Slice, id: number, n: number): void => {
      const k = s.keys.add(id);
      if (k >= s.counts.length) {
        s.counts = grownF64(s.counts, k + 1);
        s.ids = grownF64(s.ids, k + 1);
      }
      s.ids[k] = id;
      s.counts[k] = (s.counts[k] as number) + n;
    };
    const fire = (watermark: number): void => {
      for (let end = Math.max(fired + 2 * SECOND, Math.min(...slices.keys())); end <= watermark; end += 2 * SECOND) {
        fired = end;
        const all: Slice = { keys: new IntTable(1 << 14), counts: new Float64Array(1 << 14), ids: new Float64Array(1 << 14) };
        for (const [e, s] of slices) if (e > end - 10 * SECOND && e <= end) for (let k = 0; k < s.keys.size; k++) add(all, s.ids[k] as number, s.counts[k] as number);
        let most = 0;
        for (let k = 0; k < all.keys.size; k++) most = Math.max(most, all.counts[k] as number);
        for (let k = 0; k < all.keys.size; k++) if (all.counts[k] === most) out++;
        slices.delete(end - 8 * SECOND);
      }
    };
    return {
      batch(_, b) {
        const auction = i64(b.columns[0]);
        const time = i64(b.columns[1]);
        let from = 1;
        let to = 0;
        let slice: Slice | null = null;
        let high = 0;
        for (let i = 0; i < b.rowCount; i++) {
          const t = micros(time, i);
          if (t > high) high = t;
          if (slice === null || t < from || t >= to) {
            from = Math.floor(t / (2 * SECOND)) * 2 * SECOND;
            to = from + 2 * SECOND;
            slice = sliceOf(to);
          }
          add(slice, low(auction, i), 1);
        }
        fire(high - 4 * SECOND);
      },
      epoch: () => undefined,
      end() {
        fire(Math.max(...slices.keys()) + 8 * SECOND);
        return out;
      },
    };
  },
};

const q8: Loop = {
  reads: { person: ['id', 'name', 'dateTime'], auction: ['seller', 'dateTime'] },
  make() {
    interface Window { readonly people: IntTable; names: Int32Array<ArrayBuffer>; readonly sellers: IntTable; arena: Uint8Array<ArrayBuffer>; used: number; readonly ids: number[] }
    const windows = new Map<number, Window>();
    const high: Record<string, number> = { person: 0, auction: 0 };
    let out = 0;
    const windowOf = (t: number): Window => {
      const end = Math.floor(t / (10 * SECOND)) * 10 * SECOND + 10 * SECOND;
      let w = windows.get(end);
      if (w === undefined) {
        windows.set(end, (w = { people: new IntTable(1 << 14), names: new Int32Array(1 << 14), sellers: new IntTable(1 << 14), arena: new Uint8Array(1 << 16), used: 0, ids: [] }));
      }
      return w;
    };
    const fire = (watermark: number): void => {
      for (const [end, w] of windows) {
        if (end > watermark) continue;
        for (const id of w.ids) if (w.sellers.find(id) >= 0) out++;
        windows.delete(end);
      }
    };
    return {
      batch(table, b) {
        const id = i64(b.columns[0]);
        const time = i64(b.columns.at(-1));
        for (let i = 0; i < b.rowCount; i++) {
          const t = micros(time, i);
          if (t > (high[table] as number)) high[table] = t;
          const w = windowOf(t);
          if (table === 'auction') {
            w.sellers.add(low(id, i));
            continue;
          }
          const before = w.people.size;
          const k = w.people.add(low(id, i));
          if (w.people.size === before) continue;
          w.ids.push(low(id, i));
          const name = bytes(b.columns[1]);
          const length = name.lengths[i] as number;
          if (w.used + length > w.arena.length) {
            const bigger = new Uint8Array(w.arena.length * 2);
            bigger.set(w.arena);
            w.arena = bigger;
          }
          for (let c = 0; c < length; c++) w.arena[w.used + c] = name.data[(name.offsets[i] as number) + c] as number;
          if (2 * k + 2 > w.names.length) w.names = grown(w.names);
          w.names[2 * k] = w.used;
          w.names[2 * k + 1] = length;
          w.used += length;
        }
        fire(Math.min(high.person as number, high.auction as number) - 4 * SECOND);
      },
      epoch: () => undefined,
      end() {
        fire(Infinity);
        return out;
      },
    };
  },
};

const DAY = 86400 * SECOND;
/** count, three ranks, min, max, sum. */
const WIDTH = 7;
const q17: Loop = {
  reads: { bid: ['auction', 'price', 'dateTime'] },
  make() {
    /** One table a day. */
    const days = new Map<number, IntTable>();
    let size = 0;
    let values = new Float64Array(WIDTH << 14);
    const groups = new Map<IntTable, Int32Array<ArrayBuffer>>();
    let marks = new Uint8Array(1 << 14);
    let before: number[] = [];
    const touched: number[] = [];
    let out = 0;
    return {
      batch(_, b) {
        const auction = i64(b.columns[0]);
        const price = i64(b.columns[1]);
        const time = i64(b.columns[2]);
        let from = 1;
        let to = 0;
        let keys: IntTable | null = null;
        let slots = new Int32Array(0);
        for (let i = 0; i < b.rowCount; i++) {
          const t = micros(time, i);
          if (keys === null || t < from || t >= to) {
            const day = Math.floor(t / DAY);
            from = day * DAY;
            to = from + DAY;
            keys = days.get(day) ?? new IntTable(1 << 14);
            days.set(day, keys);
            slots = groups.get(keys) ?? new Int32Array(1 << 14);
            groups.set(keys, slots);
          }
          const known = keys.size;
          const k = keys.add(low(auction, i));
          if (k >= slots.length) groups.set(keys, (slots = grown(slots)));
          if (keys.size > known) {
            slots[k] = size++;
            values = grownF64(values, size * WIDTH);
            values[(size - 1) * WIDTH + 4] = Infinity;
            values[(size - 1) * WIDTH + 5] = -Infinity;
            if (size > marks.length) {
              const bigger = new Uint8Array(marks.length * 2);
              bigger.set(marks);
              marks = bigger;
            }
          }
          const slot = slots[k] as number;
          const at = slot * WIDTH;
          if (marks[slot] === 0) {
            marks[slot] = 1;
            touched.push(slot);
            for (let c = 0; c < WIDTH; c++) before.push(values[at + c] as number);
          }
          const p = low(price, i);
          values[at] = (values[at] as number) + 1;
          const rank = p < 10_000 ? 1 : p < 1_000_000 ? 2 : 3;
          values[at + rank] = (values[at + rank] as number) + 1;
          if (p < (values[at + 4] as number)) values[at + 4] = p;
          if (p > (values[at + 5] as number)) values[at + 5] = p;
          values[at + 6] = (values[at + 6] as number) + p;
        }
      },
      epoch() {
        // The rows before and after, as columns.
        const columns = Array.from({ length: WIDTH + 1 }, () => new Float64Array(touched.length * 2));
        touched.forEach((slot, k) => {
          for (let c = 0; c < WIDTH; c++) {
            (columns[c] as Float64Array)[2 * k] = before[k * WIDTH + c] as number;
            (columns[c] as Float64Array)[2 * k + 1] = values[slot * WIDTH + c] as number;
          }
          const total = values[slot * WIDTH] as number;
          (columns[WIDTH] as Float64Array)[2 * k + 1] = (values[slot * WIDTH + 6] as number) / total;
          marks[slot] = 0;
          out += before[k * WIDTH] === 0 ? 1 : 2;
        });
        touched.length = 0;
        before = [];
      },
      end: () => out,
    };
  },
};

export const LOOPS: Readonly<Record<string, Loop>> = { q0, q1, q2, q3, q5, q8, q17 };
