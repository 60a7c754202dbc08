import type { Schema } from '../../common/batch/batch.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { Decoder, FormatDescriptor, MessageBlock, Options, SourceSpec } from '../api.ts';
import { spreadColumn } from '../spread-column.ts';
import { constantColumn } from '../constant-column.ts';
import { formatNamed } from '../formats/formats.ts';
import { formatOptions, read } from '../options.ts';
import { readHeaders, type RecordColumns } from './record-batch.ts';

/** How a table's columns are spread over a message's key and value. */
export interface Layout {
  readonly valueFormat: FormatDescriptor;
  readonly valueOptions: Options;
  /** Positions in the physical columns. */
  readonly value: readonly number[];
  readonly keyFormat: FormatDescriptor | null;
  readonly keyOptions: Options;
  readonly key: readonly number[];
  readonly keyPrefix: string;
}

export function layoutOf(o: Options, physical: Schema): Layout {
  const keyName = o['key.format'];
  const keyPrefix = o['key.fields-prefix'] ?? '';
  const key = read.list(o, 'key.fields').map((name) => {
    const at = physical.findIndex((f) => f.name === name);
    if (at < 0) throw new SqlError('undefined_column', `option "key.fields" names no column "${name}"`, { hint: `The columns are ${physical.map((f) => f.name).join(', ')}.` });
    if (!name.startsWith(keyPrefix)) throw new SqlError('invalid_parameter_value', `key field "${name}" does not begin with the prefix "${keyPrefix}"`);
    return at;
  });
  const except = o['value.fields-include'] === 'EXCEPT_KEY';
  if (keyName !== undefined && key.length === 0) throw new SqlError('invalid_parameter_value', 'option "key.format" needs option "key.fields"');
  if (keyName === undefined && key.length > 0) throw new SqlError('invalid_parameter_value', 'option "key.fields" needs option "key.format"');
  if (keyPrefix !== '' && !except) throw new SqlError('invalid_parameter_value', "a key prefix needs 'value.fields-include' = 'EXCEPT_KEY'");
  const plain = o['format'];
  const valueName = o['value.format'] ?? plain;
  if (valueName === undefined) throw new SqlError('invalid_parameter_value', `connector "${o['connector'] ?? 'kafka'}" needs option "format" or "value.format"`);
  if (keyName !== undefined && formatNamed(keyName).changelog === 'retract') throw new SqlError('invalid_parameter_value', `format "${keyName}" holds changes and cannot be the format of a key`);
  return {
    valueFormat: formatNamed(valueName),
    valueOptions: formatOptions(o, valueName, o['value.format'] === undefined ? '' : 'value.'),
    value: physical.map((_, i) => i).filter((i) => !except || !key.includes(i)),
    keyFormat: keyName === undefined ? null : formatNamed(keyName),
    keyOptions: keyName === undefined ? {} : formatOptions(o, keyName, 'key.'),
    key,
    keyPrefix,
  };
}

/** The key columns under the names they have in the key. */
export const keySchema = (l: Layout, physical: Schema): Schema => l.key.map((i) => {
  const f = physical[i] as Schema[number];
  return { ...f, name: f.name.slice(l.keyPrefix.length) };
});

interface BadMessage {
  readonly message: number;
  readonly reason: string;
  readonly field: string | null;
}
export interface DecodedRecords {
  readonly rows: number;
  /** Null: all are inserts. */
  readonly ops: Uint8Array | null;
  readonly columns: readonly Column[];
  readonly bad: readonly BadMessage[];
  /** For each row the index of its record. */
  readonly message: Int32Array;
}

export interface RecordDecoder {
  /** Records `[from, to)` of one partition. */
  decode(r: RecordColumns, from: number, to: number, topic: string, partition: number): DecodedRecords;
}

/** Turns records into the columns that a plan reads: value fields, key fields, metadata. */
export class PayloadDecoder implements RecordDecoder {
  readonly #spec: SourceSpec;
  readonly #value: Decoder;
  readonly #key: Decoder | null;
  /** Columns of the value; the format's metadata are behind them. */
  readonly #width: number;
  /** For each projected column its place among the value's or the key's decoded columns. */
  readonly #places: readonly { readonly fromKey: boolean; readonly at: number }[];

  constructor(spec: SourceSpec) {
    this.#spec = spec;
    const l = layoutOf(spec.options, spec.physical);
    const inValue: number[] = [];
    const inKey: number[] = [];
    this.#places = spec.projection.map((p) => {
      const v = l.value.indexOf(p);
      return v >= 0 ? { fromKey: false, at: inValue.push(v) - 1 } : { fromKey: true, at: inKey.push(l.key.indexOf(p)) - 1 };
    });
    const known = spec.metadata.filter((m) => m.key.startsWith('value.')).map((m) => ({ ...m, key: m.key.slice('value.'.length) }));
    this.#width = inValue.length;
    this.#value = l.valueFormat.decoder(l.value.map((i) => spec.physical[i] as Schema[number]), inValue, l.valueOptions, known);
    this.#key = l.keyFormat !== null && inKey.length > 0 ? l.keyFormat.decoder(keySchema(l, spec.physical), inKey, l.keyOptions) : null;
  }

  decode(r: RecordColumns, from: number, to: number, topic: string, partition: number): DecodedRecords {
    const bad: BadMessage[] = [];
    const block: MessageBlock = { data: r.data, offsets: r.valueAt, lengths: r.valueLength, count: r.count };
    let value = this.#value.decode(block, from, to);
    bad.push(...value.bad);
    let message = value.message ?? Int32Array.from({ length: value.batch.rowCount }, (_, i) => from + i);
    let keyColumns: readonly Column[] = [];
    if (this.#key !== null) {
      const pick = (at: Int32Array, lengths: Int32Array, of: Int32Array): MessageBlock => ({
        data: r.data, count: of.length, offsets: Int32Array.from(of, (m) => at[m] as number), lengths: Int32Array.from(of, (m) => Math.max(0, lengths[m] as number)),
      });
      let key = this.#key.decode(pick(r.keyAt, r.keyLength, message), 0, message.length);
      if (key.batch.rowCount !== message.length) {
        // Some keys are bad: take those rows out of both.
        for (const b of key.bad) bad.push({ ...b, message: message[b.message] as number });
        const kept = key.message ?? new Int32Array(0);
        message = Int32Array.from(kept, (i) => message[i] as number);
        const { batch } = value;
        value = { ...value, batch: { rowCount: kept.length, ops: batch.ops === null ? null : Uint8Array.from(kept, (i) => batch.ops?.[i] ?? 0), columns: batch.columns.map((c) => spreadColumn(c, kept)) } };
        key = this.#key.decode(pick(r.keyAt, r.keyLength, message), 0, message.length);
      }
      keyColumns = key.batch.columns;
    }
    const rows = message.length;
    const columns = this.#places.map((p) => (p.fromKey ? keyColumns : value.batch.columns)[p.at] as Column);
    let known = this.#width;
    for (const m of this.#spec.metadata) columns.push(m.key.startsWith('value.') ? (value.batch.columns[known++] as Column) : metadataColumn(m.key, m.type, r, message, topic, partition));
    return { rows, ops: value.batch.ops, columns, bad, message };
  }
}

export function metadataColumn(key: string, type: SqlType, r: RecordColumns, message: Int32Array, topic: string, partition: number): Column {
  const n = message.length;
  const int32 = (value: (m: number) => number): Column => ({ physical: 'i32', values: Int32Array.from(message, value), nulls: null });
  switch (key) {
    case 'topic':
      return constantColumn(type, topic, n);
    case 'partition':
      return int32(() => partition);
    case 'leader-epoch':
      return int32((m) => r.leaderEpoch[m] as number);
    case 'offset':
      return i64Column(BigInt64Array.from(message as Iterable<number>, (m) => BigInt(r.offset[m] as number)), null);
    case 'timestamp':
      return i64Column(BigInt64Array.from(message as Iterable<number>, (m) => BigInt(r.timestampMs[m] as number) * 1000n), null);
    case 'timestamp-type': {
      const data = Buffer.from('CreateTimeLogAppendTime');
      return {
        physical: 'bytes', data, nulls: null,
        offsets: Int32Array.from(message, (m) => (r.logAppendTime[m] === 1 ? 10 : 0)),
        lengths: Int32Array.from(message, (m) => (r.logAppendTime[m] === 1 ? 13 : 10)),
      };
    }
    default: {
      const values: Value[] = [];
      for (const m of message) {
        const headers = readHeaders(r.data, r.headersAt[m] as number);
        values.push(key === 'headers' ? [...new Map(headers)].map(([k, v]): [Value, Value] => [k, v]) : headers.map(([k, v]): Value => [k, v]));
      }
      return { physical: 'boxed', values, nulls: null };
    }
  }
}
