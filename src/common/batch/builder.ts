import { assert, unreachable } from '../errors.ts';
import { numericFromScaled, numericToScaled } from '../types/numeric.ts';
import { physicalOf, type SqlType } from '../types/sql-type.ts';
import type { Numeric, Row, Value } from '../types/value.ts';
import { INSERT, type Batch, type Schema } from './batch.ts';
import { i64Column, type Column } from './column.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** True for types whose `bytes` columns hold raw bytes (JS value Uint8Array) rather than UTF-8 text (JS string). */
export function isRawBytes(type: SqlType): boolean {
  return type.kind === 'bytea' || type.kind === 'uuid';
}

/**
 * Builds a batch row by row from JS values. For tests, DML, catalogs and fallbacks: the data plane writes columns
 * directly.
 */
export function batchFromRows(schema: Schema | readonly SqlType[], rows: readonly Row[], ops?: Uint8Array | null): Batch {
  const columns = schema.map((f, c) => columnFromValues('type' in f ? f.type : f, rows, c));
  return { rowCount: rows.length, ops: ops !== undefined && ops !== null && ops.some((op) => op !== INSERT) ? ops : null, columns };
}

/** Column `index` of `rows`, laid out for `type`. */
export function columnFromValues(type: SqlType, rows: readonly Row[], index: number): Column {
  return columnOf(type, rows.length, (i) => rows[i]?.[index] ?? null);
}

/** `values[from]` to `values[to - 1]`, laid out for `type`. */
export function columnFromList(type: SqlType, values: readonly Value[], from: number, to: number): Column {
  return columnOf(type, to - from, (i) => values[from + i] ?? null);
}

function columnOf(type: SqlType, n: number, valueAt: (i: number) => Value): Column {
  let nulls: Uint8Array | null = null;
  const at = (i: number): Value => {
    const v = valueAt(i);
    if (v === null) (nulls ??= new Uint8Array(n))[i] = 1;
    return v;
  };
  const physical = physicalOf(type);
  switch (physical) {
    case 'bool': {
      const values = new Uint8Array(n);
      for (let i = 0; i < n; i++) values[i] = at(i) === true ? 1 : 0;
      return { physical, values, nulls };
    }
    case 'i32': {
      const values = new Int32Array(n);
      for (let i = 0; i < n; i++) values[i] = (at(i) as number | null) ?? 0;
      return { physical, values, nulls };
    }
    case 'i64': {
      const values = new BigInt64Array(n);
      for (let i = 0; i < n; i++) {
        const v = at(i);
        values[i] = v === null ? 0n : type.kind === 'decimal' ? numericToScaled(v as Numeric, type.scale) : (v as bigint);
      }
      return i64Column(values, nulls);
    }
    case 'f64': {
      const values = new Float64Array(n);
      for (let i = 0; i < n; i++) values[i] = (at(i) as number | null) ?? 0;
      return { physical, values, nulls };
    }
    case 'bytes': {
      const raw = isRawBytes(type);
      const parts: Uint8Array[] = [];
      const offsets = new Int32Array(n);
      const lengths = new Int32Array(n);
      let total = 0;
      for (let i = 0; i < n; i++) {
        const v = at(i);
        offsets[i] = total;
        if (v === null) continue;
        const bytes = raw ? (v as Uint8Array) : encoder.encode(v as string);
        lengths[i] = bytes.length;
        total += bytes.length;
        parts.push(bytes);
      }
      const data = new Uint8Array(total);
      let pos = 0;
      for (const p of parts) {
        data.set(p, pos);
        pos += p.length;
      }
      return { physical, data, offsets, lengths, nulls };
    }
    case 'boxed': {
      const values: Value[] = [];
      for (let i = 0; i < n; i++) values.push(at(i));
      return { physical, values, nulls };
    }
    default:
      return unreachable(physical);
  }
}

/** One cell as a JS value. */
export function readValue(type: SqlType, column: Column, row: number): Value {
  if (column.nulls !== null && column.nulls[row] === 1) return null;
  switch (column.physical) {
    case 'bool':
      return column.values[row] === 1;
    case 'i32': {
      const v = column.values[row] as number;
      return type.kind === 'oid' || type.kind.startsWith('reg') ? v >>> 0 : v;
    }
    case 'i64': {
      const v = column.values[row] as bigint;
      return type.kind === 'decimal' ? numericFromScaled(v, type.scale) : v;
    }
    case 'f64':
      return column.values[row] as number;
    case 'bytes': {
      const start = column.offsets[row] as number;
      const bytes = column.data.subarray(start, start + (column.lengths[row] as number));
      return isRawBytes(type) ? bytes.slice() : decoder.decode(bytes);
    }
    case 'boxed':
      return column.values[row] ?? null;
    default:
      return unreachable(column);
  }
}

/** All rows of a batch as JS values. */
export function rowsFromBatch(schema: Schema | readonly SqlType[], batch: Batch): Row[] {
  assert(schema.length === batch.columns.length, 'schema and batch disagree on the number of columns');
  const types = schema.map((f) => ('type' in f ? f.type : f));
  const rows: Row[] = [];
  for (let i = 0; i < batch.rowCount; i++) rows.push(batch.columns.map((c, k) => readValue(types[k] as SqlType, c, i)));
  return rows;
}
