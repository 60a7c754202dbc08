import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { BIGINT, BYTEA, INT, TEXT, TIMESTAMP, arrayOf, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { FormatDescriptor, Options } from '../api.ts';
import { BytesOut } from '../bytes-out.ts';
import { csv } from './csv.ts';
import { blockOf, frameLines } from './frame.ts';
import { raw } from './raw.ts';

const columns = (...list: readonly (readonly [string, SqlType])[]): Schema => list.map(([name, type]) => ({ name, type, nullable: true }));
const decode = (f: FormatDescriptor, schema: Schema, messages: readonly (string | Uint8Array | null)[], o: Options = {}) => {
  const block = blockOf(messages);
  const d = f.decoder(schema, schema.map((_, i) => i), o).decode(block, 0, block.count);
  return { rows: rowsFromBatch(schema, d.batch), bad: d.bad };
};
const encode = (f: FormatDescriptor, schema: Schema, rows: readonly Row[], o: Options = {}): string[] => {
  const batch = batchFromRows(schema, rows);
  const encoder = f.encoder(schema, schema.map((_, i) => i), o);
  return rows.map((_, i) => {
    const out = new BytesOut();
    encoder.encode(batch, i, out);
    return Buffer.from(out.take()).toString();
  });
};

const schema = columns(['a', INT], ['b', TEXT], ['c', decimalOf(10, 2)], ['d', TIMESTAMP], ['e', arrayOf(INT)]);

describe('csv', () => {
  it('reads quotes, NULLs, arrays and trailing separators', () => {
    const d = decode(csv, schema, ['1,"x, ""y""",2.50,2020-12-30 12:13:14,1;2', ',,,,', '7,z,1,,3,', 'x,y', '1,a,1,,1,extra']);
    expect(d.rows).toEqual([
      [1, 'x, "y"', { unscaled: 250n, scale: 2 }, 1609330394000000n, [1, 2]],
      [null, '', null, null, null],
      [7, 'z', { unscaled: 100n, scale: 2 }, null, [3]],
    ]);
    expect(d.bad.map((b) => [b.message, b.field])).toEqual([[3, 'a'], [4, null]]);
    expect(decode(csv, columns(['a', INT], ['b', TEXT]), ['x|N', '#c', '"1"|"N"'], { 'csv.field-delimiter': '|', 'csv.null-literal': 'N', 'csv.ignore-parse-errors': 'true', 'csv.allow-comments': 'true' }).rows).toEqual([[null, null], [1, 'N']]);
  });

  it('reads back what it wrote', () => {
    const rows: Row[] = [[1, 'a,"b"\n', { unscaled: -5n, scale: 2 }, 0n, [1, 2]], [null, 'NULL', null, null, null]];
    const o = { 'csv.null-literal': 'NULL' };
    expect(decode(csv, schema, encode(csv, schema, rows, o), o).rows).toEqual(rows);
  });
});

describe('raw', () => {
  it('is the message itself', () => {
    expect(decode(raw, columns(['v', TEXT]), ['é', '', null]).rows).toEqual([['é'], [''], [null]]);
    expect(decode(raw, columns(['v', TEXT]), [new Uint8Array([0xff])]).bad[0]?.reason).toBe('invalid UTF-8');
    expect(decode(raw, columns(['v', BIGINT]), [new Uint8Array([0, 0, 0, 0, 0, 0, 1, 0]), 'x']).rows).toEqual([[256n]]);
    expect(encode(raw, columns(['v', BYTEA]), [[new Uint8Array([65, 66])]])).toEqual(['AB']);
    expect(() => decode(raw, schema, [])).toThrow('exactly one column');
  });
});

it('frames lines', () => {
  const data = Buffer.from('a\r\n\nbb\nccc');
  const f = frameLines(data, 0, data.length);
  expect(Array.from({ length: f.count }, (_, i) => data.toString('utf8', f.offsets[i], (f.offsets[i] ?? 0) + (f.lengths[i] ?? 0)))).toEqual(['a', 'bb', 'ccc']);
});
