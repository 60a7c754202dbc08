import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { binaryOut } from '../../common/types/binary-codec.ts';
import { textOut, type TextOutput } from '../../common/types/text-codec.ts';
import type { CopyFormat } from '../../engine/api.ts';
import { BACKEND } from './messages.ts';
import type { WireWriter } from './writer.ts';

/** PGCOPY\n\377\r\n\0, flags, header extension. */
const BINARY_HEADER = Buffer.from([0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);

const ESCAPES: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\' };

/** Rows as COPY TO writes them, one CopyData message a row. Source: PostgreSQL 15, "COPY", file formats. */
export class CopyWriter {
  readonly #schema: Schema;
  readonly #format: CopyFormat;
  readonly #cx: TextOutput;

  constructor(schema: Schema, format: CopyFormat, cx: TextOutput) {
    this.#schema = schema;
    this.#format = format;
    this.#cx = cx;
  }

  header(out: WireWriter): void {
    if (this.#format.format === 'binary') out.begin(BACKEND.copyData).bytes(BINARY_HEADER).end();
    else if (this.#format.header) this.#line(out, this.#schema.map((f) => this.#field(f.name)));
  }

  row(out: WireWriter, batch: Batch, r: number): void {
    if (this.#format.format === 'binary') {
      this.#binaryRow(out, batch, r);
      return;
    }
    const fields = this.#schema.map((f, i) => {
      const column = batch.columns[i];
      const value = column === undefined ? null : readValue(f.type, column, r);
      return value === null ? this.#format.nullText : this.#field(textOut(value, f.type, this.#cx));
    });
    this.#line(out, fields);
  }

  footer(out: WireWriter): void {
    if (this.#format.format === 'binary') out.begin(BACKEND.copyData).int16(-1).end();
  }

  #line(out: WireWriter, fields: readonly string[]): void {
    const line = Buffer.from(`${fields.join(this.#format.delimiter)}\n`);
    out.begin(BACKEND.copyData).bytes(line).end();
  }

  #field(text: string): string {
    const { format, delimiter, quote, escape, nullText } = this.#format;
    if (format === 'csv') {
      const plain = text !== nullText && text !== '\\.' && !text.includes(delimiter) && !text.includes(quote) && !/[\r\n]/.test(text);
      if (plain) return text;
      const inner = escape === quote ? text.replaceAll(quote, quote + quote) : text.replaceAll(escape, escape + escape).replaceAll(quote, escape + quote);
      return `${quote}${inner}${quote}`;
    }
    let out = '';
    for (const c of text) out += ESCAPES[c] ?? (c === delimiter ? `\\${c}` : c);
    return out;
  }

  #binaryRow(out: WireWriter, batch: Batch, r: number): void {
    out.begin(BACKEND.copyData).int16(this.#schema.length);
    for (const [i, f] of this.#schema.entries()) {
      const column = batch.columns[i];
      const value = column === undefined ? null : readValue(f.type, column, r);
      if (value === null) {
        out.int32(-1);
        continue;
      }
      const bytes = binaryOut(value, f.type);
      out.int32(bytes.length).bytes(bytes);
    }
    out.end();
  }
}
