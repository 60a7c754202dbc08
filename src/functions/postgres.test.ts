import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../../scripts/postgres.ts';
import { SqlError } from '../common/errors.ts';
import { binaryIn, binaryOut } from '../common/types/binary-codec.ts';
import { compareValues } from '../common/types/compare.ts';
import { textOf, typed } from './testing.ts';
import { callCase, castCase, sqlOf, textCase, type Arg, type Case } from './testing/postgres-case.ts';
import { CAST_CASES } from './testing/postgres-casts.ts';
import { FUNCTION_CASES } from './testing/postgres-functions.ts';
import { OPERATOR_CASES } from './testing/postgres-operators.ts';
import { PATH_CASES } from './testing/postgres-paths.ts';
import { TEXT_CASES } from './testing/postgres-texts.ts';
import { INTEGERS, INTERVALS, NUMERICS, TIMESTAMPS } from './testing/postgres-values.ts';

/** PostgreSQL 15 as the judge of text forms, binary forms, arithmetic, casts, functions and order. */

/** Codes that both give for one error, where PostgreSQL's depends on internals we do not share. */
const SAME_CODE: Readonly<Record<string, string>> = { '22007': '22008', '22P02': '22P02' };

const missing = postgresMissing();
const suite = describe.skipIf(missing !== undefined);

suite(missing === undefined ? 'compared with PostgreSQL 15' : `compared with PostgreSQL 15 (skipped: ${missing})`, () => {
  let server: Postgres;
  let client: pg.Client;

  beforeAll(async () => {
    server = await startPostgres();
    client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
    await client.connect();
    await client.query(`
      create function judge(expression text) returns text language plpgsql as $$
      declare result text;
      begin
        execute 'select (' || expression || ')::text' into result;
        return result;
      exception when others then
        return '!' || sqlstate || ' ' || sqlerrm;
      end $$`);
  });

  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  /** Their answer to each expression; an error is `!SQLSTATE message`. */
  async function judge(expressions: readonly string[]): Promise<(string | null)[]> {
    const result = await client.query<{ r: string | null }>('select judge(e) as r from unnest($1::text[]) with ordinality as t(e, n) order by n', [expressions]);
    return result.rows.map((row) => row.r);
  }

  function answer(ours: () => string | null): string | null {
    try {
      return ours();
    } catch (error) {
      if (error instanceof SqlError) return `!${error.sqlstate} ${error.message}`;
      throw error;
    }
  }

  /** booleans print as t and f in our text form, as true and false through a cast to text. */
  const plain = (text: string | null): string | null => (text === 't' ? 'true' : text === 'f' ? 'false' : text);

  function agree(a: string | null, b: string | null): boolean {
    if (a === b || plain(a) === plain(b)) return true;
    if (a?.startsWith('!') === true && b?.startsWith('!') === true) return a.slice(1, 6) === b.slice(1, 6) || (a.startsWith('!22000') && b.startsWith('!22')) || SAME_CODE[a.slice(1, 6)] === b.slice(1, 6);
    return false;
  }

  async function compare(cases: readonly Case[]): Promise<void> {
    const theirs = await judge(cases.map((c) => c.sql));
    const differing: string[] = [];
    for (const [i, c] of cases.entries()) {
      const ours = answer(c.ours);
      const their = theirs[i] ?? null;
      if (!agree(ours, their)) differing.push(`${c.sql}\n  ours   ${ours}\n  theirs ${their}`);
    }
    if (differing.length > 0) throw new Error(`${differing.length} of ${cases.length} differ:\n${differing.slice(0, 200).join('\n')}`);
  }

  it('text forms', async () => compare(TEXT_CASES));
  it('operators', async () => compare(OPERATOR_CASES));
  it('functions', async () => compare(FUNCTION_CASES));
  it('casts', async () => compare(CAST_CASES));
  it('JSON paths', async () => compare(PATH_CASES));

  it('binary forms', async () => {
    const values: Arg[] = [
      ...INTEGERS.map((t): Arg => [t, 'int8']),
      ...NUMERICS.map((t): Arg => [t, 'numeric']),
      ...TIMESTAMPS.flatMap((t): Arg[] => [[t, 'timestamp'], [t, 'timestamptz']]),
      ...INTERVALS.map((t): Arg => [t, 'interval']),
      ...['2024-02-29', 'infinity', '0044-03-15 BC'].map((t): Arg => [t, 'date']),
      ['{{1,2},{3,NULL}}', 'int[][]'], ['{}', 'text[]'], ['{a,NULL,"b c"}', 'text[]'], ['{"a": 1}', 'jsonb'], ['04:05:06.7', 'time'], ['1.5', 'float4'], ['\\xdead', 'bytea'],
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'uuid'], ['t', 'bool'], ['é', 'text'], ['{0.10,NaN}', 'numeric[]'],
    ];
    const send: Readonly<Record<string, string>> = {
      int8: 'int8send', numeric: 'numeric_send', timestamp: 'timestamp_send', timestamptz: 'timestamptz_send', interval: 'interval_send', date: 'date_send', 'int[][]': 'array_send', 'text[]': 'array_send',
      'numeric[]': 'array_send', jsonb: 'jsonb_send', time: 'time_send', float4: 'float4send', bytea: 'byteasend', uuid: 'uuid_send', bool: 'boolsend', text: 'textsend',
    };
    const theirs = await judge(values.map((v) => `${send[v[1]]}(${sqlOf(v)})`));
    for (const [i, [text, typeText]] of values.entries()) {
      const { value, type } = typed(text, typeText);
      const bytes = binaryOut(value, type);
      expect(`${typeText} ${text} \\x${Buffer.from(bytes).toString('hex')}`).toBe(`${typeText} ${text} ${theirs[i]}`);
      expect(compareValues(binaryIn(bytes, type), value, type)).toBe(0);
    }
  });

  it('generated values', async () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 12 })).map(([n, scale]) => {
      const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0');
      return `${n < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(digits.length - scale)}` : ''}`;
    });
    const double = fc.double({ noDefaultInfinity: true, noNaN: true }).map(String);
    const single = fc.float({ noDefaultInfinity: true, noNaN: true }).map(String);
    const instant = fc.bigInt({ min: -(2n ** 57n), max: 2n ** 57n }).map((n) => textOf({ value: n, type: { kind: 'timestamp', precision: 6 } }) ?? '');
    const span = fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -500, max: 500 }), fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })).map(([months, days, micros]) => textOf({ value: { months, days, micros }, type: { kind: 'interval' } }) ?? '');
    const sample = <T>(arbitrary: fc.Arbitrary<T>, n: number): T[] => fc.sample(arbitrary, { numRuns: n, seed: 20240229 });
    await compare([
      ...sample(fc.tuple(decimal, decimal), 150).flatMap(([a, b]) => ['+', '-', '*', '/', '%', '<'].map((op) => callCase(op, [a, 'numeric'], [b, 'numeric']))),
      ...sample(decimal, 60).flatMap((a) => [callCase('sqrt', [a, 'numeric']), callCase('ln', [a, 'numeric']), castCase(a, 'numeric', 'float8'), castCase(a, 'numeric', 'int8')]),
      ...sample(double, 150).flatMap((a) => [textCase(a, 'float8'), castCase(a, 'float8', 'numeric'), castCase(a, 'float8', 'int4'), castCase(a, 'float8', 'float4')]),
      ...sample(single, 150).map((a) => textCase(a, 'float4')),
      ...sample(fc.tuple(instant, span), 120).flatMap(([t, i]) => [callCase('+', [t, 'timestamp'], [i, 'interval']), callCase('date_trunc', ['week', 'text'], [t, 'timestamp']), textCase(t, 'timestamptz')]),
      ...sample(fc.tuple(instant, instant), 60).flatMap(([a, b]) => [callCase('age', [a, 'timestamp'], [b, 'timestamp']), callCase('-', [a, 'timestamp'], [b, 'timestamp'])]),
      ...sample(fc.tuple(span, double), 60).map(([i, n]) => callCase('*', [i, 'interval'], [String(Number(n) % 1000), 'float8'])),
    ]);
  });
});
