import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-overwrite-'));
  t = await TestEngine.open({ workDir: dir, parallelism: 2 });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});
const visible = async (): Promise<string[]> =>
  (await readdir(join(dir, 'out'), { recursive: true, withFileTypes: true })).filter((e) => e.isFile() && !e.name.startsWith('.')).map((e) => join(e.parentPath, e.name));
const lines = async (): Promise<string[]> => (await Promise.all((await visible()).map((f) => readFile(f, 'utf8')))).flatMap((text) => text.split('\n').filter((l) => l !== '')).toSorted();

describe('INSERT OVERWRITE of a stored table', () => {
  it('puts new rows in the place of all, in one change', async () => {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY, n INT NOT NULL); INSERT INTO a VALUES (1, 10), (2, 20), (3, 30); CREATE MATERIALIZED VIEW s AS SELECT count(*) AS c, sum(n) AS n FROM a');
    const seen = t.watch('SUBSCRIBE TO s', 3);
    expect(await t.run('INSERT OVERWRITE a SELECT id, n + 1 FROM a WHERE id < 3')).toEqual(['INSERT 0 2']);
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(['1|11', '2|21']);
    expect((await seen).map((l) => l.split('|').slice(-2).join('|')).at(-1)).toBe('2|32');
    expect(await t.error('INSERT OVERWRITE a VALUES (7, 1), (7, 2)')).toMatch(/^23505/);
    expect(await t.error('INSERT OVERWRITE a VALUES (7, NULL)')).toMatch(/^23502/);
    expect(await t.run('INSERT OVERWRITE a VALUES (2, 5) RETURNING n')).toEqual(['5']);
    expect(await t.run('BEGIN; INSERT OVERWRITE a VALUES (9, 9); SELECT * FROM a')).toEqual(['9|9']);
    await t.run('ROLLBACK');
    expect(await t.run('SELECT * FROM a')).toEqual(['2|5']);
    expect(await t.run('INSERT OVERWRITE a SELECT * FROM a WHERE false')).toEqual(['INSERT 0 0']);
    await t.restart();
    expect(await t.run('SELECT * FROM s')).toEqual(['0|']);
    await t.run('CREATE TABLE b (x INT); INSERT INTO b VALUES (1), (1); INSERT OVERWRITE b SELECT x + 1 FROM b');
    expect(await t.run('SELECT * FROM b')).toEqual(['2', '2']);
  });
});

describe('INSERT OVERWRITE of files', () => {
  beforeEach(async () => {
    await mkdir(join(dir, 'in'));
    await writeFile(join(dir, 'in', 'a.csv'), Array.from({ length: 50 }, (_, i) => `${i},${i % 3}`).join('\n') + '\n');
    await t.run("CREATE TABLE f (i INT, k INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv'); SET table.dml-sync = 'true'");
  });

  it('replaces all files when the input has ended', async () => {
    await t.run("CREATE TABLE o (i INT, k INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv'); INSERT INTO o SELECT i, k FROM f WHERE i < 3");
    expect(await lines()).toEqual(['0,0', '1,1', '2,2']);
    expect(await t.run('INSERT OVERWRITE o SELECT i, k FROM f WHERE i > 47')).toEqual(['INSERT 0 2']);
    expect(await lines()).toEqual(['48,0', '49,1']);
    // It may read what it replaces.
    await t.run('INSERT OVERWRITE o SELECT i + 100, k FROM o');
    expect(await lines()).toEqual(['148,0', '149,1']);
    await t.run('INSERT INTO o VALUES (1, 1)');
    expect(await lines()).toEqual(['1,1', '148,0', '149,1']);
    await t.run('INSERT OVERWRITE o SELECT i, k FROM f WHERE i < 0');
    expect(await lines()).toEqual([]);
  });

  it('replaces the partitions that have new files', async () => {
    await t.run("CREATE TABLE o (i INT, k INT) PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv'); INSERT INTO o SELECT i, k FROM f WHERE i < 6");
    await t.run('INSERT OVERWRITE o SELECT i, k FROM f WHERE i IN (10, 20)');
    expect(await t.run('SELECT i, k FROM o ORDER BY i')).toEqual(['0|0', '3|0', '10|1', '20|2']);
    await t.run('INSERT OVERWRITE o PARTITION (k = 0) SELECT i FROM f WHERE i = 49');
    expect(await t.run('SELECT i, k FROM o ORDER BY i')).toEqual(['10|1', '20|2', '49|0']);
    await t.run('INSERT INTO o PARTITION (k = 2) VALUES (7)');
    expect(await t.run('SELECT i FROM o WHERE k = 2 ORDER BY i')).toEqual(['7', '20']);
  });

  it('is refused where the query does not end, or nothing can be replaced', async () => {
    await t.run("CREATE TABLE o (i INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv'); CREATE TABLE p (i INT) WITH ('connector' = 'print'); CREATE TABLE d (i INT) WITH ('connector' = 'datagen'); CREATE TABLE s (i INT)");
    expect(await t.error('INSERT OVERWRITE o SELECT i FROM d')).toMatch(/^0A000 INSERT OVERWRITE of an endless query/);
    expect(await t.error('INSERT OVERWRITE o SELECT i FROM s')).toMatch(/^0A000 INSERT OVERWRITE of connector table "o" from stored tables and views/);
    expect(await t.error('INSERT OVERWRITE p SELECT i FROM f')).toMatch(/^0A000 INSERT OVERWRITE of connector "print"/);
    expect(await t.error('INSERT OVERWRITE s VALUES (1) ON CONFLICT DO NOTHING')).toMatch(/^42601/);
    expect(await t.error('INSERT OVERWRITE s SELECT i FROM d')).toMatch(/^0A000/);
  });
});
