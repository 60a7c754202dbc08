import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
afterEach(() => db.close());

const PER_MINUTE = 'SELECT window_start, count(*) AS n FROM TUMBLE(visit, at, INTERVAL \'1\' MINUTE) GROUP BY window_start, window_end';

describe.each([1, 3])('the watermark of a stored table, parallelism %i', (parallelism) => {
  beforeEach(async () => {
    db = await TestEngine.open({ parallelism });
    await db.run(`CREATE TABLE visit (id INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) APPEND ONLY;
      CREATE MATERIALIZED VIEW per_minute AS ${PER_MINUTE}`);
  });
  const insert = (...times: string[]): Promise<string[]> => db.run(`INSERT INTO visit VALUES ${times.map((t, i) => `(${i}, '2026-01-01 ${t}')`).join(', ')}; FLUSH`);
  const windows = (view = 'per_minute'): Promise<string[]> => db.run(`SELECT CAST(window_start AS TIME), n FROM ${view} ORDER BY 1`);

  it('closes windows, and tells late rows from others, also after a restart', async () => {
    await insert('10:00:01', '10:00:59', '10:01:30');
    expect(await windows()).toEqual(['10:00:00|2']);
    expect((await db.run('EXPLAIN EMPTY per_minute')).at(-1)?.trim()).toBe('WindowAggregate keeps rows until the watermark reaches 2026-01-01 10:01:59.999: it is 2026-01-01 10:01:25, 00:00:34.999 behind, held by "visit".');
    await insert('10:00:30', '10:01:31');
    expect(await windows()).toEqual(['10:00:00|2']);
    expect(await db.run('SELECT count(*) FROM visit')).toEqual(['5']);
    await db.restart();
    await insert('10:00:40');
    expect(await windows()).toEqual(['10:00:00|2']);
    await insert('10:02:10');
    expect(await windows()).toEqual(['10:00:00|2', '10:01:00|2']);
  });

  it('is known to a job that begins later, and through a view', async () => {
    await insert('10:00:01', '10:00:59', '10:01:30');
    await db.run(`CREATE MATERIALIZED VIEW copied AS SELECT id, at FROM visit;
      CREATE MATERIALIZED VIEW later AS ${PER_MINUTE};
      CREATE MATERIALIZED VIEW through AS ${PER_MINUTE.replace('visit', 'copied')}; FLUSH`);
    expect(await windows('later')).toEqual(['10:00:00|2']);
    expect(await windows('through')).toEqual(['10:00:00|2']);
    await db.restart();
    await insert('10:00:02', '10:03:00');
    for (const view of ['per_minute', 'later', 'through']) expect(await windows(view)).toEqual(['10:00:00|2', '10:01:00|1']);
  });

  it('holds a join with another table back until both have come as far', async () => {
    await db.run(`CREATE TABLE click (id INT, t TIMESTAMP(3), WATERMARK FOR t AS t) APPEND ONLY;
      CREATE MATERIALIZED VIEW unclicked AS SELECT v.id FROM visit v LEFT JOIN click c ON v.id = c.id AND c.t BETWEEN v.at AND v.at + INTERVAL '10' SECOND WHERE c.id IS NULL`);
    await insert('10:00:00', '10:00:01', '10:05:00');
    expect(await db.run('SELECT * FROM unclicked')).toEqual([]);
    await db.run(`INSERT INTO click VALUES (1, '2026-01-01 10:00:05'), (9, '2026-01-01 10:04:00'); FLUSH`);
    expect(await db.run('SELECT * FROM unclicked')).toEqual(['0']);
  });
});

describe('a watermark over a computed column', () => {
  beforeEach(async () => {
    db = await TestEngine.open();
  });
  it('is evaluated over what is stored', async () => {
    await db.run(`CREATE TABLE visit (ms BIGINT, at AS TO_TIMESTAMP_LTZ(ms, 3), WATERMARK FOR at AS at - INTERVAL '1' SECOND) APPEND ONLY;
      CREATE MATERIALIZED VIEW per_minute AS ${PER_MINUTE} EMIT ON WINDOW CLOSE;
      INSERT INTO visit VALUES (1000), (2000), (61000); FLUSH`);
    expect(await db.run('SELECT n FROM per_minute')).toEqual(['2']);
  });
  it('has no effect where rows may change', async () => {
    await db.run(`CREATE TABLE visit (id INT, at TIMESTAMP(3), WATERMARK FOR at AS at)`);
    expect(db.notices).toEqual(['NOTICE: jobs do not follow the watermark of table "visit", because its rows may be updated and deleted: with APPEND ONLY after the columns they do']);
    expect(await db.error(`CREATE MATERIALIZED VIEW per_minute AS ${PER_MINUTE} EMIT ON WINDOW CLOSE`)).toMatch(/^0A000.*"visit".*updates/);
  });
});
