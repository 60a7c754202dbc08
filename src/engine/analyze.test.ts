import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
beforeEach(async () => {
  t = await TestEngine.open({ parallelism: 2 });
  await t.run('CREATE TABLE a (k INT, x INT); INSERT INTO a SELECT i % 3, i FROM generate_series(1, 30) AS g(i); CREATE MATERIALIZED VIEW s AS SELECT k, sum(x) AS x FROM a GROUP BY k');
});
afterEach(async () => {
  await t.close();
});
/** Without what depends on the machine. */
const stable = (lines: readonly string[]): string[] => lines.map((l) => l.replace(/\d+(\.\d+)? m?s\b/g, 'TIME').replace(/ \(\d+%\)/g, '').replace(/, busiest worker TIME/g, '').replace(/~?\d+(\.\d+)? k?B\b/g, 'BYTES'));

describe('EXPLAIN ANALYZE', () => {
  it('shows what the operators of a running job have done', async () => {
    const lines = stable(await t.run('EXPLAIN ANALYZE s'));
    expect(lines[0]).toMatch(/^materialized view "s", job \d+: running, since it was started$/);
    expect(lines.slice(1, -1)).toEqual([
      '  Materialize by (k)  {3 in, 3 out, BYTES; busy TIME; state 3 entries, BYTES}',
      '    GroupAggregate by (k) sum(x)  {30 in, 3 out, BYTES; busy TIME; state 3 entries, BYTES}',
      '      TableScan a (k, x)  {30 out, BYTES; busy TIME}',
    ]);
    expect(lines.at(-1)).toBe('Busy: TIME');
    expect(stable(await t.run('EXPLAIN ANALYZE MATERIALIZED VIEW s')).slice(1)).toEqual(lines.slice(1));
    expect((await t.run('EXPLAIN ANALYZE a')).join('\n')).toContain('TableInput');
    const id = (await t.run("SELECT id FROM millrace_catalog.jobs WHERE name = 's'")).join('');
    expect(stable(await t.run(`EXPLAIN ANALYZE JOB '${id}'`)).slice(1)).toEqual(lines.slice(1));
    await t.run("PAUSE JOB s; INSERT INTO a VALUES (1, 1)");
    expect(stable(await t.run('EXPLAIN ANALYZE s'))[3]).toBe('      TableScan a (k, x)  {30 out, BYTES; busy TIME; state 1 entries, BYTES}');
  });

  it('within the seconds to come', async () => {
    const lines = stable(await t.run('EXPLAIN (ANALYZE, DURATION 0) s'));
    expect(lines[0]).toMatch(/running, within TIME$/);
    expect(lines[1]).toMatch(/Materialize by \(k\) {2}\{0 in, 0 out; busy TIME; state 3 entries, BYTES\}/);
    expect(await t.error('EXPLAIN (ANALYZE, DURATION -1) s')).toMatch(/^(22023|42601)/);
    expect(await t.error('EXPLAIN (DURATION 5) SELECT 1')).toMatch(/^42601/);
  });

  it('runs a query and counts its rows', async () => {
    const lines = stable(await t.run('EXPLAIN ANALYZE SELECT k, count(*) FROM a WHERE x > 3 GROUP BY k'));
    expect(lines).toEqual(expect.arrayContaining([
      expect.stringMatching(/^ {2}Result {2}\{3 in/), expect.stringMatching(/^ +TableScan a \(k, x\) snapshot {2}\{30 out/), 'Rows: 3', 'First rows after: TIME', 'Execution time: TIME',
    ]));
    expect(lines.filter((l) => l.includes('GroupAggregate')).at(-1)).toMatch(/\{27 in, /);
    expect(stable(await t.run('EXPLAIN ANALYZE SELECT 1'))).toEqual(expect.arrayContaining(['evaluated without operators:', 'Rows: 1']));
    expect(stable(await t.run('EXPLAIN ANALYZE SELECT * FROM s WHERE k = 1'))).toContain('Rows: 1');
    expect(await t.error('EXPLAIN ANALYZE SELECT 1 / (x - 3) FROM a')).toMatch(/^22012/);
  });

  it('is refused where nothing ends or nothing runs', async () => {
    expect(await t.error('EXPLAIN ANALYZE SELECT * FROM a EMIT CHANGES')).toMatch(/^0A000 EXPLAIN ANALYZE of an endless query/);
    expect(await t.error('EXPLAIN ANALYZE INSERT INTO a VALUES (1, 2)')).toMatch(/^0A000 EXPLAIN ANALYZE of a statement other than a query/);
    expect(await t.run('SELECT count(*) FROM a')).toEqual(['30']);
    expect(await t.error('EXPLAIN ANALYZE nobody')).toMatch(/^42704/);
    await t.run("CREATE TABLE p (x INT) WITH ('connector' = 'print'); INSERT INTO p VALUES (1)");
    expect(await t.error('EXPLAIN ANALYZE insert_into_p')).toMatch(/^55000 insert "insert_into_p", job \d+ has ended: finished/);
  });

  it('is a catalog relation, too', async () => {
    expect(await t.run("SELECT o.rows_in, o.rows_out, o.state_rows, o.bytes_out > 0, o.busy_ms >= 0 FROM millrace_catalog.operators o JOIN millrace_catalog.jobs j ON j.id = o.job WHERE j.name = 's' ORDER BY operator_id")).toEqual(['3|3|3|t|t', '30|3|3|t|t', '0|30|0|t|t']);
  });
});

describe('EXPLAIN', () => {
  it('shows a query that has no end as the continuous one', async () => {
    await t.run("CREATE TABLE e (k INT, n INT) WITH ('connector' = 'datagen')");
    expect(await t.run('EXPLAIN SELECT k, count(*) FROM e WHERE n > 1 GROUP BY k')).toEqual(await t.run('EXPLAIN SELECT k, count(*) FROM e WHERE n > 1 GROUP BY k EMIT CHANGES'));
    expect((await t.run('EXPLAIN SELECT k FROM e LIMIT 3')).join('\n')).not.toContain('TopN');
    expect(await t.run('EXPLAIN EXECUTE SELECT 1 + 1')).toEqual(await t.run('EXPLAIN SELECT 1 + 1'));
    expect(await t.run('EXECUTE SELECT x FROM a WHERE x = 1')).toEqual(await t.run('SELECT x FROM a WHERE x = 1'));
    expect(await t.error('EXPLAIN SELECT nothing FROM e')).toContain('42703');
  });
});

describe('EXPLAIN (FORMAT JSON)', () => {
  const json = async (sql: string): Promise<unknown> => JSON.parse((await t.run(sql)).join('\n'));

  it('has the words of PostgreSQL', async () => {
    expect(await json('EXPLAIN (FORMAT JSON) SELECT sum(x) FROM a')).toMatchObject([{ Plan: { 'Node Type': 'Result', 'Plans': [{ 'Output': ['sum'], 'Changelog': 'append-only' }] }, Advice: [] }]);
    expect(await json('EXPLAIN (ANALYZE, FORMAT JSON) SELECT x FROM a WHERE x > 28')).toMatchObject([{ Plan: { 'Node Type': 'Result', 'Plans': [{ 'Actual Rows': 2 }] }, 'Actual Rows': 2 }]);
    expect(await json('EXPLAIN (ANALYZE, FORMAT JSON) s')).toMatchObject([{ Plan: { 'Node Type': 'Materialize', 'Stream Key': ['k'], 'State Entries': 3, 'Plans': [{ 'Node Type': 'Group Aggregate', 'Actual Rows': 3 }] }, 'State': 'running' }]);
    expect(await json('EXPLAIN (AST, FORMAT JSON) SELECT 1')).toMatchObject({ kind: 'queryStatement' });
    expect(await json("EXPLAIN (FORMAT JSON) EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1, 2; INSERT INTO a SELECT 3, 4; END")).toHaveLength(2);
    const [statement] = t.session.parse('EXPLAIN (FORMAT JSON) SELECT 1');
    expect((await t.session.prepare(statement as NonNullable<typeof statement>, [])).columns).toEqual([{ name: 'QUERY PLAN', type: { kind: 'json' }, nullable: false }]);
  });

  it('refuses what it has no form for', async () => {
    for (const format of ['YAML', 'XML']) expect(await t.error(`EXPLAIN (FORMAT ${format}) SELECT 1`)).toMatch(/^0A000 EXPLAIN \(FORMAT/);
    expect(await t.error('EXPLAIN (TRACE, FORMAT JSON) SELECT 1')).toMatch(/^0A000/);
    expect(await t.error('EXPLAIN (NO_SUCH) SELECT 1')).toMatch(/^42601 unrecognized EXPLAIN option "no_such"/);
    expect((await t.run('EXPLAIN (ANALYZE FALSE, COSTS, ESTIMATED_COST) SELECT x FROM a')).join('')).toContain('TableScan a');
    expect((await t.run('EXPLAIN ESTIMATED_COST, CHANGELOG_MODE SELECT x FROM a')).join('')).toContain('changelogMode');
  });
});

describe('PLAN_ADVICE', () => {
  const advice = async (sql: string): Promise<string> => (await t.run(`EXPLAIN PLAN_ADVICE ${sql}`)).join('\n').split('Advice:')[1] ?? '';

  it('warns of what holds results back or keeps too much', async () => {
    await t.run("CREATE TABLE e (k INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'datagen'); CREATE TABLE o (k INT, n BIGINT) WITH ('connector' = 'print')");
    expect(await advice('INSERT INTO o SELECT k, count(*) FROM e GROUP BY k')).toMatch(/\[WARNING\] the state of the aggregate by k grows/);
    await t.run("SET table.exec.source.idle-timeout = '0'");
    expect(await advice("INSERT INTO o SELECT k, count(*) FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, k")).toContain('[ADVICE] a split of "e" without rows holds back the watermark for ever');
    await t.run("CREATE TABLE r (id INT PRIMARY KEY, b INT)");
    expect(await advice('CREATE MATERIALIZED VIEW m AS SELECT b FROM r')).toMatch(/none|the rows have no key/);
    expect(await advice('SELECT x FROM a')).toContain('none');
  });
});
