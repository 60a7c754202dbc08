import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
  await db.run('CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE log (x INT); CREATE MATERIALIZED VIEW s AS SELECT sum(v) AS v FROM t');
});
afterEach(async () => await db.close());

describe('a transaction block', () => {
  it('reads its own rows, through views too; others do not see them before COMMIT', async () => {
    const other = db.connect();
    await db.run('INSERT INTO t VALUES (1, 10)');
    await db.run('BEGIN; INSERT INTO t VALUES (2, 5); UPDATE t SET v = v + 1; INSERT INTO log VALUES (1), (1)');
    expect(db.session.transactionStatus).toBe('T');
    expect(await db.run('SELECT id, v FROM t ORDER BY id')).toEqual(['1|11', '2|6']);
    expect(await db.run('SELECT v FROM s')).toEqual(['17']);
    expect(await db.run('SELECT id, v FROM t ORDER BY id', other)).toEqual(['1|10']);
    expect(await db.run('DELETE FROM log WHERE x = 1')).toEqual(['DELETE 2']);
    expect(await db.error('INSERT INTO t VALUES (2, 0)')).toBe('23505 duplicate key value violates unique constraint "t_pkey" / Key (id)=(2) already exists.');
    expect(db.session.transactionStatus).toBe('E');
    expect(await db.error('SELECT 1')).toMatch(/^25P02/);
    expect(await db.run('COMMIT')).toEqual(['ROLLBACK']);
    expect(await db.run('SELECT id, v FROM t')).toEqual(['1|10']);
    await db.run('BEGIN; DELETE FROM t; INSERT INTO t VALUES (1, 3), (4, 4); COMMIT');
    expect(await db.run('SELECT v FROM s', other)).toEqual(['7']);
  });

  it('has savepoints', async () => {
    await db.run('BEGIN; INSERT INTO t VALUES (1, 1); SAVEPOINT a; INSERT INTO t VALUES (2, 2)');
    expect(await db.error('INSERT INTO t VALUES (1, 1)')).toMatch(/^23505/);
    await db.run('ROLLBACK TO SAVEPOINT a');
    expect(await db.run('SELECT id FROM t')).toEqual(['1']);
    await db.run('INSERT INTO t VALUES (3, 3); RELEASE SAVEPOINT a; COMMIT');
    expect(await db.run('SELECT id FROM t ORDER BY id')).toEqual(['1', '3']);
    expect(await db.error('SAVEPOINT x')).toMatch(/^25P01/);
  });

  it('takes DDL back', async () => {
    await db.run('BEGIN; CREATE TABLE n (a INT); INSERT INTO n VALUES (1); CREATE VIEW nv AS SELECT * FROM n; ROLLBACK');
    expect(await db.error('SELECT * FROM n')).toMatch(/^42P01/);
    await db.run('CREATE VIEW keep AS SELECT 1 AS a; BEGIN; DROP VIEW keep; ROLLBACK');
    expect(await db.run('SELECT * FROM keep')).toEqual(['1']);
    await db.run('BEGIN; DROP TABLE log; ROLLBACK');
    expect(await db.run('SELECT count(*) FROM log')).toEqual(['0']);
    await db.run('BEGIN; CREATE TABLE n (a INT); INSERT INTO n VALUES (1); COMMIT');
    await db.restart();
    expect(await db.run('SELECT * FROM n')).toEqual(['1']);
  });

  it('of writers waits, and refuses a deadlock', async () => {
    const other = db.connect();
    await db.run('BEGIN; INSERT INTO t VALUES (1, 1)');
    const waits = db.run('INSERT INTO t VALUES (1, 2)', other);
    await db.run('COMMIT');
    await expect(waits).rejects.toThrow(/duplicate key/);
    await db.run('SET lock_timeout = 20; BEGIN; INSERT INTO log VALUES (1)', other);
    await db.run('BEGIN; UPDATE t SET v = 9');
    expect(await db.error('DELETE FROM t', other)).toMatch(/^57014 .*lock timeout/);
    await db.run('ROLLBACK', other);
    await db.run('ROLLBACK');
  });

  it('is implicit for what is sent together', async () => {
    const { session } = db;
    session.beginImplicit();
    await db.run('INSERT INTO t VALUES (1, 1)');
    expect(await db.error('INSERT INTO t VALUES (1, 1)')).toMatch(/^23505/);
    await session.endImplicit(true);
    expect(await db.run('SELECT count(*) FROM t')).toEqual(['0']);
    session.beginImplicit();
    await db.run('INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 1)');
    expect(await db.run('SELECT v FROM s')).toEqual(['2']);
    await session.endImplicit(false);
    expect(session.transactionStatus).toBe('I');
    session.beginImplicit();
    await db.run('INSERT INTO t VALUES (5, 1); BEGIN; INSERT INTO t VALUES (6, 1)');
    await session.endImplicit(false);
    expect(session.transactionStatus).toBe('T');
    await db.run('ROLLBACK');
    expect(await db.run('SELECT count(*) FROM t')).toEqual(['2']);
  });

  it('undoes SET, knows READ ONLY, warns of needless ends', async () => {
    await db.run("BEGIN; SET TimeZone = 'Asia/Tokyo'; SET LOCAL application_name = 'x'; ROLLBACK");
    expect(await db.run('SHOW TimeZone')).toEqual(['UTC']);
    await db.run('BEGIN READ ONLY');
    expect(await db.error('INSERT INTO log VALUES (1)')).toMatch(/^25006/);
    await db.run('ROLLBACK; COMMIT');
    expect(db.notices).toContain('WARNING: there is no transaction in progress');
    expect(await db.run('SHOW transaction_read_only')).toEqual(['off']);
  });
});
