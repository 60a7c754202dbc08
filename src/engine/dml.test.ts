import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
  await db.run("CREATE TABLE t (id INT PRIMARY KEY, v TEXT NOT NULL DEFAULT 'new', n INT); CREATE TABLE bag (a INT, b INT)");
});
afterEach(async () => await db.close());
const rows = (): Promise<string[]> => db.run('SELECT * FROM t ORDER BY id');

describe('rows of stored tables', () => {
  it('are checked', async () => {
    await db.run("INSERT INTO t VALUES (1, 'a', 1)");
    expect(await db.error("INSERT INTO t VALUES (2, 'b', 1), (1, 'c', 1)")).toBe('23505 duplicate key value violates unique constraint "t_pkey" / Key (id)=(1) already exists.');
    expect(await db.error("INSERT INTO t VALUES (2, 'b', 1), (2, 'c', 1)")).toMatch(/^23505/);
    expect(await db.error('INSERT INTO t VALUES (2, NULL, 1)')).toBe('23502 null value in column "v" of relation "t" violates not-null constraint / Failing row contains (2, null, 1).');
    expect(await db.error('INSERT INTO t (v) VALUES ($$x$$)')).toMatch(/^23502/);
    expect(await db.error('UPDATE t SET v = NULL')).toMatch(/^23502/);
    expect(await rows()).toEqual(['1|a|1']);
  });

  it('come with ON CONFLICT', async () => {
    await db.run("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
    expect(await db.run("INSERT INTO t VALUES (1, 'x', 9), (3, 'c', 3) ON CONFLICT DO NOTHING RETURNING id")).toEqual(['3']);
    expect(await db.run("INSERT INTO t VALUES (1, 'x', 9), (4, 'd', 4) ON CONFLICT (id) DO UPDATE SET v = excluded.v, n = t.n + excluded.n")).toEqual(['INSERT 0 2']);
    expect(await db.run("INSERT INTO t VALUES (2, 'y', 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE t.n > 100")).toEqual(['INSERT 0 0']);
    expect(await db.error("INSERT INTO t VALUES (7, 'y', 1), (7, 'z', 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v")).toMatch(/^21000/);
    expect(await rows()).toEqual(['1|x|10', '2|b|2', '3|c|3', '4|d|4']);
    await db.run('INSERT INTO bag VALUES (1, 7), (3, 8)');
    expect(await db.run("INSERT INTO t VALUES (1, 'p', 0), (2, 'q', 0), (3, 'r', 0) ON CONFLICT (id) DO UPDATE SET n = (SELECT b FROM bag WHERE a = excluded.id), v = excluded.v WHERE EXISTS (SELECT 1 FROM bag WHERE a = t.id) RETURNING id, (SELECT sum(n) FROM t)")).toEqual(['1|19', '3|19']);
    expect(await rows()).toEqual(['1|p|7', '2|b|2', '3|r|8', '4|d|4']);
    expect(await db.error('DELETE FROM t RETURNING 1 / (id - 2)')).toMatch(/^22012/);
    expect(await rows()).toHaveLength(4);
  });

  it('are updated, keys too', async () => {
    await db.run("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    expect(await db.run('UPDATE t SET id = 3 - id WHERE id < 3')).toEqual(['UPDATE 2']);
    expect(await rows()).toEqual(['1|b|2', '2|a|1', '3|c|3']);
    expect(await db.error('UPDATE t SET id = 3 WHERE id = 1')).toMatch(/^23505/);
    expect(await db.run("UPDATE t SET v = DEFAULT, n = n * 2 WHERE id = 3 RETURNING *")).toEqual(['3|new|6']);
    await db.run('INSERT INTO bag VALUES (1, 100), (1, 200), (3, 300)');
    expect(await db.run('UPDATE t SET n = bag.b FROM bag WHERE bag.a = t.id')).toEqual(['UPDATE 2']);
    expect(await db.run('DELETE FROM t USING bag WHERE bag.a = t.id')).toEqual(['DELETE 2']);
    expect(await rows()).toEqual(['2|a|1']);
    expect(await db.run('UPDATE bag SET b = b + 1 WHERE a = 1')).toEqual(['UPDATE 2']);
    expect(await db.run('SELECT * FROM bag ORDER BY b')).toEqual(['1|101', '1|201', '3|300']);
    expect(await db.run('TRUNCATE t, bag')).toEqual(['TRUNCATE TABLE']);
    expect(await rows()).toEqual([]);
  });

  it('of a table without a key are changed by a join, each once', async () => {
    await db.run('INSERT INTO bag VALUES (1, 5), (1, 5), (2, 6), (3, 7), (NULL, 8); CREATE TABLE s (a INT, n INT); INSERT INTO s VALUES (1, 10), (1, 10), (1, 10), (3, 30)');
    expect(await db.run('UPDATE bag SET b = bag.b + s.n FROM s WHERE s.a = bag.a RETURNING a, b')).toEqual(['1|15', '1|15', '3|37']);
    expect(await db.run('SELECT * FROM bag ORDER BY a, b')).toEqual(['1|15', '1|15', '2|6', '3|37', '|8']);
    expect(await db.run('DELETE FROM bag USING bag other WHERE other.a = bag.a AND bag.a < 3 RETURNING bag.a')).toHaveLength(3);
    expect(await db.run('SELECT a FROM bag ORDER BY a')).toEqual(['3', '']);
    await db.run('BEGIN; INSERT INTO bag VALUES (3, 37), (4, 1)');
    expect(await db.run('DELETE FROM bag USING s WHERE s.a = bag.a')).toEqual(['DELETE 2']);
    expect(await db.run('SELECT a FROM bag ORDER BY a')).toEqual(['4', '']);
    await db.run('COMMIT');
    expect(await db.run('SELECT a FROM bag ORDER BY a')).toEqual(['4', '']);
  });

  it('come from queries and with parameters', async () => {
    await db.run('INSERT INTO bag SELECT x, x * x FROM generate_series(1, 5) AS g(x)');
    expect(await db.run('INSERT INTO t (id, n) SELECT a, b FROM bag WHERE a > 3')).toEqual(['INSERT 0 2']);
    expect(await db.run('SELECT v, n FROM t WHERE id = $1', db.session, [5])).toEqual(['new|25']);
    await db.run('PREPARE p(int) AS SELECT n FROM t WHERE id = $1');
    expect(await db.run('EXECUTE p(4)')).toEqual(['16']);
    expect(await db.error('EXECUTE p(4, 5)')).toMatch(/^42601 wrong number/);
    await db.run('DEALLOCATE p');
    expect(await db.error('EXECUTE p(4)')).toMatch(/^26000/);
    expect(await db.run('CREATE TABLE c AS SELECT a, b FROM bag')).toEqual(['SELECT 5']);
    expect(await db.run('SELECT sum(b) FROM c')).toEqual(['55']);
    expect(await db.error("CREATE TABLE d (x INT) WITH ('connector' = 'datagen'); CREATE TABLE e AS SELECT x FROM d")).toMatch(/^0A000/);
    expect(await db.error('SELECT * FROM e')).toMatch(/^42P01/);
  });

  it('of an append-only table stay', async () => {
    await db.run('CREATE TABLE a (x INT) APPEND ONLY; INSERT INTO a VALUES (1)');
    expect(await db.error('DELETE FROM a')).toMatch(/^42809/);
    expect(await db.error('UPDATE a SET x = 2')).toMatch(/^42809/);
  });

  it('are read by plans that no job can run', async () => {
    await db.run('INSERT INTO bag VALUES (1, 1), (1, 2), (2, 3)');
    expect(await db.run('SELECT a, b, lag(b) OVER (ORDER BY b) FROM bag ORDER BY b')).toEqual(['1|1|', '1|2|1', '2|3|2']);
    expect(await db.run('SELECT a, sum(b) OVER (PARTITION BY a ORDER BY b) FROM bag ORDER BY b')).toEqual(['1|1', '1|3', '2|3']);
    expect(await db.run("SELECT relname, (SELECT count(*) FROM bag) FROM pg_class WHERE relname = 'bag'")).toEqual(['bag|3']);
  });
});
