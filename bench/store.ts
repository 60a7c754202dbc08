import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { batchFromRows } from '../src/common/batch/builder.ts';
import { epoch, jobId, objectId } from '../src/common/ids.ts';
import { BIGINT, INT, TEXT, type SqlType } from '../src/common/types/sql-type.ts';
import { encodeBatch } from '../src/runtime/exchange/batch-codec.ts';
import type { CheckpointBlock } from '../src/store/api.ts';
import { openStore } from '../src/store/store.ts';

/** Durability: opening, checkpoints of 100K rows of 12 columns, log appends, recovery of 1M rows. `DIR` names the disk. */
const JOB = jobId(1);
const TYPES: readonly SqlType[] = [INT, INT, INT, INT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, TEXT, TEXT, TEXT];
const GROUPS = 128;
const log = (_level: string, message: string): void => console.log(message);
const ms = (n: number): string => `${n.toFixed(1)} ms`;

function rowsOf(count: number, from: number): (number | bigint | string)[][] {
  return Array.from({ length: count }, (_, k) => {
    const i = from + k;
    return [i, i + 1, i + 2, i + 3, BigInt(i), BigInt(i) * 7n, BigInt(i) * 11n, 5n, 9n, `name ${i}`, `city ${i % 100}`, 'some text of a row'];
  });
}
function blocksOf(rows: number, stateId: string, base: boolean): CheckpointBlock[] {
  const perGroup = Math.ceil(rows / GROUPS);
  return Array.from({ length: GROUPS }, (_, keyGroup) => ({ job: JOB, stateId, keyGroup, base, bytes: encodeBatch(batchFromRows(TYPES, rowsOf(perGroup, keyGroup * perGroup))) }));
}
const progress = (id: number) => ({ job: JOB, offsets: { 's/0': id }, watermarks: {}, committables: {}, extra: null });

async function main(): Promise<void> {
  const dir = await mkdtemp(join(process.env['DIR'] ?? tmpdir(), 'millrace-bench-'));
  try {
    let t = performance.now();
    let store = await openStore({ dir, log });
    console.log(`open an empty directory: ${ms(performance.now() - t)}`);

    const dirty = blocksOf(100_000, 'dirty', false);
    const total: number[] = [];
    const sync: number[] = [];
    const commit: number[] = [];
    let bytes = 0;
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    for (let id = 1; id <= 20; id++) {
      t = performance.now();
      const stats = await store.commitCheckpoint({ id, epoch: epoch(id), blocks: dirty, jobs: [progress(id)] });
      total.push(performance.now() - t);
      sync.push(stats.syncMs);
      commit.push(stats.commitMs);
      bytes = stats.bytes;
    }
    delay.disable();
    const median = (list: number[]): string => ms(list.sort((a, b) => a - b)[list.length >> 1] as number);
    console.log(`checkpoint of 100K rows of 12 columns (${(bytes / 1e6).toFixed(1)} MB): median ${median(total)}, segments ${median(sync)}, manifest ${median(commit)}; longest stall of the thread ${ms(delay.max / 1e6)} (timer resolution 1 ms)`);

    const record = encodeBatch(batchFromRows(TYPES, rowsOf(1, 0)));
    for (const writers of [1, 64]) {
      const until = performance.now() + 2000;
      let count = 0;
      t = performance.now();
      await Promise.all(
        Array.from({ length: writers }, async () => {
          while (performance.now() < until) {
            await store.appendLogs([{ table: objectId(writers), record }]);
            count++;
          }
        }),
      );
      console.log(`log of a table, ${writers} writers: ${Math.round((count * 1000) / (performance.now() - t))} appends/s of ${record.length} bytes`);
    }

    await store.commitCheckpoint({ id: 100, epoch: epoch(100), blocks: blocksOf(1_000_000, 'big', true), jobs: [progress(100)] });
    await store.commitCheckpoint({ id: 101, epoch: epoch(101), blocks: [], jobs: [progress(101)] });
    await store.close();
    t = performance.now();
    store = await openStore({ dir, log });
    const recovered = await store.recover();
    const opened = performance.now() - t;
    t = performance.now();
    let read = 0;
    for (const keyGroup of store.stateKeyGroups(JOB, 'big')) for (const block of await store.readState(JOB, 'big', keyGroup)) read += block.length;
    const base = performance.now() - t;
    t = performance.now();
    let deltas = 0;
    for (const keyGroup of store.stateKeyGroups(JOB, 'dirty')) for (const block of await store.readState(JOB, 'dirty', keyGroup)) deltas += block.length > 0 ? 1 : 0;
    console.log(`recovery at checkpoint ${recovered?.id}: open and verify ${ms(opened)}, read 1M rows (${(read / 1e6).toFixed(0)} MB) ${ms(base)}, ${deltas} deltas of 20 checkpoints ${ms(performance.now() - t)}`);
    await store.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
await main();
