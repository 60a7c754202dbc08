import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SqlError } from '../../common/errors.ts';

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);
const isVisible = (name: string): boolean => !name.startsWith('.') && !name.startsWith('_');

/**
 * INSERT OVERWRITE: a run's part files stay hidden (`.part-….staged`) until its last checkpoint. Then they appear, and what other
 * runs have written goes: of a partitioned table in the partitions that have new files, else everything. Each step can be done
 * again: a commit that a crash has cut short is repeated.
 */
export class Overwrite {
  readonly #root: string;
  readonly #own: string;
  readonly #partitioned: boolean;

  /** @param run begins the names of this run's files. */
  constructor(root: string, run: string, partitioned: boolean) {
    this.#root = root;
    this.#own = `part-${run}-`;
    this.#partitioned = partitioned;
  }

  /** Files of a durable checkpoint, put by. Errors: io_error. */
  async stage(names: readonly string[], hiddenName: (name: string) => string): Promise<void> {
    for (const name of names) {
      const staged = join(this.#root, stagedName(name));
      const hidden = join(this.#root, hiddenName(name));
      if (await exists(hidden)) await rename(hidden, staged);
      else if (!(await exists(staged)) && !(await exists(join(this.#root, name)))) throw new SqlError('io_error', `part file "${name}" of a checkpoint is gone from "${this.#root}"`);
    }
  }

  /** @returns the folders whose files have been replaced. */
  async publish(): Promise<Set<string>> {
    await mkdir(this.#root, { recursive: true });
    const files = await this.#files('');
    const folders = new Set<string>(this.#partitioned ? [] : ['']);
    for (const path of files) {
      const { folder, name } = parts(path);
      const staged = name.startsWith(`.${this.#own}`) && name.endsWith('.staged');
      if (!staged && !name.startsWith(this.#own)) continue;
      folders.add(folder);
      if (staged) await rename(join(this.#root, path), join(this.#root, folder, name.slice(1, -'.staged'.length)));
    }
    for (const path of files) {
      const { folder, name } = parts(path);
      if (isVisible(name) && !name.startsWith(this.#own) && (!this.#partitioned || folders.has(folder))) await rm(join(this.#root, path));
    }
    return folders;
  }

  async #files(folder: string): Promise<string[]> {
    const out: string[] = [];
    for (const e of await readdir(join(this.#root, folder), { withFileTypes: true })) {
      const path = folder === '' ? e.name : `${folder}/${e.name}`;
      if (e.isDirectory()) {
        if (isVisible(e.name)) out.push(...(await this.#files(path)));
      } else out.push(path);
    }
    return out;
  }
}

const stagedName = (name: string): string => join(dirname(name), `.${name.slice(name.lastIndexOf('/') + 1)}.staged`);
const parts = (path: string): { readonly folder: string; readonly name: string } => {
  const cut = path.lastIndexOf('/');
  return { folder: cut < 0 ? '' : path.slice(0, cut), name: path.slice(cut + 1) };
};
