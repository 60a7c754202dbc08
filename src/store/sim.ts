import { dirname } from 'node:path';
import type { Rng } from '../common/rng.ts';
import type { Disk, DiskFile, KeyValue } from './api.ts';

/** What every operation of a machine that has crashed fails with. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

interface SimFile {
  data: Uint8Array;
  /** Bytes that survive a crash for certain. */
  synced: number;
  /** The directory holds the name for certain. */
  named: boolean;
}

/**
 * A machine whose disk forgets: a crash keeps what was synced, and of the rest any part, its end torn; names that no
 * directory sync has covered may be lost, removed files may come back. Counts operations; can crash at one of them or run
 * out of space for a while. All decisions come from the seed.
 */
export class SimMachine {
  readonly #rng: Rng;
  readonly #files = new Map<string, SimFile>();
  readonly #removed = new Map<string, SimFile>();
  readonly #dirs = new Set<string>();
  #entries = new Map<string, Uint8Array>();
  /** Operations so far. */
  operations = 0;
  crashAt: number = Number.POSITIVE_INFINITY;
  /** Writes fail for want of space at operations in `[from, to)`. */
  full: { readonly from: number; readonly to: number } = { from: 0, to: 0 };
  #crashed = false;
  #lives = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }
  get crashed(): boolean {
    return this.#crashed;
  }

  /** Starts again with what the crash has left; objects from before stay dead. */
  restart(): void {
    for (const [path, file] of this.#removed) if (this.#rng.int(2) === 0 && !this.#files.has(path)) this.#files.set(path, file);
    this.#removed.clear();
    for (const [path, file] of this.#files) {
      if (!file.named && this.#rng.int(2) === 0) {
        this.#files.delete(path);
        continue;
      }
      const kept = file.synced + this.#rng.int(file.data.length - file.synced + 1);
      const data = file.data.slice(0, kept);
      for (let i = file.synced; i < kept; i++) if (this.#rng.int(24) === 0) data[i] = this.#rng.int(2) === 0 ? 0 : this.#rng.int(256);
      this.#files.set(path, { data, synced: kept, named: true });
    }
    this.#lives++;
    this.#crashed = false;
    this.crashAt = Number.POSITIVE_INFINITY;
  }
  crash(): void {
    this.#crashed = true;
  }

  /** One operation: fails when the machine is or goes down, after `torn` has had part of its effect. */
  async #step(life: number, torn?: () => void): Promise<void> {
    await Promise.resolve();
    if (this.#crashed || life !== this.#lives) throw new SimulatedCrash('the machine is down');
    this.operations++;
    if (this.operations < this.crashAt) return;
    if (this.#rng.int(2) === 0) torn?.();
    this.#crashed = true;
    throw new SimulatedCrash('the machine goes down');
  }
  #assertSpace(): void {
    if (this.operations >= this.full.from && this.operations < this.full.to) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }
  #file(path: string): SimFile {
    const file = this.#files.get(path);
    if (file === undefined) throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    return file;
  }

  disk(): Disk {
    const life = this.#lives;
    return {
      mkdir: async (path) => {
        await this.#step(life);
        this.#dirs.add(path);
      },
      list: async (path) => {
        await this.#step(life);
        const below = [...this.#files.keys(), ...this.#dirs].filter((p) => p.startsWith(`${path}/`)).map((p) => p.slice(path.length + 1));
        return [...new Set(below.map((p) => p.split('/', 1)[0] ?? p))].sort();
      },
      openAppend: async (path, truncateTo) => {
        await this.#step(life);
        this.#assertSpace();
        let file = this.#files.get(path);
        if (file === undefined) this.#files.set(path, (file = { data: new Uint8Array(0), synced: 0, named: false }));
        if (truncateTo !== undefined && truncateTo < file.data.length) {
          file.data = file.data.slice(0, truncateTo);
          file.synced = truncateTo;
        }
        return this.#opened(file, life);
      },
      read: async (path, offset, length) => {
        await this.#step(life);
        return this.#file(path).data.slice(offset, offset + length);
      },
      size: async (path) => {
        await this.#step(life);
        return this.#file(path).data.length;
      },
      remove: async (path) => {
        const remove = (): void => {
          for (const [p, file] of this.#files) {
            if (p !== path && !p.startsWith(`${path}/`)) continue;
            this.#files.delete(p);
            this.#removed.set(p, file);
          }
        };
        await this.#step(life, remove);
        remove();
      },
      syncDir: async (path) => {
        const sync = (): void => {
          for (const [p, file] of this.#files) if (dirname(p) === path) file.named = true;
          for (const p of this.#removed.keys()) if (dirname(p) === path) this.#removed.delete(p);
        };
        await this.#step(life, sync);
        sync();
      },
    };
  }
  #opened(file: SimFile, life: number): DiskFile {
    return {
      get size() {
        return file.data.length;
      },
      append: async (chunks) => {
        const add = (bytes: Uint8Array): void => {
          const data = new Uint8Array(file.data.length + bytes.length);
          data.set(file.data);
          data.set(bytes, file.data.length);
          file.data = data;
        };
        const all = Buffer.concat(chunks);
        await this.#step(life, () => add(all));
        try {
          this.#assertSpace();
        } catch (error) {
          add(all.subarray(0, this.#rng.int(all.length + 1)));
          throw error;
        }
        add(all);
      },
      sync: async () => {
        const sync = (): void => {
          file.synced = file.data.length;
        };
        await this.#step(life, sync);
        sync();
      },
      close: async () => {},
    };
  }

  keyValue(): KeyValue {
    const life = this.#lives;
    return {
      get: async (key) => {
        await this.#step(life);
        return this.#entries.get(key);
      },
      entries: (prefix) => this.#iterate(prefix, life),
      batch: async (changes) => {
        const apply = (): void => {
          for (const [key, value] of changes) {
            if (value === null) this.#entries.delete(key);
            else this.#entries.set(key, value.slice());
          }
        };
        await this.#step(life, apply);
        this.#assertSpace();
        apply();
      },
      close: async () => {},
    };
  }
  async *#iterate(prefix: string, life: number): AsyncIterable<readonly [string, Uint8Array]> {
    await this.#step(life);
    const found = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    yield* found.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
