import type { Batch } from '../../common/batch/batch.ts';
import { i64Column, type I64Column } from '../../common/batch/column.ts';
import { IntList } from '../columns.ts';
import { isClosed, localTime, windowEnds, startInstant, endInstant, type WindowMath } from './windows.ts';

/** What becomes of a batch's rows in a windowed aggregate. */
export interface Sliced {
  /** Rows to be aggregated, a row once per slice (or window); null: all of the batch, each once. */
  readonly rows: Int32Array | null;
  readonly count: number;
  /** End of each one's slice (or window), on the windows' clock. */
  readonly ends: I64Column;
  readonly late: IntList;
  readonly withoutTime: IntList;
}

const WORD = 4294967296;
const KEPT = 0;
const LATE = 1;
const NOWHERE = 2;
/** Times below this in their high word are safe integers: the year 2255. */
const SAFE_HIGH = 0x200000;

/** The instants of a slice whose clock runs evenly; else an empty span. */
function plainSpan(end: bigint, w: WindowMath): [number, number] {
  const start = w.sliceStart(end);
  const from = startInstant(start, w);
  const to = endInstant(end, w);
  return to - from === end - start ? [Number(from), Number(to)] : [1, 0];
}

/** Puts rows into slices of `w`. Rows of a batch mostly fall into the same one, whose bounds are kept. @param watermark null: no row is late. */
export function intoSlices(batch: Batch, time: I64Column, w: WindowMath, watermark: bigint | null): Sliced {
  const n = batch.rowCount;
  const late = new IntList(16);
  const withoutTime = new IntList(16);
  const out = i64Column(new BigInt64Array(n), null);
  const ends = out.words;
  const { words, nulls, values } = time;
  let rows: Int32Array | null = null;
  let count = 0;
  let from = 1;
  let to = 0;
  let low = 0;
  let high = 0;
  let verdict = KEPT;
  for (let i = 0; i < n; i++) {
    let keep = true;
    if (nulls !== null && nulls[i] === 1) {
      withoutTime.push(i);
      keep = false;
    } else {
      const h = words[2 * i + 1] as number;
      const t = h * WORD + ((words[2 * i] as number) >>> 0);
      const safe = h < SAFE_HIGH && h > -SAFE_HIGH;
      if (!safe || t < from || t >= to) {
        const end = w.sliceEnd(localTime(values[i] as bigint, w));
        const last = w.lastEnd(end);
        // In a hop with gaps a slice may lie in no window.
        verdict = last < end ? NOWHERE : watermark !== null && isClosed(last, watermark, w) ? LATE : KEPT;
        to = safe ? Number(end) : 0;
        from = safe ? Number(w.sliceStart(end)) : 1;
        if (w.zone !== null) [from, to] = plainSpan(end, w);
        low = Number(BigInt.asIntN(32, end));
        high = Number(BigInt.asIntN(32, end >> 32n));
      }
      if (verdict !== KEPT) {
        if (verdict === LATE) late.push(i);
        keep = false;
      }
    }
    if (!keep) {
      if (rows === null) {
        rows = new Int32Array(n);
        for (let k = 0; k < count; k++) rows[k] = k;
      }
      continue;
    }
    ends[2 * count] = low;
    ends[2 * count + 1] = high;
    if (rows !== null) rows[count] = i;
    count++;
  }
  return { rows, count, ends: out, late, withoutTime };
}

/** Puts rows into every open window of theirs. */
export function intoWindows(batch: Batch, time: I64Column, w: WindowMath, watermark: bigint | null): Sliced {
  const late = new IntList(16);
  const withoutTime = new IntList(16);
  const rows = new IntList(batch.rowCount);
  const ends: bigint[] = [];
  for (let i = 0; i < batch.rowCount; i++) {
    if (time.nulls !== null && time.nulls[i] === 1) {
      withoutTime.push(i);
      continue;
    }
    const before = rows.length;
    const all = windowEnds(localTime(time.values[i] as bigint, w), w);
    for (const end of all) {
      if (watermark !== null && isClosed(end, watermark, w)) continue;
      rows.push(i);
      ends.push(end);
    }
    if (rows.length === before && all.length > 0) late.push(i);
  }
  return { rows: rows.array.subarray(0, rows.length), count: rows.length, ends: i64Column(BigInt64Array.from(ends), null), late, withoutTime };
}
