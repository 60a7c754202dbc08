import type { Column } from '../../common/batch/column.ts';
import { physicalOf } from '../../common/types/sql-type.ts';
import { SqlError } from '../../common/errors.ts';
import type { BadRecord, ConnectorContext, Decoder, JsonValue, MessageBlock, SourceBatch, SourceReader, SourceSpec, Split } from '../api.ts';
import { constantColumn } from '../constant-column.ts';
import { frameLines } from '../formats/frame.ts';
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import { read } from '../options.ts';
import { parseScalar, ValueError } from '../parse-value.ts';
import { grownChunks, lineChunks, CHUNK_BYTES } from './chunks.ts';
import { defaultName, partitionValues } from './partitions.ts';
import { filePosition, FOLLOW, identityOf, isGzip, type FilePosition } from './splits.ts';

interface OpenFile {
  readonly id: string;
  readonly file: FilePosition;
  offset: number;
  ended: boolean;
  /** Of a followed file: behind what has been read ahead, and its size then. */
  readTo: number;
  sizeSeen: number;
  /** Of a followed file: what was appended is being read. */
  growing: boolean;
  /** Values of partition columns, once they are asked for. */
  folders: ReadonlyMap<string, string | null> | null;
}
/** A followed file that is not what it was. */
interface Lost {
  readonly split: OpenFile;
  readonly block: 'lost';
  readonly reason: string;
}
interface Ready {
  readonly split: OpenFile;
  readonly block: MessageBlock;
  readonly base: number;
  /** File offset behind the chunk. */
  readonly behind: number;
  next: number;
}
/** `block` null is the end of the split. */
type ReadyItem = Ready | Lost | { readonly split: OpenFile; readonly block: null };
const READY_BYTES_MAX = 4 * CHUNK_BYTES;

/** Reads ranges of files one after the other; chunks are read ahead, at most 4 MiB. */
export class FileReader implements SourceReader {
  readonly #spec: SourceSpec;
  readonly #decoder: Decoder;
  readonly #whole: boolean;
  readonly #watching: boolean;
  readonly #context: ConnectorContext;
  readonly #splits: OpenFile[] = [];
  readonly #waiting: OpenFile[] = [];
  readonly #followed: OpenFile[] = [];
  readonly #intervalMs: number;
  #cancel: (() => void) | null = null;
  readonly #ready: ReadyItem[] = [];
  /** Chunks to be read into again: only where no column refers to a chunk's bytes. */
  readonly #free: Buffer[] = [];
  readonly #recycles: boolean;
  #readyBytes = 0;
  #room: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #pumping = false;
  #closed = false;

  constructor(spec: SourceSpec, decoder: Decoder, whole: boolean, watching: boolean, splits: readonly Split[], context: ConnectorContext) {
    this.#spec = spec;
    this.#decoder = decoder;
    this.#whole = whole;
    this.#watching = watching;
    this.#intervalMs = Math.max(10, read.durationMs(spec.options, 'source.monitor-interval') ?? 0);
    this.#context = context;
    this.#recycles = !whole && spec.projection.every((p) => ['bool', 'i32', 'i64', 'f64'].includes(physicalOf((spec.physical[p] as SourceSpec['physical'][number]).type)));
    this.addSplits(splits);
  }

  addSplits(splits: readonly Split[]): void {
    for (const s of splits) {
      const file = filePosition(s.position);
      const open: OpenFile = { id: s.id, file, offset: file.offset, ended: !isGzip(file.path) && file.offset >= file.end, readTo: file.offset, sizeSeen: -1, growing: false, folders: null };
      this.#splits.push(open);
      if (!open.ended) this.#waiting.push(open);
    }
    this.#start();
  }

  #start(): void {
    if (!this.#pumping && this.#waiting.length > 0) {
      this.#pumping = true;
      this.#pump().then(
        () => {
          this.#pumping = false;
          // Splits that came during the last step, and the next look at followed files.
          if (this.#waiting.length > 0) this.#start();
          else this.#watchFollowed();
        },
        (e: unknown) => {
          if (!this.#closed) this.#context.fail(e instanceof SqlError ? e : new SqlError('io_error', `could not read a file: ${e instanceof Error ? e.message : String(e)}`, { cause: e }));
        },
      );
    }
  }

  #watchFollowed(): void {
    if (this.#closed || this.#followed.length === 0 || this.#cancel !== null) return;
    this.#cancel = this.#context.clock.setTimer(this.#intervalMs, () => {
      this.#cancel = null;
      this.#waiting.push(...this.#followed.splice(0));
      this.#start();
    });
  }

  /** Reads what has been appended since the last time. A file that was cut or replaced is reported, and not followed on. */
  async #follow(split: OpenFile): Promise<void> {
    const { path, identity } = split.file;
    const found = await stat(path).catch(() => null);
    const reason = found === null ? `file "${path}" is gone` : identityOf(found) !== identity ? `another file took the name "${path}"` : found.size < split.readTo ? `file "${path}" was cut to ${found.size} bytes` : null;
    if (found === null || reason !== null) {
      await this.#push({ split, block: 'lost', reason: `${reason ?? ''}: what was written behind byte ${split.readTo} has not been read` });
      return;
    }
    if (found.size !== split.sizeSeen) {
      split.sizeSeen = found.size;
      split.growing = true;
      for await (const c of grownChunks(path, split.readTo)) {
        if (this.#closed) return;
        split.readTo = c.base + c.to;
        await this.#push({ split, block: frameLines(c.data, c.from, c.to), base: c.base, behind: split.readTo, next: 0 });
      }
      split.growing = false;
    }
    this.#followed.push(split);
  }

  async #pump(): Promise<void> {
    for (let split = this.#waiting.shift(); split !== undefined && !this.#closed; split = this.#waiting.shift()) {
      const { path, start, end, offset } = split.file;
      if (end === FOLLOW) {
        await this.#follow(split);
        continue;
      }
      const whole: Buffer[] = [];
      for await (const c of lineChunks(path, start, offset, end, this.#free)) {
        if (this.#closed) return;
        if (this.#whole) {
          whole.push(c.data.subarray(c.from, c.to));
          continue;
        }
        await this.#push({ split, block: frameLines(c.data, c.from, c.to), base: c.base, behind: c.base + c.to, next: 0 });
      }
      if (whole.length > 0) {
        const data = Buffer.concat(whole);
        await this.#push({ split, block: { data, offsets: new Int32Array(1), lengths: Int32Array.of(data.length), count: 1 }, base: 0, behind: data.length, next: 0 });
      }
      await this.#push({ split, block: null });
    }
  }

  async #push(item: ReadyItem): Promise<void> {
    this.#ready.push(item);
    this.#readyBytes += item.block === null || item.block === 'lost' ? 0 : item.block.data.length;
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
    if (this.#readyBytes >= READY_BYTES_MAX) await new Promise<void>((go) => (this.#room = go));
  }

  poll(maxRows: number): SourceBatch | 'idle' | 'ended' {
    for (;;) {
      const head = this.#ready[0];
      if (head === undefined) return this.#watching || this.#splits.some((s) => !s.ended) ? 'idle' : 'ended';
      if (head.block === null) {
        head.split.ended = true;
        this.#ready.shift();
        continue;
      }
      if (head.block === 'lost') {
        const { split, reason } = head as Lost;
        split.ended = true;
        this.#ready.shift();
        this.#context.log('warn', reason);
        const empty = this.#decode({ split, block: { data: new Uint8Array(0), offsets: new Int32Array(0), lengths: new Int32Array(0), count: 0 }, base: 0, behind: 0, next: 0 }, 0, 0);
        return { ...empty, bad: [{ splitId: split.id, offset: String(split.offset), raw: new Uint8Array(0), reason, field: null }] };
      }
      const ready = head as Ready;
      const from = ready.next;
      const to = Math.min(ready.block.count, from + maxRows);
      const result = from < to ? this.#decode(ready, from, to) : null;
      ready.next = to;
      if (to === ready.block.count) {
        ready.split.offset = ready.behind;
        this.#ready.shift();
        this.#readyBytes -= ready.block.data.length;
        const { buffer } = ready.block.data;
        if (this.#recycles && buffer instanceof ArrayBuffer && buffer.byteLength === CHUNK_BYTES) this.#free.push(Buffer.from(buffer));
        if (this.#readyBytes < READY_BYTES_MAX) {
          const go = this.#room;
          this.#room = null;
          go?.();
        }
      } else ready.split.offset = ready.base + (ready.block.offsets[to] as number);
      if (result !== null) return result;
    }
  }

  #decode(ready: Ready, from: number, to: number): SourceBatch {
    const { block, split } = ready;
    const d = this.#decoder.decode(block, from, to);
    const rows = d.batch.rowCount;
    const bad = d.bad.map((b): BadRecord => {
      const at = block.offsets[b.message] as number;
      return { splitId: split.id, offset: String(ready.base + at), raw: new Uint8Array(block.data.subarray(at, at + (block.lengths[b.message] as number))), reason: b.reason, field: b.field };
    });
    const own = this.#spec.metadata.filter((m) => m.key.startsWith('value.')).length;
    const width = d.batch.columns.length - own;
    let known = width;
    const metadata = this.#spec.metadata.map((m): Column => {
      if (m.key.startsWith('value.')) return d.batch.columns[known++] as Column;
      const f = split.file;
      switch (m.key) {
        case 'file.path':
          return constantColumn(m.type, f.path, rows);
        case 'file.name':
          return constantColumn(m.type, basename(f.path), rows);
        case 'file.size':
          return constantColumn(m.type, BigInt(f.size), rows);
        default:
          return constantColumn(m.type, BigInt(f.mtimeMs) * 1000n, rows);
      }
    });
    return { splitId: split.id, batch: { rowCount: rows, ops: d.batch.ops, columns: [...this.#withFolders(split, own === 0 ? d.batch.columns : d.batch.columns.slice(0, width), rows), ...metadata] }, bad };
  }

  /** The payload's columns, and between them those that are in the names of folders. */
  #withFolders(split: OpenFile, payload: readonly Column[], rows: number): readonly Column[] {
    const { partitionedBy, physical, projection, options } = this.#spec;
    if (partitionedBy === undefined) return payload;
    split.folders ??= partitionValues(split.file.path, partitionedBy, defaultName(options));
    let next = 0;
    return projection.map((p) => {
      const { name, type } = physical[p] as SourceSpec['physical'][number];
      if (!partitionedBy.includes(name)) return payload[next++] as Column;
      const text = split.folders?.get(name) ?? null;
      try {
        return constantColumn(type, text === null ? null : parseScalar(type, text), rows);
      } catch (e) {
        throw e instanceof ValueError ? new SqlError('invalid_text_representation', `the folder of "${split.file.path}" gives no value of column "${name}": ${e.message}`) : e;
      }
    });
  }

  /** Files are read in turn: one that waits for its turn has rows, they only come later. */
  hasUnread(splitId: string): boolean {
    const split = this.#splits.find((s) => s.id === splitId);
    if (split === undefined || split.ended) return false;
    return split.file.end !== FOLLOW || split.sizeSeen < 0 || split.growing || this.#ready.some((r) => r.split === split);
  }

  onReady(wake: () => void): void {
    if (this.#ready.length > 0) wake();
    else this.#wake = wake;
  }

  positions(): readonly { id: string; position: JsonValue; ended: boolean }[] {
    // A followed file that was lost is over: it is not looked for again after a restart.
    return this.#splits.map((s) => ({ id: s.id, position: { ...s.file, end: s.ended && s.file.end === FOLLOW ? s.offset : s.file.end, offset: s.offset }, ended: s.ended }));
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const go = this.#room;
    this.#room = null;
    go?.();
    return Promise.resolve();
  }
}
