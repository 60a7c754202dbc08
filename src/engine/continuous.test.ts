import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchFromRows } from '../common/batch/builder.ts';
import { allRows, TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
  await db.run('CREATE TABLE t (k INT, n INT); CREATE MATERIALIZED VIEW v AS SELECT k, sum(n) AS n FROM t GROUP BY k; INSERT INTO t VALUES (1, 10)');
});
afterEach(async () => await db.close());
const signal = new AbortController().signal;

describe('continuous results', () => {
  it('of SUBSCRIBE begin with the rows that are there', async () => {
    const other = db.connect();
    const [statement] = other.parse('SUBSCRIBE TO v WITH (progress)');
    if (statement === undefined) throw new Error('no statement');
    const prepared = await other.prepare(statement, []);
    expect(prepared.columns?.map((c) => c.name)).toEqual(['epoch', 'progressed', 'op', 'k', 'n']);
    const result = await other.execute(prepared, [], { signal });
    if (result.kind !== 'rows') throw new Error('no rows');
    expect(result.live).toBe(true);
    const seen: string[] = [];
    const read = async (count: number): Promise<void> => {
      while (seen.filter((r) => r.includes('|f|')).length < count) {
        const batch = await result.rows.next();
        if (batch === null) throw new Error('ended');
        seen.push(...(await allRows(result.schema, { next: once(batch), close: () => Promise.resolve() }, other)));
      }
    };
    await read(1);
    await db.run('INSERT INTO t VALUES (1, 5)');
    await read(3);
    expect(seen.filter((r) => r.includes('|f|')).map((r) => r.replace(/^\d+\|f\|/, ''))).toEqual(['+I|1|10', '-U|1|10', '+U|1|15']);
    await result.rows.close();
    expect(await db.watch('COPY (SUBSCRIBE TO v) TO STDOUT', 1)).toEqual([expect.stringMatching(/^\d+\|\+I\|1\|15$/)]);
  });

  it('stop when cancelled', async () => {
    const stop = new AbortController();
    const [statement] = db.session.parse('SELECT k FROM t EMIT CHANGES');
    if (statement === undefined) throw new Error('no statement');
    const result = await db.session.execute(await db.session.prepare(statement, []), [], { signal: stop.signal });
    if (result.kind !== 'rows') throw new Error('no rows');
    await result.rows.next();
    stop.abort();
    await expect(result.rows.next()).rejects.toMatchObject({ sqlstate: '57014' });
    await result.rows.close();
    expect(await db.run('SELECT 1')).toEqual(['1']);
    await db.run('SET statement_timeout = 30');
    expect(await db.error('SELECT pg_sleep(5)')).toMatch(/^57014 canceling statement due to statement timeout/);
  });

  it('and others come through cursors', async () => {
    expect(await db.error('DECLARE c CURSOR FOR SELECT 1')).toMatch(/^25P01/);
    await db.run('BEGIN; DECLARE c SCROLL CURSOR FOR SELECT x FROM generate_series(1, 5) AS g(x)');
    expect(await db.run('FETCH 2 FROM c')).toEqual(['1', '2']);
    expect(await db.run('FETCH ALL FROM c')).toEqual(['3', '4', '5']);
    expect(await db.run('FETCH BACKWARD 2 FROM c')).toEqual(['5', '4']);
    expect(await db.run('FETCH FIRST FROM c')).toEqual(['1']);
    expect(await db.run('FETCH ABSOLUTE 3 FROM c')).toEqual(['3']);
    expect(await db.run('MOVE 1 FROM c')).toEqual(['MOVE 1']);
    expect(await db.run('FETCH NEXT FROM c')).toEqual(['5']);
    await db.run('DECLARE s CURSOR FOR SUBSCRIBE TO v');
    expect((await db.run('FETCH 1 FROM s'))[0]).toMatch(/\+I\|1\|10$/);
    expect(await db.run("FETCH 1 FROM s WITH (timeout = '20ms')")).toEqual([]);
    await db.run('INSERT INTO t VALUES (2, 2)', db.connect());
    expect((await db.run("FETCH 1 FROM s WITH (timeout = '5s')"))[0]).toMatch(/\+I\|2\|2$/);
    expect(await db.run('FETCH ALL FROM s')).toEqual([]);
    await db.run('CLOSE s; COMMIT');
    expect(await db.error('FETCH 1 FROM c')).toMatch(/^34000/);
    await db.run('DECLARE h CURSOR WITH HOLD FOR SELECT 7');
    expect(await db.run('FETCH 1 FROM h')).toEqual(['7']);
    await db.run('CLOSE ALL');
  });

  it('COPY brings rows in', async () => {
    await db.run("CREATE TABLE c (id INT PRIMARY KEY, v TEXT DEFAULT 'd', n INT)");
    const copy = async (sql: string, rows: (string | number | null)[][]): Promise<string> => {
      const [statement] = db.session.parse(sql);
      if (statement === undefined) throw new Error('no statement');
      const result = await db.session.execute(await db.session.prepare(statement, []), [], { signal });
      if (result.kind !== 'copyIn') throw new Error('no COPY');
      await result.receive.write(batchFromRows(result.schema, rows));
      return await result.receive.finish();
    };
    expect(await copy('COPY c (id, n) FROM STDIN', [[1, 5], [2, null]])).toBe('COPY 2');
    expect(await copy("COPY c FROM STDIN WITH (FORMAT csv, HEADER true) WHERE n > 1", [[3, 'x', 1], [4, 'y', 2]])).toBe('COPY 1');
    await expect(copy('COPY c FROM STDIN', [[5, 'x', 1], [1, 'y', 2]])).rejects.toThrow(/duplicate key/);
    expect(await db.run('SELECT * FROM c ORDER BY id')).toEqual(['1|d|5', '2|d|', '4|y|2']);
    expect(await db.run('COPY c TO STDOUT')).toHaveLength(3);
    expect(await db.run("COPY (SELECT id FROM c WHERE n = 2) TO STDOUT (FORMAT csv)")).toEqual(['4']);
    expect(await db.error("COPY c TO '/tmp/x'")).toMatch(/^0A000/);
    expect(await db.error('COPY c FROM STDIN (FORMAT xml)')).toMatch(/^22023/);
  });
});

const once = <T>(value: T): (() => Promise<T | null>) => {
  let left: T | null = value;
  return () => {
    const out = left;
    left = null;
    return Promise.resolve(out);
  };
};
