import { i64Column, type Column } from '../common/batch/column.ts';
import { ScaledDecimals } from '../common/batch/scaled-decimals.ts';
import { unreachable } from '../common/errors.ts';

/** Row `rows[i]` of a column at each place i, NULL where that is negative. Bytes are passed on by reference. */
export function spreadColumn(column: Column, rows: Int32Array): Column {
  const n = rows.length;
  const marks = new Uint8Array(n);
  let any = false;
  for (let i = 0; i < n; i++) {
    const k = rows[i] as number;
    if (k >= 0 && column.nulls?.[k] !== 1) continue;
    marks[i] = 1;
    any = true;
  }
  const nulls = any ? marks : null;
  const at = (i: number): number => Math.max(0, rows[i] as number);
  switch (column.physical) {
    case 'bool':
      return { physical: 'bool', values: Uint8Array.from(rows, (_, i) => column.values[at(i)] ?? 0), nulls };
    case 'i32':
      return { physical: 'i32', values: Int32Array.from(rows, (_, i) => column.values[at(i)] ?? 0), nulls };
    case 'i64': {
      const values = new BigInt64Array(n);
      for (let i = 0; i < n; i++) values[i] = column.values[at(i)] ?? 0n;
      return i64Column(values, nulls);
    }
    case 'f64':
      return { physical: 'f64', values: Float64Array.from(rows, (_, i) => column.values[at(i)] ?? 0), nulls };
    case 'bytes':
      return {
        physical: 'bytes', data: column.data, nulls,
        offsets: Int32Array.from(rows, (_, i) => column.offsets[at(i)] ?? 0),
        lengths: Int32Array.from(rows, (k, i) => (k < 0 ? 0 : (column.lengths[at(i)] ?? 0))),
      };
    case 'boxed': {
      if (column instanceof ScaledDecimals) {
        const scaled = new BigInt64Array(n);
        for (let i = 0; i < n; i++) scaled[i] = column.scaled[at(i)] ?? 0n;
        return new ScaledDecimals(scaled, column.scale, nulls);
      }
      return { physical: 'boxed', values: Array.from(rows, (k) => (k < 0 ? null : (column.values[k] ?? null))), nulls };
    }
    default:
      return unreachable(column);
  }
}
