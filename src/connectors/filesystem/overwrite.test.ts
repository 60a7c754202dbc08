import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Overwrite } from './overwrite.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-overwrite-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const put = (...names: readonly string[]): void => {
  for (const name of names) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), '');
  }
};
const all = (): string[] => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(dir.length + 1)).toSorted();
const hidden = (name: string): string => name.replace(/[^/]+$/, (file) => `.${file}.inprogress`);

it('shows nothing before the end; a commit that was cut short anywhere is done again', async () => {
  put('old-1', '_SUCCESS', 'deep/old-2', '.part-r1-a.inprogress', '.part-r1-b.inprogress', '.part-r0-x.staged');
  const run = new Overwrite(dir, 'r1', false);
  await run.stage(['part-r1-a', 'part-r1-b'], hidden);
  await run.stage(['part-r1-a', 'part-r1-b'], hidden);
  expect(all()).toEqual(['.part-r0-x.staged', '.part-r1-a.staged', '.part-r1-b.staged', '_SUCCESS', 'deep/old-2', 'old-1']);
  // One had appeared when the machine went.
  writeFileSync(join(dir, 'part-r1-a'), '');
  rmSync(join(dir, '.part-r1-a.staged'));
  await run.stage(['part-r1-a', 'part-r1-b'], hidden);
  expect(await run.publish()).toEqual(new Set(['']));
  const after = ['.part-r0-x.staged', '_SUCCESS', 'part-r1-a', 'part-r1-b'];
  expect(all()).toEqual(after);
  await run.publish();
  expect(all()).toEqual(after);
  await expect(run.stage(['part-r1-z'], hidden)).rejects.toThrow('is gone');
});

it('leaves partitions alone into which nothing was written', async () => {
  put('k=1/old', 'k=2/old', 'k=2/.part-r1-a.inprogress', 'k=3/.part-r1-b.inprogress');
  const run = new Overwrite(dir, 'r1', true);
  await run.stage(['k=2/part-r1-a', 'k=3/part-r1-b'], hidden);
  expect(await run.publish()).toEqual(new Set(['k=2', 'k=3']));
  expect(all()).toEqual(['k=1/old', 'k=2/part-r1-a', 'k=3/part-r1-b']);
});
