import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open();
});
afterEach(async () => {
  await t.close();
});
const printed = (lines: string[]): Promise<void> => expect.poll(() => t.printed.toSorted()).toEqual(lines);

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
});

it('CREATE SINK AS and INTO, with what is refused', async () => {
  await t.run(`CREATE TABLE a (id INT, n INT); CREATE TABLE p (x BIGINT, y INT) WITH ('connector' = 'print'); INSERT INTO a VALUES (1, 10), (1, 5)`);
  await t.run('CREATE SINK i INTO p FROM a; CREATE SINK j INTO p AS SELECT n FROM a WHERE n > 5');
  await printed(['+I[1, 10]', '+I[1, 5]', '+I[10, null]']);
  expect(await t.error(`CREATE SINK k AS SELECT id, sum(n) AS n FROM a GROUP BY id WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'format' = 'json')`)).toContain('sink "k" accepts only inserts, but ');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1') FORMAT UPSERT ENCODE JSON`)).toContain('needs a primary key');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'datagen')`)).toContain('only reads');
  expect(await t.error(`CREATE SINK k AS SELECT id FROM a WITH ('connector' = 'print', 'force_append_only' = 'true')`)).toContain('0A000');
  expect(await t.error(`CREATE SINK k INTO a FROM p`)).toContain('only writes');
});

it('ON CONFLICT of a sink: rows that meet in its key', async () => {
  await t.run(`CREATE TABLE a (id INT PRIMARY KEY, k INT, s TEXT); CREATE TABLE p (k INT PRIMARY KEY NOT ENFORCED, s TEXT) WITH ('connector' = 'print'); CREATE TABLE q (k INT, s TEXT) WITH ('connector' = 'print')`);
  expect(await t.error('INSERT INTO q SELECT k, s FROM a ON CONFLICT DO ERROR')).toContain('needs a primary key');
  expect(await t.error('INSERT INTO p SELECT k, s FROM a ON CONFLICT (k) DO NOTHING')).toContain('0A000');
  await t.run(`INSERT INTO p SELECT k, s FROM a ON CONFLICT DO ERROR`);
  await t.run(`INSERT INTO a VALUES (1, 1, 'x'), (2, 2, 'y')`);
  await printed(['+I[1, x]', '+I[2, y]']);
  await t.run(`INSERT INTO a VALUES (3, 1, 'z')`);
  await expect.poll(() => t.run('SELECT state, error FROM millrace_catalog.jobs')).toEqual([expect.stringMatching(/^(failed|restarting)\|.*duplicate key value violates unique constraint/)]);
});

it('EXPLAIN says what grows for ever, as advice or as a warning', async () => {
  await t.run(`CREATE TABLE src (k INT) WITH ('connector' = 'datagen')`);
  const sql = 'SELECT k, count(*) FROM src GROUP BY k EMIT CHANGES';
  expect((await t.run(`EXPLAIN PLAN_ADVICE ${sql}`)).join('\n')).toMatch(/Advice:\n {2}\[WARNING\] the state of the aggregate by k grows/);
  await t.run(`EXPLAIN ${sql}`);
  expect(t.notices.join()).toContain('WARNING: the state of the aggregate by k grows');
  const json = await t.run(`EXPLAIN JSON_EXECUTION_PLAN ${sql}`);
  expect(JSON.parse(json.slice(json.indexOf('{')).join('\n'))).toMatchObject({ nodes: expect.arrayContaining([expect.objectContaining({ type: 'groupAggregate', predecessors: [expect.any(Number)] })]) as unknown });
  expect((await t.run(`SET 'table.exec.state.ttl' = '1 h'; EXPLAIN PLAN_ADVICE ${sql}`)).at(-1)).toBe('  none');
});
