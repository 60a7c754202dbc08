import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open({ parallelism: 3 });
});
afterEach(async () => {
  await t.close();
});

describe.each([['with a key', ' PRIMARY KEY'], ['without one', '']])('UNIQUE of a stored table %s', (_, key) => {
  beforeEach(async () => {
    await t.run(`CREATE TABLE a (id INT${key}, e TEXT UNIQUE, x INT, y INT, CONSTRAINT xy UNIQUE NULLS NOT DISTINCT (y, x)); INSERT INTO a VALUES (1, 'a', 1, 1), (2, 'b', 1, 2), (3, NULL, 2, 1), (4, NULL, NULL, 5)`);
  });

  it('is kept by every way of writing', async () => {
    expect(await t.error(`INSERT INTO a VALUES (9, 'a', 9, 9)`)).toBe('23505 duplicate key value violates unique constraint "a_e_key" / Key (e)=(a) already exists.');
    expect(await t.error(`INSERT INTO a VALUES (9, 'z', 1, 2)`)).toBe('23505 duplicate key value violates unique constraint "xy" / Key (y, x)=(2, 1) already exists.');
    expect(await t.error(`INSERT INTO a VALUES (9, 'z', NULL, 5)`)).toBe('23505 duplicate key value violates unique constraint "xy" / Key (y, x)=(5, null) already exists.');
    expect(await t.error(`INSERT INTO a VALUES (9, 'y', 8, 8), (10, 'y', 9, 9)`)).toContain('"a_e_key"');
    expect(await t.error(`UPDATE a SET e = 'a' WHERE id = 2`)).toContain('"a_e_key"');
    expect(await t.error(`UPDATE a SET e = 'same'`)).toContain('"a_e_key"');
    // The values may go round within a statement.
    await t.run(`UPDATE a SET e = CASE e WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END; UPDATE a SET x = x WHERE id < 3`);
    await t.run(`DELETE FROM a WHERE id = 1; INSERT INTO a VALUES (1, 'b', 1, 1), (5, NULL, 7, 7)`);
    expect(await t.run('SELECT id, e FROM a ORDER BY id')).toEqual(['1|b', '2|a', '3|', '4|', '5|']);
    expect(await t.error(`INSERT OVERWRITE a SELECT i, 'q', i, i FROM generate_series(1, 2) AS g(i)`)).toContain('23505');
    await t.run(`INSERT OVERWRITE a SELECT i, 'q' || i, i, i FROM generate_series(1, 1000) AS g(i)`);
    expect(await t.error(`INSERT INTO a SELECT i + 5000, 'q' || i, i + 5000, i FROM generate_series(990, 2000) AS g(i)`)).toContain('"a_e_key"');
    await t.restart();
    expect(await t.error(`INSERT INTO a VALUES (5001, 'q7', 0, 0)`)).toContain('"a_e_key"');
  });

  it('counts what a transaction block has written', async () => {
    await t.run(`BEGIN; INSERT INTO a VALUES (5, 'n', 5, 5)`);
    expect(await t.error(`INSERT INTO a VALUES (6, 'n', 6, 6)`)).toContain('23505');
    await t.run(`ROLLBACK; BEGIN; DELETE FROM a WHERE e = 'a'; INSERT INTO a VALUES (5, 'a', 5, 5); UPDATE a SET e = 'm' WHERE id = 5; INSERT INTO a VALUES (6, 'a', 6, 6); COMMIT`);
    expect(await t.run('SELECT id, e FROM a WHERE e IS NOT NULL ORDER BY id')).toEqual(['2|b', '5|m', '6|a']);
  });

  it('holds between sessions that write at the same time', async () => {
    const sessions = Array.from({ length: 6 }, () => t.connect());
    const said = await Promise.all(sessions.map((s, i) => t.error(`INSERT INTO a VALUES (${100 + i}, 'once', ${100 + i}, 0)`, s)));
    expect(said.filter((e) => e === 'no error')).toHaveLength(1);
    expect(said.filter((e) => e.includes('"a_e_key"'))).toHaveLength(5);
    expect(await t.run(`SELECT count(*) FROM a WHERE e = 'once'`)).toEqual(['1']);
  });

  it('is what ON CONFLICT may name', async () => {
    await t.run(`INSERT INTO a VALUES (7, 'a', 7, 7), (8, 'h', 8, 8) ON CONFLICT (e) DO UPDATE SET x = excluded.x + 100`);
    expect(await t.run(`SELECT id, x FROM a WHERE e IN ('a', 'h') ORDER BY id`)).toEqual(['1|107', '8|8']);
    await t.run(`INSERT INTO a VALUES (11, 'k', 1, 2), (12, 'l', 12, 12) ON CONFLICT (x, y) DO NOTHING`);
    expect(await t.run('SELECT id FROM a WHERE id > 10')).toEqual(['12']);
    await t.run(`INSERT INTO a VALUES (13, 'a', 0, 0), (14, 'w', 1, 2), (15, 'v', 15, 15), (16, 'v', 16, 16), (17, NULL, 17, 17) ON CONFLICT DO NOTHING`);
    expect(await t.run('SELECT id FROM a WHERE id > 12 ORDER BY id')).toEqual(['15', '17']);
    expect(await t.error(`INSERT INTO a VALUES (18, 'v', 18, 18), (19, 'v', 19, 19) ON CONFLICT (e) DO UPDATE SET y = 0`)).toContain('21000');
    expect(await t.error(`INSERT INTO a VALUES (20, 'nn', 1, 2) ON CONFLICT (e) DO NOTHING`)).toContain('"xy"');
    expect(await t.error('INSERT INTO a VALUES (1) ON CONFLICT (x) DO NOTHING')).toContain('42P10');
  });

  it('comes and goes by ALTER TABLE', async () => {
    expect(await t.error('ALTER TABLE a ADD UNIQUE (x)')).toBe('23505 could not create unique index "a_x_key" / Key (x)=(1) is duplicated.');
    await t.run('CREATE MATERIALIZED VIEW m AS SELECT count(e) AS c FROM a; ALTER TABLE a ADD CONSTRAINT ids UNIQUE (id), DROP CONSTRAINT xy');
    expect(await t.error('ALTER TABLE a ADD CONSTRAINT ids UNIQUE (x)')).toContain('42710 constraint "ids" for relation "a" already exists');
    await t.run(`INSERT INTO a VALUES (5, 'e', 1, 1); ALTER TABLE a RENAME COLUMN e TO f`);
    expect(await t.run('SELECT c FROM m')).toEqual(['3']);
    await t.restart();
    expect(await t.error(`INSERT INTO a VALUES (6, 'e', 1, 1)`)).toContain('Key (f)=(e) already exists');
    expect(await t.error(`INSERT INTO a VALUES (1, 'new', 1, 1)`)).toContain('23505');
    await t.run('DROP MATERIALIZED VIEW m; ALTER TABLE a DROP COLUMN f; INSERT INTO a VALUES (7, 1, 1)');
    expect((await t.run('SHOW CREATE TABLE a')).join()).toContain('CONSTRAINT ids UNIQUE (id)');
    expect(await t.error('BEGIN; ALTER TABLE a ADD UNIQUE (id, x)')).toContain('0A000');
  });
});

it('is shown as PostgreSQL shows it, and serves reads', async () => {
  await t.run('CREATE TABLE a (id INT PRIMARY KEY, e TEXT UNIQUE, x INT, UNIQUE NULLS NOT DISTINCT (x, id)); CREATE TABLE b LIKE a');
  expect(await t.run(`SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'a'::regclass ORDER BY 1`)).toEqual(['a_e_key|u|UNIQUE (e)', 'a_pkey|p|PRIMARY KEY (id)', 'a_x_id_key|u|UNIQUE NULLS NOT DISTINCT (x, id)']);
  expect(await t.run(`SELECT indexrelid::regclass, indisunique::text, indisprimary::text, indnullsnotdistinct::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'a'::regclass ORDER BY 5`)).toEqual([
    'a_e_key|true|false|false|CREATE UNIQUE INDEX a_e_key ON public.a USING btree (e)', 'a_pkey|true|true|false|CREATE UNIQUE INDEX a_pkey ON public.a USING btree (id)',
    'a_x_id_key|true|false|true|CREATE UNIQUE INDEX a_x_id_key ON public.a USING btree (x, id) NULLS NOT DISTINCT',
  ]);
  expect(await t.run(`SELECT constraint_name, constraint_type, enforced FROM information_schema.table_constraints WHERE table_name = 'b' ORDER BY 1`)).toEqual(['b_e_key|UNIQUE|YES', 'b_pkey|PRIMARY KEY|YES', 'b_x_id_key|UNIQUE|YES']);
  expect(await t.run(`SELECT constraint_name, column_name, ordinal_position FROM information_schema.key_column_usage WHERE table_name = 'a' AND constraint_name LIKE '%key' AND constraint_name <> 'a_pkey' ORDER BY 1, 3`)).toEqual(['a_e_key|e|1', 'a_x_id_key|x|1', 'a_x_id_key|id|2']);
  await t.run(`INSERT INTO a SELECT i, 'e' || i, i FROM generate_series(1, 50) AS g(i)`);
  expect((await t.run(`EXPLAIN SELECT id FROM a WHERE e = 'e7'`)).at(-1)).toContain('a_e_key');
  expect(await t.run(`SELECT id FROM a WHERE e = 'e7'`)).toEqual(['7']);
});

it('is declared, and not enforced, of a connector table', async () => {
  await t.run(`CREATE TABLE c (a INT, b INT UNIQUE NOT ENFORCED) WITH ('connector' = 'datagen'); ALTER TABLE c ADD UNIQUE (a, b) NOT ENFORCED`);
  await t.restart();
  expect((await t.run('SHOW CREATE TABLE c')).join()).toMatch(/CONSTRAINT c_b_key UNIQUE \(b\) NOT ENFORCED,\s+CONSTRAINT c_a_b_key UNIQUE \(a, b\) NOT ENFORCED/);
  expect(await t.error(`CREATE TABLE d (a INT UNIQUE) WITH ('connector' = 'datagen')`)).toContain('cannot be enforced');
  expect(await t.error('CREATE TABLE d (a INT UNIQUE NOT ENFORCED)')).toContain('0A000');
  expect(await t.error('CREATE TABLE d (a INT, UNIQUE (a, a))')).toContain('42701');
  expect(await t.error('CREATE TABLE d (a INT PRIMARY KEY NULLS NOT DISTINCT)')).toContain('42601');
  expect(await t.error('CREATE TABLE d (a INT UNIQUE DEFERRABLE INITIALLY DEFERRED)')).not.toBe('no error');
  expect(await t.error('CREATE TABLE d (a INT, b AS a + 1, UNIQUE (b))')).toContain('computed column');
});
