import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { BIGINT, DATE, TEXT } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { Committable, Options, Partition, SinkSpec } from '../api.ts';
import { resolveOptions } from '../registry.ts';
import { ManualClock, openSource, readAll, sourceSpec, testContext } from '../test-support.ts';
import { filesystem } from './filesystem.ts';
import { PartitionTime } from './partitions.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-fs-'));
});
afterEach(() => rm(dir, { recursive: true }));

const schema: Schema = [{ name: 'id', type: BIGINT, nullable: true }, { name: 'dt', type: DATE, nullable: true }, { name: 's', type: TEXT, nullable: true }, { name: 'hm', type: TEXT, nullable: true }];
const DAY = 19_000;
const at = (minute: number): bigint => BigInt(DAY) * 86_400_000_000n + BigInt(minute) * 60_000_000n;
const row = (id: number, hm: string | null): Row => [BigInt(id), DAY, `s${id}`, hm];

function sinkSpec(over: Options = {}): SinkSpec {
  const { options } = resolveOptions({ connector: 'filesystem', path: dir, format: 'csv', 'sink.partition-commit.policy.kind': 'success-file', ...over });
  filesystem.validate?.(options, schema, 'sink');
  return { connector: 'filesystem', options, schema, metadata: [], primaryKey: [], partitionedBy: [1, 3], table: 't' };
}
const byTime = { 'sink.partition-commit.trigger': 'partition-time', 'sink.partition-commit.delay': '1 min', 'partition.time-extractor.timestamp-pattern': '$dt $hm:00' };

async function written(spec: SinkSpec, rows: readonly Row[], watermark: bigint | null): Promise<Committable> {
  const writer = filesystem.sink?.writer(spec, 0, testContext());
  writer?.write(batchFromRows(schema, rows));
  if (watermark !== null) writer?.watermark?.(watermark);
  const made = (await writer?.prepare(1)) ?? null;
  await writer?.close();
  return made;
}
const marks = async (): Promise<string[]> => (await readdir(dir, { recursive: true })).filter((n) => n.endsWith('_SUCCESS')).map((n) => n.slice(0, -'/_SUCCESS'.length)).toSorted();

describe('partitions in folders', () => {
  it('hold the other columns, and come back as columns', async () => {
    const spec = sinkSpec();
    const rows = [row(1, '10:30'), row(2, '10:30'), row(3, null), row(4, 'a/b=%'), row(5, '10:30')];
    await filesystem.sink?.committer?.(spec, testContext()).commit(1, [await written(spec, rows, null)]);
    expect((await readdir(join(dir, 'dt=2022-01-08'))).toSorted()).toEqual(['hm=10%3A30', 'hm=__DEFAULT_PARTITION__', 'hm=a%2Fb%3D%25']);
    const source = sourceSpec({ connector: 'filesystem', path: dir, format: 'csv' }, schema, { partitionedBy: ['dt', 'hm'] });
    const sorted = (list: readonly (readonly unknown[])[]): string[] => list.map((r) => r.map(String).join()).toSorted();
    const all = await readAll(source, await openSource(source, testContext()));
    expect(sorted(all.rows.map((r) => r.row))).toEqual(sorted(rows));
    const some = { ...source, projection: [3, 0] };
    expect(sorted((await readAll(some, await openSource(some, testContext()))).rows.map((r) => r.row))).toEqual(sorted(rows.map((r) => [r[3], r[0]])));
  });

  it('are marked when the least watermark has passed their time and the delay, also by those who come after a restart', async () => {
    const spec = sinkSpec(byTime);
    const first = [await written(spec, [row(1, '00:10'), row(2, '00:11')], at(12)), await written(spec, [row(3, '00:12')], at(11))];
    const committer = filesystem.sink?.committer?.(spec, testContext());
    await committer?.commit(1, first);
    expect(await marks()).toEqual([]);
    await committer?.commit(2, [{ files: [], watermark: String(at(12)) }, { files: [], watermark: String(at(11) + 1n) }]);
    expect(await marks()).toEqual(['dt=2022-01-08/hm=00%3A10']);
    const after = filesystem.sink?.committer?.(spec, testContext());
    await after?.commit(2, [{ files: [], watermark: null }, { files: [], watermark: String(at(99)) }]);
    expect((await marks()).length).toBe(1);
    await after?.commit(3, [{ files: [], watermark: String(at(12) + 1n) }, { files: [], watermark: String(at(99)) }]);
    expect((await marks()).length).toBe(2);
    await after?.commit(4, [{ files: [], watermark: String(2n ** 63n - 1n) }]);
    expect((await marks()).length).toBe(3);
  });

  it('are marked some time after they were first seen', async () => {
    const spec = sinkSpec({ 'sink.partition-commit.delay': '5 s', 'sink.partition-commit.success-file.name': '_SUCCESS' });
    const clock = new ManualClock();
    const committer = filesystem.sink?.committer?.(spec, testContext({ clock }));
    await committer?.commit(1, [await written(spec, [row(1, 'x')], null)]);
    expect(await marks()).toEqual([]);
    clock.advance(5000);
    await committer?.commit(2, [{ files: [], watermark: null }]);
    expect(await marks()).toEqual(['dt=2022-01-08/hm=x']);
  });

  it('get their time from their columns', () => {
    const time = (o: Options, path: string): bigint => new PartitionTime(o, ['dt', 'h', 'hm']).of(path);
    expect(time({}, 'dt=2022-01-08/h=3')).toBe(at(0));
    expect(time({ 'partition.time-extractor.timestamp-pattern': '$dt $hm:00' }, 'dt=2022-01-08/h=3/hm=04%3A05')).toBe(at(245));
    expect(time({ 'partition.time-extractor.timestamp-pattern': '$dt$h', 'partition.time-extractor.timestamp-formatter': 'yyyyMMddHH' }, 'dt=20220108/h=03')).toBe(at(180));
    expect(time({ 'sink.partition-commit.watermark-time-zone': 'Europe/Berlin' }, 'dt=2022-01-08')).toBe(at(-60));
    expect(() => time({}, 'dt=x')).toThrow('partition "dt=x" has no time: "x" is no timestamp');
    expect(() => sinkSpec({ 'sink.partition-commit.policy.kind': 'metastore' })).toThrow('partition commit policy "metastore"');
    expect(() => sinkSpec({ 'sink.partition-commit.watermark-time-zone': 'Mars' })).toThrow('time zone "Mars" not recognized');
  });

  it('are listed as they are written, each once, without what is hidden', async () => {
    const { options } = sinkSpec({ 'partition.default-name': 'none' });
    const list = async (path = dir): Promise<readonly Partition[]> => (await filesystem.partitions?.({ options: { ...options, path }, partitionedBy: ['dt', 'hm'] }, testContext())) ?? [];
    expect(await list(join(dir, 'absent'))).toEqual([]);
    expect(await list()).toEqual([]);
    const spec = sinkSpec({ 'partition.default-name': 'none' });
    await filesystem.sink?.committer?.(spec, testContext()).commit(1, [await written(spec, [row(1, '10:30'), row(2, null), row(3, 'a/b=%')], null)]);
    for (const folder of ['dt=2022-01-08/hm=10%3a30', '.dt=2022-01-09/hm=1', '_dt=1/hm=1', 'dt=2022-01-09', 'dt=2022-01-10/_hm=2', 'deep/dt=2022-01-07/x/hm=1/hm=9', 'hm=5/dt=2022-01-06', 'other']) await mkdir(join(dir, folder), { recursive: true });
    await writeFile(join(dir, 'dt=2022-01-09', 'hm=file'), '');
    expect((await list()).map((p) => p.name)).toEqual(['dt=2022-01-06/hm=5', 'dt=2022-01-07/hm=1', 'dt=2022-01-08/hm=10%3A30', 'dt=2022-01-08/hm=a%2Fb%3D%25', 'dt=2022-01-08/hm=none']);
    expect((await list()).slice(-2).map((p) => p.values)).toEqual([['2022-01-08', 'a/b=%'], ['2022-01-08', null]]);
    // A single file, as a source may name it, lies in the partition of its path.
    expect((await list(join(dir, 'dt=2022-01-09', 'hm=file'))).map((p) => p.name)).toEqual([]);
    await writeFile(join(dir, 'dt=2022-01-08', 'hm=10%3a30', 'f.csv'), '');
    expect((await list(join(dir, 'dt=2022-01-08', 'hm=10%3a30', 'f.csv'))).map((p) => p.name)).toEqual(['dt=2022-01-08/hm=10%3A30']);
    await expect(list(join(dir, 'dt=2022-01-09', 'hm=file', 'x'))).rejects.toThrow('could not list');
  });

  it('are written many at once', async () => {
    const spec = sinkSpec();
    const rows = Array.from({ length: 200 }, (_, i) => row(i, `p${i % 80}`));
    await filesystem.sink?.committer?.(spec, testContext()).commit(1, [await written(spec, rows, null)]);
    const source = sourceSpec({ connector: 'filesystem', path: dir, format: 'csv' }, schema, { partitionedBy: ['dt', 'hm'] });
    const back = await readAll(source, await openSource(source, testContext()));
    expect(back.rows.map((r) => String(r.row[0])).toSorted()).toEqual(rows.map((r) => String(r[0])).toSorted());
  });
});
