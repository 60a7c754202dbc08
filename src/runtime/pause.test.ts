import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DELETE } from '../common/batch/batch.ts';
import { jobId, type JobId } from '../common/ids.ts';
import { SqlRuntime, type SqlRuntimeOptions } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
const folders: string[] = [];
const start = async (options: SqlRuntimeOptions = {}): Promise<SqlRuntime> => {
  const made = await SqlRuntime.open(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});
const same = (checked: Awaited<ReturnType<SqlRuntime['check']>>): void => {
  for (const [name, got, wanted] of checked) expect(got, name).toEqual(wanted);
};
const job = (sql: SqlRuntime, name: string): JobId => jobId(sql.table(name));
const stateOf = (sql: SqlRuntime, name: string): string | undefined => sql.runtime.status().jobs.find((j) => j.name === name)?.state;

const rowsIn = (folder: string): string[] => readdirSync(folder).filter((n) => !n.startsWith('.') && !n.startsWith('_')).flatMap((n) => readFileSync(join(folder, n), 'utf8').trim().split('\n')).sort();

const DDL = `
  CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT);
  CREATE TABLE u (a INT, name VARCHAR);
  CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n, SUM(b) AS s FROM t GROUP BY a;
  CREATE MATERIALIZED VIEW w AS SELECT u.name, v.n, v.s FROM v JOIN u ON u.a = v.a;
  CREATE MATERIALIZED VIEW p AS SELECT b FROM t WHERE a < 3;
`;

describe('a paused job', () => {
  it.each([[1, 1], [1, 3], [3, 1], [3, 3]])('shows its last epoch, misses nothing, and survives a crash, from %i to %i workers', async (before, after) => {
    const sql = await start({ parallelism: before });
    await sql.run(DDL);
    for (let i = 0; i < 12; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i % 5}); INSERT INTO u VALUES (${i % 5}, 'n${i}')`);
    await sql.runtime.flush();
    const shown = { v: (await sql.query('SELECT * FROM v')).sort(), w: (await sql.query('SELECT * FROM w')).sort(), p: (await sql.query('SELECT * FROM p')).sort() };
    for (const name of ['v', 'w', 'p']) await sql.runtime.pauseJob(job(sql, name));
    expect(stateOf(sql, 'v')).toBe('paused');
    for (let i = 12; i < 24; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i % 5}); INSERT INTO u VALUES (${i % 5}, 'n${i}')`);
    await sql.runtime.flush();
    const stays = async (): Promise<void> => {
      for (const name of ['v', 'w', 'p'] as const) expect((await sql.query(`SELECT * FROM ${name}`)).sort(), name).toEqual(shown[name]);
    };
    await stays();
    same(await sql.check('t', 'u'));
    await sql.runtime.checkpoint();
    for (const name of ['v', 'w', 'p']) {
      const at = sql.specs.findIndex((s) => s.name === name);
      sql.specs[at] = { ...(sql.specs[at] as (typeof sql.specs)[number]), paused: true };
    }
    await sql.crash({ parallelism: after });
    await sql.runtime.flush();
    expect(stateOf(sql, 'w')).toBe('paused');
    await stays();
    for (let i = 24; i < 30; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i % 5})`);
    await sql.runtime.flush();
    await stays();
    // The view above the paused one goes on as soon as that does.
    await sql.runtime.resumeJob(job(sql, 'w'));
    await sql.runtime.resumeJob(job(sql, 'p'));
    expect((await sql.query('SELECT * FROM v')).sort()).toEqual(shown.v);
    await sql.runtime.resumeJob(job(sql, 'v'));
    same(await sql.check('t', 'u', 'v', 'w', 'p'));
    expect(stateOf(sql, 'v')).toBe('running');
    await sql.run('INSERT INTO t VALUES (100, 1, 7)');
    same(await sql.check('t', 'u', 'v', 'w', 'p'));
  });

  it('keeps only what changes come to', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run(DDL);
    await sql.run('INSERT INTO t VALUES (1, 1, 1)');
    await sql.runtime.flush();
    await sql.runtime.pauseJob(job(sql, 'v'));
    const entries = async (): Promise<number> => {
      await sql.runtime.flush();
      return sql.runtime.status().jobs.find((j) => j.name === 'v')?.stateEntries ?? 0;
    };
    const before = await entries();
    for (let i = 0; i < 20; i++) {
      await sql.change(sql.table('t'), [[7, 1, i]], null);
      await sql.change(sql.table('t'), [[7, 1, i]], new Uint8Array([DELETE]));
    }
    await sql.runtime.flush();
    await sql.run('INSERT INTO t VALUES (2, 1, 1)');
    expect(await entries() - before).toBeLessThanOrEqual(21);
    await sql.runtime.resumeJob(job(sql, 'v'));
    same(await sql.check('t', 'v'));
    expect(await entries()).toBe(before);
  });

  it('does not read its sources', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-'));
    folders.push(dir);
    writeFileSync(join(dir, 'a.csv'), '1\n2\n');
    const sql = await start({ parallelism: 2 });
    await sql.run(`
      CREATE TABLE f (i INT) WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'csv', 'source.monitor-interval' = '10 ms');
      CREATE MATERIALIZED VIEW c AS SELECT COUNT(*) AS n FROM f;
    `);
    const shows = async (): Promise<string[]> => {
      await sql.runtime.flush();
      return await sql.query('SELECT * FROM c');
    };
    await expect.poll(shows).toEqual(['2']);
    await sql.runtime.pauseJob(job(sql, 'c'));
    writeFileSync(join(dir, 'b.csv'), '3\n4\n5\n');
    // A view of the same files that is not paused sees them: by then the paused one could have.
    await sql.run('CREATE MATERIALIZED VIEW d AS SELECT COUNT(*) AS n FROM f');
    await expect.poll(async () => {
      await sql.runtime.flush();
      return await sql.query('SELECT * FROM d');
    }).toEqual(['5']);
    expect(await shows()).toEqual(['2']);
    await sql.runtime.resumeJob(job(sql, 'c'));
    await expect.poll(shows).toEqual(['5']);
  });
});

describe('a drained job', () => {
  it('fires its windows, writes what they hold, and finishes', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-'));
    folders.push(dir);
    // Not where the output goes, which would be read too.
    mkdirSync(join(dir, 'in'));
    writeFileSync(join(dir, 'in', 'e.csv'), '2024-01-01 00:00:10,1\n2024-01-01 00:00:20,2\n2024-01-01 00:01:10,3\n');
    const sql = await start({ parallelism: 3 });
    await sql.run(`
      CREATE TABLE e (ts TIMESTAMP(3), k INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
        WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'in')}', 'format' = 'csv', 'source.monitor-interval' = '10 ms');
      CREATE TABLE o (a TIMESTAMP(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'out')}', 'format' = 'csv');
      INSERT INTO o SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
    `);
    const id = sql.lastJob;
    await expect.poll(() => sql.runtime.status().jobs.find((j) => j.id === id)?.rowsIn).toBe(3);
    const finished = sql.runtime.awaitFinished(id);
    await sql.runtime.drainJob(id);
    await finished;
    expect(rowsIn(join(dir, 'out'))).toEqual(['2024-01-01 00:00:00,2', '2024-01-01 00:01:00,1']);
  });

  it('reads nothing more of a table, whose other readers go on', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run(`
      CREATE TABLE t (id INT PRIMARY KEY, a INT);
      CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n FROM t GROUP BY a;
      CREATE TABLE q (id INT, a INT) WITH ('connector' = 'print');
      INSERT INTO q SELECT id, a FROM t;
    `);
    const id = sql.lastJob;
    await sql.run('INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)');
    const finished = sql.runtime.awaitFinished(id);
    await sql.runtime.flush();
    await sql.runtime.drainJob(id);
    await sql.run('INSERT INTO t VALUES (4, 4)');
    await finished;
    expect(sql.printed.map((l) => l.replace(/^.*?\+I/, '+I')).sort()).toEqual(['+I[1, 1]', '+I[2, 1]', '+I[3, 2]']);
    expect(sql.runtime.status().jobs.find((j) => j.id === id)?.state).toBe('finished');
    same(await sql.check('t', 'v'));
  });
});
