import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../common/clock.ts';
import { TestEngine } from './testing/harness.ts';
import { SystemTimeShift } from './testing/shifted-clock.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
  await db.run("CREATE TABLE t (k TEXT PRIMARY KEY, n INT); INSERT INTO t VALUES ('a', 1), ('b', 2); CREATE MATERIALIZED VIEW mv AS SELECT n, count(*) AS c FROM t GROUP BY n");
});
afterEach(async () => {
  await db.close();
});

/** Without the time of the change. */
const changes = (rows: readonly string[]): string[] => rows.map((r) => r.split('|').toSpliced(1, 1).join('|'));

it('keeps the changes of a relation from when it was made, over a restart', async () => {
  await db.run("CREATE SUBSCRIPTION s FROM t WITH (retention = '1D')");
  await db.run("INSERT INTO t VALUES ('c', 3)");
  await db.run("UPDATE t SET n = 4 WHERE k = 'c'");
  await db.run("DELETE FROM t WHERE k = 'a'");
  await db.run('DECLARE c SUBSCRIPTION CURSOR FOR s SINCE begin()');
  expect(changes(await db.run('FETCH 2 FROM c'))).toEqual(['1|+I|c|3', '2|-U|c|3']);
  expect(changes(await db.run("FETCH 10 FROM c WITH (timeout = '1s')"))).toEqual(['3|+U|c|4', '4|-D|a|1']);
  expect(await db.run("FETCH NEXT FROM c WITH (timeout = '30ms')")).toEqual([]);
  const waiting = db.run('FETCH NEXT FROM c');
  await db.run("INSERT INTO t VALUES ('d', 5)", db.connect());
  expect(changes(await waiting)).toEqual(['5|+I|d|5']);
  await db.restart();
  await db.run("INSERT INTO t VALUES ('e', 6)");
  await db.run('DECLARE c SUBSCRIPTION CURSOR FOR s SINCE 3');
  expect(changes(await db.run('FETCH 3 FROM c'))).toEqual(['4|-D|a|1', '5|+I|d|5', '6|+I|e|6']);
  await db.run('DECLARE late SUBSCRIPTION CURSOR FOR s');
  await db.run("DELETE FROM t WHERE k = 'e'");
  expect(changes(await db.run('FETCH NEXT FROM late'))).toEqual(['7|-D|e|6']);
  expect(await db.error('DECLARE x SUBSCRIPTION CURSOR FOR s SINCE 99')).toContain('22023');
});

it('gives the rows that are there and then what changes, each once', async () => {
  await db.run('CREATE SUBSCRIPTION s FROM mv');
  await db.run("INSERT INTO t VALUES ('c', 2)");
  await db.run('DECLARE c SUBSCRIPTION CURSOR FOR s FULL');
  await db.run("DELETE FROM t WHERE k = 'a'");
  expect(changes(await db.run('FETCH 2 FROM c')).toSorted()).toEqual(['2|+I|1|1', '2|+I|2|2']);
  expect(changes(await db.run('FETCH 1 FROM c'))).toEqual(['3|-D|1|1']);
  expect(await db.run('SHOW SUBSCRIPTIONS')).toEqual(['s']);
  expect(await db.run("SHOW TABLES LIKE 's'")).toEqual([]);
  expect(await db.run('SHOW CURSORS')).toEqual(['c|DECLARE c SUBSCRIPTION CURSOR FOR s FULL']);
  expect(await db.run('SHOW MATERIALIZED VIEWS')).toEqual(['mv']);
  const [made = ''] = await db.run('SHOW CREATE SUBSCRIPTION s');
  expect(await db.error('DROP MATERIALIZED VIEW mv')).toContain('subscription s depends on materialized view mv');
  await db.run('CLOSE c; ALTER SUBSCRIPTION s RENAME TO old; DROP SUBSCRIPTION old');
  await db.run(made);
  expect(await db.run('SHOW CREATE SUBSCRIPTION s')).toEqual([made]);
});

it('fails where changes are gone, and never skips', async () => {
  await db.close();
  const clock = new SystemTimeShift();
  db = await TestEngine.open({ clock });
  await db.run("CREATE TABLE t (k TEXT PRIMARY KEY, n INT); CREATE SUBSCRIPTION s FROM t WITH (retention = '1 hour'); INSERT INTO t VALUES ('a', 1)");
  await db.run('DECLARE c SUBSCRIPTION CURSOR FOR s SINCE 0; DECLARE d SUBSCRIPTION CURSOR FOR s');
  clock.shift(1_800_000_000n);
  await db.run("INSERT INTO t VALUES ('b', 2)");
  clock.shift(2_400_000_000n);
  await db.run("INSERT INTO t VALUES ('c', 3)");
  expect(await db.error('FETCH NEXT FROM c')).toContain('55000 change 1 of subscription "s" is no longer kept');
  expect(changes(await db.run('FETCH 2 FROM d'))).toEqual(['2|+I|b|2', '3|+I|c|3']);
  expect(await db.error('DECLARE x SUBSCRIPTION CURSOR FOR s SINCE 0')).toContain('55000');
  clock.shift(36_000_000_000n);
  await db.run('UPDATE t SET n = n');
  // Nothing is kept any more, but what was the last change is known.
  expect(await db.error('DECLARE x SUBSCRIPTION CURSOR FOR s SINCE 1')).toContain('55000');
  await db.run("DELETE FROM t WHERE k = 'a'");
  await db.run('DECLARE y SUBSCRIPTION CURSOR FOR s FULL');
  expect((await db.run('FETCH 2 FROM y')).map((r) => r.split('|').slice(2).join('|')).toSorted()).toEqual(['+I|b|2', '+I|c|3']);
  expect(changes(await db.run('FETCH 1 FROM d'))).toEqual(['4|-D|a|1']);
});

it('refuses what it cannot keep', async () => {
  await db.run("CREATE VIEW v AS SELECT * FROM t; CREATE SUBSCRIPTION s FROM t");
  expect(await db.error('CREATE SUBSCRIPTION x FROM v')).toContain('42809');
  expect(await db.error("CREATE SUBSCRIPTION x FROM t WITH (retention = 'long')")).toContain('22023');
  expect(await db.error("CREATE SUBSCRIPTION x FROM t WITH (keep = '1d')")).toContain('unknown option "keep"');
  expect(await db.error('SELECT * FROM s')).toContain('"s" is a subscription');
  expect(await db.error('DROP MATERIALIZED VIEW s')).toContain('42809');
  expect(await db.error('DECLARE c SUBSCRIPTION CURSOR FOR nope')).toContain('does not exist');
});

it('numbers the changes of several workers', async () => {
  await db.close();
  db = await TestEngine.open({ parallelism: 3 });
  await db.run('CREATE TABLE t (k INT PRIMARY KEY, n INT); INSERT INTO t SELECT g, 0 FROM generate_series(1, 20) AS g(g); CREATE SUBSCRIPTION s FROM t; DECLARE c SUBSCRIPTION CURSOR FOR s');
  await db.run('UPDATE t SET n = 1');
  const rows = (await db.run('FETCH 40 FROM c')).map((r) => r.split('|'));
  expect(rows.map((r) => Number(r[0]))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  // A row's old form goes before its new one.
  for (let k = 1; k <= 20; k++) expect(rows.filter((r) => r[3] === String(k)).map((r) => r[2])).toEqual(['-U', '+U']);
});

it('waits without asking', async () => {
  await db.run('CREATE SUBSCRIPTION s FROM t; DECLARE c SUBSCRIPTION CURSOR FOR s');
  expect(await db.run("FETCH NEXT FROM c WITH (timeout = '1ms')")).toEqual([]);
  const epoch = async (): Promise<string[]> => await db.run('SELECT max(epoch) FROM millrace_catalog.jobs');
  // Each question would take an epoch.
  await expect.poll(async () => {
    const before = await epoch();
    await new Promise((resolve) => void systemClock.setTimer(200, () => resolve(undefined)));
    return String(before) === String(await epoch());
  }).toBe(true);
  await db.run("INSERT INTO t VALUES ('c', 3)");
  expect(changes(await db.run('FETCH NEXT FROM c'))).toEqual(['1|+I|c|3']);
  const dropped = db.error('FETCH NEXT FROM c');
  await db.run('DROP SUBSCRIPTION s', db.connect());
  expect(await dropped).toContain('42P01');
});
