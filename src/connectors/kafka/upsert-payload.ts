import type { Schema } from '../../common/batch/batch.ts';
import { DELETE, UPDATE_AFTER } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import type { Decoder, MessageBlock, SourceSpec } from '../api.ts';
import { spreadColumn } from '../spread-column.ts';
import { keySchema, layoutOf, metadataColumn, type DecodedRecords, type RecordDecoder } from './payload.ts';
import type { RecordColumns } from './record-batch.ts';

/**
 * Records as changes by key: a value is the key's new row, a record without one deletes it. Key columns are always taken
 * from the key, whatever the value says of them: it is what a tombstone refers to.
 */
export class UpsertDecoder implements RecordDecoder {
  readonly #spec: SourceSpec;
  readonly #key: Decoder;
  readonly #value: Decoder;
  /** For each projected column its place among the key's or the value's decoded columns. */
  readonly #places: readonly { readonly fromKey: boolean; readonly at: number }[];

  constructor(spec: SourceSpec) {
    this.#spec = spec;
    const l = layoutOf(spec.options, spec.physical);
    const inKey = l.key.map((_, i) => i);
    const inValue: number[] = [];
    this.#places = spec.projection.map((p) => {
      const k = l.key.indexOf(p);
      return k >= 0 ? { fromKey: true, at: k } : { fromKey: false, at: inValue.push(l.value.indexOf(p)) - 1 };
    });
    const format = l.keyFormat ?? l.valueFormat;
    this.#key = format.decoder(keySchema(l, spec.physical), inKey, l.keyOptions);
    this.#value = l.valueFormat.decoder(l.value.map((i) => spec.physical[i] as Schema[number]), inValue, l.valueOptions);
  }

  decode(r: RecordColumns, from: number, to: number, topic: string, partition: number): DecodedRecords {
    const bad: { message: number; reason: string; field: string | null }[] = [];
    const keyBlock: MessageBlock = { data: r.data, offsets: r.keyAt, lengths: r.keyLength, count: r.count };
    const valueBlock: MessageBlock = { data: r.data, offsets: r.valueAt, lengths: r.valueLength, count: r.count };
    const key = this.#key.decode(keyBlock, from, to);
    const value = this.#value.decode(valueBlock, from, to);
    for (const b of key.bad) bad.push({ ...b, reason: `its key cannot be read: ${b.reason}` });
    bad.push(...value.bad);
    const keyRow = rowsByMessage(key.message, key.batch.rowCount, from, to);
    const valueRow = rowsByMessage(value.message, value.batch.rowCount, from, to);
    const messages = new Int32Array(to - from);
    const keyAt = new Int32Array(to - from);
    const valueAt = new Int32Array(to - from);
    const ops = new Uint8Array(to - from);
    let n = 0;
    for (let m = from; m < to; m++) {
      const k = keyRow[m - from] as number;
      if ((r.keyLength[m] as number) < 0) {
        bad.push({ message: m, reason: 'it has no key', field: null });
        continue;
      }
      const gone = (r.valueLength[m] as number) < 0;
      const v = valueRow[m - from] as number;
      if (k < 0 || (!gone && v < 0)) continue;
      messages[n] = m;
      keyAt[n] = k;
      valueAt[n] = gone ? -1 : v;
      ops[n++] = gone ? DELETE : UPDATE_AFTER;
    }
    const message = messages.subarray(0, n);
    const at = [valueAt.subarray(0, n), keyAt.subarray(0, n)] as const;
    const columns = this.#places.map((p) => spreadColumn((p.fromKey ? key : value).batch.columns[p.at] as Column, at[p.fromKey ? 1 : 0]));
    for (const m of this.#spec.metadata) columns.push(metadataColumn(m.key, m.type, r, message, topic, partition));
    return { rows: n, ops: ops.subarray(0, n), columns, bad: bad.toSorted((a, b) => a.message - b.message), message };
  }
}

/** The decoded row of each message in `[from, to)`, -1 where there is none. */
function rowsByMessage(message: Int32Array | null, rows: number, from: number, to: number): Int32Array {
  const out = new Int32Array(to - from).fill(-1);
  for (let i = 0; i < rows; i++) out[(message === null ? i : (message[i] as number) - from)] = i;
  return out;
}
