import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Statement } from './ast-statements.ts';
import { parseExpression, parseScript, parseStatement } from './parser.ts';
import { type Dialect, printExpr, printStatement } from './print.ts';
import { standardInterval } from './print/interval.ts';
import { arbitraryExpr, arbitraryQuery } from './testing/arbitrary.ts';
import { strip } from './testing/strip.ts';

const DIALECTS: readonly Dialect[] = ['postgres', 'flink'];
const corpus = ['flink', 'postgres'].flatMap((name) => parseScript(readFileSync(new URL(`./corpus/${name}.sql`, import.meta.url), 'utf8')));

describe.each(DIALECTS)('printing for %s', (dialect) => {
  it('is a fixed point over the corpus', () => {
    expect(corpus.length).toBeGreaterThan(290);
    for (const statement of corpus) {
      const text = printStatement(statement, dialect);
      expect(printStatement(parseStatement(text), dialect)).toBe(text);
    }
  });

  it('is a fixed point over generated expressions', () => {
    fc.assert(
      fc.property(arbitraryExpr, (expr) => {
        const text = printExpr(expr, dialect);
        expect(printExpr(parseExpression(text), dialect)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('quotes a column named interval: with a sign and a text behind it, it would read as a literal', () => {
    const [statement] = parseScript(`SELECT "interval" + '' FROM t`);
    const unquoted = JSON.parse(JSON.stringify(statement).replaceAll('"quoted":true', '"quoted":false')) as Statement;
    const printed = printStatement(unquoted, dialect);
    expect(printStatement(parseScript(printed)[0] as Statement, dialect)).toBe(printed);
  });

  it('is a fixed point over generated queries', () => {
    fc.assert(
      fc.property(arbitraryQuery, (query) => {
        const statement: Statement = { kind: 'queryStatement', query, span: query.span };
        const text = printStatement(statement, dialect);
        expect(printStatement(parseStatement(text), dialect)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is printed', () => {
  it('parses back to the same tree', () => {
    for (const statement of corpus) {
      const text = printStatement(statement);
      // A negative interval literal becomes a negated one.
      if (/-INTERVAL/.test(text)) continue;
      expect(strip(parseStatement(text)), text).toEqual(strip(statement));
    }
  });

  it('keeps the tree of generated expressions, parentheses and all', () => {
    fc.assert(
      fc.property(arbitraryExpr, (expr) => {
        expect(strip(parseExpression(printExpr(expr)))).toEqual(strip(expr));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['SELECT "a b", c FROM t', 'SELECT `a b`, `c` FROM `t`'],
    ["SELECT INTERVAL '1 day 2 hours'", "SELECT INTERVAL '1 02:00:00' DAY TO SECOND"],
    ["SELECT * FROM TUMBLE(t, ts, INTERVAL '10 minutes')", "SELECT * FROM TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '10' MINUTE))"],
    ['SELECT a::text, b::int8[], c::timestamptz(3)', 'SELECT CAST(`a` AS STRING), CAST(`b` AS ARRAY<BIGINT>), CAST(`c` AS TIMESTAMP_LTZ(3))'],
    ['SELECT TIMESTAMPADD(DAY, 1, ts)', 'SELECT TIMESTAMPADD(DAY, 1, `ts`)'],
    ["SET a.b = 'c'", "SET 'a.b' = 'c'"],
  ])('%s for Flink', (sql, printed) => {
    expect(printStatement(parseStatement(sql), 'flink')).toBe(printed);
  });

  it.each([
    ['SELECT `a b` FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL \'5\' MINUTES, INTERVAL \'10\' MINUTES))', 'SELECT "a b" FROM HOP(t, ts, INTERVAL \'5\' MINUTE, INTERVAL \'10\' MINUTE)'],
    ["SELECT INTERVAL '2' WEEK", "SELECT INTERVAL '2 week'"],
    ['SELECT CAST(a AS STRING), CAST(b AS ARRAY<BIGINT>)', 'SELECT CAST(a AS text), CAST(b AS bigint[])'],
    ['SELECT - - a, - -1, a - -b, a-- comment', 'SELECT - -a, - -1, a - -b, a'],
  ])('%s for Postgres', (sql, printed) => {
    expect(printStatement(parseStatement(sql))).toBe(printed);
  });

  it('gives no standard spelling to an interval that has none', () => {
    expect(standardInterval('1 month 2 days')).toBeNull();
    expect(standardInterval('P1D')).toBeNull();
    expect(standardInterval('1.5 hours')).toBeNull();
    expect(standardInterval('90 minutes')).toEqual({ value: '90', qualifier: { from: 'MINUTE', to: null, leadingPrecision: null, fractionPrecision: null } });
  });
});
