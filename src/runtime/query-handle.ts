import { SqlError } from '../common/errors.ts';
import type { JobActivity, QueryChunk, QueryHandle } from './api.ts';

/** What a session reads: chunks in order, an end or an error. One reader at a time. */
export class ResultQueue implements QueryHandle {
  readonly #chunks: { readonly chunk: QueryChunk; readonly bytes: number }[] = [];
  readonly #taken: (bytes: number) => void;
  readonly #stop: () => void;
  #waiting: { readonly resolve: (chunk: QueryChunk | null) => void; readonly reject: (error: Error) => void } | null = null;
  #error: Error | null = null;
  #ended = false;
  activity: JobActivity | undefined;

  constructor(taken: (bytes: number) => void, stop: () => void) {
    this.#taken = taken;
    this.#stop = stop;
  }
  get over(): boolean {
    return this.#ended;
  }
  push(chunk: QueryChunk, bytes: number): void {
    if (this.#ended) return;
    const reader = this.#waiting;
    if (reader === null) {
      const last = this.#chunks.at(-1);
      // Progress that nobody has read yet is said once.
      if (chunk.kind === 'progress' && last?.chunk.kind === 'progress') this.#chunks.pop();
      this.#chunks.push({ chunk, bytes });
      return;
    }
    this.#waiting = null;
    if (bytes > 0) this.#taken(bytes);
    reader.resolve(chunk);
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#chunks.length === 0) this.#settle();
  }
  fail(error: Error): void {
    if (this.#ended && this.#chunks.length === 0) return;
    this.#error = error;
    this.#ended = true;
    this.#chunks.length = 0;
    this.#settle();
  }
  #settle(): void {
    const reader = this.#waiting;
    this.#waiting = null;
    if (reader === null) return;
    if (this.#error !== null) reader.reject(this.#error);
    else reader.resolve(null);
  }
  next(): Promise<QueryChunk | null> {
    const first = this.#chunks.shift();
    if (first !== undefined) {
      if (first.bytes > 0) this.#taken(first.bytes);
      return Promise.resolve(first.chunk);
    }
    if (this.#error !== null) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(null);
    if (this.#waiting !== null) return Promise.reject(new SqlError('object_not_in_prerequisite_state', 'a query has one reader at a time'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
  close(): Promise<void> {
    this.#chunks.length = 0;
    this.#ended = true;
    this.#settle();
    this.#stop();
    return Promise.resolve();
  }
}
