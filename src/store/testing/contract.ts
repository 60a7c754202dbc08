import { expect, it } from 'vitest';
import { epoch, jobId, objectId, type JobId, type ObjectId } from '../../common/ids.ts';
import type { CheckpointBlock, JobProgress, Store } from '../api.ts';

const JOB: JobId = jobId(7);
const OTHER: JobId = jobId(8);
const TABLE: ObjectId = objectId(16400);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const block = (job: JobId, stateId: string, keyGroup: number, base: boolean, text: string): CheckpointBlock => ({ job, stateId, keyGroup, base, bytes: bytesOf(text) });
export const progress = (job: JobId, at: number): JobProgress => ({ job, offsets: { 's/0': at }, watermarks: { 's/0': String(at * 1000) }, committables: {}, extra: { at } });

export async function logOf(store: Store, after = 0, table: ObjectId = TABLE): Promise<string[]> {
  const found: string[] = [];
  for await (const { position, record } of store.readLog(table, after)) found.push(`${position}:${textOf(record)}`);
  return found;
}
async function stateOf(store: Store, job: JobId, stateId: string, keyGroup: number): Promise<string[]> {
  return (await store.readState(job, stateId, keyGroup)).map(textOf);
}

/** What every store promises; `reopen` opens the same content again after the store was given up without closing. */
export function storeContract(open: () => Promise<{ readonly store: Store; readonly reopen: () => Promise<Store> }>): void {
  it('begins empty', async () => {
    const { store } = await open();
    expect(await store.recover()).toBeNull();
    expect((await store.readCatalog()).size).toBe(0);
    expect(await logOf(store)).toEqual([]);
    expect(await store.readState(JOB, 's', 0)).toEqual([]);
    expect(store.stateKeyGroups(JOB, 's')).toEqual([]);
    await store.close();
    await store.close();
  });

  it('keeps bases and deltas of a checkpoint over a restart', async () => {
    const { store, reopen } = await open();
    await store.commitCheckpoint({ id: 1, epoch: epoch(10), blocks: [block(JOB, 'a', 3, true, 'base'), block(JOB, 'a/x', 4, false, 'first')], jobs: [progress(JOB, 1), progress(OTHER, 5)] });
    await store.commitCheckpoint({ id: 2, epoch: epoch(11), blocks: [block(JOB, 'a', 3, false, 'd1')], jobs: [progress(JOB, 2)] });
    const stats = await store.commitCheckpoint({ id: 3, epoch: epoch(12), blocks: [block(JOB, 'a', 3, false, 'd2'), block(JOB, 'a/x', 4, true, 'whole')], jobs: [progress(JOB, 3)] });
    expect(stats.bytes).toBe(7);
    const check = async (s: Store): Promise<void> => {
      expect(await stateOf(s, JOB, 'a', 3)).toEqual(['base', 'd1', 'd2']);
      expect(await stateOf(s, JOB, 'a/x', 4)).toEqual(['whole']);
      expect(s.stateKeyGroups(JOB, 'a')).toEqual([3]);
      expect(s.stateSizes(JOB)).toEqual([
        { stateId: 'a', keyGroup: 3, baseBytes: 4, deltaBytes: 4 },
        { stateId: 'a/x', keyGroup: 4, baseBytes: 5, deltaBytes: 0 },
      ]);
    };
    await check(store);
    const again = await reopen();
    const recovered = await again.recover();
    expect(recovered).toMatchObject({ id: 3, epoch: 12 });
    expect([...(recovered?.jobs ?? [])].sort((a, b) => a.job - b.job)).toEqual([progress(JOB, 3), progress(OTHER, 5)]);
    await check(again);
    await again.close();
  });

  it('forgets a dropped job', async () => {
    const { store, reopen } = await open();
    await store.commitCheckpoint({ id: 1, epoch: epoch(1), blocks: [block(JOB, 'a', 0, false, 'x'), block(OTHER, 'a', 0, false, 'y')], jobs: [progress(JOB, 1), progress(OTHER, 1)] });
    await store.dropJob(JOB);
    expect(await stateOf(store, JOB, 'a', 0)).toEqual([]);
    await store.commitCheckpoint({ id: 2, epoch: epoch(2), blocks: [], jobs: [] });
    const again = await reopen();
    expect((await again.recover())?.jobs.map((j) => j.job)).toEqual([OTHER]);
    expect(await stateOf(again, JOB, 'a', 0)).toEqual([]);
    expect(await stateOf(again, OTHER, 'a', 0)).toEqual(['y']);
    await again.close();
  });

  it('changes the catalog atomically', async () => {
    const { store, reopen } = await open();
    await store.writeCatalog(new Map([['b', { n: 1 }], ['a', [1, 'x', null]]]));
    await store.writeCatalog(new Map<string, null | number>([['b', null], ['ü', 3]]));
    const again = await reopen();
    expect(Object.fromEntries(await again.readCatalog())).toEqual({ a: [1, 'x', null], ü: 3 });
    await again.close();
  });

  it('keeps the order of a table log, and its positions after truncation', async () => {
    const { store, reopen } = await open();
    const positions = await Promise.all(['r1', 'r2', 'r3', 'r4'].map((r) => appendOne(store, TABLE, r)));
    expect(positions).toEqual([1, 2, 3, 4]);
    expect(await logOf(store, 2)).toEqual(['3:r3', '4:r4']);
    await store.truncateLog(TABLE, 2);
    expect((await logOf(store, 0)).slice(-2)).toEqual(['3:r3', '4:r4']);
    await store.truncateLog(TABLE, 4);
    const again = await reopen();
    expect(await logOf(again, 4)).toEqual([]);
    expect(await appendOne(again, TABLE, 'r5')).toBe(5);
    expect(await logOf(again, 4)).toEqual(['5:r5']);
    await again.dropLog(TABLE);
    expect(await logOf(again, 0)).toEqual([]);
    await again.close();
  });
}

/** Appends one record; its position. */
export async function appendOne(store: Store, table: ObjectId, text: string): Promise<number> {
  const [position] = await store.appendLogs([{ table, record: bytesOf(text) }]);
  return position ?? 0;
}
