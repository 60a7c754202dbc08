import type { Column } from '../../common/batch/column.ts';
import { readValue } from '../../common/batch/builder.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import type { OrderColumn } from '../../planner/physical.ts';
import type { StateColumn } from '../state/state-column.ts';

/** Below 0: the batch's row comes before the slot's. */
export type RowOrder = (row: number, slot: number) => number;

/**
 * The order of `slotOrder` between a batch's rows and those of a state table: by `order`, then by `ties` and by every column
 * ascending. `at[c]` is the state column of the row's column `c`. For one batch: state arrays may be replaced meanwhile.
 */
export function rowOrder(batch: readonly Column[], columns: readonly StateColumn[], at: readonly number[], order: readonly OrderColumn[], ties: readonly number[]): RowOrder {
  const done = new Set(order.map((o) => o.column));
  const rest = [...ties, ...batch.keys()].filter((c) => !done.has(c) && (done.add(c), true));
  const part = (c: number, descending: boolean, nullsFirst: boolean): RowOrder => columnOrder(batch[c] as Column, columns[at[c] as number] as StateColumn, descending, nullsFirst);
  const [first, ...others] = [...order.map((o) => part(o.column, o.descending, o.nullsFirst)), ...rest.map((c) => part(c, false, false))];
  return (row, slot) => {
    const c = first === undefined ? 0 : first(row, slot);
    if (c !== 0) return c;
    for (const other of others) {
      const d = other(row, slot);
      if (d !== 0) return d;
    }
    return 0;
  };
}

function columnOrder(given: Column, kept: StateColumn, descending: boolean, nullsFirst: boolean): RowOrder {
  const values = valueOrder(given, kept);
  const { nulls } = given;
  return (row, slot) => {
    const none = nulls !== null && nulls[row] === 1;
    const noneKept = kept.nulls !== null && kept.nulls[slot] === 1;
    if (none || noneKept) return none === noneKept ? 0 : none === nullsFirst ? -1 : 1;
    return descending ? -values(row, slot) : values(row, slot);
  };
}

function valueOrder(given: Column, kept: StateColumn): RowOrder {
  const { kind } = kept.type;
  if (given.physical === 'i32' && kind !== 'oid' && !kind.startsWith('reg')) {
    const { values } = given;
    return (row, slot) => (values[row] as number) - (kept.i32[slot] as number);
  }
  if (given.physical === 'i64') {
    const { words } = given;
    return (row, slot) => {
      const own = kept.words;
      const high = (words[2 * row + 1] as number) - (own[2 * slot + 1] as number);
      return high !== 0 ? high : ((words[2 * row] as number) >>> 0) - ((own[2 * slot] as number) >>> 0);
    };
  }
  if (given.physical === 'bytes' && kind !== 'char') {
    const { data, offsets, lengths } = given;
    return (row, slot) => {
      const own = kept.data;
      const n = Math.min(lengths[row] as number, kept.lengths[slot] as number);
      const x = offsets[row] as number;
      const y = kept.offsets[slot] as number;
      for (let i = 0; i < n; i++) {
        const c = (data[x + i] as number) - (own[y + i] as number);
        if (c !== 0) return c;
      }
      return (lengths[row] as number) - (kept.lengths[slot] as number);
    };
  }
  const compare = comparatorOf(kept.type);
  return (row, slot) => compare(readValue(kept.type, given, row), kept.value(slot));
}
