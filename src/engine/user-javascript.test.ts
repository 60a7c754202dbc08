import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open();
});
afterEach(async () => await db.close());

const GCD = `CREATE FUNCTION gcd2(a INT, b INT) RETURNS INT LANGUAGE javascript STRICT AS $$
  while (b !== 0) { const t = b; b = a % b; a = t; }
  return a;
$$`;
const WEIGHTED = (more = '') => `CREATE AGGREGATE wavg(v INT, w INT) RETURNS DOUBLE LANGUAGE javascript STRICT AS $$
  export function create_state() { return { sum: 0, weight: 0 }; }
  export function accumulate(s, v, w) { s.sum += v * w; s.weight += w; return s; }
  ${more}
  export function finish(s) { return s.weight === 0 ? null : s.sum / s.weight; }
$$`;
const RETRACT = 'export function retract(s, v, w) { s.sum -= v * w; s.weight -= w; return s; }';
const MERGE = 'export function merge(a, b) { return { sum: a.sum + b.sum, weight: a.weight + b.weight }; }';

describe('functions in JavaScript', () => {
  it('compute, in queries and in views, and outlive a restart', async () => {
    await db.run(`CREATE TABLE t (k INT, a INT, b INT); ${GCD}; CREATE MATERIALIZED VIEW v AS SELECT k, gcd2(a, b) AS g FROM t WHERE gcd2(a, b) > 1; INSERT INTO t VALUES (1, 12, 18), (2, 7, 5), (3, NULL, 4)`);
    expect(await db.run('SELECT gcd2(12, 18), gcd2(NULL, 1)')).toEqual(['6|']);
    expect((await db.run('SELECT * FROM v')).toSorted()).toEqual(['1|6']);
    await db.restart();
    await db.run('INSERT INTO t VALUES (4, 21, 14); UPDATE t SET a = 9 WHERE k = 1');
    expect((await db.run('SELECT * FROM v')).toSorted()).toEqual(['1|9', '4|7']);
    expect(await db.error('DROP FUNCTION gcd2')).toMatch(/^2BP01/);
    expect(await db.error(GCD.replace('CREATE', 'CREATE OR REPLACE'))).toMatch(/^2BP01 cannot replace function "?gcd2"? because running jobs depend on it/);
  });

  it('are not called where no row of a batch passes the filter', async () => {
    await db.run(`CREATE TABLE t (k INT, a INT, b INT); ${GCD}; CREATE MATERIALIZED VIEW v AS SELECT k, gcd2(a, b) + a AS g FROM t WHERE a > b; INSERT INTO t VALUES (1, 12, 18), (2, 3, 5)`);
    expect(await db.run('SELECT * FROM v')).toEqual([]);
    expect(await db.run('SELECT ARRAY[a, gcd2(a, b)] FROM t WHERE a > b')).toEqual([]);
    await db.run('INSERT INTO t VALUES (3, 9, 6)');
    expect(await db.run('SELECT * FROM v')).toEqual(['3|12']);
  });

  it('give rows', async () => {
    await db.run(`CREATE TABLE t (k INT, s TEXT); INSERT INTO t VALUES (1, 'a b'), (2, ''), (3, 'c')`);
    await db.run(`CREATE FUNCTION words(s TEXT) RETURNS TABLE (word TEXT, n INT) LANGUAGE javascript AS $$ let n = 0; for (const w of s.split(' ')) if (w !== '') yield [w, ++n]; $$`);
    await db.run(`CREATE FUNCTION upto(n INT) RETURNS SETOF INT LANGUAGE javascript AS $$ return Array.from({ length: n }, (_, i) => i + 1) $$`);
    expect((await db.run('SELECT k, word, n FROM t, words(s)')).toSorted()).toEqual(['1|a|1', '1|b|2', '3|c|1']);
    expect((await db.run('SELECT k, word FROM t LEFT JOIN LATERAL words(s) ON TRUE')).toSorted()).toEqual(['1|a', '1|b', '2|', '3|c']);
    expect((await db.run('SELECT k, w.word FROM t CROSS JOIN LATERAL TABLE(words(s)) AS w(word, n)')).toSorted()).toEqual(['1|a', '1|b', '3|c']);
    expect(await db.run('SELECT * FROM upto(3)')).toEqual(['1', '2', '3']);
    expect(await db.run('SELECT upto(2)')).toEqual(['1', '2']);
    await db.run('CREATE MATERIALIZED VIEW v AS SELECT k, word FROM t, words(s); DELETE FROM t WHERE k = 1');
    expect(await db.run('SELECT * FROM v')).toEqual(['3|c']);
  });

  it.each([['', 'with neither'], [RETRACT, 'with retract'], [MERGE, 'with merge'], [RETRACT + MERGE, 'with both']])('aggregate (%#: %s)', async (more) => {
    await db.run(`CREATE TABLE t (k INT PRIMARY KEY, g INT, v INT, w INT); ${WEIGHTED(more)}`);
    await db.run('CREATE MATERIALIZED VIEW a AS SELECT g, wavg(v, w) AS x, count(*) AS n FROM t GROUP BY g; CREATE MATERIALIZED VIEW b AS SELECT wavg(v, w) AS x FROM t');
    await db.run('INSERT INTO t VALUES (1, 1, 10, 1), (2, 1, 20, 3), (3, 2, 5, 1), (4, 2, NULL, 1)');
    expect((await db.run('SELECT * FROM a')).toSorted()).toEqual(['1|17.5|2', '2|5|2']);
    await db.run('DELETE FROM t WHERE k = 1; UPDATE t SET v = 7 WHERE k = 3');
    expect((await db.run('SELECT * FROM a')).toSorted()).toEqual(['1|20|1', '2|7|2']);
    await db.restart();
    await db.run('INSERT INTO t VALUES (5, 1, 0, 1)');
    expect((await db.run('SELECT * FROM a')).toSorted()).toEqual(['1|15|2', '2|7|2']);
    expect(await db.run('SELECT * FROM b')).toEqual(['13.4']);
    expect(await db.run('SELECT wavg(v, w) FROM t')).toEqual(['13.4']);
    expect((await db.run('SELECT k, wavg(v, w) OVER (ORDER BY k) FROM t WHERE v IS NOT NULL')).toSorted()).toEqual(['2|20', '3|16.75', '5|13.4']);
    expect(await db.run('SELECT wavg(v, w) FILTER (WHERE g = 1), wavg(DISTINCT v, w) FROM t')).toEqual(['15|13.4']);
  });

  it('are TypeScript, too', async () => {
    await db.run(`CREATE FUNCTION tag(s STRING) RETURNS STRING LANGUAGE typescript AS $$
      interface Tag { readonly text: string }
      const t: Tag = { text: s as string };
      return \`<\${t.text}>\`;
    $$`);
    expect(await db.run("SELECT tag('a')")).toEqual(['<a>']);
    expect(await db.error("CREATE FUNCTION bad() RETURNS INT LANGUAGE typescript AS $$ enum A { X } return 1 $$")).toMatch(/^42601 the function's body is no TypeScript/);
  });

  it('say what went wrong, and where', async () => {
    expect(await db.error('CREATE FUNCTION f() RETURNS INT LANGUAGE javascript AS $$\n  const a = ;\n$$')).toMatch(/^42601 function f: SyntaxError: .* At line 2, column 13/);
    expect(await db.error('CREATE AGGREGATE f(a INT) RETURNS INT LANGUAGE javascript AS $$ export function accumulate(s, a) { return s } $$')).toMatch(/^42P13 aggregate f has no function create_state/);
    await db.run("CREATE FUNCTION boom(a INT) RETURNS INT LANGUAGE javascript AS $$\n  if (a > 1) throw new RangeError('too big: ' + a);\n  return 2 ** 40 * a;\n$$");
    expect(await db.error('SELECT boom(2)')).toMatch(/^38000 function boom: RangeError: too big: 2 \/ At line 2, column \d+/);
    expect(await db.error('SELECT boom(1)')).toMatch(/^22003 function boom: integer out of range/);
    expect(await db.run('SELECT boom(0)')).toEqual(['0']);
    expect(await db.error('SELECT boom()')).toMatch(/^42883 function boom takes 1 arguments, not 0/);
  });

  it('stay within their limits', async () => {
    await db.run(`SET function.max-steps = 100000; SET function.max-memory = 4;
      CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE javascript AS $$
        if (a === 1) for (;;);
        if (a === 2) { const kept = []; for (;;) kept.push('x'.repeat(1000) + kept.length); }
        if (a === 3) return (function down(n) { return down(n + 1) + 1; })(0);
        return a; $$`);
    expect(await db.error('SELECT f(1)')).toMatch(/^53400 function f took more than 100000 steps/);
    expect(await db.error('SELECT f(2)')).toMatch(/^53400 function f took more than 4194304 bytes of memory/);
    expect(await db.error('SELECT f(3)')).toMatch(/^53400 function f calls itself too deeply/);
    expect(await db.run('SELECT f(4)')).toEqual(['4']);
  });

  it('see no clock, no random numbers, no files', async () => {
    await db.run(`CREATE FUNCTION f(a TEXT) RETURNS TEXT LANGUAGE javascript AS $$ return String(eval(a)) $$`);
    expect(await db.error("SELECT f('Date.now()')")).toMatch(/^38000 .*no clock/);
    expect(await db.error("SELECT f('new Date()')")).toMatch(/^38000 .*no clock/);
    expect(await db.error("SELECT f('Math.random()')")).toMatch(/^38000 .*VOLATILE/);
    expect(await db.run("SELECT f('typeof process + typeof require + typeof fetch + typeof performance + typeof setTimeout')")).toEqual(['undefined'.repeat(5)]);
    expect(await db.error("CREATE FUNCTION g() RETURNS INT LANGUAGE javascript AS $$\nimport fs from 'node:fs';\nexport function g() { return 1 } $$")).toMatch(/^(38000|42601)/);
    await db.run('CREATE FUNCTION r() RETURNS DOUBLE VOLATILE LANGUAGE javascript AS $$ return Math.random() $$');
    expect(await db.run('SELECT r() BETWEEN 0 AND 1')).toEqual(['t']);
    // Over rows that change, what it gave is remembered with the row.
    await db.run('CREATE TABLE t (k INT, v INT); CREATE MATERIALIZED VIEW v AS SELECT x, count(*) AS n FROM (SELECT v, r() AS x FROM t) s GROUP BY x; INSERT INTO t VALUES (1, 1), (2, 2), (3, 3); DELETE FROM t WHERE k < 3');
    expect(await db.run('SELECT count(*), sum(n) FROM v')).toEqual(['1|1']);
    expect(await db.error('CREATE FUNCTION s() RETURNS SETOF INT VOLATILE LANGUAGE javascript AS $$ return [1] $$')).toMatch(/^0A000 a VOLATILE table function/);
  });

  it('take and give values of every type', async () => {
    const types: readonly (readonly [string, string])[] = [
      ['BOOLEAN', 'true'], ['TINYINT', '-7'], ['SMALLINT', '-300'], ['INT', '2147483647'], ['BIGINT', '9223372036854775807'], ['REAL', '1.5'], ['DOUBLE', '0.1'], ['DOUBLE', "'NaN'::DOUBLE"], ['DOUBLE', "'-Infinity'::DOUBLE"],
      ['DECIMAL(38, 10)', '1234567890123456789012345678.0123456789'], ['NUMERIC', '1.50'], ['TEXT', "'ä€😀 \"x\"'"], ['VARCHAR(3)', "'abc'"], ['CHAR(3)', "'ab'"], ['BYTEA', "'\\x00ff'::BYTEA"],
      ['DATE', "DATE '2024-02-29'"], ['TIME', "TIME '12:34:56.789012'"], ['TIMESTAMP', "TIMESTAMP '1969-12-31 23:59:59.999999'"], ['TIMESTAMPTZ', "TIMESTAMPTZ '2024-02-29 12:00:00.000001+00'"],
      ['INTERVAL', "INTERVAL '1 month 2 days 03:04:05.000006'"], ['UUID', "'00112233-4455-6677-8899-aabbccddeeff'::UUID"], ['JSONB', `'{"a": [1, null, "x"]}'::JSONB`], ['INT[]', 'ARRAY[1, NULL, 3]'], ['BIGINT[]', 'ARRAY[1::BIGINT, 2]'],
      ['MAP<STRING, INT>', "MAP['a', 1, '__proto__', 2]"], ['MAP<INT, BIGINT>', 'MAP[1, 2::BIGINT]'], ['ROW<a INT, b STRING>', "ROW(1, 'x')"],
    ];
    for (const [i, [type, value]] of types.entries()) {
      await db.run(`CREATE FUNCTION id${i}(a ${type}) RETURNS ${type} LANGUAGE javascript AS 'return a'`);
      const [plain] = await db.run(`SELECT CAST(${value} AS ${type})`);
      expect(await db.run(`SELECT id${i}(CAST(${value} AS ${type})), id${i}(NULL)`), type).toEqual([`${plain}|`]);
    }
    await db.run("CREATE FUNCTION kind(a TIMESTAMP, b BIGINT, c DECIMAL(5, 2), d MAP<STRING, INT>, e ROW<x INT>) RETURNS TEXT LANGUAGE javascript AS 'return [a.toISOString(), a.micros, typeof b, typeof c, c, d.k, e.x].join()'");
    expect(await db.run("SELECT kind(TIMESTAMP '2024-01-02 03:04:05.678901', 1, 1.5, MAP['k', 7], ROW(8))")).toEqual(['2024-01-02T03:04:05.678Z,1704164645678901,bigint,string,1.50,7,8']);
  });
});

describe('table functions in SQL', () => {
  it('are put in the place of their calls', async () => {
    await db.run(`CREATE TABLE t (k INT, g INT); CREATE TABLE u (g INT, x INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3); INSERT INTO u VALUES (1, 10), (1, 11), (2, 20)`);
    await db.run('CREATE FUNCTION of_group(wanted INT) RETURNS TABLE (x INT, twice BIGINT) LANGUAGE sql AS $$ SELECT x, x * 2 FROM u WHERE g = wanted $$');
    await db.run('CREATE FUNCTION one(a INT) RETURNS SETOF INT LANGUAGE sql AS $$ SELECT a + 1 $$');
    expect((await db.run('SELECT * FROM of_group(1)')).toSorted()).toEqual(['10|20', '11|22']);
    expect(await db.run('SELECT * FROM one(1)')).toEqual(['2']);
    await db.run('CREATE MATERIALIZED VIEW v AS SELECT k, f.x, f.twice FROM t CROSS JOIN LATERAL of_group(t.g) AS f');
    expect((await db.run('SELECT * FROM v')).toSorted()).toEqual(['1|10|20', '1|11|22', '2|20|40']);
    expect((await db.run('SELECT k, f.x FROM t LEFT JOIN LATERAL of_group(t.g) AS f ON TRUE')).toSorted()).toEqual(['1|10', '1|11', '2|20', '3|']);
    await db.run('INSERT INTO u VALUES (3, 30)');
    expect((await db.run('SELECT * FROM v WHERE k = 3'))).toEqual(['3|30|60']);
    expect(await db.error('DROP TABLE u')).toMatch(/^2BP01/);
    expect(await db.error('CREATE FUNCTION bad() RETURNS TABLE (x INT) LANGUAGE sql AS $$ SELECT 1, 2 $$')).toMatch(/^42P13/);
  });
});

describe('the catalog', () => {
  it('shows functions, and makes them anew from what it shows', async () => {
    await db.run(`${WEIGHTED(RETRACT)}; ${GCD}; CREATE FUNCTION words(s TEXT) RETURNS TABLE (word TEXT) LANGUAGE javascript AS $$ yield '$$'.length; $$`.replace("'$$'.length", 's'));
    expect((await db.run('SHOW USER FUNCTIONS')).toSorted()).toEqual(['gcd2', 'wavg', 'words']);
    expect(await db.run("SELECT proname, prokind, proretset, provolatile, proisstrict, lanname FROM pg_proc JOIN pg_language l ON l.oid = prolang WHERE proname IN ('wavg', 'gcd2', 'words') ORDER BY 1")).toEqual([
      'gcd2|f|f|i|t|javascript', 'wavg|a|f|i|t|javascript', 'words|f|t|i|f|javascript',
    ]);
    for (const name of ['wavg', 'gcd2', 'words']) {
      const [text] = await db.run(`SHOW CREATE FUNCTION ${name}`);
      await db.run(`DROP ${name === 'wavg' ? 'AGGREGATE' : 'FUNCTION'} ${name}; ${text ?? ''}`);
      expect(await db.run(`SHOW CREATE FUNCTION ${name}`)).toEqual([text]);
    }
    expect(await db.run("SELECT gcd2(4, 6), word FROM words('x')")).toEqual(['2|x']);
    expect(await db.run('DESCRIBE FUNCTION gcd2')).toEqual(['is system function|false', 'is temporary|false', 'function language|JAVASCRIPT']);
    expect(await db.run('DESCRIBE FUNCTION EXTENDED wavg')).toContain('signature|wavg(v integer, w integer) => double precision');
    expect(await db.run('DESCRIBE FUNCTION EXTENDED abs')).toContain('is system function|true');
    expect(await db.error('DESCRIBE FUNCTION nothing')).toMatch(/^42883/);
    expect(await db.error('DROP FUNCTION wavg')).toMatch(/^42809 wavg is an aggregate function/);
    expect(await db.error('DROP FUNCTION gcd2(TEXT, INT)')).toMatch(/^42883/);
    expect(await db.run('DROP FUNCTION gcd2(INT, INT)')).toEqual(['DROP FUNCTION']);
  });

  it('renames and replaces what no job calls', async () => {
    await db.run(`${GCD}; ALTER FUNCTION gcd2 RENAME TO gcd3; CREATE VIEW v AS SELECT gcd3(4, 6) AS x`);
    await db.run("CREATE OR REPLACE FUNCTION gcd3(a INT, b INT) RETURNS INT LANGUAGE javascript AS $$ return a + b $$");
    expect(await db.run('SELECT * FROM v')).toEqual(['10']);
    expect(await db.error("CREATE OR REPLACE FUNCTION gcd3(a INT, b INT) RETURNS TEXT LANGUAGE javascript AS $$ return 'x' $$")).toMatch(/^2BP01/);
    await db.run('CREATE TEMPORARY FUNCTION mine() RETURNS INT LANGUAGE javascript AS $$ return 7 $$');
    expect(await db.run('SELECT mine()')).toEqual(['7']);
    await db.run('BEGIN; CREATE FUNCTION gone() RETURNS INT LANGUAGE javascript AS $$ return 1 $$; ROLLBACK');
    expect(await db.error('SELECT gone()')).toMatch(/^42883/);
  });

  it('explains plans by the names of functions', async () => {
    await db.run(`CREATE TABLE t (g INT, v INT, w INT); ${WEIGHTED(RETRACT)}; ${GCD}`);
    const plan = (await db.run('EXPLAIN SELECT gcd2(g, 2), wavg(v, w) FROM t GROUP BY gcd2(g, 2)')).join('\n');
    expect(plan).toContain('gcd2(');
    expect(plan).toContain('wavg(');
    expect(plan).not.toContain('user {');
  });
});
