import { SqlError } from '../common/errors.ts';
import { abortable } from './abort.ts';

/** One at a time, in the order of the calls. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves with what releases it; releasing twice is harmless. Errors: the signal's. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    const before = this.#tail;
    let release = (): void => undefined;
    this.#tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    try {
      await abortable(before, signal);
    } catch (error) {
      void before.then(release);
      throw error;
    }
    return release;
  }
}

interface Waiting<K> {
  readonly key: K;
  readonly owner: number;
  readonly grant: () => void;
}

/**
 * Exclusive locks by key, held by sessions until they let go of all of theirs; an owner may take one again. A wait that
 * would close a circle fails at once.
 */
export class Locks<K> {
  readonly #owners = new Map<K, number>();
  #waiting: Waiting<K>[] = [];

  /** Errors: serialization_failure for a deadlock; the signal's. */
  async acquire(key: K, owner: number, signal: AbortSignal): Promise<void> {
    const holder = this.#owners.get(key);
    if (holder === owner) return;
    if (holder === undefined) {
      this.#owners.set(key, owner);
      return;
    }
    if (this.#wouldCircle(holder, owner)) {
      throw new SqlError('serialization_failure', 'deadlock detected', { detail: 'Two transactions write the same tables in opposite order.', hint: 'Run the transaction again.' });
    }
    let entry: Waiting<K> | undefined;
    const granted = new Promise<void>((resolve) => {
      entry = { key, owner, grant: resolve };
      this.#waiting.push(entry);
    });
    try {
      await abortable(granted, signal);
    } catch (error) {
      if (this.#waiting.some((w) => w === entry)) this.#waiting = this.#waiting.filter((w) => w !== entry);
      else this.#release(key);
      throw error;
    }
  }

  holder(key: K): number | undefined {
    return this.#owners.get(key);
  }

  releaseAll(owner: number): void {
    for (const [key, holder] of [...this.#owners]) if (holder === owner) this.#release(key);
  }

  #release(key: K): void {
    this.#owners.delete(key);
    const next = this.#waiting.findIndex((w) => w.key === key);
    const [entry] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (entry === undefined) return;
    this.#owners.set(key, entry.owner);
    entry.grant();
  }

  #wouldCircle(holder: number, owner: number): boolean {
    const seen = new Set<number>();
    let at: number | undefined = holder;
    while (at !== undefined && !seen.has(at)) {
      if (at === owner) return true;
      seen.add(at);
      const wait: Waiting<K> | undefined = this.#waiting.find((w) => w.owner === at);
      at = wait === undefined ? undefined : this.#owners.get(wait.key);
    }
    return false;
  }
}
