import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { SimClock } from './testing/sim-clock.ts';
import { SqlRuntime } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

const BIDS = `CREATE TABLE bid (auction BIGINT, price BIGINT, "dateTime" TIMESTAMP(3), WATERMARK FOR "dateTime" AS "dateTime" - INTERVAL '4' SECOND)
  WITH ('connector' = 'nexmark', 'nexmark.table' = 'bid', 'events.num' = '2500', 'max-emit-speed' = 'true', 'first-event.rate' = '20', 'nexmark.base-time-millis' = '1700000000000');`;
const MOVING = 'SELECT auction, "dateTime", price, AVG(price) OVER (PARTITION BY auction ORDER BY "dateTime" ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS m, LAG(price, 2) OVER (PARTITION BY auction ORDER BY "dateTime") AS before FROM bid';
const VIEWS = `
  CREATE MATERIALIZED VIEW windows AS SELECT window_start, COUNT(*) AS n, SUM(price) AS s FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR("dateTime"), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
  CREATE MATERIALIZED VIEW auctions AS SELECT auction, COUNT(*) AS n, MAX(price) AS top FROM bid GROUP BY auction;
  CREATE MATERIALIZED VIEW moving AS ${MOVING};
  CREATE MATERIALIZED VIEW recent AS SELECT auction, "dateTime", price, SUM(price) OVER (ORDER BY "dateTime" RANGE BETWEEN INTERVAL '2' SECOND PRECEDING AND CURRENT ROW) AS s FROM bid;
  CREATE MATERIALIZED VIEW numbered AS SELECT auction, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY "dateTime") AS n, SUM(price) OVER (PARTITION BY auction ORDER BY "dateTime") AS s FROM bid;
  CREATE MATERIALIZED VIEW busy AS SELECT n, COUNT(*) AS auctions FROM auctions GROUP BY n;
`;
const NAMES = ['windows', 'auctions', 'busy', 'moving', 'recent', 'numbered'];
const contents = async (sql: SqlRuntime): Promise<string[][]> => {
  await Promise.all(sql.specs.map((s) => sql.runtime.awaitFinished(s.id)));
  const out: string[][] = [];
  for (const name of NAMES) out.push((await sql.query(`SELECT * FROM ${name}`)).sort());
  return out;
};
const files = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && !e.name.startsWith('.') && !e.name.startsWith('_'))
    .flatMap((e) => readFileSync(join(e.parentPath, e.name), 'utf8').split('\n').filter((l) => l !== ''));

describe('sources', () => {
  it('give the same windows and views after any crashes, on any number of workers; sinks have every row', { timeout: 120_000 }, async () => {
    const whole = await SqlRuntime.open({ parallelism: 1 });
    open.push(whole);
    await whole.run(BIDS + VIEWS);
    const wanted = await contents(whole);
    expect(wanted[0]?.length).toBeGreaterThan(10);
    // What a view sends row by row as time passes is what a SELECT over all rows gives.
    expect(wanted[3]).toEqual((await whole.query(MOVING)).sort());
    for (let seed = 1; seed <= 6; seed++) {
      const dir = mkdtempSync(join(tmpdir(), 'millrace-'));
      folders.push(dir);
      const rng = new Rng(seed);
      const random = (): number => rng.double();
      const sql = await SqlRuntime.open({ parallelism: 1 + rng.int(3), scheduler: { random }, clock: new SimClock(random) });
      open.push(sql);
      await sql.run(`${BIDS}${VIEWS} CREATE TABLE o (auction BIGINT, price BIGINT) WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'csv'); INSERT INTO o SELECT auction, price FROM bid;`);
      for (let crash = 0; crash < 4; crash++) {
        for (let turn = rng.int(150); turn > 0; turn--) await new Promise((go) => setImmediate(go));
        await sql.crash({ parallelism: 1 + rng.int(3) });
      }
      expect(await contents(sql), `seed ${seed}`).toEqual(wanted);
      expect(new Set(files(dir)).size).toBe(new Set((await sql.query('SELECT auction, price FROM bid')).map((r) => r.replace('|', ','))).size);
    }
  });

  it('without splits on a worker hold back nobody', async () => {
    const sql = await SqlRuntime.open({ parallelism: 3 });
    open.push(sql);
    const dir = mkdtempSync(join(tmpdir(), 'millrace-'));
    folders.push(dir);
    await sql.run(`
      CREATE TABLE f (ts TIMESTAMP(3), k INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${dir}', 'format' = 'csv', 'source.monitor-interval' = '20 ms');
      CREATE MATERIALIZED VIEW w AS SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
    `);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(dir, 'a.csv'), '2024-01-01 00:00:10,1\n2024-01-01 00:00:20,2\n2024-01-01 00:01:30,3\n');
    for (let tries = 0; tries < 200; tries++) {
      if ((await sql.query('SELECT n FROM w')).length > 0) break;
      await new Promise((go) => setTimeout(go, 10));
    }
    expect(await sql.query('SELECT n FROM w')).toEqual(['2']);
  });
});
