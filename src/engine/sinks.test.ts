import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open();
});
afterEach(async () => {
  await t.close();
});
const printed = (lines: string[]): Promise<void> => expect.poll(() => t.printed.toSorted(), { timeout: 20_000 }).toEqual(lines);

it('CREATE SINK writes a view or a query out, under its name, and goes on after a restart', async () => {
  await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE MATERIALIZED VIEW mv AS SELECT id, n * 2 AS d FROM a; INSERT INTO a VALUES (1, 10)`);
  expect(await t.run(`CREATE SINK s FROM mv WITH ('connector' = 'print')`)).toEqual(['CREATE SINK']);
  await printed(['+I[1, 20]']);
  expect(await t.error(`CREATE SINK s FROM mv WITH ('connector' = 'print')`)).toContain('42P07');
  expect(await t.run(`CREATE SINK IF NOT EXISTS s FROM mv WITH ('connector' = 'print')`)).toEqual(['CREATE SINK']);
  await t.restart();
  await t.run('UPDATE a SET n = 11');
  await printed(['+I[1, 20]', '+U[1, 22]', '-U[1, 20]']);
  expect(await t.run('SHOW SINKS')).toEqual(['s']);
  expect((await t.run('SHOW CREATE SINK s')).join('')).toContain('CREATE SINK s FROM mv');
  expect(await t.error('DROP MATERIALIZED VIEW mv')).toContain('sink s depends on materialized view mv');
  await t.run('DROP SINK s');
  await t.run('INSERT INTO a VALUES (2, 1)');
  expect(await t.run('SHOW JOBS')).toHaveLength(2);
}, 30_000);

it('CREATE SINK AS and INTO, with what is refused', async () => {
  await t.run(`CREATE TABLE a (id INT, n INT); CREATE TABLE p (x BIGINT, y INT) WITH ('connector' = 'print'); INSERT INTO a VALUES (1, 10), (1, 5)`);
  await t.run('CREATE SINK i INTO p FROM a; CREATE SINK j INTO p AS SELECT n FROM a WHERE n > 5');
  await printed(['+I[1, 10]', '+I[1, 5]', '+I[10, null]']);
  expect(await t.error(`CREATE SINK k AS SELECT id, sum(n) AS n FROM a GROUP BY id WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'format' = 'json')`)).toContain('sink "k" accepts only inserts, but ');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1') FORMAT UPSERT ENCODE JSON`)).toContain('needs a primary key');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'datagen')`)).toContain('only reads');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'print', 'force_append_only' = 'true')`)).toContain('0A000');
  expect(await t.error(`CREATE SINK k INTO a FROM p`)).toContain('only writes');
  expect(await t.error(`CREATE OR REPLACE SINK i INTO p FROM a`)).toContain('0A000');
}, 30_000);
