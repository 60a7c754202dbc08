import type { Schema } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import { binaryIn } from '../../common/types/binary-codec.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { BINARY_SIGNATURE } from './copy-out.ts';

const HEADER = BINARY_SIGNATURE.length + 8;

/** Rows of a binary COPY; a row may be spread over many messages. Source: PostgreSQL 15, COPY, "Binary Format". */
export class BinaryCopyReader {
  readonly #schema: Schema;
  readonly #limit: number;
  #pending: Buffer = Buffer.alloc(0);
  #header = false;
  #ended = false;

  constructor(schema: Schema, rowBytesMax: number) {
    this.#schema = schema;
    this.#limit = rowBytesMax;
  }

  push(bytes: Uint8Array): Row[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    const rows: Row[] = [];
    if (!this.#header && !this.#readHeader()) return rows;
    let at = 0;
    for (;;) {
      const end = this.#ended ? null : this.#readRow(at, rows);
      if (end === null) break;
      at = end;
    }
    this.#pending = this.#ended ? Buffer.alloc(0) : this.#pending.subarray(at);
    if (this.#pending.length > this.#limit) throw new SqlError('program_limit_exceeded', `a COPY row is longer than ${this.#limit} bytes`);
    return rows;
  }

  end(): Row[] {
    if (!this.#ended) throw new SqlError('data_exception', 'unexpected EOF in COPY data');
    return [];
  }

  #readHeader(): boolean {
    const bytes = this.#pending;
    const known = Math.min(bytes.length, BINARY_SIGNATURE.length);
    if (!bytes.subarray(0, known).equals(BINARY_SIGNATURE.subarray(0, known))) throw new SqlError('data_exception', 'COPY file signature not recognized');
    if (bytes.length < HEADER) return false;
    const extension = bytes.readInt32BE(HEADER - 4);
    if (extension < 0) throw new SqlError('data_exception', 'invalid COPY file header (wrong length)');
    if (bytes.length < HEADER + extension) return false;
    this.#pending = bytes.subarray(HEADER + extension);
    this.#header = true;
    return true;
  }

  /** Where the row at `at` ends, or null when it is not all there. */
  #readRow(at: number, rows: Row[]): number | null {
    const bytes = this.#pending;
    if (at + 2 > bytes.length) return null;
    const count = bytes.readInt16BE(at);
    let p = at + 2;
    if (count === -1) {
      this.#ended = true;
      return p;
    }
    if (count !== this.#schema.length) throw new SqlError('data_exception', `row field count is ${count}, expected ${this.#schema.length}`);
    const row: Value[] = [];
    for (const field of this.#schema) {
      if (p + 4 > bytes.length) return null;
      const length = bytes.readInt32BE(p);
      p += 4;
      if (length < -1) throw new SqlError('data_exception', 'invalid field size');
      if (length === -1) row.push(null);
      else {
        if (p + length > bytes.length) return null;
        row.push(binaryIn(bytes.subarray(p, p + length), field.type));
        p += length;
      }
    }
    rows.push(row);
    return p;
  }
}
