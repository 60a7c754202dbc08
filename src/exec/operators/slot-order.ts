import { comparatorOf } from '../../common/types/compare.ts';
import type { OrderColumn } from '../../planner/physical.ts';
import type { StateColumn } from '../state/state-column.ts';

export type SlotOrder = (a: number, b: number) => number;

/**
 * The order of a state table's rows: by `order`, then by `ties` and by every column ascending, so that it doesn't depend
 * on arrival.
 */
export function slotOrder(columns: readonly StateColumn[], order: readonly OrderColumn[], ties: readonly number[]): SlotOrder {
  const done = new Set(order.map((o) => o.column));
  const rest = [...ties, ...columns.keys()].filter((c) => !done.has(c) && (done.add(c), true));
  const parts = [
    ...order.map((o) => columnOrder(columns[o.column] as StateColumn, o.descending, o.nullsFirst)),
    ...rest.map((c) => columnOrder(columns[c] as StateColumn, false, false)),
  ];
  return (a, b) => {
    for (const part of parts) {
      const c = part(a, b);
      if (c !== 0) return c;
    }
    return a - b;
  };
}

/** Whether two rows are equal in what orders them. */
export function slotPeers(columns: readonly StateColumn[], order: readonly OrderColumn[]): (a: number, b: number) => boolean {
  const parts = order.map((o) => columnOrder(columns[o.column] as StateColumn, o.descending, o.nullsFirst));
  return (a, b) => {
    for (const part of parts) if (part(a, b) !== 0) return false;
    return true;
  };
}

function columnOrder(column: StateColumn, descending: boolean, nullsFirst: boolean): SlotOrder {
  const values = valueOrder(column);
  return (a, b) => {
    const { nulls } = column;
    if (nulls !== null && (nulls[a] === 1 || nulls[b] === 1)) return nulls[a] === nulls[b] ? 0 : (nulls[a] === 1) === nullsFirst ? -1 : 1;
    return descending ? values(b, a) : values(a, b);
  };
}

function valueOrder(column: StateColumn): SlotOrder {
  const { kind } = column.type;
  if (column.physical === 'i32' && kind !== 'oid' && !kind.startsWith('reg')) {
    return (a, b) => (column.i32[a] as number) - (column.i32[b] as number);
  }
  if (column.physical === 'i64') {
    return (a, b) => {
      const { words } = column;
      const high = (words[2 * a + 1] as number) - (words[2 * b + 1] as number);
      return high !== 0 ? high : ((words[2 * a] as number) >>> 0) - ((words[2 * b] as number) >>> 0);
    };
  }
  if (column.physical === 'bytes' && kind !== 'char') {
    return (a, b) => {
      const { data, offsets, lengths } = column;
      const n = Math.min(lengths[a] as number, lengths[b] as number);
      const x = offsets[a] as number;
      const y = offsets[b] as number;
      for (let i = 0; i < n; i++) {
        const c = (data[x + i] as number) - (data[y + i] as number);
        if (c !== 0) return c;
      }
      return (lengths[a] as number) - (lengths[b] as number);
    };
  }
  const compare = comparatorOf(column.type);
  return (a, b) => compare(column.value(a), column.value(b));
}

/** Beyond so many changes a list is merged rather than changed place by place. */
const MANY = 16;

/** A list in order with the changed slots put in or taken out, by whether their rows are there. The list may be changed itself. */
export function resorted(sorted: number[], changed: ReadonlySet<number>, isPresent: (slot: number) => boolean, order: SlotOrder): number[] {
  if (changed.size > MANY) {
    const kept = sorted.filter((s) => !changed.has(s));
    return merged(kept, [...changed].filter(isPresent).sort(order), order);
  }
  for (const slot of changed) {
    const at = placeOf(sorted, slot, order);
    const there = sorted[at] === slot;
    const present = isPresent(slot);
    if (present && !there) sorted.splice(at, 0, slot);
    else if (!present && there) sorted.splice(at, 1);
  }
  return sorted;
}

function merged(a: readonly number[], b: readonly number[], order: SlotOrder): number[] {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) out.push(order(a[i] as number, b[j] as number) <= 0 ? (a[i++] as number) : (b[j++] as number));
  while (i < a.length) out.push(a[i++] as number);
  while (j < b.length) out.push(b[j++] as number);
  return out;
}

/** Where the slot is or belongs. */
export function placeOf(sorted: readonly number[], slot: number, order: SlotOrder): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(sorted[middle] as number, slot) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
