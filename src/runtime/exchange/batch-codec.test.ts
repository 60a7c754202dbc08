import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import type { Batch } from '../../common/batch/batch.ts';
import { ScaledDecimals } from '../../common/batch/scaled-decimals.ts';
import { arrayOf, BIGINT, BOOLEAN, BYTEA, decimalOf, DOUBLE, INT, INTERVAL, JSONB, NUMERIC, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { decodeBatch, encodeBatch } from './batch-codec.ts';

const TYPES: readonly SqlType[] = [BOOLEAN, INT, BIGINT, DOUBLE, TEXT, BYTEA, NUMERIC, INTERVAL, JSONB, arrayOf(TEXT), decimalOf(10, 2)];
const numeric = fc.record({ unscaled: fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), scale: fc.nat(40) });
const jsonNode = fc.letrec<{ node: never }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, fc.constant(null), fc.boolean(), fc.string({ unit: 'binary' }), numeric, fc.array(tie('node')), fc.dictionary(fc.oneof(fc.string(), fc.constant('unscaled')), tie('node'))) as fc.Arbitrary<never>,
})).node;
const VALUES: readonly fc.Arbitrary<Value>[] = [
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.double(),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 80 }),
  fc.oneof(numeric, fc.constantFrom<Value>({ unscaled: 0n, scale: 0, special: 'NaN' }, { unscaled: 0n, scale: 0, special: '-Infinity' }, { unscaled: 1n << 63n, scale: 3 }, { unscaled: -(1n << 63n), scale: 0 })),
  fc.record({ months: fc.integer(), days: fc.integer(), micros: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) }),
  jsonNode.map((json) => ({ json })),
  fc.array(fc.option(fc.string({ unit: 'binary' }))),
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => ({ unscaled: BigInt(n), scale: 2 })),
];
const row = fc.tuple(...VALUES.map((v) => fc.option(v, { freq: 5 })));

describe('batch codec', () => {
  it('returns every value of every layout exactly', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.boolean(), (rows, withOps) => {
        const ops = withOps ? new Uint8Array(rows.length).map((_, i) => i & 3) : null;
        const batch = batchFromRows(TYPES, rows, ops);
        const decoded = decodeBatch(encodeBatch(batch));
        expect(rowsFromBatch(TYPES, decoded)).toEqual(rowsFromBatch(TYPES, batch));
        expect(decoded.ops).toEqual(batch.ops);
        expect(decoded.columns.map((c) => c.nulls === null)).toEqual(batch.columns.map((c) => c.nulls === null));
      }),
      { numRuns: 150 },
    );
  });

  it('copies only the bytes that rows refer to', () => {
    const data = new TextEncoder().encode(`${'-'.repeat(5000)}abc${'-'.repeat(5000)}defg`);
    const batch: Batch = { rowCount: 3, ops: null, columns: [{ physical: 'bytes', data, offsets: Int32Array.of(10003, 5000, -7, 9), lengths: Int32Array.of(4, 3, 900_000, 9), nulls: Uint8Array.of(0, 0, 1, 0) }] };
    const bytes = encodeBatch(batch);
    expect(bytes.length).toBeLessThan(200);
    expect(rowsFromBatch([TEXT], decodeBatch(bytes))).toEqual([['defg'], ['abc'], [null]]);
  });

  it('keeps a dictionary', () => {
    const data = new TextEncoder().encode('redgreen');
    const n = 1000;
    const offsets = new Int32Array(n).map((_, i) => (i % 2) * 3);
    const lengths = new Int32Array(n).map((_, i) => 3 + (i % 2) * 2);
    const decoded = decodeBatch(encodeBatch({ rowCount: n, ops: null, columns: [{ physical: 'bytes', data, offsets, lengths, nulls: null }] }));
    expect(decoded.columns[0]).toEqual({ physical: 'bytes', data, offsets, lengths, nulls: null });
  });

  it('takes the first rows of pooled arrays, and scaled decimals as they are', () => {
    const batch: Batch = {
      rowCount: 2,
      ops: Uint8Array.of(0, 3, 9, 9),
      columns: [
        { physical: 'i32', values: Int32Array.of(1, 2, 3, 4), nulls: null },
        new ScaledDecimals(BigInt64Array.of(150n, -2n, 7n), 2, null),
      ],
    };
    const decoded = decodeBatch(encodeBatch(batch));
    expect(decoded.ops).toEqual(Uint8Array.of(0, 3));
    expect(decoded.columns[1]).toBeInstanceOf(ScaledDecimals);
    expect(rowsFromBatch([INT, decimalOf(30, 2)], decoded)).toEqual([[1, { unscaled: 150n, scale: 2 }], [2, { unscaled: -2n, scale: 2 }]]);
  });

  it('refuses damaged bytes', () => {
    const bytes = encodeBatch(batchFromRows([INT, TEXT], [[1, 'abc'], [2, null]]));
    expect(() => decodeBatch(bytes.slice(0, bytes.length - 8))).toThrow('encoded batch is damaged');
    const other = bytes.slice();
    other[0] = 9;
    expect(() => decodeBatch(other)).toThrow('version 9');
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeBatch(shifted.subarray(1)).rowCount).toBe(2);
  });
});
