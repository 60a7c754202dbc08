import { appendFile, mkdtemp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { BIGINT, INT, TEXT } from '../../common/types/sql-type.ts';
import type { Options, SourceReader, Split } from '../api.ts';
import { resolveOptions } from '../registry.ts';
import { openSource, readAll, sourceSpec, testContext } from '../test-support.ts';
import { lineChunks } from './chunks.ts';
import { filesystem } from './filesystem.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-fs-'));
});
afterEach(() => rm(dir, { recursive: true }));

const schema: Schema = [{ name: 'id', type: INT, nullable: true }, { name: 's', type: TEXT, nullable: true }];
const options = (over: Options = {}): Options => ({ connector: 'filesystem', path: dir, format: 'json', ...over });
const line = (i: number): string => `{"id":${i},"s":"${'x'.repeat(i % 40)}"}\n`;

describe('filesystem source', () => {
  it('reads a folder with metadata, leaves hidden files out and reports bad lines', async () => {
    await mkdir(join(dir, 'sub'));
    await writeFile(join(dir, 'a.json'), `${line(1)}nonsense\n\n${line(2)}`);
    await writeFile(join(dir, 'sub', 'b.json.gz'), gzipSync(line(3) + line(4)));
    await writeFile(join(dir, '.hidden'), line(9));
    await writeFile(join(dir, 'c.txt'), line(9));
    const spec = sourceSpec(options({ 'source.path.regex-pattern': '.*\\.json(\\.gz)?' }), schema, {
      metadata: [{ key: 'file.name', type: TEXT }, { key: 'file.size', type: BIGINT }],
    });
    const { rows, bad } = await readAll(spec, await openSource(spec, testContext()));
    const size = BigInt((await stat(join(dir, 'a.json'))).size);
    expect(rows.map((r) => [r.row[0], r.row[2]])).toEqual([[1, 'a.json'], [2, 'a.json'], [3, 'b.json.gz'], [4, 'b.json.gz']]);
    expect(rows[0]?.row[3]).toBe(size);
    expect(bad.map((b) => [b.offset, Buffer.from(b.raw).toString()])).toEqual([[String(line(1).length), 'nonsense']]);
  });

  it('gives every line to exactly one range, wherever the cuts fall', async () => {
    const path = join(dir, 'x');
    const texts = ['a', 'bb', '', 'ccc', 'd', 'eeeeee', 'f'];
    for (const tail of ['\n', '']) {
      const all = texts.join('\n') + tail;
      await writeFile(path, all);
      for (let step = 1; step <= all.length; step++) {
        const got: string[] = [];
        for (let start = 0; start < all.length; start += step) {
          for await (const c of lineChunks(path, start, start, Math.min(all.length, start + step))) {
            got.push(...c.data.toString('utf8', c.from, c.to).split('\n').filter((t) => t !== ''));
          }
        }
        expect(got).toEqual(texts.filter((t) => t !== ''));
      }
    }
  });

  it('goes on exactly where it stopped', async () => {
    const n = 30_000;
    await writeFile(join(dir, 'big'), Array.from({ length: n }, (_, i) => line(i)).join(''));
    const spec = sourceSpec(options(), schema);
    const reader = await openSource(spec, testContext());
    const head = await readAll(spec, reader, 12_345, 1000);
    const splits: Split[] = reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: true }));
    await reader.close();
    const again = filesystem.source?.reader(spec, splits, testContext());
    const tail = await readAll(spec, again as NonNullable<typeof again>, Infinity, 1000);
    expect([...head.rows, ...tail.rows].map((r) => r.row[0])).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('watches for new files', async () => {
    const spec = sourceSpec(options({ 'source.monitor-interval': '10 ms' }), schema);
    const enumerator = filesystem.source?.enumerator(spec, testContext());
    expect(await enumerator?.discover(1)).toEqual([]);
    const reader = filesystem.source?.reader(spec, [], testContext());
    expect(reader?.poll(10)).toBe('idle');
    const found = new Promise<readonly Split[]>((yes) => enumerator?.watch?.(yes));
    await writeFile(join(dir, 'new'), line(5));
    reader?.addSplits(await found);
    expect((await readAll(spec, reader as NonNullable<typeof reader>, 1)).rows.map((r) => r.row[0])).toEqual([5]);
    await enumerator?.close();
  });

  it('follows files that grow, goes on after a stop, and reports cut and replaced ones', async () => {
    const path = join(dir, 'log');
    await writeFile(path, line(1) + line(2) + line(3).slice(0, 5));
    const spec = sourceSpec(options({ 'source.monitor-interval': '10 ms' }), schema);
    const descriptor = filesystem.source;
    const enumerator = descriptor?.enumerator(spec, testContext());
    const first = (await enumerator?.discover(1)) ?? [];
    await enumerator?.close();
    const ids = async (reader: SourceReader | undefined, n: number): Promise<unknown[]> => (await readAll(spec, reader as SourceReader, n)).rows.map((r) => r.row[0]);
    const reader = descriptor?.reader(spec, first, testContext());
    expect(await ids(reader, 2)).toEqual([1, 2]);
    await appendFile(path, line(3).slice(5) + line(4));
    expect(await ids(reader, 2)).toEqual([3, 4]);
    const saved: Split[] = (reader?.positions() ?? []).map((p) => ({ id: p.id, position: p.position, bounded: false }));
    await reader?.close();
    await appendFile(path, line(5));
    const later = descriptor?.enumerator(spec, testContext());
    expect(await later?.discover(1, saved)).toEqual([]);
    const again = descriptor?.reader(spec, saved, testContext());
    expect(await ids(again, 1)).toEqual([5]);

    // Rotated: the old file under another name is not read again, the new one is.
    await rename(path, join(dir, 'log.1'));
    await writeFile(path, line(6));
    const found = (await later?.discover(1)) ?? [];
    expect(found.length).toBe(1);
    again?.addSplits(found);
    const got = await readAll(spec, again as SourceReader, 2);
    expect(got.rows.map((r) => r.row[0])).toEqual([6]);
    expect(got.bad[0]?.reason).toContain('another file took the name');
    await writeFile(path, '');
    const cut = await readAll(spec, again as SourceReader, 1);
    expect(cut.bad[0]?.reason).toContain('was cut to 0 bytes');
    const over: Split[] = (again?.positions() ?? []).map((p) => ({ id: p.id, position: p.position, bounded: false }));
    const last = descriptor?.reader(spec, over, testContext());
    expect(last?.positions().every((p) => p.ended)).toBe(true);
    await last?.close();
    await again?.close();
    await later?.close();
  });

  it('says what is missing', async () => {
    const spec = sourceSpec(options({ path: join(dir, 'none') }), schema);
    await expect(openSource(spec, testContext())).rejects.toThrow('could not read');
    expect(() => sourceSpec({ connector: 'filesystem', format: 'json' }, schema)).toThrow('needs option "path"');
    expect(() => sourceSpec(options({ format: 'jsn' }), schema)).toThrow('format "jsn" does not exist');
  });
});

it('filesystem sink shows files at commits only, and commits twice without harm', async () => {
  const resolved = resolveOptions(options({ 'sink.rolling-policy.file-size': '1 kb' })).options;
  const spec = { connector: 'filesystem', options: resolved, schema, metadata: [], primaryKey: [], table: 't' };
  const writer = filesystem.sink?.writer(spec, 0, testContext());
  const committer = filesystem.sink?.committer?.(spec, testContext());
  const visible = async (): Promise<string[]> => (await readdir(dir)).filter((f) => !f.startsWith('.')).toSorted();
  writer?.write(batchFromRows(schema, [[1, 'a'], [2, null]]));
  expect(await visible()).toEqual([]);
  const first = (await writer?.prepare(1)) ?? null;
  writer?.write(batchFromRows(schema, [[3, 'c']]));
  expect(await visible()).toEqual([]);
  await committer?.commit(1, [first]);
  await committer?.commit(1, [first]);
  expect((await visible()).length).toBe(1);
  const second = (await writer?.prepare(2)) ?? null;
  await committer?.commit(2, [second, { files: [], watermark: null }]);
  const texts = await Promise.all((await visible()).map((f) => readFile(join(dir, f), 'utf8')));
  expect(texts).toEqual(['{"id":1,"s":"a"}\n{"id":2,"s":null}\n', '{"id":3,"s":"c"}\n']);
  await expect(committer?.commit(3, [{ files: ['part-gone'], watermark: null }])).rejects.toThrow('is gone');
  await writer?.close();
});
