import { SqlError } from '../../common/errors.ts';

/** One message. `type` is 0 for the untyped first messages of a connection. The body may share memory with its chunk. */
export interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/**
 * Cuts a byte stream into messages. Lengths are checked before anything is kept, so a header that promises gigabytes
 * costs nothing. Errors: protocol_violation.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes needed before it is worth looking again. */
  #needed = 0;
  /** Whether messages start with a type byte. */
  typed = false;
  /** The largest message accepted, bytes. */
  lengthMax: number;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  /** Bytes held that are not yet a whole message. */
  get pending(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole message, or null. */
  next(): Frame | null {
    const header = this.typed ? 5 : 4;
    if (this.#length < Math.max(header, this.#needed)) return null;
    const head = this.#joined();
    const length = head.readInt32BE(header - 4);
    if (length < 4 || length > this.lengthMax) {
      throw new SqlError('protocol_violation', `invalid message length ${length}`, { detail: `Messages of 4 to ${this.lengthMax} bytes are accepted here.` });
    }
    const total = header - 4 + length;
    if (head.length < total) {
      this.#needed = total;
      return null;
    }
    this.#needed = 0;
    const frame = { type: this.typed ? (head[0] as number) : 0, body: head.subarray(header, total) };
    const rest = head.subarray(total);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    return frame;
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }
}

/** Reads the fields of a message body in order. Errors: protocol_violation when the body is too short. */
export class FieldReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get done(): boolean {
    return this.#at >= this.#body.length;
  }

  #take(n: number): number {
    const at = this.#at;
    if (n < 0 || at + n > this.#body.length) throw new SqlError('protocol_violation', 'insufficient data left in message');
    this.#at = at + n;
    return at;
  }

  byte(): number {
    return this.#body[this.#take(1)] as number;
  }
  int16(): number {
    return this.#body.readInt16BE(this.#take(2));
  }
  uint16(): number {
    return this.#body.readUInt16BE(this.#take(2));
  }
  int32(): number {
    return this.#body.readInt32BE(this.#take(4));
  }
  uint32(): number {
    return this.#body.readUInt32BE(this.#take(4));
  }
  bytes(n: number): Buffer {
    const at = this.#take(n);
    return this.#body.subarray(at, at + n);
  }
  /** A text that ends with a zero byte. Errors: character_not_in_repertoire when it is not UTF-8. */
  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new SqlError('protocol_violation', 'invalid string in message');
    const text = utf8(this.#body.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }
  rest(): Buffer {
    return this.bytes(this.#body.length - this.#at);
  }
  /** The body must be used up. */
  end(): void {
    if (!this.done) throw new SqlError('protocol_violation', 'invalid message format');
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes that came from a client. Errors: character_not_in_repertoire. */
export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8"');
  }
}
