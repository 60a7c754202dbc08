import { resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { SqlError } from '../common/errors.ts';
import type { KeyValue } from './api.ts';
import { codeOf, diskError } from './disk-errors.ts';

/**
 * Folders open in this process. LevelDB's own check opens and closes the lock file, and closing any descriptor of a file
 * gives up this process's lock of it: another process could then come in.
 */
const owned = new Set<string>();

/**
 * LevelDB as the key-value store. One owner a directory (LevelDB's lock file). Errors: object_in_use, disk_full,
 * io_error; they name the directory `shownAs`.
 */
export async function openLevel(dir: string, shownAs: string = dir): Promise<KeyValue> {
  const path = resolve(dir);
  if (owned.has(path)) throw inUse(shownAs);
  const db = new ClassicLevel<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view', writeBufferSize: 32 << 20 });
  try {
    owned.add(path);
    await db.open();
  } catch (error) {
    owned.delete(path);
    if (codeOf(error) === 'LEVEL_LOCKED') throw inUse(shownAs, error);
    throw diskError(error instanceof Error && error.cause instanceof Error ? error.cause : error, `open "${shownAs}"`);
  }
  return new LevelStore(db, () => owned.delete(path));
}

function inUse(dir: string, cause?: unknown): SqlError {
  return new SqlError('object_in_use', `data directory "${dir}" is in use by another server`, {
    hint: 'Stop the other server, or start this one with another data directory.',
    cause,
  });
}

class LevelStore implements KeyValue {
  readonly #db: ClassicLevel<string, Uint8Array>;
  readonly #release: () => void;
  constructor(db: ClassicLevel<string, Uint8Array>, release: () => void) {
    this.#db = db;
    this.#release = release;
  }
  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#db.get(key);
  }
  async *entries(prefix: string): AsyncIterable<readonly [string, Uint8Array]> {
    const iterator = this.#db.iterator({ gte: prefix, lt: `${prefix}\u{10FFFF}` });
    try {
      for (let entries = await iterator.nextv(256); entries.length > 0; entries = await iterator.nextv(256)) yield* entries;
    } finally {
      await iterator.close();
    }
  }
  async batch(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (changes.size === 0) return;
    const batch = this.#db.batch();
    for (const [key, value] of changes) {
      if (value === null) batch.del(key);
      else batch.put(key, value);
    }
    try {
      await batch.write({ sync: true });
    } catch (error) {
      throw diskError(error, 'write to the data directory');
    }
  }
  async close(): Promise<void> {
    await this.#db.close();
    this.#release();
  }
}
