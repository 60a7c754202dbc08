import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { rowsFromBatch } from '../../common/batch/builder.ts';
import { Rng } from '../../common/rng.ts';
import type { Item } from './channel.ts';
import { Doorbell } from './doorbell.ts';
import { allocateRing, RingReader, RingWriter } from './ring.ts';
import { sequence, SEQUENCE_TYPES } from './testing/ring-producer.ts';

const plain = (item: Item): unknown => (item.kind === 'batch' ? { rows: rowsFromBatch(SEQUENCE_TYPES, item.batch), ops: item.batch.ops } : item);

describe('ring', () => {
  it('gives every item once and in order, whoever runs when', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const rng = new Rng(seed);
      const memory = allocateRing(4096 << rng.int(4));
      const bell = (): Doorbell => new Doorbell(Doorbell.allocate());
      const writer = new RingWriter(memory, bell());
      const reader = new RingReader(memory, bell());
      const items = [...sequence(seed, 150)];
      let pushed = 0;
      let popped = 0;
      for (let steps = 0; popped < items.length; steps++) {
        expect(steps).toBeLessThan(100_000);
        if (rng.int(2) === 0) {
          for (let k = rng.int(6); k > 0; k--) {
            if (pushed === items.length ? writer.flush() : !writer.tryPush(items[pushed] as Item)) break;
            if (pushed < items.length) pushed++;
          }
        } else {
          for (let k = rng.int(6); k > 0; k--) {
            const item = reader.tryPop();
            if (item === null) break;
            expect(plain(item)).toEqual(plain(items[popped++] as Item));
          }
        }
      }
      expect(reader.tryPop()).toBeNull();
    }
  });

  it('works over the turn of the position counter', () => {
    const memory = allocateRing(4096);
    new Int32Array(memory)[0] = -4096;
    new Int32Array(memory)[32] = -4096;
    const writer = new RingWriter(memory, new Doorbell(Doorbell.allocate()));
    const reader = new RingReader(memory, new Doorbell(Doorbell.allocate()));
    for (let i = 0; i < 1000; i++) {
      expect(writer.tryPush({ kind: 'watermark', micros: BigInt(i) })).toBe(true);
      expect(reader.tryPop()).toEqual({ kind: 'watermark', micros: BigInt(i) });
    }
  });

  it('rings a waiting producer once half is free, and only then', () => {
    const memory = allocateRing(4096);
    const shared = Doorbell.allocate();
    const bell = new Doorbell(shared);
    const writer = new RingWriter(memory, new Doorbell(Doorbell.allocate()));
    const reader = new RingReader(memory, new Doorbell(shared));
    while (writer.tryPush({ kind: 'end' }));
    const seen = bell.arm();
    reader.tryPop();
    expect(bell.wait(seen)).not.toBe(true);
    for (let i = 0; i < 300; i++) reader.tryPop();
    expect(bell.wait(seen)).toBe(true);
    expect(writer.tryPush({ kind: 'end' })).toBe(true);
  });

  it('carries a sequence between two threads, both of which sleep when there is nothing to do', async () => {
    for (const [seed, capacity] of [[101, 4096], [102, 65536]] as const) {
      const ring = allocateRing(capacity);
      const consumerBell = Doorbell.allocate();
      const ownBell = Doorbell.allocate();
      const bell = new Doorbell(consumerBell);
      const reader = new RingReader(ring, new Doorbell(ownBell));
      const count = 800;
      const worker = new Worker(new URL('./testing/ring-producer.ts', import.meta.url), { workerData: { ring, consumerBell, ownBell, seed, count } });
      const failed = new Promise<never>((_, reject) => worker.once('error', reject));
      for (const expected of sequence(seed, count)) {
        let item = reader.tryPop();
        while (item === null) {
          const seen = bell.arm();
          if (reader.isEmpty) await Promise.race([bell.wait(seen), failed]);
          bell.disarm();
          item = reader.tryPop();
        }
        expect(plain(item)).toEqual(plain(expected));
      }
      await worker.terminate();
    }
  });
});
