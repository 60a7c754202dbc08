import { createRecordsBatch } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { RecordBatchReader, readHeaders } from './record-batch.ts';

/** One batch at an offset, written by another implementation. */
function batch(baseOffset: number, values: readonly string[], compression: 'none' | 'zstd' = 'none'): Buffer {
  const records = values.map((v) => ({ topic: 't', partition: 0, key: Buffer.from('k'), value: Buffer.from(v), timestamp: 1_700_000_000_000n, headers: new Map([[Buffer.from('h'), Buffer.from('x')]]) }));
  const bytes = Buffer.from(createRecordsBatch(records, { compression }).buffer);
  // The offset lies before what the checksum covers.
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  return bytes;
}
const values = (r: RecordBatchReader, data: Buffer, from = 0, until = Infinity): { got: string[]; next: number } => {
  const { chunks, next } = r.read(data, from, until, [], 't');
  const got = chunks.flatMap((c) => Array.from({ length: c.count }, (_, i) => Buffer.from(c.data.subarray(c.valueAt[i], (c.valueAt[i] ?? 0) + (c.valueLength[i] ?? 0))).toString()));
  return { got, next };
};

it('reads batches, cut ones left for the next fetch, within bounds', () => {
  const data = Buffer.concat([batch(10, ['a', 'b', 'c']), batch(13, ['d'], 'zstd'), batch(14, ['e', 'f'])]);
  const r = new RecordBatchReader(true);
  expect(values(r, data, 10)).toEqual({ got: ['a', 'b', 'c', 'd', 'e', 'f'], next: 16 });
  expect(values(r, data.subarray(0, data.length - 1), 11)).toEqual({ got: ['b', 'c', 'd'], next: 14 });
  expect(values(r, data, 12, 15)).toEqual({ got: ['c', 'd', 'e'], next: 16 });
  const first = r.read(data, 10, Infinity, [], 't').chunks[0];
  expect(first?.timestampMs[0]).toBe(1_700_000_000_000);
  expect(readHeaders(first?.data ?? data, first?.headersAt[0] ?? 0)).toEqual([['h', new Uint8Array([120])]]);
});

it('finds every damaged byte that the checksum covers', () => {
  const good = batch(0, ['hello', 'world']);
  for (let i = 17; i < good.length; i++) {
    const bad = Buffer.from(good);
    bad[i] = (bad[i] as number) ^ 1;
    expect(() => values(new RecordBatchReader(true), bad)).toThrow('fails its checksum');
  }
});
