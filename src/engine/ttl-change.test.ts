import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SystemTimeShift } from './testing/shifted-clock.ts';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
const clock = new SystemTimeShift();
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-ttl-'));
  t = await TestEngine.open({ clock, workDir: dir });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});
const change = (op: string, before: object | null, after: object | null): string => `${JSON.stringify({ op, before, after })}\n`;

it('the state of normalized changes is forgotten after its time; ALTER SET gives a view another one', async () => {
  await writeFile(join(dir, 'in.json'), change('c', null, { id: 1, n: 10 }) + change('c', null, { id: 1, n: 10 }) + change('c', null, { id: 2, n: 5 }));
  await t.run(`CREATE TABLE f (id INT, n INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'debezium-json', 'source.monitor-interval' = '10 ms');
    SET table.exec.source.cdc-events-duplicate = 'true'; SET table.exec.state.ttl = '30 min'; CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS s FROM f`);
  const normalized = async (): Promise<string[]> => await t.run("SELECT rows_in, expired, state_rows FROM millrace_catalog.operators WHERE operator LIKE 'Normalize%'");
  const shows = async (): Promise<string[]> => {
    await t.run('FLUSH');
    return await t.run('SELECT * FROM v');
  };
  await expect.poll(shows).toEqual(['15']);
  expect(await normalized()).toEqual(['3|0|2']);
  clock.shift(3_600_000_000n);
  // The repeated row is taken for a new one, as nothing is known of the old.
  await appendFile(join(dir, 'in.json'), change('c', null, { id: 2, n: 5 }));
  await expect.poll(normalized).toEqual(['4|2|1']);
  await t.run("ALTER MATERIALIZED VIEW v RESET ('table.exec.state.ttl')");
  await expect.poll(shows).toEqual(['15']);
  clock.shift(3_600_000_000n);
  await appendFile(join(dir, 'in.json'), change('c', null, { id: 2, n: 5 }) + change('c', null, { id: 3, n: 1 }));
  await expect.poll(shows).toEqual(['16']);
  expect((await normalized()).join()).toMatch(/\|0\|3$/);
}, 120_000);
