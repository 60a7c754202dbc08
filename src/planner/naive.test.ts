import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from './testing.ts';

const read = (name: string): string => readFileSync(new URL(`../../sql-tests/oracle/${name}`, import.meta.url), 'utf8');
const database = new TestDatabase(read('setup.sql'));

describe('the naive evaluator gives what PostgreSQL gives', () => {
  const cases = read('postgres.txt')
    .split('\n\n')
    .map((c) => c.trim())
    .filter((c) => c !== '' && !c.startsWith('#'))
    .map((c) => {
      const [sql = '', rows = ''] = c.split('\n----\n');
      return [sql, rows] as const;
    });
  it.each(cases)('%s', (sql, rows) => {
    expect(database.run(sql).map((r) => (r === '' ? '(empty)' : r)).join('\n') || '(empty)').toBe(rows);
  });
});

describe('windows', () => {
  const windowed = new TestDatabase(`
    CREATE TABLE e (id INT, ts TIMESTAMP(3));
    INSERT INTO e VALUES (1, '2024-01-01 00:00:01'), (2, '2024-01-01 00:00:05'), (3, '1969-12-31 23:59:59'), (4, NULL);
  `);
  it('tumble: the time is at or after the start, and a row without a time is in no window', () => {
    expect(windowed.run(`SELECT id, window_start, window_end, window_time FROM TUMBLE(e, ts, INTERVAL '5' SECOND) ORDER BY id`)).toEqual([
      '1|2024-01-01 00:00:00|2024-01-01 00:00:05|2024-01-01 00:00:04.999',
      '2|2024-01-01 00:00:05|2024-01-01 00:00:10|2024-01-01 00:00:09.999',
      '3|1969-12-31 23:59:55|1970-01-01 00:00:00|1969-12-31 23:59:59.999',
    ]);
  });
  it('hop: a row is in size / slide windows', () => {
    expect(windowed.run(`SELECT id, window_start FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) WHERE id = 2 ORDER BY 2`)).toEqual([
      '2|2024-01-01 00:00:00', '2|2024-01-01 00:00:02', '2|2024-01-01 00:00:04',
    ]);
  });
  it('the offset shifts windows', () => {
    expect(windowed.run(`SELECT window_start FROM TABLE(TUMBLE(DATA => TABLE e, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '5' SECOND, "OFFSET" => INTERVAL '2' SECOND)) WHERE id = 1`)).toEqual([
      '2023-12-31 23:59:57',
    ]);
  });
});

describe('subqueries', () => {
  it('a scalar subquery of two rows is an error with its position', () => {
    expect(() => database.run('WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t')).toThrow('recursive query "t" takes more than 100000 steps');
    expect(() => database.run('SELECT (SELECT id FROM emp)')).toThrow('more than one row returned by a subquery used as an expression');
  });
  it('an uncorrelated subquery is run once', () => {
    const big = new TestDatabase('CREATE TABLE n (x INT)');
    const [table] = [...big.catalog.snapshot().relations('millrace', 1)];
    big.rows.set(table?.id ?? 0, Array.from({ length: 3000 }, (_, i) => [i]));
    const begin = performance.now();
    expect(big.run('SELECT count(*) FROM n WHERE x <= (SELECT avg(x) FROM n)')).toEqual(['1500']);
    expect(big.run('SELECT count(*) FROM n a, n b WHERE a.x = b.x AND a.x < 10')).toEqual(['10']);
    expect(big.run('SELECT count(*) FROM n a WHERE EXISTS (SELECT 1 FROM n b WHERE b.x = a.x + 1)')).toEqual(['2999']);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
