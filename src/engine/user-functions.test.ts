import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
});
afterEach(async () => await db.close());

describe('functions of the user', () => {
  it('outlive a restart, with the views that call them', async () => {
    await db.run("CREATE TABLE t (s TEXT); CREATE FUNCTION shout(s TEXT) RETURNS TEXT LANGUAGE sql AS $$ SELECT upper(s) || '!' $$; CREATE MATERIALIZED VIEW v AS SELECT shout(s) AS x FROM t; INSERT INTO t VALUES ('a')");
    await db.restart();
    await db.run("INSERT INTO t VALUES ('b')");
    expect((await db.run('SELECT x FROM v')).toSorted()).toEqual(['A!', 'B!']);
    expect(await db.run("SELECT proname, pronargs, proisstrict, prosrc FROM pg_proc WHERE proname = 'shout'")).toEqual(["shout|1|f|upper(s) || '!'"]);
    expect(await db.error('DROP FUNCTION shout')).toBe('2BP01 cannot drop function shout because other objects depend on it / materialized view v depends on function shout');
    expect(await db.run('DROP FUNCTION shout CASCADE')).toEqual(['DROP FUNCTION']);
    expect(await db.error('SELECT x FROM v')).toMatch(/^42P01/);
    expect(await db.run('DROP FUNCTION IF EXISTS shout')).toEqual(['DROP FUNCTION']);
    expect(await db.error('DROP FUNCTION shout')).toBe('42883 could not find a function named "shout"');
  });

  it('live in schemas and in sessions', async () => {
    await db.run("CREATE SCHEMA s; CREATE FUNCTION s.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'; CREATE TEMPORARY FUNCTION mine(a INT) RETURNS INT LANGUAGE sql AS 'SELECT a + s.one()'");
    expect(await db.run('SELECT s.one(), mine(2), public.mine(3)')).toEqual(['1|3|4']);
    expect(await db.error('SELECT one()')).toMatch(/^42883/);
    const other = db.connect();
    expect(await db.error('SELECT mine(2)', other)).toMatch(/^42883/);
    await other.close();
    expect(await db.error("CREATE FUNCTION upper(a TEXT) RETURNS TEXT LANGUAGE sql AS 'SELECT a'")).toBe('42723 function "upper" is built in');
  });

  it('are refused where the body is more than an expression, and where they would be computed twice', async () => {
    expect(await db.error("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS 'return a'")).toMatch(/^0A000 a function in language "python"/);
    expect(await db.error("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS 'SELECT a FROM t'")).toMatch(/^0A000/);
    expect(await db.error("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS 'SELECT (SELECT a)'")).toMatch(/^0A000 a subquery in a function/);
    expect(await db.error("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS 'SELECT count(*)'")).toMatch(/^42803/);
    expect(await db.error("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE sql AS 'SELECT'")).toMatch(/^(42601|0A000)/);
    expect(await db.error("CREATE FUNCTION f AS 'com.example.F'")).toMatch(/^0A000 a function in Java/);
    await db.run("CREATE FUNCTION square(a DOUBLE PRECISION) RETURNS DOUBLE PRECISION LANGUAGE sql AS 'SELECT a * a'");
    expect(await db.error('SELECT square(random())')).toMatch(/^0A000 a volatile argument of function square/);
    expect(await db.run('SELECT square(3)')).toEqual(['9']);
    expect(await db.error('SELECT square(a => 3)')).toMatch(/^0A000/);
  });

  it('in Java are known by the names of their classes, where their programs are', async () => {
    await db.run("CREATE FUNCTION count_char AS 'com.github.nexmark.flink.udf.CountChar'");
    expect(await db.run("SELECT count_char('banana', 'a'), count_char(NULL, 'a')")).toEqual(['3|']);
  });
});
