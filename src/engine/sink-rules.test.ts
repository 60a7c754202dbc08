import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** What Flink's settings of sinks and ON CONFLICT make of rows that meet in a key or don't fit the columns. */

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open({ parallelism: 2 });
  await t.run(`CREATE TABLE a (id INT PRIMARY KEY, k INT, s TEXT);
    CREATE TABLE p (k INT PRIMARY KEY NOT ENFORCED, s TEXT) WITH ('connector' = 'print')`);
});
afterEach(() => t.close());

/** What the printed changes come to. */
function shown(): string[] {
  const rows = new Map<string, number>();
  for (const line of t.printed) {
    const row = line.slice(2);
    rows.set(row, (rows.get(row) ?? 0) + (line.startsWith('+') ? 1 : -1));
  }
  return [...rows].filter(([, n]) => n !== 0).map(([row, n]) => (n === 1 ? row : `${row} ${n} times`)).sort();
}
const printed = (rows: string[]): Promise<void> => expect.poll(shown).toEqual(rows);

describe('rows that meet in the key of a sink', () => {
  it('DO NOTHING shows the oldest, and the next when it is taken back', async () => {
    await t.run('INSERT INTO p SELECT k, s FROM a ON CONFLICT DO NOTHING');
    await t.run(`INSERT INTO a VALUES (1, 1, 'm')`);
    await printed(['[1, m]']);
    await t.run(`INSERT INTO a VALUES (2, 1, 'a'), (3, 2, 'x')`);
    await printed(['[1, m]', '[2, x]']);
    await t.run(`INSERT INTO a VALUES (4, 1, 'z')`);
    await t.restart();
    await t.run('DELETE FROM a WHERE id = 1');
    await printed(['[1, a]', '[2, x]']);
    await t.run('DELETE FROM a WHERE id = 2');
    await printed(['[1, z]', '[2, x]']);
    await t.run('DELETE FROM a');
    await printed([]);
  });

  it('DO DEDUPLICATE shows the newest, and the one before when it is taken back', async () => {
    await t.run('INSERT INTO p SELECT k, s FROM a ON CONFLICT DO DEDUPLICATE');
    await t.run(`INSERT INTO a VALUES (1, 1, 'm')`);
    await t.run(`INSERT INTO a VALUES (2, 1, 'z')`);
    await t.run(`INSERT INTO a VALUES (3, 1, 'a')`);
    await printed(['[1, a]']);
    await t.restart();
    await t.run('DELETE FROM a WHERE id = 3');
    await printed(['[1, z]']);
    await t.run('UPDATE a SET k = 5 WHERE id = 2');
    await printed(['[1, m]', '[5, z]']);
  });

  it('have to be told apart where table.exec.sink.require-on-conflict is on', async () => {
    await t.run(`SET 'table.exec.sink.require-on-conflict' = 'true'`);
    expect(await t.error('INSERT INTO p SELECT k, s FROM a')).toMatch(/^42P16 rows of the query may meet in the primary key of sink "p"/);
    expect(await t.error('INSERT INTO p SELECT id, s FROM a')).toBe('no error');
    expect(await t.error('INSERT INTO p SELECT k, s FROM a ON CONFLICT DO NOTHING')).toBe('no error');
  });
});

it('table.exec.sink.upsert-materialize: where rows are kept that meet in a key', async () => {
  const plan = async (query: string): Promise<string> => (await t.run(`EXPLAIN INSERT INTO q ${query}`)).join('\n');
  await t.run(`CREATE TABLE q (k INT PRIMARY KEY NOT ENFORCED, s TEXT) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'key.format' = 'json', 'value.format' = 'json')`);
  expect(await plan('SELECT k, s FROM a')).toContain('TopN');
  expect(await plan('SELECT id, s FROM a')).not.toContain('TopN');
  await t.run(`SET 'table.exec.sink.upsert-materialize' = 'FORCE'`);
  expect(await plan('SELECT id, s FROM a')).toContain('TopN');
  await t.run(`SET 'table.exec.sink.upsert-materialize' = 'NONE'`);
  expect(await plan('SELECT k, s FROM a')).not.toContain('TopN');
});

describe('rows that do not fit the columns of a sink', () => {
  beforeEach(async () => {
    await t.run(`CREATE TABLE n (k INT NOT NULL, s TEXT) WITH ('connector' = 'print')`);
  });
  it('a NULL where none is taken is refused as other errors are', async () => {
    await t.run('INSERT INTO n SELECT k, s FROM a');
    await t.run(`INSERT INTO a VALUES (1, 1, 'x'), (2, NULL, 'y'), (3, NULL, NULL)`);
    await printed(['[1, x]']);
    expect(await t.run('SELECT reason FROM millrace_catalog.job_errors')).toEqual(Array(2).fill('null value in column "k" of sink "n" violates not-null constraint'));
    await t.run('UPDATE a SET k = 7 WHERE id = 2; UPDATE a SET k = NULL WHERE id = 1');
    await printed(['[7, y]']);
    await t.run('DELETE FROM a');
    await printed([]);
  });
  it('or dropped', async () => {
    await t.run(`SET 'table.exec.sink.not-null-enforcer' = 'DROP'; INSERT INTO n SELECT k, s FROM a; RESET ALL`);
    await t.run(`INSERT INTO a VALUES (1, 1, 'x'), (2, NULL, 'y')`);
    await printed(['[1, x]']);
    await t.restart();
    await t.run(`INSERT INTO a VALUES (3, NULL, 'x'), (4, 4, 'z')`);
    await printed(['[1, x]', '[4, z]']);
    expect(await t.run('SELECT reason FROM millrace_catalog.job_errors')).toEqual([]);
  });
  it('or fails the job', async () => {
    await t.run(`SET 'millrace.on-error' = 'fail'; INSERT INTO n SELECT k, s FROM a; INSERT INTO a VALUES (2, NULL, 'y')`);
    await expect.poll(() => t.run('SELECT state, error FROM millrace_catalog.jobs')).toEqual([expect.stringMatching(/^failed\|.*violates not-null/)]);
  });
  it('a text that is too long is refused, or cut', async () => {
    await t.run(`CREATE TABLE short (v VARCHAR(3), c CHAR(3)) WITH ('connector' = 'print'); INSERT INTO short SELECT s, s FROM a; INSERT INTO a VALUES (1, 1, 'abcdef'), (2, 1, 'z')`);
    await printed(['[z, z  ]']);
    expect(await t.run('SELECT reason FROM millrace_catalog.job_errors')).toEqual(['value too long for type character varying(3)']);
    t.printed.length = 0;
    await t.run(`SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD'; INSERT INTO short SELECT s, s FROM a`);
    await printed(['[abc, abc]', '[z, z  ]']);
    t.printed.length = 0;
    await t.run(`SET 'table.exec.sink.type-length-enforcer' = 'IGNORE'; INSERT INTO short SELECT s, s FROM a`);
    await printed(['[abcdef, abcdef]', '[z, z]']);
    await t.restart();
    await t.run(`INSERT INTO a VALUES (3, 1, 'later')`);
    await expect.poll(() => t.printed.some((l) => l.includes('[later, later]'))).toBe(true);
  });
});

describe('BINARY(n) and VARBINARY(n)', () => {
  it('of a sink: bytes that are too long are refused, or cut', async () => {
    await t.run(`CREATE TABLE bytes (v VARBINARY(3), b BINARY(3)) WITH ('connector' = 'print');
      INSERT INTO bytes SELECT convert_to(s, 'UTF8'), convert_to(s, 'UTF8') FROM a; INSERT INTO a VALUES (1, 1, 'abcdef'), (2, 1, 'z')`);
    await printed(['[[122], [122, 0, 0]]']);
    expect(await t.run('SELECT reason FROM millrace_catalog.job_errors')).toEqual(['value too long for type varbinary(3)']);
    t.printed.length = 0;
    await t.run(`SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD'; INSERT INTO bytes SELECT convert_to(s, 'UTF8'), convert_to(s, 'UTF8') FROM a`);
    await printed(['[[122], [122, 0, 0]]', '[[97, 98, 99], [97, 98, 99]]']);
  });

  it('are shown, and kept over a restart', async () => {
    await t.run(`CREATE TABLE bytes (b BINARY(4), v VARBINARY(10), l ARRAY<BINARY(2)>, u BYTES); CREATE VIEW bv AS SELECT v, CAST(v AS BINARY(3)) AS c, coalesce(b, v) AS m FROM bytes`);
    for (const when of ['before', 'after']) {
      expect(await t.run('DESCRIBE bytes'), when).toEqual(['b|binary(4)|TRUE|||', 'v|varbinary(10)|TRUE|||', 'l|binary(2)[]|TRUE|||', 'u|bytea|TRUE|||']);
      expect((await t.run('SHOW CREATE TABLE bytes')).join('\n'), when).toMatch(/b binary\(4\),\s+v varbinary\(10\),\s+l binary\(2\)\[\],\s+u bytea/);
      expect(await t.run('DESCRIBE bv'), when).toEqual(['v|varbinary(10)|TRUE|||', 'c|binary(3)|TRUE|||', 'm|bytea|TRUE|||']);
      expect(await t.run(`SELECT data_type, udt_name FROM information_schema.columns WHERE table_name = 'bytes' AND column_name = 'b'`), when).toEqual(['bytea|bytea']);
      expect(await t.run(`SELECT atttypid, atttypmod, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'bytes'::regclass AND attname = 'b'`), when).toEqual(['17|-1|bytea']);
      await t.restart();
    }
    await t.run(`CREATE FUNCTION two(b BINARY(2)) RETURNS VARBINARY(2) AS $$ SELECT b $$ LANGUAGE SQL`);
    expect(await t.run(`SELECT two(x'01')`)).toEqual(['\\x0100']);
    await t.run(`INSERT INTO bytes (b, l) VALUES ($1, ARRAY[x'01'])`, t.session, [Uint8Array.of(1)]);
    expect(await t.run('SELECT b, l FROM bytes')).toEqual(['\\x01000000|{"\\\\x0100"}']);
    expect(await t.error(`INSERT INTO bytes (b) VALUES (x'0102030405')`)).toMatch(/^22001 value too long for type binary\(4\)/);
  });
});

it('table.optimizer.agg-phase-strategy is that of when the job was started', async () => {
  await t.run(`CREATE TABLE src (k INT, v INT) WITH ('connector' = 'datagen')`);
  const plan = async (): Promise<string> => (await t.run('EXPLAIN SELECT k, sum(v) FROM src GROUP BY k EMIT CHANGES')).join('\n');
  expect(await plan()).toContain('GroupAggregate partial');
  await t.run(`SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE'`);
  expect(await plan()).not.toContain('partial');
});
