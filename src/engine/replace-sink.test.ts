import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryContent, memoryStore } from '../store/memory.ts';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-sink-'));
  t = await TestEngine.open({ workDir: dir, parallelism: 2 });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});
const printed = (): string[] => t.printed.map((l) => l.replace(/^.*?([+-][IUD])/, '$1')).toSorted();
const written = async (folder: string): Promise<string[]> => {
  const names = (await readdir(join(dir, folder))).filter((n) => !n.startsWith('.') && !n.startsWith('_'));
  return (await Promise.all(names.map((n) => readFile(join(dir, folder, n), 'utf8')))).flatMap((text) => text.split('\n').filter((l) => l !== '')).toSorted();
};

describe('CREATE OR REPLACE SINK over tables and views', () => {
  it('writes what comes from the cut on, neither twice nor not at all', async () => {
    await t.run("CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE MATERIALIZED VIEW m AS SELECT n, count(*) AS c FROM a GROUP BY n; INSERT INTO a VALUES (1, 10); CREATE SINK s FROM a WITH ('connector' = 'print')");
    await t.run('INSERT INTO a VALUES (2, 20); FLUSH');
    expect(printed()).toEqual(['+I[1, 10]', '+I[2, 20]']);
    expect(await t.run("CREATE OR REPLACE SINK s AS SELECT id, -n AS n FROM a WITH ('connector' = 'print')")).toEqual(['CREATE SINK']);
    await t.run('INSERT INTO a VALUES (3, 30); FLUSH');
    expect(printed()).toEqual(['+I[1, 10]', '+I[2, 20]', '+I[3, -30]']);
    expect(await t.run("SELECT state FROM millrace_catalog.jobs WHERE name = 's' ORDER BY id")).toEqual(['stopped', 'running']);
    expect((await t.run('SHOW CREATE SINK s')).join('')).toMatch(/CREATE SINK s AS SELECT id, -n/);
    await t.restart();
    await t.run('INSERT INTO a VALUES (4, 30); FLUSH');
    expect(printed()).toHaveLength(4);
    // Another relation, which the old one did not read: from now on.
    await t.run("CREATE OR REPLACE SINK s FROM m WITH ('connector' = 'print'); INSERT INTO a VALUES (5, 30); FLUSH");
    expect(printed().slice(-6)).toEqual(expect.arrayContaining(['+I[4, -30]', '+U[30, 3]', '-U[30, 2]']));
    expect(printed()).toHaveLength(6);
    // An aggregate goes on from what it knows.
    await t.run("REPLACE SINK s AS SELECT sum(n) AS n FROM a WITH ('connector' = 'print'); DELETE FROM a WHERE id = 1; FLUSH");
    expect(printed()).toEqual(expect.arrayContaining(['+U[110]', '-U[120]']));
    expect(printed()).toHaveLength(8);
  });

  it('is exact wherever the server ends', async () => {
    await t.close();
    const lastOf = new Map<number, number[]>();
    for (let at = 0; at < 6; at++) {
      const content = new MemoryContent();
      let left = Infinity;
      // The store fails from one of its writes on, as if the machine had ended there.
      const failing = new Proxy(memoryStore(content), { get: (store, key): unknown => {
        const value: unknown = Reflect.get(store, key);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, store, args);
        if (key !== 'commitCheckpoint' && key !== 'writeCatalog') return call;
        return async (...args: unknown[]): Promise<unknown> => {
          if (left-- <= 0) throw new Error('gone');
          return await call(...args);
        };
      } });
      const first = await TestEngine.open({ workDir: dir, store: failing, parallelism: 2, epochIntervalMs: 1_000_000, checkpointIntervalMs: 1_000_000 });
      const out = `out${at}`;
      await first.run(`CREATE TABLE a (n INT); CREATE MATERIALIZED VIEW m AS SELECT n FROM a; CREATE SINK s FROM m WITH ('connector' = 'print'); INSERT INTO a VALUES (1); CHECKPOINT`);
      left = at;
      await first.run("CREATE OR REPLACE SINK s AS SELECT n + 100 AS n FROM m WITH ('connector' = 'print')").catch(() => undefined);
      await first.engine.close({ abrupt: true });
      left = Infinity;
      const second = await TestEngine.open({ workDir: dir, store: memoryStore(content), parallelism: 2 });
      await second.run('INSERT INTO a VALUES (2); FLUSH');
      const all = [...first.printed, ...second.printed].map((l) => Number(/\[(\d+)\]/.exec(l)?.[1]));
      await second.close();
      // Each row by one of the two jobs, once; `print` may repeat what no checkpoint had.
      expect(new Set(all.map((n) => n % 100)), out).toEqual(new Set([1, 2]));
      expect(all.filter((n) => n % 100 === 2), out).toHaveLength(1);
      expect(all).not.toContain(101);
      lastOf.set(at, all);
    }
    expect([...lastOf.values()].some((all) => all.includes(2))).toBe(true);
    expect([...lastOf.values()].some((all) => all.includes(102))).toBe(true);
    t = await TestEngine.open({ workDir: dir });
  });

  it("begins after the rows that are there with snapshot = 'false'", async () => {
    await t.run("CREATE TABLE a (id INT PRIMARY KEY, n INT); INSERT INTO a VALUES (1, 10), (2, 10); CREATE SINK s AS SELECT n, count(*) AS c FROM a GROUP BY n WITH ('connector' = 'print', 'snapshot' = 'false'); FLUSH");
    expect(t.printed).toEqual([]);
    await t.restart();
    await t.run('INSERT INTO a VALUES (3, 10); FLUSH');
    expect(printed()).toEqual(['+U[10, 3]', '-U[10, 2]']);
  });
});

describe('CREATE OR REPLACE SINK over connectors', () => {
  it("goes on from the old one's place", async () => {
    await mkdir(join(dir, 'in'));
    await writeFile(join(dir, 'in', 'a.csv'), '1\n2\n');
    await t.run(`CREATE TABLE f (i INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'csv', 'source.monitor-interval' = '10 ms');
      CREATE SINK s FROM f WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv')`);
    await expect.poll(() => t.run("SELECT rows_out FROM millrace_catalog.jobs WHERE name = 's'")).toEqual(['2']);
    await t.run("CREATE OR REPLACE SINK s AS SELECT i * 10 AS i FROM f WHERE i > 3 WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv')");
    await writeFile(join(dir, 'in', 'b.csv'), '3\n4\n5\n');
    await expect.poll(async () => {
      await t.run('CHECKPOINT');
      return await written('out');
    }).toEqual(['1', '2', '40', '50']);
  });

  it('is refused where no place is exact', async () => {
    await writeFile(join(dir, 'a.csv'), '1\n2\n');
    const source = "'connector' = 'filesystem', 'path' = '.', 'format' = 'csv', 'source.monitor-interval' = '10 ms'";
    await t.run(`CREATE TABLE f (i INT) WITH (${source}); CREATE TABLE g (i INT) WITH (${source}); CREATE TABLE a (i INT); CREATE SINK s FROM f WITH ('connector' = 'print')`);
    expect(await t.error("CREATE OR REPLACE SINK s AS SELECT count(*) AS n FROM f WITH ('connector' = 'print')")).toMatch(/^0A000 replacing a sink whose query keeps state over a connector/);
    expect(await t.error("CREATE OR REPLACE SINK s FROM g WITH ('connector' = 'print')")).toMatch(/^0A000 replacing a sink by one that reads other sources, "g"/);
    expect(await t.error("CREATE OR REPLACE SINK s AS SELECT i FROM f UNION ALL SELECT i FROM a WITH ('connector' = 'print')")).toMatch(/^0A000 replacing a sink that reads connectors and stored relations/);
    expect(await t.error("CREATE SINK n FROM f WITH ('connector' = 'print', 'snapshot' = 'false')")).toMatch(/^0A000 snapshot = 'false' of a sink that reads a connector/);
    expect(await t.error("CREATE OR REPLACE SINK a FROM f WITH ('connector' = 'print')")).toMatch(/^42809/);
    await t.run('PAUSE JOB s');
    expect(await t.error("CREATE OR REPLACE SINK s FROM f WITH ('connector' = 'print')")).toMatch(/^55000 sink "s" is paused/);
    expect(await t.run("SELECT state FROM millrace_catalog.jobs WHERE name = 's'")).toEqual(['paused']);
    await t.run("CREATE TABLE e (at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'datagen', 'number-of-rows' = '1'); CREATE MATERIALIZED VIEW ev AS SELECT at FROM e; CREATE SINK w FROM a WITH ('connector' = 'print')");
    expect(await t.error("CREATE OR REPLACE SINK w AS SELECT count(*) AS n FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end WITH ('connector' = 'print')")).toMatch(/^0A000 a sink that begins after the rows that are there, over results of time/);
    expect(await t.error("REPLACE SINK fresh FROM a WITH ('connector' = 'print')")).toMatch(/^42P01/);
    expect(await t.run("CREATE OR REPLACE SINK fresh FROM a WITH ('connector' = 'print')")).toEqual(['CREATE SINK']);
  });
});
