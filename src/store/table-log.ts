import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SqlError } from '../common/errors.ts';
import type { Disk, DiskFile } from './api.ts';
import type { CommitId } from './commits.ts';
import { diskError } from './disk-errors.ts';
import { Serial } from './serial.ts';

/**
 * The log of one stored table: files named by the position of their first record. A record is its length, the CRC of its
 * bytes seeded with its position (so that a stale or zeroed record is not taken for a valid one), and the bytes. What
 * follows the last valid record of the last file was never acknowledged and is cut off when the log is opened. A record of
 * several logs' commit has the highest bit of its length set, and the commit's number (a double) before its bytes.
 */
const HEADER_BYTES = 8;
const COMMIT_FLAG = 0x8000_0000;
const COMMIT_BYTES = 8;
/** Bytes read at once. */
const READ_BYTES = 1 << 20;
/** A file smaller than this is not worth a new one when all of it may go. */
const WORTH_FREEING_BYTES = 64 << 10;

interface LogFile {
  readonly first: number;
  size: number;
}
interface Waiting {
  readonly record: Uint8Array;
  readonly ofCommit: boolean;
  readonly resolve: (position: number) => void;
  readonly reject: (error: Error) => void;
}

export class TableLog {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #rollBytes: number;
  /** In order; the last one is appended to. Its size counts acknowledged bytes only. */
  readonly #files: LogFile[];
  /** The position of the next record. */
  #next: number;
  /** Null after a failure: opened anew, without what was not acknowledged. */
  #open: DiskFile | null = null;
  #waiting: Waiting[] = [];
  #writing = false;
  /** Changes of the list of files. */
  readonly #serial = new Serial();
  #closed = false;

  private constructor(disk: Disk, dir: string, rollBytes: number, files: LogFile[], next: number) {
    this.#disk = disk;
    this.#dir = dir;
    this.#rollBytes = rollBytes;
    this.#files = files;
    this.#next = next;
  }

  /** Errors: data_corrupted, io_error. */
  static async open(disk: Disk, dir: string, rollBytes: number): Promise<TableLog> {
    await disk.mkdir(dir);
    const files: LogFile[] = [];
    for (const name of await disk.list(dir)) {
      const match = /^(\d{16})\.log$/.exec(name);
      if (match !== null) files.push({ first: Number(match[1]), size: await disk.size(join(dir, name)) });
    }
    files.sort((a, b) => a.first - b.first);
    let next = 1;
    const last = files.at(-1);
    if (last !== undefined) {
      let end = 0;
      next = last.first;
      for await (const record of scan(disk, pathOf(dir, last.first), last.first, last.size, 0)) {
        end = record.end;
        next = record.position + 1;
      }
      last.size = end;
    }
    return new TableLog(disk, dir, rollBytes, files, next);
  }

  /** Resolves with the record's position once it is on the disk; all that wait share one sync. */
  append(record: Uint8Array, commit: CommitId | null = null): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record: commit === null ? record : withCommit(record, commit), ofCommit: commit !== null, resolve, reject });
      if (!this.#writing) {
        this.#writing = true;
        void this.#serial.run(() => this.#write());
      }
    });
  }
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#closed) throw new SqlError('io_error', 'the log of the table is closed');
        const first = await this.#writeGroup(group);
        group.forEach((waiting, i) => waiting.resolve(first + i));
      } catch (error) {
        await this.#giveUpFile();
        const failure = diskError(error, 'write to the log of a table');
        for (const waiting of group) waiting.reject(failure);
      }
    }
    this.#writing = false;
  }
  async #writeGroup(group: readonly Waiting[]): Promise<number> {
    const file = await this.#current();
    const first = this.#next;
    const headers = new DataView(new ArrayBuffer(group.length * HEADER_BYTES));
    const chunks: Uint8Array[] = [];
    group.forEach(({ record, ofCommit }, i) => {
      headers.setUint32(i * HEADER_BYTES, (ofCommit ? record.length | COMMIT_FLAG : record.length) >>> 0, true);
      headers.setUint32(i * HEADER_BYTES + 4, checksum(record, first + i), true);
      chunks.push(new Uint8Array(headers.buffer, i * HEADER_BYTES, HEADER_BYTES));
      if (record.length > 0) chunks.push(record);
    });
    await file.append(chunks);
    await file.sync();
    this.#next = first + group.length;
    (this.#files.at(-1) as LogFile).size = file.size;
    return first;
  }
  /** The file to append to, which holds acknowledged bytes only. */
  async #current(): Promise<DiskFile> {
    const last = this.#files.at(-1);
    if (last === undefined || last.size >= this.#rollBytes) return this.#startFile();
    this.#open ??= await this.#disk.openAppend(pathOf(this.#dir, last.first), last.size);
    return this.#open;
  }
  async #startFile(): Promise<DiskFile> {
    await this.#giveUpFile();
    const file = await this.#disk.openAppend(pathOf(this.#dir, this.#next), 0);
    this.#open = file;
    await this.#disk.syncDir(this.#dir);
    if (this.#files.length === 0) await this.#disk.syncDir(dirname(this.#dir));
    this.#files.push({ first: this.#next, size: 0 });
    return file;
  }
  async #giveUpFile(): Promise<void> {
    const file = this.#open;
    this.#open = null;
    await file?.close().catch(() => {});
  }

  /** Acknowledged records behind `after`, and those acknowledged meanwhile. Errors: data_corrupted. */
  async *read(after: number): AsyncGenerator<{ readonly position: number; readonly record: Uint8Array; readonly commit: CommitId | null }> {
    let position = Math.max(after, (this.#files[0]?.first ?? 1) - 1);
    let within: LogFile | undefined;
    let offset = 0;
    while (position + 1 < this.#next) {
      const file = this.#files.findLast((f) => f.first <= position + 1);
      if (file === undefined) return;
      if (file !== within) offset = 0;
      within = file;
      const before = position;
      for await (const found of scan(this.#disk, pathOf(this.#dir, file.first), offset === 0 ? file.first : position + 1, file.size, offset)) {
        offset = found.end;
        if (found.position <= position) continue;
        position = found.position;
        yield { position, record: found.record.slice(), commit: found.commit };
      }
      if (position === before) throw new SqlError('data_corrupted', `the log in "${this.#dir}" is damaged behind position ${position}`);
    }
  }

  /** The position of the first record that is kept, or of the next one to come. */
  get first(): number {
    return this.#files[0]?.first ?? this.#next;
  }

  /** Deletes files that only hold records up to `position`. */
  truncate(position: number): Promise<void> {
    return this.#serial.run(async () => {
      const last = this.#files.at(-1);
      // A new, empty file keeps the position of the next record when all the others go.
      if (last !== undefined && position >= this.#next - 1 && last.size >= WORTH_FREEING_BYTES) await this.#startFile();
      let count = 0;
      while (count + 1 < this.#files.length && (this.#files[count + 1] as LogFile).first <= position + 1) count++;
      for (const file of this.#files.splice(0, count)) await this.#disk.remove(pathOf(this.#dir, file.first));
    });
  }
  /** Deletes the log for good. */
  drop(): Promise<void> {
    return this.#serial.run(async () => {
      this.#closed = true;
      await this.#giveUpFile();
      this.#files.length = 0;
      this.#next = 1;
      await this.#disk.remove(this.#dir);
    });
  }
  close(): Promise<void> {
    return this.#serial.run(async () => {
      this.#closed = true;
      await this.#giveUpFile();
    });
  }
}

const pathOf = (dir: string, first: number): string => join(dir, `${String(first).padStart(16, '0')}.log`);
const checksum = (record: Uint8Array, position: number): number => crc32(record, position >>> 0);

function withCommit(record: Uint8Array, commit: CommitId): Uint8Array {
  const out = new Uint8Array(COMMIT_BYTES + record.length);
  new DataView(out.buffer).setFloat64(0, commit, true);
  out.set(record, COMMIT_BYTES);
  return out;
}

interface Found {
  readonly position: number;
  readonly record: Uint8Array;
  readonly commit: CommitId | null;
  /** Where the next record begins. */
  readonly end: number;
}
/** The valid records of a file's bytes `[from, size)`, up to the first that is not. */
async function* scan(disk: Disk, path: string, first: number, size: number, from: number): AsyncGenerator<Found> {
  let position = first;
  let bytes: Uint8Array = new Uint8Array(0);
  /** Offset in the file of `bytes[0]`. */
  let base = from;
  let at = 0;
  const fill = async (need: number): Promise<boolean> => {
    if (bytes.length - at >= need) return true;
    if (base + at + need > size) return false;
    base += at;
    at = 0;
    bytes = await disk.read(path, base, Math.min(Math.max(need, READ_BYTES), size - base));
    return bytes.length >= need;
  };
  while (await fill(HEADER_BYTES)) {
    const word = header(bytes, at, 0);
    const ofCommit = (word & COMMIT_FLAG) !== 0;
    const length = (word & ~COMMIT_FLAG) >>> 0;
    if ((ofCommit && length < COMMIT_BYTES) || !(await fill(HEADER_BYTES + length))) return;
    const whole = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (header(bytes, at, 4) !== checksum(whole, position)) return;
    at += HEADER_BYTES + length;
    const commit = ofCommit ? new DataView(whole.buffer, whole.byteOffset).getFloat64(0, true) : null;
    yield { position, record: ofCommit ? whole.subarray(COMMIT_BYTES) : whole, commit, end: base + at };
    position++;
  }
}
function header(bytes: Uint8Array, at: number, word: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES).getUint32(word, true);
}
