import type { Socket } from 'node:net';
import { FrameReader, type Frame } from './frames.ts';

/**
 * The messages of one socket, in order. The socket is read ahead of the message being worked on, so that its end is
 * seen; past `readAheadMax` bytes it is paused.
 */
export class Inbox {
  readonly frames: FrameReader;
  readonly #socket: Socket;
  readonly #readAheadMax: number;
  #wake: (() => void) | null = null;
  #ended = false;

  constructor(socket: Socket, frames: FrameReader, readAheadMax: number) {
    this.#socket = socket;
    this.frames = frames;
    this.#readAheadMax = readAheadMax;
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      if (this.#wake === null && frames.pending > readAheadMax) socket.pause();
      this.#notify();
    });
    const end = (): void => {
      this.#ended = true;
      this.#notify();
    };
    socket.on('end', end);
    socket.on('close', end);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** A message that is already here, or null. Errors: protocol_violation. */
  poll(): Frame | null {
    const frame = this.frames.next();
    if ((frame === null || this.frames.pending <= this.#readAheadMax) && this.#socket.isPaused()) this.#socket.resume();
    return frame;
  }

  /** The next message; null at the end. `idle` is called before a wait. */
  async take(idle: () => void, signal?: AbortSignal): Promise<Frame | null> {
    for (;;) {
      const frame = this.poll();
      if (frame !== null) return frame;
      if (this.#ended) return null;
      if (signal?.aborted === true) throw signal.reason;
      idle();
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal?.removeEventListener('abort', wake);
          if (this.#wake === wake) this.#wake = null;
          resolve();
        };
        this.#wake = wake;
        signal?.addEventListener('abort', wake);
      });
    }
  }
}
