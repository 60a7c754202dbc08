import type { Socket } from 'node:net';

const CHUNK = 64 * 1024;
/** What an idle session keeps. */
const SMALL = 2 * 1024;

/**
 * Collects messages and sends them in large pieces. `buffer` and `length` are open to the generated row encoders.
 * Every buffer belongs to the socket once it has been sent; a new one takes its place.
 */
export class WireWriter {
  buffer: Buffer = Buffer.allocUnsafeSlow(SMALL);
  length = 0;
  readonly #socket: Socket;
  #messageStart = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Room for `bytes` more at `length`. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  begin(type: number): this {
    this.reserve(5);
    this.buffer[this.length] = type;
    this.#messageStart = this.length + 1;
    this.length += 5;
    return this;
  }
  /** Writes the message's length. */
  end(): void {
    this.buffer.writeInt32BE(this.length - this.#messageStart, this.#messageStart);
  }
  /** A message without a body. */
  empty(type: number): void {
    this.begin(type).end();
  }

  byte(value: number): this {
    this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }
  int16(value: number): this {
    this.reserve(2);
    this.length = this.buffer.writeUInt16BE(value & 0xffff, this.length);
    return this;
  }
  int32(value: number): this {
    this.reserve(4);
    this.length = this.buffer.writeInt32BE(value | 0, this.length);
    return this;
  }
  bytes(value: Uint8Array): this {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }
  /** Text without an end mark. */
  utf8(value: string): this {
    this.reserve(value.length * 3);
    this.length += this.buffer.write(value, this.length);
    return this;
  }
  /** Text, then a zero byte. */
  text(value: string): this {
    this.reserve(value.length * 3 + 1);
    this.length += this.buffer.write(value.includes('\0') ? value.replaceAll('\0', '') : value, this.length);
    this.buffer[this.length++] = 0;
    return this;
  }

  /** Hands what has been written to the socket, without waiting. */
  flush(): void {
    if (this.length === 0) return;
    const full = this.buffer.subarray(0, this.length);
    // Small answers are copied and the buffer stays; a large one goes to the socket with its buffer.
    if (this.length <= SMALL) this.#socket.write(Buffer.from(full));
    else {
      this.#socket.write(full);
      this.buffer = Buffer.allocUnsafeSlow(this.buffer.length >= CHUNK ? CHUNK : SMALL);
    }
    this.length = 0;
  }

  /** Prepares for many rows. */
  widen(): void {
    this.reserve(CHUNK - this.length);
  }

  /** Sends everything and gives large buffers back: nothing more is to come for now. */
  rest(): void {
    this.flush();
    if (this.buffer.length > SMALL) this.buffer = Buffer.allocUnsafeSlow(SMALL);
  }

  /** True when enough is waiting to be worth a send. */
  get full(): boolean {
    return this.length >= CHUNK - 4096;
  }

  /** Sends, then waits while the client is slower than we are. Ends early when the socket closes or `signal` aborts. */
  async drained(signal: AbortSignal): Promise<void> {
    this.flush();
    const socket = this.#socket;
    if (!socket.writableNeedDrain || socket.destroyed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
      signal.addEventListener('abort', done);
    });
  }
}
