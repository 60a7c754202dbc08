import { access, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectorContext, Options } from '../api.ts';
import { commitOptions, PartitionTime } from './partitions.ts';

/** The event time at which nothing more comes. */
const END = 2n ** 63n - 1n;

/**
 * Marks partitions as complete, with an empty file `_SUCCESS` in their folder. What there is to mark is read from the folders
 * themselves, so that nothing needs to be remembered from one run to the next.
 */
export class PartitionCommit {
  readonly #root: string;
  readonly #depth: number;
  readonly #context: ConnectorContext;
  readonly #times: PartitionTime;
  readonly #rule: NonNullable<ReturnType<typeof commitOptions>>;
  /** Partitions without the mark, and when they were first seen here (microseconds). Null before the first look. */
  #open: Map<string, bigint> | null = null;

  constructor(root: string, columns: readonly string[], o: Options, rule: NonNullable<ReturnType<typeof commitOptions>>, context: ConnectorContext) {
    this.#root = root;
    this.#depth = columns.length;
    this.#context = context;
    this.#times = new PartitionTime(o, columns);
    this.#rule = rule;
  }

  /** @param written partitions that have new files. @param watermark the least of all writers; null while one has none. */
  async run(written: Iterable<string>, watermark: bigint | null): Promise<void> {
    const now = this.#context.clock.nowMicros();
    if (this.#open === null) {
      this.#open = new Map();
      for (const path of await this.#unmarked(this.#root, '', 0)) this.#open.set(path, now);
    }
    for (const path of written) if (!this.#open.has(path)) this.#open.set(path, now);
    for (const [path, since] of this.#open) {
      if (!this.#isDue(path, since, now, watermark)) continue;
      const mark = await open(join(this.#root, path, this.#rule.successFile), 'w');
      try {
        await mark.sync();
      } finally {
        await mark.close();
      }
      this.#open.delete(path);
    }
  }

  #isDue(path: string, since: bigint, now: bigint, watermark: bigint | null): boolean {
    if (!this.#rule.byEventTime) return now >= since + this.#rule.delayMicros;
    return watermark !== null && (watermark === END || watermark > this.#times.of(path) + this.#rule.delayMicros);
  }

  async #unmarked(folder: string, path: string, depth: number): Promise<string[]> {
    if (depth === this.#depth) return (await access(join(folder, this.#rule.successFile)).then(() => true, () => false)) ? [] : [path];
    const out: string[] = [];
    for (const e of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (e.isDirectory() && e.name.includes('=')) out.push(...(await this.#unmarked(join(folder, e.name), path === '' ? e.name : `${path}/${e.name}`, depth + 1)));
    }
    return out;
  }
}
