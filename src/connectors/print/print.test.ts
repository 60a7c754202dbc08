import { expect, it } from 'vitest';
import { DELETE, INSERT } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { BYTEA, DOUBLE, INT, JSONB, TEXT, TIMESTAMP, TIMESTAMPTZ, arrayOf, decimalOf } from '../../common/types/sql-type.ts';
import { testContext } from '../test-support.ts';
import { print } from './print.ts';

it('prints rows as Flink does', () => {
  const types = [INT, TEXT, DOUBLE, decimalOf(5, 2), TIMESTAMP, TIMESTAMPTZ, BYTEA, arrayOf(INT), JSONB];
  const schema = types.map((type, i) => ({ name: `c${i}`, type, nullable: true }));
  const lines: string[] = [];
  const writer = print.sink?.writer(
    { connector: 'print', options: { 'print-identifier': 'out' }, schema, metadata: [], primaryKey: [], table: 't' }, 0,
    testContext({ print: (line, err) => lines.push(`${err ? 'err' : 'out'}: ${line}`) }),
  );
  writer?.write(batchFromRows(schema, [
    [1, 'a', 1, { unscaled: -150n, scale: 2 }, 1_586_937_900_000_000n, 1_586_937_900_120_000n, new Uint8Array([1, 255]), [1, null], { json: { bb: [true], a: { unscaled: 10n, scale: 1 } } }],
    [null, null, 1e10, null, 1_586_937_901_000_000n, 0n, null, null, null],
  ], new Uint8Array([INSERT, DELETE])));
  expect(lines).toEqual([
    'out: out> +I[1, a, 1.0, -1.50, 2020-04-15T08:05, 2020-04-15T08:05:00.120Z, [1, -1], [1, null], {"a":1.0,"bb":[true]}]',
    'out: out> -D[null, null, 1.0E10, null, 2020-04-15T08:05:01, 1970-01-01T00:00:00Z, null, null, null]',
  ]);
});
