import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Schema } from '../../../common/batch/batch.ts';
import { columnFromValues } from '../../../common/batch/builder.ts';
import type { SqlType } from '../../../common/types/sql-type.ts';
import type { Row, Value } from '../../../common/types/value.ts';
import type { Decoded, Decoder, MessageBlock, Options } from '../../api.ts';
import { BytesOut, putByte, putBytes } from '../../bytes-out.ts';
import { read } from '../../options.ts';
import { ValueError } from '../../parse-value.ts';
import { spreadColumn } from '../../spread-column.ts';
import { jsonDecoder } from '../json.ts';
import { documentOf, type Document, type Span } from './members.ts';

/** Where the changes of a message go. */
export interface Changes {
  /** @param row an object of `from`. */
  insert(from: Document, row: Span): void;
  /** @param changed members of the old row that differ from `before`'s, on top of it. */
  update(from: Document, before: Span, after: Span, changed?: Span): void;
  delete(from: Document, row: Span): void;
}

/** How a format writes changes. */
export interface Envelope {
  readonly format: string;
  /** Errors: ValueError for a message that is not understood. */
  read(message: Document, options: Options, out: Changes): void;
  /** Metadata of a message. */
  metadata(message: Document, key: string, options: Options): Value;
}

/** Rows' texts one behind the other, each an object for the JSON decoder. */
class RowTexts implements Changes {
  readonly out: BytesOut = new BytesOut(4096);
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  readonly ops: number[] = [];

  insert(from: Document, row: Span): void {
    this.#add(INSERT, from, row);
  }
  update(from: Document, before: Span, after: Span, changed?: Span): void {
    this.#add(UPDATE_BEFORE, from, before, changed);
    this.#add(UPDATE_AFTER, from, after);
  }
  delete(from: Document, row: Span): void {
    this.#add(DELETE, from, row);
  }
  #add(op: number, { data }: Document, row: Span, over?: Span): void {
    const at = this.out.length;
    if (over === undefined) putBytes(this.out, data, row.from, row.to - row.from);
    else {
      // Of equal names the last counts.
      const empty = data.subarray(row.from + 1, row.to - 1).every((c) => c <= 32);
      const nothing = data.subarray(over.from + 1, over.to - 1).every((c) => c <= 32);
      putBytes(this.out, data, row.from, row.to - row.from - 1);
      if (!empty && !nothing) putByte(this.out, 44);
      putBytes(this.out, data, over.from + 1, over.to - over.from - 1);
    }
    this.offsets.push(at);
    this.lengths.push(this.out.length - at);
    this.ops.push(op);
  }
  /** Takes back what a message has added before it turned out to be bad. */
  cut(count: number): void {
    this.offsets.length = count;
    this.lengths.length = count;
    this.ops.length = count;
  }
}

/** Decodes messages about changes: a message without payload (a tombstone) is none, an update becomes -U and +U. */
export class CdcDecoder implements Decoder {
  readonly #envelope: Envelope;
  readonly #options: Options;
  readonly #ignore: boolean;
  readonly #rows: Decoder;
  readonly #metadata: readonly { readonly key: string; readonly type: SqlType }[];

  constructor(envelope: Envelope, physical: Schema, projection: readonly number[], options: Options, metadata: readonly { readonly key: string; readonly type: SqlType }[]) {
    this.#envelope = envelope;
    this.#options = options;
    this.#ignore = read.boolean(options, `${envelope.format}.ignore-parse-errors`);
    this.#rows = jsonDecoder(envelope.format, physical, projection, options);
    this.#metadata = metadata;
  }

  decode(block: MessageBlock, from: number, to: number): Decoded {
    const data = Buffer.from(block.data.buffer, block.data.byteOffset, block.data.byteLength);
    const texts = new RowTexts();
    const known: Row[] = [];
    /** Of each text its message, and the metadata's place. */
    const messages: number[] = [];
    const places: number[] = [];
    const bad: { message: number; reason: string; field: string | null }[] = [];
    for (let m = from; m < to; m++) {
      const length = block.lengths[m] as number;
      if (length <= 0) continue;
      const before = texts.ops.length;
      const at = block.offsets[m] as number;
      try {
        const document = documentOf(data, at, at + length);
        this.#envelope.read(document, this.#options, texts);
        if (this.#metadata.length > 0) known.push(this.#metadata.map((x) => this.#envelope.metadata(document, x.key, this.#options)));
      } catch (error) {
        texts.cut(before);
        if (!(error instanceof ValueError)) throw error;
        if (!this.#ignore) bad.push({ message: m, reason: error.message, field: null });
      }
      for (let i = before; i < texts.ops.length; i++) {
        messages.push(m);
        places.push(known.length - 1);
      }
    }
    const count = messages.length;
    const rows = this.#rows.decode({ data: texts.out.buffer.subarray(0, texts.out.length), offsets: Int32Array.from(texts.offsets), lengths: Int32Array.from(texts.lengths), count }, 0, count);
    return this.#together(rows, texts.ops, messages, places, known, bad);
  }

  /** Rows of messages all of whose rows could be read. */
  #together(rows: Decoded, ops: readonly number[], messages: readonly number[], places: readonly number[], known: readonly Row[], bad: { message: number; reason: string; field: string | null }[]): Decoded {
    const refused = new Set<number>();
    for (const b of rows.bad) {
      const message = messages[b.message] as number;
      if (!refused.has(message)) bad.push({ ...b, message });
      refused.add(message);
    }
    const texts = rows.message ?? Int32Array.from({ length: rows.batch.rowCount }, (_, i) => i);
    const there = new Set(texts);
    messages.forEach((message, i) => {
      if (!there.has(i)) refused.add(message);
    });
    const kept: number[] = [];
    texts.forEach((text, row) => {
      if (!refused.has(messages[text] as number)) kept.push(row);
    });
    const whole = kept.length === rows.batch.rowCount;
    const at = Int32Array.from(kept);
    const kinds = Uint8Array.from(at, (row) => ops[texts[row] as number] as number);
    const metadata = this.#metadata.map((m, k) => columnFromValues(m.type, Array.from(at, (row) => known[places[texts[row] as number] as number] ?? []), k));
    return {
      batch: { rowCount: at.length, ops: kinds.every((op) => op === INSERT) ? null : kinds, columns: [...rows.batch.columns.map((c) => (whole ? c : spreadColumn(c, at))), ...metadata] },
      message: Int32Array.from(at, (row) => messages[texts[row] as number] as number),
      bad: bad.sort((a, b) => a.message - b.message),
    };
  }
}
