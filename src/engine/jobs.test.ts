import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-engine-'));
  db = await TestEngine.open({ workDir: dir });
});
afterEach(async () => {
  await db.close();
  await rm(dir, { recursive: true });
});

const until = async (test: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200; i++) {
    if (await test()) return;
    await db.run('SELECT pg_sleep(0.01)');
  }
  throw new Error('it did not come');
};

describe('connectors', () => {
  it('are read to their end by a plain SELECT; endless ones are refused without LIMIT', async () => {
    await writeFile(join(dir, 'in.csv'), '1,a\n2,b\n');
    await db.run("CREATE TABLE f (id INT, v TEXT) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv')");
    expect(await db.run('SELECT * FROM f ORDER BY id')).toEqual(['1|a', '2|b']);
    expect(await db.run('SELECT id, lag(v) OVER (ORDER BY id) FROM f ORDER BY id')).toEqual(['1|', '2|a']);
    await db.run("CREATE TABLE d (x INT) WITH ('connector' = 'datagen', 'fields.x.min' = '1', 'fields.x.max' = '1', 'rows-per-second' = '1000')");
    expect(await db.error('SELECT * FROM d')).toMatch(/^0A000 a plain SELECT ends/);
    expect(await db.run('SELECT x FROM d LIMIT 3')).toEqual(['1', '1', '1']);
    expect(await db.watch('SELECT x FROM d EMIT CHANGES', 2)).toEqual(expect.arrayContaining(['+I|1']));
    await db.run("SET execution.runtime-mode = 'streaming'");
    expect((await db.watch('SELECT x FROM d', 1))[0]).toBe('+I|1');
    expect(db.notices.some((n) => n.includes('execution.runtime-mode'))).toBe(true);
  });

  it('feed views, which come back after a restart', async () => {
    await writeFile(join(dir, 'in.csv'), '1,10\n2,20\n1,5\n');
    await db.run(`CREATE TABLE f (k INT, v INT) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv');
      CREATE MATERIALIZED VIEW s AS SELECT k, sum(v) AS v FROM f GROUP BY k`);
    await until(async () => (await db.run('SELECT * FROM s ORDER BY k')).join() === '1|15,2|20');
    await db.restart();
    expect(await db.run('SELECT * FROM s ORDER BY k')).toEqual(['1|15', '2|20']);
  });

  it('are written by jobs', async () => {
    await db.run(`CREATE TABLE out (id INT, v TEXT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
      CREATE TABLE p (a INT) WITH ('connector' = 'print'); CREATE TABLE t (id INT, v TEXT)`);
    expect(await db.run("INSERT INTO out VALUES (1, 'x'), (2, 'y')")).toEqual(['INSERT 0 2']);
    await until(async () => (await readdir(join(dir, 'out'))).some((n) => !n.startsWith('.')));
    const files = (await readdir(join(dir, 'out'))).filter((n) => !n.startsWith('.'));
    expect((await Promise.all(files.map((n) => readFile(join(dir, 'out', n), 'utf8')))).join('')).toBe('1,x\n2,y\n');
    expect(await db.run("SELECT name, kind, state FROM millrace_catalog.jobs")).toEqual(['insert_into_out|insert|finished']);
    await db.run('INSERT INTO p SELECT id FROM t');
    expect(db.notices.at(-1)).toMatch(/job \d+ "insert_into_p" is running/);
    await db.run("INSERT INTO t VALUES (7, 'z')");
    await until(async () => Promise.resolve(db.printed.some((l) => l.includes('7'))));
    expect(await db.error('DROP TABLE p')).toMatch(/^2BP01/);
    await db.restart();
    await db.run("INSERT INTO t VALUES (8, 'z')");
    await until(async () => Promise.resolve(db.printed.some((l) => l.includes('8'))));
    expect(await db.run('SELECT name, state FROM millrace_catalog.jobs ORDER BY id')).toEqual(['insert_into_out|finished', 'insert_into_p|running']);
    await db.run('STOP JOB insert_into_p');
    expect(await db.error('STOP JOB nothing')).toMatch(/^42704/);
    await db.run('DROP TABLE p');
  });

  it('share a job in a statement set', async () => {
    await db.run(`CREATE TABLE a (x INT) WITH ('connector' = 'print'); CREATE TABLE b (x INT) WITH ('connector' = 'blackhole'); CREATE TABLE t (x INT);
      EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT x FROM t; INSERT INTO b SELECT x + 1 FROM t; END`);
    expect((await db.run('SHOW JOBS')).length).toBe(1);
    await db.run('INSERT INTO t VALUES (41)');
    await until(async () => Promise.resolve(db.printed.length > 0));
    await db.restart();
    await db.run('INSERT INTO t VALUES (42)');
    await until(async () => Promise.resolve(db.printed.some((l) => l.includes('42'))));
    expect(await db.run('SELECT kind, state FROM millrace_catalog.jobs')).toEqual(['statement set|running']);
    expect(await db.run('DROP TABLE t CASCADE')).toEqual(['DROP TABLE']);
  });

  it('show their bad rows', async () => {
    await writeFile(join(dir, 'in.csv'), '1\nx\n3\n');
    await db.run("CREATE TABLE f (id INT) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv'); CREATE MATERIALIZED VIEW v AS SELECT 12 / (id - 1) AS q FROM f");
    await until(async () => (await db.run('SELECT count(*) FROM millrace_catalog.job_errors'))[0] === '2');
    expect(await db.run('SELECT q FROM v')).toEqual(['6']);
    expect(await db.run('SELECT DISTINCT source FROM millrace_catalog.sources')).toEqual(['f']);
    expect(await db.run('SELECT count(*) > 0 FROM millrace_catalog.checkpoints')).toEqual(['t']);
  });

  it('take secrets', async () => {
    await db.run(`CREATE SECRET word AS 'in.csv'; CREATE TABLE f (id INT) WITH ('connector' = 'filesystem', 'path' = SECRET word, 'format' = 'csv')`);
    await writeFile(join(dir, 'in.csv'), '1\n');
    expect(await db.run('SELECT * FROM f')).toEqual(['1']);
    await db.restart();
    expect(await db.run('SELECT * FROM f')).toEqual(['1']);
    expect((await db.run('SHOW CREATE TABLE f')).join()).not.toContain('in.csv');
  });
});
