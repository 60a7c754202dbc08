import { afterEach, beforeEach, expect, it } from 'vitest';
import { SystemTimeShift } from './testing/shifted-clock.ts';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
const clock = new SystemTimeShift();
beforeEach(async () => {
  t = await TestEngine.open({ clock });
});
afterEach(async () => {
  await t.close();
});

/** An hour passes after all that was written has been worked off. */
async function anHourLater(): Promise<void> {
  await t.run('FLUSH');
  clock.shift(3_600_000_000n);
}
const expired = async (): Promise<string[]> => t.run(`SELECT operator, expired FROM millrace_catalog.operators WHERE expired > 0`);

it('forgets groups that have not changed, which begin anew', async () => {
  await t.run(`CREATE TABLE a (k INT, n INT); SET 'table.exec.state.ttl' = '30 min'; CREATE MATERIALIZED VIEW v AS SELECT k, sum(n) AS s, count(*) AS c FROM a GROUP BY k; CREATE MATERIALIZED VIEW d AS SELECT DISTINCT k FROM a`);
  await t.run('INSERT INTO a VALUES (1, 10), (1, 5), (2, 7)');
  expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['1|15|2', '2|7|1']);
  clock.shift(1_200_000_000n);
  await t.run('INSERT INTO a VALUES (1, 1); FLUSH');
  clock.shift(1_200_000_000n);
  // Only 2 has been silent for longer than half an hour. What was shown stays.
  await t.run('INSERT INTO a VALUES (1, 1), (2, 100)');
  expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['1|17|4', '2|100|1']);
  expect((await expired()).join()).toContain('GroupAggregate');
  await t.restart();
  await anHourLater();
  await t.run('INSERT INTO a VALUES (1, 3)');
  expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['1|3|1', '2|100|1']);
  expect(await t.run('SELECT * FROM d ORDER BY k')).toEqual(['1', '2']);
  // Rows of a group that was forgotten are taken back: nothing is left to take.
  await anHourLater();
  await t.run('DELETE FROM a WHERE k = 1');
  expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['1|3|1', '2|100|1']);
  await t.run('INSERT INTO a VALUES (1, 4)');
  expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['1|4|1', '2|100|1']);
});

it('keeps everything without a TTL', async () => {
  await t.run(`CREATE TABLE a (k INT, n INT); CREATE MATERIALIZED VIEW v AS SELECT k, sum(n) AS s FROM a GROUP BY k; INSERT INTO a VALUES (1, 1)`);
  await anHourLater();
  await t.run('INSERT INTO a VALUES (1, 1)');
  expect(await t.run('SELECT * FROM v')).toEqual(['1|2']);
  expect(await expired()).toEqual([]);
});

it('forgets the rows of a join by the side that a hint names', async () => {
  await t.run('CREATE TABLE o (id INT PRIMARY KEY, k INT); CREATE TABLE p (id INT PRIMARY KEY, k INT, s TEXT)');
  await t.run(`CREATE MATERIALIZED VIEW j AS SELECT /*+ STATE_TTL('x' = '1 d', 'y' = '30 min', 'x' = '0') */ x.id AS xid, y.id AS yid, s FROM o AS x LEFT JOIN p AS y ON x.k = y.k`);
  await t.run(`INSERT INTO o VALUES (1, 1), (2, 2); INSERT INTO p VALUES (10, 1, 'a')`);
  const rows = (): Promise<string[]> => t.run('SELECT * FROM j ORDER BY xid, yid');
  expect(await rows()).toEqual(['1|10|a', '2||']);
  await anHourLater();
  // The row of p is forgotten, what it was joined to stays; a new row of o does not find it.
  await t.run('INSERT INTO o VALUES (3, 1)');
  expect(await rows()).toEqual(['1|10|a', '2||', '3||']);
  // Taking back what was forgotten changes nothing.
  await t.run('DELETE FROM p WHERE id = 10');
  expect(await rows()).toEqual(['1|10|a', '2||', '3||']);
  await t.run(`INSERT INTO p VALUES (11, 1, 'b'); UPDATE p SET s = 'c' WHERE id = 11`);
  expect(await rows()).toEqual(['1|10|a', '1|11|c', '2||', '3|11|c']);
  await t.run('DELETE FROM o WHERE id = 3; DELETE FROM p WHERE id = 11');
  expect(await rows()).toEqual(['1|10|a', '2||']);
  await t.restart();
  await anHourLater();
  await t.run(`INSERT INTO p VALUES (12, 2, 'd')`);
  expect(await rows()).toEqual(['1|10|a', '2|12|d']);
  expect((await t.run(`EXPLAIN SELECT /*+ STATE_TTL('o' = '1 h') */ o.id FROM o JOIN p ON o.k = p.k EMIT CHANGES`)).join('\n')).toContain('ttl (01:00:00, never)');
});

it('forgets the first rows of a deduplication, and the best of a Top-N', async () => {
  await t.run(`CREATE TABLE a (k INT, n INT); SET 'table.exec.state.ttl' = '30 min'`);
  await t.run('CREATE MATERIALIZED VIEW best AS SELECT k, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC) AS r FROM a) WHERE r <= 1');
  await t.run('INSERT INTO a VALUES (1, 5), (1, 9), (2, 3)');
  expect(await t.run('SELECT * FROM best ORDER BY k')).toEqual(['1|9', '2|3']);
  await anHourLater();
  await t.run('INSERT INTO a VALUES (1, 4)');
  expect(await t.run('SELECT * FROM best ORDER BY k')).toEqual(['1|4', '2|3']);
  await t.restart();
  await anHourLater();
  await t.run('INSERT INTO a VALUES (2, 1), (2, 2)');
  expect(await t.run('SELECT * FROM best ORDER BY k')).toEqual(['1|4', '2|2']);
});

it('takes a subquery by its alias, where it is a table seen through filters and expressions', async () => {
  await t.run('CREATE TABLE o (k INT, n INT); CREATE TABLE p (k INT)');
  const explained = async (sql: string): Promise<string> => (await t.run(`EXPLAIN ${sql} EMIT CHANGES`)).join('\n');
  expect(await explained(`SELECT /*+ STATE_TTL('x' = '1 h') */ x.m FROM (SELECT k, n + 1 AS m FROM o WHERE n > 0) x JOIN p ON x.k = p.k`)).toContain('ttl (01:00:00, never)');
  expect(await t.error(`SELECT /*+ STATE_TTL('x' = '1 h') */ x.m FROM (SELECT k, count(*) AS m FROM o GROUP BY k) x JOIN p ON x.k = p.k`)).toContain('STATE_TTL of "x", which is no table');
});

it('says which hints have no effect, and refuses those that mean nothing', async () => {
  await t.run('CREATE TABLE a (k INT, n INT)');
  await t.run('SELECT /*+ BROADCAST(a), Nonsense(a) */ k FROM a');
  expect(t.notices).toEqual(['NOTICE: hint "NONSENSE" is not known and has no effect']);
  expect(await t.error(`SELECT /*+ STATE_TTL('b' = '1 d') */ k, count(*) FROM a GROUP BY k`)).toContain('42P01 hint STATE_TTL names "b"');
  expect(await t.error(`SELECT /*+ STATE_TTL('a' = 'soon') */ k, count(*) FROM a GROUP BY k`)).toContain('22023');
});
