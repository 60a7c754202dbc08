import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, SqlError } from '../../common/errors.ts';
import type { ConnectorContext, JsonValue, Options, Split, SplitEnumerator } from '../api.ts';
import { read } from '../options.ts';

/** A byte range of a file: the lines that begin in `[start, end)`. */
export interface FilePosition {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Byte offset of the next line; equal to `start` before the first. Of a compressed file, in the unpacked text. */
  readonly offset: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** Tells a followed file from another one that took its name: inode and time of birth. */
  readonly identity: string;
}

export const identityOf = (info: { readonly ino: number; readonly birthtimeMs: number }): string => `${info.ino}/${info.birthtimeMs}`;

/** The end of a range that follows its file as it grows. */
export const FOLLOW: number = Number.MAX_SAFE_INTEGER;

/** Ranges do not depend on the parallelism, so that a split keeps its id. */
export const RANGE_BYTES: number = 32 * 1024 * 1024;

export function filePosition(v: JsonValue): FilePosition {
  const p = v as { readonly [key: string]: JsonValue } | null;
  const num = (k: string): number => {
    const n = p?.[k];
    assert(typeof n === 'number', `file position lacks ${k}`);
    return n;
  };
  const path = p?.['path'];
  assert(typeof path === 'string', 'file position lacks path');
  const identity = p?.['identity'];
  assert(typeof identity === 'string', 'file position lacks identity');
  return { path, start: num('start'), end: num('end'), offset: num('offset'), size: num('size'), mtimeMs: num('mtimeMs'), identity };
}

/** The absolute path of option `path`: `file:` URLs and paths relative to the work directory. */
export function rootPath(o: Options, context: ConnectorContext): string {
  const path = read.required(o, 'path');
  if (/^file:/i.test(path)) return path.startsWith('file://') ? fileURLToPath(path) : resolve(path.slice(5));
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path);
  if (scheme !== null) throw new SqlError('feature_not_supported', `file system "${scheme[1]}" is not supported yet`, { hint: 'Use a local path.' });
  return isAbsolute(path) ? path : resolve(context.workDir, path);
}

export const hidden = (name: string): boolean => name.startsWith('.') || name.startsWith('_');

async function listFiles(dir: string, out: string[]): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  for (const e of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (hidden(e.name)) continue;
    const path = join(dir, e.name);
    if (e.isDirectory()) await listFiles(path, out);
    else if (e.isFile()) out.push(path);
  }
}

export const isGzip = (path: string): boolean => path.endsWith('.gz');

/** Finds the files of a table; `whole` forbids cutting them. */
export class FileEnumerator implements SplitEnumerator {
  readonly #root: string;
  readonly #pattern: RegExp | null;
  readonly #whole: boolean;
  readonly #intervalMs: number | undefined;
  readonly #context: ConnectorContext;
  /** Identities by path, and of all files ever seen. */
  readonly #seen = new Map<string, string>();
  readonly #identities = new Set<string>();
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(o: Options, whole: boolean, context: ConnectorContext) {
    this.#root = rootPath(o, context);
    const pattern = o['source.path.regex-pattern'];
    this.#pattern = pattern === undefined ? null : new RegExp(`^(?:${pattern})$`);
    this.#whole = whole;
    this.#intervalMs = read.durationMs(o, 'source.monitor-interval');
    this.#context = context;
  }

  async discover(_parallelism: number = 1, saved: readonly Split[] = []): Promise<readonly Split[]> {
    for (const s of saved) {
      const { path, identity } = filePosition(s.position);
      this.#seen.set(path, identity);
      this.#identities.add(identity);
    }
    let info;
    try {
      info = await stat(this.#root);
    } catch (e) {
      // A watched folder may come later.
      if (this.#intervalMs !== undefined) return [];
      throw new SqlError('undefined_file', `could not read "${this.#root}"`, { detail: e instanceof Error ? `${e.message}.` : undefined, cause: e });
    }
    const files: string[] = [];
    if (info.isDirectory()) await listFiles(this.#root, files);
    else files.push(this.#root);
    const splits: Split[] = [];
    for (const path of files) {
      if (this.#pattern !== null && !this.#pattern.test(path)) continue;
      const known = this.#seen.get(path);
      if (known !== undefined && this.#intervalMs === undefined) continue;
      const info = await stat(path);
      const { size, mtimeMs, birthtimeMs } = info;
      const identity = identityOf(info);
      if (known === identity || size === 0) continue;
      // Without a time of birth an inode may be used again by another file, which must not be taken for the old one.
      const renamed = this.#intervalMs !== undefined && birthtimeMs > 0 && this.#identities.has(identity);
      this.#seen.set(path, identity);
      this.#identities.add(identity);
      if (renamed) {
        this.#context.log('info', `file "${path}" had another name before: it is not read again`);
        continue;
      }
      const follow = this.#intervalMs !== undefined && !this.#whole && !isGzip(path);
      const step = follow || this.#whole || isGzip(path) ? size : RANGE_BYTES;
      // Another file under a known name is a source of its own.
      const name = known === undefined ? path : `${path}@${identity}`;
      for (let start = 0; start < size; start += step) {
        const end = follow ? FOLLOW : Math.min(size, start + step);
        splits.push({ id: `${name}#${start}`, bounded: !follow, position: { path, start, end, offset: start, size, mtimeMs: Math.floor(mtimeMs), identity } });
      }
    }
    return splits;
  }

  watch(found: (splits: readonly Split[]) => void): void {
    const interval = this.#intervalMs;
    if (interval === undefined) return;
    const again = (): void => {
      this.#cancel = this.#context.clock.setTimer(Math.max(10, interval), () => {
        this.discover().then(
          (splits) => {
            if (this.#closed) return;
            if (splits.length > 0) found(splits);
            again();
          },
          (e: unknown) => this.#context.fail(e instanceof Error ? e : new Error(String(e))),
        );
      });
    };
    again();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    return Promise.resolve();
  }
}
