import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INT, JSONB, REAL, SMALLINT, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, arrayOf, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Numeric, Value } from '../../common/types/value.ts';
import type { Options } from '../api.ts';
import { BytesOut } from '../bytes-out.ts';
import { blockOf } from './frame.ts';
import { json } from './json.ts';

const columns = (...list: readonly (readonly [string, SqlType])[]): Schema => list.map(([name, type]) => ({ name, type, nullable: true }));

function decode(schema: Schema, messages: readonly (string | Uint8Array | null)[], options: Options = {}, projection?: readonly number[]) {
  const p = projection ?? schema.map((_, i) => i);
  const block = blockOf(messages);
  const d = json.decoder(schema, p, options).decode(block, 0, block.count);
  return { rows: rowsFromBatch(p.map((i) => schema[i] as Schema[number]), d.batch), bad: d.bad, message: d.message };
}
const one = (type: SqlType, value: string, options?: Options): Value | string => {
  const d = decode(columns(['v', type]), [`{"v":${value}}`], options);
  return d.bad[0] !== undefined ? `bad: ${d.bad[0].reason}` : (d.rows[0]?.[0] ?? null);
};
const dec = (unscaled: bigint, scale: number): Numeric => ({ unscaled, scale });

describe('json decoder', () => {
  it('reads every type exactly', () => {
    expect(one(BIGINT, '9223372036854775807')).toBe(9223372036854775807n);
    expect(one(BIGINT, '-9223372036854775808')).toBe(-9223372036854775808n);
    expect(one(BIGINT, '9007199254740993')).toBe(9007199254740993n);
    expect(one(BIGINT, '-999999999999999')).toBe(-999999999999999n);
    expect(one(BIGINT, '"42"')).toBe(42n);
    expect(one(BIGINT, '9223372036854775808')).toContain('out of range');
    expect(one(BIGINT, '1e3')).toBe(1000n);
    expect(one(BIGINT, '1.5')).toContain('not an integer');
    expect(one(INT, '2147483647')).toBe(2147483647);
    expect(one(INT, '-2147483648')).toBe(-2147483648);
    expect(one(INT, '2147483648')).toContain('out of range');
    expect(one(SMALLINT, '-32769')).toContain('out of range');
    expect(one(decimalOf(20, 3), '12345678901234567.891')).toEqual(dec(12345678901234567891n, 3));
    expect(one(decimalOf(18, 2), '9999999999999999.99')).toEqual(dec(999999999999999999n, 2));
    expect(one(decimalOf(10, 2), '1.005')).toEqual(dec(101n, 2));
    expect(one(decimalOf(10, 2), '-1.5')).toEqual(dec(-150n, 2));
    expect(one(decimalOf(3, 2), '10')).toContain('out of range');
    expect(one(DOUBLE, '0.1')).toBe(0.1);
    expect(one(DOUBLE, '-0')).toBe(-0);
    expect(one(DOUBLE, '1.7976931348623157e308')).toBe(Number.MAX_VALUE);
    expect(one(REAL, '0.1')).toBe(Math.fround(0.1));
    expect(one(BOOLEAN, 'true')).toBe(true);
    expect(one(BOOLEAN, '"false"')).toBe(false);
    expect(one(TEXT, '"a\\n\\u00e9\\ud83d\\ude00"')).toBe('a\né😀');
    expect(one(TEXT, '1.50')).toBe('1.50');
    expect(one(TEXT, '{"b": [1, 2e5]}')).toBe('{"b":[1,2e5]}');
    expect(one(TEXT, 'null')).toBe(null);
    expect(one(DATE, '"2020-02-29"')).toBe(18321);
    expect(one(DATE, '"2021-02-29"')).toContain('not a date');
    expect(one(TIME, '"12:34:56.5"')).toBe(45296500000n);
    expect(one(BYTEA, '"AQI="')).toEqual(new Uint8Array([1, 2]));
    expect(one(arrayOf(INT), '[1,null,3]')).toEqual([1, null, 3]);
    expect(one({ kind: 'row', fields: [{ name: 'a', type: INT }, { name: 'b', type: TEXT }] }, '{"b":"x"}')).toEqual([null, 'x']);
    expect(one({ kind: 'map', key: TEXT, value: BIGINT }, '{"a":1,"b":9007199254740993}')).toEqual([['a', 1n], ['b', 9007199254740993n]]);
    expect(one(JSONB, 'null')).toEqual({ json: null });
    expect(one(JSONB, '{"a":[1.10]}')).toEqual({ json: { a: [dec(110n, 2)] } });
  });

  it('reads timestamps in both standards', () => {
    const t3: SqlType = { kind: 'timestamp', precision: 3 };
    expect(one(TIMESTAMP, '"2020-12-30 12:13:14.123456"')).toBe(1609330394123456n);
    expect(one(t3, '"2020-12-30 12:13:14.123999"')).toBe(1609330394123000n);
    expect(one(t3, '"2020-12-30T12:13:14.1"')).toContain('SQL standard');
    const iso = { 'json.timestamp-format.standard': 'ISO-8601' };
    expect(one(t3, '"2020-12-30T12:13:14.1"', iso)).toBe(1609330394100000n);
    expect(one(TIMESTAMPTZ, '"2020-12-30T12:13:14Z"', iso)).toBe(1609330394000000n);
    expect(one(TIMESTAMPTZ, '"2020-12-30T12:13:14+02:00"', iso)).toBe(1609323194000000n);
    expect(one(TIMESTAMPTZ, '"2020-12-30 12:13:14Z"')).toBe(1609330394000000n);
    expect(one(TIMESTAMP, '"0001-01-01 00:00:00"')).toBe(-62135596800000000n);
    expect(one(TIMESTAMP, '"1969-12-31 23:59:59.999999"')).toBe(-1n);
  });

  it('leaves bad records out, with reason and field', () => {
    const schema = columns(['a', INT], ['b', TEXT]);
    const d = decode(schema, ['{"a":1,"b":"x"}', '{"a":"no","b":"y"}', '{broken', null, '[1]', '{"a":2}']);
    expect(d.rows).toEqual([[1, 'x'], [2, null]]);
    expect([...(d.message ?? [])]).toEqual([0, 5]);
    expect(d.bad.map((b) => [b.message, b.field])).toEqual([[1, 'a'], [2, null], [4, null]]);
    expect(d.bad[0]?.reason).toBe('cannot read field "a": "no" is not a number');
    const lenient = decode(schema, ['{"a":"no","b":"y"}', '{broken'], { 'json.ignore-parse-errors': 'true' });
    expect([lenient.rows, lenient.bad]).toEqual([[[null, 'y']], []]);
    expect(decode(schema, ['{"a":2}'], { 'json.fail-on-missing-field': 'true' }).bad[0]?.field).toBe('b');
  });

  it('lets the last of equal names win and tells cases apart', () => {
    expect(decode(columns(['a', INT]), ['{"a":1,"A":9,"a":2}', '{"a":1,"a":null}', '{"a":null,"a":3}', '{"\\u0061":4}']).rows).toEqual([[2], [null], [3], [4]]);
  });

  it('agrees with JSON.parse on random documents, cut at every byte and damaged', () => {
    const schema = columns(['a', TEXT], ['b', DOUBLE], ['c', BOOLEAN]);
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const expected = (bytes: Uint8Array): unknown => {
      let v: unknown;
      try {
        v = JSON.parse(utf8.decode(bytes));
      } catch {
        return 'bad';
      }
      if (typeof v !== 'object' || v === null || Array.isArray(v)) return 'bad';
      const o = v as Record<string, unknown>;
      const has = (k: string): boolean => Object.hasOwn(o, k) && o[k] !== null;
      const b = has('b') ? (typeof o['b'] === 'number' ? o['b'] : 'bad') : null;
      const c = has('c') ? (typeof o['c'] === 'boolean' ? o['c'] : 'bad') : null;
      if (b === 'bad' || c === 'bad') return 'bad';
      return [has('a') && typeof o['a'] === 'string' ? o['a'].toWellFormed() : has('a') ? 'other' : null, b, c];
    };
    const check = (bytes: Uint8Array): void => {
      const d = decode(schema, [bytes]);
      const want = expected(bytes);
      if (want === 'bad') expect([d.rows.length, d.bad.length]).toEqual([0, 1]);
      else {
        const got = [...(d.rows[0] ?? ['none'])];
        const w = want as unknown[];
        if (w[0] === 'other') got[0] = 'other';
        expect(got).toEqual(w);
      }
      // What is read must not depend on the projection's other columns when the document is sound.
      if (want !== 'bad') expect(decode(schema, [bytes], {}, [1]).rows[0]?.[0]).toEqual((want as unknown[])[1]);
    };
    const doc = fc.record(
      { a: fc.oneof(fc.string({ unit: 'binary' }), fc.string()), b: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), c: fc.option(fc.boolean()), x: fc.jsonValue(), '"\\é': fc.jsonValue() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(doc, fc.nat(), fc.nat(255), fc.constantFrom('', ' ', '\n\t'), (v, where, byte, space) => {
        const bytes = Buffer.from(space + JSON.stringify(v, null, space === '' ? 0 : 1) + space);
        check(bytes);
        if (bytes.length < 60) for (let i = 0; i < bytes.length; i++) check(bytes.subarray(0, i));
        const damaged = Buffer.from(bytes);
        damaged[where % bytes.length] = byte;
        check(damaged);
      }),
      { numRuns: 400 },
    );
    for (const text of ['{"b":1.}', '{"b":01}', '{"b":-}', '{"b":1e400}', '{"b":.5}', '{"b":+1}', '{"a":"\u0001"}', '{"a":"\\x"}', '{"x":[1,]}', '{"x":{"y":tru}}', '{"b":123456789012345678901234567890}', '{"a":"x"}}', '{,}', '{"a":"b",}', '{"a"}', '', ' ', 'nul', '{"b":0.000000000000000000000000000001}', '{"b":1E+2}']) check(Buffer.from(text));
  });
});

describe('generated json decoder', () => {
  const schema = columns(
    ['s', TEXT], ['i', INT], ['l', BIGINT], ['d', DOUBLE], ['b', BOOLEAN], ['t', TIMESTAMP], ['z', { kind: 'timestamptz', precision: 3 }], ['m', decimalOf(9, 2)], ['n', SMALLINT], ['r', REAL], ['dt', DATE], ['a', arrayOf(INT)], ['absent', TEXT],
  );
  const texts = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('', 'a"b', '\\', 'x\ny', 'é', '😀', '\ud800')).map((t) => JSON.stringify(t));
  const escaped = fc.constantFrom('"\\u00e9\\ud83d\\ude00"', '"\\ud83d"', '"\\/\\b\\f"', '"\\x"', '"\\u12"', '"');
  const numbers = fc.oneof(
    fc.integer().map(String), fc.bigInt({ min: -(2n ** 63n) - 2n, max: 2n ** 63n + 2n }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom('0', '-0', '01', '-', '1.', '1.5', '999999999', '1000000000', '2147483647', '2147483648', '-2147483648', '-2147483649', '999999999999999', '1000000000000000', '100000000000000000', '-999999999999999999', '9223372036854775807', '0.1', '123456.789012345', '12345678.12345678', '1e2', '32767', '32768', '1234567.89'),
  );
  const times = fc.constantFrom('"2024-02-29 12:34:56"', '"2024-02-29 23:59:59.9"', '"2024-02-30 00:00:00"', '"1969-12-31 23:59:59.123456"', '"2024-02-29 24:00:00"', '"2024-02-29 12:3a:56"', '"2024-02-29 12:34:56.1234567"', '"2024-02-29 12:34:56.123Z"', '"2024-02-29T12:34:56"', '"9999-12-31 00:00:00Z"', '"2024-02-29"', '"2024-02-29 12:34:56."');
  const anything = fc.oneof(texts, escaped, numbers, times, fc.constantFrom('true', 'false', 'null', 'nul', 'tru', '{"x":[1,{}]}', '[1,2,null]', '[1,]', '{}', ''));
  const of: Readonly<Record<string, fc.Arbitrary<string>>> = { s: texts, i: numbers, l: numbers, d: numbers, b: fc.constantFrom('true', 'false'), t: times, z: times, m: numbers, n: numbers, r: numbers, dt: times, a: fc.constantFrom('[1,2]', '[]'), other: texts, more: numbers };
  const names = Object.keys(of);
  const value = (name: string): fc.Arbitrary<string> => fc.oneof({ weight: 9, arbitrary: of[name] as fc.Arbitrary<string> }, { weight: 1, arbitrary: anything });
  const message = (layout: readonly string[], comma: string, colon: string): fc.Arbitrary<string> =>
    fc.tuple(fc.tuple(...layout.map(value)), fc.constantFrom('', '', '', '', 'left out', 'turned', 'twice', 'cut', 'junk'), fc.nat(layout.length - 1)).map(([values, change, at]) => {
      let members = layout.map((name, i) => `"${name}"${colon}${values[i] ?? ''}`);
      if (change === 'left out') members.splice(at, 1 + (at % 3));
      if (change === 'turned') members.reverse();
      if (change === 'twice') members = [...members, members[at] as string];
      const text = `{${members.join(comma)}}`;
      return change === 'cut' ? text.slice(0, -1 - at) : change === 'junk' ? `${text}${'} ,x'[at % 4] ?? ''}` : text;
    });

  it.each([[{}], [{ 'json.ignore-parse-errors': 'true' }], [{ 'json.fail-on-missing-field': 'true' }]])('agrees with the general one message for message %j', (options: Options) => {
    const blocks = fc.tuple(fc.shuffledSubarray(names, { minLength: 1 }), fc.constantFrom(',', ', '), fc.constantFrom(':', ': ')).chain(([layout, comma, colon]) =>
      fc.tuple(fc.array(message(layout, comma, colon), { minLength: 64, maxLength: 90 }), fc.subarray(schema.map((_, i) => i))),
    );
    fc.assert(
      fc.property(blocks, ([messages, projection]) => {
        const whole = decode(schema, messages, options, projection);
        const rows: Value[][] = [];
        const bad: unknown[] = [];
        messages.forEach((m, i) => {
          const d = decode(schema, [m], options, projection);
          rows.push(...d.rows.map((r) => [...r]));
          bad.push(...d.bad.map((b) => ({ ...b, message: i })));
        });
        expect(whole.bad).toEqual(bad);
        expect(whole.rows).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  it('finds invalid UTF-8 in texts that are read and in those that are not', () => {
    const messages = Array.from({ length: 100 }, (_, i) => Buffer.from(`{"a":${i},"b":"xyz","c":"é"}`));
    for (const [i, at] of [[20, 12], [40, 22]] as const) (messages[i] as Buffer)[at] = 0xff;
    const d = decode(columns(['a', INT], ['b', TEXT]), messages);
    expect(d.bad).toEqual([20, 40].map((message) => ({ message, reason: 'malformed JSON: invalid UTF-8', field: null })));
    expect(d.rows.length).toBe(98);
  });

  it('follows a stream that changes its layout, and messages at the end of the buffer', () => {
    const small = columns(['a', INT], ['b', TEXT]);
    const messages = (from: number): string[] => Array.from({ length: 200 }, (_, i) => (from === 0 ? `{"a":${i},"b":"x${i}"}` : `{"b": "x${i}", "a": ${i}}`));
    const decoder = json.decoder(small, [0, 1], {});
    for (const from of [0, 1, 1, 0, 0]) {
      const block = blockOf(messages(from));
      expect(rowsFromBatch(small, decoder.decode(block, 0, block.count).batch)).toEqual(Array.from({ length: 200 }, (_, i) => [i, `x${i}`]));
    }
  });
});

describe('json encoder', () => {
  it('writes what JSON.parse and our decoder read back', () => {
    const schema = columns(['i', INT], ['l', BIGINT], ['s', TEXT], ['d', decimalOf(12, 8)], ['t', TIMESTAMP], ['z', TIMESTAMPTZ], ['f', DOUBLE], ['b', BOOLEAN], ['a', arrayOf(TEXT)], ['y', BYTEA], ['q"', DATE]);
    const rows: Value[][] = [
      [-5, 9223372036854775807n, 'a"b\\\n\u0001é😀', dec(123456789n, 8), 1609330394120000n, -1n, 1.5, true, ['x', null], new Uint8Array([1, 2]), 0],
      [0, -9007199254740993n, '', dec(-1n, 8), 0n, 0n, -0.1, false, [], new Uint8Array(0), -1],
      [null, null, null, null, null, null, null, null, null, null, null],
    ];
    const batch = batchFromRows(schema, rows);
    const encoder = json.encoder(schema, schema.map((_, i) => i), {});
    const out = new BytesOut(4);
    const texts = rows.map((_, i) => {
      encoder.encode(batch, i, out);
      return Buffer.from(out.take()).toString();
    });
    expect(texts[0]).toBe('{"i":-5,"l":9223372036854775807,"s":"a\\"b\\\\\\n\\u0001é😀","d":1.23456789,"t":"2020-12-30 12:13:14.12","z":"1969-12-31 23:59:59.999999Z","f":1.5,"b":true,"a":["x",null],"y":"AQI=","q\\"":"1970-01-01"}');
    expect(texts[1]).toContain('"d":-1E-8');
    for (const t of texts) JSON.parse(t);
    expect(decode(schema, texts).rows).toEqual(rows);
    json.encoder(schema, [0, 1], { 'json.encode.ignore-null-fields': 'true' }).encode(batch, 2, out);
    expect(Buffer.from(out.take()).toString()).toBe('{}');
  });
});
