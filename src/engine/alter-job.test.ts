import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open();
});
afterEach(async () => {
  await t.close();
});

const state = async (name: string): Promise<string> => (await t.run(`SELECT state FROM millrace_catalog.jobs WHERE name = '${name}'`)).join();

describe('PAUSE and RESUME', () => {
  it('hold up a view and what is above it, also over a restart', async () => {
    await t.run('CREATE TABLE a (k INT, x INT); INSERT INTO a VALUES (1, 10); CREATE MATERIALIZED VIEW s AS SELECT k, sum(x) AS x FROM a GROUP BY k; CREATE MATERIALIZED VIEW d AS SELECT x * 2 AS x FROM s; CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM a');
    expect(await t.run("PAUSE JOB 's'")).toEqual(['PAUSE JOB']);
    await t.run('INSERT INTO a VALUES (1, 5), (2, 7)');
    expect(await t.run('SELECT * FROM s')).toEqual(['1|10']);
    expect(await t.run('SELECT * FROM d')).toEqual(['20']);
    expect(await t.run('SELECT * FROM n')).toEqual(['3']);
    expect(await state('s')).toBe('paused');
    expect((await t.run('SHOW JOBS')).join('\n')).toContain('paused');
    expect((await t.run('EXPLAIN EMPTY s')).join('\n')).toMatch(/paused[\s\S]*It is paused: RESUME JOB 's' lets it go on/);
    expect((await t.run('EXPLAIN EMPTY d')).join('\n')).toContain('It reads "s", which is paused.');
    await t.run('PAUSE JOB s');
    expect(t.notices.at(-1)).toBe('NOTICE: job "s" is paused already');
    await t.restart();
    await t.run('INSERT INTO a VALUES (2, 1)');
    expect(await state('s')).toBe('paused');
    expect(await t.run('SELECT * FROM s')).toEqual(['1|10']);
    expect(await t.run('RESUME JOB s')).toEqual(['RESUME JOB']);
    expect(await t.run('SELECT * FROM s ORDER BY k')).toEqual(['1|15', '2|8']);
    expect(await t.run('SELECT * FROM d ORDER BY x')).toEqual(['16', '30']);
    expect(await state('s')).toBe('running');
    await t.restart();
    expect(await state('s')).toBe('running');
    expect(await t.run('SELECT * FROM s ORDER BY k')).toEqual(['1|15', '2|8']);
  });

  it('are ALTER … SUSPEND and RESUME, too, of views and sinks', async () => {
    await t.run("CREATE TABLE a (x INT); CREATE MATERIALIZED VIEW v AS SELECT x FROM a; CREATE TABLE p (x INT) WITH ('connector' = 'print'); CREATE SINK s INTO p FROM v");
    await t.run('ALTER MATERIALIZED VIEW v SUSPEND; INSERT INTO a VALUES (1); FLUSH');
    expect(t.printed).toEqual([]);
    expect(await t.run('SELECT * FROM v')).toEqual([]);
    await t.run('ALTER MATERIALIZED TABLE v RESUME; FLUSH');
    expect(t.printed).toHaveLength(1);
    await t.run('ALTER SINK s SUSPEND; INSERT INTO a VALUES (2); FLUSH');
    expect(t.printed).toHaveLength(1);
    expect(await t.run('SELECT * FROM v ORDER BY x')).toEqual(['1', '2']);
    await t.restart();
    await t.run('FLUSH');
    expect(t.printed).toHaveLength(1);
    await t.run('RESUME JOB s; FLUSH');
    expect(t.printed).toHaveLength(2);
  });

  it('are refused where there is nothing to hold up', async () => {
    await t.run("CREATE TABLE a (x INT); CREATE MATERIALIZED VIEW v AS SELECT x FROM a; CREATE TABLE p (x INT) WITH ('connector' = 'print'); INSERT INTO p VALUES (1)");
    expect(await t.error('PAUSE JOB nobody')).toMatch(/^42704 job "nobody" does not exist/);
    expect(await t.error('PAUSE JOB insert_into_p')).toMatch(/^55000 job "insert_into_p" has ended already/);
    expect(await t.error('PAUSE JOB a')).toMatch(/^42704/);
    // A list is checked before anything is done.
    expect(await t.error("PAUSE JOBS 'v', 'nobody'")).toMatch(/^42704/);
    expect(await state('v')).toBe('running');
    expect(await t.error('STOP JOB v')).toMatch(/^42809 job "v" keeps a materialized view/);
    expect(await t.error('BEGIN; PAUSE JOB v')).toMatch(/^0A000/);
    await t.run('ROLLBACK');
    expect(await t.error("STOP JOB 'v' WITH SAVEPOINT")).toMatch(/^0A000 STOP JOB WITH SAVEPOINT/);
    expect(await t.error('ALTER SINK nobody SUSPEND')).toMatch(/^42P01 sink "nobody" does not exist/);
  });

  it('drain a job: it writes what it holds, and ends', async () => {
    await t.run("CREATE TABLE a (x INT); CREATE TABLE p (x INT) WITH ('connector' = 'print'); CREATE TABLE q (x INT) WITH ('connector' = 'blackhole'); INSERT INTO p SELECT x FROM a; INSERT INTO q SELECT x FROM a; INSERT INTO q SELECT x + 1 FROM a; INSERT INTO a VALUES (1), (2)");
    expect(await t.run("STOP JOB 'insert_into_p' WITH DRAIN")).toEqual(['STOP JOB']);
    expect(t.printed).toHaveLength(2);
    expect(await state('insert_into_p')).toBe('finished');
    await t.run('INSERT INTO a VALUES (3)');
    await t.restart();
    await t.run('FLUSH');
    expect(t.printed).toHaveLength(2);
    expect(await state('insert_into_p')).toBe('finished');
    await t.run("CANCEL JOBS 'insert_into_q', 'insert_into_q_2'");
    expect(await state('insert_into_q')).toBe('stopped');
    expect(await state('insert_into_q_2')).toBe('stopped');
  });
});

describe('ALTER MATERIALIZED VIEW', () => {
  beforeEach(async () => {
    await t.run('CREATE TABLE a (k INT, x INT); INSERT INTO a VALUES (1, 10), (1, 5), (2, 7); CREATE MATERIALIZED VIEW m AS SELECT k, sum(x) AS s FROM a GROUP BY k; CREATE VIEW over_m AS SELECT s FROM m');
  });

  it('AS puts another query in its place, filled first', async () => {
    expect(await t.run('ALTER MATERIALIZED VIEW m AS SELECT k, sum(x) * 10 AS s, count(*) AS n FROM a GROUP BY k')).toEqual(['ALTER MATERIALIZED VIEW']);
    expect(await t.run('SELECT * FROM m ORDER BY k')).toEqual(['1|150|2', '2|70|1']);
    expect(await t.run('SELECT * FROM over_m ORDER BY s')).toEqual(['70', '150']);
    await t.run('INSERT INTO a VALUES (2, 1)');
    expect(await t.run('SELECT * FROM m ORDER BY k')).toEqual(['1|150|2', '2|80|2']);
    expect(await t.error('ALTER MATERIALIZED VIEW m AS SELECT k FROM a')).toMatch(/^2BP01 cannot replace materialized view m because other objects depend on it/);
    expect(await t.error('ALTER MATERIALIZED VIEW m AS SELECT s FROM m')).toMatch(/cannot stand on itself/);
    expect(await t.error('ALTER MATERIALIZED VIEW m AS SELECT 1 / 0 AS s')).toMatch(/^22012/);
    expect(await t.run('SELECT s FROM m ORDER BY k')).toEqual(['150', '80']);
    await t.run('CREATE MATERIALIZED VIEW above AS SELECT count(*) AS n FROM m');
    expect(await t.error('ALTER MATERIALIZED VIEW m AS SELECT k, sum(x) AS s FROM a GROUP BY k')).toMatch(/running jobs depend on it \/ materialized view above depends on it/);
    await t.restart();
    expect(await t.run('SELECT * FROM m ORDER BY k')).toEqual(['1|150|2', '2|80|2']);
    expect((await t.run('SHOW CREATE MATERIALIZED VIEW m')).join('')).toContain('* 10');
  });

  it('AS keeps the zone, and a paused view paused', async () => {
    await t.run("SET TimeZone = 'Europe/Berlin'");
    await t.run("ALTER MATERIALIZED VIEW m SUSPEND; ALTER MATERIALIZED VIEW m AS SELECT k, sum(x) AS s, to_char(TIMESTAMP_LTZ '2024-01-01 00:00:00Z', 'HH24') AS h FROM a GROUP BY k");
    expect(await t.run('SELECT * FROM m ORDER BY k')).toEqual(['1|15|00', '2|7|00']);
    expect(await state('m')).toBe('paused');
    await t.run('INSERT INTO a VALUES (2, 1)');
    expect(await t.run('SELECT s FROM m ORDER BY k')).toEqual(['15', '7']);
    await t.restart();
    expect(await state('m')).toBe('paused');
    await t.run('ALTER MATERIALIZED VIEW m RESUME');
    expect(await t.run('SELECT s FROM m ORDER BY k')).toEqual(['15', '8']);
  });

  it('SET and RESET change what its job keeps, and say that it is filled anew', async () => {
    await t.run("ALTER MATERIALIZED VIEW m SET ('table.exec.state.ttl' = '1 h', 'table.exec.emit.early-fire.enabled' = 'true')");
    expect(t.notices.at(-1)).toBe('NOTICE: materialized view "m" is filled anew with its changed settings');
    expect(await t.run('SELECT * FROM m ORDER BY k')).toEqual(['1|15', '2|7']);
    expect((await t.run('SHOW CREATE MATERIALIZED VIEW m')).join('\n')).toContain("'table.exec.state.ttl' = '3600000'");
    const before = t.notices.length;
    await t.run("ALTER MATERIALIZED VIEW m SET ('table.exec.state.ttl' = '60 min'); ALTER MATERIALIZED VIEW m SET ()");
    expect(t.notices).toHaveLength(before);
    await t.run("ALTER MATERIALIZED VIEW m RESET ('table.exec.state.ttl', 'table.exec.emit.early-fire.enabled')");
    expect((await t.run('SHOW CREATE MATERIALIZED VIEW m')).join('\n')).not.toContain('ttl');
    expect(await t.error("ALTER MATERIALIZED VIEW m SET ('table.exec.state.tl' = '1 h')")).toMatch(/^22023 unrecognized option "table.exec.state.tl"/);
    expect(await t.error("ALTER MATERIALIZED VIEW m SET ('table.exec.state.ttl' = 'soon')")).toMatch(/^22023 invalid value/);
    expect(await t.error('ALTER MATERIALIZED VIEW m RESET ()')).toMatch(/^42601/);
    await t.run('ALTER MATERIALIZED VIEW m SET PARALLELISM = 1; ALTER MATERIALIZED VIEW m SET PARALLELISM TO ADAPTIVE');
    expect(await t.error('ALTER MATERIALIZED VIEW m SET PARALLELISM = 7')).toMatch(/^0A000 a parallelism other than the server's 1/);
  });

  it('SWAP WITH exchanges names; views follow them', async () => {
    await t.run('CREATE MATERIALIZED VIEW m2 AS SELECT k, -sum(x) AS s FROM a GROUP BY k');
    expect(await t.run('ALTER MATERIALIZED VIEW m SWAP WITH m2')).toEqual(['ALTER MATERIALIZED VIEW']);
    expect(await t.run('SELECT s FROM m ORDER BY k')).toEqual(['-15', '-7']);
    expect(await t.run('SELECT s FROM over_m ORDER BY s')).toEqual(['-15', '-7']);
    expect(await t.error('DROP MATERIALIZED VIEW m')).toMatch(/view over_m depends on/);
    await t.restart();
    await t.run('INSERT INTO a VALUES (2, 1)');
    expect(await t.run('SELECT s FROM m ORDER BY k')).toEqual(['-15', '-8']);
    expect(await t.run('SELECT s FROM m2 ORDER BY k')).toEqual(['15', '8']);
    await t.run('CREATE MATERIALIZED VIEW on_m AS SELECT s FROM m');
    expect(await t.error('ALTER MATERIALIZED VIEW m SWAP WITH m2')).toMatch(/^2BP01 .* materialized view on_m depends on it/);
    await t.run('DROP MATERIALIZED VIEW on_m; CREATE MATERIALIZED VIEW narrow AS SELECT k FROM a');
    expect(await t.error('ALTER MATERIALIZED VIEW m SWAP WITH narrow')).toMatch(/^2BP01 .*view over_m would no longer work/);
    expect(await t.error('ALTER MATERIALIZED VIEW m SWAP WITH m')).toMatch(/cannot be swapped with itself/);
    expect(await t.error('ALTER MATERIALIZED VIEW m SWAP WITH a')).toMatch(/^42809/);
    await t.run('CREATE TABLE b (k INT, x INT); ALTER MATERIALIZED VIEW m RENAME TO x').catch(() => undefined);
    await t.run('CREATE TABLE c (y TEXT); ALTER TABLE b SWAP WITH c');
    expect(await t.run('DESCRIBE b')).toEqual(['y|text|TRUE|||']);
  });
});
