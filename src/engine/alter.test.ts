import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open();
});
afterEach(async () => {
  await t.close();
});

const connector = `'connector' = 'datagen', 'number-of-rows' = '3'`;

describe('ALTER TABLE of a stored table', () => {
  beforeEach(async () => {
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT, s TEXT); INSERT INTO a VALUES (1, 10, 'x'), (2, 20, 'y')`);
  });

  it('adds, drops, renames, moves and changes columns, and keeps the rows over a restart', async () => {
    await t.run(`ALTER TABLE a ADD COLUMN f DOUBLE PRECISION DEFAULT 1.5`);
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(['1|10|x|1.5', '2|20|y|1.5']);
    await t.run('ALTER TABLE a ADD (first_one INT FIRST, after_n TEXT AFTER n)');
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(['|1|10||x|1.5', '|2|20||y|1.5']);
    await t.run('ALTER TABLE a DROP COLUMN first_one, DROP COLUMN after_n, DROP COLUMN f');
    await t.run('ALTER TABLE a RENAME COLUMN s TO txt');
    await t.run('ALTER TABLE a ALTER COLUMN n TYPE BIGINT');
    await t.run(`INSERT INTO a VALUES (3, 5000000000, 'z')`);
    await t.run('ALTER TABLE a MODIFY COLUMN txt TEXT FIRST');
    const rows = ['x|1|10', 'y|2|20', 'z|3|5000000000'];
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(rows);
    await t.restart();
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(rows);
    expect(await t.error(`INSERT INTO a VALUES ('q', 1, 1)`)).toContain('23505');
  });

  it('changes keys and constraints, checking the rows', async () => {
    await t.run('INSERT INTO a VALUES (3, 10, NULL)');
    expect(await t.error('ALTER TABLE a ALTER COLUMN s SET NOT NULL')).toContain('23502');
    expect(await t.error('ALTER TABLE a MODIFY PRIMARY KEY (n)')).toContain('23505');
    expect(await t.error('ALTER TABLE a ADD PRIMARY KEY (n)')).toContain('multiple primary keys');
    expect(await t.error('ALTER TABLE a DROP COLUMN id')).toBe('2BP01 cannot drop column "id" because the primary key needs it');
    await t.run('ALTER TABLE a DROP CONSTRAINT a_pkey');
    await t.run(`INSERT INTO a VALUES (1, 11, 'again')`);
    expect(await t.error('ALTER TABLE a ADD PRIMARY KEY (id)')).toContain('23505');
    expect(await t.run('SELECT count(*) FROM a')).toEqual(['4']);
    await t.run('DELETE FROM a WHERE n = 11; ALTER TABLE a ADD PRIMARY KEY (id)');
    expect(await t.error('INSERT INTO a VALUES (1, 1, NULL)')).toContain('23505');
    await t.run('ALTER TABLE a ALTER COLUMN n SET DEFAULT 7');
    await t.run('INSERT INTO a (id) VALUES (9)');
    expect(await t.run('SELECT * FROM a WHERE id = 9')).toEqual(['9|7|']);
  });

  it('refuses what a running job or a view depends on, naming it', async () => {
    await t.run('CREATE VIEW v AS SELECT * FROM a; CREATE VIEW w AS SELECT n + 1 AS m FROM v');
    await t.run('ALTER TABLE a ADD COLUMN later INT');
    // What was added later is no part of the view.
    expect(await t.run('SELECT * FROM v ORDER BY id')).toEqual(['1|10|x', '2|20|y']);
    expect(await t.error('ALTER TABLE a DROP COLUMN s')).toContain('2BP01 cannot alter table a because other objects depend on it / view v would no longer work');
    expect(await t.run('SELECT m FROM w ORDER BY m')).toEqual(['11', '21']);
    await t.run('CREATE MATERIALIZED VIEW mv AS SELECT sum(n) AS n FROM w JOIN a ON a.n = w.m - 1');
    expect(await t.error('ALTER TABLE a ADD COLUMN more INT FIRST')).toContain('2BP01 cannot alter table a because running jobs depend on it / materialized view mv depends on it');
    await t.run('ALTER TABLE a ALTER COLUMN n SET DEFAULT 3');
    expect(await t.error('BEGIN; ALTER TABLE a DROP COLUMN later')).toContain('2BP01');
    await t.run('ROLLBACK');
  });
});

describe('ALTER TABLE of a connector table', () => {
  it('changes its definition alone', async () => {
    await t.run(`CREATE TABLE src (a INT, ts TIMESTAMP(3), c AS a + 1) WITH (${connector}, 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '3')`);
    await t.run(`ALTER TABLE src ADD WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`);
    expect((await t.run('SHOW CREATE TABLE src')).join('')).toContain('WATERMARK FOR ts');
    expect(await t.error('ALTER TABLE src DROP ts')).toContain('the watermark is on it');
    expect(await t.error('ALTER TABLE src DROP a')).toContain('computed column "c" depends');
    expect(await t.error('ALTER TABLE src RENAME a TO b')).toContain('computed column "c" depends');
    await t.run(`ALTER TABLE src DROP WATERMARK; ALTER TABLE src DROP c; ALTER TABLE src ADD d AS a * 2 FIRST`);
    expect(await t.run('SELECT d, a FROM src')).toEqual(['2|1', '4|2', '6|3']);
    await t.run(`ALTER TABLE src SET ('number-of-rows' = '2', 'number-of-rows' = '1'); ALTER TABLE src SET ()`);
    expect(await t.run('SELECT d FROM src')).toEqual(['2']);
    await t.run(`ALTER TABLE src RESET ('number-of-rows', 'no.such')`);
    expect(await t.run('SELECT d FROM src')).toHaveLength(3);
    expect(await t.error(`ALTER TABLE src SET ('connector' = 'kafka')`)).toContain('cannot be changed');
    expect(await t.error(`ALTER TABLE src RESET ('connector')`)).toContain('cannot be reset');
    expect(await t.error('ALTER TABLE src RESET ()')).toContain('42601');
    expect(await t.error(`ALTER TABLE src SET ('no.such' = '1')`)).toContain('no.such');
    expect(await t.error('ALTER TABLE src ADD PRIMARY KEY (a)  ENFORCED')).toContain('cannot be enforced');
    await t.run('ALTER TABLE src ADD PRIMARY KEY (a) NOT ENFORCED; ALTER TABLE src DROP PRIMARY KEY');
    await t.restart();
    expect(await t.run('DESCRIBE src')).toEqual(['d|integer|TRUE||AS a * 2|', 'a|integer|FALSE|||', 'ts|timestamp(3) without time zone|TRUE|||']);
  });

  it('leaves running jobs what they were started with', async () => {
    await t.run(`CREATE TABLE src (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10'); CREATE TABLE out (a INT) WITH ('connector' = 'blackhole'); INSERT INTO out SELECT a FROM src`);
    await t.run(`ALTER TABLE src SET ('rows-per-second' = '20')`);
    expect(t.notices.at(-1)).toContain('running jobs keep the definition of table src');
    await t.run('STOP JOB insert_into_out');
    const before = t.notices.length;
    await t.run(`ALTER TABLE src SET ('rows-per-second' = '30')`);
    expect(t.notices).toHaveLength(before);
  });
});

describe('views, schemas and what replaces another', () => {
  it('gives a view another query while its readers allow', async () => {
    await t.run('CREATE TABLE a (x INT, y TEXT); CREATE VIEW v AS SELECT x FROM a; CREATE VIEW w AS SELECT x FROM v');
    await t.run('ALTER VIEW v AS SELECT x + 1 AS x, y FROM a');
    await t.run(`INSERT INTO a VALUES (1, 'q')`);
    expect(await t.run('SELECT * FROM v')).toEqual(['2|q']);
    expect(await t.run('SELECT * FROM w')).toEqual(['2']);
    expect(await t.error('ALTER VIEW v AS SELECT y FROM a')).toContain('view w would no longer work');
    expect(await t.error('ALTER VIEW v AS SELECT x FROM v')).toContain('cannot stand on itself');
    expect(await t.error('ALTER VIEW v RENAME TO u')).toContain('view "w" names it');
    await t.run('ALTER VIEW w RENAME TO u');
    expect(await t.run('SELECT * FROM u')).toEqual(['2']);
    await t.run('CREATE SCHEMA s1; ALTER SCHEMA s1 RENAME TO s2; CREATE TABLE s2.t (a INT)');
    expect(await t.error('ALTER SCHEMA s2 RENAME TO s3')).toContain('because it is not empty');
  });

  it('replaces materialized views and tables, with the rows of the new one', async () => {
    await t.run('CREATE TABLE a (x INT); INSERT INTO a VALUES (1), (2), (3); CREATE MATERIALIZED VIEW mv AS SELECT sum(x) AS s FROM a; CREATE VIEW over_mv AS SELECT s FROM mv');
    await t.run('CREATE OR REPLACE MATERIALIZED VIEW mv AS SELECT sum(x) * 10 AS s, count(*) AS c FROM a');
    expect(await t.run('SELECT * FROM mv')).toEqual(['60|3']);
    expect(await t.run('SELECT * FROM over_mv')).toEqual(['60']);
    await t.run('INSERT INTO a VALUES (4)');
    expect(await t.run('SELECT * FROM over_mv')).toEqual(['100']);
    expect(await t.error(`CREATE OR REPLACE MATERIALIZED VIEW mv AS SELECT 'x' AS t`)).toContain('view over_mv would no longer work');
    expect(await t.run('SELECT * FROM mv')).toEqual(['100|4']);
    await t.run('CREATE MATERIALIZED VIEW mv2 AS SELECT c FROM mv');
    expect(await t.error('CREATE OR REPLACE MATERIALIZED VIEW mv AS SELECT 1 AS s')).toContain('materialized view mv2 depends on it');
    expect(await t.error('CREATE OR REPLACE TABLE a (x INT)')).toContain('running jobs depend on it');
    await t.restart();
    expect(await t.run('SELECT * FROM mv, mv2')).toEqual(['100|4|4']);
    await t.run('CREATE TABLE b (x INT); INSERT INTO b VALUES (1)');
    await t.run('CREATE OR REPLACE TABLE b (x INT, y TEXT)');
    expect(await t.run('SELECT * FROM b')).toEqual([]);
    await t.run('CREATE OR REPLACE TABLE b AS SELECT x, x * 2 AS y FROM a');
    await t.restart();
    expect(await t.run('SELECT * FROM b ORDER BY x')).toEqual(['1|2', '2|4', '3|6', '4|8']);
    expect(await t.error('REPLACE TABLE nothing AS SELECT 1 AS x')).toContain('42P01');
    expect(await t.run('SHOW TABLES')).toEqual(['a', 'b', 'mv', 'mv2', 'over_mv']);
  });
});

describe('CREATE TABLE LIKE and AS', () => {
  it('takes over what LIKE says', async () => {
    await t.run(`CREATE TABLE base (id INT, ts TIMESTAMP(3), c AS id + 1, WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT ENFORCED) WITH (${connector})`);
    await t.run(`CREATE TABLE b2 (extra TEXT) WITH ('number-of-rows' = '5') LIKE base`);
    expect(await t.run('SHOW CREATE TABLE b2')).toEqual([expect.stringMatching(/id integer NOT NULL,\n.*ts.*\n.*c integer AS id \+ 1,\n.*extra.*\n.*WATERMARK FOR ts AS ts,\n.*PRIMARY KEY \(id\) NOT ENFORCED[^]*'connector' = 'datagen'[^]*'number-of-rows' = '5'/)]);
    await t.run(`CREATE TABLE b3 (c integer AS id * 2, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) LIKE base (OVERWRITING GENERATED OVERWRITING WATERMARKS EXCLUDING CONSTRAINTS)`);
    expect((await t.run('SHOW CREATE TABLE b3')).join('')).toMatch(/c integer AS id \* 2[^]*INTERVAL '1' SECOND/);
    expect((await t.run('SHOW CREATE TABLE b3')).join('')).not.toContain('PRIMARY KEY');
    expect(await t.error(`CREATE TABLE b4 (c AS id * 2) LIKE base`)).toContain('42701 column "c" is already in table "base"');
    expect(await t.error(`CREATE TABLE b4 (id INT) LIKE base`)).toContain('42701');
    expect(await t.error(`CREATE TABLE b4 (PRIMARY KEY (ts) NOT ENFORCED) LIKE base`)).toContain('has a primary key already');
    expect(await t.error(`CREATE TABLE b4 WITH ('number-of-rows' = '9') LIKE base (INCLUDING OPTIONS)`)).toContain('option "number-of-rows" is already set');
    expect(await t.error(`CREATE TABLE b4 LIKE base (OVERWRITING CONSTRAINTS)`)).toContain('not possible');
    await t.run('CREATE TABLE stored LIKE base (EXCLUDING ALL)');
    expect(await t.run('DESCRIBE stored')).toHaveLength(2);
  });

  it('matches the columns of AS by name', async () => {
    await t.run('CREATE TABLE q (b, a) AS SELECT 1 AS a, 2 AS b; CREATE TABLE r (x, y) AS SELECT 1 AS a, 2 AS b; CREATE TABLE s (b BIGINT, more TEXT) AS SELECT 1 AS a, 2 AS b');
    expect(await t.run('SELECT * FROM q')).toEqual(['2|1']);
    expect(await t.run('SELECT y, x FROM r')).toEqual(['2|1']);
    expect(await t.run('SELECT b, more, a FROM s')).toEqual(['2||1']);
  });

  it('runs as a job where the table has a connector', async () => {
    await t.run(`CREATE TABLE src (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '2')`);
    await t.run(`SET 'table.dml-sync' = 'true'; CREATE TABLE out WITH ('connector' = 'print') AS SELECT *, a * 2 AS b FROM src`);
    expect(t.printed.toSorted()).toEqual(['+I[1, 2]', '+I[2, 4]']);
    expect(await t.run(`SELECT "job name", status FROM (SELECT name AS "job name", state AS status FROM millrace_catalog.jobs) AS j`)).toEqual(['insert_into_out|finished']);
  });
});
