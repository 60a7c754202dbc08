import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Batch } from '../src/common/batch/batch.ts';
import { i64Column } from '../src/common/batch/column.ts';
import { decodeBatch, encodeBatch } from '../src/runtime/exchange/batch-codec.ts';
import { Doorbell } from '../src/runtime/exchange/doorbell.ts';
import { allocateRing, RingReader, RingWriter } from '../src/runtime/exchange/ring.ts';

/** Nanoseconds a row through the exchange: int, bigint, double and a text of 12 bytes; batches of 4096 rows. */
const ROWS = 4096;
const BATCHES = Number(process.argv[2] ?? 4000);

function sample(scattered: boolean): Batch {
  const n = ROWS;
  const step = scattered ? 200 : 12;
  return {
    rowCount: n,
    ops: null,
    columns: [
      { physical: 'i32', values: new Int32Array(n).map((_, i) => i), nulls: null },
      i64Column(new BigInt64Array(n).map((_, i) => BigInt(i)), null),
      { physical: 'f64', values: new Float64Array(n).map((_, i) => i / 3), nulls: null },
      { physical: 'bytes', data: new Uint8Array(n * step).fill(65), offsets: new Int32Array(n).map((_, i) => i * step), lengths: new Int32Array(n).fill(12), nulls: null },
    ],
  };
}

async function main(): Promise<void> {
  for (const scattered of [false, true]) {
    const batch = sample(scattered);
    const bytes = encodeBatch(batch);
    for (let i = 0; i < 300; i++) decodeBatch(encodeBatch(batch).slice());
    let t = performance.now();
    for (let i = 0; i < 2000; i++) encodeBatch(batch);
    const encode = ((performance.now() - t) * 1e6) / (2000 * ROWS);
    t = performance.now();
    for (let i = 0; i < 2000; i++) decodeBatch(bytes.slice());
    const decode = ((performance.now() - t) * 1e6) / (2000 * ROWS);
    console.log(`${scattered ? 'scattered text' : 'dense text   '}: encode ${encode.toFixed(2)} ns/row, copy and decode ${decode.toFixed(2)} ns/row, ${bytes.length / ROWS} bytes/row`);
  }
  for (const scattered of [false, true]) {
    for (const kb of [256, 1024]) {
      const ring = allocateRing(kb * 1024);
      const bellMemory = Doorbell.allocate();
      const producerBell = Doorbell.allocate();
      const worker = new Worker(new URL(import.meta.url), { workerData: { ring, bellMemory, producerBell, scattered, batches: BATCHES } });
      const bell = new Doorbell(bellMemory);
      const reader = new RingReader(ring, new Doorbell(producerBell));
      let rows = 0;
      let start = 0;
      let sleeps = 0;
      for (let left = BATCHES; left > 0; ) {
        const item = reader.tryPop();
        if (item === null) {
          const seen = bell.arm();
          if (reader.isEmpty) {
            sleeps++;
            await bell.wait(seen);
          }
          bell.disarm();
          continue;
        }
        left--;
        if (left === BATCHES >> 1) {
          start = performance.now();
          rows = 0;
          sleeps = 0;
        }
        if (item.kind === 'batch') rows += item.batch.rowCount;
      }
      const ns = ((performance.now() - start) * 1e6) / rows;
      console.log(`ring ${kb} KB, ${scattered ? 'scattered' : 'dense'}: ${ns.toFixed(2)} ns/row wall between two threads, ${sleeps} sleeps`);
      await worker.terminate();
    }
  }
}

function produce(data: { ring: SharedArrayBuffer; bellMemory: SharedArrayBuffer; producerBell: SharedArrayBuffer; scattered: boolean; batches: number }): void {
  const batch = sample(data.scattered);
  const writer = new RingWriter(data.ring, new Doorbell(data.bellMemory));
  const bell = new Doorbell(data.producerBell);
  for (let i = 0; i < data.batches; ) {
    if (writer.tryPush({ kind: 'batch', batch })) {
      i++;
      continue;
    }
    const seen = bell.arm();
    if (writer.tryPush({ kind: 'batch', batch })) i++;
    else bell.waitBlocking(seen, 1000);
    bell.disarm();
  }
  while (!writer.flush());
  parentPort?.on('message', () => {});
}
if (isMainThread) await main();
else produce(workerData);
