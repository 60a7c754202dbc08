import fc from 'fast-check';
import flink from 'node-sql-parser/build/flinksql.js';
import postgres from 'node-sql-parser/build/postgresql.js';
import { describe, expect, it } from 'vitest';
import { parseStatement } from './parser.ts';

/** A parser of other hands, as a second opinion on plain SELECTs. */
const SECOND = {
  postgres: (sql: string) => new postgres.Parser().parse(sql, { database: 'Postgresql' }),
  flink: (sql: string) => new flink.Parser().parse(sql, { database: 'FlinkSQL' }),
};
type Dialect = keyof typeof SECOND;

const ACCEPTED = [
  'SELECT 1',
  'SELECT a, b AS c FROM t',
  'SELECT * FROM t',
  'SELECT t.* FROM t',
  'SELECT DISTINCT a FROM t',
  "SELECT a FROM t WHERE b = 1 AND c <> 'x' OR NOT d > 2",
  'SELECT a FROM t WHERE b IN (1, 2, 3)',
  'SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)',
  'SELECT a FROM t WHERE b BETWEEN 1 AND 2',
  "SELECT a FROM t WHERE b LIKE 'x%'",
  'SELECT a FROM t WHERE b IS NULL AND c IS NOT NULL',
  'SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.x)',
  'SELECT count(*), sum(a), max(DISTINCT b) FROM t GROUP BY c HAVING count(*) > 1',
  'SELECT a FROM t ORDER BY a DESC, b LIMIT 10',
  'SELECT a FROM t LIMIT 10 OFFSET 5',
  'SELECT t.a, u.b FROM t JOIN u ON t.id = u.id',
  'SELECT t.a FROM t LEFT JOIN u ON t.id = u.id RIGHT JOIN w ON w.id = u.id',
  'SELECT a FROM t FULL OUTER JOIN u ON t.id = u.id',
  'SELECT a FROM t CROSS JOIN u',
  'SELECT a FROM t JOIN u USING (id)',
  'SELECT a FROM t, u WHERE t.x = u.y',
  'SELECT x.a FROM (SELECT a FROM t) AS x',
  'WITH w AS (SELECT a FROM t) SELECT a FROM w',
  'SELECT a FROM t UNION ALL SELECT b FROM u',
  'SELECT a FROM t UNION SELECT b FROM u',
  "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END FROM t",
  'SELECT CASE a WHEN 1 THEN 2 END FROM t',
  'SELECT CAST(a AS INT) FROM t',
  'SELECT a + b * c - d / e FROM t',
  'SELECT a || b FROM t',
  'SELECT -a FROM t',
  'SELECT (SELECT max(b) FROM u) FROM t',
  'SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) AS rn FROM t',
  'SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
  'SELECT EXTRACT(YEAR FROM ts) FROM t',
  'SELECT a FROM s.t',
  'SELECT upper(a), coalesce(b, 1) FROM t',
  "SELECT a AS x FROM t AS y WHERE y.b = 'it''s'",
  "SELECT TRUE, FALSE, NULL, 1.5, 'x'",
  'SELECT a FROM t INTERSECT SELECT b FROM u',
  'SELECT a FROM t EXCEPT SELECT b FROM u',
  "SELECT INTERVAL '1' DAY",
  "SELECT DATE '2024-01-01'",
  'SELECT a IS TRUE FROM t',
  'SELECT NULLIF(a, b) FROM t',
  'SELECT a FROM t GROUP BY ROLLUP (a)',
  'SELECT substring(a FROM 1 FOR 2) FROM t',
  "SELECT trim(both 'x' from a) FROM t",
  "SELECT position('a' IN b) FROM t",
  'SELECT a FROM t WHERE (a, b) IN ((1, 2))',
  'SELECT ARRAY[1,2]',
  'SELECT a[1] FROM t',
  'SELECT a FROM t NATURAL JOIN u',
  'SELECT FROM t WHERE a = 1',
];

const REJECTED = [
  'SELECT a FROM',
  'SELECT a FROM t WHERE',
  'SELECT a,, b FROM t',
  'SELECT (a FROM t',
  'SELECT a FROM t GROUP',
  'SELECT a FROM t ORDER',
  'SELECT a FROM t JOIN',
  'SELECT a FROM t LEFT u ON t.a = u.a',
  'SELECT CASE WHEN a THEN b FROM t',
  'SELECT CAST(a INT) FROM t',
  'SELECT a FROM t LIMIT',
  'SELECT a b c FROM t',
  'SELECT a FROM t WHERE a = ',
  'SELECT a FROM t WHERE a IN ()',
  'SELECT a FROM t WHERE a BETWEEN 1',
  'SELCT a FROM t',
  'SELECT a FRM t WHERE b = 1',
  "SELECT 'a",
  'SELECT a FROM t UNION',
  'SELECT f(a FROM t',
  'SELECT a FROM t HAVING',
  'SELECT a FROM (SELECT b FROM t',
  'SELECT a FROM t WHERE NOT',
  'SELECT a FROM t)',
  'SELECT a FROM t ORDER BY',
  'SELECT a FROM t u v',
];

/** Where it is wrong, by what both PostgreSQL's and Flink's documentation say. */
const GAPS: Readonly<Record<Dialect, readonly string[]>> = {
  postgres: [
    // Its grammar has DISTINCT only in count and some others.
    'SELECT count(*), sum(a), max(DISTINCT b) FROM t GROUP BY c HAVING count(*) > 1',
    'SELECT substring(a FROM 1 FOR 2) FROM t',
    // An empty select list is PostgreSQL's extension.
    'SELECT FROM t WHERE a = 1',
  ],
  flink: [
    // It takes OVER after few functions only.
    'SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) AS rn FROM t',
    'SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t',
    'SELECT ARRAY[1,2]',
    'SELECT FROM t WHERE a = 1',
  ],
};

function accepts(parse: (sql: string) => unknown, sql: string): boolean {
  try {
    parse(sql);
    return true;
  } catch {
    return false;
  }
}

/** Names of tables and the last parts of column names anywhere in a tree. */
function names(sql: string): { tables: string[]; columns: string[] } {
  const tables = new Set<string>();
  const columns = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (typeof node === 'object' && node !== null) {
      if ('kind' in node && node.kind === 'table' && 'name' in node) tables.add(lastPart(node.name));
      else if ('kind' in node && node.kind === 'name') columns.add(lastPart(node));
      for (const child of Object.values(node)) visit(child);
    }
  };
  visit(parseStatement(sql));
  return { tables: [...tables].sort(), columns: [...columns].sort() };
}

function lastPart(name: unknown): string {
  if (typeof name !== 'object' || name === null || !('parts' in name) || !Array.isArray(name.parts)) return '';
  const part: unknown = name.parts.at(-1);
  return typeof part === 'object' && part !== null && 'name' in part ? String(part.name) : '';
}

/** The other parser's lists have entries such as `select::schema::table`. */
function theirs(dialect: Dialect, sql: string): { tables: string[]; columns: string[] } {
  const { tableList, columnList } = SECOND[dialect](sql);
  const last = (entries: readonly string[]): string[] => [...new Set(entries.map((entry) => entry.split('::').at(-1) ?? ''))].sort();
  return { tables: last(tableList), columns: last(columnList) };
}

describe.each(['postgres', 'flink'] as const)('node-sql-parser for %s', (dialect) => {
  const gaps: ReadonlySet<string> = new Set(GAPS[dialect]);

  it('accepts what we accept', () => {
    for (const sql of ACCEPTED) {
      expect(accepts(parseStatement, sql), sql).toBe(true);
      expect(accepts(SECOND[dialect], sql), sql).toBe(!gaps.has(sql));
    }
  });

  it('rejects what we reject', () => {
    for (const sql of REJECTED) {
      expect(accepts(parseStatement, sql), sql).toBe(false);
      expect(accepts(SECOND[dialect], sql), sql).toBe(false);
    }
  });

  it('finds the same tables and columns in generated SELECTs', () => {
    const column = fc.constantFrom('t.a', 't.b', 'u.c', 'u.d');
    // No strings: it lists one in the select list as a column.
    const value = fc.constantFrom('1', '20', '2.5');
    const scalar = fc.oneof(column, fc.tuple(column, fc.constantFrom('+', '-', '*'), column).map((parts) => parts.join(' ')), column.map((name) => `upper(${name})`), value);
    const condition = fc.oneof(
      fc.tuple(column, fc.constantFrom('=', '<>', '<', '>='), scalar).map((parts) => parts.join(' ')),
      column.map((name) => `${name} IS NOT NULL`),
      fc.tuple(column, value, value).map(([name, low, high]) => `${name} BETWEEN ${low} AND ${high}`),
      fc.tuple(column, fc.array(value, { minLength: 1, maxLength: 3 })).map(([name, list]) => `${name} IN (${list.join(', ')})`),
    );
    const select = fc.record({
      items: fc.array(scalar, { minLength: 1, maxLength: 3 }),
      on: condition,
      where: fc.array(condition, { maxLength: 3 }),
      group: fc.array(column, { maxLength: 2 }),
      order: fc.array(column, { maxLength: 2 }),
      join: fc.constantFrom('JOIN', 'LEFT JOIN', 'FULL JOIN'),
    });
    fc.assert(
      fc.property(select, ({ items, on, where, group, order, join }) => {
        const clause = (word: string, list: readonly string[], separator: string): string => (list.length === 0 ? '' : ` ${word} ${list.join(separator)}`);
        const sql = `SELECT ${items.join(', ')} FROM t ${join} u ON ${on}${clause('WHERE', where, ' AND ')}${clause('GROUP BY', group, ', ')}${clause('ORDER BY', order, ', ')}`;
        expect(names(sql)).toEqual(theirs(dialect, sql));
      }),
      { numRuns: 100 },
    );
  });
});
