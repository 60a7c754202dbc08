import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
});
afterEach(async () => await db.close());

describe('statements', () => {
  it('explain at every stage', async () => {
    await db.run("CREATE TABLE t (k INT PRIMARY KEY, v INT); CREATE TABLE o (k INT, v BIGINT) WITH ('connector' = 'print'); CREATE MATERIALIZED VIEW m AS SELECT v, count(*) AS n FROM t GROUP BY v");
    for (const stage of ['AST', 'LOGICAL', 'TRACE', 'OPTIMIZED', 'PHYSICAL', 'GRAPH', 'CHANGELOG_MODE']) expect((await db.run(`EXPLAIN (${stage}) SELECT v, count(*) FROM t GROUP BY v`)).length, stage).toBeGreaterThan(1);
    expect((await db.run('EXPLAIN SELECT 1')).join()).toMatch(/Values/i);
    expect((await db.run('EXPLAIN PLAN FOR INSERT INTO o SELECT k, v FROM t')).join()).toMatch(/Sink/);
    expect((await db.run('EXPLAIN m')).join('\n')).toMatch(/t/);
    expect((await db.run('EXPLAIN CREATE MATERIALIZED VIEW x AS SELECT v FROM t')).join()).toMatch(/Materialize/);
    expect((await db.run('EXPLAIN UPDATE t SET v = 1')).join()).toMatch(/Update t/);
    expect((await db.run('EXPLAIN (FORMAT MERMAID) SELECT v FROM t')).join()).toMatch(/graph|flowchart/);
    expect(await db.error('EXPLAIN (FORMAT XML) SELECT 1')).toMatch(/^0A000/);
  });

  it('make and drop objects of every kind', async () => {
    expect(await db.run('CREATE SCHEMA s; CREATE TABLE s.t (a INT); USE s; SELECT count(*) FROM t')).toEqual(['0']);
    expect(await db.run('SHOW TABLES')).toEqual(['t']);
    expect(await db.run('CREATE DATABASE other; USE CATALOG other; SHOW TABLES')).toEqual([]);
    await db.run('USE CATALOG millrace; RESET ALL; DROP SCHEMA s CASCADE; DROP DATABASE other');
    await db.run("CREATE TABLE t (a INT); COMMENT ON TABLE t IS 'hello'; COMMENT ON COLUMN t.a IS 'col'; ALTER TABLE t RENAME TO u");
    await db.restart();
    expect(await db.run("SELECT obj_description('u'::regclass, 'pg_class'), col_description('u'::regclass, 1)")).toEqual(['hello|col']);
    await db.run('CREATE VIEW v AS SELECT a FROM u; CREATE OR REPLACE VIEW v AS SELECT a, a + 1 AS b FROM u; INSERT INTO u VALUES (1)');
    expect(await db.run('SELECT * FROM v')).toEqual(['1|2']);
    await db.run('CREATE MATERIALIZED VIEW m AS SELECT * FROM v');
    expect(await db.error('CREATE OR REPLACE VIEW v AS SELECT a, a + 2 AS b FROM u')).toMatch(/^2BP01/);
    expect(await db.error('CREATE TABLE u (x INT)')).toMatch(/^42P07/);
    expect(await db.run('CREATE TABLE IF NOT EXISTS u (x INT)')).toEqual(['CREATE TABLE']);
    await db.run('DROP VIEW v CASCADE');
    expect(db.notices.at(-1)).toBe('NOTICE: drop cascades to materialized view m');
    expect(await db.run('DROP TABLE IF EXISTS nope')).toEqual(['DROP TABLE']);
    await db.run('CREATE TEMPORARY TABLE tmp (x INT); INSERT INTO tmp VALUES (1)');
    expect(await db.run('SELECT x FROM tmp')).toEqual(['1']);
    const other = db.connect();
    expect(await db.error('SELECT x FROM tmp', other)).toMatch(/^42P01/);
    await db.run('DISCARD ALL');
    expect(await db.error('SELECT x FROM tmp')).toMatch(/^42P01/);
    await other.close();
  });

  it('leave nothing of a view that cannot be kept', async () => {
    await db.run('CREATE TABLE t (a INT)');
    expect(await db.error('CREATE MATERIALIZED VIEW v AS SELECT t.a FROM t JOIN t AS b ON t.a = b.a AND random() * t.a < b.a')).toMatch(/^0A000/);
    expect(await db.error('SELECT * FROM v')).toMatch(/^42P01/);
    await db.run('CREATE MATERIALIZED VIEW v AS SELECT a FROM t');
  });

  it('say where a view cannot be kept', async () => {
    await db.run("CREATE TABLE s (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')");
    const where = async (sql: string): Promise<string | undefined> => {
      const error: unknown = await db.run(sql).catch((e: unknown) => e);
      return error instanceof SqlError && error.span !== undefined ? sql.slice(error.span.start, error.span.end) : undefined;
    };
    expect(await where('SELECT 1; CREATE MATERIALIZED VIEW v AS SELECT a.k FROM s a JOIN s b ON a.k < b.k')).toBe('s a JOIN s b ON a.k < b.k');
    expect(await where('SELECT 1; CREATE MATERIALIZED VIEW v AS SELECT a.* FROM s a JOIN s b ON a.k < b.k')).toBe('s a JOIN s b ON a.k < b.k');
  });

  it('warn of what grows', async () => {
    await db.run("CREATE TABLE d (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10'); CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM d GROUP BY k");
    expect(db.notices.some((n) => n.startsWith('WARNING: the state of the aggregate by k grows'))).toBe(true);
  });

  it('of a session are refused when it is ended', async () => {
    const other = db.connect();
    const sleeping = db.run('SELECT pg_sleep(10)', other);
    await db.run('SELECT pg_sleep(0.02)');
    expect(await db.run("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'")).toEqual(['2']);
    expect(await db.run('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')).toEqual(['t']);
    await expect(sleeping).rejects.toMatchObject({ sqlstate: '57P01' });
    expect(await db.error('SELECT 1', other)).toMatch(/^57P01/);
    await other.close();
    expect(await db.run('SELECT count(*) FROM pg_stat_activity')).toEqual(['1']);
  });

  it('take start-up parameters', async () => {
    const other = db.connect({ application_name: 'app', DateStyle: 'ISO', client_encoding: "'utf-8'", options: '-c statement_timeout=5s --search_path=public' });
    expect(await db.run('SHOW application_name', other)).toEqual(['app']);
    expect(await db.run('SET application_name = $$x$$; RESET application_name; SHOW application_name', other)).toEqual(['app']);
    expect(await db.run('SHOW statement_timeout', other)).toEqual(['5s']);
    expect(other.reportedParameters().get('server_version')).toMatch(/^15/);
    expect(await db.run("SELECT setting FROM pg_settings WHERE name = 'application_name'", other)).toEqual(['app']);
  });
});
