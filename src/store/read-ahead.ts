import type { Disk } from './api.ts';

/** Files are read in pieces of this size; blocks that are larger or cross two pieces are read on their own. */
const PIECE_BYTES = 256 << 10;
/** 64 MB at most. */
const PIECES_MAX = 256;

/**
 * Keeps what lies around a block that is read: recovery asks for a group's changes of every checkpoint, group after
 * group, and the blocks of one checkpoint lie together. Emptied by every write.
 */
export class ReadAhead {
  readonly #disk: Disk;
  /** By `path/number of the piece`, the oldest first. */
  readonly #pieces = new Map<string, Promise<Uint8Array>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The bytes as far as the file has them. */
  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const number = Math.floor(offset / PIECE_BYTES);
    const from = offset - number * PIECE_BYTES;
    if (from + length > PIECE_BYTES) return this.#disk.read(path, offset, length);
    const key = `${path}/${number}`;
    let piece = this.#pieces.get(key);
    if (piece === undefined) {
      piece = this.#disk.read(path, number * PIECE_BYTES, PIECE_BYTES);
      this.#pieces.set(key, piece);
      piece.catch(() => this.#pieces.delete(key));
      if (this.#pieces.size > PIECES_MAX) {
        for (const oldest of this.#pieces.keys()) {
          this.#pieces.delete(oldest);
          break;
        }
      }
    }
    return (await piece).slice(from, from + length);
  }
  clear(): void {
    this.#pieces.clear();
  }
}
