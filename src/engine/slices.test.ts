import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../common/clock.ts';
import type { SqlError } from '../common/errors.ts';
import type { Session } from './api.ts';
import { allRows, TestEngine } from './testing/harness.ts';

/** Its last steps would be refused as too many: whoever lets nobody in before gets that error. */
const ENDLESS = 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)';
/** Told apart from the engine's own timers. */
const TIMEOUT_MS = 7_654_321;

describe('long evaluation', () => {
  let db: TestEngine;
  let timeUp = (): void => undefined;
  beforeAll(async () => {
    const clock = {
      ...systemClock,
      setTimer: (ms: number, fn: () => void): (() => void) => {
        if (ms !== TIMEOUT_MS) return systemClock.setTimer(ms, fn);
        timeUp = fn;
        return () => undefined;
      },
    };
    db = await TestEngine.open({ clock });
    await db.run('CREATE TABLE edges (a INT, b INT); INSERT INTO edges VALUES (1, 2), (2, 3), (3, 1)');
  });
  afterAll(() => db.close());

  const read = async (sql: string, session: Session, signal: AbortSignal): Promise<string[]> => {
    const [statement] = session.parse(sql);
    if (statement === undefined) throw new Error('no statement');
    const result = await session.execute(await session.prepare(statement, []), [], { signal });
    if (result.kind !== 'rows') throw new Error(`no rows: ${result.kind}`);
    return await allRows(result.schema, result.rows, session);
  };

  /** Stops the query by `stop` as soon as another session has its answer; the order in which the two ended. */
  async function besides(sql: string, stop: (cancel: AbortController) => void, session = db.connect()): Promise<string[]> {
    const over: string[] = [];
    const cancel = new AbortController();
    const long = read(sql, session, cancel.signal).then(
      (rows) => over.push(`rows ${rows.join()}`),
      (error: unknown) => over.push((error as SqlError).sqlstate),
    );
    const other = db.connect();
    over.push(...(await db.run('SELECT 42', other)));
    stop(cancel);
    await long;
    await Promise.all([other.close(), session.close()]);
    return over;
  }
  const cancelled = (cancel: AbortController): void => cancel.abort();

  it.each([
    ['a recursion', `${ENDLESS} SELECT count(*) FROM r`],
    ['over tables', 'WITH RECURSIVE r(n, d) AS (SELECT 1, 0 UNION ALL SELECT e.b, r.d + 1 FROM r JOIN edges e ON e.a = r.n) SELECT max(d) FROM r'],
    ['in a subquery', `${ENDLESS} SELECT (SELECT max(n) FROM r) AS a`],
    ['under a sort', `${ENDLESS} SELECT n FROM r ORDER BY n DESC LIMIT 1`],
    ['under a window function', `${ENDLESS} SELECT n, row_number() OVER (ORDER BY n) FROM r`],
    ['of one step', 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT x.v FROM r CROSS JOIN generate_series(1, 900000) AS x(v) WHERE x.v > 899999) SELECT count(*) FROM r'],
    ['a join without a condition', 'SELECT count(*) FROM generate_series(1, 100000) AS a(x) JOIN generate_series(1, 100000) AS b(y) ON a.x + b.y = 0'],
    ['a series', 'SELECT count(*) FROM generate_series(1, 2000000000) AS a(x) WHERE x < 0'],
  ])('%s is cancelled while another session goes on', async (_, sql) => {
    expect(await besides(sql, cancelled)).toEqual(['42', '57014']);
  });

  it('is stopped by statement_timeout', async () => {
    const session = db.connect();
    await db.run(`SET statement_timeout = ${TIMEOUT_MS}`, session);
    expect(await besides(`${ENDLESS} SELECT count(*) FROM r`, () => timeUp(), session)).toEqual(['42', '57014']);
  });

  it.each([
    ['SELECT count(*) FROM generate_series(1, 100000000) AS g WHERE 1 = 0', '0'],
    ['SELECT count(*) FROM generate_series(1, 1e8) AS g WHERE g > 5 AND false', '0'],
    ['SELECT count(*) FROM (VALUES (1)) AS t(x), generate_series(x, 100000000) AS g WHERE g > x AND now() IS NULL', '0'],
    ['SELECT (SELECT count(*) FROM generate_series(1, 100000000) AS g WHERE y = 2) FROM (VALUES (1)) AS t(y)', '0'],
    ['SELECT count(*) FROM generate_series(1, 3) AS g WHERE 1 = 1', '3'],
    ['SELECT count(*) FROM (VALUES (1)) AS t(x) WHERE false AND 1 / (x - x) = 1', '0'],
  ])('%s evaluates no rows for a condition that reads none of them', async (sql, count) => {
    expect(await db.run(sql)).toEqual([count]);
  });

  it('gives the same rows through pauses', async () => {
    const to = (n: number): string => `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${n})`;
    expect(await db.run(`${to(5000)} SELECT count(*), sum(n), min(n), max(n) FROM r`)).toEqual(['5000|12502500|1|5000']);
    expect(await db.run(`${to(3000)} SELECT n FROM r ORDER BY n DESC LIMIT 2 OFFSET 1500`)).toEqual(['1500', '1499']);
    expect(await db.run(`${to(3000)} SELECT n, c FROM (SELECT n, count(*) OVER (ORDER BY n) AS c FROM r) AS x WHERE n = 2999`)).toEqual(['2999|2999']);
    expect(await db.run(`${to(3000)} SELECT n FROM r EXCEPT SELECT x FROM generate_series(2, 3000) AS s(x)`)).toEqual(['1']);
    expect(await db.run(`${to(3000)} SELECT count(*) FROM (SELECT n FROM r INTERSECT ALL SELECT x FROM generate_series(1001, 5000) AS s(x)) AS x`)).toEqual(['2000']);
    expect(await db.run(`${to(3000)} SELECT count(*) FROM (SELECT n % 7 FROM r UNION SELECT 9) AS x`)).toEqual(['8']);
    expect(await db.run(`${to(3000)} SELECT count(*) FROM (SELECT DISTINCT n % 7 FROM r) AS x`)).toEqual(['7']);
    expect(await db.run(`${to(3000)} SELECT count(*), count(b.n) FROM r a LEFT JOIN r b ON b.n = a.n + 1000`)).toEqual(['3000|2000']);
    expect(await db.run(`${to(3000)} SELECT count(*) FROM r a FULL JOIN generate_series(2001, 4000) AS s(x) ON s.x = a.n`)).toEqual(['4000']);
    expect(await db.run(`${to(3000)} SELECT count(*) FROM r WHERE n > (SELECT avg(n) FROM r) AND EXISTS (SELECT 1 FROM r x WHERE x.n = r.n + 1)`)).toEqual(['1499']);
    expect(await db.run(`${to(100)} SELECT sum(v) FROM r, LATERAL generate_series(1, r.n) AS s(v)`)).toEqual(['171700']);
    expect(await db.run(`${ENDLESS} SELECT n FROM r LIMIT 3 OFFSET 2000`)).toEqual(['2001', '2002', '2003']);
    expect(await db.run(`${to(3000)} SELECT e.a, count(*) FROM r JOIN edges e ON e.a = r.n % 4 GROUP BY e.a ORDER BY 1`)).toEqual(['1|750', '2|750', '3|750']);
  });

  it('leaves the error of a subquery that nobody asks for', async () => {
    const failing = 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 + 0 / (2000 - n) FROM r)';
    expect(await db.run(`${failing} SELECT CASE WHEN random() > 2 THEN (SELECT max(n) FROM r) ELSE 7 END AS a`)).toEqual(['7']);
    expect(await db.error(`${failing} SELECT (SELECT max(n) FROM r) AS a`)).toBe('22012 division by zero');
  });
});
