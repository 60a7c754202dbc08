import { access, mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch } from '../../common/batch/batch.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { Committable, ConnectorContext, Encoder, JsonValue, SinkCommitter, SinkSpec, SinkWriter } from '../api.ts';
import { BytesOut, putByte } from '../bytes-out.ts';
import { read } from '../options.ts';
import { rootPath } from './splits.ts';

const FLUSH_BYTES = 1024 * 1024;

/**
 * Writes part files. A file is hidden (`.part-….inprogress`) while it grows; every checkpoint ends it with an fsync, and
 * the rename after the checkpoint is durable makes it visible. What a crash leaves behind stays hidden, and sources
 * leave hidden files out.
 */
export class FileWriter implements SinkWriter {
  readonly highWaterBytes: number = 4 * FLUSH_BYTES;
  readonly #encoder: Encoder;
  readonly #lines: boolean;
  readonly #dir: string;
  readonly #name: string;
  readonly #rollBytes: number;
  readonly #context: ConnectorContext;
  readonly #out = new BytesOut();
  readonly #finished: string[] = [];
  #file: { readonly handle: FileHandle; readonly name: string; bytes: number } | null = null;
  #parts = 0;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #drain: (() => void) | null = null;

  constructor(spec: SinkSpec, task: number, encoder: Encoder, lines: boolean, context: ConnectorContext) {
    this.#encoder = encoder;
    this.#lines = lines;
    this.#dir = rootPath(spec.options, context);
    // The start time keeps the names of different runs apart.
    this.#name = `part-${context.clock.nowMicros().toString(36)}-${task}`;
    this.#rollBytes = read.memoryBytes(spec.options, 'sink.rolling-policy.file-size') ?? 128 * 1024 * 1024;
    this.#context = context;
  }

  get pendingBytes(): number {
    return this.#queued + this.#out.length;
  }

  write(batch: Batch): void {
    for (let i = 0; i < batch.rowCount; i++) {
      this.#encoder.encode(batch, i, this.#out);
      if (this.#lines) putByte(this.#out, 10);
    }
    if (this.#out.length >= FLUSH_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const bytes = this.#out.take();
    this.#queued += bytes.length;
    this.#queue = this.#queue.then(async () => {
      this.#file ??= await this.#open();
      await this.#file.handle.appendFile(bytes);
      this.#file.bytes += bytes.length;
      this.#queued -= bytes.length;
      if (this.#file.bytes >= this.#rollBytes) await this.#finish();
      if (this.pendingBytes < this.highWaterBytes) {
        const go = this.#drain;
        this.#drain = null;
        go?.();
      }
    });
    this.#queue.catch((e: unknown) => this.#context.fail(new SqlError('io_error', `could not write to "${this.#dir}": ${e instanceof Error ? e.message : String(e)}`, { cause: e })));
  }

  async #open(): Promise<{ handle: FileHandle; name: string; bytes: number }> {
    await mkdir(this.#dir, { recursive: true });
    const name = `${this.#name}-${this.#parts++}`;
    return { handle: await open(join(this.#dir, `.${name}.inprogress`), 'wx'), name, bytes: 0 };
  }

  async #finish(): Promise<void> {
    if (this.#file === null) return;
    await this.#file.handle.sync();
    await this.#file.handle.close();
    this.#finished.push(this.#file.name);
    this.#file = null;
  }

  onDrain(wake: () => void): void {
    if (this.pendingBytes < this.highWaterBytes) wake();
    else this.#drain = wake;
  }

  async prepare(): Promise<Committable> {
    this.#flush();
    const done = this.#queue.then(() => this.#finish());
    this.#queue = done;
    await done;
    return this.#finished.splice(0);
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#file?.handle.close();
    this.#file = null;
  }
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

export class FileCommitter implements SinkCommitter {
  readonly #dir: string;

  constructor(spec: SinkSpec, context: ConnectorContext) {
    this.#dir = rootPath(spec.options, context);
  }

  async commit(_checkpointId: number, committables: readonly Committable[]): Promise<void> {
    const names = committables.flatMap((c) => {
      assert(Array.isArray(c), 'a file committable is a list of names');
      return c as readonly JsonValue[];
    });
    if (names.length === 0) return;
    for (const name of names) {
      assert(typeof name === 'string', 'a file committable holds names');
      const hidden = join(this.#dir, `.${name}.inprogress`);
      const visible = join(this.#dir, name);
      if (await exists(hidden)) await rename(hidden, visible);
      else if (!(await exists(visible))) throw new SqlError('io_error', `part file "${name}" of a checkpoint is gone from "${this.#dir}"`);
    }
    const dir = await open(this.#dir, 'r');
    try {
      await dir.sync();
    } finally {
      await dir.close();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
