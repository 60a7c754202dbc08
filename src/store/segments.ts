import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SqlError } from '../common/errors.ts';
import type { Disk, DiskFile } from './api.ts';
import type { BlockRef } from './manifest.ts';
import { ReadAhead } from './read-ahead.ts';

/** Checksums and writes are done in pieces of about this size: the thread is not held up for longer. */
const WRITE_BYTES = 1 << 20;

/** Blocks up to this size are read together with what lies around them. */
const SMALL_BYTES = 16 << 10;

/** A block about to be written: what the segments need of it. */
export interface BlockBytes {
  readonly base: boolean;
  readonly bytes: Uint8Array;
}

/**
 * The files that hold blocks of state, one behind the other without framing: the manifest knows place, length and CRC of
 * each. What a failed commit has written is cut off before the next.
 */
export class Segments {
  readonly #disk: Disk;
  readonly #ahead: ReadAhead;
  readonly #dir: string;
  /** A file that has reached this size is not appended to. */
  readonly #rollBytes: number;
  #number: number;
  #file: DiskFile | null = null;
  /** Bytes of the current file that commits have acknowledged. */
  #committed: number;

  /** Goes on in segment `number`, cut to `committed` bytes. */
  constructor(disk: Disk, dir: string, rollBytes: number, number: number, committed: number) {
    this.#disk = disk;
    this.#ahead = new ReadAhead(disk);
    this.#dir = dir;
    this.#rollBytes = rollBytes;
    this.#number = number;
    this.#committed = committed;
  }
  static nameOf(number: number): string {
    return `segment-${String(number).padStart(8, '0')}`;
  }
  static numberOf(name: string): number | null {
    const match = /^segment-(\d{8,})$/.exec(name);
    return match === null ? null : Number(match[1]);
  }
  path(number: number): string {
    return join(this.#dir, Segments.nameOf(number));
  }
  get current(): number {
    return this.#number;
  }

  /** Writes blocks and syncs them. They count once `committed` has been called. Lets other work in between writes. */
  async append(blocks: readonly BlockBytes[]): Promise<BlockRef[]> {
    const refs: BlockRef[] = [];
    this.#ahead.clear();
    for (let i = 0; i < blocks.length; ) {
      const file = await this.#open();
      while (i < blocks.length && (file.size < this.#rollBytes || file.size === 0)) {
        const chunks: Uint8Array[] = [];
        let offset = file.size;
        const end = Math.min(offset + WRITE_BYTES, this.#rollBytes);
        do {
          const { base, bytes } = blocks[i++] as BlockBytes;
          refs.push({ segment: this.#number, offset, length: bytes.length, crc: crc32(bytes), base });
          if (bytes.length > 0) chunks.push(bytes);
          offset += bytes.length;
        } while (i < blocks.length && offset < end);
        await file.append(chunks);
      }
      await file.sync();
      if (i < blocks.length) await this.#roll();
    }
    return refs;
  }
  /** The manifest lists everything appended. */
  committed(): void {
    if (this.#file !== null) this.#committed = this.#file.size;
  }
  /** After a failed append or commit: the next begins behind what is committed, in a file that has none of it. */
  async abandon(): Promise<void> {
    this.#ahead.clear();
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  async #open(): Promise<DiskFile> {
    if (this.#file !== null && this.#file.size >= this.#rollBytes) await this.#roll();
    if (this.#file !== null) return this.#file;
    const file = await this.#disk.openAppend(this.path(this.#number), this.#committed);
    await this.#disk.syncDir(this.#dir);
    if (file.size < this.#committed) {
      await file.close();
      throw new SqlError('data_corrupted', `segment "${this.path(this.#number)}" is shorter than its checkpoint says`);
    }
    this.#file = file;
    return file;
  }
  async #roll(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#number++;
    this.#committed = 0;
    await file?.close();
  }

  /** Errors: data_corrupted when the bytes are not those that were written. */
  async read(ref: BlockRef): Promise<Uint8Array> {
    const path = this.path(ref.segment);
    const valid = (bytes: Uint8Array): boolean => bytes.length === ref.length && crc32(bytes) === ref.crc;
    try {
      if (ref.length <= SMALL_BYTES) {
        const bytes = await this.#ahead.read(path, ref.offset, ref.length);
        if (valid(bytes)) return bytes;
        // It may have been read while the file was being written.
        this.#ahead.clear();
      }
      const bytes = await this.#disk.read(path, ref.offset, ref.length);
      if (valid(bytes)) return bytes;
    } catch (error) {
      throw new SqlError('data_corrupted', `could not read block ${ref.offset} of "${path}"`, { cause: error });
    }
    throw new SqlError('data_corrupted', `block ${ref.offset} of "${path}" is damaged`, { detail: 'Its checksum differs from the one in the checkpoint.' });
  }
  async remove(number: number): Promise<void> {
    await this.#disk.remove(this.path(number));
  }
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}
