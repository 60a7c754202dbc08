import type { ObjectId } from '../common/ids.ts';
import type { KeyValue } from './api.ts';

/**
 * Which records written to several logs count: one key per commit, written when all its records are on the disk. A record
 * whose commit has no key is void. Ids are never used again, so that a void record stays void: they begin with the number of
 * the store's opening.
 */
const PREFIX = 'commit/';
const OPENINGS_KEY = 'commits';
const PER_OPENING = 2 ** 32;

/** Number of a commit. */
export type CommitId = number;

/** Positions of the commit's records by table. */
type Places = ReadonlyMap<ObjectId, number>;

export class Commits {
  readonly #kv: KeyValue;
  readonly #decided: Map<CommitId, Places>;
  /** Commits under way: whether they count, once that is known. */
  readonly #pending = new Map<CommitId, { readonly outcome: Promise<boolean>; readonly settle: (counts: boolean) => void }>();
  /** Commits given up whose key may be there nevertheless, because the write that failed could not be taken back. */
  readonly #doubtful = new Set<CommitId>();
  /** 0: no ids are claimed. */
  #next: CommitId = 0;
  #refused: unknown = null;

  private constructor(kv: KeyValue, decided: Map<CommitId, Places>) {
    this.#kv = kv;
    this.#decided = decided;
  }
  /** Reads the commits and claims new ids. */
  static async open(kv: KeyValue): Promise<Commits> {
    const decided = new Map<CommitId, Places>();
    for await (const [key, value] of kv.entries(PREFIX)) decided.set(Number(key.slice(PREFIX.length)), decodePlaces(value));
    const commits = new Commits(kv, decided);
    // A full disk must not keep the store from being opened.
    await commits.#claim().catch(() => {});
    return commits;
  }

  async #claim(): Promise<void> {
    try {
      const last = await this.#kv.get(OPENINGS_KEY);
      const opening = last === undefined ? 1 : Number(new TextDecoder().decode(last)) + 1;
      await this.#kv.batch(new Map([[OPENINGS_KEY, new TextEncoder().encode(String(opening))]]));
      this.#next = opening * PER_OPENING;
    } catch (error) {
      this.#refused = error;
      throw error;
    }
  }

  /** A new commit, under way until it is decided or given up. Errors: why no ids could be claimed; the next try may be luckier. */
  begin(): CommitId {
    if (this.#next === 0) {
      void this.#claim().catch(() => {});
      throw this.#refused;
    }
    const id = this.#next++;
    let settle = (_counts: boolean): void => {};
    const outcome = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    this.#pending.set(id, { outcome, settle });
    return id;
  }
  /** All records of a commit are on the disk: from now on they count. */
  async decide(id: CommitId, places: Places): Promise<void> {
    try {
      await this.#kv.batch(new Map([...this.#voids(), [keyOf(id), encodePlaces(places)]]));
    } catch (error) {
      this.#doubtful.add(id);
      this.giveUp(id);
      throw error;
    }
    this.#doubtful.clear();
    this.#decided.set(id, places);
    this.#settle(id, true);
  }
  giveUp(id: CommitId): void {
    this.#settle(id, false);
  }
  #settle(id: CommitId, counts: boolean): void {
    this.#pending.get(id)?.settle(counts);
    this.#pending.delete(id);
  }
  #voids(): [string, null][] {
    return [...this.#doubtful].map((id) => [keyOf(id), null]);
  }
  /** Whether the records of a commit count; waits for one under way. */
  async counts(id: CommitId): Promise<boolean> {
    return this.#decided.has(id) || ((await this.#pending.get(id)?.outcome) ?? false);
  }
  /** Forgets commits whose records are gone from all logs. `first`: the first position that a table's log still has; null without a log. */
  async forget(first: (table: ObjectId) => Promise<number | null>): Promise<void> {
    const gone: CommitId[] = [];
    for (const [id, places] of this.#decided) {
      let needed = false;
      for (const [table, position] of places) {
        const from = await first(table);
        if (from !== null && position >= from) needed = true;
      }
      if (!needed) gone.push(id);
    }
    if (gone.length === 0 && this.#doubtful.size === 0) return;
    await this.#kv.batch(new Map([...this.#voids(), ...gone.map((id): [string, null] => [keyOf(id), null])]));
    this.#doubtful.clear();
    for (const id of gone) this.#decided.delete(id);
  }
}

const keyOf = (id: CommitId): string => `${PREFIX}${id}`;
const encodePlaces = (places: Places): Uint8Array => new TextEncoder().encode(JSON.stringify([...places]));
const decodePlaces = (bytes: Uint8Array): Places => new Map(JSON.parse(new TextDecoder().decode(bytes)) as [ObjectId, number][]);
