import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-table-sinks-'));
  t = await TestEngine.open({ workDir: dir });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});
const rows = (sql: string): { toEqual: (lines: readonly string[]) => Promise<void> } => ({ toEqual: (lines) => expect.poll(() => t.run(sql)).toEqual(lines) });
const file = (name: string, columns: string, more = ", 'source.monitor-interval' = '20 ms'"): string => `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'csv'${more})`;
/** A file that is there as a whole at once. */
async function put(folder: string, name: string, ...lines: string[]): Promise<void> {
  await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, `${folder}.part`), `${lines.join('\n')}\n`);
  await rename(join(dir, `${folder}.part`), join(dir, folder, name));
}

describe('jobs that write stored tables', () => {
  it('an endless INSERT goes on adding rows to a table without a key', async () => {
    await t.run(`${file('src', 'k INT, v TEXT')}; CREATE TABLE t (k INT, v TEXT DEFAULT 'none', n INT DEFAULT 7); CREATE MATERIALIZED VIEW sums AS SELECT k, count(*) AS c FROM t GROUP BY k`);
    await put('src', 'a.csv', '1,x', '1,x', '2,y');
    expect(await t.run('INSERT INTO t (k, v) SELECT k, v FROM src')).toEqual(['INSERT 0 0']);
    await rows('SELECT * FROM t ORDER BY k, v').toEqual(['1|x|7', '1|x|7', '2|y|7']);
    await rows('SELECT * FROM sums ORDER BY k').toEqual(['1|2', '2|1']);
    await put('src', 'b.csv', '3,z');
    await rows('SELECT k FROM t ORDER BY k').toEqual(['1', '1', '2', '3']);
    await t.run(`DELETE FROM t WHERE k = 1; INSERT INTO t VALUES (9, 'mine')`);
    await t.restart();
    await put('src', 'c.csv', '4,w');
    await rows('SELECT k FROM t ORDER BY k').toEqual(['2', '3', '4', '9']);
  });

  it('rows of one key take the place of one another in a table with a key', async () => {
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO a VALUES (1, 10), (2, 20); INSERT INTO t VALUES (2, 0), (3, 0)`);
    await t.run('CREATE SINK s INTO t FROM a');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|10', '2|20', '3|0']);
    await t.run('UPDATE a SET n = n + 1; DELETE FROM a WHERE id = 2; INSERT INTO a VALUES (5, 50)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|11', '3|0', '5|50']);
    await t.run('UPDATE t SET n = 100 WHERE id = 1; DELETE FROM t WHERE id = 5');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|100', '3|0']);
    await t.run('UPDATE a SET n = n + 1');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|12', '3|0', '5|51']);
    await t.restart();
    await t.run('INSERT INTO a VALUES (6, 60)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|12', '3|0', '5|51', '6|60']);
  });

  it('a job whose inputs end finishes when its rows are in the table', async () => {
    await put('src', 'a.csv', '1,10', '2,20', '1,30');
    await t.run(`${file('src', 'k INT, n INT', '')}; CREATE TABLE t (k INT PRIMARY KEY, n INT); CREATE TABLE log (k INT)`);
    await t.run(`CREATE TABLE p (k INT) WITH ('connector' = 'print'); SET 'table.dml-sync' = 'true'`);
    await t.run('EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT k, n FROM src; INSERT INTO log SELECT k FROM src; INSERT INTO p SELECT k FROM src; END');
    expect(await t.run('SELECT * FROM log ORDER BY k')).toEqual(['1', '1', '2']);
    await t.run('CREATE SINK s INTO t AS SELECT k + 5, n FROM src');
    await rows('SELECT * FROM t ORDER BY k').toEqual(['1|30', '2|20', '6|30', '7|20']);
    await rows(`SELECT state FROM millrace_catalog.jobs WHERE name = 's'`).toEqual(['finished']);
    await t.restart();
    expect(await t.run('SELECT count(*) FROM t')).toEqual(['4']);
  });

  it('stands beside connectors in a statement set, and all of its tables change at once', async () => {
    await put('src', 'a.csv', '1,10', '2,20');
    await t.run(`${file('src', 'k INT, n INT')}; CREATE TABLE a (k INT, n INT); CREATE TABLE b (k INT PRIMARY KEY, n BIGINT); CREATE TABLE p (k INT) WITH ('connector' = 'print'); CREATE MATERIALIZED VIEW apart AS SELECT (SELECT sum(n) FROM a) - (SELECT sum(n) FROM b) AS d`);
    await t.run('EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT k, n FROM src; INSERT INTO b SELECT k, sum(n) FROM src GROUP BY k; INSERT INTO p SELECT k FROM src; END');
    await rows('SELECT * FROM b ORDER BY k').toEqual(['1|10', '2|20']);
    for (let i = 0; i < 5; i++) {
      await put('src', `b${i}.csv`, `1,${i}`, `${i + 10},7`);
      expect((await t.run('SELECT d FROM apart'))[0]).toBe('0');
    }
    await rows('SELECT sum(n) FROM b').toEqual(['75']);
    expect(await t.run('SELECT sum(n) FROM a')).toEqual(['75']);
    expect(t.printed.toSorted()).toHaveLength(12);
  });

  it('several write one table: the last one counts', async () => {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE b (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE SINK x INTO t FROM a; CREATE SINK y INTO t FROM b');
    await t.run('INSERT INTO a VALUES (1, 1), (2, 2)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1', '2|2']);
    await t.run('INSERT INTO b VALUES (2, 20), (3, 30)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1', '2|20', '3|30']);
    await t.run('DELETE FROM a');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['3|30']);
  });

  it('waits for who holds the table, and keeps nobody else waiting', async () => {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE SINK x INTO t FROM a; INSERT INTO t VALUES (1, 0)');
    const other = t.connect();
    await t.run('BEGIN; UPDATE t SET n = 5 WHERE id = 1', other);
    await t.run('INSERT INTO a VALUES (1, 1), (2, 2)');
    // Needs checkpoints.
    await t.run('CREATE MATERIALIZED VIEW v AS SELECT count(*) AS c FROM a; CREATE MATERIALIZED VIEW w AS SELECT count(*) AS c FROM t');
    expect(await t.run('SELECT * FROM v')).toEqual(['2']);
    expect(await t.run('SELECT * FROM t', other)).toEqual(['1|5']);
    await t.run('COMMIT', other);
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1', '2|2']);
    await rows('SELECT * FROM w').toEqual(['2']);
  });

  it('depend on the table, and live through columns that it gets', async () => {
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE SINK x INTO t FROM a; INSERT INTO a VALUES (1, 1)`);
    await rows('SELECT * FROM t').toEqual(['1|1']);
    expect(await t.error('DROP TABLE t')).toContain('sink x depends on table t');
    await t.run(`ALTER TABLE t ADD COLUMN s TEXT DEFAULT 'new'`);
    await t.run('INSERT INTO a VALUES (2, 2)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1|new', '2|2|new']);
    await t.restart();
    await t.run('INSERT INTO a VALUES (3, 3)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1|new', '2|2|new', '3|3|new']);
    expect(await t.error('ALTER TABLE t DROP COLUMN n')).toContain('2BP01');
    expect(await t.error('ALTER TABLE t ADD UNIQUE (n)')).toContain('2BP01');
    await t.run('PAUSE JOB x; INSERT INTO a VALUES (4, 4); RESUME JOB x');
    await rows('SELECT count(*) FROM t').toEqual(['4']);
    await t.run('TRUNCATE t; UPDATE a SET n = 9 WHERE id = 4');
    await rows('SELECT * FROM t').toEqual(['4|9|new']);
    await t.run('DROP TABLE t CASCADE');
    expect(await t.run('SHOW SINKS')).toEqual([]);
  });

  it('refuses what it cannot keep to', async () => {
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT, n INT); CREATE TABLE k (n BIGINT PRIMARY KEY, id INT); CREATE TABLE u (id INT PRIMARY KEY, n INT UNIQUE); ${file('src', 'k INT, n INT')}`);
    expect(await t.error('CREATE SINK s INTO t AS SELECT n, count(*)::INT FROM a GROUP BY n')).toMatch(/^0A000 sink "t" accepts only inserts, but table "a", whose rows may be updated and deleted, produces updates/);
    expect(await t.error('INSERT INTO t SELECT k, count(*)::INT FROM src GROUP BY k')).toMatch(/^0A000 sink "t" accepts only inserts/);
    expect(await t.error('CREATE SINK s INTO u FROM a')).toMatch(/^0A000 .*UNIQUE/);
    expect(await t.error('INSERT INTO k SELECT k, n FROM src ON CONFLICT DO NOTHING')).toMatch(/^0A000 /);
    expect(await t.error('INSERT INTO t SELECT k, n FROM src RETURNING id')).toMatch(/^0A000 /);
    expect(await t.error('CREATE SINK s INTO a AS SELECT id, n + 1 FROM a')).toMatch(/^0A000 .*and writes it/);
    await t.run('CREATE MATERIALIZED VIEW v AS SELECT n, max(id) AS id FROM a GROUP BY n; CREATE SINK s INTO k FROM v');
    expect(await t.error('CREATE SINK z INTO a AS SELECT id, n::INT FROM k')).toMatch(/^0A000 .*and writes it/);
    expect(await t.error('INSERT INTO a SELECT k.id, src.n FROM src JOIN k ON k.n = src.k')).toMatch(/^0A000 .*and writes it/);
  });

  it('CREATE OR REPLACE SINK takes over, EXPLAIN shows the plan, equal INSERTs of a set both count', async () => {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE SINK x INTO t FROM a; INSERT INTO a VALUES (1, 1), (2, 2)');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1', '2|2']);
    await t.run('CREATE OR REPLACE SINK x INTO t AS SELECT id, n + 100 FROM a');
    await t.run('UPDATE a SET n = 3 WHERE id = 2');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['1|1', '2|103']);
    await t.restart();
    await t.run('DELETE FROM a WHERE id = 1');
    await rows('SELECT * FROM t ORDER BY id').toEqual(['2|103']);
    await put('src', 'a.csv', '1,10', '2,20');
    await t.run(`${file('src', 'k INT, n INT')}; CREATE TABLE log (k INT); CREATE TABLE p (k INT) WITH ('connector' = 'print')`);
    expect((await t.run('EXPLAIN INSERT INTO t SELECT k, n FROM src')).join('\n')).toContain('Sink t [stored table] key (id)');
    await t.run('EXECUTE STATEMENT SET BEGIN INSERT INTO log SELECT k FROM src; INSERT INTO log SELECT k FROM src; INSERT INTO p SELECT k FROM src; END');
    await rows('SELECT * FROM log ORDER BY k').toEqual(['1', '1', '2', '2']);
  });
});
