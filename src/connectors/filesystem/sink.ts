import { access, mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Batch } from '../../common/batch/batch.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { Committable, ConnectorContext, Encoder, JsonValue, SinkCommitter, SinkSpec, SinkWriter } from '../api.ts';
import { BytesOut, putByte } from '../bytes-out.ts';
import { read } from '../options.ts';
import { Overwrite } from './overwrite.ts';
import { PartitionCommit } from './partition-commit.ts';
import { commitOptions, defaultName, PartitionPaths } from './partitions.ts';
import { rootPath } from './splits.ts';

const FLUSH_BYTES = 1024 * 1024;
/** Partitions written to at once; the one written to least recently makes room. */
const OPEN_MAX = 64;

interface Part {
  /** Relative to the table's folder; empty without partitions. */
  readonly folder: string;
  readonly out: BytesOut;
  file: { readonly handle: FileHandle; readonly name: string; bytes: number } | null;
}

const hiddenName = (name: string): string => join(dirname(name), `.${name.slice(name.lastIndexOf('/') + 1)}.inprogress`);

/**
 * Writes part files, in a folder for each partition. A file is hidden (`.part-….inprogress`) while it grows; every checkpoint ends
 * it with an fsync, and the rename after the checkpoint is durable makes it visible. What a crash leaves behind stays
 * hidden, and sources leave hidden files out.
 */
export class FileWriter implements SinkWriter {
  readonly highWaterBytes: number = 4 * FLUSH_BYTES;
  readonly #encoder: Encoder;
  readonly #lines: boolean;
  readonly #dir: string;
  readonly #name: string;
  readonly #rollBytes: number;
  readonly #context: ConnectorContext;
  readonly #paths: PartitionPaths | null;
  /** By folder, least recently used first. */
  readonly #parts = new Map<string, Part>();
  readonly #finished: string[] = [];
  #current: Part | null = null;
  #buffered = 0;
  #files = 0;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #watermark: bigint | null = null;
  #drain: (() => void) | null = null;

  constructor(spec: SinkSpec, task: number, encoder: Encoder, lines: boolean, context: ConnectorContext) {
    this.#encoder = encoder;
    this.#lines = lines;
    this.#dir = rootPath(spec.options, context);
    // The start time keeps the names of different runs apart.
    const run = spec.overwrite === undefined ? '' : `${spec.overwrite}-`;
    this.#name = `part-${run}${context.clock.nowMicros().toString(36)}-${task}`;
    this.#rollBytes = read.memoryBytes(spec.options, 'sink.rolling-policy.file-size') ?? 128 * 1024 * 1024;
    this.#context = context;
    this.#paths = spec.partitionedBy === undefined ? null : new PartitionPaths(spec.schema, spec.partitionedBy, defaultName(spec.options));
  }

  get pendingBytes(): number {
    return this.#queued + this.#buffered;
  }

  write(batch: Batch): void {
    const paths = this.#paths;
    let part = this.#current;
    for (let i = 0; i < batch.rowCount; i++) {
      if (part === null || (paths !== null && (i === 0 || !paths.sameAsBefore(batch, i)))) part = this.#partOf(paths === null ? '' : paths.of(batch, i));
      const before = part.out.length;
      this.#encoder.encode(batch, i, part.out);
      if (this.#lines) putByte(part.out, 10);
      this.#buffered += part.out.length - before;
      if (part.out.length >= FLUSH_BYTES) this.#flush(part);
    }
    this.#current = part;
    // Many partitions with a little each.
    if (this.#buffered >= 2 * FLUSH_BYTES) for (const p of this.#parts.values()) this.#flush(p);
  }

  watermark(micros: bigint): void {
    this.#watermark = micros;
  }

  #partOf(folder: string): Part {
    let part = this.#parts.get(folder);
    if (part === undefined) {
      part = { folder, out: new BytesOut(), file: null };
      if (this.#parts.size >= OPEN_MAX) {
        const [oldest] = this.#parts.values();
        if (oldest !== undefined) {
          this.#flush(oldest);
          this.#enqueue(() => this.#finish(oldest));
          this.#parts.delete(oldest.folder);
        }
      }
    } else if (part === this.#current) return part;
    else this.#parts.delete(folder);
    this.#parts.set(folder, part);
    this.#current = part;
    return part;
  }

  #flush(part: Part): void {
    if (part.out.length === 0) return;
    const bytes = part.out.take();
    this.#buffered -= bytes.length;
    this.#queued += bytes.length;
    this.#enqueue(async () => {
      part.file ??= await this.#open(part.folder);
      await part.file.handle.appendFile(bytes);
      part.file.bytes += bytes.length;
      this.#queued -= bytes.length;
      if (part.file.bytes >= this.#rollBytes) await this.#finish(part);
      if (this.pendingBytes < this.highWaterBytes) {
        const go = this.#drain;
        this.#drain = null;
        go?.();
      }
    });
  }

  #enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step);
    this.#queue.catch((e: unknown) => this.#context.fail(new SqlError('io_error', `could not write to "${this.#dir}": ${e instanceof Error ? e.message : String(e)}`, { cause: e })));
  }

  async #open(folder: string): Promise<NonNullable<Part['file']>> {
    await mkdir(join(this.#dir, folder), { recursive: true });
    const file = `${this.#name}-${this.#files++}`;
    const name = folder === '' ? file : `${folder}/${file}`;
    return { handle: await open(join(this.#dir, hiddenName(name)), 'wx'), name, bytes: 0 };
  }

  async #finish(part: Part): Promise<void> {
    const { file } = part;
    if (file === null) return;
    await file.handle.sync();
    await file.handle.close();
    this.#finished.push(file.name);
    part.file = null;
  }

  onDrain(wake: () => void): void {
    if (this.pendingBytes < this.highWaterBytes) wake();
    else this.#drain = wake;
  }

  async prepare(): Promise<Committable> {
    const parts = [...this.#parts.values()];
    this.#parts.clear();
    this.#current = null;
    for (const part of parts) {
      this.#flush(part);
      this.#enqueue(() => this.#finish(part));
    }
    const watermark = this.#watermark;
    await this.#queue;
    return { files: this.#finished.splice(0), watermark: watermark === null ? null : String(watermark) };
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    for (const part of this.#parts.values()) {
      await part.file?.handle.close();
      part.file = null;
    }
  }
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

/** What one writer prepared. */
function prepared(c: Committable): { readonly files: readonly string[]; readonly watermark: bigint | null } {
  const o = c as { readonly [key: string]: JsonValue } | null;
  const files = o?.['files'];
  const watermark = o?.['watermark'];
  assert(Array.isArray(files) && (watermark === null || typeof watermark === 'string'), 'a file committable holds files and a watermark');
  return {
    files: (files as readonly JsonValue[]).map((name) => {
      assert(typeof name === 'string', 'a file committable holds names');
      return name;
    }),
    watermark: watermark === null ? null : BigInt(watermark),
  };
}

/** The watermark when the input has ended. */
const END = 2n ** 63n - 1n;

export class FileCommitter implements SinkCommitter {
  readonly #dir: string;
  readonly #partitions: PartitionCommit | null;
  readonly #overwrite: Overwrite | null;

  constructor(spec: SinkSpec, context: ConnectorContext) {
    this.#dir = rootPath(spec.options, context);
    this.#overwrite = spec.overwrite === undefined ? null : new Overwrite(this.#dir, spec.overwrite, spec.partitionedBy !== undefined);
    const rule = commitOptions(spec.options);
    const columns = spec.partitionedBy?.map((c) => spec.schema[c]?.name ?? '') ?? [];
    this.#partitions = rule === null || columns.length === 0 ? null : new PartitionCommit(this.#dir, columns, spec.options, rule, context);
  }

  async commit(_checkpointId: number, committables: readonly Committable[]): Promise<void> {
    const all = committables.map(prepared);
    const names = all.flatMap((p) => p.files);
    const marks = all.map((p) => p.watermark);
    if (this.#overwrite !== null) {
      await this.#overwrite.stage(names, hiddenName);
      if (!marks.every((m) => m === END)) return;
      const replaced = await this.#overwrite.publish();
      for (const folder of replaced) await syncFolder(join(this.#dir, folder));
      await this.#partitions?.run(replaced, END);
      return;
    }
    const folders = new Set<string>();
    for (const name of names) {
      const hidden = join(this.#dir, hiddenName(name));
      const visible = join(this.#dir, name);
      if (await exists(hidden)) await rename(hidden, visible);
      else if (!(await exists(visible))) throw new SqlError('io_error', `part file "${name}" of a checkpoint is gone from "${this.#dir}"`);
      folders.add(name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '');
    }
    for (const folder of folders) await syncFolder(join(this.#dir, folder));
    await this.#partitions?.run(folders, marks.includes(null) ? null : (marks as bigint[]).reduce((a, b) => (b < a ? b : a)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function syncFolder(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
