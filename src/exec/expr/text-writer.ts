import type { BytesColumn } from '../../common/batch/column.ts';

const ENCODER = new TextEncoder();

/** Collects the text or bytes that a generated loop computes; rows not written are empty. */
export class TextColumnWriter {
  readonly #offsets: Int32Array;
  readonly #lengths: Int32Array;
  #data: Uint8Array;
  #used = 0;
  /** The text written last: many a computed text repeats from row to row. */
  #last: string | null = null;
  #lastAt = 0;
  #lastLength = 0;

  constructor(rows: number) {
    this.#offsets = new Int32Array(rows);
    this.#lengths = new Int32Array(rows);
    this.#data = new Uint8Array(Math.max(64, rows * 16));
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(this.#used + bytes, this.#data.length * 2));
    grown.set(this.#data.subarray(0, this.#used));
    this.#data = grown;
  }

  text(row: number, text: string): void {
    if (text === this.#last) {
      this.#offsets[row] = this.#lastAt;
      this.#lengths[row] = this.#lastLength;
      return;
    }
    const n = text.length;
    this.#reserve(n * 3);
    const at = this.#used;
    const data = this.#data;
    let written = 0;
    if (n < 32) {
      while (written < n) {
        const unit = text.charCodeAt(written);
        if (unit > 127) break;
        data[at + written++] = unit;
      }
    }
    if (written < n) written = ENCODER.encodeInto(text, data.subarray(at)).written;
    this.#offsets[row] = at;
    this.#lengths[row] = written;
    this.#used = at + written;
    this.#last = text;
    this.#lastAt = at;
    this.#lastLength = written;
  }

  raw(row: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#data.set(bytes, this.#used);
    this.#offsets[row] = this.#used;
    this.#lengths[row] = bytes.length;
    this.#used += bytes.length;
  }

  finish(nulls: Uint8Array | null): BytesColumn {
    return { physical: 'bytes', data: this.#data, offsets: this.#offsets, lengths: this.#lengths, nulls };
  }
}
