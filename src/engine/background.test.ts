import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open({ parallelism: 2 });
  await t.run("CREATE TABLE a (k INT, x INT); INSERT INTO a SELECT i % 5, i FROM generate_series(1, 5000) AS g(i); SET background_ddl = true");
});
afterEach(async () => {
  await t.close();
});

describe('background_ddl', () => {
  it('lets CREATE MATERIALIZED VIEW return at once; WAIT returns when the view is there', async () => {
    expect(await t.run('CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM a GROUP BY k')).toEqual(['CREATE MATERIALIZED VIEW']);
    expect(await t.error('CREATE TABLE v (x INT)')).toMatch(/^42P07/);
    expect(await t.error('DROP TABLE a')).toMatch(/^2BP01/);
    expect(await t.run('WAIT')).toEqual(['WAIT']);
    expect(await t.run('SELECT * FROM v ORDER BY k')).toEqual(['0|1000', '1|1000', '2|1000', '3|1000', '4|1000']);
    await t.run('CREATE MATERIALIZED VIEW w AS SELECT sum(n) AS s FROM v; WAIT MATERIALIZED VIEW w');
    expect(await t.run('SELECT * FROM w')).toEqual(['5000']);
    await t.restart();
    await t.run('INSERT INTO a VALUES (1, 1)');
    expect(await t.run('SELECT * FROM w')).toEqual(['5001']);
  });

  it('says so while it is being filled, and lets it be given up', async () => {
    // Nothing runs between a statement's return and the next one's beginning but microtasks.
    const create = t.run('CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM a GROUP BY k');
    await create;
    const other = t.connect();
    const error = await t.error('SELECT * FROM v', other);
    expect(error).toMatch(/^(no error|55000 materialized view "v" is still being filled)/);
    await t.run('DROP MATERIALIZED VIEW v; WAIT');
    expect(await t.error('SELECT * FROM v')).toMatch(/^42P01/);
    expect(t.notices.filter((n) => n.startsWith('WARNING'))).toEqual([]);
  });

  it('drops what cannot be filled, and says why', async () => {
    await t.run("INSERT INTO a VALUES (1, 0); SET millrace.on-error = 'fail'; CREATE MATERIALIZED VIEW bad AS SELECT 1 / x AS y FROM a; WAIT");
    expect(t.notices.at(-1)).toBe('WARNING: materialized view "bad" could not be created: division by zero');
    expect(await t.error('SELECT * FROM bad')).toMatch(/^42P01/);
    expect(await t.run("SELECT count(*) FROM millrace_catalog.jobs WHERE name = 'bad'")).toEqual(['0']);
    await t.restart();
    expect(await t.error('SELECT * FROM bad')).toMatch(/^42P01/);
  });
});
