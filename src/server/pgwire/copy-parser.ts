import type { Schema } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import { binaryIn } from '../../common/types/binary-codec.ts';
import { textIn, type TextInput } from '../../common/types/text-codec.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { CopyFormat } from '../../engine/api.ts';
import { utf8 } from './frames.ts';

const bad = (message: string, line: number): SqlError => new SqlError('data_exception', message, { detail: `Line ${line} of the data.` });

/**
 * Reads COPY FROM data out of any cut of its bytes. `push` gives the rows that are complete, `end` the last one.
 * Source: PostgreSQL 15, "COPY", file formats. Errors: data_exception and those of the types' input, with the line.
 */
export class CopyParser {
  readonly #schema: Schema;
  readonly #format: CopyFormat;
  readonly #cx: TextInput;
  #rest: Buffer = Buffer.alloc(0);
  #line = 0;
  #headerSeen = false;
  #finished = false;

  constructor(schema: Schema, format: CopyFormat, cx: TextInput) {
    this.#schema = schema;
    this.#format = format;
    this.#cx = cx;
  }

  push(bytes: Buffer): Row[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    return this.#format.format === 'binary' ? this.#binary() : this.#lines(false);
  }

  end(): Row[] {
    if (this.#format.format === 'binary') {
      if (!this.#finished) throw new SqlError('data_exception', 'unexpected EOF in COPY data');
      return [];
    }
    return this.#lines(true);
  }

  #lines(last: boolean): Row[] {
    const out: Row[] = [];
    while (!this.#finished) {
      const end = this.#lineEnd();
      if (end < 0 && (!last || this.#rest.length === 0)) break;
      let text = utf8(end < 0 ? this.#rest : this.#rest.subarray(0, end));
      this.#rest = end < 0 ? Buffer.alloc(0) : this.#rest.subarray(end + 1);
      this.#line++;
      if (text.endsWith('\r')) text = text.slice(0, -1);
      if (this.#format.header && !this.#headerSeen) this.#headerSeen = true;
      else if (text === '\\.') this.#finished = true;
      else out.push(this.#row(this.#format.format === 'csv' ? this.#csvFields(text) : this.#textFields(text)));
    }
    return out;
  }

  /** A line of CSV goes on over newlines between quotes. */
  #lineEnd(): number {
    if (this.#format.format !== 'csv') return this.#rest.indexOf(10);
    const quote = this.#format.quote.charCodeAt(0);
    const escape = this.#format.escape.charCodeAt(0);
    let inside = false;
    for (let i = 0; i < this.#rest.length; i++) {
      const c = this.#rest[i];
      if (inside && c === escape && escape !== quote) i++;
      else if (c === quote) inside = !inside;
      else if (c === 10 && !inside) return i;
    }
    return -1;
  }

  #row(fields: readonly (string | null)[]): Row {
    if (fields.length > this.#schema.length) throw bad('extra data after last expected column', this.#line);
    return this.#schema.map((f, i): Value => {
      const text = fields[i];
      if (text === undefined) throw bad(`missing data for column "${f.name}"`, this.#line);
      if (text === null) return null;
      try {
        return textIn(text, f.type, this.#cx);
      } catch (error) {
        if (error instanceof SqlError) throw new SqlError(error.condition, error.message, { detail: `Line ${this.#line} of the data, column "${f.name}".`, cause: error });
        throw error;
      }
    });
  }

  #textFields(line: string): (string | null)[] {
    const { delimiter, nullText } = this.#format;
    if (this.#schema.length === 0 && line === '') return [];
    const parts: string[] = [];
    let from = 0;
    for (let i = 0; i < line.length; i++) {
      if (line[i] === '\\') i++;
      else if (line[i] === delimiter) {
        parts.push(line.slice(from, i));
        from = i + 1;
      }
    }
    parts.push(line.slice(from));
    return parts.map((raw) => (raw === nullText ? null : unescape(raw)));
  }

  #csvFields(line: string): (string | null)[] {
    const { delimiter, nullText, quote, escape } = this.#format;
    const out: (string | null)[] = [];
    let i = 0;
    for (;;) {
      let text = '';
      let quoted = false;
      while (i < line.length && line[i] !== delimiter) {
        if (line[i] !== quote) {
          text += line[i++];
          continue;
        }
        quoted = true;
        for (i++; ; i++) {
          const c = line[i];
          if (c === undefined) throw bad('unterminated CSV quoted field', this.#line);
          const next = line[i + 1];
          if (c === escape && next !== undefined && (next === quote || next === escape)) text += line[++i];
          else if (c === quote) break;
          else text += c;
        }
        i++;
      }
      out.push(!quoted && text === nullText ? null : text);
      if (i >= line.length) return out;
      i++;
    }
  }

  #binary(): Row[] {
    const out: Row[] = [];
    if (!this.#headerSeen) {
      if (this.#rest.length < 19) return out;
      const extension = this.#rest.readInt32BE(15);
      if (this.#rest.toString('latin1', 0, 11) !== 'PGCOPY\n\u00ff\r\n\0' || extension < 0) throw new SqlError('data_exception', 'COPY file signature not recognized');
      if (this.#rest.length < 19 + extension) return out;
      this.#rest = this.#rest.subarray(19 + extension);
      this.#headerSeen = true;
    }
    while (!this.#finished) {
      const row = this.#binaryRow();
      if (row === null) break;
      out.push(row);
    }
    return out;
  }

  #binaryRow(): Row | null {
    const b = this.#rest;
    if (b.length < 2) return null;
    const count = b.readInt16BE(0);
    if (count === -1) {
      this.#finished = true;
      return null;
    }
    if (count !== this.#schema.length) throw new SqlError('data_exception', `row field count is ${count}, expected ${this.#schema.length}`);
    const row: Value[] = [];
    let at = 2;
    for (const f of this.#schema) {
      if (b.length < at + 4) return null;
      const length = b.readInt32BE(at);
      at += 4;
      if (length < -1) throw new SqlError('data_exception', 'invalid field size');
      if (length === -1) {
        row.push(null);
        continue;
      }
      if (b.length < at + length) return null;
      row.push(binaryIn(new Uint8Array(b.subarray(at, at + length)), f.type));
      at += length;
    }
    this.#rest = b.subarray(at);
    return row;
  }
}

const UNESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescape(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replaceAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/gs, (_, e: string) => {
    if (/^x[0-9a-fA-F]/.test(e)) return String.fromCharCode(Number.parseInt(e.slice(1), 16));
    if (/^[0-7]/.test(e)) return String.fromCharCode(Number.parseInt(e, 8) & 255);
    return UNESCAPES[e] ?? e;
  });
}
