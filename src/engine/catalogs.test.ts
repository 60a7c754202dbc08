import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { print } from '../connectors/print/print.ts';
import { registerConnector } from '../connectors/registry.ts';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
});
afterEach(async () => {
  await db.close();
});

describe('catalogs', () => {
  it('are databases whose own databases are schemas', async () => {
    await db.run("CREATE CATALOG c COMMENT 'mine' WITH ('type' = 'generic_in_memory', 'default-database' = 'first')");
    await db.run('USE CATALOG c; CREATE DATABASE d; USE d; CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT a + 1 AS b FROM t');
    expect(await db.run('SHOW DATABASES')).toEqual(['d', 'first', 'public']);
    expect(await db.run('SHOW CURRENT CATALOG')).toEqual(['c']);
    await db.run('USE CATALOG millrace');
    // The view's own names are looked up in its own database.
    expect(await db.run('SELECT b FROM c.d.v')).toEqual(['2']);
    expect(await db.run('SHOW DATABASES FROM c LIKE \'f%\'')).toEqual(['first']);
    expect(await db.run('SHOW TABLES FROM c.d NOT LIKE \'v\'')).toEqual(['t']);
    await db.restart();
    expect(await db.run('SHOW CREATE CATALOG c')).toEqual(["CREATE CATALOG c\nCOMMENT 'mine'\nWITH (\n  'type' = 'generic_in_memory',\n  'default-database' = 'first'\n)"]);
    await db.run('USE CATALOG c');
    expect(await db.run('SHOW CURRENT DATABASE')).toEqual(['first']);
    expect(await db.error('DROP CATALOG c')).toContain('55006');
    await db.run('USE CATALOG millrace');
    expect(await db.error('DROP CATALOG c')).toContain('table d.t depends on schema d');
    await db.run('DROP CATALOG c CASCADE');
    expect(await db.run('SHOW CATALOGS')).toEqual(['millrace']);
  });

  it('have what Flink calls its defaults', async () => {
    await db.run('CREATE TABLE default_catalog.default_database.t (a INT); INSERT INTO `default_catalog`.`default_database`.`t` VALUES (1)');
    await db.run("CREATE CATALOG c WITH ('type' = 'generic_in_memory'); USE CATALOG c");
    expect(await db.run('SELECT t.a FROM default_catalog.default_database.t')).toEqual(['1']);
    expect(await db.run('USE default_database; SHOW CURRENT DATABASE')).toEqual(['public']);
    expect(await db.run('USE CATALOG default_catalog; USE default_database; SHOW CURRENT CATALOG')).toEqual(['millrace']);
    expect(await db.run('SELECT a FROM default_database.t')).toEqual(['1']);
    // A name that is there goes before.
    expect(await db.run('CREATE SCHEMA default_database; CREATE TABLE default_database.t (a INT); SELECT count(*) FROM default_database.t')).toEqual(['0']);
    expect(await db.error('SELECT * FROM other_catalog.default_database.t')).toContain('3D000');
  });

  it('lets a script use a database of its own', async () => {
    await db.run('CREATE DATABASE shop; CREATE TABLE shop.t (a INT); USE shop; INSERT INTO t VALUES (7); USE CATALOG millrace');
    expect(await db.run('SELECT a FROM shop.t')).toEqual(['7']);
    expect(await db.error('SELECT * FROM nowhere.t')).toContain('42P01');
    await db.run('CREATE DATABASE empty; DROP DATABASE empty');
  });

  it('refuses what it does not know, and changes the rest', async () => {
    expect(await db.error('CREATE CATALOG c')).toContain('a catalog needs the option "type"');
    expect(await db.error("CREATE CATALOG c WITH ('type' = 'hive')")).toContain('0A000');
    expect(await db.error("CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'x' = 'y')")).toContain('unknown option "x"');
    await db.run("CREATE CATALOG c WITH ('type' = 'generic_in_memory')");
    expect(await db.error("ALTER CATALOG c SET ('type' = 'x')")).toContain('22023');
    expect(await db.error("ALTER CATALOG c RESET ('type')")).toContain('cannot be reset');
    await db.run("ALTER CATALOG c COMMENT 'x'; CREATE DATABASE c.d COMMENT 'of c' WITH ('k' = 'v'); ALTER CATALOG c SET ('default-database' = 'd'); ALTER DATABASE c.d SET ('k' = 'w')");
    expect(await db.run('DESCRIBE CATALOG EXTENDED c')).toEqual(['name|c', 'type|generic_in_memory', 'comment|x', 'option:default-database|d']);
    expect(await db.run('DESC DATABASE EXTENDED c.d')).toEqual(['name|d', 'catalog|c', 'comment|of c', 'option:k|w']);
    expect(await db.run('SHOW CREATE DATABASE c.d')).toEqual(["CREATE DATABASE c.d\nCOMMENT 'of c'\nWITH (\n  'k' = 'w'\n)"]);
  });
});

describe('connections', () => {
  it('give their options to tables and sinks, which keep the name', async () => {
    await db.run("CREATE CONNECTION p WITH ('type' = 'print', 'print-identifier' = 'one')");
    await db.run("CREATE TABLE o (a INT) WITH ('connection' = 'p'); SET 'table.dml-sync' = 'true'; INSERT INTO o VALUES (1)");
    expect(db.printed).toEqual(['one> +I[1]']);
    expect(await db.run('SHOW CREATE TABLE o')).toEqual(["CREATE TABLE public.o (\n  a integer\n)\nWITH (\n  'connection' = 'p'\n)"]);
    await db.run("ALTER CONNECTION p SET ('print-identifier' = 'two')");
    await db.restart();
    await db.run("SET 'table.dml-sync' = 'true'; INSERT INTO o VALUES (2)");
    expect(db.printed.at(-1)).toEqual('two> +I[2]');
    expect(await db.error('DROP CONNECTION p')).toContain('table o depends on connection p');
    expect(await db.error('ALTER CONNECTION p RENAME TO q')).toContain('2BP01');
    expect(await db.error("CREATE TABLE x (a INT) WITH ('connection' = 'nope')")).toContain('connection "nope" does not exist');
  });

  it('hide what is secret in a sink too', async () => {
    await db.run("CREATE SINK out AS SELECT 1 AS a WITH ('connector' = 'print', 'print-identifier' = 'it''s')");
    expect(await db.run('SHOW CREATE SINK out')).toEqual(["CREATE SINK out AS SELECT 1 AS a WITH ('connector' = 'print', 'print-identifier' = 'it''s')"]);
    const away = registerConnector({ ...print, name: 'discreet', options: [...print.options, { name: 'pass', type: 'string', secret: true, doc: 'A password.' }] });
    const sql = "CREATE SINK o2 AS SELECT 1 AS a WITH ('connector' = 'discreet', 'pass' = 'it''s hidden', 'print-identifier' = 'x')";
    await db.run(sql);
    const shown = sql.replace("'it''s hidden'", "'******'");
    expect(await db.run('SHOW CREATE SINK o2')).toEqual([shown]);
    expect(await db.run("SELECT definition FROM millrace_catalog.relations WHERE name = 'o2'")).toEqual([shown]);
    expect(await db.run("SELECT sql FROM millrace_catalog.jobs WHERE name = 'o2'")).toEqual([shown]);
    const other = db.connect();
    for (const [text, safe] of [["CREATE SECRET s AS 'hush'", "CREATE SECRET s AS '******'"], ["CREATE CONNECTION c TO KAFKA (BROKER 'a:1', SASL USERNAME 'u', SASL PASSWORD 'hush')", "CREATE CONNECTION c TO KAFKA (BROKER 'a:1', SASL USERNAME 'u', SASL PASSWORD '******')"]] as const) {
      await db.run(text, other);
      expect(await db.run(`SELECT query FROM pg_stat_activity WHERE query LIKE $$CREATE%$$`)).toEqual([safe]);
    }
    away();
  });

  it('are written as others write them, and hide what is secret', async () => {
    await db.run("CREATE CONNECTION k TO KAFKA (BROKER 'a:9092', SASL MECHANISMS 'PLAIN', SASL USERNAME = 'u', SASL PASSWORD = 'p')");
    expect(await db.run('DESCRIBE CONNECTION k')).toEqual(['name|k', 'comment|', 'option:type|kafka', 'option:properties.bootstrap.servers|a:9092', 'option:properties.sasl.mechanism|PLAIN', 'option:properties.sasl.jaas.config|******']);
    expect(await db.error("CREATE CONNECTION k2 TO KAFKA (BROKRE 'a')")).toContain('unknown option "BROKRE"');
    expect(await db.error("CREATE CONNECTION k2 TO SSH TUNNEL (HOST 'a')")).toContain('42601');
    expect(await db.error("CREATE CONNECTION k2 TO MYSQL (HOST 'a')")).toContain('0A000');
    expect(await db.run("SHOW CONNECTIONS ILIKE 'K%'")).toEqual(['k']);
  });
});

describe('statements that hold others', () => {
  it('runs a text', async () => {
    expect(await db.run("EXECUTE IMMEDIATE 'SELECT 1 + 1'")).toEqual(['2']);
    await db.run("EXECUTE IMMEDIATE 'CREATE TABLE t (a INT)'; EXECUTE IMMEDIATE 'INSERT INTO t VALUES (1)'");
    expect(await db.run('SELECT a FROM t')).toEqual(['1']);
    expect(await db.error("EXECUTE IMMEDIATE 'SELECT 1; SELECT 2'")).toContain('42601');
    expect(await db.error("EXECUTE IMMEDIATE 'SELECT x'")).toContain('42703');
  });

  it('collects a statement set that comes in pieces', async () => {
    await db.run("CREATE TABLE o (a INT) WITH ('connector' = 'print')");
    await db.run("SET 'table.dml-sync' = 'true'");
    for (const s of ['BEGIN STATEMENT SET;', 'INSERT INTO o VALUES (1)', 'INSERT INTO o SELECT 2']) await db.run(s);
    expect(await db.error('INSERT INTO nothing VALUES (1)')).toContain('42P01');
    expect(await db.error('CREATE TABLE x (a INT)')).toContain('only INSERT');
    expect(db.printed).toEqual([]);
    expect(await db.run('END')).toEqual(['EXECUTE STATEMENT SET']);
    expect(db.printed.toSorted()).toEqual(['+I[1]', '+I[2]']);
    expect(await db.run('SELECT count(*) FROM millrace_catalog.jobs')).toEqual(['1']);
    await db.run('BEGIN STATEMENT SET');
    await db.run('INSERT INTO o VALUES (3)');
    expect(await db.run('ROLLBACK')).toEqual(['ROLLBACK']);
    await db.run('BEGIN; COMMIT');
    expect(db.printed.length).toBe(2);
  });

  it('writes stored tables in a statement set, all or nothing', async () => {
    await db.run("CREATE TABLE k (a INT PRIMARY KEY, b INT); CREATE TABLE o (a INT) WITH ('connector' = 'print'); CREATE TABLE g (a INT) WITH ('connector' = 'datagen')");
    expect(await db.run('EXECUTE STATEMENT SET BEGIN INSERT INTO k VALUES (1, 2); INSERT INTO k SELECT a + 1, b FROM k; END')).toEqual(['EXECUTE STATEMENT SET']);
    expect(await db.error('EXECUTE STATEMENT SET BEGIN INSERT INTO k VALUES (8, 8); INSERT INTO k VALUES (1, 1); END')).toContain('23505');
    for (const s of ['BEGIN STATEMENT SET', 'INSERT INTO k VALUES (5, 6)', 'END']) await db.run(s);
    expect(await db.run('SELECT a, b FROM k ORDER BY a')).toEqual(['1|2', '2|2', '5|6']);
    expect(await db.run('BEGIN; EXECUTE STATEMENT SET BEGIN INSERT INTO k VALUES (7, 7); END; ROLLBACK; SELECT count(*) FROM k')).toEqual(['3']);
    expect(await db.run('SELECT count(*) FROM k')).toEqual(['3']);
  });
});

describe('SHOW CREATE', () => {
  const made = [
    'CREATE TABLE public.t (\n  a integer NOT NULL COMMENT \'the a\',\n  "B c" character varying(5) DEFAULT \'x\'\'y\',\n  d numeric(10,2),\n  e timestamp(3) without time zone,\n  s smallint AS a + 1,\n  CONSTRAINT pk PRIMARY KEY (a)\n)\nCOMMENT \'it\'\'s\'',
    'CREATE VIEW public.v (x)\nCOMMENT \'seen\' AS\nSELECT a FROM t',
    'CREATE MATERIALIZED VIEW public.m (n) AS\nSELECT count(*) FROM t',
    'CREATE TABLE public.c (\n  a bigint,\n  ts timestamp(3) with time zone NOT NULL METADATA FROM \'timestamp\' VIRTUAL,\n  WATERMARK FOR ts AS ts - INTERVAL \'5\' SECOND\n)\nWITH (\n  \'connector\' = \'kafka\',\n  \'topic\' = \'x\',\n  \'properties.bootstrap.servers\' = \'a:1\',\n  \'format\' = \'json\'\n)',
  ];
  const show = ['SHOW CREATE TABLE t', 'SHOW CREATE VIEW v', 'SHOW CREATE MATERIALIZED VIEW m', 'SHOW CREATE TABLE c'];

  it('gives what makes the same object again', async () => {
    for (const s of made) await db.run(s);
    const first: string[] = [];
    for (const s of show) first.push(...(await db.run(s)));
    await db.run('DROP MATERIALIZED VIEW m; DROP VIEW v; DROP TABLE t; DROP TABLE c');
    for (const s of first) await db.run(s);
    const second: string[] = [];
    for (const s of show) second.push(...(await db.run(s)));
    expect(second).toEqual(first);
    expect(first).toEqual(made);
  });
});
