import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { afterIo } from '../common/event-loop.ts';
import { Rng } from '../common/rng.ts';
import { SimClock } from '../runtime/testing/sim-clock.ts';
import { TestEngine } from './testing/harness.ts';

const HOUR = 3_600_000_000n;

/** Reads until it is so; simulated time goes on meanwhile, from timer to timer. */
async function until(db: TestEngine, sql: string, wanted: readonly string[]): Promise<void> {
  let got: string[] = [];
  for (let i = 0; i < 2000; i++) {
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => afterIo(resolve));
    got = await db.run(sql);
    if (got.join() === wanted.join()) return;
  }
  expect(got).toEqual(wanted);
}

describe('a view with a condition on NOW()', () => {
  it('lets rows come and go without input, when their time has come, after a restart too', async () => {
    const rng = new Rng(7);
    const clock = new SimClock(() => rng.double());
    const db = await TestEngine.open({ clock, parallelism: 3 });
    await db.run(`CREATE TABLE e (id INT PRIMARY KEY, at TIMESTAMPTZ);
      CREATE MATERIALIZED VIEW recent AS SELECT id FROM e WHERE at > NOW() - INTERVAL '1' HOUR;
      CREATE MATERIALIZED VIEW later AS SELECT count(*) FROM e WHERE at <= NOW() - INTERVAL '2' HOUR`);
    const start = clock.nowMicros();
    await db.run(`INSERT INTO e VALUES (1, NOW() - INTERVAL '10' MINUTE), (2, NOW()), (3, NOW() - INTERVAL '3' HOUR)`);
    const passed = (): bigint => clock.nowMicros() - start;
    await until(db, 'SELECT * FROM recent ORDER BY id', ['2']);
    expect(passed()).toBeGreaterThanOrEqual(HOUR - HOUR / 6n);
    await db.restart();
    await until(db, 'SELECT * FROM recent', []);
    expect(passed()).toBeGreaterThanOrEqual(HOUR);
    await until(db, 'SELECT * FROM later', ['3']);
    expect(passed()).toBeGreaterThanOrEqual(2n * HOUR);
    await db.close();
  });

  it('goes on when its source has ended', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-temporal-'));
    const rng = new Rng(8);
    const clock = new SimClock(() => rng.double());
    const db = await TestEngine.open({ clock, workDir: dir });
    const time = new Date(Number(clock.nowMicros() / 1000n)).toISOString().slice(0, 23).replace('T', ' ');
    await writeFile(join(dir, 'in.csv'), `1,${time}\n2,2001-01-01 00:00:00\n`);
    await db.run(`CREATE TABLE f (id INT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'in.csv', 'format' = 'csv');
      CREATE MATERIALIZED VIEW v AS SELECT id FROM f WHERE ts > LOCALTIMESTAMP - INTERVAL '1' DAY`);
    await until(db, 'SELECT * FROM v', ['1']);
    await until(db, 'SELECT * FROM v', []);
    await until(db, `SELECT state FROM millrace_catalog.jobs WHERE name = 'v'`, ['finished']);
    await db.close();
    await rm(dir, { recursive: true });
  });
});
