import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { renderError } from './caret.ts';
import { parseExpression, parseScript, parseScriptRecovering, parseStatement, SqlParser } from './parser.ts';
import { strip } from './testing/strip.ts';

function failure(sql: string): SqlError {
  try {
    parseScript(sql);
  } catch (thrown) {
    if (thrown instanceof SqlError) return thrown;
    throw thrown;
  }
  throw new Error(`accepted: ${sql}`);
}

function near(sql: string): string {
  const { message, span, sqlstate } = failure(sql);
  return `${sqlstate} ${message} @${span?.start}`;
}

describe('the grammar', () => {
  it('has no ambiguity, left recursion or unresolved rule', () => {
    expect(() => new SqlParser(false)).not.toThrow();
  });
});

describe('scripts', () => {
  it('drops empty statements and gives spans in the whole text', () => {
    const sql = ';; SELECT 1 ;\n/* c */ SELECT "é", 2;; -- end';
    expect(parseScript(sql).map(({ span }) => sql.slice(span.start, span.end))).toEqual(['SELECT 1', 'SELECT "é", 2']);
  });

  it('keeps a statement set together', () => {
    const sql = 'BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t; INSERT INTO b SELECT 1; END; BEGIN; SELECT 1; END; SELECT 2';
    expect(parseScript(sql).map(({ kind }) => kind)).toEqual(['statementSet', 'transaction', 'queryStatement', 'transaction', 'queryStatement']);
  });

  it('yields the good statements beside the errors', () => {
    const { statements, errors } = parseScriptRecovering("SELECT 1; SELCT 2; SELECT 3; SELECT (; SELECT 'open");
    expect(statements.map(({ span }) => span.start)).toEqual([0, 19]);
    expect(errors.map(({ span }) => span?.start)).toEqual([10, 37, 46]);
  });

  it('wants exactly one statement for a prepared one', () => {
    expect(() => parseStatement('SELECT 1; SELECT 2')).toThrow('cannot insert multiple commands into a prepared statement');
    expect(() => parseStatement(' ; ')).toThrow('syntax error at end of input');
  });
});

describe('errors', () => {
  it.each([
    ['SELECT 1 +', '42601 syntax error at end of input @10'],
    ['SELECT (1; SELECT 2', '42601 syntax error at or near ";" @9'],
    ['SELECT a FROM t WHERE a < b < c', '42601 syntax error at or near "<" @28'],
    ['SELECT a b c', '42601 syntax error at or near "c" @11'],
    ['SELECT * FROM t LIMIT 1 LIMIT 2', '42601 syntax error at or near "LIMIT" @24'],
    ['CREATE TABLE select (a int)', '42601 syntax error at or near "select" @13'],
    ['SELECT 1 FROM a JOIN b', '42601 syntax error at end of input @22'],
    ['SELECT a[]', '42601 syntax error at or near "]" @9'],
    ['SELECT trim()', '42601 syntax error at or near ")" @12'],
    ['SELECT left', '42601 syntax error at or near "left" @7'],
    ['SELECT $0', '42601 syntax error at or near "$0" @7'],
    ["SELECT 'abc", `42601 unterminated quoted string at or near "'abc" @7`],
    ['SELECT "abc', '42601 unterminated quoted identifier at or near ""abc" @7'],
    ['SELECT ""', '42601 zero-length delimited identifier at or near """" @7'],
    ['SELECT $$abc', '42601 unterminated dollar-quoted string at or near "$$abc" @7'],
    ['SELECT /* a /* b */', '42601 unterminated /* comment at or near "/* a /* b */" @7'],
    ['SELECT 123abc', '42601 trailing junk after numeric literal at or near "123a" @7'],
    ["SELECT E'\\u00'", '22025 invalid Unicode escape @7'],
    ["SELECT X'1g'", '22P02 "g" is not a valid hexadecimal digit @7'],
    ['SELECT 1 \\ 2', '42601 syntax error at or near "\\" @9'],
    ['CREATE ROLE x', '0A000 CREATE ROLE is not supported yet @0'],
    ['SELECT 1 INTO t', '0A000 SELECT INTO is not supported yet @9'],
    ['SELECT * FROM TUMBLE(t, ts)', '42601 missing argument for function tumble @14'],
    ['SELECT * FROM HOP(t, ts, a, b, c, d)', '42601 too many arguments for function hop @34'],
    ['CREATE UNIQUE TABLE t (a int)', '42601 syntax error at or near "TABLE" @14'],
    ['CREATE OR ALTER TABLE t (a int)', '42601 syntax error at or near "TABLE" @16'],
    ['CREATE VIEW v APPEND ONLY AS SELECT 1', '42601 syntax error at or near "ONLY" @21'],
    ['GRANT SELECT (a) ON t TO bob', '0A000 a privilege on columns is not supported yet @0'],
    ['CREATE TABLE t (WATERMARK FOR a AS a, WATERMARK FOR b AS b)', '0A000 a second watermark on one table is not supported yet @38'],
    ["CREATE TABLE t (a int) WITH ('a' = 'b') WITH ('c' = 'd')", '42601 syntax error at or near "WITH" @40'],
    ['SHOW CREATE TABLE', '42601 syntax error at end of input @17'],
  ])('%s', (sql, expected) => {
    expect(near(sql)).toBe(expected);
  });

  it.each([
    ['SELCT 1', 'SELECT'],
    ['SELECT a FORM t x', 'FROM'],
    ['SELECT a FROM t WEHRE a = 1', 'WHERE'],
    ['CRAETE TABLE t (a int)', 'CREATE'],
    ['SELECT a FROM t GROPU BY a', 'GROUP'],
    ['INSERT INOT t VALUES (1)', 'INTO'],
  ])('%s means %s', (sql, word) => {
    expect(failure(sql).hint).toContain(`"${word}"`);
  });

  it('gives no hint where no keyword is near', () => {
    expect(failure('SELECT a b c').hint).toBeUndefined();
  });

  it('shows the place in the source', () => {
    const sql = 'SELECT a,\n\tb FORM t x';
    expect(renderError(failure(sql), sql)).toBe(['ERROR:  syntax error at or near "t"', 'LINE 2: \tb FORM t x', '        \t       ^', 'HINT:  Perhaps you meant "FROM" instead of "FORM".'].join('\n'));
    const long = `SELECT ${'a, '.repeat(200)}FROM`;
    expect(renderError(failure(`${long} ,`), `${long} ,`).split('\n')[1]?.length).toBeLessThan(140);
  });
});

describe('bounds', () => {
  const nests: readonly [string, string, string][] = [
    ['(', '1', ')'],
    ['(SELECT ', '1', ')'],
    ['f(', '1', ')'],
    ['CASE WHEN a THEN ', '1', ' END'],
    ['NOT ', 'a', ''],
    ['- ', 'a', ''],
    ['(a AND ', 'a', ')'],
    ['ARRAY[', '1', ']'],
    ['EXISTS (SELECT 1 FROM a WHERE ', 'true', ')'],
    ['sum(1) OVER (ORDER BY ', '1', ')'],
    ['trim(', 'a', ')'],
    ['json_object(k VALUE ', '1', ')'],
    ['CAST(', '1', ' AS int)'],
    ['a[', '1', ']'],
    ['1 + (2 * ', '1', ')'],
    ['(SELECT 1 FROM (SELECT ', '1', ') x)'],
  ];
  it.each(nests)('bounds the depth of %s', (open, leaf, close) => {
    const nest = (depth: number): string => `SELECT ${open.repeat(depth)}${leaf}${close.repeat(depth)}`;
    expect(() => parseScript(nest(20))).not.toThrow();
    const error = failure(nest(5000));
    expect(error.condition).toBe('statement_too_complex');
    // With a position: found by counting, not by running out of stack.
    expect(error.span).toBeDefined();
  });

  it('bounds joins and set operations in parentheses', () => {
    expect(failure(`SELECT * FROM ${'(a JOIN '.repeat(5000)}b${' USING (i))'.repeat(5000)}`).condition).toBe('statement_too_complex');
    expect(failure(`${'(SELECT 1 UNION '.repeat(5000)}SELECT 2${')'.repeat(5000)}`).condition).toBe('statement_too_complex');
    expect(failure(`SELECT CAST(a AS ${'ARRAY<'.repeat(5000)}INT${'>'.repeat(5000)})`).condition).toBe('statement_too_complex');
  });

  it('reads long chains', () => {
    expect(parseScript(`SELECT * FROM t WHERE ${'a = 1 OR '.repeat(20_000)}b`)).toHaveLength(1);
    expect(parseScript(`INSERT INTO t VALUES ${'(1, 2),'.repeat(20_000)}(3, 4)`)).toHaveLength(1);
    expect(parseScript(`SELECT ${'1 + '.repeat(1500)}1`)).toHaveLength(1);
    expect(failure(`SELECT ${'1 + '.repeat(5000)}1`).condition).toBe('statement_too_complex');
  });

  it.each([
    ['parentheses unclosed', '('],
    ['comments', '/* x */ '],
    ['brackets', 'a[1],'],
    ['quotes', "'a' "],
    ['statements', 'SELECT 1;'],
    ['IN lists', '(1),'],
  ])('takes linear time on %s', (_name, unit) => {
    const started = performance.now();
    parseScriptRecovering(`SELECT ${unit.repeat(30_000)}`);
    // Quadratic behaviour would take minutes; the bound only has to tell the two apart.
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});

describe('trees', () => {
  it.each([
    ['a OR b AND NOT c = 1', 'a OR (b AND (NOT (c = 1)))'],
    ['-a ^ 2 * b + c || d = e', '((((((-a) ^ 2) * b) + c) || d) = e)'],
    ['NOT a IS NULL', 'NOT (a IS NULL)'],
    ['a BETWEEN 1 AND 2 AND c', '(a BETWEEN 1 AND 2) AND c'],
    ["a || 'x' LIKE b || 'y'", "(a || 'x') LIKE (b || 'y')"],
    ['a - b - c', '(a - b) - c'],
    ["ts AT TIME ZONE 'UTC' + i", "(ts AT TIME ZONE 'UTC') + i"],
    ['-a::int', '-(a::int)'],
    ['a.b[1].c', '((a.b)[1]).c'],
    ['x = ANY (y) OR z', '(x = ANY (y)) OR z'],
    ['a IS DISTINCT FROM b AND c', '(a IS DISTINCT FROM b) AND c'],
    ['a >= b OR c->>1 = d', '(a >= b) OR ((c->>1) = d)'],
    ['1 IN (1, 2) = true', null],
  ])('%s', (sql, grouped) => {
    if (grouped === null) expect(() => parseExpression(sql)).not.toThrow();
    else if (sql !== 'a.b[1].c') expect(strip(parseExpression(sql))).toEqual(strip(parseExpression(grouped)));
    else expect(parseExpression(sql)).toMatchObject({ kind: 'field', base: { kind: 'subscript', base: { kind: 'name' } } });
  });

  it('decodes strings', () => {
    expect(parseExpression(String.raw`E'a\n\x41\101\u00e9\U0001F600\''`)).toMatchObject({ value: 'a\nAAé😀\'' });
    expect(parseExpression(String.raw`U&'\0041!+'`)).toMatchObject({ value: 'A!+' });
    expect(parseExpression(String.raw`U&'!+01F600' UESCAPE '!'`)).toMatchObject({ value: '😀' });
    expect(parseExpression("'a'\n  'b''c'")).toMatchObject({ value: "ab'c" });
    expect(parseExpression('$x$a$$b$x$')).toMatchObject({ value: 'a$$b' });
    expect(parseExpression('0xFF_FF')).toMatchObject({ text: '65535' });
  });

  it('reads all spellings of a window alike', () => {
    const from = (sql: string): unknown => {
      const statement = parseStatement(`SELECT * FROM ${sql}`);
      return statement.kind === 'queryStatement' && statement.query.body.kind === 'select' ? strip(statement.query.body.from) : null;
    };
    const plain = from("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE)");
    expect(plain).toMatchObject([{ kind: 'windowTable', window: 'tumble', timeColumn: { name: 'ts' }, step: null, offset: null }]);
    expect(from("TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTES))")).toEqual(plain);
    expect(from("TABLE(TUMBLE(SIZE => INTERVAL '10' MINUTE, DATA => TABLE t, TIMECOL => DESCRIPTOR(ts)))")).toEqual(plain);
    expect(from("tumble(t, ts, INTERVAL '10' MINUTE)")).toEqual(plain);
    expect(from("LATERAL TABLE(f(x))")).toMatchObject([{ kind: 'functionTable', lateral: true }]);
  });

  it('keeps hints where they stand and nowhere else', () => {
    expect(parseStatement("SELECT /*+ STATE_TTL('a' = '1d'), BROADCAST(x, y) */ * FROM t /*+ OPTIONS('k'='it''s') */ WHERE a /*+ no hint */ > 1")).toMatchObject({
      query: { body: { hints: [{ name: 'STATE_TTL', options: [{ key: 'a', value: '1d' }] }, { name: 'BROADCAST', args: ['x', 'y'] }], from: [{ hints: [{ options: [{ value: "it's" }] }] }] } },
    });
  });

  it('uses non-reserved words as names', () => {
    const words = 'value timestamp date year key status type name data first last row map hop session offsets at zone language comment level mode text';
    for (const word of words.split(' ')) {
      expect(() => parseScript(`CREATE TABLE t (${word} int); SELECT ${word}, t.${word} AS ${word} FROM ${word} AS ${word} WHERE ${word} = 1 ORDER BY ${word}`), word).not.toThrow();
    }
    expect(() => parseScript('CREATE TABLE t (user text); SELECT t.user, t.select FROM t')).not.toThrow();
  });

  it('reads map[k] as a subscript and MAP[k, v] as a constructor', () => {
    expect(parseExpression("map['k']").kind).toBe('subscript');
    expect(parseExpression("MAP['k', 1]").kind).toBe('map');
    expect(failure("SELECT MAP['k', 1, 2]").hint).toContain('by turns');
  });

  it('counts a span in UTF-16 units', () => {
    expect(failure("SELECT '😀' ,, 1").span).toEqual({ start: 13, end: 14 });
  });
});
