import type { ByteSink } from './api.ts';

/** A growing output buffer. `take` hands out what has been written and starts anew. */
export class BytesOut implements ByteSink {
  buffer: Uint8Array;
  length = 0;

  constructor(initialBytes: number = 65_536) {
    this.buffer = new Uint8Array(initialBytes);
  }

  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  /** A copy of what has been written; the buffer is empty afterwards. */
  take(): Uint8Array {
    const out = this.buffer.slice(0, this.length);
    this.length = 0;
    return out;
  }
}

export function putByte(out: ByteSink, byte: number): void {
  out.reserve(1);
  out.buffer[out.length++] = byte;
}

/** Text of ASCII characters only. */
export function putAscii(out: ByteSink, text: string): void {
  const n = text.length;
  out.reserve(n);
  const b = out.buffer;
  let at = out.length;
  for (let i = 0; i < n; i++) b[at++] = text.charCodeAt(i);
  out.length = at;
}

const encoder = new TextEncoder();
export function putUtf8(out: ByteSink, text: string): void {
  out.reserve(text.length * 3);
  out.length += encoder.encodeInto(text, out.buffer.subarray(out.length)).written;
}

export function putBytes(out: ByteSink, data: Uint8Array, from: number, length: number): void {
  out.reserve(length);
  if (length > 64) out.buffer.set(data.subarray(from, from + length), out.length);
  else {
    const b = out.buffer;
    const at = out.length;
    for (let i = 0; i < length; i++) b[at + i] = data[from + i] as number;
  }
  out.length += length;
}

/** A safe integer in decimal. */
export function putInteger(out: ByteSink, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    putAscii(out, String(value));
    return;
  }
  out.reserve(20);
  const b = out.buffer;
  let at = out.length;
  let v = value;
  if (v < 0) {
    b[at++] = 45;
    v = -v;
  }
  const start = at;
  do {
    const q = Math.floor(v / 10);
    b[at++] = 48 + (v - q * 10);
    v = q;
  } while (v > 0);
  for (let i = start, j = at - 1; i < j; i++, j--) {
    const t = b[i] as number;
    b[i] = b[j] as number;
    b[j] = t;
  }
  out.length = at;
}
