import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../../scripts/postgres.ts';
import { TestEngine } from './testing/harness.ts';

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(`tables of a PostgreSQL database${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let server: Postgres;
  let client: pg.Client;
  let db: TestEngine;
  beforeAll(async () => {
    server = await startPostgres();
    client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    await client.query("DROP TABLE IF EXISTS dim, totals; CREATE TABLE dim (k int PRIMARY KEY, name text, rate numeric(6,2)); INSERT INTO dim VALUES (1, 'one', 1.5), (2, 'two', 2.25); CREATE TABLE totals (name text PRIMARY KEY, n bigint)");
    db = await TestEngine.open({ parallelism: 2 });
  });
  afterEach(() => db.close());
  const options = (table: string, more = ''): string => `WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://${server.host}:${server.port}/${server.database}', 'username' = '${server.user}', 'password' = 'hush', 'table-name' = '${table}'${more})`;

  it('are read, looked up and written', async () => {
    await db.run(`CREATE TABLE dim (k INT, name TEXT, rate DECIMAL(6, 2), PRIMARY KEY (k) NOT ENFORCED) ${options('dim', ", 'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100'")};
      CREATE TABLE totals (name TEXT, n BIGINT, PRIMARY KEY (name) NOT ENFORCED) ${options('totals', ", 'sink.buffer-flush.interval' = '0'")};
      CREATE TABLE o (id INT PRIMARY KEY, k BIGINT)`);
    expect(await db.run('SELECT count(*), sum(rate) FROM dim')).toEqual(['2|3.75']);
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, d.name FROM o JOIN dim FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k;
      INSERT INTO totals SELECT name, count(*) FROM v GROUP BY name;
      INSERT INTO o VALUES (1, 1), (2, 2), (3, 2), (4, 5000000000)`);
    expect(await db.run('SELECT * FROM v ORDER BY id')).toEqual(['1|one', '2|two', '3|two']);
    await db.run('DELETE FROM o WHERE id = 1; INSERT INTO o VALUES (5, 2)');
    expect(await db.run('SELECT * FROM v ORDER BY id')).toEqual(['2|two', '3|two', '5|two']);
    await expect.poll(async () => (await client.query('SELECT name, n::int FROM totals')).rows).toEqual([{ name: 'two', n: 3 }]);
    // What was joined stays as it was; the cache belongs to the job.
    await client.query("UPDATE dim SET name = 'zwei' WHERE k = 2");
    await db.restart();
    await db.run('DELETE FROM o WHERE id = 2; INSERT INTO o VALUES (6, 2)');
    expect(await db.run('SELECT * FROM v ORDER BY id')).toEqual(['3|two', '5|two', '6|zwei']);
    await expect.poll(async () => (await client.query('SELECT name, n::int FROM totals ORDER BY name')).rows).toEqual([{ name: 'two', n: 2 }, { name: 'zwei', n: 1 }]);
  });

  it('show no password and tell what is wrong with them', async () => {
    await db.run(`CREATE TABLE a (k INT) ${options('nowhere')}`);
    expect((await db.run('SHOW CREATE TABLE a')).join()).not.toContain('hush');
    expect((await db.run('EXPLAIN PHYSICAL SELECT * FROM a')).join()).not.toContain('hush');
    expect(await db.error('SELECT * FROM a')).toMatch(/^HV000 PostgreSQL at .*: relation "nowhere" does not exist/);
  });
});
