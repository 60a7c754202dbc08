import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
});
afterEach(async () => {
  await db.close();
});

it('shows what a transaction block has made to others when it commits', async () => {
  const other = db.connect();
  await db.run('BEGIN; CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM t; CREATE VIEW v AS SELECT a + 1 AS b FROM t');
  expect(await db.run('SELECT b FROM v ORDER BY b')).toEqual(['2', '3']);
  expect(await db.run('CREATE TABLE IF NOT EXISTS t (x INT)')).toEqual(['CREATE TABLE']);
  expect(await db.run('SHOW TABLES')).toEqual(['mv', 't', 'v']);
  expect(await db.run(`SELECT relname, relpersistence FROM pg_class WHERE relname = 't'`)).toEqual(['t|p']);
  expect(await db.error('SELECT * FROM t', other)).toContain('42P01');
  expect(await db.run('SHOW TABLES', other)).toEqual([]);
  await db.run('COMMIT');
  expect(await db.run('SELECT a FROM t ORDER BY a', other)).toEqual(['1', '2']);
  expect(await db.run('SELECT n FROM mv', other)).toEqual(['2']);
  await db.restart();
  expect(await db.run('SELECT n, (SELECT count(*) FROM v) FROM mv')).toEqual(['2|2']);
  await db.run('INSERT INTO t VALUES (3)');
  expect(await db.run('SELECT n FROM mv')).toEqual(['3']);
});

it('leaves nothing after a rollback, or after a crash', async () => {
  await db.run('BEGIN; CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW mv AS SELECT a FROM t; CREATE TABLE c (a INT) WITH (\'connector\' = \'datagen\'); ROLLBACK');
  expect(await db.run('SHOW TABLES')).toEqual([]);
  await db.run('BEGIN; CREATE TABLE t (a INT); SAVEPOINT s; CREATE TABLE u (a INT); ROLLBACK TO s; CREATE TABLE w (a INT); DROP TABLE w; COMMIT');
  expect(await db.run('SHOW TABLES')).toEqual(['t']);
  await db.run('BEGIN; CREATE TABLE lost (a INT); INSERT INTO lost VALUES (1)');
  await db.restart();
  expect(await db.run('SHOW TABLES')).toEqual(['t']);
});

it('fails to commit a name that somebody else has taken meanwhile', async () => {
  const other = db.connect();
  await db.run('CREATE TABLE kept (a INT); BEGIN; CREATE TABLE t (a INT); INSERT INTO kept VALUES (1)');
  await db.run('CREATE TABLE t (b TEXT)', other);
  expect(await db.error('COMMIT')).toContain('42P07 relation "t" already exists');
  expect(await db.run('SELECT count(*) FROM kept')).toEqual(['0']);
  expect(await db.run('DESCRIBE t')).toEqual(['b|text|TRUE|||']);
});
