import { execFile } from 'node:child_process';
import { cp, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { epoch, jobId, objectId } from '../common/ids.ts';
import type { Store } from './api.ts';
import { openLevel } from './level.ts';
import { openStore, type StoreOptions } from './store.ts';
import { appendOne, block, bytesOf, logOf, progress, storeContract, textOf } from './testing/contract.ts';

const JOB = jobId(7);
const dirs: string[] = [];
async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  dirs.push(dir);
  return dir;
}
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});
const openIn = (dir: string, more: Partial<StoreOptions> = {}): Promise<Store> => openStore({ dir, log: () => {}, ...more });
const checkpoint = (store: Store, id: number, blocks: Parameters<typeof block>[]): Promise<unknown> =>
  store.commitCheckpoint({ id, epoch: epoch(id), blocks: blocks.map((b) => block(...b)), jobs: [progress(JOB, id)] });
const stateOf = async (store: Store, keyGroup: number): Promise<string[]> => (await store.readState(JOB, 's', keyGroup)).map(textOf);
const segmentsOf = async (dir: string): Promise<number[]> => (await readdir(join(dir, 'segments'))).sort().map((n) => Number(n.slice(8)));

describe('store on disk', () => {
  storeContract(async () => {
    const dir = await newDir();
    const store = await openIn(dir);
    return {
      store,
      // LevelDB locks its folder: a copy of the files stands for the restart after a crash.
      reopen: async () => {
        const copy = await newDir();
        await cp(dir, copy, { recursive: true });
        return openIn(copy);
      },
    };
  });

  it('refuses a second owner, in this process and in another', async () => {
    const dir = await newDir();
    const store = await openIn(dir);
    await expect(openIn(dir)).rejects.toMatchObject({ condition: 'object_in_use' });
    const script = `import { openStore } from '${new URL('./store.ts', import.meta.url).pathname}';
      try { await openStore({ dir: process.argv[1], log: () => {} }); } catch (e) { console.log(e.condition, e.hint); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script, dir]);
    expect(stdout).toBe('object_in_use Stop the other server, or start this one with another data directory.\n');
    await store.close();
    await (await openIn(dir)).close();
  });

  it('refuses the folder of a newer version', async () => {
    const dir = await newDir();
    await (await openIn(dir)).close();
    const kv = await openLevel(join(dir, 'kv'));
    await kv.batch(new Map([['format', bytesOf('{"version":2}')]]));
    await kv.close();
    await expect(openIn(dir)).rejects.toThrow(/has format version 2, this server knows version 1/);
  });

  it('steps back one checkpoint when the newest is damaged, and goes on from there', async () => {
    const dir = await newDir();
    const first = await openIn(dir);
    await checkpoint(first, 1, [[JOB, 's', 1, true, 'one'], [JOB, 's', 2, true, 'two']]);
    await checkpoint(first, 2, [[JOB, 's', 1, true, 'ONE'], [JOB, 's', 2, false, '+2']]);
    await first.close();
    const file = await open(join(dir, 'segments', 'segment-00000001'), 'r+');
    await file.write('!', 7);
    await file.close();
    const warnings: string[] = [];
    const second = await openIn(dir, { log: (_, message) => warnings.push(message) });
    expect(warnings.join()).toContain('going back to the one before');
    expect(await second.recover()).toMatchObject({ id: 1, jobs: [progress(JOB, 1)] });
    expect(await stateOf(second, 1)).toEqual(['one']);
    expect(await stateOf(second, 2)).toEqual(['two']);
    await checkpoint(second, 2, [[JOB, 's', 1, false, '+1']]);
    await second.close();
    const third = await openIn(dir);
    expect(await third.recover()).toMatchObject({ id: 2 });
    expect(await stateOf(third, 1)).toEqual(['one', '+1']);
    await third.close();
  });

  it('deletes segments that nothing needs, and moves the rest of mostly dead ones', async () => {
    const dir = await newDir();
    const store = await openIn(dir, { segmentBytes: 1000 });
    const big = 'x'.repeat(990);
    await checkpoint(store, 1, [[JOB, 's', 1, true, 'small'], [JOB, 's', 2, true, big]]);
    for (let id = 2; id < 12; id++) await checkpoint(store, id, [[JOB, 's', 2, true, `${id}${big}`], [JOB, 's', 1, false, String(id)]]);
    expect((await segmentsOf(dir)).length).toBeLessThan(5);
    expect((await segmentsOf(dir))[0]).toBeGreaterThan(2);
    expect(await stateOf(store, 1)).toEqual(['small', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    expect(store.stateSizes(JOB)[0]).toEqual({ stateId: 's', keyGroup: 1, baseBytes: 5, deltaBytes: 12 });
    await store.close();
    const again = await openIn(dir);
    expect(await stateOf(again, 1)).toEqual(['small', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    expect(await stateOf(again, 2)).toEqual([`11${big}`]);
    await again.close();
  });

  it('keeps few manifest records over many checkpoints', async () => {
    const dir = await newDir();
    const store = await openIn(dir);
    await checkpoint(store, 1, [[JOB, 's', 0, true, 'base']]);
    for (let id = 2; id <= 200; id++) await checkpoint(store, id, [[JOB, 's', id & 3, false, `<${id}>`]]);
    await store.close();
    const kv = await openLevel(join(dir, 'kv'));
    let records = 0;
    for await (const [key] of kv.entries('manifest/')) records += key.length > 0 ? 1 : 0;
    await kv.close();
    expect(records).toBeLessThan(130);
    const again = await openIn(dir);
    expect(await again.recover()).toMatchObject({ id: 200 });
    expect((await stateOf(again, 0)).join('')).toBe(`base${Array.from({ length: 200 }, (_, i) => i + 1).filter((n) => n > 1 && n % 4 === 0).map((n) => `<${n}>`).join('')}`);
    await again.close();
  });

  it('rolls the files of a table log, and frees them after the checkpoint that follows', async () => {
    const dir = await newDir();
    const table = objectId(9);
    const store = await openIn(dir, { logFileBytes: 200 });
    const records = Array.from({ length: 50 }, (_, i) => `record ${i + 1}`);
    for (const record of records) await appendOne(store, table, record);
    const files = async (): Promise<number> => (await readdir(join(dir, 'tables', '9'))).length;
    expect(await files()).toBeGreaterThan(3);
    expect(await logOf(store, 0, table)).toEqual(records.map((r, i) => `${i + 1}:${r}`));
    expect(await logOf(store, 33, table)).toEqual(records.map((r, i) => `${i + 1}:${r}`).slice(33));
    await checkpoint(store, 1, []);
    await store.truncateLog(table, 40);
    const before = await files();
    await checkpoint(store, 2, []);
    expect(await files()).toBeLessThan(before);
    expect((await logOf(store, 40, table)).length).toBe(10);
    await store.close();
    const again = await openIn(dir);
    expect(await logOf(again, 40, table)).toEqual(records.map((r, i) => `${i + 1}:${r}`).slice(40));
    expect(await appendOne(again, table, 'more')).toBe(51);
    await again.close();
  });

  it('cuts the torn end off a table log', async () => {
    const dir = await newDir();
    const table = objectId(9);
    const store = await openIn(dir);
    for (const record of ['a', 'bb', 'ccc']) await appendOne(store, table, record);
    await store.close();
    const path = join(dir, 'tables', '9', '0000000000000001.log');
    const file = await open(path, 'r+');
    await file.truncate((await stat(path)).size - 1);
    await file.write(Buffer.alloc(500), 0, 500, (await stat(path)).size);
    await file.close();
    const again = await openIn(dir);
    expect(await logOf(again, 0, table)).toEqual(['1:a', '2:bb']);
    expect(await appendOne(again, table, 'd')).toBe(3);
    await again.close();
    const third = await openIn(dir);
    expect(await logOf(third, 0, table)).toEqual(['1:a', '2:bb', '3:d']);
    await third.close();
  });
});
