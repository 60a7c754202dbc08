import { afterEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
afterEach(async () => await db.close());

describe('an engine', () => {
  it('answers constants, catalog queries and settings', async () => {
    db = await TestEngine.open();
    expect(await db.run('SELECT 1 + 1, upper($$x$$)')).toEqual(['2|X']);
    expect(await db.run("SELECT count(*) > 5 FROM pg_catalog.pg_class WHERE relname LIKE 'pg_%'")).toEqual(['t']);
    expect(await db.run("SET TimeZone = 'Asia/Tokyo'; SHOW TimeZone")).toEqual(['Asia/Tokyo']);
    expect(db.parameters).toEqual(['TimeZone=Asia/Tokyo']);
    expect(await db.run("SELECT current_setting('timezone'), set_config('a.b', '7', false)")).toEqual(['Asia/Tokyo|7']);
    expect(await db.run('SHOW a.b')).toEqual(['7']);
    expect(await db.error('SELECT nothing')).toMatch(/^42703/);
    expect(await db.run('SHOW transaction_isolation')).toEqual(['read committed']);
    expect((await db.run('SHOW ALL')).length).toBeGreaterThan(40);
    expect(await db.run('SELECT pg_sleep(0.01)')).toEqual(['']);
  });

  it('keeps tables and views', async () => {
    db = await TestEngine.open();
    await db.run('CREATE TABLE t (id INT PRIMARY KEY, k INT, v TEXT DEFAULT $$d$$)');
    expect(await db.run("INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'b')")).toEqual(['INSERT 0 2']);
    expect(await db.run('SELECT * FROM t ORDER BY id')).toEqual(['1|1|a', '2|1|b']);
    expect(await db.run('CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM t GROUP BY k')).toEqual(['CREATE MATERIALIZED VIEW']);
    expect(await db.run('SELECT * FROM v')).toEqual(['1|2']);
    expect(await db.run('INSERT INTO t (id, k) VALUES (3, 2) RETURNING id, v')).toEqual(['3|d']);
    expect(await db.run('SELECT * FROM v ORDER BY k')).toEqual(['1|2', '2|1']);
    expect(await db.run('UPDATE t SET k = 2 WHERE id = 1')).toEqual(['UPDATE 1']);
    expect(await db.run('SELECT * FROM v ORDER BY k')).toEqual(['1|1', '2|2']);
    expect(await db.run('DELETE FROM t WHERE k = 2 RETURNING id')).toEqual(expect.arrayContaining(['1', '3']));
    expect(await db.run('SELECT * FROM v ORDER BY k')).toEqual(['1|1']);
    expect(await db.error('DROP TABLE t')).toMatch(/^2BP01 .*depends on/s);
    await db.run('DROP TABLE t CASCADE');
    expect(await db.error('SELECT * FROM v')).toMatch(/^42P01/);
  });

  it('comes back after a restart', async () => {
    db = await TestEngine.open();
    await db.run(`CREATE TABLE t (a INT, b INT); CREATE VIEW w AS SELECT a FROM t;
      CREATE MATERIALIZED VIEW v AS SELECT a, sum(b) AS s FROM t GROUP BY a; INSERT INTO t VALUES (1, 10), (1, 5), (2, 7)`);
    await db.restart();
    expect(await db.run('SELECT * FROM v ORDER BY a')).toEqual(['1|15', '2|7']);
    await db.run('INSERT INTO t VALUES (2, 1)');
    expect(await db.run('SELECT * FROM v ORDER BY a')).toEqual(['1|15', '2|8']);
    expect(await db.run('SELECT * FROM w ORDER BY a')).toEqual(['1', '1', '2', '2']);
    expect(await db.run('SELECT name, state FROM millrace_catalog.jobs')).toEqual(['v|running']);
  });
});
