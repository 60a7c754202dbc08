import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { MemoryContent, memoryStore } from '../store/memory.ts';
import { TestEngine } from './testing/harness.ts';

describe.each([1, 3])('a connector table that is altered under its jobs, on %i workers', (parallelism) => {
  let t: TestEngine;
  let dir: string;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-alter-'));
    t = await TestEngine.open({ parallelism });
    await t.run(`CREATE TABLE src (k INT, v INT) WITH (${files('in')}, 'source.monitor-interval' = '10 ms')`);
  });
  afterEach(async () => {
    await t.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const files = (name: string): string => `'connector' = 'filesystem', 'path' = '${dir}/${name}', 'format' = 'json'`;
  const append = (...lines: string[]): void => appendFileSync(join(dir, 'in'), lines.map((l) => `${l}\n`).join(''));
  const until = async (query: string, wanted: string): Promise<void> => {
    while ((await t.run(query)).join() !== wanted) await t.run('SELECT pg_sleep(0.01)');
  };

  it('leaves each job the definition it was started with, also after a restart', async () => {
    append('{"k": 1, "v": 10}', '{"k": 2, "v": 20}');
    await t.run(`CREATE VIEW between_them AS SELECT v FROM src; CREATE MATERIALIZED VIEW total AS SELECT sum(v) AS s FROM between_them; CREATE MATERIALIZED VIEW more AS SELECT s + 1 AS m FROM total`);
    await until('SELECT s FROM total', '30');
    await t.run('DROP VIEW IF EXISTS nothing; ALTER TABLE src ADD COLUMN w TEXT');
    expect(t.notices.at(-1)).toBe('NOTICE: running jobs keep the definition of table src that they were started with');
    await t.run(`CREATE MATERIALIZED VIEW wide AS SELECT k, v, w FROM src`);
    append('{"k": 3, "v": 30, "w": "x"}');
    await until('SELECT s FROM total', '60');
    await until('SELECT count(*) FROM wide', '3');
    await t.restart();
    append('{"k": 4, "v": 40, "w": "y"}');
    await until('SELECT s, m FROM total, more', '100|101');
    await until(`SELECT string_agg(w, ',' ORDER BY k) FROM wide`, 'x,y');
  });

  it('keeps the first of several definitions, and drops what only new jobs would miss', async () => {
    append('{"k": 1, "v": 10}');
    await t.run(`CREATE MATERIALIZED VIEW total AS SELECT sum(v) AS s FROM src`);
    await t.run('ALTER TABLE src MODIFY v BIGINT; ALTER TABLE src DROP k; ALTER TABLE src RENAME COLUMN v TO u');
    append('{"k": 2, "v": 5, "u": 7}');
    await until('SELECT s FROM total', '15');
    await t.restart();
    append('{"k": 2, "v": 6, "u": 8}');
    await until('SELECT s FROM total', '21');
    expect(await t.error('CREATE MATERIALIZED VIEW again AS SELECT sum(v) AS s FROM src')).toContain('42703');
    await t.run('ALTER MATERIALIZED VIEW total AS SELECT sum(u) AS s FROM src');
    await until('SELECT s FROM total', '15');
    await t.restart();
    append('{"u": 100}');
    await until('SELECT s FROM total', '115');
  });

  it('gives a watermark and options to jobs that come later alone', async () => {
    await t.run(`CREATE TABLE clicks (ts TIMESTAMP(3), v INT) WITH (${files('in')}, 'source.monitor-interval' = '10 ms'); CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM clicks`);
    await t.run(`ALTER TABLE clicks ADD WATERMARK FOR ts AS ts; ALTER TABLE clicks SET ('json.ignore-parse-errors' = 'true')`);
    await t.run(`CREATE MATERIALIZED VIEW per_minute AS SELECT window_start, sum(v) AS s FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end EMIT ON WINDOW CLOSE`);
    append('{"ts": "2026-01-01 10:00:10", "v": 1}', '{"ts": "2026-01-01 10:01:10", "v": 2}');
    await until('SELECT n FROM n', '2');
    await until('SELECT s FROM per_minute', '1');
    await t.restart();
    await t.run('ALTER TABLE clicks DROP WATERMARK');
    append('{"ts": "2026-01-01 10:02:10", "v": 4}');
    await until('SELECT n FROM n', '3');
    await until('SELECT sum(s) FROM per_minute', '3');
    expect((await t.run('SHOW CREATE TABLE clicks')).join()).not.toContain('WATERMARK');
  });

  it('keeps the definition of a target, and that of a job which a block has started before its ALTER', async () => {
    await t.run(`CREATE TABLE out (a INT) WITH (${files('out')}); INSERT INTO out SELECT v FROM src; ALTER TABLE out ADD COLUMN b INT`);
    await t.run('BEGIN; CREATE MATERIALIZED VIEW older AS SELECT count(*) AS c FROM src; ALTER TABLE src DROP COLUMN v; CREATE MATERIALIZED VIEW newer AS SELECT count(*) AS c FROM src; COMMIT');
    await t.restart();
    append('{"k": 1, "v": 7}');
    await until('SELECT older.c, newer.c FROM older, newer', '1|1');
    const written = (): string => readdirSync(join(dir, 'out'), { recursive: true, encoding: 'utf8' }).filter((n) => !/(^|\/)[._]/.test(n)).map((n) => readFileSync(join(dir, 'out', n), 'utf8')).join('');
    for (;;) {
      try {
        if (written() !== '') break;
      } catch {
        // Not there yet.
      }
      await t.run('SELECT pg_sleep(0.01)');
    }
    expect(written()).toBe('{"a":7}\n');
    expect(await t.error('ROLLBACK')).toBe('no error');
  });
});

describe.each([1, 3])('a stored table that gets columns under its jobs, on %i workers', (parallelism) => {
  let t: TestEngine;
  beforeEach(async () => {
    t = await TestEngine.open({ parallelism });
  });
  afterEach(async () => {
    await t.close();
  });

  it.each([['with a key', true], ['without one', false]])('shows the default in the rows that are there, %s', async (_, keyed) => {
    await t.run(`CREATE TABLE a (id INT${keyed ? ' PRIMARY KEY' : ''}, n INT, twice AS n * 2); INSERT INTO a SELECT i, i * 10 FROM generate_series(1, 40) AS g(i)`);
    await t.run(`CREATE VIEW v AS SELECT id, n, twice FROM a; CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS s, sum(twice) AS t FROM v; CREATE MATERIALIZED VIEW copied AS SELECT * FROM a; CREATE MATERIALIZED VIEW joined AS SELECT x.id, y.n FROM a x JOIN a y ON x.id = y.n / 10`);
    await t.run(`ALTER TABLE a ADD COLUMN s TEXT DEFAULT 'old', ADD COLUMN d NUMERIC; INSERT INTO a VALUES (41, 410, 'new', 1.5)`);
    const rows = ['1|10|20|old|', '40|400|800|old|', '41|410|820|new|1.5'];
    const check = async (): Promise<void> => {
      expect(await t.run('SELECT * FROM a WHERE id IN (1, 40, 41) ORDER BY id')).toEqual(rows);
      expect(await t.run(`SELECT count(*), count(d) FROM a WHERE s = 'old'`)).toEqual(['40|0']);
      expect(await t.run('SELECT s, t FROM total')).toEqual(['8610|17220']);
      expect(await t.run('SELECT * FROM copied WHERE id > 39 ORDER BY id')).toEqual(['40|400|800', '41|410|820']);
      expect(await t.run('SELECT count(*) FROM joined')).toEqual(['41']);
    };
    await check();
    await t.restart();
    await check();
    await t.run('CREATE MATERIALIZED VIEW wide AS SELECT s, count(*) AS c FROM a GROUP BY s');
    expect(await t.run('SELECT * FROM wide ORDER BY s')).toEqual(['new|1', 'old|40']);
    // Rows from before are found to be changed and deleted.
    await t.run(`UPDATE a SET s = 'changed' WHERE id = 2; DELETE FROM a WHERE id = 3; DELETE FROM a WHERE id = 41`);
    expect(await t.run('SELECT * FROM wide ORDER BY s')).toEqual(['changed|1', 'old|38']);
    expect(await t.run('SELECT s FROM total')).toEqual(['8170']);
    await t.run(`ALTER TABLE a ADD COLUMN third INT DEFAULT 7; INSERT INTO a (id, n, third) VALUES (50, 0, 1)`);
    await t.restart();
    expect(await t.run('SELECT third, count(*) FROM a GROUP BY third ORDER BY third')).toEqual(['1|1', '7|39']);
    expect(await t.run('SELECT * FROM wide ORDER BY s')).toEqual(['changed|1', 'old|39']);
    expect(await t.run('SELECT count(*) FROM joined')).toEqual(['39']);
    await t.run('DROP MATERIALIZED VIEW total; DROP MATERIALIZED VIEW copied; DROP MATERIALIZED VIEW joined; DROP MATERIALIZED VIEW wide');
    await t.run('ALTER TABLE a ADD COLUMN before_all INT FIRST');
    await t.restart();
    expect(await t.run('SELECT * FROM a WHERE id IN (1, 2, 50) ORDER BY id')).toEqual(['|1|10|20|old||7', '|2|20|40|changed||7', '|50|0|0|old||1']);
    if (keyed) expect(await t.error('INSERT INTO a (id) VALUES (1)')).toContain('23505');
  });

  it('ends queries that go on, and lets those that wait for rows go on', async () => {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1); CREATE MATERIALIZED VIEW m AS SELECT count(*) AS c FROM a');
    const other = t.connect();
    const watched = t.watch('SUBSCRIBE TO a', 100, other).then(() => 'ended', (error: unknown) => String(error));
    const [, rows] = await Promise.all([t.run('ALTER TABLE a ADD COLUMN n INT DEFAULT 4'), t.run('SELECT c FROM m', t.connect())]);
    expect(rows).toEqual(['1']);
    expect(await t.run('SELECT * FROM a')).toEqual(['1|4']);
    await t.run('INSERT INTO a VALUES (2, 5)');
    expect(await Promise.race([watched, t.run('SELECT pg_sleep(20)', t.connect())])).toContain('has been altered');
  });

  it('refuses what rows from before cannot have', async () => {
    await t.run('CREATE TABLE a (id INT); CREATE MATERIALIZED VIEW m AS SELECT count(*) AS c FROM a; ALTER TABLE a ADD COLUMN n INT NOT NULL; INSERT INTO a VALUES (1, 2)');
    expect(await t.error('ALTER TABLE a ADD COLUMN k INT NOT NULL')).toBe('23502 column "k" of relation "a" contains null values');
    expect(await t.error('ALTER TABLE a ADD COLUMN k DOUBLE PRECISION DEFAULT random()')).toContain('2BP01');
    expect(await t.error('ALTER TABLE a ADD COLUMN k INT DEFAULT 1 / 0')).toContain('22012');
    expect(await t.error('BEGIN; ALTER TABLE a ADD COLUMN k INT')).toContain('0A000');
    const other = t.connect();
    await t.run('ROLLBACK');
    await t.run('BEGIN; INSERT INTO a VALUES (5, 6)', other);
    expect(await t.error('ALTER TABLE a ADD COLUMN k INT')).toContain('55006');
    await t.run('COMMIT', other);
    await t.run('ALTER TABLE a ADD COLUMN k INT NOT NULL DEFAULT 3');
    expect(await t.run('SELECT * FROM a, m ORDER BY id')).toEqual(['1|2|3|2', '5|6|3|2']);
    expect(await t.error('INSERT INTO a VALUES (1, 2, NULL)')).toContain('23502');
  });
});

it.each([1, 3])('a crash while columns are added leaves the table as it was or with them, on %i workers', async (parallelism) => {
  for (const crash of ['before', 'after']) {
    const content = new MemoryContent();
    const store = memoryStore(content);
    const write = store.writeCatalog.bind(store);
    // Without checkpoints but those for new jobs: the last rows are in the log alone.
    const t = await TestEngine.open({ parallelism, store, checkpointIntervalMs: 3_600_000 });
    await t.run('CREATE TABLE a (id INT PRIMARY KEY, n INT); INSERT INTO a VALUES (1, 10); CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS s FROM a; CREATE MATERIALIZED VIEW copied AS SELECT * FROM a; INSERT INTO a VALUES (2, 20); DELETE FROM a WHERE id = 1; INSERT INTO a VALUES (3, 30)');
    store.writeCatalog = async (entries) => {
      if (crash === 'after') await write(entries);
      throw new SqlError('io_error', 'the disk is gone');
    };
    expect(await t.error(`ALTER TABLE a ADD COLUMN s TEXT DEFAULT 'old'`)).toContain('the disk is gone');
    await t.engine.close({ abrupt: true });
    const again = await TestEngine.open({ parallelism: 4 - parallelism }, content);
    expect(await again.run('SELECT * FROM a ORDER BY id')).toEqual(crash === 'before' ? ['2|20', '3|30'] : ['2|20|old', '3|30|old']);
    await again.run('INSERT INTO a (id, n) VALUES (4, 40)');
    expect(await again.run('SELECT s, (SELECT count(*) FROM copied) FROM total')).toEqual(['90|3']);
    await again.close();
  }
});

describe('a stored table', () => {
  it('has its computed columns and names changed under its jobs, and nothing that changes its rows', async () => {
    const t = await TestEngine.open({ parallelism: 3 });
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY, n INT NOT NULL, twice AS n * 2); CREATE MATERIALIZED VIEW mv AS SELECT sum(twice) AS s FROM a; INSERT INTO a VALUES (1, 10)`);
    await t.run('ALTER TABLE a DROP COLUMN twice; ALTER TABLE a RENAME COLUMN n TO m; ALTER TABLE a ADD half AS m / 2');
    await t.run('INSERT INTO a VALUES (2, 20)');
    expect(await t.run('SELECT s FROM mv')).toEqual(['60']);
    await t.restart();
    await t.run('INSERT INTO a (id, m) VALUES (3, 30)');
    expect(await t.run('SELECT s, (SELECT sum(half) FROM a) FROM mv')).toEqual(['120|30']);
    expect(await t.error('ALTER TABLE a ALTER COLUMN m DROP NOT NULL')).toContain('2BP01');
    expect(await t.error('ALTER TABLE a DROP COLUMN m, DROP COLUMN half')).toContain('2BP01');
    await t.close();
  });

  it('gets another watermark only without jobs, and it counts at once', async () => {
    const t = await TestEngine.open();
    await t.run(`CREATE TABLE a (ts TIMESTAMP(3), v INT) APPEND ONLY; ALTER TABLE a ADD WATERMARK FOR ts AS ts`);
    await t.run(`CREATE MATERIALIZED VIEW w AS SELECT window_start, sum(v) AS s FROM TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end EMIT ON WINDOW CLOSE`);
    await t.run(`INSERT INTO a VALUES (TIMESTAMP '2026-01-01 10:00:10', 1), (TIMESTAMP '2026-01-01 10:01:10', 2)`);
    expect(await t.run('SELECT s FROM w')).toEqual(['1']);
    expect(await t.error('ALTER TABLE a DROP WATERMARK')).toContain('2BP01');
    await t.close();
  });
});

it('a stored table gets its column although a checkpoint cannot be written at first', async () => {
  const store = memoryStore(new MemoryContent());
  const commit = store.commitCheckpoint.bind(store);
  let refusals = 0;
  store.commitCheckpoint = async (checkpoint) => {
    if (refusals-- > 0) throw new SqlError('disk_full', 'the disk is full');
    return await commit(checkpoint);
  };
  const t = await TestEngine.open({ store });
  try {
    await t.run('CREATE TABLE a (id INT PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT count(*) AS c FROM a; INSERT INTO a VALUES (1)');
    refusals = 2;
    await t.run('ALTER TABLE a ADD COLUMN n INT DEFAULT 4; INSERT INTO a VALUES (2, 5)');
    expect(await t.run('SELECT * FROM a ORDER BY id')).toEqual(['1|4', '2|5']);
    expect(await t.run('SELECT c FROM m')).toEqual(['2']);
  } finally {
    await t.close();
  }
});
