import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

/** What becomes of records that cannot be read, computed or written. */

let t: TestEngine;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-errors-'));
  t = await TestEngine.open({ parallelism: 2 });
});
afterEach(async () => {
  await t.close();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((l) => `${l}\n`).join(''));
  return path;
}
const source = (name: string, path: string, more = ''): string => `CREATE TABLE ${name} (id INT, v INT) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'${more})`;
const BAD = ['{"id": 1, "v": 5}', '{"id": 2, "v": "five"}', '{"id": 3, ', '{"id": 4, "v": 0}'];
const soon = (sql: string, rows: string[]): Promise<void> => expect.poll(() => t.run(sql)).toEqual(rows);

const LOG = `CREATE TABLE bad (job_id BIGINT, sequence BIGINT, error_time TIMESTAMPTZ, job TEXT, stage TEXT, source TEXT, split TEXT, record_offset TEXT, field TEXT, reason TEXT, raw BYTEA, PRIMARY KEY (job_id, sequence))`;

describe('error-handling.mode of a source', () => {
  it('log: what cannot be read, and what cannot be computed, is in millrace_catalog.error_log with its bytes and place', async () => {
    await t.run(`${source('s', file('a.json', BAD), `, 'error-handling.mode' = 'log'`)}; CREATE MATERIALIZED VIEW v AS SELECT id, 10 / v AS q FROM s`);
    await soon('SELECT id, q FROM v', ['1|2']);
    await soon('SELECT count(*) FROM millrace_catalog.error_log', ['3']);
    const rows = await t.run(`SELECT stage, job, source, field, record_offset, reason, convert_from(raw, 'UTF8') FROM millrace_catalog.error_log ORDER BY stage, record_offset`);
    expect(rows[0]).toBe('compute|v|v|||division by zero|(4, 0)');
    expect(rows[1]).toMatch(/^read\|v\|s\|v\|18\|.*\|\{"id": 2, "v": "five"\}$/);
    expect(rows[2]).toMatch(/^read\|v\|s\|.*\|\{"id": 3, $/);
    expect(await t.run('SELECT rows_in, rows_out FROM millrace_catalog.jobs')).toEqual(['2|1']);
  });
  it('ignore: they are left out silently; each table says it for itself', async () => {
    await t.run(`${source('s', file('a.json', BAD), `, 'error-handling.mode' = 'ignore'`)}; ${source('u', file('b.json', BAD))};
      CREATE MATERIALIZED VIEW v AS SELECT id FROM s WHERE v >= 0 UNION ALL SELECT id + 10 FROM u WHERE v >= 0`);
    await soon('SELECT id FROM v ORDER BY 1', ['1', '4', '11', '14']);
    expect(await t.run('SELECT DISTINCT source FROM millrace_catalog.error_log')).toEqual(['u']);
  });
  it('fail: the job fails and says where', async () => {
    await t.run(`${source('s', file('a.json', BAD), `, 'error-handling.mode' = 'fail'`)}; CREATE TABLE p (id INT) WITH ('connector' = 'print'); INSERT INTO p SELECT id FROM s WHERE v > 0`);
    await soon(`SELECT state, error LIKE 'a record of "s" cannot be read%' FROM millrace_catalog.jobs`, ['failed|t']);
  });
  it('goes before millrace.on-error, which is for what is computed', async () => {
    await t.run(`SET 'millrace.on-error' = 'ignore'; ${source('s', file('a.json', BAD), `, 'error-handling.mode' = 'log'`)}; CREATE MATERIALIZED VIEW v AS SELECT 10 / v AS q FROM s`);
    await soon('SELECT stage, count(*) FROM millrace_catalog.error_log GROUP BY stage', ['read|2']);
    expect(await t.error(source('w', '/x', `, 'error-handling.mode' = 'drop'`))).toMatch(/^22023/);
  });
});

describe('error-handling.log.target', () => {
  it('writes them into a stored table, once, through restarts', async () => {
    const path = file('a.json', BAD);
    await t.run(`${LOG}; ${source('s', path, `, 'error-handling.log.target' = 'bad', 'source.monitor-interval' = '20 ms'`)}; CREATE MATERIALIZED VIEW v AS SELECT id, 10 / v AS q FROM s`);
    const log = `SELECT stage, source, reason IS NOT NULL, error_time <= now(), convert_from(raw, 'UTF8') FROM bad ORDER BY 1, 5`;
    const first = ['compute|v|t|t|(4, 0)', 'read|s|t|t|{"id": 2, "v": "five"}', 'read|s|t|t|{"id": 3, '];
    await soon(log, first);
    await t.restart();
    appendFileSync(path, '{"id": 9, "v": 2}\n[7]\n');
    await soon('SELECT id FROM v ORDER BY 1', ['1', '9']);
    await soon(log, [...first, 'read|s|t|t|[7]'].sort());
    await t.restart();
    await soon('SELECT count(*), count(DISTINCT sequence) FROM bad', ['4|4']);
    await t.run('CREATE MATERIALIZED VIEW worst AS SELECT source, count(*) AS n FROM bad GROUP BY source');
    expect(await t.run('SELECT * FROM worst ORDER BY 1')).toEqual(['s|3', 'v|1']);
  });
  it('has to be there, with columns that fit', async () => {
    await t.run(source('s', file('a.json', BAD), `, 'error-handling.log.target' = 'nowhere'`));
    expect(await t.error('CREATE MATERIALIZED VIEW v AS SELECT id FROM s')).toMatch(/^42P01 the error log "nowhere" of table "s" does not exist/);
    await t.run('CREATE TABLE nowhere (x INT)');
    expect(await t.error('CREATE MATERIALIZED VIEW v AS SELECT id FROM s')).toMatch(/^42703 the error log "nowhere" has none of the columns/);
    expect(await t.run('SELECT name FROM millrace_catalog.jobs')).toEqual([]);
  });
});

it('a scalar subquery with two rows is an error of the row that asks, until it has one again', async () => {
  await t.run(`CREATE TABLE a (id INT PRIMARY KEY, k INT); CREATE TABLE b (k INT, y INT); INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 10), (1, 11), (2, 20);
    CREATE MATERIALIZED VIEW v AS SELECT id, (SELECT y FROM b WHERE b.k = a.k) AS y FROM a`);
  expect(await t.run('SELECT * FROM v ORDER BY 1')).toEqual(['2|20']);
  expect(await t.run('SELECT DISTINCT stage, reason FROM millrace_catalog.error_log')).toEqual(['compute|more than one row returned by a subquery used as an expression']);
  await t.run('DELETE FROM b WHERE y = 11');
  expect(await t.run('SELECT * FROM v ORDER BY 1')).toEqual(['1|10', '2|20']);
});
