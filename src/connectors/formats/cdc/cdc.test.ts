import { describe, expect, it } from 'vitest';
import { OP_TEXT, type Schema } from '../../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../../common/batch/builder.ts';
import { INT, TEXT } from '../../../common/types/sql-type.ts';
import type { SqlType } from '../../../common/types/sql-type.ts';
import type { Decoded, FormatDescriptor, MessageBlock, Options } from '../../api.ts';
import { BytesOut } from '../../bytes-out.ts';
import { formatNamed } from '../formats.ts';

const SCHEMA: Schema = [{ name: 'id', type: INT, nullable: true }, { name: 'name', type: TEXT, nullable: true }];

function block(messages: readonly (string | null)[]): MessageBlock {
  const parts = messages.map((m) => Buffer.from(m ?? ''));
  let at = 0;
  const offsets = Int32Array.from(parts, (p) => (at += p.length) - p.length);
  return { data: new Uint8Array(Buffer.concat(parts)), offsets, lengths: Int32Array.from(parts, (p, i) => (messages[i] === null ? -1 : p.length)), count: messages.length };
}
const decode = (format: FormatDescriptor, messages: readonly (string | null)[], options: Options = {}, metadata: readonly { key: string; type: SqlType }[] = []): Decoded =>
  format.decoder(SCHEMA, [0, 1], options, metadata).decode(block(messages), 0, messages.length);
const lines = (d: Decoded, metadata: readonly { type: SqlType }[] = []): string[] =>
  rowsFromBatch([...SCHEMA.map((f) => f.type), ...metadata.map((m) => m.type)], d.batch).map((row, i) => `${d.message?.[i]} ${OP_TEXT[d.batch.ops?.[i] ?? 0]} ${row.map((v) => (v === null ? 'NULL' : typeof v === 'object' ? JSON.stringify(v) : String(v))).join('|')}`);
const bad = (d: Decoded): string[] => d.bad.map((b) => `${b.message} ${b.reason}`);

describe('debezium-json', () => {
  const format = formatNamed('debezium-json');

  it('reads insertions, snapshots, updates and deletions, and passes over tombstones', () => {
    const d = decode(format, [
      '{"before":null,"after":{"id":1,"name":"a"},"source":{"db":"d"},"op":"c","ts_ms":1}',
      '{"after":{"name":"b","id":2},"op":"r"}',
      ' { "before" : {"id":1,"name":"a"} , "after":{"id":1,"name":"ä"},"op":"u"} ',
      '{"before":{"id":2,"name":"b"},"after":null,"op":"d"}',
      null,
    ]);
    expect(lines(d)).toEqual(['0 +I 1|a', '1 +I 2|b', '2 -U 1|a', '2 +U 1|ä', '3 -D 2|b']);
    expect(bad(d)).toEqual([]);
  });

  it('finds the change under the payload, and says when the option is forgotten', () => {
    const message = '{"schema":{"type":"struct"},"payload":{"before":null,"after":{"id":1,"name":"a"},"op":"c"}}';
    expect(lines(decode(format, [message], { 'debezium-json.schema-include': 'true' }))).toEqual(['0 +I 1|a']);
    expect(bad(decode(format, [message]))).toEqual(["0 the message holds its schema; the table needs 'debezium-json.schema-include' = 'true'"]);
  });

  it('reports what it cannot understand, and never half of an update', () => {
    const messages = [
      '{"before":null,"after":{"id":1,"name":"b"},"op":"u"}',
      '{"before":null,"after":null,"op":"d"}',
      '{"op":"t"}',
      'nonsense',
      '{"before":{"id":1},"after":{"id":"x"},"op":"u"}',
      '{"after":{"id":9,"name":"z"},"op":"c"}',
      '[1]',
    ];
    const d = decode(format, messages);
    expect(lines(d)).toEqual(['5 +I 9|z']);
    expect(bad(d).slice(0, 3)).toEqual([
      '0 "before" of an update is null; a PostgreSQL table needs ALTER TABLE … REPLICA IDENTITY FULL for it',
      '1 "before" of a deletion is null; a PostgreSQL table needs ALTER TABLE … REPLICA IDENTITY FULL for it',
      '2 "op" is "t", not one of c, r, u and d',
    ]);
    expect(d.bad.map((b) => b.message)).toEqual([0, 1, 2, 3, 4, 6]);
    const ignored = decode(format, messages, { 'debezium-json.ignore-parse-errors': 'true' });
    expect(lines(ignored)).toEqual(['4 -U 1|NULL', '4 +U NULL|NULL', '5 +I 9|z']);
    expect(bad(ignored)).toEqual([]);
  });

  it('gives metadata', () => {
    const metadata = (format.metadata ?? []).map((m) => ({ key: m.key, type: m.type }));
    const d = decode(format, [
      '{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"},"op":"u","ts_ms":1700000000123,"source":{"db":"shop","schema":"public","table":"t","ts_ms":1700000000001,"lsn":5,"snapshot":"false"}}',
      '{"after":{"id":2,"name":"c"},"op":"c"}',
    ], {}, metadata);
    const shown = rowsFromBatch([...SCHEMA.map((f) => f.type), ...metadata.map((m) => m.type)], d.batch).map((r) => r.slice(2));
    const known = [null, 1_700_000_000_123_000n, 1_700_000_000_001_000n, 'shop', 'public', 't', [['db', 'shop'], ['schema', 'public'], ['table', 't'], ['ts_ms', '1700000000001'], ['lsn', '5'], ['snapshot', 'false']]];
    expect(shown).toEqual([known, known, [null, null, null, null, null, null, null]]);
  });

  it('writes an update as a deletion and an insertion', () => {
    const encoder = format.encoder(SCHEMA, [0, 1], {});
    const batch = batchFromRows(SCHEMA, [[1, 'a'], [1, 'a'], [1, null], [1, null]], Uint8Array.from([0, 1, 2, 3]));
    const written = Array.from({ length: 4 }, (_, i) => {
      const out = new BytesOut(8);
      encoder.encode(batch, i, out);
      return Buffer.from(out.buffer.subarray(0, out.length)).toString();
    });
    expect(written).toEqual([
      '{"before":null,"after":{"id":1,"name":"a"},"op":"c"}', '{"before":{"id":1,"name":"a"},"after":null,"op":"d"}',
      '{"before":null,"after":{"id":1,"name":null},"op":"c"}', '{"before":{"id":1,"name":null},"after":null,"op":"d"}',
    ]);
    expect(lines(decode(format, written))).toEqual(['0 +I 1|a', '1 -D 1|a', '2 +I 1|NULL', '3 -D 1|NULL']);
  });
});

describe('canal-json', () => {
  const format = formatNamed('canal-json');
  it('reads rows of a message, and what changed of them', () => {
    const d = decode(format, [
      '{"data":[{"id":"1","name":"a"},{"id":"2","name":"b"}],"type":"INSERT","old":null,"isDdl":false}',
      '{"data":[{"id":"1","name":"x"},{"id":"3","name":"b"}],"old":[{"name":"a"},{"id":"2"}],"type":"UPDATE"}',
      '{"data":[{"id":"1","name":"x"}],"type":"DELETE"}',
      '{"data":null,"type":"CREATE","sql":"create table t"}',
    ]);
    expect(lines(d)).toEqual(['0 +I 1|a', '0 +I 2|b', '1 -U 1|a', '1 +U 1|x', '1 -U 2|b', '1 +U 3|b', '2 -D 1|x']);
  });
  it('tells a member that was NULL from one that has not changed', () => {
    expect(lines(decode(format, ['{"data":[{"id":"1","name":"x"}],"old":[{"name":null}],"type":"UPDATE"}', '{"data":[{"id":"1","name":"x"}],"old":[{}],"type":"UPDATE"}']))).toEqual(['0 -U 1|NULL', '0 +U 1|x', '1 -U 1|x', '1 +U 1|x']);
  });
  it('reads only the tables asked for', () => {
    const message = (table: string): string => `{"data":[{"id":"1","name":"a"}],"database":"d","table":"${table}","type":"INSERT"}`;
    expect(lines(decode(format, [message('orders_1'), message('my_orders_1')], { 'canal-json.table.include': 'orders_\\d+' }))).toEqual(['0 +I 1|a']);
  });
});

describe('maxwell-json and ogg-json', () => {
  it('read insertions, updates and deletions', () => {
    expect(lines(decode(formatNamed('maxwell-json'), [
      '{"database":"d","table":"t","type":"insert","ts":1,"data":{"id":1,"name":"a"}}', '{"type":"update","data":{"id":1,"name":"b"},"old":{"name":"a"}}', '{"type":"delete","data":{"id":1,"name":"b"}}', '{"type":"bootstrap-start","data":{}}',
    ]))).toEqual(['0 +I 1|a', '1 -U 1|a', '1 +U 1|b', '2 -D 1|b']);
    expect(lines(decode(formatNamed('ogg-json'), ['{"op_type":"I","after":{"id":1,"name":"a"}}', '{"op_type":"U","before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"}}', '{"op_type":"D","before":{"id":1,"name":"b"}}']))).toEqual(['0 +I 1|a', '1 -U 1|a', '1 +U 1|b', '2 -D 1|b']);
    expect(bad(decode(formatNamed('ogg-json'), ['{"op_type":"T"}']))).toEqual(['0 "op_type" is "T", not one of I, U and D']);
  });
});
