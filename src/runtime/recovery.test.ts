import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DELETE } from '../common/batch/batch.ts';
import { memoryStore } from '../store/memory.ts';
import { SqlRuntime, type SqlRuntimeOptions } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
const folders: string[] = [];
const start = async (options: SqlRuntimeOptions = {}): Promise<SqlRuntime> => {
  const made = await SqlRuntime.open(options);
  open.push(made);
  return made;
};
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'millrace-'));
  folders.push(made);
  return made;
};
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});
const same = (checked: Awaited<ReturnType<SqlRuntime['check']>>): void => {
  for (const [name, got, wanted] of checked) expect(got, name).toEqual(wanted);
};

const DDL = `
  CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT);
  CREATE TABLE u (a INT, name VARCHAR);
  CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n, SUM(b) AS s FROM t GROUP BY a;
  CREATE MATERIALIZED VIEW w AS SELECT u.name, v.n, v.s FROM v JOIN u ON u.a = v.a;
  CREATE MATERIALIZED VIEW k AS VALUES (1, 'one'), (2, 'two');
`;

describe('recovery', () => {
  it.each([[1, 1], [2, 3], [3, 1]])('after a crash, from %i to %i workers', async (before, after) => {
    const sql = await start({ parallelism: before });
    await sql.run(DDL);
    for (let i = 0; i < 20; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i}); INSERT INTO u VALUES (${i % 5}, 'n${i}')`);
    await sql.runtime.checkpoint();
    for (let i = 20; i < 30; i++) await sql.run(`INSERT INTO t VALUES (${i}, ${i % 4}, ${i})`);
    await sql.crash({ parallelism: after });
    same(await sql.check('t', 'u', 'v', 'w', 'k'));
    await sql.run('INSERT INTO t VALUES (100, 1, 7)');
    same(await sql.check('t', 'u', 'v', 'w', 'k'));
    await sql.restart({ parallelism: before });
    same(await sql.check('t', 'u', 'v', 'w', 'k'));
  });

  it('a file source goes on where it stopped, and its sink has every row', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'in.csv'), Array.from({ length: 3000 }, (_, i) => `${i},${i % 10}`).join('\n') + '\n');
    const sql = await start({ parallelism: 2 });
    await sql.run(`
      CREATE TABLE f (i INT, k INT) WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'in.csv')}', 'format' = 'csv');
      CREATE TABLE o (i INT, k INT) WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'out')}', 'format' = 'csv');
      CREATE MATERIALIZED VIEW c AS SELECT k, COUNT(*) AS n FROM f GROUP BY k;
      INSERT INTO o SELECT i, k FROM f WHERE k < 5;
    `);
    await sql.crash({ parallelism: 3 });
    await Promise.all(sql.specs.map((s) => sql.runtime.awaitFinished(s.id)));
    expect((await sql.query('SELECT * FROM c')).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `${i}|300`));
    expect(sql.runtime.status().jobs.map((j) => j.state)).toEqual(['finished', 'finished']);
    const out = readdirSync(join(dir, 'out'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile() && !e.name.startsWith('.') && !e.name.startsWith('_'));
    const lines = out.flatMap((e) => readFileSync(join(e.parentPath, e.name), 'utf8').split('\n').filter((l) => l !== ''));
    expect(new Set(lines).size).toBe(1500);
    expect((await sql.query('SELECT COUNT(*) FROM f'))).toEqual(['3000']);
  });

  it('windows of a bounded source close at its end, at every number of workers', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'e.csv'), Array.from({ length: 500 }, (_, i) => `2024-01-01 00:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')},${i % 3}`).join('\n') + '\n');
    for (const parallelism of [1, 2, 3]) {
      const sql = await start({ parallelism });
      await sql.run(`
        CREATE TABLE e (ts TIMESTAMP(3), k INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'e.csv')}', 'format' = 'csv');
        CREATE MATERIALIZED VIEW w AS SELECT window_start, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k;
      `);
      await Promise.all(sql.specs.map((s) => sql.runtime.awaitFinished(s.id)));
      const rows = await sql.query('SELECT SUM(n), COUNT(*) FROM w');
      expect(rows, `${parallelism} workers`).toEqual(['500|27']);
    }
  });
});

describe('failures', () => {
  const bad = (dir: string): string => `CREATE TABLE f (i INT) WITH ('connector' = 'filesystem', 'path' = '${join(dir, 'in.csv')}', 'format' = 'csv')`;

  it('bad records are left out and listed, or fail the job', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'in.csv'), '1\nx\n3\n');
    const sql = await start();
    await sql.run(`${bad(dir)}; CREATE MATERIALIZED VIEW v AS SELECT 6 / (i - 1) AS q FROM f`);
    await sql.runtime.awaitFinished(sql.specs[0]!.id);
    expect(await sql.query('SELECT q FROM v')).toEqual(['3']);
    expect(sql.runtime.records.errors().map((e) => e.reason)).toEqual([expect.stringContaining('x'), 'division by zero']);
    expect(sql.runtime.status().jobs[0]).toMatchObject({ rowsBad: 2, state: 'finished' });
    sql.errorPolicy = 'fail';
    await sql.run('CREATE MATERIALIZED VIEW strict AS SELECT i FROM f');
    await expect(sql.runtime.awaitFinished(sql.specs[1]!.id)).rejects.toThrow(/cannot be read/);
    expect(sql.runtime.status().jobs[1]).toMatchObject({ state: 'failed' });
    await expect(sql.query('SELECT * FROM strict')).rejects.toThrow(/has failed/);
    await sql.runtime.flush();
    expect(await sql.query('SELECT q FROM v')).toEqual(['3']);
  });

  it('a failing view leaves its table and other views alone', async () => {
    const sql = await start();
    sql.errorPolicy = 'fail';
    await sql.run(`CREATE TABLE t (a INT); CREATE MATERIALIZED VIEW good AS SELECT SUM(a) AS s FROM t; CREATE MATERIALIZED VIEW bad AS SELECT 1 / a AS q FROM t; CREATE MATERIALIZED VIEW worse AS SELECT COUNT(*) AS n FROM bad; CREATE TABLE other (a INT)`);
    await sql.run('INSERT INTO t VALUES (1); INSERT INTO other VALUES (5)');
    same(await sql.check('good', 'bad', 'worse'));
    await sql.run('INSERT INTO t VALUES (0), (3)');
    await sql.runtime.flush();
    expect(await sql.query('SELECT * FROM good')).toEqual(['4']);
    expect(await sql.query('SELECT * FROM other')).toEqual(['5']);
    expect(sql.runtime.status().jobs.map((j) => j.state)).toEqual(['running', 'running', 'failed', 'failed', 'running']);
    await sql.runtime.dropJobs([sql.specs[3]!.id, sql.specs[2]!.id]);
    await sql.run('INSERT INTO t VALUES (10)');
    await sql.runtime.flush();
    expect(await sql.query('SELECT * FROM good')).toEqual(['14']);
  });
});

describe('restarts', () => {
  it('a job that always fails is given up; others of its domain and new ones go on', async () => {
    const sql = await start();
    await sql.run('CREATE TABLE t (a INT); CREATE TABLE u (a INT); CREATE MATERIALIZED VIEW j AS SELECT t.a FROM t JOIN u ON u.a = t.a; INSERT INTO u VALUES (2)');
    const t = sql.table('t');
    await sql.change(t, [[1]], null);
    await sql.runtime.flush();
    await sql.change(t, [[4]], Uint8Array.of(DELETE));
    await sql.runtime.flush();
    expect(sql.runtime.status().jobs.map((j) => j.state)).toEqual(['failed', 'running', 'failed']);
    expect(sql.runtime.status().jobs[0]?.error).toContain('lost a row it never had');
    await expect(sql.change(t, [[3]], null)).rejects.toThrow(/has failed/);
    await sql.run('INSERT INTO u VALUES (3); CREATE MATERIALIZED VIEW s AS SELECT SUM(a) AS s FROM u');
    same(await sql.check('u', 's'));
  });

  it('a view that cannot begin is refused and leaves nothing behind', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run('CREATE TABLE t (a INT); INSERT INTO t VALUES (0)');
    sql.errorPolicy = 'fail';
    await expect(sql.run('CREATE MATERIALIZED VIEW v AS SELECT 1 / a AS q FROM t')).rejects.toThrow(/division by zero/);
    expect(sql.runtime.status().jobs).toHaveLength(1);
    await sql.run('INSERT INTO t VALUES (5)');
    same(await sql.check('t'));
  });

  it('a failure that passes goes back to the checkpoint, exactly once', async () => {
    let fail = 2;
    const store = memoryStore();
    const commit = store.commitCheckpoint.bind(store);
    store.commitCheckpoint = async (c) => {
      if (c.blocks.length > 0 && fail-- > 0) throw new Error('disk trouble');
      return await commit(c);
    };
    fail = 0;
    const sql = await start({ store });
    await sql.run('CREATE TABLE t (a INT); CREATE MATERIALIZED VIEW s AS SELECT COUNT(*) AS n, SUM(a) AS s FROM t');
    fail = 2;
    for (let i = 0; i < 10; i++) await sql.run(`INSERT INTO t VALUES (${i})`);
    await expect(sql.runtime.checkpoint()).rejects.toThrow(/disk trouble/);
    same(await sql.check('t', 's'));
    expect(sql.runtime.status().jobs.map((j) => j.state)).toEqual(['running', 'running']);
    await sql.runtime.checkpoint().catch(() => {});
    same(await sql.check('t', 's'));
  });
});

describe('subscriptions', () => {
  it('begin with the rows that are there, then send whole epochs', async () => {
    const sql = await start({ parallelism: 2 });
    await sql.run('CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 10)');
    const { handle, plan } = sql.open('SELECT a, b FROM t', { mode: 'changes' });
    const next = async (): Promise<string> => {
      for (;;) {
        const chunk = await handle.next();
        if (chunk === null) return 'end';
        if (chunk.kind === 'rows') return `${[...(chunk.batch.ops ?? [])].join()}: ${sql.text(plan, chunk.batch).join()}`;
      }
    };
    expect(await next()).toBe(': 1|10');
    await sql.run('INSERT INTO t VALUES (2, 20)');
    expect(await next()).toBe(': 2|20');
    await handle.close();
    await sql.runtime.flush();
    expect(sql.runtime.status().jobs).toHaveLength(1);
  });

  it('of a reader that never reads fail, a snapshot waits', async () => {
    const sql = await start();
    await sql.run(`CREATE TABLE t (a INT); CREATE TABLE w (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '50000', 'rows-per-second' = '10000000')`);
    const { handle } = sql.open('SELECT a FROM t', { mode: 'changes', bufferBytesMax: 1000 });
    const late = sql.open('SELECT a FROM t', { mode: 'changes', withSnapshot: false });
    for (let i = 0; i < 50; i++) {
      await sql.run(`INSERT INTO t VALUES (${i}), (1), (2), (3)`);
      await sql.runtime.flush();
    }
    await expect(handle.next()).rejects.toThrow(/bytes behind/);
    const slow = sql.open('SELECT a FROM t', { bufferBytesMax: 100 });
    const first = await slow.handle.next();
    let rows = first?.kind === 'rows' ? first.batch.rowCount : 0;
    const wide = sql.open(`SELECT * FROM w`, { bufferBytesMax: 100 });
    await wide.handle.next();
    await sql.run('INSERT INTO t VALUES (1)');
    await sql.runtime.flush();
    for (let chunk = await slow.handle.next(); chunk !== null; chunk = await slow.handle.next()) if (chunk.kind === 'rows') rows += chunk.batch.rowCount;
    expect(rows).toBe(200);
    let many = 0;
    for (let chunk = await wide.handle.next(); chunk !== null; chunk = await wide.handle.next()) if (chunk.kind === 'rows') many += chunk.batch.rowCount;
    expect(many).toBeGreaterThan(30_000);
    expect((await late.handle.next())?.kind).toBeDefined();
    await late.handle.close();
  });

  it('are cancelled by their signal', async () => {
    const sql = await start();
    await sql.run('CREATE TABLE t (a INT)');
    const stop = new AbortController();
    const { handle } = sql.open('SELECT a FROM t', { mode: 'changes', withSnapshot: false, signal: stop.signal });
    const waiting = (async () => {
      for (;;) await handle.next();
    })();
    stop.abort();
    await expect(waiting).rejects.toThrow(/cancel/);
  });
});

describe('endless sources', () => {
  it('rows keep coming, a limited query ends, dropping stops them', async () => {
    const sql = await start({ parallelism: 2, epochIntervalMs: 5 });
    await sql.run(`CREATE TABLE g (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000'); CREATE MATERIALIZED VIEW c AS SELECT COUNT(*) AS n FROM g`);
    const count = async (): Promise<number> => Number((await sql.query('SELECT n FROM c'))[0]);
    const first = await count();
    while ((await count()) <= first + 100) await new Promise((r) => setTimeout(r, 5));
    expect(await sql.query('SELECT i FROM g LIMIT 5')).toHaveLength(5);
    await sql.runtime.dropJobs([sql.specs[0]!.id]);
    expect(sql.runtime.status().jobs).toEqual([]);
  });
});
