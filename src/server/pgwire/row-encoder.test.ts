import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchFromRows } from '../../common/batch/builder.ts';
import { binaryOut } from '../../common/types/binary-codec.ts';
import { BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INT, INTERVAL, JSONB, NUMERIC, REAL, SMALLINT, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, UUID, arrayOf, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import { textOut } from '../../common/types/text-codec.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { rowEncoder } from './row-encoder.ts';
import { WireWriter } from './writer.ts';

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -1000n, max: 1000n }), fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 4294967296n, -4294967297n, 0n, -1n));
const micros = fc.oneof(fc.bigInt({ min: -9007194959773696n, max: -8000000000000000n }), fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }), fc.constantFrom(0n, -1n, 253402300799999999n, 253402300800000000n, -62135596800000000n, -62135596800000001n, 2n ** 63n - 1n, -(2n ** 63n)));
const double = fc.oneof(fc.double(), fc.integer(), fc.double({ min: -1e16, max: 1e16 }), fc.double({ min: -0.01, max: 0.01 }), fc.constantFrom(0, -0, 1e-4, 9.999e-5, 1e15, -1e15, 999999999999999, 1e21, Number.NaN, Number.POSITIVE_INFINITY));

const CASES: readonly (readonly [SqlType, fc.Arbitrary<Value>])[] = [
  [BOOLEAN, fc.boolean()],
  [SMALLINT, fc.integer({ min: -32768, max: 32767 })],
  [INT, fc.integer()],
  [BIGINT, int64],
  [REAL, fc.float()],
  [DOUBLE, double],
  [decimalOf(18, 0), int64.map((v) => ({ unscaled: v % 10n ** 18n, scale: 0 }))],
  [decimalOf(10, 2), fc.bigInt({ min: -9999999999n, max: 9999999999n }).map((unscaled) => ({ unscaled, scale: 2 }))],
  [decimalOf(18, 18), int64.map((v) => ({ unscaled: v % 10n ** 18n, scale: 18 }))],
  [decimalOf(30, 5), fc.bigInt({ min: -(10n ** 29n), max: 10n ** 29n }).map((unscaled) => ({ unscaled, scale: 5 }))],
  [NUMERIC, fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((unscaled) => ({ unscaled, scale: 3 }))],
  [TEXT, fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string())],
  [BYTEA, fc.uint8Array({ maxLength: 40 })],
  [UUID, fc.uint8Array({ minLength: 16, maxLength: 16 })],
  [DATE, fc.integer({ min: -1_000_000, max: 4_000_000 })],
  [TIME, fc.bigInt({ min: 0n, max: 86_399_999_999n })],
  [TIMESTAMP, micros],
  [TIMESTAMPTZ, micros],
  [INTERVAL, fc.record({ months: fc.integer({ min: -1000, max: 1000 }), days: fc.integer({ min: -1000, max: 1000 }), micros: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }) })],
  [JSONB, fc.constantFrom({ json: null }, { json: { a: [true, 'é'] } })],
  [arrayOf(INT), fc.array(fc.option(fc.integer()))],
];

const utf8 = new TextEncoder();

/** What the types' own codecs say, one field at a time. */
function expected(rows: readonly Row[], types: readonly SqlType[], binary: readonly boolean[], timeZone: string): Buffer {
  const messages = rows.map((row) => {
    const parts: Uint8Array[] = [];
    for (const [i, type] of types.entries()) {
      const value = row[i] ?? null;
      const length = Buffer.alloc(4);
      const bytes = value === null ? null : binary[i] === true ? binaryOut(value, type) : utf8.encode(textOut(value, type, { timeZone }));
      length.writeInt32BE(bytes === null ? -1 : bytes.length);
      parts.push(length, ...(bytes === null ? [] : [bytes]));
    }
    const body = Buffer.concat(parts);
    const head = Buffer.from([0x44, 0, 0, 0, 0, 0, types.length]);
    head.writeInt32BE(body.length + 6, 1);
    return Buffer.concat([head, body]);
  });
  return Buffer.concat(messages);
}

function encoded(rows: readonly Row[], types: readonly SqlType[], binary: readonly boolean[], timeZone: string): Buffer {
  const sent: Buffer[] = [];
  const out = new WireWriter({ write: (b: Uint8Array) => sent.push(Buffer.from(b)) } as unknown as Socket);
  const encode = rowEncoder(types.map((type, i) => ({ name: `c${i}`, type, nullable: true })), binary, { timeZone });
  const batch = batchFromRows(types, rows);
  for (let at = 0; at < rows.length; ) {
    at = encode(batch, at, rows.length, out);
    if (at < rows.length) out.flush();
  }
  out.flush();
  return Buffer.concat(sent);
}

describe('generated row encoders', () => {
  it.each(CASES.map(([type, values]) => [type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind, type, values] as const))('%s as its codecs write it', (_, type, values) => {
    fc.assert(
      fc.property(fc.array(fc.option(values, { freq: 8 }), { minLength: 1, maxLength: 20 }), fc.boolean(), fc.constantFrom('UTC', 'Asia/Kolkata'), (column, binary, zone) => {
        const rows = column.map((v): Row => [v]);
        expect(encoded(rows, [type], [binary], zone)).toEqual(expected(rows, [type], [binary], zone));
      }),
      { numRuns: 60 },
    );
  });

  it('rows of many columns, over many chunks, and one larger than a chunk', () => {
    const types = CASES.map(([type]) => type);
    const row = fc.tuple(...CASES.map(([, values]) => fc.option(values)));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), fc.array(fc.boolean(), { minLength: types.length, maxLength: types.length }), (rows, binary) => {
        expect(encoded(rows, types, binary, 'UTC')).toEqual(expected(rows, types, binary, 'UTC'));
      }),
      { numRuns: 40 },
    );
    const long = Array.from({ length: 50 }, (_, i): Row => [i, 'x'.repeat(i * 5000)]);
    // Compared as a whole: the matcher is slow on megabytes.
    expect(encoded(long, [INT, TEXT], [false, false], 'UTC').equals(expected(long, [INT, TEXT], [false, false], 'UTC'))).toBe(true);
  });
});
