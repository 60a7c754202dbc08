import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-table-sinks-'));
  t = await TestEngine.open({ workDir: dir });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});
const rows = (sql: string): { toEqual: (lines: readonly string[]) => Promise<void> } => ({ toEqual: (lines) => expect.poll(() => t.run(sql), { timeout: 4000 }).toEqual(lines) });
const file = (name: string, columns: string): string => `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'csv', 'source.monitor-interval' = '20 ms')`;
async function put(table: string, name: string, ...lines: string[]): Promise<void> {
  await t.run(`SELECT 1`);
  await writeFile(join(dir, table, name), `${lines.join('\n')}\n`);
}

describe('jobs that write stored tables', () => {
  it('an endless INSERT goes on adding rows to a table without a key', async () => {
    await import('node:fs/promises').then((fs) => fs.mkdir(join(dir, 'src')));
    await t.run(`${file('src', 'k INT, v TEXT')}; CREATE TABLE t (k INT, v TEXT DEFAULT 'none', n INT DEFAULT 7); CREATE MATERIALIZED VIEW sums AS SELECT k, count(*) AS c FROM t GROUP BY k`);
    await put('src', 'a.csv', '1,x', '1,x', '2,y');
    expect(await t.run('INSERT INTO t (k, v) SELECT k, v FROM src')).toEqual(['INSERT 0 0']);
    await rows('SELECT * FROM t ORDER BY k, v').toEqual(['1|x|7', '1|x|7', '2|y|7']);
    await rows('SELECT * FROM sums ORDER BY k').toEqual(['1|2', '2|1']);
    await put('src', 'b.csv', '3,z');
    await rows('SELECT k FROM t ORDER BY k').toEqual(['1', '1', '2', '3']);
    await t.run(`DELETE FROM t WHERE k = 1; INSERT INTO t VALUES (9, 'mine')`);
    await t.restart();
    await put('src', 'c.csv', '4,w');
    await rows('SELECT k FROM t ORDER BY k').toEqual(['2', '3', '4', '9']);
  });

  it('rows of one key take the place of one another in a table with a key', async () => {
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO a VALUES (1, 10), (2, 20); INSERT INTO t VALUES (2, 0), (3, 0)`);
    await t.run('CREATE SINK s INTO t FROM a');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|10', '2|20', '3|0']);
    await t.run('UPDATE a SET n = n + 1; DELETE FROM a WHERE id = 2; INSERT INTO a VALUES (5, 50)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|11', '3|0', '5|50']);
    await t.run('UPDATE t SET n = 100 WHERE id = 1; DELETE FROM t WHERE id = 5');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|100', '3|0']);
    await t.run('UPDATE a SET n = n + 1');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|12', '3|0', '5|51']);
    await t.restart();
    await t.run('INSERT INTO a VALUES (6, 60)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|12', '3|0', '5|51', '6|60']);
  });
});
