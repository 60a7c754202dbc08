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
}

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
  return { path, start: num('start'), end: num('end'), offset: num('offset'), size: num('size'), mtimeMs: num('mtimeMs') };
}

/** The absolute path of option `path`: `file:` URLs and paths relative to the work directory. */
export function rootPath(o: Options, context: ConnectorContext): string {
  const path = read.required(o, 'path');
  if (/^file:/i.test(path)) return path.startsWith('file://') ? fileURLToPath(path) : resolve(path.slice(5));
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path);
  if (scheme !== null) throw new SqlError('feature_not_supported', `file system "${scheme[1]}" is not supported yet`, { hint: 'Use a local path.' });
  return isAbsolute(path) ? path : resolve(context.workDir, path);
}

const hidden = (name: string): boolean => name.startsWith('.') || name.startsWith('_');

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
  readonly #seen = new Set<string>();
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

  async discover(): Promise<readonly Split[]> {
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
      if (this.#seen.has(path) || (this.#pattern !== null && !this.#pattern.test(path))) continue;
      this.#seen.add(path);
      const { size, mtimeMs } = await stat(path);
      const step = this.#whole || isGzip(path) ? Math.max(1, size) : RANGE_BYTES;
      for (let start = 0; start < size; start += step) {
        splits.push({ id: `${path}#${start}`, bounded: true, position: { path, start, end: Math.min(size, start + step), offset: start, size, mtimeMs: Math.floor(mtimeMs) } });
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
