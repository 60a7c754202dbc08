import * as fs from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Disk, DiskFile } from './api.ts';

/** Plain descriptors: a `FileHandle` that is forgotten (a store given up as in a crash) would end the process. */
const open = promisify(fs.open);
const close = promisify(fs.close);
const read = promisify(fs.read);
const writev = promisify(fs.writev);
const fsync = promisify(fs.fsync);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);
const fstat = promisify(fs.fstat);

/** The real file system. A file that was read stays open until it is removed, or all with `close`. */
export class NodeDisk implements Disk {
  readonly #readers = new Map<string, Promise<number>>();

  async mkdir(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }
  async list(path: string): Promise<readonly string[]> {
    return (await readdir(path)).sort();
  }
  async openAppend(path: string, truncateTo?: number): Promise<DiskFile> {
    const fd = await open(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o640);
    try {
      let { size } = await fstat(fd);
      if (truncateTo !== undefined && truncateTo < size) {
        await ftruncate(fd, truncateTo);
        await fdatasync(fd);
        size = truncateTo;
      }
      return new NodeFile(fd, size);
    } catch (error) {
      await close(fd);
      throw error;
    }
  }
  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const fd = await this.#reader(path);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await read(fd, bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  }
  #reader(path: string): Promise<number> {
    const known = this.#readers.get(path);
    if (known !== undefined) return known;
    const opened = open(path, 'r');
    this.#readers.set(path, opened);
    opened.catch(() => this.#readers.delete(path));
    return opened;
  }
  async size(path: string): Promise<number> {
    return (await stat(path)).size;
  }
  async remove(path: string): Promise<void> {
    for (const [open, handle] of this.#readers) {
      if (open !== path && !open.startsWith(`${path}/`)) continue;
      this.#readers.delete(open);
      await close(await handle);
    }
    await rm(path, { recursive: true, force: true });
  }
  async syncDir(path: string): Promise<void> {
    const fd = await open(path, 'r');
    try {
      await fsync(fd);
    } finally {
      await close(fd);
    }
  }
  async close(): Promise<void> {
    const handles = [...this.#readers.values()];
    this.#readers.clear();
    for (const handle of handles) await close(await handle);
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  #size: number;
  #open = true;
  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }
  get size(): number {
    return this.#size;
  }
  async append(chunks: readonly Uint8Array[]): Promise<void> {
    // The system takes at most 1024 pieces a call.
    for (let i = 0; i < chunks.length; i += 1000) {
      let pieces = chunks.slice(i, i + 1000);
      while (pieces.length > 0) {
        const { bytesWritten } = await writev(this.#fd, pieces, this.#size);
        this.#size += bytesWritten;
        pieces = behind(pieces, bytesWritten);
      }
    }
  }
  async sync(): Promise<void> {
    await fdatasync(this.#fd);
  }
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await close(this.#fd);
  }
}

/** What is left of `pieces` after their first `bytes`. */
function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let i = 0;
  while (i < pieces.length && skip >= (pieces[i] as Uint8Array).length) skip -= (pieces[i++] as Uint8Array).length;
  const rest = pieces.slice(i);
  if (skip > 0) rest[0] = (rest[0] as Uint8Array).subarray(skip);
  return rest;
}
