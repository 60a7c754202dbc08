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

it('shows schemas, databases, secrets, drops and changes to others when the block commits', async () => {
  const other = db.connect();
  await db.run("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE c (a INT) WITH ('connector' = 'datagen')");
  await db.run('CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM t');
  await db.run("BEGIN; CREATE SCHEMA s; CREATE DATABASE d; CREATE SECRET k AS 'x'; CREATE TABLE s.u (a INT); INSERT INTO s.u VALUES (5); DROP VIEW v; DROP TABLE c; COMMENT ON TABLE t IS 'seen'");
  await db.run('DROP MATERIALIZED VIEW mv; ALTER TABLE t RENAME TO w');
  expect(await db.run('SHOW TABLES')).toEqual(['w']);
  expect(await db.run('SELECT a FROM s.u')).toEqual(['5']);
  expect(await db.run('SELECT a FROM w')).toEqual(['1']);
  expect(await db.run('SHOW TABLES', other)).toEqual(['c', 'mv', 't', 'v']);
  expect(await db.run('SHOW SECRETS', other)).toEqual([]);
  expect(await db.run('SHOW CATALOGS', other)).toEqual(['millrace']);
  expect(await db.error('CREATE TABLE s.x (a INT)', other)).toContain('3F000');
  expect(await db.run('INSERT INTO t VALUES (2); SELECT n FROM mv', other)).toEqual(['2']);
  expect(await db.run("SELECT count(*) FROM pg_namespace WHERE nspname = 's'", other)).toEqual(['0']);
  await db.run('COMMIT');
  expect(await db.run('SHOW TABLES', other)).toEqual(['w']);
  expect(await db.run('SHOW CATALOGS', other)).toEqual(['d', 'millrace']);
  expect(await db.run('SHOW SECRETS', other)).toEqual(['k']);
  await db.restart();
  expect(await db.run('SELECT a FROM w ORDER BY a')).toEqual(['1', '2']);
  expect(await db.run('SELECT a FROM s.u')).toEqual(['5']);
  expect(await db.run("SELECT comment FROM millrace_catalog.relations WHERE name = 'w'")).toEqual(['seen']);
  await db.run("CREATE TABLE z (a INT) WITH ('connector' = 'print', 'print-identifier' = SECRET k); SET 'table.dml-sync' = 'true'; INSERT INTO z VALUES (1)");
  expect(db.printed).toEqual(['x> +I[1]']);
});

it('takes all of it back', async () => {
  await db.run('CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT a FROM t; CREATE MATERIALIZED VIEW mv AS SELECT a FROM v');
  await db.run("BEGIN; CREATE SCHEMA s; CREATE SECRET k AS 'x'; DROP TABLE t CASCADE; CREATE TABLE t (b TEXT); INSERT INTO t VALUES ('new')");
  expect(await db.run('SELECT b FROM t')).toEqual(['new']);
  await db.run('SAVEPOINT p; DROP TABLE t; ROLLBACK TO p');
  expect(await db.run('SELECT b FROM t')).toEqual(['new']);
  await db.run('ROLLBACK');
  expect(await db.run('SHOW TABLES')).toEqual(['mv', 't', 'v']);
  expect(await db.run('SHOW SECRETS')).toEqual([]);
  expect(await db.run('INSERT INTO t VALUES (2); SELECT a FROM mv ORDER BY a')).toEqual(['1', '2']);
  expect(await db.error('CREATE TABLE s.x (a INT)')).toContain('3F000');
});

it('replaces a table in one step', async () => {
  const other = db.connect();
  await db.run('CREATE TABLE t (a INT); INSERT INTO t VALUES (1)');
  await db.run("BEGIN; INSERT INTO t VALUES (7); DROP TABLE t; CREATE TABLE t (b TEXT); INSERT INTO t VALUES ('x'); CREATE VIEW v AS SELECT b FROM t");
  expect(await db.run('SELECT a FROM t', other)).toEqual(['1']);
  await db.run('COMMIT');
  expect(await db.run('SELECT b FROM v', other)).toEqual(['x']);
  await db.restart();
  expect(await db.run('SELECT b FROM v')).toEqual(['x']);
});

it('does not commit over what somebody else has done meanwhile', async () => {
  const other = db.connect();
  await db.run('CREATE TABLE t (a INT); BEGIN; DROP TABLE t');
  await db.run('CREATE VIEW v AS SELECT a FROM t', other);
  expect(await db.error('COMMIT')).toContain('2BP01');
  expect(await db.run('SHOW TABLES')).toEqual(['t', 'v']);
  await db.run("BEGIN; COMMENT ON TABLE t IS 'mine'");
  await db.run("COMMENT ON TABLE t IS 'theirs'", other);
  expect(await db.error('COMMIT')).toContain('40001');
  await db.run('BEGIN; CREATE SCHEMA s');
  await db.run('CREATE SCHEMA s', other);
  expect(await db.error('COMMIT')).toContain('42P06');
  expect(await db.run('SELECT comment FROM millrace_catalog.relations WHERE name = \'t\'')).toEqual(['theirs']);
});
